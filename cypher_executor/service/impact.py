"""What depends on a part, a host or a secret: the recipes that use it, those that start such recipes, all the way up,
with the runs of each that are open and those of the last thirty days.

It is asked of the graph, like any other question (`impact.cypher`). A recipe that works out by itself which other one
it starts could start any: such recipes are named apart.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cypher_executor.core.patterns import host_covers
from cypher_executor.queries import Questions

Kind = Literal["part", "host", "secret"]

_PIECES = re.split(r"^// name: (\w+)\n", Path(__file__).with_suffix(".cypher").read_text("utf-8"), flags=re.MULTILINE)
_QUESTIONS: Mapping[str, str] = dict(zip(_PIECES[1::2], _PIECES[2::2], strict=True))
_COMPUTED = "{{"


@dataclass(slots=True)
class Dependent:
    """A recipe that depends on it. `through`: the recipes from this one down to the one that uses it, and the node or
    the pattern there."""

    name: str
    version: int | None
    through: tuple[str, ...]
    what: str
    open: dict[str, int] = field(default_factory=dict)
    last_month: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Impact:
    """All of them, those that use it directly first. `could`: recipes that may start any other one."""

    dependents: Sequence[Dependent]
    could: Sequence[str]


async def impact_of(questions: Questions, tenant: str, kind: Kind, name: str) -> Impact:
    """What depends on this. Raises as `Questions.ask`."""

    async def ask(question: str, **parameters: Any) -> Sequence[Sequence[Any]]:
        table = await questions.ask(_QUESTIONS[question], parameters, tenant=tenant)
        async with table:
            return await table.all()

    using = await (ask(kind) if kind == "host" else ask(kind, name=name))
    fits = _fits(kind, name)
    starting = await ask("starting")
    found = _upwards([row for row in using if fits(row[2])], starting)
    names = list(found)
    for recipe, state, runs in await ask("open", names=names) if names else ():
        found[recipe].open[state] = runs
    for recipe, state, runs in await ask("lately", names=names) if names else ():
        found[recipe].last_month[state] = runs
    could = sorted({str(row[0]) for row in starting if _is_computed(row[3])} - found.keys())
    return Impact(list(found.values()), could)


def _fits(kind: Kind, name: str) -> Callable[[Any], bool]:
    return (lambda what: host_covers(str(what), name)) if kind == "host" else lambda what: True


def _upwards(using: Sequence[Sequence[Any]], starting: Sequence[Sequence[Any]]) -> dict[str, Dependent]:
    """From the recipes that use it to those that start them: breadth first, so that the shortest way is told."""
    above: defaultdict[str, list[tuple[str, int | None]]] = defaultdict(list)
    for recipe, version, _, workflow in starting:
        if isinstance(workflow, str) and not _is_computed(workflow):
            above[workflow].append((recipe, version))
    found: dict[str, Dependent] = {}
    for recipe, version, what in sorted(using, key=lambda row: (row[0], str(row[2]))):
        found.setdefault(recipe, Dependent(recipe, version, (recipe,), str(what)))
    todo = deque(found.values())
    while todo:
        below = todo.popleft()
        for recipe, version in sorted(above[below.name]):
            if recipe not in found:
                found[recipe] = Dependent(recipe, version, (recipe, *below.through), below.what)
                todo.append(found[recipe])
    return found


def _is_computed(workflow: Any) -> bool:
    return not isinstance(workflow, str) or _COMPUTED in workflow
