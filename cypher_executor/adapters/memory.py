"""Journal and catalog in memory: for `check`, for trying a recipe out, and for tests. Nothing outlives the process.

They keep the same contracts as the durable ones (one suite tests them all), with "on disk" read as "in the list".
"""

from __future__ import annotations

import asyncio
import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from operator import itemgetter

from cypher_executor import errors
from cypher_executor.core.events import ChildStarted, Event, RunEnded, RunId, RunReopened, RunStarted
from cypher_executor.core.recipe import Digest, Value
from cypher_executor.core.retention import Retention
from cypher_executor.ports import (
    Appended,
    Claim,
    Claimed,
    Entry,
    Outcome,
    RecipeVersion,
    RunFilter,
    RunSummary,
    Stale,
    Unreadable,
)

Position = tuple[int, RunId, int, Event]


@dataclass(frozen=True, slots=True)
class _Held:
    claim: Claim
    run: RunId
    since_us: int

    def at(self, now_us: int) -> bool:
        return self.claim.keep_us is None or now_us < self.since_us + self.claim.keep_us


class MemoryJournal:
    """`ports.Journal` in memory. `texts`, when shared with a `MemoryCatalog`, gets the text of each run's recipe."""

    healthy = True

    def __init__(self, now_us: Callable[[], int], texts: dict[Digest, str] | None = None) -> None:
        self._now_us = now_us
        self._texts = {} if texts is None else texts
        self._all: list[Position] = []
        self._positions = count(1)
        self._head = 0
        self._runs: dict[RunId, list[Event]] = {}
        self._summaries: dict[RunId, RunSummary] = {}
        self._claims: dict[tuple[str, str], _Held] = {}
        self._closed = False

    def append(self, entries: Sequence[Entry]) -> asyncio.Future[Sequence[Outcome]]:
        """See `ports.Journal`. The answer is there at once."""
        done: asyncio.Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
        if self._closed:
            done.set_exception(errors.Unavailable("the journal is closed", code="journal_unavailable"))
        else:
            done.set_result([self._append(entry) for entry in entries])
        return done

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        """The events of a run in order, without the first `after`; empty for an unknown run."""
        return self._runs.get(run, [])[after:]

    async def read_many(self, runs: Sequence[RunId]) -> Sequence[Sequence[Event] | Unreadable]:
        """The events of each of these runs. In memory, all of them can be read."""
        return [await self.read(run) for run in runs]

    async def end(self, run: RunId) -> RunEnded | None:
        """How a run ended; None while it goes on, and for an unknown run."""
        events = self._runs.get(run)
        last = events[-1] if events else None
        return last if isinstance(last, RunEnded) else None

    async def follow(self, after: int, limit: int) -> Sequence[Position]:
        """The next events of all runs behind position `after`, each with its position, run and number in the run."""
        first = bisect_right(self._all, after, key=itemgetter(0))
        return self._all[first : first + limit]

    async def head(self) -> int:
        """The greatest position that was ever given; 0 before the first event."""
        return self._head

    async def still_there(self, runs: Sequence[RunId]) -> frozenset[RunId]:
        """Those of these runs that have not been forgotten."""
        return frozenset(run for run in runs if run in self._runs)

    async def open_runs(self) -> Sequence[RunId]:
        """Every run without an end, in the order in which they began."""
        return [run for run, summary in self._summaries.items() if _is_open(summary)]

    async def summary(self, run: RunId) -> RunSummary | None:
        """One run as lists show it."""
        return self._summaries.get(run)

    async def list_runs(self, which: RunFilter) -> Sequence[RunSummary]:
        """The runs that fit, newest first."""
        fitting = (summary for summary in self._summaries.values() if _fits(summary, which))
        return heapq.nlargest(which.limit, fitting, key=lambda summary: summary.id)

    async def children(self, run: RunId) -> Sequence[RunSummary]:
        """The runs that this run started, oldest first."""
        return [summary for summary in self._summaries.values() if summary.parent == run]

    async def claimed(self, claim: Claim) -> Claimed | None:
        """Who holds this key now."""
        return self._holder(claim, self._now_us())

    async def expire(self, retention: Retention, now_us: int) -> int:
        """See `ports.Journal`. All at once: in memory that holds nobody up."""
        needed = self._needed(now_us)
        unwanted = [run for run in self._unwanted(retention, now_us) if run not in needed]
        for run in unwanted:
            self._forget(run)
        self._claims = {key: held for key, held in self._claims.items() if held.run in self._runs}
        self._all = [position for position in self._all if position[1] in self._runs]
        return len(unwanted)

    async def reopen(self) -> None:
        """Memory does not fail."""

    async def close(self) -> None:
        """Take nothing more on."""
        self._closed = True

    def _append(self, entry: Entry) -> Outcome:
        assert entry.events, "an entry has events"
        assert (entry.after == 0) == (entry.opening is not None), "a run begins with an opening, and only then"
        version = len(self._runs.get(entry.run, ()))
        if version != entry.after:
            return Stale(version)
        if holder := self._open(entry):
            return holder
        self._file(entry)
        return Appended()

    def _open(self, entry: Entry) -> Claimed | None:
        """File a new run, unless its key belongs to another."""
        started, opening = entry.events[0], entry.opening
        if opening is None:
            return None
        assert isinstance(started, RunStarted) and started.run == entry.run, "a run begins with its own RunStarted"
        if claim := opening.claim:
            if holder := self._holder(claim, started.at_us):
                return holder
            self._claims[claim.scope, claim.key] = _Held(claim, entry.run, started.at_us)
        self._texts.setdefault(started.recipe, opening.recipe_text)
        self._runs[entry.run] = []
        self._summaries[entry.run] = _begun(started, imported=opening.imported)
        return None

    def _file(self, entry: Entry) -> None:
        events = self._runs[entry.run]
        for event in entry.events:
            events.append(event)
            self._head = next(self._positions)
            self._all.append((self._head, entry.run, len(events), event))
            if isinstance(event, RunEnded):
                summary = self._summaries[entry.run]
                self._summaries[entry.run] = replace(summary, state=event.state, ended_us=event.at_us)
            elif isinstance(event, RunReopened):
                self._summaries[entry.run] = replace(self._summaries[entry.run], state="running", ended_us=None)

    def _unwanted(self, retention: Retention, now_us: int) -> Iterable[RunId]:
        kinds: dict[tuple[str, str | None, str], list[RunSummary]] = {}
        for one in self._summaries.values():
            if one.ended_us is not None and not one.imported:
                kinds.setdefault((one.tenant, one.recipe, one.state), []).append(one)
        for kind in kinds.values():
            kind.sort(key=lambda one: one.ended_us or 0)
            for newer, one in enumerate(reversed(kind)):
                if not retention.of(one.recipe, one.state).wants(now_us - (one.ended_us or 0), newer):
                    yield one.id

    def _needed(self, now_us: int) -> set[RunId]:
        """Runs that something asks for: an open run that has them as children, or a key that is remembered."""
        named = {
            event.child
            for run, events in self._runs.items()
            if _is_open(self._summaries[run])
            for event in events
            if isinstance(event, ChildStarted)
        }
        below = {one.id for one in self._summaries.values() if one.parent and self._is_open(one.parent)}
        keys = {held.run for held in self._claims.values() if held.claim.keep_us is not None and held.at(now_us)}
        return named | below | keys

    def _is_open(self, run: RunId) -> bool:
        return run in self._summaries and _is_open(self._summaries[run])

    def _forget(self, run: RunId) -> None:
        del self._runs[run], self._summaries[run]

    def _holder(self, claim: Claim, now_us: int) -> Claimed | None:
        held = self._claims.get((claim.scope, claim.key))
        if held is None or not held.at(now_us):
            return None
        return Claimed(held.run, held.claim.fingerprint == claim.fingerprint)


