"""A dispatcher with one worker process, for modules that mean harm, and a neighbour that must not notice."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from cypher_executor.core.events import AttemptFailed, AttemptSucceeded, CallRequested, StepEvent
from cypher_executor.core.parts import Limits
from tests.contracts.test_dispatcher import RUN, Bench, execute
from tests.hostile.cases import Case
from tests.worker.modules import module

ECHO = module("echo")
PATIENT = Limits(timeout_ms=60_000)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case ended, how long it ran, what the neighbour behind it got, and whether its worker survived."""

    event: StepEvent
    neighbour: StepEvent
    ran_ms: float
    waited_ms: float
    survived: bool

    @property
    def kind(self) -> tuple[str, str]:
        """As a case expects it."""
        return kind_of(self.event)


def kind_of(event: StepEvent) -> tuple[str, str]:
    """An event in the words of a case's head."""
    match event:
        case AttemptSucceeded():
            return "output", repr(event.output).lower().replace("none", "null")
        case CallRequested():
            return "called", ""
        case AttemptFailed() if event.failure.code == "module_refused":
            return "refused", event.failure.message
        case AttemptFailed():
            return "failed", event.failure.code
        case _:
            return "lost", ""


class House(Bench):
    """One worker, so that the neighbour is in the same process."""

    def __init__(self, **more: Any) -> None:
        super().__init__(1, **more)

    async def try_(self, case: Case) -> Outcome:
        """Run a case and right behind it a neighbour; both begin once the module is compiled."""
        before, digest = self.dispatcher.pids, self.shelf.put(case.code, case.limits)
        hostile, neighbour = f"h{len(self.events)}", f"n{len(self.events)}"
        began = time.perf_counter()
        batch = {hostile: execute(hostile, digest, tape=case.tape)}
        batch[neighbour] = execute(neighbour, self.shelf.put(ECHO, PATIENT), input={"i": "am well"})
        self.dispatcher.run_many([(RUN, one) for one in batch.values()])
        event, other = await self.until(hostile, neighbour)
        waited_ms = (time.perf_counter() - began) * 1000
        ran_ms = (event.at_us - getattr(event, "started_us", event.at_us)) / 1000
        return Outcome(event, other, ran_ms, waited_ms, set(before) <= set(self.dispatcher.pids))
