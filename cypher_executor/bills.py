"""Bills of recipes that are stored: what a new version reaches, and whether that is more than what its name reached.

Storing a recipe changes what others reach that start it, so those are looked at too: otherwise a recipe could be given
new hosts without a word by giving them to a recipe below it. The compiler is loaded when the first bill is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from cypher_executor.core.parts import Part
from cypher_executor.core.recipe import Digest, Recipe
from cypher_executor.cypher.bill import Bill, More, read_bill
from cypher_executor.errors import Conflict, CypherExecutorError
from cypher_executor.ports import RecipeVersion


class ReachesMore(Conflict):
    """A version reaches what the last one did not; `more` has it."""

    code = "reaches_more"

    def __init__(self, name: str, more: tuple[More, ...]) -> None:
        self.more = more
        listed = "; ".join(map(str, more))
        super().__init__(f"the recipe {name!r} would reach more than its last version: {listed}")


class Known(NamedTuple):
    """A recipe, and the parts that its nodes run."""

    recipe: Recipe
    parts: Mapping[str, Part]


class Shelf(Protocol):
    """What bills are made from: accepted recipes, and the parts that they were stored with."""

    async def by_digest(self, digest: Digest, text: str | None = None) -> Recipe:
        """A recipe that was accepted before."""
        ...

    def parts_of(self, recipe: Recipe, pins: Mapping[str, Digest]) -> Mapping[str, Part]:
        """The parts of a recipe, by name: those that are pinned, and for others what they are now."""
        ...


Current = Mapping[str, RecipeVersion]
"""The current versions of all recipes of a tenant, by name."""


@dataclass(frozen=True, slots=True)
class Deploy:
    """What storing a recipe means: its bill, those of the recipes above it that change with it, and what is new."""

    bill: Bill
    above: tuple[tuple[RecipeVersion, Bill], ...]
    more: tuple[More, ...]

    @classmethod
    async def of(cls, shelf: Shelf, current: Current, name: str, known: Known) -> Deploy:
        """Storing this recipe under `name`."""
        bill = await bill_among(shelf, current, known, name)
        more = _more(bill, await _bill_of_last(shelf, current, name))
        above = []
        for version in current.values():
            if version.name != name and (changed := await _changed(shelf, current, version, {name: known})):
                old, new = changed
                above.append((version, new))
                if name not in old.unknown:  # Then it was said that this could become anything.
                    more += tuple(replace(one, recipe=version.name) for one in _more(new, old))
        return cls(bill, tuple(above), more)


async def bill_among(
    shelf: Shelf, current: Current, known: Known, name: str | None = None, instead: Mapping[str, Known] | None = None
) -> Bill:
    """The bill of a recipe among these versions, where recipes in `instead` take the places of their names."""
    from cypher_executor.cypher.reaching import bill_of, started

    found = dict(instead or {})
    waiting = [known, *found.values()]
    while waiting:
        for _, below in started(waiting.pop().recipe):
            if below not in found and below in current:
                found[below] = await _stored(shelf, current[below])
                waiting.append(found[below])
    return bill_of(*known, found.get, name)


async def _stored(shelf: Shelf, version: RecipeVersion) -> Known:
    recipe = await shelf.by_digest(version.digest, version.text)
    return Known(recipe, shelf.parts_of(recipe, version.pins))


async def _bill_of_last(shelf: Shelf, current: Current, name: str) -> Bill | None:
    """What the version that is to be replaced could reach. None for a new name, and for one that can be read no more:
    what cannot run reaches nothing, but nobody knows what it was allowed to."""
    last = current.get(name)
    if last is None:
        return None
    if last.bill is not None:
        return read_bill(last.bill)
    try:
        return await bill_among(shelf, current, await _stored(shelf, last), name)
    except CypherExecutorError:
        return None


async def _changed(
    shelf: Shelf, current: Current, version: RecipeVersion, instead: Mapping[str, Known]
) -> tuple[Bill, Bill] | None:
    """The bill of another recipe as it is and as it will be; None when it stays what it is, or nobody can say."""
    (name,) = instead
    if version.bill is not None and not any(one["name"] == name for one in version.bill["recipes"]):
        return None
    old = await _bill_of_last(shelf, current, version.name)
    try:
        new = await bill_among(shelf, current, await _stored(shelf, version), version.name, instead)
    except CypherExecutorError:
        return None
    return None if old is None or new == old else (old, new)


def _more(bill: Bill, last: Bill | None) -> tuple[More, ...]:
    from cypher_executor.cypher.growth import more_than

    return () if last is None else more_than(bill, last)
