"""Commands: what a run asks for, in the imperative. The engine carries them out and answers each with one event.

`Execute` and `StartChild` may have to wait for a place among those of their node (`share`): the attempt that they are
of holds it from then on until it has ended, whatever else it asks for.

A command says everything that is needed to carry it out, so whoever does it needs to know nothing of the run. Commands
are worked out from events alone: a run that is replayed asks for the same things in the same words.

| command    | answered by                                                   | may go ahead of the disk           |
| ---        | ---                                                           | ---                                |
| Execute    | AttemptSucceeded, AttemptFailed, AttemptLost or CallRequested | yes: effects come with Perform     |
| Perform    | CallAnswered                                                  | no: this is where effects happen   |
| StartTimer | TimerFired                                                    | yes                                |
| StartChild | ChildStarted (then ChildEnded, if it waits), or AttemptFailed | once its run has begun on disk     |
| WatchRuns  | one WatchedEnded for each run, or AttemptFailed               | yes                                |
| AwaitCallback | CallbackReceived, CallbackChecked if it had come before, or CallAnswered | yes                  |
| Interrupt  | nothing: it takes back what the step had asked for            | yes                                |
| Conclude   | RunEnded                                                      | yes: the answer to a caller waits  |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cypher_executor.core.events import Item, RunId, RunState
from cypher_executor.core.recipe import Digest, Value
from cypher_executor.errors import Failure

Place = tuple[int, str]
"""At most so many attempts of this node are to be under way at once, in all runs of its recipe, among those for which
its key has this value, as JSON (empty for a node without a key)."""

Call = tuple[Mapping[str, Value], Mapping[str, Value]]
"""One entry of a tape: what a part asked, and what it was answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execute:
    """Run a part once, from its beginning, with this tape.

    `timeout_ms` is what is left of the attempt's wall time, None for no other bound than the part's own limits.
    `clock_us` is where the recorded clock of the attempt begins, `seed` what its recorded randomness is made from.
    """

    node: str
    item: Item = ()
    attempt: int
    part: str
    digest: Digest
    input: Value
    tape: tuple[Call, ...] = ()
    timeout_ms: int | None = None
    clock_us: int
    seed: str
    share: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Perform:
    """Carry out a call of a part. `key` is the same every time that this call of this step is carried out."""

    node: str
    item: Item = ()
    attempt: int
    number: int
    part: str
    digest: Digest
    request: Mapping[str, Value]
    key: str
    timeout_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTimer:
    """Say so once `due_us` has passed, never before. An empty `node` means a timer of the whole run.

    A `TimerFired` whose `at_us` is before `due_us` answers another timer, of which nothing is wanted any more. A timer
    that is not wanted any more is not taken back: it may fire in vain.
    """

    node: str
    item: Item = ()
    attempt: int
    due_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartChild:
    """Start a run of `workflow`. `once` makes sure that carrying this out again finds the run of the first time.

    `key` is the author's own idempotency key, which takes the place of `once` where it is given.
    """

    node: str
    item: Item = ()
    attempt: int
    workflow: str
    input: Value
    wait: bool
    once: str
    key: str | None = None
    depth: int = 1
    share: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRuns:
    """Tell this step of the end of each of these runs, also of those that have ended already."""

    node: str
    item: Item = ()
    attempt: int
    runs: tuple[RunId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitCallback:
    """Let the address of this wait be called. Nothing is to be done for that, but to know of it.

    `body` is that of a callback which came before the wait began, in a list of one: it is held against `schema`.
    `call` is the number of the call by which a part waits, None for the node that does nothing else.
    """

    node: str
    item: Item = ()
    attempt: int
    turn: int
    number: int
    schema: Value = None
    note: str | None = None
    body: tuple[Value, ...] = ()
    call: int | None = None
    digest: Digest | None = None
    until_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupt:
    """Whatever this step is doing is no longer wanted."""

    node: str
    item: Item = ()
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclude:
    """The run is over: record its end."""

    state: RunState
    result: Value = None
    failure: Failure | None = None


Command = Execute | Perform | StartTimer | StartChild | WatchRuns | AwaitCallback | Interrupt | Conclude
