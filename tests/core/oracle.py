"""What the language page says a run should have done, worked out again from the states that its steps ended in.

This is written from the contract (Relationships, Joins, Result; loops, cancel, `fail_fast` in the answers) and shares
no code with the run machine: it looks at a run that is over, has all the time in the world, and knows no order.
Conditions in random recipes look at their source and at parameters only, so they mean at the end what they meant then.

It goes through the *places* of a run: the outermost one, and one for each item of each loop. In a place every node has
one step. A loop that was stopped is not looked into: in which order its items met their end is nobody's promise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cypher_executor.core.attempts import MAX_LOSSES
from cypher_executor.core.events import AttemptFailed, AttemptLost, CancelRequested, Event, Item, TimerFired
from cypher_executor.core.recipe import Loop, Recipe, Relationship, Retry, Scope, Value
from cypher_executor.core.run import Run
from cypher_executor.core.step import Attempt, Step
from cypher_executor.errors import ExpressionError
from tests.core.laws import Seen

_TAKEN = {
    "succeeded": ("ON_SUCCESS", "ON_COMPLETE", "FOR_EACH"),
    "failed": ("ON_FAIL", "ON_COMPLETE"),
    "cancelled": ("ON_COMPLETE",),
}


@dataclass(frozen=True)
class Place:
    """Where steps stand: the loops around, outermost first, each with the index of its item. That is None for a loop
    that has no items, in which the first step failed or was skipped."""

    at: tuple[tuple[Relationship, int | None], ...] = ()

    @property
    def loops(self) -> tuple[Relationship, ...]:
        return tuple(loop for loop, _ in self.at)

    @property
    def item(self) -> Item:
        return tuple(index for _, index in self.at if index is not None)

    @property
    def first(self) -> str | None:
        """The node that an item of the innermost loop begins with."""
        return self.at[-1][0].target if self.at else None

    def inside(self, loop: Relationship, index: int | None) -> Place:
        return Place((*self.at, (loop, index)))


class Oracle:
    """Judges one run that has ended."""

    def __init__(self, run: Run, seen: Sequence[Seen]) -> None:
        self.run = run
        self.recipe: Recipe = run.recipe
        self.steps: Mapping[tuple[str, Item], Step] = run.steps
        self.events: list[Event] = [one.event for one in seen if one.expected]
        self._bodies = {r: self._body(r) for r in self.recipe.relationships if r.type == "FOR_EACH"}

    def check(self) -> None:
        """Raise AssertionError when the run did something else than the language says."""
        if self._closed():
            self._check_closed()
        else:
            self._check_place(Place())
            self._check_result()
        for step in self.steps.values():
            self._check_attempts(step)

    # --- the drawing --------------------------------------------------------------------------------------------------

    def _body(self, loop: Relationship) -> frozenset[str]:
        """What the loop leads to before as many `COLLECT` as `FOR_EACH` have been passed."""
        found: dict[str, int] = {}
        todo = [(loop.target, 1)]
        while todo:
            name, depth = todo.pop()
            if depth and name not in found:
                found[name] = depth
                deeper = {"FOR_EACH": 1, "COLLECT": -1}
                todo += [(r.target, depth + deeper.get(r.type, 0)) for r in self._leaving(name)]
        return frozenset(found)

    def _leaving(self, name: str) -> list[Relationship]:
        return [r for r in self.recipe.relationships if r.source == name]

    def _around(self, name: str) -> tuple[Relationship, ...]:
        around = [loop for loop, body in self._bodies.items() if name in body]
        return tuple(sorted(around, key=lambda loop: -len(self._bodies[loop])))

    def _names(self, place: Place) -> list[str]:
        return [name for name in self.recipe.nodes if self._around(name) == place.loops]

    def _loops(self, place: Place) -> list[Relationship]:
        return [r for name in self._names(place) for r in self._leaving(name) if r.type == "FOR_EACH"]

    def _step(self, name: str, place: Place) -> Step:
        assert (name, place.item) in self.steps, f"{name} never came into being for {place.item}"
        return self.steps[name, place.item]

    # --- expressions --------------------------------------------------------------------------------------------------

    def _scope(self, place: Place) -> Scope:
        """What is seen in a place."""
        started = self.run.started
        assert started is not None

        def value_of(name: str) -> Value:
            return self._item(place, name) if name in ("item", "item_index") else self.value(name, place)

        return Scope(value_of, started.input, started.input, started.trigger, 0, "")

    def _item(self, place: Place, name: str) -> Value:
        """The innermost item around, or its index; None where there is none."""
        for depth, (loop, index) in reversed(list(enumerate(place.at))):
            if index is not None and loop.loop is not None:
                items = self._list(loop.loop, Place(place.at[:depth]))
                assert items is not None
                return items[index] if name == "item" else index
        return None

    def _list(self, loop: Loop, place: Place) -> list[Value] | None:
        """The list that a loop goes over; None when there is none."""
        try:
            items = loop.items.evaluate(self._scope(place))
        except ExpressionError:
            return None
        return items if isinstance(items, list) else None

    def value(self, name: str, place: Place) -> Value:
        """What the name of a node means in a place: for each loop between, a list."""
        between = self._around(name)[len(place.loops) :]
        if self._around(name)[: len(place.loops)] != place.loops or not between:
            return self._step(name, place).value if not between else None
        items = self._items(between[0], place)
        if items is None:
            return self.value(name, place.inside(between[0], None))
        inside = [place.inside(between[0], index) for index in range(len(items))]
        return [self.value(name, one) if self._began(one) else None for one in inside]

    def _began(self, place: Place) -> bool:
        return (place.first, place.item) in self.steps

    def _items(self, loop: Relationship, place: Place) -> list[Value] | None:
        """The items of a loop that was entered; None for one that was not."""
        assert loop.loop is not None
        return self._list(loop.loop, place) if self._fate(loop, place) == "taken" else None

    # --- relationships ------------------------------------------------------------------------------------------------

    def _fate(self, r: Relationship, place: Place) -> str:
        """`taken`, `not taken`, or `error` when its condition cannot be evaluated. A `COLLECT` is judged outside."""
        output = None if r.type == "COLLECT" else self._step(r.source, place).output
        if not self._applies(r, place):
            return "not taken"
        if r.otherwise:
            siblings = [s for s in self._leaving(r.source) if s.type == r.type and (s.when or s.branch) is not None]
            return "not taken" if any(self._fate(s, place) == "taken" for s in siblings) else "taken"
        if r.branch is not None and not (isinstance(output, dict) and output.get("branch") == r.branch):
            return "not taken"
        try:
            return "taken" if r.when is None or r.when.evaluate(self._scope(place)) is True else "not taken"
        except ExpressionError:
            return "error"

    def _applies(self, r: Relationship, place: Place) -> bool:
        if r.type == "COLLECT":
            loop = self._around(r.source)[-1]
            return self._items(loop, place) is not None and not self._stopped_by(loop, place)
        return r.type in _TAKEN.get(self._step(r.source, place).state, ())

    def _failed(self, r: Relationship, place: Place) -> bool:
        """Whether the source of a relationship failed."""
        if r.type != "COLLECT":
            return self._step(r.source, place).state == "failed"
        loop = self._around(r.source)[-1]
        if self._items(loop, place) is None:
            return self._step(loop.target, place).state == "failed"
        return bool(self._stopped_by(loop, place))

    # --- failures -----------------------------------------------------------------------------------------------------

    def _unhandled(self, place: Place) -> list[Step]:
        """The failures that nothing in a place handles, those of loops in it that stopped included."""
        steps = [self._step(name, place) for name in self._names(place)]
        found = [step for step in steps if step.state == "failed" and not self._handled(step, place)]
        for loop in self._loops(place):
            if self._items(loop, place) is None:
                found += self._unhandled(place.inside(loop, None))
            else:
                found += self._stopped_by(loop, place)
        return found

    def _handled(self, step: Step, place: Place) -> bool:
        handlers = [r for r in self._leaving(step.name) if r.type in ("ON_FAIL", "ON_COMPLETE")]
        return any(self._fate(r, place) == "taken" for r in handlers)

    def _stopped_by(self, loop: Relationship, place: Place) -> list[Step]:
        """The failures that stopped a loop."""
        assert loop.loop is not None
        if loop.loop.on_fail == "collect":
            return []
        return [step for one in self._passes(loop, place) for step in self._unhandled(one)]

    def _passes(self, loop: Relationship, place: Place) -> list[Place]:
        """The items of a loop that began."""
        inside = (place.inside(loop, index) for index in range(len(self._items(loop, place) or ())))
        return [one for one in inside if self._began(one)]

    # --- places -------------------------------------------------------------------------------------------------------

    def _check_place(self, place: Place) -> None:
        for name in self._names(place):
            step = self._step(name, place)
            if name != place.first:
                self._check_node(name, place)
            if (
                step.node.for_each
                and step.started_us is not None
                and (name != place.first or place.at[-1][1] is not None)
            ):
                self._check_gate(step, place)
        for loop in self._loops(place):
            self._check_loop(loop, place)

    def _check_loop(self, loop: Relationship, place: Place) -> None:
        items, fate = self._items(loop, place), self._fate(loop, place)
        if items is not None and self._stopped_by(loop, place):
            return
        if items is None:
            first = self._step(loop.target, place)
            assert first.state == ("skipped" if fate == "not taken" else "failed"), f"{first.name} is {first.state}"
            self._check_place(place.inside(loop, None))
        for index in range(len(items or ())):
            inside = place.inside(loop, index)
            assert self._step(loop.target, inside).state in ("succeeded", "failed"), "an item never began"
            self._check_fed(self._step(loop.target, inside), (items or ())[index])
            self._check_place(inside)

    def _check_gate(self, gate: Step, place: Place) -> None:
        assert gate.node.for_each is not None
        if gate.failure is not None and gate.failure.code == "expression_error" and gate.input is None:
            return
        items = self._list(gate.node.for_each, place)
        if items is None:
            assert gate.failure is not None and gate.failure.code in ("not_a_list", "expression_error")
            return
        keys = [(gate.name, (*place.item, index)) for index in range(len(items))]
        failed = [key for key in keys if key in self.steps and self.steps[key].state == "failed"]
        if failed and gate.node.for_each.on_fail == "stop":
            assert gate.state == "failed", "a node whose item failed has not"
        else:
            assert all(key in self.steps for key in keys), f"an item of {gate.name} never began"
            assert gate.output == [self.steps[key].value for key in keys], f"{gate.name} gave {gate.output}"
            for key, item in zip(keys, items, strict=True):
                self._check_fed(self.steps[key], item)

    def _check_fed(self, step: Step, item: Value) -> None:
        if step.node.inputs is None and (step.node.for_each is None or step.region.gate):
            assert step.input == item, f"{step.name} was given {step.input}, and not its item"

    # --- joins --------------------------------------------------------------------------------------------------------

    def _check_node(self, name: str, place: Place) -> None:
        entering = [r for r in self.recipe.relationships if r.target == name]
        fates, step, join = {r: self._fate(r, place) for r in entering}, self._step(name, place), None
        join = step.node.join
        assert step.state in ("succeeded", "failed", "skipped"), f"{name} is {step.state}, but nothing closed the run"
        taken = sum(fate == "taken" for fate in fates.values())
        early = 1 if join == "any" else join if isinstance(join, int) else None
        if "error" in fates.values() and early is None:
            assert step.failure is not None and step.failure.code == "expression_error", f"{name} hid a bad condition"
            return
        if "error" in fates.values():  # what came first decides: enough taken, too few left, or the error
            assert taken >= (early or 0) or not step.attempts, f"{name} began with {taken} of {early} taken"
            return
        runs = not fates or (taken >= early if early is not None else taken > 0 and self._may_join(fates, place, step))
        assert (step.state != "skipped") == runs, f"{name} is {step.state}; {taken} of {len(fates)} taken, join {join}"
        if runs and early is None and step.node.for_each is None:
            self._check_input(step, [r.source for r in fates], place)

    def _may_join(self, fates: Mapping[Relationship, str], place: Place, step: Step) -> bool:
        """Whether every failed source is answered for, by itself or by somebody downstream of it."""
        if step.node.join == "settled":
            return True
        arrived = {r.source for r, fate in fates.items() if fate == "taken"}
        failed = {r.source for r in fates if self._failed(r, place)}
        return all(self._downstream(source) & arrived for source in failed)

    def _downstream(self, name: str) -> set[str]:
        """The node itself and all that can be reached from it."""
        found = {name}
        while True:
            more = found | {r.target for r in self.recipe.relationships if r.source in found}
            if more == found:
                return found
            found = more

    def _check_input(self, step: Step, sources: list[str], place: Place) -> None:
        if step.node.inputs is not None or (step.failure is not None and step.failure.code == "expression_error"):
            return
        expected: Value
        started = self.run.started
        assert started is not None
        match sorted(set(sources)):
            case []:
                expected = started.input
            case [only]:
                expected = self.value(only, place)
            case several:
                expected = {source: self.value(source, place) for source in several}
        assert step.input == expected, f"{step.name} was given {step.input}"
        if step.node.part is None:
            assert step.output == expected, f"{step.name} gave {step.output}"

    # --- the end ------------------------------------------------------------------------------------------------------

    def _check_result(self) -> None:
        end, unhandled = self.run.ended, self._unhandled(Place())
        assert end is not None
        if unhandled:
            assert end.state == "failed" and end.failure is not None and end.failure.details is not None
            who = (end.failure.details.get("node"), tuple(end.failure.details.get("item", ())))
            assert who in [(s.name, s.item) for s in unhandled], "the run failed because of a step that was handled"
        elif any(text.text.startswith("!") for _, text in self.recipe.returns or ()):
            assert end.state == "failed" and end.failure is not None and end.failure.code == "expression_error"
        else:
            assert end.state == "succeeded" and end.failure is None, f"nothing failed, but the run {end.state}"
            assert self.recipe.returns is not None or end.result == dict(self._last()), "the run gave something else"
        assert (end.state == "succeeded") == (end.failure is None)
        assert end.state == "succeeded" or end.result is None, "only a run that succeeded has a result"

    def _last(self) -> Iterator[tuple[str, Value]]:
        for name in self.recipe.nodes:
            only = self.steps.get((name, ()))
            if not self._leaving(name) and not (only is not None and only.state == "skipped"):
                yield name, self.value(name, Place())

    # --- closing ------------------------------------------------------------------------------------------------------

    def _closed(self) -> bool:
        outside = any(isinstance(e, CancelRequested) or (isinstance(e, TimerFired) and not e.node) for e in self.events)
        return outside or (self.recipe.fail_fast and bool(self._unhandled(Place())))

    def _check_closed(self) -> None:
        end = self.run.ended
        assert end is not None and end.failure is not None and end.state in ("failed", "cancelled")
        forced = sum(isinstance(e, CancelRequested) for e in self.events) > (not self._failed_first())
        for name in self._names(Place()):
            step = self._step(name, Place())
            if step.state == "cancelled":
                self._check_cleaned_up(step, forced)

    def _failed_first(self) -> bool:
        """Whether the run was on its way to a failure before anybody cancelled it."""
        assert self.run.ended is not None
        return self.run.ended.state == "failed"

    def _check_cleaned_up(self, step: Step, forced: bool) -> None:
        """What only waits for the end of a cancelled step, whatever that end is, has run, or was stopped as well."""
        assert step.failure is None
        for r in self._leaving(step.name):
            alone = sum(other.target == r.target for other in self.recipe.relationships) == 1
            if self._fate(r, Place()) == "taken" and alone and self.recipe.nodes[r.target].join in _ONE and not forced:
                assert self._step(r.target, Place()).state != "skipped", (
                    f"{r.target} did not clean up after {step.name}"
                )

    # --- attempts -----------------------------------------------------------------------------------------------------

    def _check_attempts(self, step: Step) -> None:
        policy, repeat = step.node.retry, step.node.repeat
        limit, turns = policy.attempts if policy else 1, repeat.times if repeat else 1
        assert step.turn <= turns, f"{step.name} took {step.turn} turns of {turns}"
        assert len(step.attempts) - step.earlier <= limit and len(step.attempts) <= limit * step.turn
        assert sum(a.succeeded for a in step.attempts[:-1]) == (step.turn - 1)
        assert [a.number for a in step.attempts] == list(range(1, len(step.attempts) + 1))
        for attempt in step.attempts[:-1]:
            assert attempt.succeeded or _covered(policy, attempt)
        if step.state == "failed" and step.attempts and not _deadline(step):
            spent = len(step.attempts) - step.earlier == limit
            assert step.attempts[-1].succeeded or spent or not _covered(policy, step.attempts[-1]), "gave up too early"
        if step.attempts and step.failure is not None and step.failure.code == "repeat_exhausted":
            assert step.turn == turns and step.attempts[-1].succeeded
        self._check_against_journal(step)

    def _check_against_journal(self, step: Step) -> None:
        """A failure that a worker reported is the failure of that attempt; so is the last loss that it may have."""
        about: Any = (step.name, step.item)
        mine = [e for e in self.events if isinstance(e, AttemptFailed | AttemptLost) and (e.node, e.item) == about]
        for attempt in step.attempts:
            reported = [e for e in mine if e.attempt == attempt.number and isinstance(e, AttemptFailed)]
            losses = [e for e in mine if e.attempt == attempt.number and isinstance(e, AttemptLost)]
            assert len(reported) <= 1 and len(losses) <= MAX_LOSSES
            if reported:
                assert attempt.failure == reported[0].failure
            if len(losses) == MAX_LOSSES:
                assert attempt.failure is not None and attempt.failure.code in ("worker_lost", "timeout", "deadline")


_ONE = ("all", "any", "settled", 1)


def _covered(policy: Retry | None, attempt: Attempt) -> bool:
    assert attempt.failure is not None
    if policy is None:
        return False
    return attempt.failure.retryable if policy.on is None else attempt.failure.code in policy.on


def _deadline(step: Step) -> bool:
    return step.failure is not None and step.failure.code == "deadline"
