"""Lines of progress: what is told of a run does not depend on how often somebody looked."""

from __future__ import annotations

import pytest

from cypher_executor.cli.progress import Lines
from tests.cli.test_timeline import run, step


def test_a_part_that_has_ended_before_anybody_looked_is_told_to_have_begun(capsys: pytest.CaptureFixture[str]) -> None:
    Lines()([run("r", 0, 9, step("a", 1, 3), step("b", 3, 3, part=None), step("c", None, None, state="skipped"))])
    assert capsys.readouterr().err.splitlines() == [
        "r  a  running  at 1 ms",
        "r  a  succeeded  at 1 ms  took 2.0 ms",
        "r  b  succeeded  at 3 ms  took 0.0 ms",
        "r  c  skipped",
    ]


def test_looking_more_often_tells_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for _ in range(2):
        lines([run("r", 0, 9, step("a", 1, None, state="running"))])
    for _ in range(2):
        lines([run("r", 0, 9, step("a", 1, 3))])
    assert capsys.readouterr().err.splitlines() == ["r  a  running  at 1 ms", "r  a  succeeded  at 1 ms  took 2.0 ms"]


def test_what_another_run_has_done_is_not_told_as_if_it_were_done_here(capsys: pytest.CaptureFixture[str]) -> None:
    Lines()([run("r", 0, 9, step("a", 1, 1) | {"inherited": True})])
    assert capsys.readouterr().err == "r  a  succeeded  in the run that this one goes on from\n"
