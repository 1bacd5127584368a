"""Runs parts in worker processes of this machine, one per core by default.

Executing a part changes nothing but the worker's own state, so an execution may be begun twice and its answer thrown
away. Three things rest on that:

- Workers are given a few orders ahead, so that they never wait for this process; an order that is stuck behind a long
  one is given to a worker that has become idle, and whichever answer comes first counts.
- When a worker dies, only the execution that it was in is reported as lost; what was behind it is queued again.
- An interrupted execution is ended if it can be, and forgotten in any case.

Executions that take long are kept out of the way of all others, in workers of their own (`long`).

Each worker has a keeper: it starts the process, waits for its end, settles what it held, and starts the next one. A
process that cannot start is tried again ever more slowly. A worker that gives no sign of life for a few seconds (it may
have been stopped from outside), or has not answered long after its time, is killed: what it was in is lost, not failed.

Workers get modules compiled (`modules`, `compilers`, `artifacts`). What is on the disk already is made ready after the
start, while there is nothing else to do, so that the first run after it is as fast as the second.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import deque
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Final

from cypher_executor.adapters.dispatch_local import answers, folders
from cypher_executor.adapters.dispatch_local.artifacts import Artifacts
from cypher_executor.adapters.dispatch_local.compilers import CompileLimits, Compilers
from cypher_executor.adapters.dispatch_local.early import Early, seats
from cypher_executor.adapters.dispatch_local.long import FOUND_S, LongWorkers
from cypher_executor.adapters.dispatch_local.modules import Modules
from cypher_executor.adapters.dispatch_local.orders import Order, order
from cypher_executor.adapters.dispatch_local.process import Answer, WorkerProcess
from cypher_executor.core.commands import Execute
from cypher_executor.core.events import Event, RunId
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import Failure, RequestInvalid, Unavailable
from cypher_executor.ports import Clock, FoundLong, Inbox, PartStore
from cypher_executor.worker import frames

_log = logging.getLogger(__name__)

_START_S: Final = 30.0
_TRIES_TO_START: Final = 3
_FIRST_BACK_OFF_S: Final = 0.1
_LONGEST_BACK_OFF_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.25
_PATIENCE_S: Final = 30.0
"""How long a worker that gives signs of life may stay beyond an execution's limit."""
_NO_SIGN: Final = 40
_NO_SIGN_OVERDUE: Final = 12
"""How many looks in a row may find no sign of life of a worker: while its execution has time, and beyond that. Looks
are counted, and not seconds, so that a machine that stood still blames nobody."""
_MADE_READY: Final = 64
"""How many modules are made ready after the start."""
_STUCK_S: Final = 0.003
"""How long the first order of a worker may take before those behind it are given to an idle one."""


