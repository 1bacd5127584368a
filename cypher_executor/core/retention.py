"""How long runs that have ended are kept: a pure policy, by recipe and by the state in which a run ended.

A rule limits how old a run may become and how many of its kind there may be; a run that is beyond either limit is no
longer wanted. That is not yet permission to delete it: what still needs a run (an open parent, a key that is still
remembered) is known to the journal, which looks in the transaction that deletes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cypher_executor.core.durations import duration_ms
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


FORM = "write rules like 'succeeded=30d, failed=90d, nightly/succeeded=500, nightly/failed=forever, audit/*=30d+1000'"
_STATES: tuple[RunState, ...] = ("succeeded", "failed", "cancelled")


def read_retention(text: str) -> Retention:
    """The rules of a setting: by commas, `state=limits` for all recipes or `recipe/state=limits` for one, `*` for all
    states. A limit is a duration, a whole number (of the newest runs) or `forever`; two are joined by `+`. States that
    no rule speaks of keep their usual one. Raises ValueError with a sentence for people."""
    default, recipes = dict[RunState, Keep](_usual()), dict[str, dict[RunState, Keep]]()
    for rule in filter(None, map(str.strip, text.split(","))):
        about, equals, limits = rule.partition("=")
        recipe, slash, state = about.strip().rpartition("/")
        if not equals or (slash and not recipe):
            raise ValueError(f"{rule!r} is not a rule: {FORM}")
        rules = recipes.setdefault(recipe, {}) if slash else default
        rules.update(dict.fromkeys(_states(state), _limits(limits)))
    return Retention(default, recipes)


def _states(word: str) -> tuple[RunState, ...]:
    found = _STATES if word == "*" else tuple(state for state in _STATES if state == word)
    if not found:
        raise ValueError(f"{word!r} is not a state in which runs end ({', '.join(_STATES)}, or *): {FORM}")
    return found


def _limits(text: str) -> Keep:
    keep = FOR_EVER
    for limit in map(str.strip, text.split("+")):
        if limit.isascii() and limit.isdecimal():
            keep = Keep(keep.for_us, int(limit))
        elif limit != "forever":
            keep = Keep(duration_ms(limit) * 1000, keep.newest)
    return keep
