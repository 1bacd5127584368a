"""Runs the openCypher TCK: `python -m tests.tck [part of a category ...]`.

Prints the scenarios that pass, fail and are skipped, for each category, and those that fail with the reason. The exit
code is 1 when a category passes less than 99 %, 2 when the scenarios cannot be had. Categories of clauses that change
a graph are left out unless they are asked for: queries of this product read.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path

from tests.tck.gherkin import scenarios
from tests.tck.jar import Missing, features, fetched, graphs
from tests.tck.scenario import run

WANTED = 0.99
_WRITING = {f"clauses/{name}" for name in ("create", "merge", "set", "delete", "remove")}

Counts = defaultdict[str, Counter[str]]


def main() -> int:
    """The command."""
    arguments = argparse.ArgumentParser(prog="python -m tests.tck", description=__doc__)
    arguments.add_argument("category", nargs="*", help="a part of the categories' names, such as expressions/list")
    arguments.add_argument("--jar", type=Path, help="the jar of the TCK, where Maven cannot fetch it")
    given = arguments.parse_args()
    try:
        jar = given.jar or fetched()
    except Missing as reason:
        sys.stderr.write(f"{reason}\n")
        return 2
    counts = counted(jar, given.category)
    return 0 if counts and told(counts) else 1


def counted(jar: Path, asked: list[str]) -> Counts:
    """The verdicts by category; failures are printed as they come."""
    counts: Counts = defaultdict(Counter)
    named = graphs(jar)
    for category, text in features(jar):
        if not any(part in category for part in asked) if asked else category in _WRITING:
            continue
        for scenario in scenarios(text):
            outcome = run(scenario, named)
            counts[category][outcome.verdict] += 1
            if outcome.verdict == "fail":
                sys.stdout.write(f"FAIL {category}: {scenario.name}\n{outcome.why}\n\n")
    return counts


def told(counts: Counts) -> bool:
    """Prints the counts; whether each category passes as much as is wanted."""
    for category, found in sorted(counts.items()):
        sys.stdout.write(f"{category:42}{_line(found)}\n")
    total: Counter[str] = sum(counts.values(), Counter())
    sys.stdout.write(f"{'all':42}{_line(total)}\n")
    return all(_share(found) >= WANTED for found in counts.values())


def _line(found: Counter[str]) -> str:
    numbers = (f"{verdict} {found[verdict]:5}" for verdict in ("pass", "fail", "skip"))
    return f"{'   '.join(numbers)}   {100 * _share(found):6.2f} %"


def _share(found: Counter[str]) -> float:
    tried = found["pass"] + found["fail"]
    return found["pass"] / tried if tried else 1.0


if __name__ == "__main__":
    sys.exit(main())
