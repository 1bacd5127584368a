"""What answers in these tests: the desk over a graph in memory, with runs that real recipes have had.

The graph stands still while a test asks. `Deeds` notes what it is told to do, and does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cypher_executor.compat.desk import DEFAULT_LIMITS, Desk
from cypher_executor.compat.procedures import About
from cypher_executor.cypher.query import Limits
from cypher_executor.errors import NotFound
from cypher_executor.graph.kept import KeptGraph
from cypher_executor.queries import Questions
from cypher_executor.queries.keeper import Keeper
from tests.graph.targets import KeptTarget
from tests.graph.world import World


@dataclass
class KeptSnapshot:
    graph: KeptGraph

    def close(self) -> None: ...


@dataclass
class KeptStore(KeptTarget):
    """A `queries.store.Store` in memory. `tenants` are those that asked, `others` what other tenants have."""

    tenants: list[str] = field(default_factory=list)

    def snapshot(self, tenant: str) -> KeptSnapshot:
        self.tenants.append(tenant)
        return KeptSnapshot(self.graph if tenant == "default" else KeptGraph())


@dataclass
class Deeds:
    """A `compat.deeds.Doing` that only notes."""

    done: list[tuple[Any, ...]] = field(default_factory=list)

    async def run(self, tenant: str, recipe: str, input: Any) -> tuple[Any, ...]:
        if recipe == "nobody":
            raise NotFound("there is no recipe 'nobody'", code="unknown_recipe")
        self.done.append((tenant, recipe, input))
        return f"run_{len(self.done)}", recipe, "running"

    async def save(self, tenant: str, text: str, *, allow: bool = False) -> tuple[Any, ...]:
        self.done.append((tenant, text, allow))
        return "saved", 1, "sha256:0"


@dataclass
class Answering:
    """A desk and what stands behind it. `parameters` are those of the story that the graph tells."""

    desk: Desk
    questions: Questions
    store: KeptStore
    deeds: Deeds
    parameters: Mapping[str, str]

    async def close(self) -> None:
        await self.desk.close()
        await self.questions.close()


async def answering(world: World, parameters: Mapping[str, str], limits: Limits = DEFAULT_LIMITS) -> Answering:
    """A desk over what has happened in this world."""
    store, deeds = KeptStore(), Deeds()
    questions = Questions(store, Keeper(world.mirror(store), world.clock), world.clock)
    about = About(
        version="0.1.0",
        neo4j_version="5.26.0",
        source="journal-1",
        begun="2026-01-01T00:00:00Z",
        address=lambda: "127.0.0.1:7687",
        secured=lambda: False,
        now_us=world.clock.now_us,
        running=lambda: (),
    )
    return Answering(Desk(questions, deeds, about, limits), questions, store, deeds, parameters)


def column(rows: Iterable[tuple[Any, ...]], at: int = 0) -> list[Any]:
    return [row[at] for row in rows]
