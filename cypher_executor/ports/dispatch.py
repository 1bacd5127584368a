"""Running parts, and carrying out the calls that they make."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cypher_executor.core.commands import Execute
from cypher_executor.core.events import Event, RunId
from cypher_executor.core.grants import RecipeGrants
from cypher_executor.core.parts import Grants
from cypher_executor.core.recipe import Value

Inbox = Callable[[Sequence[tuple[RunId, Event]]], None]
"""Where answers to commands go. Called on the event loop, never blocks."""


FoundLong = Callable[[RunId, Execute], None]
"""Hears of an execution that is thought to take long although it was not handed over as such. Never blocks."""


class Dispatcher(Protocol):
    """Runs parts somewhere else, many at a time, and puts one event for each into the inbox that it was made with."""

    async def start(self) -> None:
        """Be ready to run parts."""
        ...

    def run_many(self, batch: Sequence[tuple[RunId, Execute]], *, long: bool = False) -> None:
        """Take these on; returns at once. `long`: they are thought to take long, and must not hold up others."""
        ...

    def tell_long(self, hear: FoundLong) -> None:
        """From now on tell `hear` of every execution that turns out to take long while it is under way."""
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
