"""How a run goes through its loops: the half of the run machine that begins items, and ends or stops a loop.

A loop is entered when its `FOR_EACH` is settled, or when a node with `for_each` begins. Its items begin in order, as
many at a time as its concurrency allows; each is a *pass* through the loop's body with steps of its own (`table.py`).
When all have ended, its `COLLECT` relationships are settled. A loop that could not be entered has one *stillborn* pass,
in which its first step fails or is skipped. `machine.py` is the other half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from cypher_executor.core.events import Item, RunState
from cypher_executor.core.recipe import Relationship, Value
from cypher_executor.core.regions import Region
from cypher_executor.core.routing import EndedLoop, Fired, Settled
from cypher_executor.core.step import Outcome, Output, Step
from cypher_executor.core.table import LoopState, Pass, Table
from cypher_executor.core.values import Given, Values
from cypher_executor.errors import Failure


class Steps(Protocol):
    """As much of the run machine as loops need: it begins, ends and routes steps."""

    def begin(self, step: Step) -> None: ...

    def conclude(self, step: Step, outcome: Outcome) -> None: ...

    def fail(self, step: Step, failure: Failure) -> None: ...

    def end(self, step: Step, state: RunState) -> None: ...

    def settled(
        self, ended: Step | EndedLoop | Fired, leaving: Sequence[Relationship], within: Pass, cleaning: bool
    ) -> list[Settled]: ...

    def arrive(self, settled: Settled, within: Pass, *, failed: bool, from_cleaning: bool) -> None: ...

    def close_one(self, within: Pass) -> None: ...

    def cancel(self, within: Pass) -> None: ...

    def closes(self, within: Pass) -> bool: ...


class Loops:
    """The loops of one run. `steps` moves what is in them."""

    def __init__(self, table: Table, values: Values, given: Given, steps: Steps) -> None:
        self._table = table
        self._values = values
        self._given = given
        self._steps = steps

    def enter(self, settled: Settled, within: Pass, from_cleaning: bool) -> None:
        """A `FOR_EACH` is settled: begin with the items, or let the loop's first step fail or be skipped."""
        relationship, failure = settled.relationship, settled.failure
        assert relationship.loop is not None
        region = self._table.regions.by_key[relationship.index]
        loop = self._table.begin_loop(region, within.item, cleaning=from_cleaning and self._steps.closes(within))
        if not self._given.wanted.enters(region):
            self._begin_stillborn(loop, None)
            return
        if settled.taken:
            items = self._values.items_of(region, within, f"in {relationship.index}")
            if not isinstance(items, Failure):
                self._begin_items(loop, items)
                return
            failure = items
        self._begin_stillborn(loop, failure)

    def enter_gate(self, gate: Step) -> None:
        """A node with `for_each` begins: its step stands for the loop until all items have ended."""
        region = self._table.regions.gates[gate.name]
        items = self._values.items_of(region, self._table.pass_of(gate), f"for_each {gate.name}")
        if isinstance(items, Failure):
            self._steps.fail(gate, items)
            return
        gate.input, gate.state = items, "running"
        cleaning = gate.cleaning and self._steps.closes(self._table.pass_of(gate))
        loop = self._table.begin_loop(region, gate.item, cleaning=cleaning)
        self._begin_items(loop, items)

    def leave(self, ended: Pass) -> None:
        """Everything in a pass has ended."""
        loop = self._table.loop_of(ended)
        self._table.end_pass(ended, loop)
        self._advance(loop)

    def stop(self, loop: LoopState, inside: Pass, failure: Failure) -> None:
        """An item failed: cancel the others, and begin no more."""
        if loop.failure is None:
            loop.failure = replace(failure, message=f"item {inside.item[-1]} failed: {failure.message}")
            for item in list(loop.open):
                self._steps.cancel(self._table.passes[loop.region.key, item])

    # --- items --------------------------------------------------------------------------------------------------------

    def _begin_stillborn(self, loop: LoopState, failure: Failure | None) -> None:
        loop.stillborn = True
        loop.open[loop.item] = None
        self._table.begin_pass(loop.region, loop.item, stillborn=True)
        first = self._first(loop.region, loop.item)
        if failure is None:
            self._steps.end(first, "skipped")
        else:
            first.started_us = self._given.now_us
            self._steps.fail(first, failure)

    def _begin_items(self, loop: LoopState, items: list[Value]) -> None:
        loop.items = items
        self._advance(loop)

    def _advance(self, loop: LoopState) -> None:
        """Begin as many items as there is room for. When none is open then, none will be: the loop has ended."""
        room = loop.loop.concurrency or len(loop.items)
        while loop.begun < len(loop.items) and len(loop.open) < room and not loop.stopped:
            item = (*loop.item, loop.begun)
            loop.begun += 1
            loop.open[item] = None
            self._table.begin_pass(loop.region, item)
            first = self._first(loop.region, item)
            first.cleaning = loop.cleaning
            self._steps.begin(first)
        if not loop.open:
            self._end(loop)

    # --- the end of a loop --------------------------------------------------------------------------------------------

    def _end(self, loop: LoopState) -> None:
        loop.ended = True
        within = self._table.passes[loop.region.above, loop.item]
        if loop.region.gate:
            self._end_gate(loop, self._table.steps[loop.region.names[0], loop.item])
            return
        ended, failed = EndedLoop("collected" if loop.complete else "skipped"), self._has_failed(loop)
        for group in loop.region.collects:
            for one in self._steps.settled(ended, group, within, loop.cleaning):
                self._steps.arrive(one, within, failed=failed, from_cleaning=loop.cleaning)
        self._steps.close_one(within)

    def _has_failed(self, loop: LoopState) -> bool:
        """Whether a join outside has to be told that this loop failed: in an item, or before its first one."""
        return loop.failure is not None or (loop.stillborn and self._first(loop.region, loop.item).state == "failed")

    def _end_gate(self, loop: LoopState, gate: Step) -> None:
        if loop.failure is not None:
            self._steps.fail(gate, loop.failure)
        elif loop.cancelled:
            self._steps.end(gate, "cancelled")
        else:
            outputs = [self._table.steps[gate.name, (*loop.item, i)].value for i in range(len(loop.items))]
            self._steps.conclude(gate, Output(outputs))

    def _first(self, region: Region, item: Item) -> Step:
        assert region.first is not None
        return self._table.steps[region.first, item]
