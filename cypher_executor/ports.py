"""What the engine needs of the outside, as small protocols. Adapters keep them; `wiring` chooses which.

Every adapter of a port passes that port's one suite in `tests/contracts/`, so that one can stand in for another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cypher_executor.core.commands import Execute
from cypher_executor.core.events import Event, RunEnded, RunId, RunState
from cypher_executor.core.grants import RecipeGrants
from cypher_executor.core.keys import Key, KeyId
from cypher_executor.core.parts import Grants, Part
from cypher_executor.core.recipe import Digest, Recipe, Value
from cypher_executor.core.retention import Retention


class Clock(Protocol):
    """The time, and the ids that are made of it."""

    def now_us(self) -> int:
        """Microseconds since 1970 UTC. May jump when the machine's clock is set."""
        ...

    def new_run_id(self) -> RunId:
        """An id that nobody has, greater than the ones before it."""
        ...


# --- the journal ------------------------------------------------------------------------------------------------------


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
    """Which runs to list, newest first. `before` is the id of the last run that was seen."""

    tenant: str = "default"
    recipe: str | None = None
    states: frozenset[RunState] = frozenset()
    parent: RunId | None = None
    before: RunId | None = None
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


@dataclass(frozen=True, slots=True)
class RecipeVersion:
    """A stored recipe: a name points at its newest version unless it was rolled back."""

    tenant: str
    name: str
    version: int
    digest: Digest
    text: str
    created_us: int
    pins: Mapping[str, Digest] = field(default_factory=dict)
    """The modules of its parts when it was stored: its runs use them whatever has become of the parts since."""
    bill: Mapping[str, Value] | None = None
    """What it could reach when it was stored (`cypher.bill`); None for one that was stored before there were bills."""


class Catalog(Protocol):
    """The recipes that have names, and the text of every recipe that a run was ever started with."""

    async def save(
        self,
        tenant: str,
        name: str,
        digest: Digest,
        text: str,
        at_us: int,
        *,
        pins: Mapping[str, Digest] | None = None,
        bill: Mapping[str, Value] | None = None,
    ) -> RecipeVersion:
        """A new version of `name`, which becomes the current one. The same text with the same `pins` again gives the
        version it has, with this bill."""
        ...

    async def current(self, tenant: str, name: str) -> RecipeVersion | None:
        """The version that `name` points at."""
        ...

    async def versions(self, tenant: str, name: str) -> Sequence[RecipeVersion]:
        """All versions, oldest first; empty for an unknown name."""
        ...

    async def tenants(self) -> Sequence[str]:
        """Everybody who has a recipe, in order."""
        ...

    async def list_current(self, tenant: str) -> Sequence[RecipeVersion]:
        """The current version of every name, by name."""
        ...

    async def point(self, tenant: str, name: str, version: int) -> RecipeVersion | None:
        """Make an earlier version the current one; None if there is no such version."""
        ...

    async def using(self, part: str) -> Sequence[RecipeVersion]:
        """The current versions, of every tenant, that run the part of this name."""
        ...

    async def set_bill(self, tenant: str, name: str, version: int, bill: Mapping[str, Value]) -> None:
        """What a version can reach has changed, because what it starts has."""
        ...

    async def delete(self, tenant: str, name: str) -> bool:
        """Forget the name. Runs keep their recipes."""
        ...

    async def text(self, digest: Digest) -> str | None:
        """The text of a recipe that was stored under a name or used by a run."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recipe that may be run with this input: found, checked, its defaults filled in.

    `name` and `version` are None for a recipe that was sent along with the request.
    """

    recipe: Recipe
    input: Value
    name: str | None = None
    version: int | None = None
    pins: Mapping[str, Digest] = field(default_factory=dict)
    """The modules that this version's parts are; a part without one is what it is when the run starts."""


class Recipes(Protocol):
    """From names, texts and digests to recipes that can be run."""

    async def prepare(self, tenant: str, name: str, given: Value) -> Prepared:
        """The current version of `name`, with this input checked against its schema.

        Raises `errors.NotFound` (code `unknown_recipe`) or `errors.RequestInvalid` (code `input_invalid`).
        """
        ...

    async def by_digest(self, digest: Digest) -> Recipe:
        """A recipe that a run was started with. Raises `errors.NotFound` or `errors.RecipeInvalid`."""
        ...


# --- parts, and running them ------------------------------------------------------------------------------------------


class PartStore(Protocol):
    """The parts that exist. Looking up is from memory; only the bytes of a module may take time."""

    def find(self, name: str) -> Part | None:
        """The newest version of a part."""
        ...

    def by_digest(self, digest: Digest, name: str | None = None) -> Part | None:
        """The part whose module has this digest, older versions included.

        Several parts may have one module, with other grants each: with a `name` it is that part or none. Without, it
        is any of them, which is right only for what follows from the module.
        """
        ...

    def all(self) -> Sequence[Part]:
        """The newest version of every part, by name."""
        ...

    async def module(self, digest: Digest) -> bytes:
        """The bytes of a module, verified against the digest.

        Raises `errors.NotFound` when it is not here or not what it was, and `errors.Unavailable` (`part_unavailable`)
        when it may be here later.
        """
        ...


@dataclass(frozen=True, slots=True)
class PartVersion:
    """A part as it was brought to this service. `made`: it came without a manifest, so one was made."""

    number: int
    part: Part
    made: bool
    created_us: int


