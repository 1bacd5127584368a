"""The workers of the simulated machine: a dispatcher whose parts are the shipped ones as far as the load needs them.

What each part does is written down here once more, in a few lines; that the real ones do the same is for their own
tests. Executions take their time, answers may come twice, late, or not at all because the worker has died.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptFailed, AttemptLost, AttemptSucceeded, CallRequested, Event, Item, RunId
from cypher_executor.core.recipe import Value
from cypher_executor.errors import Failure
from cypher_executor.ports import Clock, FoundLong, Inbox
from tests.reliability.simulation.chaos import Chaos

LOST_AT_MOST = 2
"""How many workers a step takes down in a story; one more, and it fails, as it should."""

_Step = tuple[RunId, str, Item]


class SimulatedWorkers:
    """`ports.Dispatcher` for one process. Once that is `dead`, nothing answers any more."""

    def __init__(self, inbox: Inbox, clock: Clock, chaos: Chaos, lost: Counter[_Step]) -> None:
        self.dead = False
        self._inbox = inbox
        self._clock = clock
        self._chaos = chaos
        self._lost = lost
        self._open: dict[_Step, asyncio.TimerHandle] = {}

    async def start(self) -> None:
        """Workers begin after a moment."""
        await asyncio.sleep(self._chaos.way_s())

    async def close(self) -> None:
        """End all workers."""
        self.dead = True

    def run_many(self, batch: Sequence[tuple[RunId, Execute]], *, long: bool = False) -> None:
        """Each execution is answered after its time."""
        for run, execute in batch:
            step = (run, execute.node, execute.item)
            began_us = self._clock.now_us()
            dies = self._chaos.worker_dies() and self._lost[step] < LOST_AT_MOST
            self._lost[step] += dies
            later = asyncio.get_running_loop().call_later
            self._open[step] = later(self._chaos.part_s(), self._answer, run, execute, began_us, dies)
            if not dies and self._chaos.answers_twice():
                later(self._chaos.part_s() + self._chaos.part_s(), self._answer, run, execute, began_us, dies)

    def tell_long(self, hear: FoundLong) -> None:
        """Nothing takes long here."""

    def interrupt(self, run: RunId, node: str, item: Item) -> None:
        """What is under way may still answer."""
        handle = self._open.pop((run, node, item), None)
        if handle is not None and self._chaos.interrupted_in_time():
            handle.cancel()

    def _answer(self, run: RunId, execute: Execute, began_us: int, dies: bool) -> None:
        if not self.dead:
            about = {"at_us": self._clock.now_us(), "node": execute.node, "item": execute.item}
            about["attempt"] = execute.attempt
            self._inbox([(run, AttemptLost(**about) if dies else _outcome(execute, began_us, about))])


def _outcome(execute: Execute, began_us: int, about: Mapping[str, Any]) -> Event:
    if execute.part == "http_request" and not execute.tape:
        given = execute.input
        assert isinstance(given, Mapping)
        request = {"op": "http_request", "method": "POST", "url": given["url"], "body": given["body"]}
        return CallRequested(**about, number=0, request=request, started_us=began_us)
    output = _PARTS[execute.part](execute)
    if isinstance(output, Failure):
        return AttemptFailed(**about, failure=output, started_us=began_us)
    return AttemptSucceeded(**about, output=output, started_us=began_us)


def _http_request(execute: Execute) -> Value | Failure:
    _, answer = execute.tape[0]
    if not answer["ok"]:
        error = answer["error"]
        assert isinstance(error, Mapping)
        return Failure(str(error["code"]), str(error["message"]), bool(error["retryable"]))
    status = answer["status"]
    assert isinstance(status, int)
    if status >= 400:
        return Failure("http_5xx", f"status {status}", retryable=status == 503)
    return {"status": status, "headers": {}, "body": answer["body"]}


def _string_ops(execute: Execute) -> Value:
    given = execute.input
    assert isinstance(given, Mapping)
    return {"result": str(given["text"]).upper()}


_PARTS = {"set": lambda execute: execute.input, "http_request": _http_request, "string_ops": _string_ops}
