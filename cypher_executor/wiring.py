"""The only place that picks adapters: from settings to a house that is open for work."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cypher_executor import files
from cypher_executor.adapters.clock import SystemClock
from cypher_executor.adapters.dispatch_local.early import Early
from cypher_executor.adapters.memory import MemoryCatalog
from cypher_executor.adapters.parts_folder import PartsFolder
from cypher_executor.adapters.parts_stacked import StackedParts
from cypher_executor.adapters.secrets import Keyring, Vault
from cypher_executor.adapters.secrets.callback_key import callback_key
from cypher_executor.core.callbacks import token_of
from cypher_executor.core.durations import duration_ms
from cypher_executor.core.keys import OPERATOR
from cypher_executor.core.recipe import Value
from cypher_executor.core.retention import Retention, read_retention
from cypher_executor.cypher.tables import use_cache
from cypher_executor.engine import Engine
from cypher_executor.engine.admission import Bounds
from cypher_executor.errors import CypherExecutorError, RequestInvalid
from cypher_executor.inputs import misfits
from cypher_executor.keys import Keys
from cypher_executor.library import Library
from cypher_executor.ports import Catalog, Clock, Journal, PartStore
from cypher_executor.schedules import AnnouncedCatalog, Clockwork
from cypher_executor.settings import Neo4jSettings, Settings
from cypher_executor.uploads import Uploads

if TYPE_CHECKING:
    from cypher_executor.adapters.dispatch_local.workbench import Workbench
    from cypher_executor.adapters.neo4j.connection import Address
    from cypher_executor.adapters.parts_s3 import S3Parts
    from cypher_executor.followers.process import FollowerProcess
    from cypher_executor.policies import Policies
    from cypher_executor.queries import Questions

_log = logging.getLogger(__name__)

EXPIRE_EVERY_S = 3600.0
"""How often runs that nobody wants any more are looked for, and modules that nothing needs."""

SHORTEST_PARTS_RETENTION_MS = 3_600_000


T = TypeVar("T")


class Once(Generic[T]):
    """Something that is made when it is wanted first, because making it loads much. `made` is None until then."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self.made: T | None = None

    def __call__(self) -> T:
        if self.made is None:
            self.made = self._make()
        return self.made


@dataclass(frozen=True, slots=True)
class House:
    """Everything that a service, or a command that needs none, works with."""

    settings: Settings
    engine: Engine
    library: Library
    parts: PartStore
    journal: Journal
    catalog: AnnouncedCatalog
    clock: Clock
    vault: Vault
    keys: Keys
    schedules: Clockwork
    uploads: Uploads
    workbench: Workbench
    asking: Once[Questions]
    policies: Policies
    callback_key: bytes = field(repr=False)
    mirror: FollowerProcess | None = None

    @property
    def questions(self) -> Questions:
        """Whoever answers questions to the graph of recipes and runs. To be wanted on the thread of the event loop."""
        return self.asking()


def shipped_parts(settings: Settings) -> PartsFolder:
    """The parts that ship, and those of the operator's own folder behind them."""
    own = [settings.parts_dir] if settings.parts_dir is not None else []
    shipped = files.shipped("parts")
    return PartsFolder([shipped, *own], proven=[shipped], most_module_bytes=settings.most_module_bytes)


def parts_in_s3(settings: Settings, elsewhere: PartStore) -> S3Parts | None:
    """The parts in the bucket of the settings, as far as they are known here; names of `elsewhere` are taken."""
    if settings.parts_s3 is None:
        return None
    from cypher_executor.adapters.parts_s3 import Bucket, ObjectCache, S3Parts, read_address

    try:
        address = read_address(settings.parts_s3)
    except ValueError as wrong:
        raise RequestInvalid(f"CYPHER_EXECUTOR_PARTS_S3: {wrong}", code="setting_invalid") from None
    cache = ObjectCache(settings.data_dir / "parts", str(address), settings.parts_cache_mb * 1024 * 1024)
    found = S3Parts(
        Bucket(address),
        cache,
        taken=lambda name: elsewhere.find(name) is not None,
        most_module_bytes=settings.most_module_bytes,
    )
    found.load()
    return found


