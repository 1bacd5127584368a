"""Records a history into `tests/histories/`: `python -m tests.core.record NAME`. See the README there.

Each function plays one run the way that its name in the folder says. A history that exists is left alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from cypher_executor.core.commands import Command
from cypher_executor.core.events import Event, RunReopened, kind_of
from cypher_executor.core.forking import fork_of
from cypher_executor.core.recipe import Recipe
from cypher_executor.core.replay import step
from cypher_executor.core.run import Run
from cypher_executor.cypher import compile_recipe
from cypher_executor.errors import Failure
from tests.core.driver import Driver, states_of

HISTORIES = Path(__file__).parent.parent / "histories"

PLAYS: dict[str, Callable[[Recipe], Driver]] = {}


def plays(play: Callable[[Recipe], Driver]) -> Callable[[Recipe], Driver]:
    """Register a play under its name."""
    PLAYS[play.__name__] = play
    return play


def recipe_of_history(name: str) -> Recipe:
    """The recipe of a history, read as the engine reads that of a run which began long ago."""
    text = (HISTORIES / f"{name}.cypher").read_text(encoding="utf-8")
    compiled = compile_recipe(text, parts=None, name=name, trusted=True)
    assert compiled.recipe is not None, compiled.diagnostics
    return compiled.recipe


_ADDED = ("family", "seed", "address", "share", "origin")
"""Fields of events and commands that came after the first histories: while they say nothing, a history looks as it did.
"""


def event_record(event: Event) -> dict[str, Any]:
    """An event as a history has it."""
    record: dict[str, Any] = orjson.loads(orjson.dumps(event))
    return {key: value for key, value in record.items() if key not in _ADDED or value}


def command_record(command: Command) -> dict[str, Any]:
    """A command as a line of a history keeps it."""
    record: dict[str, Any] = orjson.loads(orjson.dumps(command))
    return {"kind": type(command).__name__, **{k: v for k, v in record.items() if k not in _ADDED or v}}


def taken(run: Run, past: Sequence[Event], event: Event) -> tuple[Run, Sequence[Command]]:
    """The run after one more event, and what it asked for; one that was reopened asks for all that is outstanding."""
    if isinstance(event, RunReopened):
        run = step(run, past, event)
        return run, run.outstanding
    return run, run.apply(event)


def states(run: Run) -> dict[str, str]:
    """The state of every step and, under the empty name, that of the run."""
    return {"": run.state, **states_of(run)}


def lines(recipe: Recipe, driver: Driver) -> list[bytes]:
    """The run of a driver as the lines of a history."""
    run, before, written = Run(recipe), dict[str, str](), []
    for number, event in enumerate(driver.journal):
        run, asked = taken(run, driver.journal[:number], event)
        commands = [command_record(command) for command in asked]
        after = states(run)
        changed = {name: state for name, state in after.items() if before.get(name) != state}
        before = after
        written.append(
            orjson.dumps({"kind": kind_of(event), "event": event_record(event), "commands": commands, "steps": changed})
        )
    return written


@plays
def join_after_handler(recipe: Recipe) -> Driver:
    driver = Driver(recipe, {"kind": "a", "n": 41, "who": "世界"})
    driver.succeed("kind", output={"branch": "left"})
    driver.later(seconds=0.25)
    driver.fail("left", code="part:bad", details={"input": {"n": 42}})
    driver.succeed("excuse", output={"why": "part:bad"})
    driver.succeed("both", output={"list": [1, 2.5, None, {"x": "é"}]})
    driver.conclude()
    return driver


@plays
def retries_calls_and_losses(recipe: Recipe) -> Driver:
    driver = Driver(recipe, {"url": "https://example.com/"})
    get = {"op": "http_request", "method": "GET", "url": "https://example.com/"}
    driver.later(seconds=0.01)
    driver.call("fetch", get, began_ago_ms=4)
    driver.later(seconds=0.5)
    driver.answer("fetch", {"ok": True, "status": 503, "headers": {}, "body": "busy"})
    driver.fail("fetch", code="http_5xx", retryable=True, retry_after_ms=1_500)
    driver.fire("fetch")
    driver.lose("fetch")
    driver.call("fetch", {"op": "sleep", "ms": 250})
    driver.fire("fetch")
    driver.call("fetch", get)
    driver.later(seconds=12)
    driver.answer("fetch", {"ok": False, "error": {"code": "timeout", "message": "no answer", "retryable": True}})
    driver.fire("fetch")
    driver.succeed("fetch", output={"status": 200, "headers": {"a": "b"}, "body": {"n": 2**53 + 1}})
    driver.fire("pause")
    driver.conclude()
    return driver


@plays
def family_cancelled(recipe: Recipe) -> Driver:
    driver = Driver(recipe, {"text": "one\ntwo"}, tenant="acme", name="family_cancelled", version=3)
    driver.child_started("held", "run_8")
    driver.child_started("free", "run_9")
    driver.later(seconds=1)
    driver.cancel("no longer needed")
    driver.succeed("clean", output={"child": "run_9"})
    driver.conclude()
    return driver


@plays
def failing_fast(recipe: Recipe) -> Driver:
    driver = Driver(recipe, {"url": "https://example.com/", "n": "not a number"})
    driver.fail("tried", code="part:bad")
    driver.fire("tried")
    driver.succeed("quick", output={"n": {"no": "number"}})
    driver.fail("tried", code="part:worse")
    driver.succeed("clean", output={"was": None})
    driver.conclude()
    return driver


@plays
def loops_in_a_loop(recipe: Recipe) -> Driver:
    driver = Driver(recipe, {"rows": [{"cells": [1, 2, 3]}, {"cells": []}, {"cells": None}], "names": ["b", "a"]})
    driver.succeed("cell[0.1]", output={"v": 20})
    driver.later(seconds=0.5)
    driver.fail("cell[0.0]", code="part:bad")
    driver.succeed("cell[0.2]", output={"v": 30})
    driver.call("greet[1]", {"op": "http_request", "url": "https://example.com/a"})
    driver.succeed("greet[0]", output={"hello": "b"})
    driver.answer("greet[1]", {"ok": True, "status": 200})
    driver.fail("greet[1]", code="http_5xx", retryable=True)
    driver.fire("greet[1]")
    driver.succeed("greet[1]", output={"hello": "a"})
    driver.conclude()
    return driver


@plays
def a_loop_that_stops(recipe: Recipe) -> Driver:
    driver = Driver(recipe, {"pages": ["x", "y", "z"]})
    driver.succeed("fetch[0]", output={"page": "x"})
    driver.later(seconds=1)
    driver.fail("parse[0]", code="part:bad")
    driver.succeed("close[1]", output={})
    driver.succeed("alarm", output={"told": True})
    driver.conclude()
    return driver


@plays
def turns(recipe: Recipe) -> Driver:
    driver = Driver(recipe, {"url": "https://example.com/job"})
    get = {"op": "http_request", "method": "GET", "url": "https://example.com/job"}
    for done in (False, True):
        driver.call("job", get)
        driver.answer("job", {"ok": True, "status": 200, "body": {"done": done}})
        driver.succeed("job", output={"done": done})
        if not done:
            driver.fire("job")
    driver.cancel("enough")
    driver.cancel("enough, I said")
    driver.conclude()
    return driver


@plays
def called_back(recipe: Recipe) -> Driver:
    driver = Driver(recipe, {"order": 17})
    driver.call_back("approve", "no map")
    driver.call_back("pay[1]", {"paid": True})
    driver.succeed("prepare", output={"lines": ["x", "y"]})
    driver.check_callback("approve", "it is no map")
    driver.call_back("approve", {"yes": True})
    driver.later(seconds=1)
    driver.call_back("pay[0]", {"paid": False})
    driver.call("book", {"op": "wait_for_callback", "timeout_ms": 5_000, "note": "who?"})
    driver.fire("book")
    driver.succeed("book", output={"booked": True})
    driver.conclude()
    return driver


@plays
def watching_runs(recipe: Recipe) -> Driver:
    driver = Driver(recipe, {"runs": ["run_7", "run_8", "run_9"]})
    driver.watched("some", "run_8", result={"n": 1})
    driver.watched("everyone", "run_8", result={"n": 1})
    driver.child_started("asks", "run_5")
    driver.child_paused("asks")
    driver.later(seconds=2)
    driver.watched("everyone", "run_9", "failed", result=None, failure=Failure("part:bad", "it broke"))
    driver.watched("some", "run_7", "cancelled", result=None)
    driver.watched("some", "run_9", "failed", result=None, failure=Failure("part:bad", "it broke"))
    driver.fire("everyone")
    driver.conclude()
    return driver


@plays
def paused_and_resumed(recipe: Recipe) -> Driver:
    driver = Driver(recipe, {"n": 1})
    driver.later(seconds=1)
    driver.pause("maintenance")
    driver.fail("first", code="http_5xx", retryable=True)
    driver.fire("first")
    driver.call("second", {"op": "http_request", "url": "https://example.com/"})
    driver.later(seconds=3_600)
    driver.resume()
    driver.answer("second", {"ok": True, "status": 200})
    driver.succeed("first", "second", output={"done": True})
    driver.pause("again")
    driver.later(seconds=60)
    driver.cancel("enough")
    driver.succeed("clean", output={})
    driver.conclude()
    return driver


@plays
def reopened_twice(recipe: Recipe) -> Driver:
    driver = Driver(recipe, {"pages": ["x", "y", "z"]})
    driver.succeed("fetch[0]", output={"page": "x"})
    driver.fail("fetch[1]", code="part:bad")
    driver.conclude()
    driver.later(seconds=3_600)
    driver.reopen("the page is back")
    driver.succeed("fetch[1]", "fetch[2]", output={"page": "y"})
    driver.child_started("publish", "run_3")
    driver.cancel("wrong day")
    driver.succeed("tidy", output={})
    driver.conclude()
    driver.later(seconds=86_400)
    driver.reopen()
    driver.child_started("publish", "run_4")
    driver.child_ended("publish", "succeeded", {"url": "https://example.com/"})
    driver.succeed("tidy", output={})
    driver.conclude()
    return driver


@plays
def forked_at_an_item(recipe: Recipe) -> Driver:
    source = Driver(recipe, {"pages": ["x", "y"], "style": "plain"})
    source.succeed("list", output=["x", "y"])
    source.succeed("fetch[0]", "fetch[1]", output={"text": "t"})
    source.succeed("book", output="old")
    source.conclude()
    given = {"pages": ["x", "y"], "style": "bold"}
    driver = Driver(recipe, given, origin=fork_of(source.run, recipe, "fetch", (1,)))
    driver.succeed("fetch[1]", output={"text": "new"})
    driver.succeed("book", output="new book")
    driver.conclude()
    return driver


def main() -> None:
    """Record the histories that are named and do not exist."""
    for name in sys.argv[1:]:
        recipe = recipe_of_history(name)
        with (HISTORIES / f"{name}.jsonl").open("xb") as file:
            file.write(b"\n".join(lines(recipe, PLAYS[name](recipe))) + b"\n")


if __name__ == "__main__":
    main()
