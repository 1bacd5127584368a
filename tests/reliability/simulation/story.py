"""One simulated story: a service that dies and recovers again and again, callers, effects, and what all of them saw.

The engine is the real one, with the real recipes of the load. Simulated are its disk, its workers, the time, and the
order in which everything happens. What callers and the sink saw goes to the checker that knows nothing of the engine;
after every recovery, and at the end, every run on the disk is replayed and audited as `doctor --deep` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from unittest import mock

from cypher_executor.adapters.memory import MemoryJournal
from cypher_executor.adapters.parts_folder import PartsFolder
from cypher_executor.adapters.sqlite.records import encode
from cypher_executor.core.audit import audit_families, audit_run
from cypher_executor.core.callbacks import token_of, wait_of
from cypher_executor.core.events import CallAnswered, CallRequested, Event, RunId
from cypher_executor.core.fingerprint import fingerprint
from cypher_executor.core.recipe import Digest, Recipe, Value
from cypher_executor.cypher import compile_recipe
from cypher_executor.engine import Engine
from cypher_executor.engine.children import claim_of_key
from cypher_executor.errors import Conflict, CypherExecutorError, NotFound, Unavailable
from cypher_executor.files import shipped
from cypher_executor.inputs import misfits
from cypher_executor.ports import CallContext, Inbox, Prepared, failed_call
from tests.reliability import load
from tests.reliability.checker import PROMISES, Evidence, Report, compare
from tests.reliability.records import Fact, Recorded
from tests.reliability.simulation.chaos import Chaos
from tests.reliability.simulation.disk import Platter, SimulatedJournal
from tests.reliability.simulation.loop import Stalled, VirtualLoop
from tests.reliability.simulation.workers import SimulatedWorkers
from tests.reliability.sink import LOST, Script

T = TypeVar("T")

EPOCH_US = 1_800_000_000_000_000
KEY = b"the simulated service's own key."
SITE, SINK = "http://service.test", "http://sink.test"
ENDED_S = 300.0
"""How long everything may take to end when nothing goes wrong any more, in the story's own time."""
ASKED_S = 30.0
"""How long a caller waits for an answer before it takes it for lost."""

_PROMISES = {name: promise for name, promise in PROMISES.items() if name != "effects_after_their_answer"}
"""That one compares times of two clocks, and here the clock is set. It is seen here as it happens (`Story._call`)."""


@dataclass(slots=True)
class Told:
    """What came of a story. `journal` is a digest of every event on the disk, in order, byte for byte."""

    seed: int
    deaths: int = 0
    outages: int = 0
    steps: int = 0
    groups: int = 0
    journal: str = ""
    report: Report = field(default_factory=Report)
    findings: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong."""
        return [*self.report.sentences, *self.findings]


def tell(seed: int, requests: int = 10) -> Told:
    """Let the story of a seed happen, and look at it."""
    chance = Random(f"order {seed}")
    loop = VirtualLoop(chance)
    told = Told(seed)
    story = Story(seed, load.plan(seed, requests), loop, told)
    seeds = Random(f"seeds {seed}")
    chance = mock.patch("cypher_executor.engine.engine.urandom", seeds.randbytes)
    with chance, _quiet():
        try:
            loop.run(story.happen())
        except Stalled as stalled:
            told.findings.append(f"stalled: {stalled}")
    told.findings += [f"nobody took an error: {one}" for one in loop.complaints]
    told.steps, told.outages = loop.steps, story.outages
    story.compare()
    return told


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The engine has much to say of disks that fail."""
    logger = logging.getLogger("cypher_executor")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


class _Gone(Exception):
    """The service died while a caller waited for it."""