class OwnParts(PartStore, Protocol):
    """The parts that this service keeps itself: those that were brought to it, and others that something needs.

    All changes raise `errors.Unavailable` when the storage fails.
    """

    def versions(self, name: str) -> Sequence[PartVersion]:
        """All versions of a part that was brought here, oldest first; empty when there is none of this name."""
        ...

    async def put(self, part: Part, module: bytes, *, made: bool, at_us: int) -> PartVersion:
        """A new version of a part, which becomes the newest."""
        ...

    async def delete(self, name: str) -> bool:
        """Forget the name; whether it was there. Its modules stay for whoever began with them."""
        ...

    async def keep(self, part: Part, module: bytes) -> None:
        """Have this part stay here under its digest, and under no name."""
        ...


Inbox = Callable[[Sequence[tuple[RunId, Event]]], None]
"""Where answers to commands go. Called on the event loop, never blocks."""


class Dispatcher(Protocol):
    """Runs parts somewhere else, many at a time, and puts one event for each into the inbox that it was made with."""

    async def start(self) -> None:
        """Be ready to run parts."""
        ...

    def run_many(self, batch: Sequence[tuple[RunId, Execute]]) -> None:
        """Take these on; returns at once."""
        ...

    def interrupt(self, run: RunId, node: str, item: tuple[int, ...]) -> None:
        """This step's execution is no longer wanted: end it if it can be ended. Its answer may still arrive."""
        ...

    async def close(self) -> None:
        """End all workers. What they were doing stays unanswered."""
        ...


@dataclass(frozen=True, slots=True)
class CallContext:
    """For whom a call is carried out.

    `key` is the same whenever this call of this step is carried out, `timeout_ms` what is left of the attempt.
    `grants` is what the operator gave the part, `allowed` what the recipe lets its nodes reach: a call needs both.
    `recipe` is the name of the recipe, or its digest when it has none; `seed` is what the run's handles are made from.
    """

    run: RunId
    node: str
    item: tuple[int, ...]
    attempt: int
    part: str
    key: str
    timeout_ms: int | None = None
    grants: Grants = field(default_factory=Grants)
    allowed: RecipeGrants = field(default_factory=RecipeGrants)
    tenant: str = "default"
    recipe: str = ""
    seed: str = ""


CallHandler = Callable[[Mapping[str, Value], CallContext], Awaitable[Mapping[str, Value]]]
"""Carries out one op of `cypher.call`. The answer is `{"ok": true, ...}` or `{"ok": false, "error": {code, message,
retryable}}`; a handler raises only when it is cancelled."""


def failed_call(code: str, message: str, *, retryable: bool = False, **more: Value) -> Mapping[str, Value]:
    """The answer of a call that failed."""
    return {"ok": False, "error": {"code": code, "message": message, "retryable": retryable, **more}}


# --- what calls keep and open -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeySpace:
    """Whose keys: those of one recipe of one tenant. Nobody else sees them."""

    tenant: str
    recipe: str


@dataclass(frozen=True, slots=True)
class Once:
    """The name of one carrying out of a change, in its run: doing it again gives the first answer, and does nothing."""

    run: RunId
    op: str


class KeyValues(Protocol):
    """The key-value store of recipes. Values are JSON as bytes; what has expired is not there.

    All methods raise `errors.Unavailable` when the storage fails.
    """

    async def get(self, space: KeySpace, key: str, now_us: int) -> bytes | None:
        """The value of a key."""
        ...

    async def put(
        self, space: KeySpace, key: str, value: bytes, expires_us: int | None, now_us: int, once: Once
    ) -> None:
        """Set a key. Raises `errors.RequestInvalid` (`kv_full`) when the recipe has no room for it."""
        ...

    async def delete(self, space: KeySpace, key: str, now_us: int, once: Once) -> bool:
        """Forget a key; whether it was there."""
        ...


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A secret as it is stored: nothing in it tells the value. `hosts` are patterns of where it may go; none: any."""

    tenant: str
    name: str
    key_id: str
    nonce: bytes
    sealed: bytes
    hosts: tuple[str, ...]
    changed_us: int


class SecretStore(Protocol):
    """Where sealed secrets are kept. All methods raise `errors.Unavailable` when the storage fails."""

    async def put(self, secret: SealedSecret) -> None:
        """Store it, in the place of an earlier one of this name."""
        ...

    async def replace(self, old: SealedSecret, new: SealedSecret) -> bool:
        """Store the new one if the old one is still there; False when it has been changed meanwhile."""
        ...

    async def find(self, tenant: str, names: Iterable[str]) -> Sequence[SealedSecret]:
        """Those of these names that there are."""
        ...

    async def of_tenant(self, tenant: str) -> Sequence[SealedSecret]:
        """All secrets of a tenant, by name."""
        ...

    async def all(self) -> Sequence[SealedSecret]:
        """All secrets of everybody."""
        ...

    async def delete(self, tenant: str, name: str) -> bool:
        """Forget it; whether it was there."""
        ...


@dataclass(frozen=True, slots=True)
class OpenSecret:
    """A secret that is about to be sent. `hosts` as in `SealedSecret`."""

    value: str = field(repr=False)
    hosts: tuple[str, ...] = ()


class Secrets(Protocol):
    """Opens secrets for the egress, and for nobody else."""

    async def reveal(self, tenant: str, names: Iterable[str]) -> Mapping[str, OpenSecret]:
        """The secrets of these names that there are. Raises `errors.Unavailable` for one that cannot be opened."""
        ...


class KeyStore(Protocol):
    """Where API keys are kept: of each, what opens nothing. All methods raise `errors.Unavailable`."""

    async def add(self, key: Key) -> None:
        """Keep a new key."""
        ...

    async def revoke(self, key: KeyId, at_us: int) -> None:
        """From now on this key opens nothing. One that was revoked before stays as it is."""
        ...

    async def all(self) -> Sequence[Key]:
        """Every key of everybody, oldest first, revoked ones included."""
        ...


def names_of(parts: Iterable[Part]) -> tuple[str, ...]:
    """The names of these parts, sorted."""
    return tuple(sorted(p.name for p in parts))
