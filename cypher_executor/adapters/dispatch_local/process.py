"""One worker process as the service sees it: started, fed, listened to, and reaped.

It answers in the order in which it was asked, so the first execution in flight is the one that it is in.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from cypher_executor.adapters.dispatch_local.early import Spawned
from cypher_executor.adapters.dispatch_local.orders import Module, Order
from cypher_executor.worker import frames

_MOST_MODULES: Final = 256
_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
_MOST_ORDERS: Final = 16
_MOST_BYTES: Final = 1024 * 1024
_ANSWERS: Final = 4096
_LOW_PRIORITY: Final = 10
"""As `nice` has it: about a tenth of a core, where somebody else wants all of it."""


class Answer(NamedTuple):
    """What a worker answered to an order: the kind of the frame, when it ran, and the rest of the body."""

    order: Order
    kind: int
    ending: frames.Ending
    body: bytes


OnAnswers = Callable[["WorkerProcess", list[Answer]], None]
"""Gets a worker and all that it has just answered."""


class WorkerProcess(asyncio.Protocol):
    """A process, its sockets, and the orders that it holds.

    `ready`, `gone` and `set_aside` are futures: it takes orders, its connection is over, and it has gone over to those
    that are for long executions. `ready` has the fingerprint of its engine.
    """

    def __init__(self, on_answers: OnAnswers) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[bytes] = loop.create_future()
        self.gone: asyncio.Future[None] = loop.create_future()
        self.set_aside: asyncio.Future[None] = loop.create_future()
        self.in_flight: OrderedDict[int, Order] = OrderedDict()
        self.busy_since = 0.0
        self._unwanted: set[int] = set()
        self._looked: tuple[int, float] | None = None
        self._bytes_in_flight = 0
        self._on_answers = on_answers
        self._modules: OrderedDict[int, None] = OrderedDict()
        self._outgoing: list[bytes] = []
        self._splitter = frames.Splitter()
        self._transport: asyncio.Transport | None = None
        self._spawned: Spawned | None = None
        self._unanswered = 0

    async def start(self, spawned: Spawned | None = None) -> None:
        """Start the process, unless it has been, and connect to it. Raises OSError."""
        self._spawned = spawned or Spawned()
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_unix_connection(lambda: self, sock=self._spawned.channel)

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._spawned is not None
        return self._spawned.child.pid

    @property
    def takes_orders(self) -> bool:
        """Whether it is ready and not so full that an order would wait long."""
        return (
            self.ready.done()
            and not self.gone.done()
            and len(self.in_flight) < _MOST_ORDERS
            and self._bytes_in_flight < _MOST_BYTES
        )

    @property
    def held(self) -> int:
        """How many orders it has that are still to be done here."""
        return len(self.in_flight) - len(self._unwanted)

    def behind(self) -> list[Order]:
        """What stands behind what it is in, and is still to be done here."""
        held = islice(self.in_flight.items(), 1, None)
        return [order for number, order in held if number not in self._unwanted and not order.settled]

    @property
    def head(self) -> Order | None:
        """What it executes now."""
        return next(iter(self.in_flight.values()), None)

    def computes_for(self, long_s: float) -> bool:
        """Whether it has computed for so long on what it is in, since somebody first asked for that. Time in which
        others had the processors does not count, where the system tells that.
        """
        number = next(iter(self.in_flight), None)
        if number is None or not self.ready.done():
            return False
        computed_s = _computed_s(self.pid)
        if self._looked is None or self._looked[0] != number:
            self._looked = (number, computed_s)
        return computed_s - self._looked[1] >= long_s

    def silent_s(self) -> float:
        """For how long it has not answered although the time of what it is in is over; negative before that."""
        if not self.in_flight:
            return 0.0
        head = next(iter(self.in_flight.values()))
        return time.monotonic() - self.busy_since - head.timeout_ms / 1000

    def ask_for_a_sign(self) -> int:
        """Ask whether it is alive, unless it has been asked; how often in a row there was no answer to be found.

        Its watching thread answers, whatever a part does in the other one. It is asked only while it has orders.
        """
        if self._heard() or not self.in_flight:
            self._unanswered = 0
        elif self._unanswered:
            self._unanswered += 1
            return self._unanswered
        if self.in_flight and self.ready.done() and self._sent(frames.PING_FRAME):
            self._unanswered = 1
        return self._unanswered

    def _heard(self) -> bool:
        """Whether there is a sign of life. What it says does not matter, so nothing of it is read."""
        assert self._spawned is not None
        with contextlib.suppress(OSError):
            return bool(self._spawned.control.recv(_ANSWERS))
        return False

    def _sent(self, frame: bytes) -> bool:
        """Whether a frame went out to its watching thread. A full socket or a dying worker takes none."""
        assert self._spawned is not None
        with contextlib.suppress(OSError):
            self._spawned.control.send(frame)
            return True
        return False

    def load(self, module: Module) -> None:
        """Queue a module, unless it is there; take back the one not used for longest when there are too many."""
        if module.number in self._modules:
            self._modules.move_to_end(module.number)
            return
        self._outgoing.append(frames.load(module.number, module.fuel, module.code))
        self._modules[module.number] = None
        if len(self._modules) > _MOST_MODULES:
            self._outgoing.append(frames.forget(self._modules.popitem(last=False)[0]))

    def push(self, order: Order, number: int) -> None:
        """Queue an order, behind its module if that is not there yet."""
        assert order.module is not None
        self.load(order.module)
        if not self.in_flight:
            self.busy_since = time.monotonic()
        self.in_flight[number] = order
        self._bytes_in_flight += len(order.frame)
        self._outgoing.append(order.sent_as(number))

    def flush(self) -> None:
        """Write all that was queued, at once."""
        if self._outgoing and self._transport is not None:
            self._transport.write(b"".join(self._outgoing))
        self._outgoing.clear()

    def interrupt(self, order: Order) -> None:
        """End this order, or do not begin it. It is answered as dropped, or as if nothing had happened, and does not
        count as held any more: whoever wants it done gives it to another worker."""
        for number, held in self.in_flight.items():
            if held is order and number not in self._unwanted:
                self._unwanted.add(number)
                order.copies -= 1
                self._sent(frames.interrupt(number))  # if not: the answer is ignored anyway

    def give_back(self) -> tuple[Order | None, list[Order]]:
        """What it was in, unless that was to be done elsewhere, and what stood behind. To be called when it is gone."""
        head = None if next(iter(self.in_flight), None) in self._unwanted else self.head
        behind = self.behind()
        self.in_flight.clear()
        for order in [*behind, *([head] if head is not None else [])]:
            order.copies -= 1
        return head, behind

    def lower(self) -> None:
        """Let it execute with a low priority for the rest of its life, where the system lets us.

        The thread that watches over it, which is the first of the process, stays as it is: limits are kept and signs
        of life are given however busy the machine is.
        """
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{self.pid}/task").iterdir():
                if int(thread.name) != self.pid:
                    os.setpriority(os.PRIO_PROCESS, int(thread.name), _LOW_PRIORITY)

    def kill(self) -> None:
        """End the process at once, whatever it is doing."""
        if self._spawned is not None:
            self._spawned.child.kill()

    async def reap(self) -> None:
        """End the process and remove everything that was made for it."""
        if self._transport is not None:
            # Closing would wait until what is written has gone out, and watch for that a socket that is closed below:
            # the number of that socket would be of no use to this loop any more.
            self._transport.abort()
        if self._spawned is not None:
            await self._spawned.reap()

    def data_received(self, data: bytes) -> None:
        """Take frames apart; a worker that breaks the format is ended."""
        answers = []
        try:
            for kind, body in self._splitter.feed(data):
                if kind == frames.READY and not self.ready.done():
                    self.ready.set_result(body)
                    self.busy_since = time.monotonic()
                else:
                    answers.append(self._answer(kind, body))
        except frames.FrameError:
            self.kill()
        if answers:
            self.busy_since = time.monotonic()
            self._on_answers(self, answers)

    def connection_lost(self, exc: Exception | None) -> None:
        """The process has ended, or closed its side."""
        if not self.gone.done():
            self.gone.set_result(None)

    def _answer(self, kind: int, body: bytes) -> Answer:
        ending, rest = frames.read_ended(body)
        if next(iter(self.in_flight), None) != ending.number:
            raise frames.FrameError("a worker answers what it was not asked, or out of order")
        order = self.in_flight.pop(ending.number)
        self._bytes_in_flight -= len(order.frame)
        if ending.number in self._unwanted:
            self._unwanted.remove(ending.number)
            kind = frames.DROPPED if kind == frames.UNUSABLE else kind  # whoever was given it finds that out itself
        else:
            order.copies -= 1
        return Answer(order, kind, ending, rest)


def _computed_s(pid: int) -> float:
    """For how long a process has had a processor; where that is not told, the time."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return time.monotonic()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND
