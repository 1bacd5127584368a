"""Modules that nothing needs any more: found, waited for, and let go.

A module is needed by the newest version of a part, by every version of a recipe, and by every run that the journal has,
open or not, because runs that have ended can be taken up again and forked. Whatever else has one (an earlier version of
a part, a part of a name that was deleted, one from another place that something once kept) goes with it.

What is found needed by nothing is marked with the time, and goes when the mark is old enough. Nobody may be surprised
by that: whoever is about to pin a module (a deploy, a start) has it kept first, which takes the mark away, and the
transaction that deletes looks once more, at the mark and at all that was written since. Between the mark and that look
lies the retention, an hour at least, and nothing takes so long from having a pin to writing it down.

Looking through how all runs began is for a connection that reads. The writer is only asked for what is quick: the
marks, and one module after the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import apsw

from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.core.recipe import Digest

_SQL = statements("modules")
_DIGEST: Final = re.compile(rb"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class KeptModule:
    """A module in the journal: its size, whether something needs it, and since when it is marked as unneeded."""

    digest: Digest
    bytes: int
    needed: bool
    since_us: int | None


@dataclass(frozen=True, slots=True)
class Survey:
    """All modules as one moment of the journal had them, and the position of its newest event."""

    modules: Sequence[KeptModule]
    position: int


def survey(connection: apsw.Connection) -> Survey:
    """Look at all modules, and through all that may need them. Whoever calls sees to it that this is one moment."""
    position: Any = connection.execute(_SQL["head_position"]).get
    needed = _pinned_elsewhere(connection) | _digests(_told(connection, "pinned_by_runs"))
    needed |= _digests(_told(connection, "pinned_outside", 0))
    rows: Iterable[Any] = connection.execute(_SQL["modules"])
    modules = [KeptModule(Digest(digest), size, digest in needed, since) for digest, size, since in rows]
    return Survey(modules, int(position))


def due(found: Survey, until_us: int) -> list[KeptModule]:
    """Those that may go: marked at `until_us` or before, and still not needed."""
    return [one for one in found.modules if not one.needed and one.since_us is not None and one.since_us <= until_us]


# --- in the writer ----------------------------------------------------------------------------------------------------


def mark(found: Survey, now_us: int, connection: apsw.Connection) -> None:
    """Write down what is not needed from now on, and what is needed again."""
    for one in found.modules:
        if one.needed and one.since_us is not None:
            connection.execute(_SQL["unmark"], (one.digest,))
        if not one.needed and one.since_us is None:
            connection.execute(_SQL["mark"], (one.digest, now_us))


def let_go(digest: Digest, position: int, until_us: int, connection: apsw.Connection) -> bool:
    """Delete a module with all that goes with it, if what `due` said is still so; whether it is gone.

    `position` is that of the survey: what began to need the module after it is looked for here.
    """
    since: Any = connection.execute(_SQL["since"], (digest,)).get
    if since is None or since > until_us:
        return False
    later = [*_told(connection, "pinned_by_later_runs", position), *_told(connection, "pinned_outside", position)]
    if digest in _pinned_elsewhere(connection) | _digests(later):
        connection.execute(_SQL["unmark"], (digest,))
        return False
    for name in ("drop_kept", "drop_versions", "drop_module"):
        connection.execute(_SQL[name], (digest,))
    return True


# --- what pins --------------------------------------------------------------------------------------------------------


def _pinned_elsewhere(connection: apsw.Connection) -> set[str]:
    return _digests([*_told(connection, "newest"), *_told(connection, "pinned_by_recipes")])


def _digests(told: Iterable[bytes]) -> set[str]:
    return {digest.decode() for text in told for digest in _DIGEST.findall(text)}


def _told(connection: apsw.Connection, name: str, *values: apsw.SQLiteValue) -> list[bytes]:
    rows: Iterable[Any] = connection.execute(_SQL[name], values)
    return [text for (text,) in rows if text is not None]
