"""When the steps of some runs ran: offsets, lengths, and bars that show them beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cypher_executor.cli.client import Json

BAR_CELLS = 36
_EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True, slots=True)
class Span:
    """One step that ran. Times are milliseconds after the earliest start of the timeline."""

    run: str
    recipe: str
    step: str
    state: str
    start_ms: float
    duration_ms: float

    @property
    def end_ms(self) -> float:
        """When it ended."""
        return self.start_ms + self.duration_ms


@dataclass(frozen=True, slots=True)
class Timeline:
    """The spans of some runs, how long all of it took, and how long it would have taken one after the other."""

    spans: Sequence[Span]
    total_ms: float
    sum_ms: float


def timeline_of(runs: Iterable[Json]) -> Timeline:
    """The timeline of these runs. It begins when the first of them was accepted."""
    known = list(runs)
    starts = [at for run in known if (at := milliseconds(run.get("started_at"))) is not None]
    zero = min(starts, default=0.0)
    spans = [span for run in known for span in _spans(run, zero)]
    ends = [at - zero for run in known if (at := milliseconds(run.get("ended_at"))) is not None]
    return Timeline(spans, max(ends, default=0.0), sum(span.duration_ms for span in spans))


def _spans(run: Json, zero: float) -> Iterable[Span]:
    for step in run["steps"]:
        start, end = milliseconds(step.get("started_at")), milliseconds(step.get("ended_at"))
        if start is not None and end is not None and step.get("part"):
            name = run.get("recipe") or run["id"]
            yield Span(run["id"], name, step_name(step), step["state"], start - zero, end - start)


def step_name(step: Json) -> str:
    """The name of a step, with the index of its item when it stands in a loop: `page[2]`."""
    indexes = "".join(f"[{index}]" for index in step.get("item") or ())
    return f"{step['name']}{indexes}"


def milliseconds(at: object) -> float | None:
    """A time of the HTTP interface in milliseconds since 1970; None for one that has not come."""
    return datetime.fromisoformat(at).timestamp() * 1000 if isinstance(at, str) else None


def duration_ms(timed: Json) -> float | None:
    """How long a run or a step took; None while it goes on."""
    start, end = milliseconds(timed.get("started_at")), milliseconds(timed.get("ended_at"))
    return end - start if start is not None and end is not None else None


def bar(start_ms: float, end_ms: float, total_ms: float, cells: int = BAR_CELLS) -> str:
    """A bar over `cells` cells of a terminal. What ran is never invisible, however short it was."""
    if total_ms <= 0:
        return "▏"
    scale = cells / total_ms
    first = min(int(start_ms * scale), cells - 1)
    eighths = max(1, round((end_ms - start_ms) * scale * 8))
    whole, rest = divmod(min(eighths, (cells - first) * 8), 8)
    return f"{' ' * first}{'█' * whole}{_EIGHTHS[rest] if rest else ''}"