def checker(settings: Settings) -> Library:
    """A library without any stored recipes: enough to check texts, and quick to make."""
    clock = SystemClock()
    elsewhere = shipped_parts(settings)
    in_s3 = parts_in_s3(settings, elsewhere)
    return _library(MemoryCatalog(), elsewhere if in_s3 is None else StackedParts([elsewhere, in_s3]), clock)


def _library(catalog: Catalog, parts: PartStore, clock: Clock, **more: Any) -> Library:
    tables = files.cached("grammar")
    if tables is not None:
        use_cache(tables)
    return Library(catalog, parts, clock, **more)


@contextlib.asynccontextmanager
async def open_house(settings: Settings, early: Early | None = None) -> AsyncIterator[House]:
    """A house that has recovered what its data folder holds, until the block is left. `early` has workers for it.

    Raises Unavailable for a data folder that another process holds, and what the adapters raise for settings that they
    cannot use.
    """
    # What only a running house needs is loaded here: `check` and `--help` do without it, and start the faster.
    from cypher_executor.adapters import calls, calls_kv
    from cypher_executor.adapters.dispatch_local.compilers import CompileLimits
    from cypher_executor.adapters.dispatch_local.dispatcher import LocalDispatcher
    from cypher_executor.adapters.dispatch_local.workbench import Workbench
    from cypher_executor.adapters.egress import Egress
    from cypher_executor.adapters.sqlite import (
        Database,
        SqliteCatalog,
        SqliteJournal,
        SqliteKeys,
        SqliteKeyValues,
        SqliteOutputs,
        SqliteParts,
        SqliteSchedules,
        SqliteSecrets,
    )
    from cypher_executor.policies import Policies

    clock = SystemClock()
    retention, parts_for_us = _retention(settings), parts_retention_us(settings)
    elsewhere = shipped_parts(settings)
    keyring = Keyring(settings.data_dir, settings.secret_key.get_secret_value() if settings.secret_key else None)
    neo4j = await _neo4j(settings)
    database = Database(settings.data_dir)
    key = callback_key(settings.data_dir)
    journal, catalog = SqliteJournal(database, clock.now_us), AnnouncedCatalog(SqliteCatalog(database))
    own, developed, in_s3 = SqliteParts(database), set[str](), parts_in_s3(settings, elsewhere)
    behind = [] if in_s3 is None else [in_s3]
    parts = StackedParts([elsewhere, own, *behind])
    compiling = CompileLimits(module_mb=settings.max_module_mb)
    workbench = Workbench(parts, clock, cache_dir=files.cached("modules"), compile_limits=compiling)

    async def changed(part: str) -> None:
        await part_changed(library, catalog, part)

    uploads = Uploads(
        own,
        StackedParts([elsewhere, *behind]),
        parts,
        catalog,
        clock,
        compile_=workbench.admit,
        changed=changed,
        developed=developed,
        most_module_bytes=settings.most_module_bytes,
    )
    policies = Policies(settings.policies, parts, clock)
    library = _library(
        catalog,
        parts,
        clock,
        keep=uploads.keep,
        developed=developed,
        guard=policies,
        complete=lambda: in_s3 is None or in_s3.asked,
    )
    vault, keys = Vault(SqliteSecrets(database), keyring, clock), Keys(SqliteKeys(database), clock)
    egress = Egress(allow=settings.egress_allow, only=settings.egress_only, secrets=vault)
    engine = Engine(
        journal=journal,
        recipes=library,
        parts=parts,
        clock=clock,
        workers=settings.workers,
        bounds=_bounds(settings),
        calls={
            "http_request": egress.http_request,
            **calls_kv.kv_ops(SqliteKeyValues(database), clock),
            "now": calls.now(clock),
            "random": calls.random(),
            "log": calls.log(),
        },
        dispatcher=lambda inbox: LocalDispatcher(
            parts,
            inbox,
            clock,
            workers=settings.workers,
            cache_dir=files.cached("modules"),
            early=early,
            compile_limits=compiling,
        ),
        mint=partial(token_of, key),
        address=settings.address,
        misfit=_misfit,
        outputs=SqliteOutputs(settings.data_dir, clock.now_us),
    )
    mirror = None if neo4j is None else _follower("neo4j", settings, parts, clock, neo4j)
    schedules = Clockwork(SqliteSchedules(database), catalog, library, engine, clock)
    catalog.listener = schedules.follow
    asking = Once(partial(_questions, settings, parts, clock))
    house = House(
        settings=settings,
        engine=engine,
        library=library,
        parts=parts,
        journal=journal,
        catalog=catalog,
        clock=clock,
        vault=vault,
        keys=keys,
        schedules=schedules,
        uploads=uploads,
        workbench=workbench,
        asking=asking,
        policies=policies,
        callback_key=key,
        mirror=mirror,
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(journal.close)
        stack.push_async_callback(egress.close)
        stack.push_async_callback(workbench.close)
        await own.load()
        if in_s3 is not None:
            await stack.enter_async_context(in_s3.refreshing(changed))
        await keys.load()
        stack.push_async_callback(_close, asking)
        if settings.seeds:
            await register_seeds(house)
        if mirror is not None:
            mirror.start()
            stack.push_async_callback(mirror.stop)
        if settings.schedules:  # Before the engine: times that come while it drains are noted.
            await stack.enter_async_context(_beside(schedules.work()))
        await stack.enter_async_context(engine.running(settings.drain_s))
        await stack.enter_async_context(_beside(_expiring(house, retention, parts_for_us)))
        yield house


async def part_changed(library: Library, catalog: Catalog, part: str) -> None:
    """A part is another one now: what was said about texts need not hold any more, nor what recipes with it reach."""
    library.parts_changed()
    for tenant in {version.tenant for version in await catalog.using(part)}:
        await library.bills_anew(tenant)


def _bounds(settings: Settings) -> Bounds:
    return Bounds(
        open_runs=settings.max_open_runs,
        input_bytes=settings.max_input_mb * 1024 * 1024,
        queued=settings.max_queued_steps,
        run_bytes=settings.max_run_mb * 1024 * 1024,
    )


def _retention(settings: Settings) -> Retention:
    try:
        return read_retention(settings.retention)
    except ValueError as error:
        raise RequestInvalid(f"CYPHER_EXECUTOR_RETENTION: {error}", code="setting_invalid") from None


def parts_retention_us(settings: Settings) -> int | None:
    """How long modules are kept that nothing needs; None: for ever. Raises RequestInvalid."""
    if settings.parts_retention == "forever":
        return None
    try:
        for_ms = duration_ms(settings.parts_retention)
        if for_ms < SHORTEST_PARTS_RETENTION_MS:
            raise ValueError("at least an hour, because whoever pins a module has to have the time to write it down")
    except ValueError as error:
        message = f"CYPHER_EXECUTOR_PARTS_RETENTION: {error}"
        raise RequestInvalid(message, code="setting_invalid") from None
    return for_ms * 1000


def _misfit(schema: Value, body: Value) -> str | None:
    """Why the body of a callback does not fit the schema of its wait."""
    found = misfits(schema, body)
    return "; ".join(f"{one['path'] or 'body'}: {one['message']}" for one in found) if found else None


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do this work as long as the block lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _expiring(house: House, retention: Retention, parts_for_us: int | None) -> None:
    """Forget what is no longer wanted, now and then. A journal that fails is tried again the next time.

    Not before schedules know which of their runs had begun: a run that is forgotten does not hold its time any more.
    Modules come last: a run that was forgotten needs none.
    """
    if house.settings.schedules:
        await house.schedules.caught_up()
    while True:
        try:
            forgotten = await house.journal.expire(retention, house.clock.now_us())
            modules, size = (0, 0) if parts_for_us is None else await house.uploads.let_go(parts_for_us)
        except CypherExecutorError as error:
            _log.warning("what is no longer wanted could not be forgotten: %s", error.message)
        else:
            if forgotten:
                _log.info("%d runs were forgotten, as CYPHER_EXECUTOR_RETENTION says", forgotten)
            if modules:
                told = "%d modules (%d KiB) that nothing needs were let go, as CYPHER_EXECUTOR_PARTS_RETENTION says"
                _log.info(told, modules, size // 1024)
        await asyncio.sleep(EXPIRE_EVERY_S)


async def _neo4j(settings: Settings) -> Address | None:
    """Where to mirror, if anywhere. Raises RequestInvalid for an address that is none: now, and not in a thread."""
    if settings.neo4j is None or settings.neo4j.uri is None:
        return None
    from cypher_executor.adapters.neo4j.connection import Connection

    address = neo4j_address(settings.neo4j)
    await Connection(address).close()
    return address


@contextlib.asynccontextmanager
async def open_questions(settings: Settings) -> AsyncIterator[Questions]:
    """Questions to a data folder, without a service: nothing in it goes on meanwhile. Raises as `open_house` does."""
    from cypher_executor.adapters.sqlite import Database, SqliteFollowable, SqliteReadCatalog
    from cypher_executor.adapters.sqlite.graph import FILE_NAME, SqliteGraph
    from cypher_executor.mirror.mirror import Mirror
    from cypher_executor.mirror.source import source_of
    from cypher_executor.queries import Questions
    from cypher_executor.queries.keeper import Keeper

    clock, parts, graph = SystemClock(), shipped_parts(settings), SqliteGraph(settings.data_dir / FILE_NAME)
    async with contextlib.AsyncExitStack() as stack:
        database = Database(settings.data_dir)
        stack.push_async_callback(database.close)
        journal, catalog = SqliteFollowable(database), SqliteReadCatalog(database)
        mirror = Mirror(journal, catalog, parts, clock, graph, source_of(settings.data_dir))
        questions = Questions(graph, Keeper(mirror, clock), clock)
        stack.push_async_callback(questions.close)
        yield questions


async def _close(asking: Once[Questions]) -> None:
    if asking.made is not None:
        await asking.made.close()


def _questions(settings: Settings, parts: PartStore, clock: Clock) -> Questions:
    from cypher_executor.adapters.sqlite.graph import FILE_NAME, SqliteGraph
    from cypher_executor.queries import Questions

    return Questions(SqliteGraph(settings.data_dir / FILE_NAME), _follower("graph", settings, parts, clock), clock)


def _follower(
    what: str, settings: Settings, parts: PartStore, clock: Clock, address: Address | None = None
) -> FollowerProcess:
    from cypher_executor.followers.process import FollowerProcess

    told = None if address is None else dataclasses.asdict(address)
    return FollowerProcess(what, settings.data_dir, parts, clock, told)


def neo4j_address(neo4j: Neo4jSettings) -> Address:
    """Where Neo4j is. Raises RequestInvalid when nobody has said it."""
    if neo4j.uri is None:
        message = "there is no Neo4j: say where it is with NEO4J_URI, for example bolt://127.0.0.1:7687"
        raise RequestInvalid(message, code="setting_invalid")
    from cypher_executor.adapters.neo4j.connection import Address

    password = neo4j.password.get_secret_value() if neo4j.password is not None else None
    return Address(neo4j.uri, neo4j.username, password, neo4j.database)


async def register_seeds(house: House) -> list[str]:
    """Store the recipes that ship, unless there are recipes already; the names of those that were stored."""
    if await house.catalog.list_current(OPERATOR):
        return []
    texts = [path.read_text("utf-8") for path in sorted(files.shipped("seeds").glob("*.cypher"))]
    return [(await house.library.save(OPERATOR, text)).version.name for text in texts]
