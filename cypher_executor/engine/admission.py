"""How many runs there may be. Beyond these limits a start is refused, at once and without having begun anything.

A recipe that starts itself twice makes as many runs as a machine can hold, and all of them before anybody looks. So the
runs that descend from one that was started from outside are counted together, as its *family*; a family that has no
open run any more is forgotten.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cypher_executor.core.events import RunId, RunStarted
from cypher_executor.errors import Unavailable

_Recipe = tuple[str, str]
"""A tenant, and the name of a recipe, or the digest of one without a name."""


class TooManyRuns(Unavailable):
    """There is no room for another run. Nothing was begun."""

    code = "too_many_runs"


@dataclass(frozen=True, slots=True)
class Bounds:
    """`open_runs` is for the whole service, `family` for all descendants of one run, ended ones included."""

    open_runs: int = 200_000
    family: int = 50_000


class Admission:
    """Counts runs as they begin and end."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._born: Counter[RunId] = Counter()
        self._open: Counter[RunId] = Counter()
        self._family: dict[RunId, RunId] = {}
        self._recipe: dict[RunId, _Recipe] = {}
        self._of_recipe: Counter[_Recipe] = Counter()

    def admit(self, started: RunStarted, max_runs: int | None = None) -> None:
        """Count a run that is about to begin. Raises TooManyRuns when there is no room for it.

        `max_runs` is what the recipe says of itself: how many of its runs may be open at once, whatever its version.
        """
        if max_runs is not None and self._of_recipe[recipe_of(started)] >= max_runs:
            message = f"the recipe has {max_runs} open runs, which is its own `max_runs`: wait until one has ended"
            raise TooManyRuns(message, retry_after_s=1.0)
        if len(self._family) >= self._bounds.open_runs:
            message = f"there are {len(self._family)} open runs, which is the limit: wait until some have ended"
            raise TooManyRuns(message, retry_after_s=5.0)
        if started.parent is not None and self._born[family_of(started)] >= self._bounds.family:
            message = f"the run {family_of(started)} and its children have started {self._bounds.family} runs"
            raise TooManyRuns(f"{message}, which is the limit; does a recipe start itself without an end?")
        self.began(started)

    def began(self, started: RunStarted) -> None:
        """A run is one of the open ones."""
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
        self._recipe.clear()
        self._of_recipe.clear()
        self._born.clear()
        self._open.clear()


def recipe_of(started: RunStarted) -> _Recipe:
    """The recipe that limits and turns of a run are counted by, whatever its version: its tenant and its name."""
    return started.tenant, started.name or started.recipe


def family_of(started: RunStarted) -> RunId:
    """The run that all of this began with."""
    return started.family or started.run
