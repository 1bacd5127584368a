"""`demo`: what a stranger sees first, as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.support import COMMAND, cyx, surroundings


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def test_the_demonstration_runs_three_children_and_ends(scratch: Path) -> None:
    ended = cyx("demo", "--once", "--json", TMPDIR=str(scratch))
    assert (ended.returncode, ended.stderr) == (0, "")
    told = json.loads(ended.stdout)
    assert {child["recipe"] for child in told["children"]} == {"summarise", "translate", "classify"}
    assert {run["state"] for run in (told["run"], *told["children"])} == {"succeeded"}
    assert all(value for child in told["children"] for value in child["result"].values())
    assert len(told["timeline"]) == 6 and len(told["next"]) == 5
    dispatched = [span for span in told["timeline"] if span["recipe"] == "parallel_fanout"]
    ends = [span["start_ms"] + span["duration_ms"] for span in dispatched]
    assert max(span["start_ms"] for span in dispatched) < min(ends), "all three begin before one of them ends"
    assert list(scratch.iterdir()) == []


def test_people_are_shown_when_each_step_ran_and_what_came_of_it() -> None:
    ended = cyx("demo", "--once")
    assert ended.returncode == 0, ended.stderr
    for shown in ("Today the city opens a new tram", "START ms", "translate.words", "sum of the steps", "language: de"):
        assert shown in ended.stdout
    assert "\x1b" not in ended.stdout + ended.stderr


def test_the_commands_to_try_next_work_while_it_serves(scratch: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings(TMPDIR=str(scratch), PYTHONUNBUFFERED="1"),
    )
    try:
        assert process.stdout is not None
        commands = _commands(process)
        # The name under which people have it, as a function: what is pasted runs as it stands.
        prefix = f'cypher-executor() {{ {COMMAND[0]} -m cypher_executor "$@"; }}; '
        for command in commands:
            done = subprocess.run(
                ["bash", "-c", prefix + command.replace("curl ", "curl --fail --silent ")],
                capture_output=True,
                text=True,
                env=surroundings(),
                check=False,
            )
            assert done.returncode == 0, (command, done.stderr)
            assert done.stdout
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert list(scratch.iterdir()) == []


def _commands(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    found: list[str] = []
    while len(found) < 5:
        line = process.stdout.readline()
        assert line, process.stderr and process.stderr.read()
        if line.startswith(("  curl", "  cypher-executor", "  echo")):
            found.append(line.strip())
    return found


def test_a_service_that_cannot_start_is_said_to(scratch: Path) -> None:
    ended = cyx("demo", "--once", CYPHER_EXECUTOR_PARTS_DIR=str(scratch / "nowhere"))
    assert ended.returncode == 3
    assert "the service did not start" in ended.stderr and "does not exist" in ended.stderr
    assert "Traceback" not in ended.stderr
