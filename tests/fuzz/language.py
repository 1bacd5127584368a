"""Looks for texts that end in anything but an answer: `python -m tests.fuzz.language --seconds 600`.

Texts are made by damaging those of the corpus. Every defect is printed once, when it is found, with the text that shows
it, and every minute how far the hunt is; the exit code is 1 when there is a defect. With `--guided`, atheris (if it is
installed) follows the coverage of the code instead.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz.corpus import texts
from tests.fuzz.laws import hold
from tests.fuzz.mutations import damaged

_NEWS_S = 60.0
"""So much processor time lies between two lines about how far a hunt is."""


def _silent(_: str) -> None:
    pass


@dataclass
class Hunt:
    """What was tried, and what was found: defects by where they happened. `tell` gets each of them once, at once."""

    tell: Callable[[str], object] = _silent
    tried: int = 0
    slowest_s: float = 0.0
    slowest: str = ""
    defects: dict[str, tuple[str, str]] = field(default_factory=dict)

    def one(self, text: str, random: Random) -> None:
        """Tries one text."""
        began = time.process_time()
        try:
            hold(text, random)
        except Exception as problem:
            self._add(problem, text)
        self.tried += 1
        if (took := time.process_time() - began) > self.slowest_s:
            self.slowest_s, self.slowest = took, text

    def _add(self, problem: Exception, text: str) -> None:
        frames = traceback.extract_tb(problem.__traceback__)
        where = f"{type(problem).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"
        if where not in self.defects:
            self.defects[where] = text, traceback.format_exc()
            self.tell(f"\n==== {where}\n{text!r}\n{self.defects[where][1]}")

    def summary(self, shown: int = 100) -> str:
        """How far the hunt is, in a line, with so many characters of the slowest text."""
        slow = f"the slowest took {self.slowest_s:.2f} s: {self.slowest[:shown]!r}"
        return f"{self.tried} texts, {len(self.defects)} defects; {slow}\n"


def hunt(
    seed: int, *, texts_tried: int | None = None, seconds: float | None = None, tell: Callable[[str], object] = _silent
) -> Hunt:
    """Damages and tries texts, so many of them or for so many seconds of processor time."""
    found, random, corpus = Hunt(tell), Random(seed), texts()
    end = None if seconds is None else time.process_time() + seconds
    news = time.process_time() + _NEWS_S
    while (texts_tried is None or found.tried < texts_tried) and (end is None or time.process_time() < end):
        found.one(damaged(random, corpus), random)
        if time.process_time() >= news:
            news += _NEWS_S
            tell(found.summary())
    return found


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()  # a hunt whose output goes to a file may be watched


def guided(seconds: int) -> None:
    """Lets atheris look. It ends the process, with a code other than 0 when it has found something."""
    import atheris  # an optional tool, which no other test needs

    def one(data: bytes) -> None:
        hold(data.decode("utf-8", "replace"), Random(len(data)))

    folder = Path(tempfile.mkdtemp(prefix="corpus-"))
    for number, text in enumerate(texts()):
        (folder / str(number)).write_bytes(text.encode("utf-8", "replace"))
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-timeout=60", str(folder)], one)
    atheris.Fuzz()


def main() -> int:
    """The command."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=600, help="of processor time")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--guided", action="store_true", help="use atheris")
    given = arguments.parse_args()
    if given.guided:
        guided(given.seconds)
    found = hunt(given.seed, seconds=given.seconds, tell=_print)
    _print(f"\n{found.summary(shown=100_000)}")
    return 1 if found.defects else 0


if __name__ == "__main__":
    sys.exit(main())
