"""What is asked of the service: a mixed load, the same for the same seed, and what must come of each request.

Every recipe is a text file in `recipes/`, with `SINK` where the address of the effect server belongs. Every request has
a number `n`, which it gives to its run as input and which comes back in all effects of that run and of its children.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

RECIPES = Path(__file__).parent / "recipes"

SHARES: Mapping[str, int] = {
    "fan": 24,
    "effects": 18,
    "flaky": 8,
    "handled": 6,
    "loop": 10,
    "poll": 6,
    "nap": 10,
    "ask": 8,
    "family": 10,
}
"""Of a hundred requests, how many are for each recipe."""

EFFECTS: Mapping[str, Mapping[str, int]] = {
    "fan": {},
    "effects": {"one": 1, "two": 1},
    "flaky": {"flaky": 1},
    "handled": {"broken": 1},
    "loop": {f"item-{item}": 1 for item in range(4)},
    "poll": {"poll": 3},
    "nap": {"before": 1, "after": 1},
    "ask": {"tell": 1, "beside": 1, "done": 1},
    "family": {"child-a": 1, "child-b": 1},
    "doorbell": {},
    "poison": {},
    "babbler": {},
}
"""The effects of a run that succeeds, by label, with the number of keys under which each is asked for."""


@dataclass(frozen=True, slots=True)
class Request:
    """One run to be started, by so many callers at the same moment under one key; some are cancelled right after."""

    number: int
    recipe: str
    callers: int
    cancelled: bool

    @property
    def key(self) -> str:
        """The idempotency key of its callers."""
        return f"request-{self.number}"


def plan(seed: int, runs: int) -> list[Request]:
    """The requests of a seed."""
    rng = Random(f"load {seed}")
    names, weights = list(SHARES), list(SHARES.values())
    return [
        Request(
            number=number,
            recipe=(recipe := rng.choices(names, weights)[0]),
            callers=rng.choices((1, 2, 3), (80, 15, 5))[0],
            cancelled=recipe == "nap" and rng.random() < 0.25,
        )
        for number in range(runs)
    ]


def texts(sink: str) -> Iterator[tuple[str, str]]:
    """Every recipe by name, for effects that go to this address."""
    for path in sorted(RECIPES.glob("*.cypher")):
        yield path.stem, path.read_text("utf-8").replace("SINK", sink)


def misfit(recipe: str, number: int, result: Any) -> str | None:
    """What is wrong with the result of a run that has succeeded."""
    wanted: dict[str, Any] = {
        "fan": {"sum": 4 * number + 10},
        "effects": {"first": "ONE", "second": "two"},
        "flaky": {"label": "flaky"},
        "handled": {"code": "http_5xx"},
        "loop": {"labels": [f"ITEM-{item}" for item in range(4)]},
        "poll": {"ready": True},
        "nap": {"label": "after"},
        "ask": {"n": number, "label": "done"},
        "family": {"a": "child-a", "watched": 1},
        "doorbell": {"n": number},
        "poison": {"code": "worker_lost"},
        "babbler": {"code": "invalid_output"},
    }[recipe]
    given = {name: result.get(name) for name in wanted} if isinstance(result, dict) else result
    return None if given == wanted else f"gave {result}, and not {wanted}"
