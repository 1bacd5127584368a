"""How long runs that have ended are kept: a pure policy, by recipe and by the state in which a run ended.

A rule limits how old a run may become and how many of its kind there may be; a run that is beyond either limit is no
longer wanted. That is not yet permission to delete it: what still needs a run (an open parent, a key that is still
remembered) is known to the journal, which looks in the transaction that deletes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cypher_executor.core.events import RunState


@dataclass(frozen=True, slots=True)
class Keep:
    """One rule. `for_us`: microseconds from the end of the run. `newest`: this many of one recipe (per tenant) that
    ended in one state. None means no such limit; a rule without limits keeps everything."""

    for_us: int | None = None
    newest: int | None = None

    def __post_init__(self) -> None:
        assert self.for_us is None or self.for_us >= 0, "an age is not negative"
        assert self.newest is None or self.newest >= 0, "a count is not negative"

    def wants(self, age_us: int, newer: int) -> bool:
        """Whether a run is still wanted that ended `age_us` ago, with `newer` others of its kind behind it."""
        young = self.for_us is None or age_us < self.for_us
        return young and (self.newest is None or newer < self.newest)


DAY_US = 86_400_000_000
FOR_EVER = Keep()
SUCCEEDED = Keep(for_us=30 * DAY_US)
OTHERS = Keep(for_us=90 * DAY_US)


def _usual() -> dict[RunState, Keep]:
    return {"succeeded": SUCCEEDED, "failed": OTHERS, "cancelled": OTHERS}


@dataclass(frozen=True, slots=True)
class Retention:
    """The rules for all recipes, and those that recipes have of their own. A state without a rule is kept for ever."""

    default: Mapping[RunState, Keep] = field(default_factory=_usual)
    recipes: Mapping[str, Mapping[RunState, Keep]] = field(default_factory=dict)

    def of(self, recipe: str | None, state: RunState) -> Keep:
        """The rule for runs of this recipe (None: one without a name) that ended in this state."""
        own = self.recipes.get(recipe, {}) if recipe is not None else {}
        return own.get(state) or self.default.get(state, FOR_EVER)
