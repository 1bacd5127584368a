"""Events: the facts of a run, in the past tense. Nothing else changes a run, and nothing else is journaled.

Each answers one command of `commands.py`, or comes from outside (a run was started, a cancel was asked for). What can
be worked out again from the events before it - a skipped node, a join, a step that is evaluated in the engine, an
expression that fails - is not an event, so a journal holds the least that a run can be rebuilt from.

`node` and `item` name a step: a node, and in loops the index of each enclosing loop (`()` outside of loops). `at_us` is
when it happened, in microseconds since 1970 UTC, taken from the clock by whoever reports the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, NewType, TypeVar

from cypher_executor.core.recipe import Digest, Value
from cypher_executor.errors import Failure

RunId = NewType("RunId", str)
"""`run_` and a ULID, so that ids sort by the time at which they were made."""

Item = tuple[int, ...]
"""The index of a loop item, one number for each enclosing loop, outermost first; `()` outside of loops."""

RunState = Literal["pending", "running", "waiting", "retrying", "succeeded", "failed", "cancelled", "skipped"]
"""The states of runs and of steps: the same eight words everywhere."""

_T = TypeVar("_T", bound="Event | Parent | Origin | Inherited | Failure")

FINAL_STATES: frozenset[str] = frozenset({"succeeded", "failed", "cancelled", "skipped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The step of another run that started this one, and whether it waits for this one to end."""

    run: RunId
    node: str
    item: Item = ()
    attempt: int = 1
    wait: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """The result that a step of another run had, and that a step of this one ends with instead of doing it again.

    `within` is a digest of the loop items around it, empty outside of loops: it is the result of equal items only.
    `attempts` is how many it took.
    """

    node: str
    item: Item = ()
    output: Value = None
    failure: Failure | None = None
    attempts: int = 0
    within: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a run is besides one of its whole recipe from the beginning: a fork, or a run of a part of its recipe.

    `run` is where the results come from. A fork begins anew at the step `node` (of `item`, or of all items that this
    is the beginning of). With `only`, no other nodes are run.
    """

    run: RunId | None = None
    node: str | None = None
    item: Item = ()
    only: tuple[str, ...] | None = None
    results: tuple[Inherited, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run was accepted. It keeps what it starts with: the recipe and the digest of every part."""

    at_us: int
    run: RunId
    recipe: Digest
    name: str | None
    version: int | None
    input: Value
    trigger: Mapping[str, Value]
    parts: Mapping[str, Digest]
    tenant: str = "default"
    parent: Parent | None = None
    depth: int = 0
    """How many runs stand above this one."""
    family: RunId | None = None
    """The run from outside that this one descends from; None for one that was started from outside itself."""
    seed: str = ""
    """What the handles of this run are made from: chance that no other run has."""
    address: str = ""
    """Where the service was to be reached when the run began: what the addresses of its waits begin with."""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptSucceeded:
    """A part gave an output. `started_us` is when a worker began with it."""

    at_us: int
    node: str
    item: Item = ()
    attempt: int
    output: Value
    started_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed:
    """A part reported a failure, trapped, ran out of a limit, or could not be started."""

    at_us: int
    node: str
    item: Item = ()
    attempt: int
    failure: Failure
    started_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLost:
    """The worker went down while it held this attempt. That is not the part's answer: the attempt is made again."""

    at_us: int
    node: str
    item: Item = ()
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequested:
    """A part stopped at its call number `number` (from 0), which is not on its tape yet."""

    at_us: int
    node: str
    item: Item = ()
    attempt: int
    number: int
    request: Mapping[str, Value]
    started_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered:
    """The call was carried out; `answer` is what the part will find on its tape."""

    at_us: int
    node: str
    item: Item = ()
    attempt: int
    number: int
    answer: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """A timer of a step (`node`), or of the whole run (`node` is empty), has come due."""

    at_us: int
    node: str
    item: Item = ()
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildStarted:
    """The run that a step asked for is durably accepted."""

    at_us: int
    node: str
    item: Item = ()
    attempt: int
    child: RunId
    workflow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEnded:
    """The run that a step waits for has reached its end."""

    at_us: int
    node: str
    item: Item = ()
    attempt: int
    child: RunId
    state: RunState
    result: Value
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildPaused:
    """The run that a step waits for waits for somebody itself, for a callback or because it was paused."""

    at_us: int
    node: str
    item: Item = ()
    attempt: int
    child: RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedEnded:
    """One of the runs that a step watches has reached its end. `duration_ms` is how long it took."""

    at_us: int
    node: str
    item: Item = ()
    attempt: int
    run: RunId
    workflow: str | None
    state: RunState
    result: Value
    failure: Failure | None = None
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackReceived:
    """The address of a wait was called, with this body; it fits the schema of the wait, if that has begun.

    A wait is known by its step, the turn of the step, and its number among the waits of that turn, from 0. It may not
    have begun yet: then the callback is kept for it.
    """

    at_us: int
    node: str
    item: Item = ()
    turn: int = 1
    number: int = 0
    body: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackChecked:
    """A callback that had come before its wait was held against the schema. `problem` says why it does not fit."""

    at_us: int
    node: str
    item: Item = ()
    attempt: int
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequested:
    """Somebody asked that nothing more begins until further notice. What is going on goes on."""

    at_us: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRequested:
    """Somebody asked a paused run to go on."""

    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReopened:
    """A run that failed or was cancelled goes on from the steps that failed or were cancelled (`replay.py`)."""

    at_us: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequested:
    """Somebody asked for the end of the run."""

    at_us: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """The run has reached its one final state. The last event, unless somebody reopens the run."""

    at_us: int
    state: RunState
    result: Value = None
    failure: Failure | None = None


