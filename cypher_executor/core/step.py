"""A step: one node in one run, with everything that has happened to it. The run machine alone changes it."""

from __future__ import annotations

from dataclasses import dataclass, field

from cypher_executor.core.commands import Call, Place
from cypher_executor.core.events import FINAL_STATES, Inherited, Item, RunId, RunState
from cypher_executor.core.orchestration import Watch
from cypher_executor.core.recipe import Node, Value
from cypher_executor.core.regions import Region
from cypher_executor.errors import Failure


@dataclass(slots=True)
class Attempt:
    """One try of a step. `ended_us` is None while it goes on, `failure` None unless it failed.

    `started_us` is when a worker really began, once that is known. `clock_us` is when the attempt was asked for: where
    its recorded clock begins, and the same for every execution of it, because a part must see the same each time.
    """

    number: int
    started_us: int
    clock_us: int
    ended_us: int | None = None
    failure: Failure | None = None
    succeeded: bool = False
    held_us: int = 0
    """How long it was held up by a pause of the run; that time does not count."""


@dataclass(slots=True)
class Watching:
    """The runs that a step watches, as it asked for: those that have not ended, and what became of the others."""

    asked: Watch
    pending: dict[RunId, None]
    results: dict[RunId, Value] = field(default_factory=dict)
    succeeded: list[RunId] = field(default_factory=list)
    failed: list[RunId] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Step:
    """The state of one node in one run (in a loop: for one item).

    Before it begins, a step counts its incoming relationships: `unsettled` of them may still be taken, `taken` were.
    `arrived` are the sources of those that were, `failed` the sources of others that failed or were cancelled.
    While it is open, `attempts` grows; the tape belongs to the newest attempt. A step that repeats is in turn number
    `turn`; `earlier` attempts belong to the turns before. `earlier_turns` were taken before the run was reopened.
    """

    node: Node
    region: Region
    item: Item
    unsettled: int
    taken: int = 0
    arrived: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    state: RunState = "pending"
    input: Value = None
    output: Value = None
    failure: Failure | None = None
    handled: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    started_us: int | None = None
    ended_us: int | None = None
    tape: list[Call] = field(default_factory=list)
    calling: Call | None = None
    losses: int = 0
    share: Place | None = None
    """What the newest attempt needs a place among."""
    child: RunId | None = None
    turn: int = 1
    earlier: int = 0
    earlier_turns: int = 0
    resting: bool = False
    """Between two turns."""
    watching: Watching | None = None
    held_since_us: int | None = None
    """When it was about to begin something, and found the run paused."""
    held_us: int = 0
    """How long pauses of the run have held it up; its deadline does not count that."""
    forgiven: int = 0
    """How many of its failures were taken back because somebody reopened the run."""
    anew: bool = False
    """Its newest attempt began where a failure was taken back: nobody has been asked for it yet."""
    inherited: Inherited | None = None
    """The result of another run that it has ended with, without an attempt of its own."""
    cleaning: bool = False
    """A taken `ON_COMPLETE` led here: it may still begin when the run closes, because cleaning up is its purpose."""
    name: str = field(init=False)
    """The name of the node."""

    def __post_init__(self) -> None:
        self.name = self.node.name

    @property
    def ended(self) -> bool:
        """Whether it has reached its final state."""
        return self.state in FINAL_STATES

    @property
    def going_on(self) -> bool:
        """Whether it has begun and not ended."""
        return self.state != "pending" and self.state not in FINAL_STATES

    @property
    def attempt(self) -> int:
        """The number of the newest attempt, from 1; 0 before the first."""
        return len(self.attempts)

    @property
    def value(self) -> Value:
        """What expressions see under the name of the node."""
        if self.state == "succeeded":
            return self.output
        if self.state == "failed":
            return {"error": self.error()}
        return None

    def error(self) -> dict[str, Value]:
        """The failure as `ON_FAIL` branches and callers see it."""
        assert self.failure is not None
        failure = self.failure
        seen = {
            "code": failure.code,
            "message": failure.message,
            "retryable": failure.retryable,
            "attempts": self.attempt if self.inherited is None else self.inherited.attempts,
        }
        return {**seen, "details": dict(failure.details)} if failure.details else seen


@dataclass(frozen=True, slots=True)
class Output:
    """A step has succeeded with this."""

    value: Value


Outcome = Output | Failure | None
"""What became of a step; None while it goes on."""