@dataclass(slots=True)
class _Life:
    """One process of the service."""

    number: int
    journal: SimulatedJournal
    engine: Engine | None = None
    workers: SimulatedWorkers | None = None
    dead: bool = False
    died: asyncio.Event = field(default_factory=asyncio.Event)
    up: asyncio.Event = field(default_factory=asyncio.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def die(self) -> None:
        """Nothing of it reaches the outside any more, whatever its code still does."""
        self.dead = True
        self.journal.die()
        if self.workers is not None:
            self.workers.dead = True
        self.died.set()


class Story:
    """The world of one seed. It is the engine's clock and its recipes, too."""

    def __init__(self, seed: int, requests: Sequence[load.Request], loop: VirtualLoop, told: Told) -> None:
        self._told = told
        self._requests = requests
        self._loop = loop
        self._chance = Random(f"chance {seed}")
        self._chaos = Chaos(seed, loop.time)
        self._offset_us = EPOCH_US
        self._ids = 0
        self._platter = Platter(MemoryJournal(self.now_us))
        self._life: _Life | None = None
        self._risen = asyncio.Event()
        self._answers: list[dict[str, Any]] = []
        self._effects: list[dict[str, Any]] = []
        self._accepted: dict[int, RunId] = {}
        self._to_call: deque[Mapping[str, Any]] = deque()
        self._script = Script(self._to_call.append)
        self._lost: Counter[Any] = Counter()
        self._epoch = 0
        """Counts lives. Within one, and as long as the disk does not fail, no request is made twice."""

    @property
    def outages(self) -> int:
        """How often the disk has failed."""
        return self._platter.outages

    # --- ports --------------------------------------------------------------------------------------------------------

    def now_us(self) -> int:
        return self._offset_us + int(self._loop.time() * 1e6)

    def new_run_id(self) -> RunId:
        self._ids += 1
        return RunId(f"run_{self._ids:026d}")

    async def prepare(self, tenant: str, name: str, given: Value) -> Prepared:
        await asyncio.sleep(0)
        if name not in recipes():
            raise NotFound(f"there is no recipe {name!r}", code="unknown_recipe")
        return Prepared(recipes()[name], given, name, 1)

    async def by_digest(self, digest: Digest) -> Recipe:
        return next(recipe for recipe in recipes().values() if recipe.digest == digest)

    # --- what happens -------------------------------------------------------------------------------------------------

    async def happen(self) -> None:
        """Lives, callers and the disk's outages, until everything has ended."""
        async with asyncio.TaskGroup() as tasks:
            callers = [tasks.create_task(self._caller(request)) for request in self._requests]
            calling = tasks.create_task(self._call_back(tasks))
            for number in range(self._chaos.deaths):
                await self._live(number)
            self._chaos.calm = True
            async with self._living(self._chaos.deaths) as life:
                await life.up.wait()
                await self._examine("after the last recovery")
                await self._until_all_ended(callers)
                life.stop.set()
            calling.cancel()
            for caller in callers:
                caller.cancel()
        await self._examine("at the end")

    async def _until_all_ended(self, callers: Sequence[asyncio.Task[None]]) -> None:
        deadline = self._loop.time() + ENDED_S
        while self._loop.time() < deadline:
            await asyncio.sleep(0.1)
            if all(caller.done() for caller in callers) and not await self._platter.kept.open_runs():
                return

    async def _live(self, number: int) -> None:
        """A life that ends, at some callback in the middle of whatever happens."""
        async with self._living(number) as life:
            if self._chance.random() < 0.5:
                await self._examined(life)
            first_s, then_s = self._chaos.life_s(), self._chaos.life_s()
            await asyncio.sleep(first_s)
            self._set_clock()
            await asyncio.sleep(then_s)
            if self._chaos.ends_gently():
                life.stop.set()
                return
            steps = self._loop.steps + self._chaos.steps()
            while self._loop.steps < steps:
                await asyncio.sleep(0)
            life.die()
            self._told.deaths += 1

    async def _examined(self, life: _Life) -> None:
        await life.up.wait()
        await self._examine(f"after recovery {life.number}")

    def _set_clock(self) -> None:
        self._offset_us += self._chaos.clock_jump_us()

    @contextlib.asynccontextmanager
    async def _living(self, number: int) -> AsyncIterator[_Life]:
        self._epoch += 1
        life = self._life = _Life(number, SimulatedJournal(self._platter, self._chaos, self._chance))
        self._risen.set()
        process = asyncio.create_task(self._be(life))
        try:
            yield life
        finally:
            self._risen.clear()
            if life.dead:
                process.cancel()
            await asyncio.wait([process])
            if not process.cancelled() and process.exception() is not None:
                self._told.findings.append(f"life {number} ended with {process.exception()!r}")
            life.die()

    async def _be(self, life: _Life) -> None:
        """One process, from its start to its end."""

        def workers(inbox: Inbox) -> SimulatedWorkers:
            life.workers = SimulatedWorkers(inbox, self, self._chaos, self._lost)
            return life.workers

        engine = Engine(
            journal=life.journal,  # type: ignore[arg-type]
            recipes=self,
            parts=parts(),
            clock=self,
            calls={"http_request": partial(self._call, life)},
            dispatcher=workers,
            mint=partial(token_of, KEY),
            address=SITE,
            misfit=_misfit,
            workers=2,
        )
        async with engine.running(drain_s=0.2):
            life.engine = engine
            life.up.set()
            await life.stop.wait()

    # --- effects ------------------------------------------------------------------------------------------------------

    async def _call(self, life: _Life, request: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
        """A request to the sink. It may arrive although whoever made it has died, or does not want it any more."""
        if life.dead:
            await asyncio.Event().wait()
        await self._must_be_on_disk(context)
        epoch, (url, body) = (self._epoch, self._platter.outages), (str(request["url"]), request["body"])
        assert isinstance(body, Mapping)
        answered: asyncio.Future[tuple[int, Any]] = self._loop.create_future()
        arriving = self._loop.call_later(
            self._chaos.way_s(), self._arrive, epoch, url.removeprefix(SINK), context.key, body, answered
        )
        try:
            status, answer = await answered
        except asyncio.CancelledError:
            if not self._chaos.arrives():
                arriving.cancel()
            raise
        await asyncio.sleep(self._chaos.way_s())
        if status == LOST:
            return failed_call("connection_failed", "the sink has hung up", retryable=True)
        return {"ok": True, "status": status, "headers": {}, "body": answer}

    def _arrive(
        self,
        epoch: tuple[int, int],
        path: str,
        key: str,
        body: Mapping[str, Any],
        answered: asyncio.Future[tuple[int, Any]],
    ) -> None:
        status, answer = self._script.answer(path, key, body)
        self._effects.append(
            {"at_us": 0, "life": epoch, "key": key, "n": body["n"], "label": body["label"], "status": status}
        )
        if not answered.done():
            answered.set_result((status, answer))

    async def _must_be_on_disk(self, context: CallContext) -> None:
        """Rule 4: before a call is carried out, the wish for it is on disk; and no good answer to it."""
        events = await self._platter.kept.read(context.run)
        wishes = [e for e in events if isinstance(e, CallRequested) and _is_of(e, context)]
        answers = [e for e in events if isinstance(e, CallAnswered) and _is_of(e, context)]
        if len(wishes) <= len(answers):
            self._told.findings.append(
                f"{context.key} is carried out with {len(wishes)} wishes and {len(answers)} answers on disk"
            )

    # --- callers ------------------------------------------------------------------------------------------------------

    async def _caller(self, request: load.Request) -> None:
        await asyncio.sleep(self._chance.uniform(0.0, 2.0))
        await asyncio.gather(*(self._start(request) for _ in range(request.callers)))
        if request.cancelled and request.number in self._accepted:
            run = self._accepted[request.number]
            await asyncio.sleep(self._chance.uniform(0.0, 0.4))
            await self._insist("cancel", request.number, run, {}, partial(self._ask, run, Engine.cancel))
        elif self._chance.random() < 0.2:
            await self._pause_for_a_while(request.number, self._accepted[request.number])

    async def _pause_for_a_while(self, number: int, run: RunId) -> None:
        await asyncio.sleep(self._chance.uniform(0.0, 0.2))
        if await self._insist("pause", number, run, {}, partial(self._ask, run, Engine.pause)) is not None:
            await asyncio.sleep(self._chance.uniform(0.0, 0.5))
            await self._insist("resume", number, run, {}, partial(self._ask, run, Engine.resume))

    async def _start(self, request: load.Request) -> None:
        answer = await self._insist("start", request.number, "/runs", {}, partial(self._ask_start, request))
        if answer is not None:
            self._accepted[request.number] = RunId(answer["id"])

    async def _call_back(self, tasks: asyncio.TaskGroup) -> None:
        called: set[int] = set()
        while True:
            while self._to_call:
                body = self._to_call.popleft()
                if body["n"] not in called:
                    called.add(body["n"])
                    for caller in range(2):
                        tasks.create_task(self._call_address(body["n"], caller, str(body["call"])))
            await asyncio.sleep(0.01)

    async def _call_address(self, number: int, caller: int, address: str) -> None:
        body = {"n": number, "by": caller}
        await self._insist("callback", number, address, body, partial(self._ask_callback, address, body))

    async def _insist(
        self, what: str, number: int, path: str, body: Any, ask: Callable[[Engine], Awaitable[tuple[int, Any]]]
    ) -> Any:
        """Ask until there is an answer; its body if that is a good one."""
        while True:
            status, answer = await self._asked(ask)
            entry = {"request": what, "n": number, "path": path, "body": body, "status": status, "answer": answer}
            self._answers.append(entry)
            if status not in (0, 429, 503):
                return answer if status < 300 else None
            await asyncio.sleep(0.02)

    async def _asked(self, ask: Callable[[Engine], Awaitable[tuple[int, Any]]]) -> tuple[int, Any]:
        await self._risen.wait()
        life = self._life
        assert life is not None
        await asyncio.sleep(self._chaos.way_s())
        try:
            async with asyncio.timeout(ASKED_S):
                return await self._answer_of(life, ask)
        except (TimeoutError, _Gone) as gone:
            return 0, type(gone).__name__
        except Unavailable as error:
            return 503, error.code
        except CypherExecutorError as error:
            return (409 if isinstance(error, Conflict) else 422), error.code

    async def _answer_of(self, life: _Life, ask: Callable[[Engine], Awaitable[tuple[int, Any]]]) -> tuple[int, Any]:
        """What the service answers, unless it dies before that."""
        if not life.up.is_set() or life.dead:
            raise _Gone
        assert life.engine is not None
        asking = asyncio.ensure_future(ask(life.engine))
        dying = asyncio.ensure_future(life.died.wait())
        try:
            await asyncio.wait((asking, dying), return_when=asyncio.FIRST_COMPLETED)
            if life.dead:
                raise _Gone
            return asking.result()
        finally:
            for task in (asking, dying):
                task.cancel()
            await asyncio.wait((asking, dying))
            if not asking.cancelled():
                asking.exception()

    async def _ask_start(self, request: load.Request, engine: Engine) -> tuple[int, Any]:
        """As `service/starts.py`: the key is looked up first, and what decides is the journal."""
        given = {"n": request.number}
        claim = claim_of_key("default", request.recipe, request.key, fingerprint(request.recipe, given))
        assert self._life is not None
        found = await self._life.journal.claimed(claim)
        if found is not None:
            return 200, {"id": found.run}
        prepared = await self.prepare("default", request.recipe, given)
        started = await engine.start(prepared, claim=claim)
        return (201 if started.fresh else 200), {"id": started.run}

    async def _ask(
        self, run: RunId, wish: Callable[[Engine, RunId], Awaitable[bool]], engine: Engine
    ) -> tuple[int, Any]:
        return (202, {"id": run}) if await wish(engine, run) else (409, None)

    async def _ask_callback(self, address: str, body: Mapping[str, Any], engine: Engine) -> tuple[int, Any]:
        wait = wait_of(KEY, address.rsplit("/", 1)[1])
        assert wait is not None, f"{address} is no address of a wait"
        called = await engine.call_back(wait, body)
        return 200, {"at_us": called.at_us}

    # --- looking at it ------------------------------------------------------------------------------------------------

    async def _examine(self, when: str) -> None:
        """As `doctor --deep`: every run on the disk by itself, and then against its family."""
        families = []
        for run, events in _by_run(await self._platter.kept.follow(0, 1 << 30)).items():
            found, relatives = audit_run(run, events, await self.by_digest(events[0].recipe))  # type: ignore[union-attr]
            families += [relatives] if relatives is not None else []
            self._told.findings += [f"{when}: {one.code} {run}: {one.message}" for one in found]
        self._told.findings += [f"{when}: {one.code} {one.run}: {one.message}" for one in audit_families(families)]

    def compare(self) -> None:
        """Hold what was seen against the promises."""
        positions = [*self._platter.kept._all]
        told, digest = self._told, hashlib.sha256()
        recorded: dict[str, Recorded] = {}
        for _, run, seq, event in positions:
            record = encode(event)
            digest.update(f"{run} {seq} {record.kind} ".encode() + record.body + b"\n")
            if run not in recorded:
                about = self._platter.kept._summaries[run]
                recorded[run] = Recorded(run, about.recipe, about.state, about.ended_us is not None, about.parent)
            recorded[run].facts.append(Fact(seq, record.kind, record.at_us, json.loads(record.body)))
        requests = {request.number: request for request in self._requests}
        told.report = compare(Evidence(requests, recorded, self._answers, self._effects), _PROMISES)
        told.journal, told.groups = digest.hexdigest(), self._platter.groups


def _by_run(positions: Sequence[tuple[int, RunId, int, Event]]) -> dict[RunId, list[Event]]:
    found: dict[RunId, list[Event]] = {}
    for _, run, _, event in positions:
        found.setdefault(run, []).append(event)
    return found


def _is_of(event: CallRequested | CallAnswered, context: CallContext) -> bool:
    return (event.node, event.item, event.attempt) == (context.node, context.item, context.attempt)


def _misfit(schema: Value, body: Value) -> str | None:
    return "; ".join(one["message"] for one in misfits(schema, body)) or None


@cache
def parts() -> PartsFolder:
    """The parts that ship."""
    folder: Path = shipped("parts")
    return PartsFolder([folder], proven=[folder])


@cache
def recipes() -> dict[str, Recipe]:
    """The recipes of the load, by name."""
    compiled = {name: compile_recipe(text, parts=None, trusted=True).recipe for name, text in load.texts(SINK)}
    return {name: recipe for name, recipe in compiled.items() if recipe is not None}
