"""What a recipe can reach, as it is kept, told and answered. How it is found is in `reaching`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from cypher_executor.core.recipe import Value

Way = tuple[str, ...]
"""Nodes: one of a recipe, then one of the recipe that it starts, and so on."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A secret: the patterns of where it may be sent, and the nodes that name it."""

    to: tuple[str, ...]
    through: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Bill:
    """What can be reached, each with the ways to it.

    `hosts` are patterns as grants are written (`POST https://api.example.com/*`), `secrets` have the names of secrets,
    `recipes` what is started, in other recipes too; `unknown` those of them that are not stored.
    """

    hosts: Mapping[str, tuple[Way, ...]] = field(default_factory=dict)
    secrets: Mapping[str, Sent] = field(default_factory=dict)
    kv: tuple[Way, ...] = ()
    callbacks: tuple[Way, ...] = ()
    recipes: Mapping[str, tuple[Way, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    any_recipe: tuple[Way, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing else can ever be reached while the recipes stay as they are."""
        return not self.unknown and not self.any_recipe


Kind = Literal["host", "secret", "kv", "callbacks", "any_recipe"]

_SAID: Final[Mapping[Kind, str]] = {
    "host": "the host {}",
    "secret": "the secret {}",
    "kv": "the key-value store",
    "callbacks": "callbacks",
    "any_recipe": "any recipe",
}


@dataclass(frozen=True, slots=True)
class More:
    """Something that one bill has and another has not, and the shortest way to it; `recipe` is the one whose bill it
    is, when that is not the one that was asked about."""

    kind: Kind
    what: str
    through: Way
    recipe: str | None = None

    def __str__(self) -> str:
        where = f"in {self.recipe!r}, " if self.recipe else ""
        way = f", through {' > '.join(self.through)}" if self.through else ""
        return f"{where}{_SAID[self.kind].format(self.what)}{way}"


def bill_json(bill: Bill) -> dict[str, Value]:
    """As it is stored with a version, and answered."""
    return {
        "complete": bill.complete,
        "hosts": [{"pattern": text, "through": _lists(ways)} for text, ways in sorted(bill.hosts.items())],
        "secrets": [
            {"name": name, "to": sorted(sent.to), "through": _lists(sent.through)}
            for name, sent in sorted(bill.secrets.items())
        ],
        "kv": _lists(bill.kv),
        "callbacks": _lists(bill.callbacks),
        "recipes": [
            {"name": name, "known": name not in bill.unknown, "through": _lists(ways)}
            for name, ways in sorted(bill.recipes.items())
        ],
        "any_recipe": _lists(bill.any_recipe),
    }


def read_bill(told: Mapping[str, Any]) -> Bill:
    """A bill from what `bill_json` made of it."""
    return Bill(
        hosts={one["pattern"]: _ways(one["through"]) for one in told["hosts"]},
        secrets={one["name"]: Sent(tuple(one["to"]), _ways(one["through"])) for one in told["secrets"]},
        kv=_ways(told["kv"]),
        callbacks=_ways(told["callbacks"]),
        recipes={one["name"]: _ways(one["through"]) for one in told["recipes"]},
        unknown=tuple(one["name"] for one in told["recipes"] if not one["known"]),
        any_recipe=_ways(told["any_recipe"]),
    )


def more_json(more: Iterable[More]) -> list[dict[str, Value]]:
    """As refusals and answers tell it."""
    return [{"kind": m.kind, "what": m.what, "through": list(m.through), "recipe": m.recipe} for m in more]


def read_more(told: Mapping[str, Any]) -> More:
    """Something more from what `more_json` made of it."""
    return More(told["kind"], told["what"], tuple(told["through"]), told["recipe"])


def bill_lines(bill: Bill) -> Iterator[str]:
    """For people: a line for each thing that can be reached, with the shortest way to it."""
    for text, ways in sorted(bill.hosts.items()):
        yield _line(f"reaches the host {text}", ways)
    for name, sent in sorted(bill.secrets.items()):
        where = f"may go to {', '.join(sent.to)}" if sent.to else "is granted to go nowhere"
        yield _line(f"the secret {name} {where}", sent.through)
    if bill.kv:
        yield _line("reaches the key-value store", bill.kv)
    if bill.callbacks:
        yield _line("waits to be called", bill.callbacks)
    for name, ways in sorted(bill.recipes.items()):
        unknown = ", which is not known: that may reach anything" if name in bill.unknown else ""
        yield _line(f"starts {name}{unknown}", ways)
    if bill.any_recipe:
        yield _line("starts any recipe: the name is worked out in a run", bill.any_recipe)


def _line(what: str, ways: Iterable[Way]) -> str:
    way = first_of(ways)
    return f"{what}, through {' > '.join(way)}" if way else what


def first_of(ways: Iterable[Way]) -> Way:
    """The shortest way."""
    return next(iter(ways), ())


def _lists(ways: Iterable[Way]) -> list[Value]:
    return [list(way) for way in ways]


def _ways(lists: Iterable[Iterable[str]]) -> tuple[Way, ...]:
    return tuple(map(tuple, lists))
