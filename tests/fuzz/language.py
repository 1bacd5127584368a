"""Looks for texts that end in anything but an answer: `python -m tests.fuzz.language --seconds 600`.

Texts are made by damaging those of the corpus; every defect is printed once, with the text that shows it, and the exit
code is 1 when there is one. With `--guided`, atheris (if it is installed) follows the coverage of the code instead.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz.corpus import texts
from tests.fuzz.laws import hold
from tests.fuzz.mutations import damaged


@dataclass
class Hunt:
    """What was tried, and what was found: defects by where they happened."""

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
            frames = traceback.extract_tb(problem.__traceback__)
            where = f"{type(problem).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"
            self.defects.setdefault(where, (text, traceback.format_exc()))
        self.tried += 1
        if (took := time.process_time() - began) > self.slowest_s:
            self.slowest_s, self.slowest = took, text


def hunt(seed: int, *, texts_tried: int | None = None, seconds: float | None = None) -> Hunt:
    """Damages and tries texts, so many of them or for so many seconds of processor time."""
    found, random, corpus = Hunt(), Random(seed), texts()
    end = None if seconds is None else time.process_time() + seconds
    while (texts_tried is None or found.tried < texts_tried) and (end is None or time.process_time() < end):
        found.one(damaged(random, corpus), random)
    return found


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
    found = hunt(given.seed, seconds=given.seconds)
    for where, (text, told) in found.defects.items():
        sys.stdout.write(f"\n==== {where}\n{text!r}\n{told}")
    slow = f"the slowest took {found.slowest_s:.2f} s: {found.slowest[:200]!r}"
    sys.stdout.write(f"\n{found.tried} texts, {len(found.defects)} defects; {slow}\n")
    return 1 if found.defects else 0


if __name__ == "__main__":
    sys.exit(main())
