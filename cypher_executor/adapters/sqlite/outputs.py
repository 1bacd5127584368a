"""The outputs that `cache` keeps, in a file of their own (`cache.sqlite3`), so that they outlive the service.

A copy of what the engine keeps in memory, bounded as that is; what is older than `MAX_AGE_US` is not read again. One
thread owns the file: reading it at the start and writing what is kept and forgotten later happen beside everything
else, without a sync, and nobody waits for any of it. So this may be slow, wrong or gone: a row that is not what its
digest says is not believed, a file that SQLite cannot read is thrown away, and a disk without room keeps nothing.
Whether an output is what its part gives is checked where it is used (`engine/cache.py`).

Whose outputs these are follows from the keys, which are digests of tenant, module and input together.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

import apsw

from cypher_executor.adapters.sqlite.folder import make_private_file
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.audit import Finding
from cypher_executor.ports import KeptOutput

_log = logging.getLogger(__name__)

CACHE_FILE = "cache.sqlite3"
MAX_AGE_US = 30 * 24 * 3600 * 1_000_000
MAX_PENDING_BYTES = 16 * 1024 * 1024
"""What is to be kept while so much waits to be written is kept in memory only."""
AT_ONCE = 1_000
_SQL = statements("outputs")
_BROKEN = (apsw.CorruptError, apsw.NotADBError, apsw.SQLError)

Take = Callable[[Sequence[KeptOutput]], None]


class SqliteOutputs:
    """Keeps outputs between `open` and `close`. None of its methods raises for anything that happens to the file."""

    def __init__(self, folder: Path, now_us: Callable[[], int]) -> None:
        self._path = folder / CACHE_FILE
        self._now_us = now_us
        self._changes: SimpleQueue[KeptOutput | bytes | None] = SimpleQueue()
        self._pending = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def open(self, take: Take) -> None:
        """Begin. What an earlier service has kept goes to `take`, once, in the event loop of the caller."""
        work = (take, asyncio.get_running_loop())
        self._thread = threading.Thread(target=self._work, args=work, name="outputs", daemon=True)
        self._thread.start()

    def keep(self, one: KeptOutput) -> None:
        """Keep an output, or another one for a key."""
        with self._lock:
            if self._pending > MAX_PENDING_BYTES:
                return
            self._pending += len(one.output)
        self._changes.put(one)

    def drop(self, key: bytes) -> None:
        """Forget an output."""
        self._changes.put(key)

    def close(self) -> None:
        """Write what is queued, and end."""
        if self._thread is not None:
            self._changes.put(None)
            self._thread.join()
            self._thread = None

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _work(self, take: Take, loop: asyncio.AbstractEventLoop) -> None:
        connection, found = self._begin()
        with contextlib.suppress(RuntimeError):  # The loop has been closed in the meantime.
            loop.call_soon_threadsafe(take, found)
        for changes in self._batches():
            connection = self._write(connection, changes)
        if connection is not None:
            with contextlib.suppress(apsw.Error):
                connection.close()

    def _begin(self) -> tuple[apsw.Connection | None, list[KeptOutput]]:
        for _ in range(2):
            try:
                connection = _open(self._path)
                connection.execute(_SQL["forget_old"], (self._now_us() - MAX_AGE_US,)).fetchall()
                found = list(_rows(connection))
                for one in (one for one, sound in found if not sound):
                    self.drop(one.key)
                return connection, [one for one, sound in found if sound]
            except _BROKEN as error:
                _log.warning("what `cache` has kept in %s cannot be read, and is thrown away: %s", self._path, error)
                self._throw_away()
            except (apsw.Error, OSError) as error:
                _log.warning("`cache` keeps nothing in %s, only in memory: %s", self._path, error)
                break
        return None, []

    def _throw_away(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                self._path.with_name(self._path.name + suffix).unlink()

    def _batches(self) -> Iterator[list[KeptOutput | bytes]]:
        while (first := self._changes.get()) is not None:
            batch = [first]
            with contextlib.suppress(Empty):
                while len(batch) < AT_ONCE:
                    another = self._changes.get_nowait()
                    if another is None:
                        self._changes.put(None)
                        break
                    batch.append(another)
            yield batch
            with self._lock:
                self._pending -= sum(len(one.output) for one in batch if isinstance(one, KeptOutput))

    def _write(
        self, connection: apsw.Connection | None, changes: Sequence[KeptOutput | bytes]
    ) -> apsw.Connection | None:
        """Write changes; the connection, unless the file is of no use any more."""
        if connection is None:
            return None
        try:
            _write_all(connection, changes)
        except apsw.FullError:
            return connection  # As if it had been kept in memory only. What was to be forgotten is checked when used.
        except apsw.Error as error:
            _log.warning("`cache` keeps nothing more in %s, only in memory: %s", self._path, error)
            with contextlib.suppress(apsw.Error):
                connection.close()
            self._throw_away()
            return None
        return connection


def look_at_outputs(folder: Path, *, deep: bool) -> list[Finding]:
    """What is wrong with the file of a data folder. It does no harm: the next start does without it."""
    path = folder / CACHE_FILE
    if not path.exists():
        return []
    advice = "the next start of the service leaves it out, and works it out again"
    try:
        with contextlib.closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
            connection.set_busy_timeout(1000)
            said = [text for (text,) in connection.execute(_SQL["check"]) if text != "ok"]
            damaged = sum(not sound for _, sound in _rows(connection)) if deep and not said else 0
    except (apsw.Error, OSError) as error:
        said, damaged = [str(error)], 0
    found = [f"{CACHE_FILE} is damaged ({said[0]}); {advice}"] if said else []
    found += [f"{damaged} outputs in {CACHE_FILE} are damaged; {advice}"] if damaged else []
    return [Finding("cache_damaged", message, None, "warning") for message in found]


def _open(path: Path) -> apsw.Connection:
    make_private_file(path)
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(1000)
    connection.execute(_SQL["set_up"]).fetchall()
    return connection


def _write_all(connection: apsw.Connection, changes: Sequence[KeptOutput | bytes]) -> None:
    """Write all of them or none."""
    connection.execute(_SQL["begin"])
    try:
        for one in changes:
            if isinstance(one, bytes):
                connection.execute(_SQL["drop"], (one,))
            else:
                connection.execute(_SQL["keep"], (one.key, one.at_us, one.output, _digest(one)))
        connection.execute(_SQL["commit"])
    except apsw.Error:
        if connection.in_transaction:  # A full disk may have ended it already.
            connection.execute(_SQL["roll_back"])
        raise


def _rows(connection: apsw.Connection) -> Iterator[tuple[KeptOutput, bool]]:
    """All outputs, least recently kept first, and whether each is what its digest says."""
    for key, at_us, output, digest in connection.execute(_SQL["load"]):
        one = KeptOutput(key, at_us, output)
        yield one, digest == _digest(one)


def _digest(one: KeptOutput) -> bytes:
    return hashlib.sha256(one.key + one.at_us.to_bytes(8, "big", signed=True) + one.output).digest()
