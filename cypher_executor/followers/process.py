"""The service's side of a follower: starts its process, tells it of parts, hears how it stands, starts it again."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

from cypher_executor.core.part_record import part_record
from cypher_executor.core.parts import Part
from cypher_executor.errors import Unavailable
from cypher_executor.followers import messages
from cypher_executor.followers.messages import LONGEST, Message
from cypher_executor.mirror.mirror import Status
from cypher_executor.ports import Clock, ListedParts

CATCH_UP_S = 6.0
"""A follower answers within five seconds, if it is there."""
PARTS_EVERY_S = 3.0
"""Between two looks at whether the parts have changed."""
STOP_S = 10.0
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
"""Between the end of a follower and the start of the next one. The first comes soon."""

_NOT_ITS_BUSINESS = ("CYPHER_EXECUTOR_", "NEO4J_", "AWS_")
"""Settings and secrets. What it needs of them it is told."""

_log = logging.getLogger(__name__)


class FollowerProcess:
    """Follows the journal in the folder `data_dir` into a graph, which `what` names: "graph" or "neo4j" (`address` says
    where that is). A `queries.keeper.Follower`. To be started where the event loop runs, see PR_SET_PDEATHSIG."""

    def __init__(
        self, what: str, data_dir: os.PathLike[str], parts: ListedParts, clock: Clock, address: Mapping[str, Any] | None
    ) -> None:
        self.status = Status()
        self._what = what
        self._begin = {
            "what": what,
            "data_dir": os.fspath(data_dir),
            "parent": os.getpid(),
            "neo4j": address,
            "log_level": logging.getLogger().getEffectiveLevel(),
        }
        self._parts = parts
        self._clock = clock
        self._known: list[Part] = []
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[float]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._heard = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The process id, while there is a process."""
        return None if self._process is None else self._process.pid

    @property
    def lag_s(self) -> float | None:
        """See `queries.keeper.Follower`."""
        return self.status.lag_s(self._clock.now_us()) if self._heard.is_set() else None

    def start(self) -> None:
        """See `queries.keeper.Follower`."""
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep())

    async def catch_up(self) -> float:
        """See `queries.keeper.Follower`. A follower that ends meanwhile is asked again when it is back."""
        self.start()
        number = next(self._numbers)
        answer: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._tell_parts()
        self._tell({"catch_up": number})
        try:
            async with asyncio.timeout(CATCH_UP_S):
                return await answer
        except TimeoutError:
            if self._process is None:
                why = self.status.failure or "its follower has not started"
                raise Unavailable(f"the graph cannot be kept: {why}", code="graph_unavailable") from None
            return max(1.0, self.status.lag_s(self._clock.now_us()) * 1e3)
        finally:
            del self._waiting[number]

    async def stop(self) -> None:
        """See `queries.keeper.Follower`."""
        keeping, self._keeping = self._keeping, None
        for answer in self._waiting.values():
            if not answer.done():
                message = "the graph is not kept any more: the service stops"
                answer.set_exception(Unavailable(message, code="graph_unavailable"))
        if keeping is not None:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    # --- one process after the other ----------------------------------------------------------------------------------

    async def _keep(self) -> None:
        failed = 0
        while True:
            try:
                answered = await self._have_one()
            except OSError as error:
                answered, why = False, str(error)
            else:
                why = "its process has ended"
            failed = 0 if answered else failed + 1
            _log.warning("the follower %r is started again: %s", self._what, why)
            self.status.failure, self.status.failures = why, self.status.failures + 1
            self.status.behind_since_us = self.status.behind_since_us or self._clock.now_us()
            await asyncio.sleep(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**failed))

    async def _have_one(self) -> bool:
        """From a start to the end of the process; whether it has told anything. Raises OSError."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-m", "cypher_executor.followers"),  # -P: nothing is loaded from the folder it is started in
            env={name: value for name, value in os.environ.items() if not name.startswith(_NOT_ITS_BUSINESS)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST,
            process_group=0,  # Ctrl-C is for the service
        )
        looking = asyncio.create_task(self._look_at_parts())
        try:
            self._process, self._known = process, []
            self._tell({"begin": self._begin})
            self._tell_parts(first=True)
            for number in self._waiting:
                self._tell({"catch_up": number})
            return await self._listen(process)
        finally:
            looking.cancel()
            self._process = None
            await _end(process)

    async def _listen(self, process: asyncio.subprocess.Process) -> bool:
        assert process.stdout is not None
        heard = False
        while given := await process.stdout.readline():
            heard = True
            self._take(messages.read(given))
        return heard

    def _take(self, message: Message) -> None:
        if "status" in message:
            self.status = Status(**message["status"])
            self._heard.set()
        elif "log" in message:
            record = message["log"]
            logging.getLogger(record["logger"]).log(record["level"], "%s", record["text"])
        elif (answer := self._waiting.get(message["caught_up"])) is not None and not answer.done():
            if "failure" in message:
                answer.set_exception(messages.failure(message["failure"]))
            else:
                answer.set_result(message["behind_ms"])

    # --- telling ------------------------------------------------------------------------------------------------------

    async def _look_at_parts(self) -> None:
        while True:
            await asyncio.sleep(PARTS_EVERY_S)
            self._tell_parts()

    def _tell_parts(self, *, first: bool = False) -> None:
        now = self._parts.all()
        if first or list(now) != self._known:
            self._known = list(now)
            self._tell({"parts": [part_record(part) for part in now]})

    def _tell(self, message: Message) -> None:
        """A process that is gone hears nothing: the next one is told everything again."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(messages.line(message))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Let it end by itself, and kill it when it does not. Also when whoever waits for this is cancelled."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        _log.warning("a follower does not end: killed")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
