"""The mirror, without a database: wherever it is interrupted, it ends with the graph that it should have written."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from cypher_executor.core.events import Event
from cypher_executor.core.recipe import Recipe, Value
from cypher_executor.core.run import Run
from cypher_executor.errors import Failure, Unavailable
from cypher_executor.graph.kept import KeptGraph
from cypher_executor.mirror import replicas
from cypher_executor.mirror.mirror import Mirror
from cypher_executor.mirror.replicas import Replicas
from tests.graph.story import BROKEN, SHOP, told
from tests.graph.targets import Cut, KeptTarget
from tests.graph.world import FUNCTIONS, World, mirrored


def content(graph: KeptGraph) -> Counter[str]:
    """All that a graph says, as texts that can be compared."""
    nodes = [f"{n.id} {n.labels} {dict(sorted(n.values.items()))}" for n in graph.nodes((), {})]
    found = (r for n in graph.nodes((), {}) for r in graph.relationships(n.id, (), "out"))
    return Counter(nodes + [f"{r.id} {dict(r.values)}" for r in found])


async def whole(world: World) -> Counter[str]:
    target = KeptTarget()
    await mirrored(world.mirror(target))
    return content(target.graph)


async def test_mirroring_again_writes_nothing_new_and_changes_nothing() -> None:
    world, target = World(), KeptTarget()
    await told(world)
    mirror = world.mirror(target)
    await mirrored(mirror)
    before, calls = content(target.graph), len(target.written)
    await mirrored(mirror)
    assert content(target.graph) == before
    assert len(target.written) == calls
    await mirrored(world.mirror(target))  # another process, later: begins where the target stands
    assert content(target.graph) == before


async def test_wherever_the_way_is_cut_the_graph_is_whole_in_the_end() -> None:
    world = World()
    await told(world)
    expected = await whole(world)
    for calls in range(12):
        target = KeptTarget()
        cut = Cut(target, calls)
        mirror = world.mirror(cut)
        with pytest.raises(Unavailable):
            for _ in range(20):
                await mirror.step()
                mirror._looked_at = None
        cut.mended()
        await mirrored(mirror)
        assert content(target.graph) == expected, calls


async def test_a_mirror_that_keeps_its_place_too_early_loses_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted defect of the test above: the place is kept before the rows are written."""
    world = World()
    await told(world)
    expected = await whole(world)

    async def careless(self: Mirror, followed: list[tuple[int, object, int, object]]) -> None:
        await self._target.advance(self._source, self.status.position, followed[-1][0])
        self.status.position = followed[-1][0]
        moved = await self._replicas.take(followed)  # type: ignore[arg-type]
        for run in moved:
            await self._target.write(self._replicas.news(run))

    monkeypatch.setattr(Mirror, "_mirror", careless)
    target = KeptTarget()
    cut = Cut(target, 6)
    mirror = world.mirror(cut)
    with pytest.raises(Unavailable):
        await mirrored(mirror)
    cut.mended()
    await mirrored(mirror)
    assert content(target.graph) != expected


async def test_a_target_that_was_wiped_is_filled_again() -> None:
    world, target = World(), KeptTarget()
    await told(world)
    mirror = world.mirror(target)
    await mirrored(mirror)
    expected = content(target.graph)
    target.wipe()
    mirror._looked_at = None  # a few seconds later
    await mirrored(mirror)
    assert content(target.graph) == expected


async def test_a_target_that_is_wiped_while_runs_go_on_is_filled_again_from_the_beginning() -> None:
    world, target = World(), KeptTarget()
    await told(world)
    mirror = world.mirror(target)
    await mirrored(mirror)
    target.wipe()  # and what comes next comes before anybody has looked
    await world.save("CREATE (:Recipe {name: 'more'}) CREATE (a:set {x: 1})")
    async with world.running() as engine:
        await world.start(engine, "more")
    await mirrored(mirror)
    assert content(target.graph) == await whole(world)
    assert target.positions["journal-1"] == await world.journal.head()


async def test_a_target_that_was_put_back_while_runs_go_on_is_filled_from_where_it_stands() -> None:
    world, target = World(), KeptTarget()
    await told(world)
    mirror = world.mirror(target)
    await mirrored(mirror)
    target.positions["journal-1"] = 3
    await world.save("CREATE (:Recipe {name: 'more'}) CREATE (a:set {x: 1})")
    async with world.running() as engine:
        await world.start(engine, "more")
    await mirrored(mirror)
    assert content(target.graph) == await whole(world)
    assert target.positions["journal-1"] == await world.journal.head()


async def test_a_target_that_knows_more_than_the_journal_is_begun_again() -> None:
    world, target = World(), KeptTarget()
    await told(world)
    target.positions["journal-1"] = 10_000  # the journal was put back to a backup
    await mirrored(world.mirror(target))
    assert content(target.graph) == await whole(world)
    assert target.positions["journal-1"] == await world.journal.head()


