"""The journal: the events of every run in their order, and what is asked about runs as a whole."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cypher_executor.core.events import Event, RunEnded, RunId, RunState
from cypher_executor.core.recipe import Digest
from cypher_executor.core.retention import Retention


@dataclass(frozen=True, slots=True)
class Claim:
    """An idempotency key: within `scope` it belongs to the first run that claims it.

    `fingerprint` is a digest of what was asked (recipe and input), so that another request under the same key can be
    told from a repeated one. Claims are forgotten after `keep_us`; None keeps them as long as their run.
    """

    scope: str
    key: str
    fingerprint: str
    keep_us: int | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """What the journal needs to know of a run that begins, beside its first event. Written in the same transaction.

    `imported`: the run came from another journal and is here to be looked at. It is never among the open runs.
    """

    recipe_text: str
    claim: Claim | None = None
    imported: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """Events of one run that follow event number `after` (0: the run begins here, and `opening` is given)."""

    run: RunId
    after: int
    events: tuple[Event, ...]
    opening: Opening | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """The entry is on disk."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Not written: the key belongs to `run` already. `same` is False when something else was asked under it."""

    run: RunId
    same: bool


@dataclass(frozen=True, slots=True)
class Stale:
    """Not written: the run has `version` events, not as many as the entry expected."""

    version: int


Outcome = Appended | Claimed | Stale


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The events of `run` cannot be read: damaged, incomplete, or written by a newer version. `why` is a sentence."""

    run: RunId
    why: str


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run as lists show it, kept beside its events and written with them."""

    id: RunId
    recipe: str | None
    version: int | None
    digest: Digest
    state: RunState
    started_us: int
    ended_us: int | None
    tenant: str
    parent: RunId | None
    imported: bool = False
    """Brought here from another journal, to be looked at. It is never among the open runs, even without an end."""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs to list, newest first: those whose ids sort before `before`, and not before `first`."""

    tenant: str = "default"
    recipe: str | None = None
    states: frozenset[RunState] = frozenset()
    parent: RunId | None = None
    before: RunId | None = None
    first: RunId | None = None
    limit: int = 50


class Journal(Protocol):
    """The ordered events of every run: the only truth.

    All methods raise `errors.Unavailable` (code `journal_unavailable`) when the storage fails.
    """

    def append(self, entries: Sequence[Entry]) -> Awaitable[Sequence[Outcome]]:
        """Queue these entries behind all earlier ones, at once, and give what became of each when that is on disk.

        The entries of one call are written together with whatever else is queued: one sync for all of them. An entry
        that is refused does not hold up the others; later entries of a run whose entry was refused are refused too,
        because their `after` no longer fits.
        """
        ...

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        """The events of a run in order, without the first `after`; empty for an unknown run.

        Raises `errors.Unavailable` with the code `run_unreadable` when it is this run that cannot be read.
        """
        ...

    async def read_many(self, runs: Sequence[RunId]) -> Sequence[Sequence[Event] | Unreadable]:
        """The events of each of these runs, in the order in which the runs are given; empty for an unknown run.

        A run that cannot be read does not hold up the others. What is read begins with a RunStarted, without gaps.
        """
        ...

    async def end(self, run: RunId) -> RunEnded | None:
        """How a run ended, from its last event alone; None while it goes on, and for an unknown run.

        Raises as `read` does.
        """
        ...

    async def open_runs(self) -> Sequence[RunId]:
        """Every run without an end, in the order in which they began."""
        ...

    async def summary(self, run: RunId) -> RunSummary | None:
        """One run as lists show it."""
        ...

    async def list_runs(self, which: RunFilter) -> Sequence[RunSummary]:
        """The runs that fit, newest first."""
        ...

    async def children(self, run: RunId) -> Sequence[RunSummary]:
        """The runs that this run started, oldest first."""
        ...

    async def claimed(self, claim: Claim) -> Claimed | None:
        """Who holds this key. Only a hint: what decides is the append."""
        ...

    async def expire(self, retention: Retention, now_us: int) -> int:
        """Forget the runs that ended and are no longer wanted; gives how many. Their large values go with them.

        Kept in any case: open runs, children of an open run, and runs whose idempotency key is still remembered. Done
        in small pieces, so that appending never waits long. Stopping half way (a crash, a cancel) loses nothing.
        """
        ...

    @property
    def healthy(self) -> bool:
        """False after a failed write, until `reopen` has succeeded: nothing is accepted in between."""
        ...

    async def reopen(self) -> None:
        """Begin again after a failed write. What that write held may be there or not: read it again."""
        ...

    async def close(self) -> None:
        """Write what is queued, then let go of the storage."""
        ...


Followed = tuple[int, RunId, int, Event | Unreadable]
"""An event as those who follow all runs see it: its position, its run, its number in that run, and the event."""


class Followable(Protocol):
    """A journal, for those who follow it with a cursor of their own. Raises as `Journal` does."""

    async def follow(self, after: int, limit: int) -> Sequence[Followed]:
        """The next events of all runs behind position `after` (0: from the beginning), at most `limit`.

        Positions grow; they may leave numbers out, and are never given twice.
        """
        ...

    async def head(self) -> int:
        """The greatest position that was ever given; 0 before the first event."""
        ...

    async def still_there(self, runs: Sequence[RunId]) -> frozenset[RunId]:
        """Those of these runs that have not been forgotten."""
        ...

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        """See `Journal.read`."""
        ...
