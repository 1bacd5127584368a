"""The bill of a recipe: everything outside of it that it can reach, with all the recipes that it starts.

A recipe reaches a host when one of its nodes runs a part that calls out and the recipe grants that host, in words or by
an address that stands in it as a constant (`core.grants`: the same rule that the egress asks, so nothing is reachable
that is not on the bill). What a node calls is known where its address is a constant; where it is worked out, or the
part has addresses of its own, the node may reach all that the recipe grants.

Each entry says through which nodes: the node of this recipe, then the node of the recipe that it starts, and so on.
One way to each recipe is enough for that, the shortest; recipes may start each other in circles. A recipe that is
started under a name which only a run knows may be any recipe, and one that nobody has stored yet may become anything:
the bill says so, and is `complete` only without both.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from cypher_executor.core.parts import Part
from cypher_executor.core.patterns import read_pattern
from cypher_executor.core.recipe import Recipe, Value
from cypher_executor.cypher.reaching import Bill, Found, Way, add_recipe, started

Find = Callable[[str], Recipe | None]
"""The recipe of a name, None when nobody has stored one."""


def bill_of(recipe: Recipe, parts: Mapping[str, Part] | None, find: Find, name: str | None = None) -> Bill:
    """The bill of `recipe`, which is called `name`. Without `parts`, a node calls out when it has an input `url`."""
    found = Found()
    seen, waiting = {name or recipe.name}, deque[tuple[Way, Recipe]]([((), recipe)])
    while waiting:
        way, one = waiting.popleft()
        add_recipe(found, way, one, parts)
        for node, below_name in started(one):
            found.note("recipes", below_name, (*way, node))
            if below_name not in seen:
                seen.add(below_name)
                below = find(below_name)
                if below is None:
                    found.unknown.append(below_name)
                else:
                    waiting.append(((*way, node), below))
    return found.bill()


def more_than(new: Bill, old: Bill) -> tuple[str, ...]:
    """What the new bill has and the old one has not, one phrase each; empty when it reaches nothing more."""
    return tuple(_more(new, old))


def _more(new: Bill, old: Bill) -> Iterator[str]:
    granted = [read_pattern(text) for text in old.hosts]
    for text, ways in new.hosts.items():
        if not any(one.covers(read_pattern(text)) for one in granted):
            yield f"the host {text}{_through(ways)}"
    for name in new.secrets.keys() - old.secrets.keys():
        yield f"the secret {name}{_through(new.secrets[name])}"
    if new.kv and not old.kv:
        yield f"the key-value store{_through(new.kv)}"
    if new.callbacks and not old.callbacks:
        yield f"callbacks{_through(new.callbacks)}"
    if new.any_recipe and not old.any_recipe:
        yield f"any recipe{_through(new.any_recipe)}"


def _through(ways: Iterable[Way]) -> str:
    first = next(iter(ways), ())
    return f", through {' > '.join(first)}" if first else ""


def bill_json(bill: Bill) -> dict[str, Value]:
    """As it is stored with a version, and answered."""
    return {
        "complete": bill.complete,
        "hosts": [{"pattern": text, "through": _lists(ways)} for text, ways in sorted(bill.hosts.items())],
        "secrets": [{"name": name, "through": _lists(ways)} for name, ways in sorted(bill.secrets.items())],
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
        secrets={one["name"]: _ways(one["through"]) for one in told["secrets"]},
        kv=_ways(told["kv"]),
        callbacks=_ways(told["callbacks"]),
        recipes={one["name"]: _ways(one["through"]) for one in told["recipes"]},
        unknown=tuple(one["name"] for one in told["recipes"] if not one["known"]),
        any_recipe=_ways(told["any_recipe"]),
    )


def _lists(ways: Iterable[Way]) -> list[Value]:
    return [list(way) for way in ways]


def _ways(lists: Iterable[Iterable[str]]) -> tuple[Way, ...]:
    return tuple(map(tuple, lists))
