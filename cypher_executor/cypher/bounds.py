"""The worst case of a recipe: how many of its steps may be under way at once, and how long a run may take.

Steps may be under way together when no path leads from one to the other; the most is the largest such set, which is
as large as the fewest paths that cover all nodes (Dilworth), found by matching (Kuhn). A node in a loop stands for as
many as the loop's concurrency lets begin. A run takes as long as its longest path; a step is bounded by its `deadline`,
by its `timeout` with all attempts and the delays between them, or by the constant length of a wait.
"""

from __future__ import annotations

from math import prod

from cypher_executor.core.durations import duration_ms
from cypher_executor.core.recipe import Loop, Node, Recipe, Retry, Scope
from cypher_executor.core.regions import loop_paths
from cypher_executor.errors import ExpressionError

MOST = 600
"""Beyond so many steps nobody counts."""


def most_at_once(recipe: Recipe) -> int | None:
    """The most steps that may be under way at once; None when a loop does not bound it, or when there are too many."""
    counts: dict[str, int] = {}
    for name, loops in _loops_around(recipe).items():
        count = _at_once(loops) if recipe.nodes[name].part is not None else 0
        if count is None:
            return None
        counts[name] = count
    return _width(recipe, counts) if sum(counts.values()) <= MOST else None


def _at_once(loops: list[Loop]) -> int | None:
    """How many steps of one node these loops let begin."""
    limits = [loop.concurrency for loop in loops]
    return None if None in limits else prod(limit or 0 for limit in limits)


def _loops_around(recipe: Recipe) -> dict[str, list[Loop]]:
    """The loops that each node stands in, its own included."""
    opening = {r.index: r.loop for r in recipe.relationships if r.loop is not None}
    paths, _ = loop_paths(_in_order(recipe), recipe.incoming)
    around = {name: [opening[index] for index in paths[name]] for name in recipe.nodes}
    return {name: [*around[name], *_own(node)] for name, node in recipe.nodes.items()}


def _own(node: Node) -> list[Loop]:
    return [] if node.for_each is None else [node.for_each]


def _width(recipe: Recipe, counts: dict[str, int]) -> int:
    """The largest set of steps without a path between any two."""
    below = _downstream(recipe)
    left = [name for name, count in counts.items() for _ in range(count)]
    copies: dict[str, list[int]] = {name: [] for name in counts}
    for number, name in enumerate(left):
        copies[name].append(number)
    follows = {name: [n for other in sorted(below[name]) for n in copies[other]] for name in counts}
    matched: dict[int, int] = {}
    return len(left) - sum(_match(number, left, follows, matched) for number in range(len(left)))


def _match(start: int, left: list[str], follows: dict[str, list[int]], matched: dict[int, int]) -> bool:
    """Finds a way to give one more step a follower of its own, looking along alternating paths without recursion."""
    came_from: dict[int, int] = {}
    todo = [start]
    while todo:
        number = todo.pop()
        for follower in follows[left[number]]:
            if follower in came_from:
                continue
            came_from[follower] = number
            if follower not in matched:
                _turn_round(follower, start, came_from, matched)
                return True
            todo.append(matched[follower])
    return False


def _turn_round(follower: int, start: int, came_from: dict[int, int], matched: dict[int, int]) -> None:
    """Swaps what is matched along the path that was found."""
    before = {number: taken for taken, number in matched.items()}
    while True:
        number = came_from[follower]
        matched[follower] = number
        if number == start:
            return
        follower = before[number]


def _downstream(recipe: Recipe) -> dict[str, set[str]]:
    """For each node all those that it leads to."""
    below: dict[str, set[str]] = {}
    for name in reversed(_in_order(recipe)):
        targets = [r.target for r in recipe.outgoing[name]]
        below[name] = set(targets).union(*(below[target] for target in targets))
    return below


def _in_order(recipe: Recipe) -> list[str]:
    missing = {name: len(ways) for name, ways in recipe.incoming.items()}
    found = [name for name, count in missing.items() if count == 0]
    for name in found:
        for relationship in recipe.outgoing[name]:
            missing[relationship.target] -= 1
            if missing[relationship.target] == 0:
                found.append(relationship.target)
    return found


def longest_ms(recipe: Recipe) -> int | None:
    """How long a run may take: the recipe's own limit, or the longest path when each step on it is bounded."""
    ends: dict[str, int | None] = {}
    loops = _loops_around(recipe)
    for name in _in_order(recipe):
        before = [ends[r.source] for r in recipe.incoming[name]]
        own = None if loops[name] else _step_ms(recipe.nodes[name])
        ends[name] = None if own is None or None in before else own + max((b or 0 for b in before), default=0)
    path = None if None in ends.values() else max((end or 0 for end in ends.values()), default=0)
    bounds = [bound for bound in (path, recipe.timeout_ms) if bound is not None]
    return min(bounds, default=None)


def _step_ms(node: Node) -> int | None:
    """How long a step may take; None when nothing says so."""
    once = _once_ms(node)
    if once is None or node.repeat is None:
        return once
    return node.repeat.times * once + (node.repeat.times - 1) * node.repeat.every_ms


def _once_ms(node: Node) -> int | None:
    if node.part is None:
        return 0
    if node.part == "wait":
        return _wait_ms(node)
    attempts = node.retry.attempts if node.retry is not None else 1
    tried = None if node.timeout_ms is None else attempts * node.timeout_ms + _delays_ms(node.retry)
    return min((bound for bound in (tried, node.deadline_ms) if bound is not None), default=None)


def _delays_ms(retry: Retry | None) -> int:
    if retry is None:
        return 0
    delay, total = float(retry.delay_ms), 0.0
    for left in range(retry.attempts - 1, 0, -1):
        if delay >= retry.max_delay_ms or retry.factor == 1:  # from here on all are the same
            return round(total + left * min(delay, retry.max_delay_ms))
        total, delay = total + delay, delay * retry.factor
    return round(total)


def _wait_ms(node: Node) -> int | None:
    """The constant length of a wait."""
    seconds = dict(node.inputs or ()).get("seconds")
    if seconds is None or seconds.names or "$" in seconds.text:
        return node.deadline_ms
    try:
        return duration_ms(seconds.evaluate(Scope(lambda name: None, {}, None, None, 0, "")))
    except (ExpressionError, ValueError):
        return node.deadline_ms
