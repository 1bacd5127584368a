"""The command line as a test calls it: in this process (`invoke`), or as a process of its own (`cyx`, `serving`)."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from cypher_executor.cli.app import app
from tests import recoveries

COMMAND = (sys.executable, "-m", "cypher_executor")
ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"


def invoke(*words: object, stdin: str | bytes | None = None) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(word) for word in words], input=stdin)


def cyx(*words: object, stdin: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own, to its end."""
    command = [*COMMAND, *map(str, words)]
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, env=surroundings(**more), timeout=60, check=False
    )


def surroundings(**more: str) -> dict[str, str]:
    """The environment of a process, which finds this checkout wherever it runs."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


@dataclass(slots=True)
class Serving:
    """A service that runs in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    data_dir: Path
    bolt: str | None = None
    """Where Bolt is reached over TCP, if it is."""

    def signal(self, number: int) -> None:
        """Send a signal to the service, and to nothing else."""
        self.process.send_signal(number)

    def ended(self) -> tuple[int, str]:
        """Exit code, and what was said on standard error since it was ready."""
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said


@contextlib.contextmanager
def serving(data_dir: Path, *words: str, **more: str) -> Iterator[Serving]:
    """A service that is ready; it is ended with the block unless it has ended before.

    Its temporary folder is its own, so that it has nothing to say of what other killed services left behind.
    """
    with tempfile.TemporaryDirectory() as temporary:
        yield from _serving(data_dir, words, {"TMPDIR": temporary, **more})


def _serving(data_dir: Path, words: Sequence[str], more: Mapping[str, str]) -> Iterator[Serving]:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--json", "--port", "0", "--data-dir", str(data_dir), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings(**more),
    )
    try:
        ready = _ready(process)
        recoveries.look_into(data_dir, "after a start")
        yield Serving(process, ready["url"], data_dir, ready.get("bolt"))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


def _ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stderr is not None
    line = process.stderr.readline()
    event: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
    if event.get("event") != "ready":
        process.kill()
        raise AssertionError(f"the service did not get ready: {line}{process.stderr.read()}")
    return event
