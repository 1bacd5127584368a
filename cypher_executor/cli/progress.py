"""What a run is doing, as it happens, on standard error: a table that changes for people, a line a change for pipes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cypher_executor.cli import terminal
from cypher_executor.cli.client import Json
from cypher_executor.cli.following import FINAL, Seen
from cypher_executor.cli.timeline import duration_ms, milliseconds, step_name

if TYPE_CHECKING:
    from rich.table import Table

COLOURS = {
    "succeeded": "green",
    "failed": "red",
    "cancelled": "magenta",
    "skipped": "bright_black",
    "running": "cyan",
    "waiting": "yellow",
    "retrying": "yellow",
    "pending": "bright_black",
}


@contextlib.contextmanager
def progress(*, quiet: bool = False) -> Iterator[Seen]:
    """Something to tell, again and again, how all runs are; it shows that in the way that fits standard error."""
    if quiet:
        yield lambda runs: None
    elif terminal.is_for_people(sys.stderr):
        with _live_table() as seen:
            yield seen
    else:
        yield Lines()


class Lines:
    """One line whenever the state of a step has changed since last time.

    That a part began to run is told also of those that had ended when they were looked at first: what is told of them
    does not depend on how often somebody looks.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], str] = {}

    def __call__(self, runs: Sequence[Json]) -> None:
        """Tell what is new."""
        for run in runs:
            for step in run["steps"]:
                self._tell(run, step)

    def _tell(self, run: Json, step: Json) -> None:
        key = (run["id"], step_name(step))
        if key not in self._told and _has_run(step):
            self._tell_state(key, run, {**step, "state": "running", "ended_at": None, "attempts": 1, "error": None})
        if self._told.get(key, "pending") != step["state"]:
            self._tell_state(key, run, step)

    def _tell_state(self, key: tuple[str, str], run: Json, step: Json) -> None:
        self._told[key] = step["state"]
        terminal.note("  ".join((run.get("recipe") or run["id"], step_name(step), _told(run, step))))


def _has_run(step: Json) -> bool:
    """Whether a part has run to its end. A node without one takes no time, nor does what another run has done."""
    if not step.get("part") or step.get("inherited"):
        return False
    return step.get("started_at") is not None and step["state"] in FINAL - {"skipped"}


@contextlib.contextmanager
def _live_table() -> Iterator[Seen]:
    """A table of all steps that changes in place, and stays when everything has ended."""
    from rich.live import Live

    with Live(console=terminal.console(sys.stderr), refresh_per_second=12) as live:
        yield lambda runs: live.update(_table(runs))


def _table(runs: Sequence[Json]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for run in runs:
        for step in run["steps"]:
            cells = (run.get("recipe") or run["id"], step_name(step), step.get("part") or "")
            state = Text(terminal.harmless(_told(run, step)), style=COLOURS.get(step["state"], ""))
            table.add_row(*(Text(terminal.harmless(cell)) for cell in cells), state)
    return table


def _told(run: Json, step: Json) -> str:
    """State, when it began and how long it took, which attempt it is, and what went wrong.

    Of what another run has done, only that, and how it ended.
    """
    if step.get("inherited"):
        return f"{step['state']}  in the run that this one goes on from"
    words = [step["state"]]
    began, start = milliseconds(step.get("started_at")), milliseconds(run.get("started_at"))
    if began is not None and start is not None and step["state"] != "skipped":
        words.append(f"at {began - start:.0f} ms")
    took = duration_ms(step)
    if took is not None and step["state"] != "skipped":
        words.append(f"took {took:.1f} ms")
    if step.get("attempts", 0) > 1:
        words.append(f"attempt {step['attempts']}")
    if step.get("error"):
        words.append(f"{step['error']['code']}: {step['error']['message']}")
    return "  ".join(words)