async def test_a_run_that_moves_on_is_written_as_it_stands_and_only_what_changed() -> None:
    world, target = World(), KeptTarget()
    await world.save("CREATE (:Recipe {name: 'two'}) CREATE (a:set {x: 1})-[:ON_SUCCESS]->(b:array_ops {items: [1]})")
    async with world.running() as engine:
        run = await world.start(engine, "two", wait=False)
        while await engine.inspect(run, lambda found: found.steps["b", ()].state) != "running":
            await asyncio.sleep(0)
        mirror = world.mirror(target)
        await mirrored(mirror)
        assert [n.values["state"] for n in target.graph.nodes(["Run"], {})] == ["running"]
        target.written.clear()
        await engine.cancel(run)
        await engine.wait(run, 10)
    await mirrored(mirror)
    assert [n.labels for n in target.graph.nodes(["Run"], {})] == [("Run", "Cancelled")]
    assert sorted(n.values["state"] for n in target.graph.nodes(["Step"], {})) == ["cancelled", "succeeded"]
    assert sum(target.written) <= 4  # the run, the step that was going on, its attempt


async def test_a_run_that_was_let_go_is_followed_again_when_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "KEPT", 0)
    world, target = World(), KeptTarget()
    await told(world)
    mirror = world.mirror(target)
    monkeypatch.setattr("cypher_executor.mirror.mirror.EVENTS_AT_ONCE", 1)
    await mirrored(mirror)
    monkeypatch.undo()
    assert content(target.graph) == await whole(world)


async def test_a_run_that_cannot_be_followed_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    world, target = World(), KeptTarget()
    await told(world)
    apply = Run.apply

    def broken(self: Run, event: object) -> object:
        if self.recipe.name == "loop":
            raise ValueError("a defect")
        return apply(self, event)  # type: ignore[arg-type]

    monkeypatch.setattr(Run, "apply", broken)
    await mirrored(world.mirror(target))
    names = {n.values["name"] for n in target.graph.nodes(["Run"], {})}
    assert names == {"shop", "broken", "parent", "slow"}


async def test_lag_is_how_long_the_graph_has_not_told_everything() -> None:
    world, target = World(), KeptTarget()
    await told(world)
    cut = Cut(target, 0)
    mirror = world.mirror(cut)
    assert mirror.status.lag_s(world.clock.now_us()) == 0
    with pytest.raises(Unavailable) as caught:
        await mirror.step()
    mirror._failed(caught.value)
    world.clock.us += 60_000_000
    assert mirror.status.lag_s(world.clock.now_us()) == 60
    assert mirror.status.failure == "the way is cut"
    cut.mended()
    await mirrored(mirror)
    assert mirror.status.lag_s(world.clock.now_us()) == 0
    assert mirror.status.failure is None


def _states(graph: KeptGraph) -> dict[str, object]:
    return {str(n.values["name"]): n.values["state"] for n in graph.nodes(["Step"], {})}


async def _reopened() -> tuple[dict[str, object], dict[str, object]]:
    """The steps of a run that failed, was mirrored, was tried again and went well: in the graph then, and at last."""
    answers: list[Value] = [Failure("part:bad", "as if"), {"ok": True}]
    world, target = World({**FUNCTIONS, "http_request": lambda execute: answers.pop(0)}), KeptTarget()
    await world.save(BROKEN + " CREATE (ask)-[:ON_SUCCESS]->(after:set {x: 1})")
    async with world.running() as engine:
        run = await world.start(engine, "broken")
        mirror = world.mirror(target)
        await mirrored(mirror)
        failed = _states(target.graph)
        await engine.retry(run)
        assert await engine.wait(run, 10)
    await mirrored(mirror)
    return failed, _states(target.graph)


async def test_a_run_that_was_reopened_is_followed_to_its_new_end() -> None:
    failed, at_last = await _reopened()
    assert failed == {"ask": "failed", "after": "skipped"}
    assert at_last == {"ask": "succeeded", "after": "succeeded"}


async def test_a_mirror_that_only_applies_misses_that_a_run_was_reopened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted defect of the test above: one event after the other, without looking back."""

    def only_applied(recipe: Recipe, events: Sequence[Event]) -> Run:
        run = Run(recipe)
        for event in events:
            run.apply(event)
        return run

    monkeypatch.setattr(replicas, "replay", only_applied)
    _, at_last = await _reopened()
    assert at_last == {"ask": "failed", "after": "skipped"}


async def test_a_recipe_that_is_deleted_is_not_current_any_more() -> None:
    world, target = World(), KeptTarget()
    await world.save(SHOP)
    mirror = world.mirror(target)
    await mirrored(mirror)
    assert [n.values["current"] for n in target.graph.nodes(["Recipe"], {})] == [True]
    await world.catalog.delete("default", "shop")
    mirror._looked_at = None
    await mirrored(mirror)
    assert [n.values["current"] for n in target.graph.nodes(["Recipe"], {})] == [False]


async def test_a_copy_is_what_the_engine_has() -> None:
    world = World()
    await told(world)
    moved = await Replicas(world.journal, world.catalog).take(await world.journal.follow(0, 1_000))
    async with world.running() as engine:
        for run in moved:
            assert run.started is not None
            states = {key: step.state for key, step in run.steps.items()}
            assert states == await engine.inspect(run.started.run, lambda r: {k: s.state for k, s in r.steps.items()})
