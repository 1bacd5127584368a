"""How much work a schema can ask for, found out without doing it.

A short schema can be a bomb: definitions that refer to the next one twice double the work at every step, and a
recursive schema with two branches doubles it at every level of a value. So the work is counted: how often, at worst, a
subschema is applied to one and the same value, at any depth. That number times the size of an input bounds the time
that checking it takes.

`work[s]` at depth 0 is what applying `s` asks for at the value itself: `s`, and all that it applies in place (`allOf`,
`$ref`, ...). At depth d it is what `s` asks for at the worst value d levels below: the sum over what it applies in
place, and over what it applies to one child, at depth d - 1. A member of an object meets one of `properties`, but every
one of `patternProperties`. Each depth costs one pass over the schema, and passes end when nothing changes any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cypher_executor.inputs.applied import Applied, Schemas

MOST_WORK = 10_000
"""How often subschemas may be applied to one value."""

DEEPEST = 64
"""How deep an input may be nested."""

_TOO_MUCH = MOST_WORK + 1

_MULTIPLIES = (
    f"may take more than {MOST_WORK} checks of one value, because branches and references multiply each other: "
    "let fewer of them lead to the same schema"
)
_LOOPS = "applies itself to the same value, without end: refer to it below `properties` or `items` only"


class TooMuch(Exception):
    """The schema at `where` (a JSON Pointer) asks for more than that, or for what never ends: `why` says which."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(where, why)
        self.where = where
        self.why = why


def work_of(schema: Any) -> int:
    """How often subschemas are applied to one value at most. Raises TooMuch."""
    schemas = Schemas(schema)
    order = _in_place_order(schemas)
    worst = work = _level(schemas, order, None)
    for _ in range(DEEPEST):
        below = _level(schemas, order, work)
        if below == work or not any(below):
            break
        work, worst = below, [max(pair) for pair in zip(worst, below, strict=True)]
    if worst[0] > MOST_WORK:
        raise TooMuch(schemas.pointer(_culprit(schemas, worst)), _MULTIPLIES)
    return worst[0]


def _in_place_order(schemas: Schemas) -> list[int]:
    """All schemas, each behind those that it applies in place. Raises TooMuch when one applies itself."""
    order: list[int] = []
    state = bytearray(len(schemas.applied))  # 1: on the way, 2: done
    for root in range(len(state)):
        if not state[root]:
            _visit(schemas, root, state, order)
    return order


def _visit(schemas: Schemas, root: int, state: bytearray, order: list[int]) -> None:
    """Depth first, without recursion: a chain of references is as long as its author likes."""
    state[root], stack = 1, [(root, iter(schemas.applied[root].in_place))]
    while stack:
        at, others = stack[-1]
        following = next((other for other in others if state[other] != 2), None)
        if following is None:
            state[at] = 2
            order.append(at)
            stack.pop()
        elif state[following] == 1:
            raise TooMuch(schemas.pointer(following), _LOOPS)
        else:
            state[following] = 1
            stack.append((following, iter(schemas.applied[following].in_place)))


def _level(schemas: Schemas, order: Sequence[int], above: Sequence[int] | None) -> list[int]:
    """The work of every schema at the next depth; at depth 0 without `above`."""
    work = [0] * len(order)
    for at in order:
        applied = schemas.applied[at]
        own = applied.weight if above is None else _at_a_child(applied, above)
        work[at] = min(_TOO_MUCH, own + applied.passes * sum(work[other] for other in applied.in_place))
    return work


def _at_a_child(applied: Applied, work: Sequence[int]) -> int:
    member = max((work[one] for one in applied.named), default=0) + sum(work[one] for one in applied.members)
    item = max((work[one] for one in applied.placed), default=0) + sum(work[one] for one in applied.items)
    return max(member, item)


def _culprit(schemas: Schemas, worst: Sequence[int]) -> int:
    """The innermost schema that asks for too much all by itself."""
    at, seen = 0, {0}
    while True:
        inner = [one for one in schemas.applied[at].all if worst[one] > MOST_WORK and one not in seen]
        if not inner:
            return at
        at = inner[0]
        seen.add(at)
