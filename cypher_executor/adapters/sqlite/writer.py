"""One thread writes, and everything that is queued while it syncs goes into its next transaction: group commit.

A piece of work is a function of the connection. Works run in the order in which they were queued, all of a group in
one transaction with one sync; their results are handed over after it, by one call into each event loop. So nothing is
ever acknowledged that is not on disk, and nobody sees a result that an earlier failure takes back.

A failed write or sync ends the writer's trust in the file: that group fails, everything queued behind it fails, and so
does everything that is asked of it later, until `reopen` has read again what is really there. (After a failed sync
the system may report the next one as good although the pages were lost.) A work that raises anything else is a bug of
its own: it alone fails, and the others of its group are done again without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

import apsw

from cypher_executor import errors
from cypher_executor.adapters.sqlite.connection import Connect, unavailable
from cypher_executor.adapters.sqlite.statements import statements

T = TypeVar("T")
Work = Callable[[apsw.Connection], T]
_SQL = statements("connection")


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """A work and where its result goes. Without a work: open the file again."""

    work: Work[Any] | None
    future: asyncio.Future[Any]


class _WorkFailed(Exception):
    """A work raised something that is not a failure of the storage."""

    def __init__(self, job: _Job, cause: Exception) -> None:
        super().__init__(job, cause)
        self.job = job
        self.cause = cause


class Writer:
    """The thread, its connection and its queue. `commits` counts the transactions that were committed."""

    def __init__(self, connect: Connect) -> None:
        self.commits = 0
        self._connect = connect
        self._connection: apsw.Connection | None = connect()
        self._failure: errors.Unavailable | None = None
        self._closed = False
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    @property
    def failure(self) -> errors.Unavailable | None:
        """Why nothing can be written now; None when all is well."""
        return self._failure

    def submit(self, work: Work[T]) -> asyncio.Future[T]:
        """Queue a work, at once; its result when it is on disk."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if self._closed:
            future.set_exception(_closed())
        elif self._failure is not None:
            future.set_exception(_again(self._failure))
        else:
            self._queue.put(_Job(work, future))
        return future

    def reopen(self) -> asyncio.Future[None]:
        """Open the file again, behind everything that is queued. Raises Unavailable when that fails."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._closed:
            future.set_exception(_closed())
        else:
            self._queue.put(_Job(None, future))
        return future

    def stop(self) -> None:
        """Take nothing more on. What is queued will be written."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)

    def join(self) -> None:
        """After `stop`: wait until everything is written and the connection is closed."""
        self._thread.join()

    # --- in the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while group := self._next_group():
            self._do([job for job in group if job.work is not None])
            self._open_again([job for job in group if job.work is None])
        self._let_go()

    def _next_group(self) -> Sequence[_Job]:
        """Everything that is queued, up to a request to reopen; waits for the first. Empty: the writer was closed."""
        group: list[_Job] = []
        while True:
            job = self._queue.get()
            if job is None and group:
                self._queue.put(None)
            if job is None:
                return group
            group.append(job)
            if job.work is None or self._queue.empty():
                return group

    def _do(self, jobs: Sequence[_Job]) -> None:
        while jobs and self._failure is None:
            try:
                results = self._commit(jobs)
            except _WorkFailed as failed:
                _deliver([(failed.job, failed.cause)])
                jobs = [job for job in jobs if job is not failed.job]
            except Exception as error:
                self._failure = unavailable(error, "the journal cannot be written")
            else:
                _deliver(zip(jobs, results, strict=True))
                return
        _deliver((job, _again(self._failure)) for job in jobs if self._failure is not None)

    def _commit(self, jobs: Iterable[_Job]) -> Sequence[Any]:
        connection = self._connection
        assert connection is not None
        connection.execute(_SQL["begin"])
        try:
            results = [_result(job, connection) for job in jobs]
            connection.execute(_SQL["commit"])
        except BaseException:
            with contextlib.suppress(apsw.Error):
                connection.execute(_SQL["rollback"])
            raise
        self.commits += 1
        return results

    def _open_again(self, jobs: Sequence[_Job]) -> None:
        if jobs:
            self._let_go()
            try:
                self._connection = self._connect()
            except errors.CypherExecutorError as error:
                self._failure = _again(error)
            except Exception as error:
                self._failure = unavailable(error, "the journal cannot be opened again")
            else:
                self._failure = None
            _deliver((job, self._failure) for job in jobs)

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(apsw.Error):
                connection.close()


def _result(job: _Job, connection: apsw.Connection) -> Any:
    assert job.work is not None
    try:
        return job.work(connection)
    except apsw.Error:
        raise
    except Exception as error:
        raise _WorkFailed(job, error) from error


def _closed() -> errors.Unavailable:
    return errors.Unavailable("the journal is closed", code="journal_unavailable")


def _again(failure: errors.CypherExecutorError) -> errors.Unavailable:
    """The same failure as an exception of its own, so that tracebacks do not pile up on one object."""
    return errors.Unavailable(failure.message, code="journal_unavailable", next_actions=failure.next_actions)


def _deliver(results: Iterable[tuple[_Job, Any]]) -> None:
    """One call into each event loop, however many waited."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = defaultdict(list)
    for job, result in results:
        by_loop[job.future.get_loop()].append((job.future, result))
    for loop, pairs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(_resolve, pairs)


def _resolve(pairs: Iterable[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in pairs:
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
