"""Bills of recipes that are stored: what a new version reaches, and whether that is more than what its name reached.

Storing a recipe changes what others reach that start it, so those are looked at too: otherwise a recipe could be given
new hosts without a word by giving them to a recipe below it. The compiler is loaded when the first bill is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cypher_executor.core.parts import Part
from cypher_executor.core.recipe import Digest, Recipe, Value
from cypher_executor.errors import Conflict, CypherExecutorError
from cypher_executor.ports import RecipeVersion

if TYPE_CHECKING:
    from cypher_executor.cypher.reaching import Bill


class ReachesMore(Conflict):
    """A version reaches what the last one did not; `more` has it, one phrase each."""

    code = "reaches_more"

    def __init__(self, name: str, more: tuple[str, ...]) -> None:
        self.more = more
        listed = "; ".join(more)
        super().__init__(f"the recipe {name!r} would reach more than its last version: {listed}")


class Known(Protocol):
    """What bills are made from: the parts, and accepted recipes."""

    def known_parts(self) -> Mapping[str, Part]:
        """Every part by its name."""
        ...

    async def by_digest(self, digest: Digest, text: str | None = None) -> Recipe:
        """A recipe that was accepted before."""
        ...


@dataclass(frozen=True, slots=True)
class Deploy:
    """What storing a recipe means: its bill, those of the recipes above it that change with it, and what is new."""

    bill: Bill
    above: tuple[tuple[RecipeVersion, Bill], ...]
    more: tuple[str, ...]

    @classmethod
    async def of(cls, known: Known, current: Mapping[str, RecipeVersion], name: str, recipe: Recipe) -> Deploy:
        """Storing `recipe` under `name`, where these are the current versions of all names."""
        bill = await bill_among(known, current, recipe, name)
        more = _more(bill, current.get(name))
        above = []
        for version in _above(current, name):
            changed = await _bill_above(known, current, version, name, recipe)
            if changed is not None and (new := _more(changed, version)):
                above.append((version, changed))
                more += tuple(f"in {version.name!r}, {phrase}" for phrase in new)
        return cls(bill, tuple(above), more)


async def bill_among(
    known: Known,
    current: Mapping[str, RecipeVersion],
    recipe: Recipe,
    name: str | None = None,
    instead: Mapping[str, Recipe] | None = None,
) -> Bill:
    """The bill of a recipe among these versions, where recipes in `instead` take the places of their names."""
    from cypher_executor.cypher.bill import bill_of
    from cypher_executor.cypher.reaching import started

    found: dict[str, Recipe] = dict(instead or {})
    waiting = [recipe, *found.values()]
    while waiting:
        for _, below in started(waiting.pop()):
            if below not in found and below in current:
                found[below] = await known.by_digest(current[below].digest, current[below].text)
                waiting.append(found[below])
    return bill_of(recipe, known.known_parts(), found.get, name)


def bill_told(bill: Bill) -> dict[str, Value]:
    """A bill as JSON."""
    from cypher_executor.cypher.bill import bill_json

    return bill_json(bill)


def _more(bill: Bill, last: RecipeVersion | None) -> tuple[str, ...]:
    from cypher_executor.cypher.bill import more_than, read_bill

    return () if last is None or last.bill is None else more_than(bill, read_bill(last.bill))


def _above(current: Mapping[str, RecipeVersion], name: str) -> list[RecipeVersion]:
    """The recipes that start `name`, directly or through others."""
    return [
        version
        for version in current.values()
        if version.name != name and version.bill and any(one["name"] == name for one in version.bill["recipes"])
    ]


async def _bill_above(
    known: Known, current: Mapping[str, RecipeVersion], version: RecipeVersion, name: str, recipe: Recipe
) -> Bill | None:
    """None for one that cannot be read any more: it reaches nothing, because it cannot run."""
    try:
        above = await known.by_digest(version.digest, version.text)
        return await bill_among(known, current, above, version.name, {name: recipe})
    except CypherExecutorError:
        return None
