"""How long the command line takes to begin, as ratios to a Python that does nothing, measured side by side.

    python -m tests.bench.bench_cli

Wanted: `--help` in less than 0.4 s.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

ROUNDS = 9
COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "import typer": ("-c", "import typer"),
    "--help": ("-m", "cypher_executor", "--help"),
    "run --help": ("-m", "cypher_executor", "run", "--help"),
    "version": ("-m", "cypher_executor", "version"),
}


def seconds(words: Sequence[str]) -> float:
    """The wall time of one process."""
    before = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - before


def main() -> None:
    """Measure in turns, so that what else the machine does falls on all alike; the least of each counts."""
    least = dict.fromkeys(COMMANDS, float("inf"))
    for _ in range(ROUNDS):
        for name, words in COMMANDS.items():
            least[name] = min(least[name], seconds(words))
    nothing = least["python -c pass"]
    for name, took in least.items():
        print(f"{name:<16} {took * 1000:7.1f} ms  {took / nothing:5.1f} x")


if __name__ == "__main__":
    main()
