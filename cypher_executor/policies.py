"""Policies: patterns that no stored recipe may match, as queries in files that an operator keeps.

`policies/no-metadata.cypher` holds one query over the graph of recipes and parts; each row that it gives is something
that must not be. What stands in its first comment says why. A recipe is looked at before it is stored, among the other
current recipes of its tenant, and refused when it has a part in a row: old sins of others hold up nobody. A row without
any node counts for every recipe.

A policy that cannot be read or worked out refuses everything: a rule that is silently not kept is worse than none.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cypher_executor.core.recipe import Digest, Recipe
from cypher_executor.cypher.query import UNANCHORED, Budget, Limits, Node, Query, Relationship, compile_query
from cypher_executor.cypher.query import Path as GraphPath
from cypher_executor.errors import CypherExecutorError, ExpressionError, RequestInvalid, Unavailable
from cypher_executor.graph.kept import KeptGraph
from cypher_executor.graph.parts import part_rows
from cypher_executor.graph.recipes import Version, node_end, version_rows
from cypher_executor.graph.rows import Rows, together
from cypher_executor.ports import Clock, PartStore, RecipeVersion

ENDING = ".cypher"
LIMITS = Limits(rows=1_000, steps=5_000_000, bytes=64 * 2**20, seconds=5.0)
"""What one policy may take."""
SHOWN = 20
"""Violations that are told at once."""
KEPT = 2_000
"""Versions whose rows are kept for the next time: a version never changes, and reading its text is most of the work."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule. `about` says why it is there; the first line of its file."""

    name: str
    about: str
    text: str
    query: Query


@dataclass(frozen=True, slots=True)
class Violation:
    """A row of a policy: what must not be, written as a path."""

    policy: str
    about: str
    path: str
    recipes: tuple[str, ...]
    """The recipes that have a part in it; none: all of them."""


class PolicyViolated(RequestInvalid):
    """A recipe that a policy forbids; `violations` has what it matches."""

    code = "policy_violated"

    def __init__(self, name: str, violations: Sequence[Violation]) -> None:
        listed = "; ".join(f"{one.policy} ({one.about}): {one.path}" for one in violations[:SHOWN])
        problems = [{"path": one.path, "message": f"{one.policy}: {one.about}"} for one in violations[:SHOWN]]
        super().__init__(f"policies forbid the recipe {name!r}: {listed}", problems=problems)
        self.violations = tuple(violations)


ReadRecipe = Callable[[Digest, str], Awaitable[Recipe]]


class Policies:
    """The policies of one folder, whose files are looked at each time; a folder that is not there has none."""

    def __init__(self, folder: Path, parts: PartStore, clock: Clock) -> None:
        self._folder = folder
        self._parts = parts
        self._clock = clock
        self._rows = _VersionRows()

    async def all(self) -> Sequence[Policy]:
        """Every policy, by name. Raises Unavailable (`policy_invalid`) for one that is none."""
        return await asyncio.to_thread(_read, self._folder)

    async def obey(
        self, tenant: str, current: Mapping[str, RecipeVersion], name: str, text: str, recipe: Recipe, read: ReadRecipe
    ) -> None:
        """Raises PolicyViolated when this recipe would match among the current ones, and Unavailable as `all`."""
        policies = await self.all()
        if not policies:
            return
        before = current.get(name)
        version = Version(tenant, name, before.version + 1 if before else 1, recipe.digest, text, current=True)
        others = [one for one in current.values() if one.name != name]
        known = [(version, recipe), *await _known(tenant, others, read)]
        found = await asyncio.to_thread(self._violations, policies, known)
        mine = [one for one in found if not one.recipes or name in one.recipes]
        if mine:
            raise PolicyViolated(name, mine)

    async def violations(self, tenant: str, current: Iterable[RecipeVersion], read: ReadRecipe) -> Sequence[Violation]:
        """Everything that the current recipes of a tenant match. Raises Unavailable as `all`."""
        policies = await self.all()
        known = await _known(tenant, current, read)
        return await asyncio.to_thread(self._violations, policies, known)

    def _violations(self, policies: Sequence[Policy], known: Sequence[tuple[Version, Recipe]]) -> list[Violation]:
        graph, names = KeptGraph(), dict[str, str]()
        rows = together(self._rows.of(version, recipe) for version, recipe in known)
        graph.put(together([*(part_rows(part) for part in self._parts.all()), rows]))
        for version, recipe in known:
            ends = [version.end, *(node_end(version.end, node) for node in recipe.nodes)]
            names.update((f"{label}:{key}", version.name or "") for label, key in ends)
        found: list[Violation] = []
        for policy in policies:
            try:
                budget = Budget(LIMITS, time.monotonic)
                for row in policy.query.run(graph, budget=budget, at_us=self._clock.now_us()):
                    elements = list(_elements(row))
                    recipes = dict.fromkeys(names[id] for id in map(str, _ids(elements)) if id in names)
                    path = ", ".join(filter(None, map(_shown, row))) or "(a row)"
                    found.append(Violation(policy.name, policy.about, path, tuple(recipes)))
            except ExpressionError as error:
                raise _invalid(policy.name, error.message) from error
        return found