class MemoryCatalog:
    """`ports.Catalog` in memory."""

    def __init__(self, texts: dict[Digest, str] | None = None) -> None:
        self._texts = {} if texts is None else texts
        self._versions: dict[tuple[str, str], list[RecipeVersion]] = {}
        self._current: dict[tuple[str, str], RecipeVersion] = {}
        self._last: dict[tuple[str, str], int] = {}

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
        """See `ports.Catalog`. A text that the name had before becomes current again under its old number."""
        versions, what = self._versions.setdefault((tenant, name), []), (digest, text, dict(pins or {}))
        at = next((i for i, v in enumerate(versions) if (v.digest, v.text, v.pins) == what), None)
        if at is None:
            self._last[tenant, name] = number = self._last.get((tenant, name), 0) + 1
            version = RecipeVersion(tenant, name, number, digest, text, at_us, dict(pins or {}), bill)
            versions.append(version)
            self._texts.setdefault(digest, text)
        else:
            versions[at] = version = replace(versions[at], bill=versions[at].bill if bill is None else bill)
        self._current[tenant, name] = version
        return version

    async def current(self, tenant: str, name: str) -> RecipeVersion | None:
        """The version that `name` points at."""
        return self._current.get((tenant, name))

    async def versions(self, tenant: str, name: str) -> Sequence[RecipeVersion]:
        """All versions, oldest first; empty for an unknown name."""
        return list(self._versions.get((tenant, name), ()))

    async def tenants(self) -> Sequence[str]:
        """See `ports.Catalog`."""
        return sorted({tenant for tenant, _ in self._current})

    async def list_current(self, tenant: str) -> Sequence[RecipeVersion]:
        """The current version of every name, by name."""
        return _by_name(version for version in self._current.values() if version.tenant == tenant)

    async def point(self, tenant: str, name: str, version: int) -> RecipeVersion | None:
        """Make an earlier version the current one; None if there is no such version."""
        found = next((v for v in self._versions.get((tenant, name), ()) if v.version == version), None)
        if found:
            self._current[tenant, name] = found
        return found

    async def using(self, part: str) -> Sequence[RecipeVersion]:
        """The current versions, of every tenant, that run the part of this name."""
        return _by_name(version for version in self._current.values() if part in version.pins)

    async def set_bill(self, tenant: str, name: str, version: int, bill: Mapping[str, Value]) -> None:
        """What a version can reach has changed, because what it starts has."""
        versions = self._versions.get((tenant, name), [])
        versions[:] = [replace(v, bill=bill) if v.version == version else v for v in versions]
        current = self._current.get((tenant, name))
        if current is not None and current.version == version:
            self._current[tenant, name] = replace(current, bill=bill)

    async def delete(self, tenant: str, name: str) -> bool:
        """Forget the name. Runs keep their recipes, and its version numbers are not given again."""
        self._versions.pop((tenant, name), None)
        return self._current.pop((tenant, name), None) is not None

    async def text(self, digest: Digest) -> str | None:
        """The text of a recipe that was stored under a name or used by a run."""
        return self._texts.get(digest)


def _is_open(summary: RunSummary) -> bool:
    return summary.ended_us is None and not summary.imported


def _begun(started: RunStarted, *, imported: bool) -> RunSummary:
    return RunSummary(
        id=started.run,
        recipe=started.name,
        version=started.version,
        digest=started.recipe,
        state="running",
        started_us=started.at_us,
        ended_us=None,
        tenant=started.tenant,
        parent=started.parent.run if started.parent else None,
        imported=imported,
    )


def _fits(summary: RunSummary, which: RunFilter) -> bool:
    return (
        summary.tenant == which.tenant
        and (which.recipe is None or summary.recipe == which.recipe)
        and (not which.states or summary.state in which.states)
        and (which.parent is None or summary.parent == which.parent)
        and (which.before is None or summary.id < which.before)
        and (which.first is None or summary.id >= which.first)
    )


def _by_name(versions: Iterable[RecipeVersion]) -> list[RecipeVersion]:
    return sorted(versions, key=lambda version: version.name)
