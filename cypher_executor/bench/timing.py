"""Asking subjects for shapes, in turns, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from cypher_executor.bench.asking import Answer, Connection, connected
from cypher_executor.bench.memory import resident_mb
from cypher_executor.bench.shapes import Shape
from cypher_executor.bench.subject import Subject
from cypher_executor.errors import Unavailable

TURNS = 4
"""In how many portions the rounds of a shape are asked of each subject, at most."""

WARM_UPS = 3
"""Rounds that are asked for before anything is measured: modules are compiled and loaded then. It is one where a round
is many runs, and whenever it is this subject's turn again.
"""

ROUND_S = 120.0
"""How long a round may take. Raises TimeoutError beyond it: there is nothing to be told of such an engine."""


@dataclass(slots=True)
class Measured:
    """What was found for one shape of one subject: a figure for each round, in the unit of the shape.

    `wrong` counts the answers that were not right, connections that were lost among them, and `example` is the first.
    """

    shape: Shape
    figures: list[float] = field(default_factory=list)
    wrong: int = 0
    example: str = ""
    memory_mb: float | None = None
    """The most that was held after a round."""

    @property
    def median(self) -> float:
        """The figure that is told."""
        return statistics.median(self.figures)

    @property
    def kept(self) -> bool:
        """Whether the promise was kept, where there is one, and every answer was right."""
        if self.shape.wanted is None:
            return not self.wrong
        fast = self.median >= self.shape.wanted if self.shape.more_is_better else self.median <= self.shape.wanted
        return fast and not self.wrong


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that was found of one subject, and what its processes held before it was asked for anything."""

    name: str
    rest_mb: float | None
    shapes: Sequence[Measured]

    @property
    def peak_mb(self) -> float | None:
        """The most that its processes were seen to hold."""
        known = [one.memory_mb for one in self.shapes if one.memory_mb is not None]
        return max(known, default=None)


async def measure(
    subjects: Sequence[Subject],
    shapes: Sequence[Shape],
    *,
    effort: float = 1.0,
    progress: Callable[[str], None] = lambda doing: None,
) -> list[Sheet]:
    """Measure them all. `effort` is how many of the rounds of each shape are asked for."""
    sheets = [Sheet(one.name, resident_mb(one.pids), [Measured(shape) for shape in shapes]) for one in subjects]
    for at, shape in enumerate(shapes):
        rounds = max(1, round(shape.rounds * effort))
        turns = min(TURNS, rounds)
        progress(shape.title)
        for turn in range(turns):
            share = rounds * (turn + 1) // turns - rounds * turn // turns
            for subject, sheet in zip(subjects, sheets, strict=True):
                await _ask(subject, sheet.shapes[at], share, WARM_UPS if turn == 0 and shape.at_once == 1 else 1)
    return sheets


async def _ask(subject: Subject, found: Measured, rounds: int, warm_ups: int) -> None:
    shape = found.shape
    asked = subject.asked(shape)
    async with connected(subject.url, shape.at_once) as connections:
        with _without_collecting():
            for number in range(warm_ups + rounds):
                if shape.rest_s:
                    await asyncio.sleep(shape.rest_s)
                elif shape.at_once > 1:
                    gc.collect()
                seconds, answers = await _round(connections, asked)
                if number >= warm_ups:
                    found.figures.append(shape.figure(seconds))
                _judge(subject, found, answers)
    held = resident_mb(subject.pids)
    if held is not None:
        found.memory_mb = max(held, found.memory_mb or 0.0)


async def _round(connections: Sequence[Connection], asked: bytes) -> tuple[float, Sequence[Answer | Unavailable]]:
    """Ask on all connections at once; how long it took until the last answer was there."""
    began = time.perf_counter()
    async with asyncio.timeout(ROUND_S):
        answers = await asyncio.gather(*(one.ask(asked) for one in connections), return_exceptions=True)
    seconds = time.perf_counter() - began
    return seconds, [_lost(one) if isinstance(one, BaseException) else one for one in answers]


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """The garbage of this process is collected before and after, not in the middle of a round. Nor between rounds of
    single requests: they follow each other without a pause, in which processors would fall asleep.
    """
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _lost(error: BaseException) -> Unavailable:
    if isinstance(error, Unavailable):
        return error
    raise error


def _judge(subject: Subject, found: Measured, answers: Sequence[Answer | Unavailable]) -> None:
    for answer in answers:
        if isinstance(answer, Unavailable) or not subject.is_right(answer):
            found.wrong += 1
            found.example = found.example or _told(answer)


def _told(answer: Answer | Unavailable) -> str:
    if isinstance(answer, Unavailable):
        return answer.message
    return f"{answer.status} {answer.body[:300].decode('utf-8', 'replace')}"