class _VersionRows:
    """The rows of versions, by any thread. Those that nobody wanted for the longest time are let go."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Version, Rows] = OrderedDict()
        self._turn = threading.Lock()

    def of(self, version: Version, recipe: Recipe) -> Rows:
        with self._turn:
            if version in self._kept:
                self._kept.move_to_end(version)
                return self._kept[version]
        rows = version_rows(version, recipe)
        with self._turn:
            self._kept[version] = rows
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return rows


async def _known(tenant: str, versions: Iterable[RecipeVersion], read: ReadRecipe) -> list[tuple[Version, Recipe]]:
    """Stored versions with their recipes; one that cannot be read any more runs no more either."""
    found: list[tuple[Version, Recipe]] = []
    for one in versions:
        try:
            recipe = await read(one.digest, one.text)
        except CypherExecutorError:
            continue
        found.append((Version(tenant, one.name, one.version, one.digest, one.text, one.created_us, True), recipe))
    return found


def _read(folder: Path) -> list[Policy]:
    try:
        files = sorted(path for path in folder.glob(f"*{ENDING}") if path.is_file())
        return [_policy(path.stem, path.read_text("utf-8-sig")) for path in files]
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(str(folder), str(error)) from error


@lru_cache(maxsize=256)
def _policy(name: str, text: str) -> Policy:
    compiled = compile_query(text)
    wrong = [d for d in compiled.diagnostics if d.severity == "error" or d.code == UNANCHORED]
    if compiled.query is None or wrong:
        place = wrong[0].place
        raise _invalid(name, f"line {place.line}, column {place.column}: {wrong[0].message}")
    if compiled.query.parameters:
        raise _invalid(name, f"nobody gives it a value for ${min(compiled.query.parameters)}")
    first_line = text.strip().split("\n", 1)[0].strip()
    return Policy(
        name, first_line.removeprefix("//").strip() if first_line.startswith("//") else name, text, compiled.query
    )


def _invalid(name: str, why: str) -> Unavailable:
    return Unavailable(
        f"the policy {name} cannot be kept: {why}",
        code="policy_invalid",
        next_actions=["mend its file, or take it out of the folder of policies"],
    )


# --- what a row shows -------------------------------------------------------------------------------------------------


def _elements(values: Iterable[Any]) -> Iterator[Node | Relationship]:
    todo = list(values)
    while todo:
        match todo.pop():
            case Node() | Relationship() as found:
                yield found
            case GraphPath(nodes=nodes):
                todo += nodes
            case list() as inner:
                todo += inner
            case dict() as inner:
                todo += inner.values()


def _ids(elements: Iterable[Node | Relationship]) -> Iterator[Any]:
    for one in elements:
        yield from (one.id,) if isinstance(one, Node) else (one.start, one.end)


def _shown(value: Any) -> str:
    """A value of a row; a path as it is drawn."""
    match value:
        case Node():
            return _node(value)
        case Relationship():
            return f"[:{value.type}]"
        case GraphPath(nodes=nodes, relationships=relationships):
            text = _node(nodes[0])
            for here, over, there in zip(nodes, relationships, nodes[1:], strict=False):
                arrow = f"-[:{over.type}]->" if over.start == here.id else f"<-[:{over.type}]-"
                text += arrow + _node(there)
            return text
        case list():
            return "[" + ", ".join(map(_shown, value)) + "]" if len(value) <= SHOWN else f"[{len(value)} values]"
        case None:
            return ""
        case _:
            return str(value)


def _node(node: Node) -> str:
    return f"({node.values.get('name')}:{node.labels[0]})"
