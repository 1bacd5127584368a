"""Which results of a run another one may have: those for a fork, and those for a run of a part of a recipe.

A fork begins anew at one step. That step and what is downstream of it is run; so is whatever else had not finished,
with what is downstream of that; every other finished step keeps its result. A failure is a result where something
answered for it. A run of a part has the results of all nodes that are upstream of it and not run.

Results are copied, never pointed at: the run that they come from may be forgotten. Handles of secrets in them become
those of the new run. Nodes that have changed since keep no result; and where a fork would have to do again what lies
before its step, or a part would lack a value, it is refused with a sentence that says which.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from cypher_executor.core.events import Inherited, Item, Origin, RunId, RunStarted
from cypher_executor.core.origin import VALUE_MISSING, downstream_of, items_digest, upstream_of
from cypher_executor.core.recipe import Expression, Loop, Node, Recipe, Relationship, Value
from cypher_executor.core.replay import answered_for
from cypher_executor.core.run import Run
from cypher_executor.core.secret_handles import HANDLE, handle, is_genuine
from cypher_executor.core.step import Step
from cypher_executor.errors import NotFound, RequestInvalid, nearest

MAX_BYTES = 64 * 1024 * 1024
"""How much the results that a run inherits may be, as JSON."""

FORK_MISFIT = "fork_misfit"

Place = tuple[str, Item]


def fork_of(source: Run, recipe: Recipe, node: str | None, item: Item = ()) -> Origin:
    """What a fork of `source` at a step has, `recipe` being what it is to run. Without a step it has no results.

    `item` may name the items of some of the loops around, from the outermost; then the others keep their results.
    Raises NotFound (`unknown_step`) and RequestInvalid (`fork_misfit`).
    """
    run = _id_of(source)
    if node is None:
        return Origin(run=run)
    _check_step(recipe, node, item)
    changed = changed_nodes(source.recipe, recipe)
    before = (upstream_of(recipe, [node]) - {node}) & changed & set(source.recipe.nodes)
    if before:
        raise _misfit(f"{_listed(before)} changed since run {run}, before {node!r}: fork from there")
    anew = {place for place in source.steps if _is_at(place, node, item)}
    work = (step for step in source.steps.values() if not _gate(step.node, step))
    unfinished = {_place(step) for step in work if step.name in changed or not _has_result(source, step)}
    again = _with_what_follows(recipe, {(node, item)} | unfinished)
    kept = (step for step in source.steps.values() if not (_place(step) in anew or again(_place(step))))
    return Origin(run=run, node=node, item=item, results=_inherited(source, kept))


def part_of(source: Run | None, recipe: Recipe, only: Iterable[str]) -> Origin:
    """What a run of these nodes of a recipe has, `source` being the run that other values are taken from.

    Raises RequestInvalid (`value_missing`) when a node upstream that is not run has no result there.
    """
    chosen = frozenset(only)
    needed = upstream_of(recipe, chosen) - chosen
    run = None if source is None else _id_of(source)
    missing = needed if source is None else {name for name in needed if not _known(source, recipe, name)}
    if missing:
        why = _why_missing(source, recipe, missing)
        raise RequestInvalid(f"values of {_listed(missing)} are needed: {why}", code=VALUE_MISSING)
    ordered = tuple(name for name in recipe.nodes if name in chosen)
    kept = [] if source is None else [step for step in source.steps.values() if step.name in needed]
    results = () if source is None else _inherited(source, (step for step in kept if _has_result(source, step)))
    return Origin(run=run, only=ordered, results=results)


def settled(recipe: Recipe, first: RunStarted, source: Run | None) -> RunStarted:
    """The first event of a run with an origin, once it is certain that it can begin like this.

    Raises RequestInvalid: `fork_misfit` when what lies before the step would be run again, or the step would not be
    reached; `value_missing` when a value is; `origin_too_large`.
    """
    assert first.origin is not None
    if source is not None:
        first = replace(first, origin=_translated(first.origin, source, first))
    tried = Run(recipe)
    tried.apply(first)
    missing = sorted(
        {s.name for s in tried.steps.values() if s.failure is not None and s.failure.code == VALUE_MISSING}
    )
    if missing:
        raise RequestInvalid(f"values of {_listed(missing)} are needed: nothing has them", code=VALUE_MISSING)
    if first.origin is not None and first.origin.node is not None:
        _check_reached(tried, first.origin)
    elif first.origin is not None and first.origin.only is not None:
        _check_something_runs(tried, first.origin.only)
    return first


# --- what has changed between two versions ----------------------------------------------------------------------------


def changed_nodes(old: Recipe, new: Recipe) -> frozenset[str]:
    """The nodes of `new` whose steps would not do the same in `old`: there is none, or it or a way into it differs.

    How often and how long a step is tried does not count, because it does not change what its result means.
    """
    if old.digest == new.digest:
        return frozenset()
    return frozenset(name for name in new.nodes if name not in old.nodes or _meaning(old, name) != _meaning(new, name))


def _meaning(recipe: Recipe, name: str) -> object:
    node = recipe.nodes[name]
    inputs = None if node.inputs is None else tuple((key, each.text) for key, each in node.inputs)
    repeat = None if node.repeat is None else node.repeat.until.text
    ways = sorted(map(_way, recipe.incoming[name]), key=repr)
    return node.part, inputs, repeat, str(node.join), _loop(node.for_each), ways


def _way(way: Relationship) -> object:
    return way.source, way.type, _text(way.when), way.branch, way.otherwise, _loop(way.loop)


def _loop(loop: Loop | None) -> object:
    return None if loop is None else (loop.items.text, loop.item, loop.on_fail)


def _text(expression: Expression | None) -> str | None:
    return None if expression is None else expression.text


# --- which steps keep their results -----------------------------------------------------------------------------------


def _place(step: Step) -> Place:
    return step.name, step.item


def _is_at(place: Place, node: str, item: Item) -> bool:
    return place[0] == node and place[1][: len(item)] == item


def _gate(node: Node, step: Step) -> bool:
    """Whether a step stands for a whole loop: it has no result of its own but those of its items."""
    return node.for_each is not None and not step.region.gate


def _has_result(source: Run, step: Step) -> bool:
    """Whether a step has come to something that stays: an output, a failure that was answered for, or a skip."""
    if step.state == "failed":
        return answered_for(source, step)
    return step.state in ("succeeded", "skipped")


def _with_what_follows(recipe: Recipe, places: Iterable[Place]) -> Callable[[Place], bool]:
    """Whether a place is one of these or downstream of one, in the same items of the loops that they share."""
    found: dict[str, set[Item]] = {}
    regions = recipe.regions
    for node, items in _by_node(places).items():
        if node not in recipe.nodes:
            continue
        path = regions.of[node].path + ((node,) if node in regions.gates else ())
        for name in downstream_of(recipe, [node]):
            other = regions.of[name].path + ((name,) if name in regions.gates else ())
            common = sum(1 for _ in _common(path, other))
            found.setdefault(name, set()).update(item[:common] for item in items)

    def follows(place: Place) -> bool:
        starts = found.get(place[0], ())
        return bool(starts) and any(place[1][:length] in starts for length in range(len(place[1]) + 1))

    return follows


def _by_node(places: Iterable[Place]) -> dict[str, set[Item]]:
    found: dict[str, set[Item]] = {}
    for node, item in places:
        found.setdefault(node, set()).add(item)
    return found


def _common(one: tuple[object, ...], other: tuple[object, ...]) -> Iterator[object]:
    for left, right in zip(one, other, strict=False):
        if left != right:
            return
        yield left


def _inherited(source: Run, steps: Iterable[Step]) -> tuple[Inherited, ...]:
    return tuple(_result(source, step) for step in steps if step.state != "skipped" and not _gate(step.node, step))


def _result(source: Run, step: Step) -> Inherited:
    attempts = step.attempt if step.inherited is None else step.inherited.attempts
    return Inherited(
        node=step.name,
        item=step.item,
        output=step.output if step.failure is None else None,
        failure=step.failure,
        attempts=attempts,
        within=items_digest(source.table, step.region, step.item),
    )


def _known(source: Run, recipe: Recipe, name: str) -> bool:
    """Whether a run has what this node of `recipe` is worth."""
    if name in changed_nodes(source.recipe, recipe):
        return False
    steps = [step for step in source.steps.values() if step.name == name and not _gate(step.node, step)]
    region = source.recipe.regions.gates.get(name) or source.recipe.regions.of[name]
    entered = region.loop is None or any(key == region.key for key, _ in source.table.loops)
    return entered and all(_has_result(source, step) for step in steps)


# --- values -----------------------------------------------------------------------------------------------------------


def _translated(origin: Origin, source: Run, first: RunStarted) -> Origin:
    """The same results, with the handles of secrets that the new run will know. Raises `origin_too_large`."""
    assert source.started is not None
    seed, run, left = source.started.seed, source.started.run, MAX_BYTES

    def translate(text: str) -> str:
        return HANDLE.sub(
            lambda h: handle(first.seed, first.run, h["name"]) if is_genuine(h[0], seed, run) else h[0], text
        )

    results: list[Inherited] = []
    for result in origin.results:
        text = json.dumps(result.output)
        left -= len(text)
        if left < 0:
            message = f"the results of run {run} are more than {MAX_BYTES // 2**20} MiB: fork from an earlier step"
            raise RequestInvalid(message, code="origin_too_large")
        output: Value = json.loads(translate(text)) if HANDLE.search(text) else result.output
        results.append(replace(result, output=output))
    return replace(origin, results=tuple(results))


# --- refusals ---------------------------------------------------------------------------------------------------------


def _check_step(recipe: Recipe, node: str, item: Item) -> None:
    if node not in recipe.nodes:
        message = f"the recipe has no node {node!r} to fork from"
        raise NotFound(message, code="unknown_step", did_you_mean=nearest(node, recipe.nodes))
    deepest = len(recipe.regions.of[node].path) + (recipe.nodes[node].for_each is not None)
    if len(item) > deepest:
        loops = f"{deepest} loops" if deepest > 1 else "one loop" if deepest else "no loop"
        message = f"{node!r} stands in {loops}, so that it has no item {list(item)}"
        raise NotFound(message, code="unknown_step")


def _why_missing(source: Run | None, recipe: Recipe, missing: Collection[str]) -> str:
    if source is None:
        return "name the run that they are taken from"
    changed = changed_nodes(source.recipe, recipe) & source.recipe.nodes.keys() & set(missing)
    if changed:
        return f"{_listed(changed)} changed since run {_id_of(source)}"
    return f"run {_id_of(source)} does not have them"


def _check_reached(tried: Run, origin: Origin) -> None:
    node, item = origin.node, origin.item
    assert node is not None
    before = upstream_of(tried.recipe, [node]) - {node}
    again = [s for s in tried.steps.values() if s.name in before and not s.ended and _leads_to(tried, s, node, item)]
    if again:
        names = _listed({step.name for step in again})
        raise _misfit(f"run {origin.run} has no result of {names}, before {node!r}: fork from there")
    there = [s for s in tried.steps.values() if _is_at(_place(s), node, item) and (len(s.item) or s.state != "pending")]
    if all(step.state == "skipped" for step in there) and not _may_come(tried, node, item):
        where = f" (item {list(item)})" if item else ""
        raise _misfit(f"with this input and recipe, step {node!r}{where} would not be reached")


def _leads_to(tried: Run, step: Step, node: str, item: Item) -> bool:
    """Whether an open step before the chosen one is work, in the items that the chosen one is in."""
    if step.state == "pending" or _gate(step.node, step):
        return False
    regions = tried.recipe.regions
    shared = sum(1 for _ in _common(step.region.path, regions.of[node].path))
    return step.item[: min(shared, len(item))] == item[: min(shared, len(item))]


def _may_come(tried: Run, node: str, item: Item) -> bool:
    """Whether a loop that has not ended may still come to the step."""
    regions = tried.recipe.regions
    path = regions.of[node].path + ((node,) if node in regions.gates else ())
    loops = [loop for (key, _), loop in tried.table.loops.items() if key in path and not loop.ended]
    level = {key: depth for depth, key in enumerate(path)}
    return any(
        len(item) <= level[loop.region.key] or loop.begun <= item[level[loop.region.key]] < len(loop.items)
        for loop in loops
    )


def _check_something_runs(tried: Run, only: Iterable[str]) -> None:
    chosen = set(only)
    steps = [step for step in tried.steps.values() if step.name in chosen]
    if steps and all(step.state == "skipped" for step in steps):
        raise RequestInvalid(f"none of {_listed(chosen)} would be run: nothing leads there", code="nothing_runs")


def _misfit(message: str) -> RequestInvalid:
    return RequestInvalid(message, code=FORK_MISFIT)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, sorted(names)))


def _id_of(source: Run) -> RunId:
    assert source.started is not None
    return source.started.run