StepEvent = (
    AttemptSucceeded
    | AttemptFailed
    | AttemptLost
    | CallRequested
    | CallAnswered
    | TimerFired
    | ChildStarted
    | ChildEnded
    | ChildPaused
    | WatchedEnded
    | CallbackChecked
)
"""The events that answer a command of one step."""

Wish = CancelRequested | PauseRequested | ResumeRequested | RunReopened
"""The events by which somebody outside steers a run."""

Event = RunStarted | StepEvent | CallbackReceived | Wish | RunEnded

_KINDS: Mapping[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        RunStarted,
        AttemptSucceeded,
        AttemptFailed,
        AttemptLost,
        CallRequested,
        CallAnswered,
        TimerFired,
        ChildStarted,
        ChildEnded,
        ChildPaused,
        WatchedEnded,
        CallbackReceived,
        CallbackChecked,
        CancelRequested,
        PauseRequested,
        ResumeRequested,
        RunReopened,
        RunEnded,
    )
}

_FIELDS: Mapping[type[Any], frozenset[str]] = {
    type_: frozenset(field.name for field in fields(type_))
    for type_ in (*_KINDS.values(), Parent, Origin, Inherited, Failure)
}


def kind_of(event: Event) -> str:
    """The name under which a journal files this event."""
    return type(event).__name__


def from_record(kind: str, record: Mapping[str, Any]) -> Event:
    """The event that a journal filed as `kind` with these JSON fields.

    Fields that this version does not know are an error, never dropped: a journal is not guessed at.
    Raises ValueError for a kind or a field that this version does not know, and for a field that is missing.
    """
    if kind not in _KINDS:
        raise ValueError(f"unknown event {kind!r}: the journal was written by a newer version")
    values = dict(record)
    if values.get("parent") is not None:
        values["parent"] = _made(Parent, kind, dict(values["parent"]))
    if values.get("origin") is not None:
        values["origin"] = _origin(kind, dict(values["origin"]))
    return _made(_KINDS[kind], kind, values)


def _origin(kind: str, values: dict[str, Any]) -> Origin:
    values["results"] = tuple(_made(Inherited, kind, dict(result)) for result in values.get("results", ()))
    if values.get("only") is not None:
        values["only"] = tuple(values["only"])
    return _made(Origin, kind, values)


def _made(type_: type[_T], kind: str, values: dict[str, Any]) -> _T:
    """One dataclass of these fields. An item has become a list on its way through JSON, a failure a map."""
    if values.get("failure") is not None:
        values["failure"] = _made(Failure, kind, dict(values["failure"]))
    if not values.keys() <= _FIELDS[type_]:
        raise ValueError(f"event {kind!r} has unknown fields {sorted(values.keys() - _FIELDS[type_])}")
    if "item" in values:
        values["item"] = tuple(values["item"])
    try:
        return type_(**values)
    except TypeError as error:
        raise ValueError(f"event {kind!r} lacks fields: {error}") from error
