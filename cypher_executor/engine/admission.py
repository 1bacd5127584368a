"""How many runs there may be. Beyond these limits a start is refused, at once and without having begun anything.

What is limited beside their number is what they hold in memory: the inputs of open runs, and the executions that wait
for a worker. Of these, only starts from outside are refused: what has begun is to come to its end, children included.

A recipe that starts itself twice makes as many runs as a machine can hold, and all of them before anybody looks. So the
runs that descend from one that was started from outside are counted together, as its *family*; a family that has no
open run any more is forgotten.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cypher_executor.core.events import RunId, RunStarted
from cypher_executor.core.weight import Scales
from cypher_executor.errors import Unavailable

_Recipe = tuple[str, str]
"""A tenant, and the name of a recipe, or the digest of one without a name."""


class TooManyRuns(Unavailable):
    """There is no room for another run. Nothing was begun."""

    code = "too_many_runs"


class Overloaded(Unavailable):
    """There is more to do than is good. Nothing was begun."""

    code = "overloaded"


@dataclass(frozen=True, slots=True)
class Bounds:
    """`open_runs` is for the whole service, `family` for all descendants of one run, ended ones included.

    `input_bytes` is how long the inputs of all open runs may be together, as JSON; `queued` how many executions may
    wait for a worker before nothing is taken on; `run_bytes` how long the outputs of one run may be together.
    """

    open_runs: int = 200_000
    family: int = 50_000
    input_bytes: int = 1024 * 1024 * 1024
    queued: int = 500_000
    run_bytes: int = 256 * 1024 * 1024


class Admission:
    """Counts runs as they begin and end."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._born: Counter[RunId] = Counter()
        self._open: Counter[RunId] = Counter()
        self._input_bytes: dict[RunId, int] = {}
        self._all_bytes = 0
        self._family: dict[RunId, RunId] = {}
        self._recipe: dict[RunId, _Recipe] = {}
        self._of_recipe: Counter[_Recipe] = Counter()

    def admit(self, started: RunStarted, max_runs: int | None = None, queued: int = 0) -> None:
        """Count a run that is about to begin. Raises TooManyRuns or Overloaded when there is no room for it.

        `max_runs` is what the recipe says of itself: how many of its runs may be open at once, whatever its version.
        `queued` is how many executions wait for a worker.
        """
        length = _length(started)
        if started.parent is None:
            self._refuse_overload(length, queued)
        if max_runs is not None and self._of_recipe[recipe_of(started)] >= max_runs:
            message = f"the recipe has {max_runs} open runs, which is its own `max_runs`: wait until one has ended"
            raise TooManyRuns(message, retry_after_s=1.0)
        if len(self._family) >= self._bounds.open_runs:
            message = f"there are {len(self._family)} open runs, which is the limit: wait until some have ended"
            raise TooManyRuns(message, retry_after_s=5.0)
        if started.parent is not None and self._born[family_of(started)] >= self._bounds.family:
            message = f"the run {family_of(started)} and its children have started {self._bounds.family} runs"
            raise TooManyRuns(f"{message}, which is the limit; does a recipe start itself without an end?")
        self._count(started, length)

    def _refuse_overload(self, length: int, queued: int) -> None:
        if queued >= self._bounds.queued:
            message = f"{queued} steps wait for a worker, which is the limit: wait until some have been executed"
            raise Overloaded(message, retry_after_s=5.0)
        if self._all_bytes and self._all_bytes + length > self._bounds.input_bytes:
            message = f"the inputs of open runs are {self._all_bytes} bytes, which is near the limit"
            raise Overloaded(f"{message}: wait until some have ended", retry_after_s=5.0)

    def began(self, started: RunStarted) -> None:
        """A run is one of the open ones."""
        self._count(started, _length(started))

    def _count(self, started: RunStarted, length: int) -> None:
        self._input_bytes[started.run] = length
        self._all_bytes += length
        family = self._family[started.run] = family_of(started)
        recipe = self._recipe[started.run] = recipe_of(started)
        self._of_recipe[recipe] += 1
        self._born[family] += 1
        self._open[family] += 1

    def ended(self, run: RunId) -> None:
        """It is not any more."""
        family = self._family.pop(run, None)
        if family is None:
            return
        self._all_bytes -= self._input_bytes.pop(run)
        recipe = self._recipe.pop(run)
        self._of_recipe[recipe] -= 1
        if not self._of_recipe[recipe]:
            del self._of_recipe[recipe]
        self._open[family] -= 1
        if self._open[family] <= 0:
            del self._open[family], self._born[family]

    def forget(self) -> None:
        """Begin to count anew: every open run will be counted again."""
        self._family.clear()
        self._input_bytes.clear()
        self._all_bytes = 0
        self._recipe.clear()
        self._of_recipe.clear()
        self._born.clear()
        self._open.clear()


def _length(started: RunStarted) -> int:
    """How many bytes the input of a run is as JSON."""
    given = started.input
    return Scales().length(given) if isinstance(given, dict | list | str) and given else 0


def recipe_of(started: RunStarted) -> _Recipe:
    """The recipe that limits and turns of a run are counted by, whatever its version: its tenant and its name."""
    return started.tenant, started.name or started.recipe


def family_of(started: RunStarted) -> RunId:
    """The run that all of this began with."""
    return started.family or started.run
