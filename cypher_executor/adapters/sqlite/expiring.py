"""Forgetting runs that are no longer wanted, beside a journal that goes on being written.

The rules say which runs are unwanted; what still needs one is looked up in the transaction that gives it up. A run is
forgotten in two steps: first it loses its id, its tenant and its keys, so that nobody finds it any more, then its
events, its large values and at last its row go, piece by piece. Each piece stops by itself after a few milliseconds
and shares the sync of whatever is appended meanwhile; between pieces the writer belongs to others for as long again.
A crash between two pieces leaves a nameless run, and the next time begins with those.

Each run is walked through with a reading connection first. That warms the cache for the writer, and a run that lies on
a damaged page of the file is left alone instead of failing the writer.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import apsw

from cypher_executor.adapters.sqlite.database import Database
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.events import RunState
from cypher_executor.core.retention import FOR_EVER, Keep, Retention

PIECE_S = 0.004
"""For how long one piece may keep the writer, before its commit."""
PAGE = 200
GRACE_US = 24 * 3_600_000_000
"""For how long an expired claim is kept: a clock that is set back must find it as it was."""

_SQL = statements("expiring")
_log = logging.getLogger(__name__)


class Kind(NamedTuple):
    """What rules speak of: runs of one recipe that ended in one state."""

    tenant: str
    recipe: str | None
    state: RunState


class Ended(NamedTuple):
    """A run that ended."""

    ended_us: int
    number: int


_BEFORE_ALL = Ended(-(2**63), 0)


async def expire(database: Database, retention: Retention, now_us: int) -> int:
    """Forget what these rules do not want; gives how many runs."""
    await _forget(database, await database.read(_half_forgotten), now_us)
    await _forget_claims(database, now_us)
    forgotten = 0
    for kind in await database.read(_kinds):
        keep = retention.of(kind.recipe, kind.state)
        if keep != FOR_EVER:
            forgotten += await _expire_kind(database, kind, keep, now_us)
    return forgotten


async def _expire_kind(database: Database, kind: Kind, keep: Keep, now_us: int) -> int:
    """From the oldest on, until one is wanted: those that ended after it are wanted, too."""
    left = await database.read(partial(_count, kind)) if keep.newest is not None else 0
    last, forgotten = _BEFORE_ALL, 0
    while page := await database.read(partial(_oldest, kind, last)):
        behind = range(left - 1, left - 1 - len(page), -1)
        unwanted = [one.number for one, n in zip(page, behind, strict=True) if not keep.wants(now_us - one.ended_us, n)]
        forgotten += await _forget(database, unwanted, now_us)
        if len(unwanted) < len(page):
            break
        left, last = left - len(page), page[-1]
    return forgotten


async def _forget(database: Database, numbers: Sequence[int], now_us: int) -> int:
    """Forget these runs, as far as nothing needs them; gives how many."""
    sound = await database.read(partial(_sound, numbers)) if numbers else []
    forgotten = 0
    while sound:
        done, gone = await database.write(partial(_piece, sound, now_us))
        sound, forgotten = sound[done:], forgotten + gone
        await asyncio.sleep(PIECE_S)
    return forgotten


async def _forget_claims(database: Database, now_us: int) -> None:
    """Idempotency keys whose time is over by more than any clock is set back."""

    def piece(connection: apsw.Connection) -> int:
        connection.execute(_SQL["forget_claims"], (now_us - GRACE_US,))
        return connection.changes()

    gone = await database.read(lambda connection: connection.execute(_SQL["old_claim"], (now_us - GRACE_US,)).get)
    while gone:
        gone = await database.write(piece)
        await asyncio.sleep(PIECE_S)


# --- with a connection that reads -------------------------------------------------------------------------------------


def _kinds(connection: apsw.Connection) -> list[Kind]:
    rows: Iterable[Any] = connection.execute(_SQL["kinds"])
    return [Kind(*row) for row in rows]


def _count(kind: Kind, connection: apsw.Connection) -> int:
    count: Any = connection.execute(_SQL["count"], kind).get
    return int(count)


def _oldest(kind: Kind, last: Ended, connection: apsw.Connection) -> list[Ended]:
    rows: Iterable[Any] = connection.execute(_SQL["oldest"], (*kind, *last, PAGE))
    return [Ended(*row) for row in rows]


def _half_forgotten(connection: apsw.Connection) -> list[int]:
    rows: Iterable[Any] = connection.execute(_SQL["half_forgotten"])
    return [number for (number,) in rows]


def _sound(numbers: Sequence[int], connection: apsw.Connection) -> list[int]:
    return [number for number in numbers if _is_sound(connection, number)]


def _is_sound(connection: apsw.Connection, number: int) -> bool:
    try:
        for name in ("walk_events", "walk_blobs"):
            for _ in connection.execute(_SQL[name], (number,)):
                pass
    except (apsw.CorruptError, UnicodeDecodeError) as error:
        _log.warning("run number %d is not forgotten: the file is damaged where it is stored: %s", number, error)
        return False
    return True


# --- in the writer ----------------------------------------------------------------------------------------------------


def _piece(numbers: Sequence[int], now_us: int, connection: apsw.Connection) -> tuple[int, int]:
    """Forget the first of these until the time of a piece is over; gives how many were looked at, and are gone."""
    until, gone = time.monotonic() + PIECE_S, 0
    for looked_at, number in enumerate(numbers):
        if looked_at and time.monotonic() >= until:
            return looked_at, gone
        if _give_up(connection, number, now_us):
            if not _clear(connection, number, until):
                return looked_at, gone
            gone += 1
    return len(numbers), gone


def _give_up(connection: apsw.Connection, number: int, now_us: int) -> bool:
    """Take a run's name away, unless something needs it. True also for one that has lost it already."""
    state = connection.execute(_SQL["state"], (number,)).get
    if state is None or state == "forgotten":
        return state is not None
    connection.execute(_SQL["give_up"], {"number": number, "now_us": now_us})
    if not connection.changes():
        return False
    connection.execute(_SQL["drop_claims"], (number,))
    return True


def _clear(connection: apsw.Connection, number: int, until: float) -> bool:
    """Delete what a nameless run consists of; False when the time was over first. Something is deleted each time."""
    for step in (_drop_some_events, _drop_a_blob):
        while step(connection, number):
            if time.monotonic() >= until:
                return False
    digest = connection.execute(_SQL["recipe_of"], (number,)).get
    connection.execute(_SQL["drop_run"], (number,))
    connection.execute(_SQL["drop_text"], {"digest": digest})
    return True


def _drop_some_events(connection: apsw.Connection, number: int) -> int:
    connection.execute(_SQL["drop_some_events"], (number,))
    return connection.changes()


def _drop_a_blob(connection: apsw.Connection, number: int) -> int:
    digest = connection.execute(_SQL["a_blob"], (number,)).get
    if digest is None:
        return 0
    connection.execute(_SQL["drop_use"], (digest, number))
    connection.execute(_SQL["drop_unused_blob"], {"digest": digest})
    return 1
