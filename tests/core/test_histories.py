"""Journals that were recorded once must replay for ever: to the same commands in the same bytes."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from cypher_executor.core.events import Event, from_record
from cypher_executor.core.run import Run
from tests.core.record import HISTORIES, PLAYS, command_record, event_record, lines, recipe_of_history, states, taken

NAMES = sorted(path.stem for path in HISTORIES.glob("*.jsonl"))


def history(name: str) -> list[bytes]:
    return Path(HISTORIES / f"{name}.jsonl").read_bytes().splitlines()


def test_there_are_histories() -> None:
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_history_replays_to_the_same_commands_and_states(name: str) -> None:
    run, before, past = Run(recipe_of_history(name)), dict[str, str](), list[Event]()
    for number, line in enumerate(history(name), start=1):
        recorded = orjson.loads(line)
        event = from_record(recorded["kind"], recorded["event"])
        assert orjson.dumps(event_record(event)) == orjson.dumps(recorded["event"]), f"event {number}"
        run, asked = taken(run, past, event)
        past.append(event)
        commands = [command_record(command) for command in asked]
        assert orjson.dumps(commands) == orjson.dumps(recorded["commands"]), f"event {number}"
        before |= recorded["steps"]
        assert states(run) == before, f"event {number}"
    assert run.ended is not None
    assert run.version == number


@pytest.mark.parametrize("name", NAMES)
def test_every_prefix_of_a_history_asks_again_for_what_was_not_answered(name: str) -> None:
    """What is outstanding in a run is what it has asked for and what has been neither answered nor given up."""
    run, past = Run(recipe_of_history(name)), list[Event]()
    asked: list[bytes] = []
    for line in history(name):
        recorded = orjson.loads(line)
        event = from_record(recorded["kind"], recorded["event"])
        run, _ = taken(run, past, event)
        past.append(event)
        asked += [orjson.dumps(command) for command in recorded["commands"]]
        assert all(orjson.dumps(command_record(command)) in asked for command in run.outstanding)


@pytest.mark.parametrize("name", sorted(PLAYS))
def test_a_run_that_is_played_today_is_the_one_that_was_recorded(name: str) -> None:
    recipe = recipe_of_history(name)
    assert lines(recipe, PLAYS[name](recipe)) == history(name)
