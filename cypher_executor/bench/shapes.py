"""The shapes that are measured: what each asks for, and the recipe for it.

The part is the same everywhere and does next to nothing: it makes a short text upper case. So what is measured is what
an engine adds: scheduling, journaling, syncing, handing work to a process and back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cypher_executor.errors import RequestInvalid, nearest

PART: Final = "string_ops"
TEXT: Final = "hello"
UPPER: Final = "HELLO"

Unit = Literal["ms a step", "ms", "runs/s"]


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape. `at_once` requests are sent together, `rounds` times one after the other; `unit` is what is told.

    `steps` is how many upper-cased texts one request asks for; `wanted` is the promise, in that unit, None for a shape
    of which nothing is promised. Before each round nobody asks for anything for `rest_s` seconds.
    """

    name: str
    title: str
    recipe: str
    steps: int
    at_once: int
    rounds: int
    unit: Unit
    wanted: float | None
    rest_s: float = 0.0

    @property
    def more_is_better(self) -> bool:
        """Whether the promise is a least, and not a most."""
        return self.unit == "runs/s"

    def figure(self, seconds: float) -> float:
        """What a round that took so long comes to, in the unit of the shape."""
        match self.unit:
            case "runs/s":
                return self.at_once / seconds
            case "ms a step":
                return seconds * 1e3 / self.steps
            case "ms":
                return seconds * 1e3

    def run_ms(self, figure: float) -> float:
        """The time that such a figure means for one run, among those that are asked for together."""
        match self.unit:
            case "runs/s":
                return 1e3 / figure
            case "ms a step":
                return figure * self.steps
            case "ms":
                return figure


def _chain(steps: int) -> str:
    """Each step makes the text of the one before it upper case."""
    first = f"CREATE (n1:{PART} {{operation: 'upper', text: $text}})"
    links = (
        f"CREATE (n{n - 1})-[:ON_SUCCESS]->(n{n}:{PART} {{operation: 'upper', text: n{n - 1}.result}})"
        for n in range(2, steps + 1)
    )
    return "\n".join([first, *links, f"RETURN n{steps}.result AS text"])


def _fan(width: int) -> str:
    """All steps make the same text upper case, and a join waits for all."""
    arms = (
        f"CREATE (n{n}:{PART} {{operation: 'upper', text: $text}})-[:ON_SUCCESS]->(all)" for n in range(1, width + 1)
    )
    return "\n".join([f"CREATE (all {{last: n{width}.result}})", *arms, "RETURN all.last AS text"])


SHAPES: Final = (
    Shape("chain", "chain of 100", _chain(100), 100, 1, 20, "ms a step", 0.4),
    Shape("fan", "100 in parallel, then a join", _fan(100), 100, 1, 20, "ms", 20.0),
    Shape("burst", "1,000 runs of three steps at once", _chain(3), 3, 1000, 5, "runs/s", 1500.0),
    Shape("trip", "three steps, HTTP in to HTTP out", _chain(3), 3, 1, 300, "ms", 3.0),
    Shape("rested", "the same, after 20 ms of rest", _chain(3), 3, 1, 150, "ms", None, 0.02),
)


def chosen(names: Sequence[str] | None) -> tuple[Shape, ...]:
    """The shapes of these names; all when none is given. Raises RequestInvalid for a name that none has."""
    known = {shape.name: shape for shape in SHAPES}
    for name in names or ():
        if name not in known:
            raise RequestInvalid(
                f"there is no shape {name!r}: there are {', '.join(known)}", did_you_mean=nearest(name, known)
            )
    return tuple(shape for shape in SHAPES if not names or shape.name in names)