class LocalDispatcher:
    """See `ports.Dispatcher`. To be started and closed on the event loop that it is used on.

    Compiled modules are kept in `cache_dir`, which is made, and which must be this user's alone; None: only in memory.
    Workers that have been started already are taken from `early`. `log` gets what parts write to their standard error.
    Without `prepare`, nothing is made ready before it is asked for.
    """

    def __init__(
        self,
        store: PartStore,
        inbox: Inbox,
        clock: Clock,
        workers: int | None = None,
        *,
        cache_dir: Path | None = None,
        early: Early | None = None,
        compile_limits: CompileLimits = CompileLimits(),  # noqa: B008 - frozen
        log: answers.Log = answers.write_log,
        prepare: bool = True,
    ) -> None:
        self._store = store
        self._inbox = inbox
        self._clock = clock
        self._log, self._prepare = log, prepare
        self._found_long: FoundLong = _nobody_hears
        self._seats: list[WorkerProcess | None] = [None] * seats(workers)
        self._early = early or Early()
        self._compilers = Compilers(self._spawn, compile_limits)
        artifacts = None if cache_dir is None else Artifacts(cache_dir)
        self._modules = Modules(store, self._compilers, artifacts, self._spawn, self._enqueue, self._refuse_order)
        self._queue: deque[Order] = deque()
        self._wanted: dict[tuple[RunId, str, tuple[int, ...]], list[Order]] = {}
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._next_share: asyncio.TimerHandle | None = None
        self._next_look: asyncio.TimerHandle | None = None
        self._long = LongWorkers(len(self._seats), self._on_answers, self._give, self._take_back, self._spawn)

    # --- the port -----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the workers and wait until they take orders. Raises errors.Unavailable when none does."""
        self._spawn(_sweep())
        loop = asyncio.get_running_loop()
        tried = [loop.create_future() for _ in self._seats]
        for seat, first_try in enumerate(tried):
            self._spawn(self._keep(seat, first_try))
        self._spawn(self._look_after())
        await asyncio.wait(tried, timeout=_START_S)
        if not self.pids:
            await self.close()
            raise Unavailable("no worker process could be started: see the log", code="no_workers")
        if self._prepare:
            self._spawn(self._make_ready())

    def run_many(self, batch: Sequence[tuple[RunId, Execute]], *, long: bool = False) -> None:
        """Take these on; returns at once. Those that are `long` get workers of their own."""
        ready = [order for run, execute in batch if (order := self._take_on(run, execute, long)) is not None]
        self._enqueue(ready)

    def tell_long(self, hear: FoundLong) -> None:
        """Tell this of what turns out to take long."""
        self._found_long = hear

    def interrupt(self, run: RunId, node: str, item: tuple[int, ...]) -> None:
        """End the execution of this step if it has begun, and forget it in any case."""
        for unwanted in self._wanted.pop((run, node, item), ()):
            unwanted.settled = True
            for worker in self._all_workers():
                worker.interrupt(unwanted)

    async def close(self) -> None:
        """End all workers. What they were doing stays unanswered."""
        for timer in filter(None, (self._next_share, self._next_look)):
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._compilers.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that take orders now."""
        return tuple(worker.pid for worker in self._all_workers() if worker.ready.done())

    # --- orders in ----------------------------------------------------------------------------------------------------

    def _take_on(self, run: RunId, execute: Execute, long: bool) -> Order | None:
        """What is to be done for this, if its module is there already. Otherwise that comes later, or never."""
        if (part := self._store.by_digest(execute.digest, execute.part)) is None:
            self._refuse(run, execute, "part_unavailable", f"the module of part {execute.part!r} is not here any more")
            return None
        try:
            new = order(run, execute, part.limits, long=long or self._long.full_of(execute.digest))
        except RequestInvalid as error:
            self._refuse(run, execute, "input_invalid", f"the part's input is refused: {error.message}")
            return None
        self._wanted.setdefault(new.step, []).append(new)
        if new.long and not long:
            self._found_long(run, execute)
        return new if self._modules.bring(new) else None

    def _enqueue(self, orders: Sequence[Order]) -> None:
        self._line_up(orders)
        self._pump()

    def _line_up(self, orders: Sequence[Order]) -> None:
        self._queue.extend(order for order in orders if not order.long)
        self._long.put(order for order in orders if order.long)

    def _refuse_order(self, refused: Order, failure: Failure) -> None:
        if self._settle(refused):
            self._report_soon(refused.run, answers.refused(refused.execute, failure, self._clock.now_us()))

    def _refuse(self, run: RunId, execute: Execute, code: str, message: str) -> None:
        self._report_soon(run, answers.refused(execute, Failure(code, message), self._clock.now_us()))

    def _report_soon(self, run: RunId, event: Event) -> None:
        """Not at once: whoever hands in an order is not called back in the middle of it."""
        asyncio.get_running_loop().call_soon(self._inbox, [(run, event)])

    # --- orders out ---------------------------------------------------------------------------------------------------

    def _workers(self) -> Iterator[WorkerProcess]:
        """Those that everybody gets."""
        return (worker for worker in self._seats if worker is not None)

    def _all_workers(self) -> Iterator[WorkerProcess]:
        return itertools.chain(self._workers(), self._long)

    def _pump(self) -> None:
        """Give what is queued to the workers that have least to do, then write to each of them once."""
        free = [worker for worker in self._workers() if worker.takes_orders] if self._queue else []
        while free and self._queue:
            worker = min(free, key=_orders_of)
            self._give(worker, self._queue.popleft())
            if not worker.takes_orders:
                free.remove(worker)
        for worker in self._workers():
            worker.flush()
        self._long.pump()
        self._share()
        self._look_later()

    def _give(self, worker: WorkerProcess, given: Order) -> None:
        if not given.settled:
            worker.push(given, next(self._numbers))

    def _share(self) -> None:
        """Where one worker is idle and another has been in its first order for long, move half of what is behind it."""
        idle = next((worker for worker in self._workers() if worker.takes_orders and not worker.in_flight), None)
        full = max(self._workers(), key=lambda worker: worker.held, default=None)
        if idle is None or full is None or full.held < 2:
            return
        wait_s = full.busy_since + _STUCK_S - time.monotonic()
        if wait_s > 0:
            self._share_later(wait_s)
            return
        behind = full.behind()
        for stuck in behind[len(behind) // 2 :]:
            self._give(idle, stuck)
            full.interrupt(stuck)
        idle.flush()
        if len(behind) > 1:
            self._share_later(_STUCK_S)

    def _share_later(self, wait_s: float) -> None:
        if self._next_share is None:
            self._next_share = asyncio.get_running_loop().call_later(wait_s, self._share_now)

    def _share_now(self) -> None:
        self._next_share = None
        self._share()

    def _look_later(self) -> None:
        if self._next_look is None and any(worker.in_flight for worker in self._workers()):
            self._next_look = asyncio.get_running_loop().call_later(FOUND_S / 2, self._look_for_long)

    def _look_for_long(self) -> None:
        """Set workers aside that have computed on one thing for long, the one that is in it for longest first."""
        self._next_look = None
        found = [worker for worker in self._workers() if worker.computes_for(FOUND_S)]
        for worker in sorted(found, key=lambda worker: worker.busy_since):
            if self._long.may_adopt():
                self._set_aside(self._seats.index(worker), worker)
        self._look_later()

    def _set_aside(self, seat: int, worker: WorkerProcess) -> None:
        """Whoever keeps it starts another one in its place. What is behind what it is in gets that."""
        self._seats[seat] = None
        worker.set_aside.set_result(None)
        self._long.adopt(worker)
        self._queue.extendleft(reversed(_taken_from_behind(worker)))
        if (head := worker.head) is not None:
            self._found_long(head.run, head.execute)
            if self._long.full_of(head.execute.digest):
                self._move_to_long(head.execute.digest)
        self._pump()

    def _move_to_long(self, module: Digest) -> None:
        """What has not begun of this module is thought to take long from now on."""
        waiting = list(self._queue)
        for worker in self._workers():
            waiting += _taken_from_behind(worker, module)
        self._queue = deque(one for one in waiting if one.execute.digest != module)
        moved = [one for one in waiting if one.execute.digest == module]
        for one in moved:
            one.long = True
            self._found_long(one.run, one.execute)
        self._long.put(moved)

    # --- answers ------------------------------------------------------------------------------------------------------

    def _on_answers(self, worker: WorkerProcess, came: list[Answer]) -> None:
        behind_us = self._clock.now_us() - time.monotonic_ns() // 1000
        events: list[tuple[RunId, Event]] = []
        for answer in came:
            if answer.kind == frames.DROPPED:
                continue  # it is not wanted any more, or was given to another worker
            if answer.kind == frames.UNUSABLE:
                self._replace_module(answer)
            elif self._settle(answer.order):
                events.append((answer.order.run, self._event(worker, answer, behind_us)))
        if events:
            self._inbox(events)
        self._pump()

    def _replace_module(self, answer: Answer) -> None:
        """A compiled module that does not fit any more, as after an upgrade under a service that runs on."""
        order, why = answer.order, answer.body.decode("utf-8", "replace")
        if order.settled or order.copies or order.module is None:
            return
        if not order.module.stored:
            message = f"part {order.execute.part!r} cannot be used by this worker: {why}"
            self._refuse_order(order, Failure("part_unavailable", message, True))
            return
        _log.warning("a compiled module of part %r is made again: %s", order.execute.part, why)
        if self._modules.replace(order):
            self._line_up([order])

    def _event(self, worker: WorkerProcess, answer: Answer, behind_us: int) -> Event:
        try:
            return answers.event_of(answer, behind_us, self._log)
        except (frames.FrameError, ValueError, TypeError):
            _log.exception("a worker process gave an answer that cannot be read: killed")
            worker.kill()
            return answers.lost(answer.order.execute, self._clock.now_us())

    def _settle(self, answered: Order) -> bool:
        """Whether this is the first answer to an order that somebody waits for."""
        if answered.settled:
            return False
        answered.settled = True
        wanted = self._wanted[answered.step]
        wanted.remove(answered)
        if not wanted:
            del self._wanted[answered.step]
        return True

    # --- keeping workers ----------------------------------------------------------------------------------------------

    async def _keep(self, seat: int, first_try: asyncio.Future[None]) -> None:
        """Have a worker in this seat for as long as the dispatcher lives."""
        failed = 0
        while True:
            worker = WorkerProcess(self._on_answers)
            try:
                await self._serve(seat, worker, first_try)
            except OSError as error:
                _log.error("a worker process cannot be started: %s", error)
            finally:
                if not worker.set_aside.done():
                    self._seats[seat] = None
                    await worker.reap()
            if worker.set_aside.done():
                continue
            self._take_back(worker)
            failed = 0 if worker.ready.done() else failed + 1
            if failed >= _TRIES_TO_START and not first_try.done():
                first_try.set_result(None)
            if failed:
                _log.error("a worker process ended before it was ready, %d times in a row", failed)
                await asyncio.sleep(min(_FIRST_BACK_OFF_S * 2**failed, _LONGEST_BACK_OFF_S))

    async def _serve(self, seat: int, worker: WorkerProcess, first_try: asyncio.Future[None]) -> None:
        self._seats[seat] = worker
        await worker.start(self._early.take())
        await asyncio.wait((worker.ready, worker.gone), timeout=_START_S, return_when=asyncio.FIRST_COMPLETED)
        if not worker.ready.done():
            return
        if not first_try.done():
            first_try.set_result(None)
        self._modules.fingerprint = worker.ready.result()
        self._pump()
        await asyncio.wait((worker.gone, worker.set_aside), return_when=asyncio.FIRST_COMPLETED)

    async def _make_ready(self) -> None:
        """Give compiled modules to workers that have nothing to do. Half a millisecond each, so nobody waits for it."""
        wanted = [(part.digest, part.limits.fuel is not None) for part in self._store.all() if part.digest is not None]
        for digest, fuel in wanted[:_MADE_READY]:
            if (module := await self._modules.prefetch(digest, fuel=fuel)) is None:
                await self._compilers.prepare()
                return
            for worker in self._workers():
                if worker.takes_orders and not worker.in_flight:
                    worker.load(module)
                    worker.flush()

    def _take_back(self, worker: WorkerProcess) -> None:
        """The worker is gone: what it was in is lost, what was behind that goes to another one."""
        head, behind = worker.give_back()
        for one in reversed(behind):
            if one.long:
                self._long.put_back(one)
            else:
                self._queue.appendleft(one)
        if head is not None and self._settle(head):
            execute = head.execute
            _log.warning("a worker process went down while it ran part %r of node %r", execute.part, execute.node)
            self._inbox([(head.run, answers.lost(execute, self._clock.now_us()))])
        self._pump()

    async def _look_after(self) -> None:
        """Kill workers that give no sign of life, or stay in what they are in long after its limit."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            for worker in self._all_workers():
                if worker.ready.done() and _is_gone(worker):
                    _log.error("worker process %d does not answer: killed", worker.pid)
                    worker.kill()
            self._long.end_idle()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.critical("the dispatcher has a bug", exc_info=error)


def _orders_of(worker: WorkerProcess) -> int:
    return len(worker.in_flight)


def _nobody_hears(_run: RunId, _execute: Execute) -> None:
    return


def _taken_from_behind(worker: WorkerProcess, module: Digest | None = None) -> list[Order]:
    """What stands behind what a worker is in (of this module alone, if one is given), and is to be done elsewhere."""
    taken = [one for one in worker.behind() if module in (None, one.execute.digest)]
    for one in taken:
        worker.interrupt(one)
    return taken


def _is_gone(worker: WorkerProcess) -> bool:
    overdue_s, looks = worker.silent_s(), worker.ask_for_a_sign()
    return overdue_s > _PATIENCE_S or looks > (_NO_SIGN_OVERDUE if overdue_s > 0 else _NO_SIGN)


async def _sweep() -> None:
    """Remove what services left behind that were killed."""
    if removed := await asyncio.to_thread(folders.sweep):
        _log.info("removed %d folders of worker processes whose service was killed", removed)
