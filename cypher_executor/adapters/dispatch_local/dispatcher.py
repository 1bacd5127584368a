"""Runs parts in worker processes of this machine, one per core by default.

Executing a part changes nothing but the worker's own state, so an execution may be begun twice and its answer thrown
away. Three things rest on that:

- Workers are given a few orders ahead, so that they never wait for this process; an order that is stuck behind a long
  one is given to a worker that has become idle, and whichever answer comes first counts.
- When a worker dies, only the execution that it was in is reported as lost; what was behind it is queued again.
- An interrupted execution is ended if it can be, and forgotten in any case.

Each worker has a keeper: it starts the process, waits for its end, settles what it held, and starts the next one. A
process that cannot start is tried again ever more slowly. A worker that has not answered long after its time is killed.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import time
from collections import OrderedDict, deque
from collections.abc import Coroutine, Sequence
from typing import Final

from cypher_executor.adapters.dispatch_local.answers import event_of
from cypher_executor.adapters.dispatch_local.orders import Order, order
from cypher_executor.adapters.dispatch_local.process import WorkerProcess
from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptFailed, AttemptLost, Event, RunId
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import CypherExecutorError, Failure, Unavailable
from cypher_executor.ports import Clock, Inbox, PartStore
from cypher_executor.worker import frames

_log = logging.getLogger(__name__)

_START_S: Final = 30.0
_FIRST_BACK_OFF_S: Final = 0.1
_LONGEST_BACK_OFF_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.25
_PATIENCE_S: Final = 30.0
"""How long a worker may be silent beyond an execution's limit: compiling a large module takes seconds."""
_STUCK_S: Final = 0.003
_KEPT_MODULES: Final = 128


