"""Offsets, lengths and bars."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor.cli.timeline import bar, duration_ms, step_name, timeline_of


def at(ms: int) -> str:
    return f"2026-01-01T00:00:00.{ms:03}000Z"


def step(name: str, start: int | None, end: int | None, *, part: str | None = "set", state: str = "succeeded") -> Any:
    times = {"started_at": None if start is None else at(start), "ended_at": None if end is None else at(end)}
    return {"name": name, "item": [], "part": part, "state": state, **times}


def run(name: str, start: int, end: int, *steps: Any) -> Any:
    return {"id": f"run_{name}", "recipe": name, "started_at": at(start), "ended_at": at(end), "steps": list(steps)}


def test_offsets_count_from_the_start_of_the_first_run() -> None:
    timeline = timeline_of([run("parent", 10, 20, step("a", 12, 18)), run("child", 15, 50, step("b", 20, 45))])
    assert [(s.recipe, s.step, s.start_ms, s.duration_ms) for s in timeline.spans] == [
        ("parent", "a", pytest.approx(2), pytest.approx(6)),
        ("child", "b", pytest.approx(10), pytest.approx(25)),
    ]


def test_the_total_is_the_last_end_and_the_sum_counts_every_step() -> None:
    timeline = timeline_of([run("one", 0, 30, step("a", 0, 20), step("b", 0, 30))])
    assert (timeline.total_ms, timeline.sum_ms) == (pytest.approx(30), pytest.approx(50))


def test_steps_that_never_ran_and_nodes_without_a_part_have_no_bar() -> None:
    steps = (step("skipped", None, None, state="skipped"), step("begin", 0, 0, part=None), step("going", 1, None))
    assert timeline_of([run("one", 0, 1, *steps)]).spans == []


def test_no_runs_make_an_empty_timeline() -> None:
    assert timeline_of([]).total_ms == 0


def test_a_step_of_a_loop_is_named_with_its_item() -> None:
    assert step_name({"name": "page", "item": [2, 0]}) == "page[2][0]"


def test_what_goes_on_has_no_duration() -> None:
    assert duration_ms({"started_at": at(0), "ended_at": None}) is None


@pytest.mark.parametrize(
    ("start", "end", "drawn"),
    [
        (0, 10, "██████████"),
        (0, 5, "█████"),
        (5, 10, "     █████"),
        (5, 5.5, "     ▌"),
        (3, 3, "   ▏"),
        (10, 10, " " * 9 + "▏"),
    ],
)
def test_a_bar_shows_when_and_how_long(start: float, end: float, drawn: str) -> None:
    assert bar(start, end, 10, cells=10) == drawn


def test_a_timeline_without_length_still_shows_what_ran() -> None:
    assert bar(0, 0, 0) == "▏"
