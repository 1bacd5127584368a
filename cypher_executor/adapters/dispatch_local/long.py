"""Workers of low priority for executions that take long, so that short ones never wait for them.

Whoever computes for a second in a worker holds it for a second, and with one worker for each core it takes only a few
of those to hold all. So executions of modules that are known to take long get workers of their own, as many as there
are others, which are started when they are wanted and ended when they have had nothing to do for a while. Their
priority is low: where both want a core, the system gives it to the short ones, and where nobody else wants it, to them.

That a module takes long is known once it has. Until then it is in a worker like all others, and is found there: the
whole worker is set aside, with what it is in, and another one takes its place (`LongWorkers.adopt`). Where as many
executions of one module are found as there may be workers, its others count as long before any of them has ended.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Final

from cypher_executor.adapters.dispatch_local.orders import Order
from cypher_executor.adapters.dispatch_local.process import OnAnswers, WorkerProcess
from cypher_executor.core.recipe import Digest

_log = logging.getLogger(__name__)

FOUND_S: Final = 0.1
"""An execution that takes longer holds up others: its worker is set aside."""
_APART_S: Final = 0.5
"""The least time from one worker that is set aside to the next: a machine on which everything takes long is not made
faster by more processes."""
_START_S: Final = 30.0
_BACK_OFF_S: Final = 1.0
_IDLE_S: Final = 30.0
"""For how long a worker is kept that has nothing to do."""


class LongWorkers:
    """The workers, and the orders that wait for them. `most` are started, and as many more may be set aside. `give`
    hands an order to a worker, `take_back` settles what a worker held that is gone, `spawn` keeps a task."""

    def __init__(
        self,
        most: int,
        on_answers: OnAnswers,
        give: Callable[[WorkerProcess, Order], None],
        take_back: Callable[[WorkerProcess], None],
        spawn: Callable[[Coroutine[None, None, None]], None],
    ) -> None:
        self._most = most
        self._on_answers = on_answers
        self._give = give
        self._take_back = take_back
        self._spawn = spawn
        self._queue: deque[Order] = deque()
        self._workers: dict[WorkerProcess, None] = {}
        self._adopted = -_APART_S
        self._again: asyncio.TimerHandle | None = None
        """Set while no worker is started, because the last one could not be."""

    def __iter__(self) -> Iterator[WorkerProcess]:
        return iter(list(self._workers))

    def __len__(self) -> int:
        return len(self._workers)

    def put(self, orders: Iterable[Order]) -> None:
        """These wait for a worker, behind all others."""
        self._queue.extend(orders)

    def put_back(self, order: Order) -> None:
        """This one waits again, before all others."""
        self._queue.appendleft(order)

    def pump(self) -> None:
        """Give every worker that is free an order, and start one where there is none."""
        while self._queue:
            free = next((worker for worker in self._workers if worker.takes_orders and not worker.in_flight), None)
            if free is None:
                break
            self._give(free, self._queue.popleft())
            free.flush()
        starting = sum(not worker.ready.done() for worker in self._workers)
        if self._again is None and len(self._queue) > starting and len(self._workers) < self._most:
            self._start()

    def may_adopt(self) -> bool:
        """Whether a worker may be set aside now. There may be twice as many as are started, and no more."""
        return len(self._workers) < 2 * self._most and time.monotonic() - self._adopted >= _APART_S

    def full_of(self, module: Digest) -> bool:
        """Whether so many executions of this module take long now that any other one must be thought to."""
        if not self._workers:
            return False
        heads = [worker.head for worker in self._workers]
        return sum(head is not None and head.execute.digest == module for head in heads) >= self._most

    def adopt(self, worker: WorkerProcess) -> None:
        """Take a worker over from whoever kept it, with the execution that it is in."""
        self._adopted = time.monotonic()
        self._workers[worker] = None
        worker.lower()
        self._spawn(self._keep(worker))

    def end_idle(self) -> None:
        """End the workers that have had nothing to do for long."""
        for worker in self:
            if worker.ready.done() and not worker.in_flight and time.monotonic() - worker.busy_since > _IDLE_S:
                worker.kill()

    def _start(self) -> None:
        worker = WorkerProcess(self._on_answers)
        self._workers[worker] = None
        self._spawn(self._begin(worker))

    async def _begin(self, worker: WorkerProcess) -> None:
        try:
            await worker.start()
            await asyncio.wait((worker.ready, worker.gone), timeout=_START_S, return_when=asyncio.FIRST_COMPLETED)
            worker.lower()  # not before: the thread that executes is there now
        except OSError as error:
            _log.error("a worker process for long executions cannot be started: %s", error)
        except BaseException:
            await worker.reap()
            raise
        if not worker.ready.done():
            self._again = asyncio.get_running_loop().call_later(_BACK_OFF_S, self._try_again)
            worker.kill()
        self._spawn(self._keep(worker))

    def _try_again(self) -> None:
        self._again = None
        self.pump()

    async def _keep(self, worker: WorkerProcess) -> None:
        """Until it is gone."""
        try:
            if worker.ready.done():
                self.pump()
                await worker.gone
        finally:
            self._workers.pop(worker, None)
            await worker.reap()
        self._take_back(worker)