class LocalDispatcher:
    """See `ports.Dispatcher`. To be started and closed on the event loop that it is used on."""

    def __init__(self, store: PartStore, inbox: Inbox, clock: Clock, workers: int | None = None) -> None:
        self._store = store
        self._inbox = inbox
        self._clock = clock
        self._workers: list[WorkerProcess | None] = [None] * (workers or os.cpu_count() or 1)
        self._queue: deque[Order] = deque()
        self._wanted: dict[tuple[RunId, str, tuple[int, ...]], list[Order]] = {}
        self._numbers = itertools.count(1)
        self._module_numbers: dict[Digest, int] = {}
        self._modules: OrderedDict[Digest, bytes] = OrderedDict()
        self._fetching: dict[Digest, list[Order]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._rebalance: asyncio.TimerHandle | None = None
        self._first_ready = asyncio.Event()
        self._closing = False

    # --- the port -------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the workers and wait until they take orders. Raises errors.Unavailable when none does."""
        seats = range(len(self._workers))
        ready = [asyncio.get_running_loop().create_future() for _ in seats]
        for seat in seats:
            self._spawn(self._keep(seat, ready[seat]))
        self._spawn(self._look_after())
        await asyncio.wait(ready, timeout=_START_S)
        if not any(w is not None and w.ready.done() for w in self._workers):
            await self.close()
            raise Unavailable("no worker process could be started", code="no_workers")

    def run_many(self, batch: Sequence[tuple[RunId, Execute]]) -> None:
        """Take these on; returns at once."""
        for run, execute in batch:
            self._take_on(run, execute)
        self._pump()

    def interrupt(self, run: RunId, node: str, item: tuple[int, ...]) -> None:
        """End the execution of this step if it has begun, and forget it in any case."""
        for wanted in self._wanted.pop((run, node, item), ()):
            wanted.settled = True
            for worker in self._workers:
                if worker is not None:
                    worker.interrupt(wanted)

    async def close(self) -> None:
        """End all workers. What they were doing stays unanswered."""
        self._closing = True
        if self._rebalance is not None:
            self._rebalance.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that take orders now."""
        return tuple(w.pid for w in self._workers if w is not None and w.ready.done())

    # --- orders in --------------------------------------------------------------------------------------------------

    def _take_on(self, run: RunId, execute: Execute) -> None:
        part = self._store.by_digest(execute.digest)
        if part is None:
            self._refuse(run, execute, Failure("part_unavailable", f"part {execute.part!r} is not here any more"))
            return
        module = self._module_numbers.setdefault(execute.digest, len(self._module_numbers))
        new = order(run, execute, module, part.limits)
        self._wanted.setdefault((run, execute.node, execute.item), []).append(new)
        if execute.digest in self._modules:
            self._queue.append(new)
        elif execute.digest in self._fetching:
            self._fetching[execute.digest].append(new)
        else:
            self._fetching[execute.digest] = [new]
            self._spawn(self._fetch(execute.digest))

    async def _fetch(self, digest: Digest) -> None:
        try:
            code = await self._store.module(digest)
        except CypherExecutorError as error:
            self._refuse_waiting(digest, error.message, error.retryable)
            return
        except Exception:
            _log.exception("the module %s cannot be read", digest)
            self._refuse_waiting(digest, "its module cannot be read", True)
            return
        self._modules[digest] = code
        self._queue.extend(self._fetching.pop(digest))
        self._pump()
        if len(self._modules) > _KEPT_MODULES:
            self._modules.popitem(last=False)

    def _refuse_waiting(self, digest: Digest, why: str, retryable: bool) -> None:
        for waiting in self._fetching.pop(digest):
            execute = waiting.execute
            failure = Failure("part_unavailable", f"part {execute.part!r} cannot be loaded: {why}", retryable)
            if self._settle(waiting):
                self._refuse(waiting.run, execute, failure)

    def _refuse(self, run: RunId, execute: Execute, failure: Failure) -> None:
        now = self._clock.now_us()
        where = {"node": execute.node, "item": execute.item, "attempt": execute.attempt}
        event = AttemptFailed(at_us=now, started_us=now, failure=failure, **where)  # type: ignore[arg-type]
        asyncio.get_running_loop().call_soon(self._inbox, [(run, event)])

    # --- orders out -------------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Give what is queued to the workers that have least to do, then write to each of them once."""
        while self._queue:
            free = [w for w in self._workers if w is not None and w.takes_orders]
            if not free:
                break
            self._give(min(free, key=lambda w: len(w.in_flight)), self._queue.popleft())
        for worker in self._workers:
            if worker is not None:
                worker.flush()
        self._share()

    def _give(self, worker: WorkerProcess, given: Order) -> None:
        if given.settled:
            return
        if worker.needs(given.module):
            if (code := self._modules.get(given.execute.digest)) is None:  # pushed out of memory since it was queued
                self._fetch_again(given)
                return
            worker.load(given.module, code)
        worker.push(given, next(self._numbers))

    def _fetch_again(self, given: Order) -> None:
        digest = given.execute.digest
        if digest in self._fetching:
            self._fetching[digest].append(given)
        else:
            self._fetching[digest] = [given]
            self._spawn(self._fetch(digest))

    def _share(self) -> None:
        """Where a worker is idle and another one has been in its first order for long, take over what is behind it."""
        idle = next((w for w in self._workers if w is not None and w.takes_orders and not w.in_flight), None)
        full = max((w for w in self._workers if w is not None), key=lambda w: len(w.in_flight), default=None)
        if idle is None or full is None or len(full.in_flight) < 2:
            return
        wait_s = full.busy_since + _STUCK_S - time.monotonic()
        if wait_s > 0:
            self._look_again(wait_s)
            return
        behind = [o for o in itertools.islice(full.in_flight.values(), 1, None) if not o.settled and o.copies == 1]
        for stuck in behind[-(len(behind) + 1) // 2 :] if behind else ():
            self._give(idle, stuck)
            full.interrupt(stuck)
        idle.flush()

    def _look_again(self, wait_s: float) -> None:
        if self._rebalance is None:
            self._rebalance = asyncio.get_running_loop().call_later(wait_s, self._look_again_now)

    def _look_again_now(self) -> None:
        self._rebalance = None
        self._share()

    # --- answers ----------------------------------------------------------------------------------------------------

    def _on_answers(self, worker: WorkerProcess, answers: list[tuple[int, Order, bytes]]) -> None:
        behind_us = self._clock.now_us() - time.monotonic_ns() // 1000
        events: list[tuple[RunId, Event]] = []
        for kind, answered, body in answers:
            if kind == frames.DROPPED:
                self._requeue_if_lost(answered)
            elif self._settle(answered):
                ending, rest = frames.read_ended(body)
                began_us, ended_us = ending.began_ns // 1000 + behind_us, ending.ended_ns // 1000 + behind_us
                event = event_of(kind, answered.execute, rest, started_us=began_us, at_us=ended_us)
                events.append((answered.run, event))
        if events:
            self._inbox(events)
        self._pump()

    def _settle(self, answered: Order) -> bool:
        """Whether this is the first answer to an order that somebody waits for."""
        if answered.settled:
            return False
        answered.settled = True
        step = (answered.run, answered.execute.node, answered.execute.item)
        if (wanted := self._wanted.get(step)) is not None:
            wanted.remove(answered)
            if not wanted:
                del self._wanted[step]
        return True

    def _requeue_if_lost(self, dropped: Order) -> None:
        if not dropped.settled and dropped.copies == 0:
            self._queue.appendleft(dropped)

    # --- keeping workers --------------------------------------------------------------------------------------------

    async def _keep(self, seat: int, first_ready: asyncio.Future[None]) -> None:
        """Have a worker in this seat for as long as the dispatcher lives."""
        back_off_s = _FIRST_BACK_OFF_S
        while not self._closing:
            worker = WorkerProcess(self._on_answers)
            try:
                await self._serve(seat, worker, first_ready)
            except OSError as error:
                _log.error("a worker process cannot be started: %s", error)
            finally:
                self._workers[seat] = None
                await worker.reap()
            if worker.ready.done():
                back_off_s = _FIRST_BACK_OFF_S
            else:
                _log.error("a worker process ended before it was ready; next try in %.1f s", back_off_s)
                await asyncio.sleep(back_off_s)
                back_off_s = min(back_off_s * 2, _LONGEST_BACK_OFF_S)
            self._give_up(worker)

    async def _serve(self, seat: int, worker: WorkerProcess, first_ready: asyncio.Future[None]) -> None:
        self._workers[seat] = worker
        await worker.start()
        await asyncio.wait((worker.ready, worker.gone), timeout=_START_S, return_when=asyncio.FIRST_COMPLETED)
        if not worker.ready.done():
            return
        if not first_ready.done():
            first_ready.set_result(None)
        self._pump()
        await worker.gone

    def _give_up(self, worker: WorkerProcess) -> None:
        """The worker is gone: what it was in is lost, what was behind that goes to another one."""
        held = list(worker.in_flight.values())
        worker.in_flight.clear()
        for order_ in held:
            order_.copies -= 1
        again = [o for o in held[1:] if not o.settled and o.copies == 0]
        self._queue.extendleft(reversed(again))
        if held and held[0].copies == 0 and self._settle(held[0]):
            execute = held[0].execute
            _log.warning("a worker process went down while it ran part %r of node %r", execute.part, execute.node)
            lost = AttemptLost(
                at_us=self._clock.now_us(), node=execute.node, item=execute.item, attempt=execute.attempt
            )
            self._inbox([(held[0].run, lost)])
        self._pump()

    async def _look_after(self) -> None:
        """Kill workers that are silent for long after the limit of what they are in."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            for worker in self._workers:
                if worker is not None and (head := worker.head) is not None:
                    silent_s = time.monotonic() - worker.busy_since
                    if silent_s > head.timeout_ms / 1000 + _PATIENCE_S:
                        _log.error("a worker process does not answer: killed")
                        worker.kill()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
