"""`cache`: what a pure part gave for an input, to be given again for an equal one instead of executing the part.

Known under the digest of the module, the input as JSON in a canonical form, and the tenant: nothing of one tenant is
seen by another, everything is shared by all runs and recipes of one. How old an output may be is what the node that
asks says. Only outputs are kept, never failures, and only of parts that cannot call out.

A part is pure as far as the outside goes, but it is given a clock and randomness. So trust is checked: one in fifty
answers is not given but worked out again, and compared. When it differs, the service's log has an error that names the
part, and what was kept is forgotten. Which ones are checked follows from the input and a count, not from chance.

Bounded in entries and bytes; what was not used for longest goes first. `Outputs` has a copy that outlives the service,
and is never waited for: what it has comes in when it comes in, and what is kept here anew counts more.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptSucceeded, Event, Item, RunId
from cypher_executor.core.fingerprint import canonical
from cypher_executor.core.recipe import Value
from cypher_executor.engine.live import Live
from cypher_executor.ports import Clock, Inbox, KeptOutput, Outputs, PartStore

_log = logging.getLogger(__name__)

CHECKED_EVERY = 50
MAX_ENTRIES = 10_000
MAX_BYTES = 64 * 1024 * 1024
LARGEST_BYTES = 1024 * 1024
"""An output of more than this is not kept."""


@dataclass(slots=True)
class _Kept:
    """An output as JSON, when it was given, and how often it could have been given again."""

    output: bytes
    at_us: int
    uses: int = 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """An execution whose output will be kept; with `check`, compared to what is kept instead."""

    attempt: int
    key: bytes
    part: str
    check: bool


class Cache:
    """Outputs that are known. Answers that are given from here go to `inbox`."""

    def __init__(self, parts: PartStore, clock: Clock, inbox: Inbox, outputs: Outputs | None = None) -> None:
        self._parts = parts
        self._outputs = outputs
        self._clock = clock
        self._inbox = inbox
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._bytes = 0
        self._asked: dict[RunId, dict[tuple[str, Item], _Asked]] = {}
        self.hits = 0
        """How many executions were answered from here."""

    def __len__(self) -> int:
        return len(self._kept)

    def answers(self, live: Live, execute: Execute) -> bool:
        """Whether the output is known and has been delivered. If not, it will be kept when there is one."""
        keep_ms = live.run.recipe.nodes[execute.node].cache_ms
        if keep_ms is None or not self._is_pure(execute):
            return False
        key, check = self._key(live, execute), False
        kept = self._fresh(key, keep_ms)
        if kept is not None and not self._is_checked(live.id, execute):
            kept.uses += 1
            check = (kept.uses + key[0]) % CHECKED_EVERY == 0
            if not check:
                self._answer(live.id, execute, kept)
                return True
        if not self._is_checked(live.id, execute):
            asked = _Asked(execute.attempt, key, execute.part, check)
            self._asked.setdefault(live.id, {})[execute.node, execute.item] = asked
        return False

    def answered(self, run: RunId, event: Event) -> None:
        """An execution was answered: keep the output if somebody wants that, or compare it."""
        if not self._asked or not isinstance(event, AttemptSucceeded):
            return
        asked = self._asked.get(run, {}).get((event.node, event.item))
        if asked is None or asked.attempt != event.attempt:
            return
        self.forget_step(run, event.node, event.item)
        output = canonical(event.output).encode()
        if asked.check:
            self._compare(asked, output)
        else:
            self._keep(asked.key, output)

    def forget_step(self, run: RunId, node: str, item: Item) -> None:
        """The output of this step is not waited for any more."""
        steps = self._asked.get(run)
        if steps is not None and steps.pop((node, item), None) is not None and not steps:
            del self._asked[run]

    def ended(self, run: RunId) -> None:
        """No output of this run is waited for any more."""
        self._asked.pop(run, None)

    def forget_asked(self) -> None:
        """No output is waited for any more: all executions will be asked for again. What is kept stays."""
        self._asked.clear()

    # --- looking up ---------------------------------------------------------------------------------------------------

    def _is_pure(self, execute: Execute) -> bool:
        part = self._parts.by_digest(execute.digest, execute.part)
        return part is not None and part.pure and not execute.tape

    def _key(self, live: Live, execute: Execute) -> bytes:
        text = canonical([live.started.tenant, execute.digest, execute.input])
        return hashlib.sha256(text.encode()).digest()

    def _fresh(self, key: bytes, keep_ms: int) -> _Kept | None:
        """What is kept, unless it is too old. Something from the future, after a clock was set back, is no use."""
        kept = self._kept.get(key)
        if kept is None or not 0 <= self._clock.now_us() - kept.at_us < keep_ms * 1000:
            return None
        self._kept.move_to_end(key)
        return kept

    def _is_checked(self, run: RunId, execute: Execute) -> bool:
        """Whether this very execution was chosen for a check when it was asked for."""
        asked = self._asked.get(run, {}).get((execute.node, execute.item))
        return asked is not None and asked.attempt == execute.attempt and asked.check

    def _answer(self, run: RunId, execute: Execute, kept: _Kept) -> None:
        self.hits += 1
        self.forget_step(run, execute.node, execute.item)
        now_us = self._clock.now_us()
        answer = AttemptSucceeded(
            at_us=now_us,
            node=execute.node,
            item=execute.item,
            attempt=execute.attempt,
            output=_value(kept.output),
            started_us=now_us,
        )
        self._inbox([(run, answer)])

    # --- keeping ------------------------------------------------------------------------------------------------------

    def take(self, earlier: Sequence[KeptOutput]) -> None:
        """What an earlier service has kept, least recently kept first: as if it had not been used since."""
        for one in reversed(earlier):
            if one.key in self._kept:
                continue
            self._kept[one.key] = _Kept(one.output, one.at_us)
            self._kept.move_to_end(one.key, last=False)
            self._bytes += len(one.output)
        self._bound()

    def _keep(self, key: bytes, output: bytes) -> None:
        uses = self._drop(key)
        if len(output) > LARGEST_BYTES:
            return
        now_us = self._clock.now_us()
        self._kept[key] = _Kept(output, now_us, uses)
        self._bytes += len(output)
        if self._outputs is not None:
            self._outputs.keep(KeptOutput(key, now_us, output))
        self._bound()

    def _bound(self) -> None:
        while len(self._kept) > MAX_ENTRIES or self._bytes > MAX_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: bytes) -> int:
        """Forget what is kept; gives how often it was used."""
        kept = self._kept.pop(key, None)
        if kept is None:
            return 0
        self._bytes -= len(kept.output)
        if self._outputs is not None:
            self._outputs.drop(key)
        return kept.uses

    def _compare(self, asked: _Asked, output: bytes) -> None:
        kept = self._kept.get(asked.key)
        if kept is not None and kept.output != output:
            _log.error(
                "part %r gave two different outputs for one input: it must not have `cache` on its nodes, because its "
                "output follows from the time or from chance; what was kept is forgotten",
                asked.part,
            )
            self._drop(asked.key)


def _value(output: bytes) -> Value:
    return json.loads(output)
