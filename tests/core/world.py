"""Random recipes and random worlds: whatever may be drawn, and whatever may happen to it, in any order.

Both are made from a `random.Random`, which a property gets from Hypothesis (and so may shrink) and a planted defect
from a counted seed (and so is found again). A world answers for a while as it likes - late, out of order, twice,
wrongly, with lost workers and cancels in between - and then brings the run to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from cypher_executor.core.commands import Command, Conclude, Execute, Interrupt, Perform, StartChild, StartTimer
from cypher_executor.core.events import (
    AttemptFailed,
    AttemptLost,
    AttemptSucceeded,
    CallAnswered,
    CallRequested,
    CancelRequested,
    ChildEnded,
    ChildStarted,
    Event,
    RunEnded,
    RunId,
    TimerFired,
)
from cypher_executor.core.recipe import Join, Node, Recipe, Relationship, RelationshipType, Retry
from cypher_executor.core.run import Run
from cypher_executor.errors import Failure
from tests.core.driver import BEGIN_US, started
from tests.core.laws import Ledger
from tests.core.support import expression, recipe_of

TYPES: Sequence[RelationshipType] = ("ON_SUCCESS", "ON_SUCCESS", "ON_SUCCESS", "ON_FAIL", "ON_COMPLETE")
BRANCHES = ("left", "right")


# --- recipes ----------------------------------------------------------------------------------------------------------


def random_recipe(rng: Random) -> Recipe:
    """Any acyclic recipe of up to nine nodes."""
    names = [f"n{i}" for i in range(rng.randint(1, 9))]
    relationships = _relationships(rng, names)
    entering = {name: sum(r.target == name for r in relationships) for name in names}
    nodes = [_node(rng, name, names[:i], entering[name]) for i, name in enumerate(names)]
    rng.shuffle(nodes)
    options: dict[str, Any] = {
        "fail_fast": rng.random() < 0.25,
        "timeout_ms": 20_000 if rng.random() < 0.2 else None,
        "returns": _returns(rng, names),
    }
    return recipe_of(nodes, relationships, options)


def _relationships(rng: Random, names: Sequence[str]) -> list[Relationship]:
    ends: list[tuple[str, str]] = []
    for i in range(1, len(names)):
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
            ends.append((names[rng.randrange(i)], names[i]))
    rng.shuffle(ends)
    return [_relationship(rng, index, source, target) for index, (source, target) in enumerate(ends)]


def _relationship(rng: Random, index: int, source: str, target: str) -> Relationship:
    bare = Relationship(index, source, rng.choice(TYPES), target)
    match rng.randrange(8):
        case 0:
            return replace(bare, when=expression(rng.choice((f"{source}.ok", "$yes", "true", "null", "1", "!bad"))))
        case 1:
            return replace(bare, branch=rng.choice(BRANCHES))
        case 2:
            return replace(bare, otherwise=True)
        case _:
            return bare


def _node(rng: Random, name: str, upstream: Sequence[str], entering: int) -> Node:
    part = rng.choice((None, "work", "work", "work", "wait", "trigger_workflow"))
    return Node(
        name,
        part,
        inputs=_inputs(rng, part, upstream),
        join=_join(rng, entering),
        retry=_retry(rng),
        timeout_ms=rng.choice((None, None, 2_000)),
        deadline_ms=rng.choice((None, None, 6_000)),
    )


def _inputs(rng: Random, part: str | None, upstream: Sequence[str]) -> tuple[tuple[str, Any], ...] | None:
    if part == "wait":
        return (("seconds", expression(rng.choice(("0", "1", "5", '"1500ms"', "-1", '"soon"')))),)
    if part == "trigger_workflow":
        return (("workflow", expression('"other"')), ("wait", expression(rng.choice(("true", "false", "7")))))
    if rng.random() < 0.5:
        return None
    texts = ["$text", "!bad", "seed()", "now()", *(f"{name}.ok" for name in upstream)]
    return tuple((f"i{i}", expression(rng.choice(texts))) for i in range(rng.randrange(3)))


def _join(rng: Random, entering: int) -> Join:
    return rng.choice(("all", "all", "all", "settled", "any", rng.randint(1, max(1, entering))))


def _retry(rng: Random) -> Retry | None:
    if rng.random() < 0.5:
        return None
    on = rng.choice((None, None, ("part:bad",), ("worker_lost", "timeout", "child_failed")))
    return Retry(rng.randint(1, 3), delay_ms=rng.choice((0, 500, 1500)), jitter=rng.random() < 0.5, on=on)


def _returns(rng: Random, names: Sequence[str]) -> dict[str, str] | None:
    if rng.random() < 0.6:
        return None
    return {"first": rng.choice(names), "second": rng.choice(("$text", "seed()", "null", "!bad"))}


# --- worlds -----------------------------------------------------------------------------------------------------------


class World:
    """Plays everything outside of one run."""

    def __init__(self, recipe: Recipe, rng: Random, ledger: Ledger | None = None) -> None:
        self.recipe = recipe
        self.run = ledger.run if ledger else Run(recipe)
        self.ledger = ledger or Ledger(self.run)
        self._rng = rng
        self._now_us = BEGIN_US
        self._happened: list[Event] = []
        self._steps_left = 60

    def play(self) -> None:
        """Bring the run from its beginning to its end."""
        parts = {} if self._chance(0.03) else {name: f"sha256:{name}" for name in self.recipe.parts}
        self._happen(started(self.recipe, {"text": "hi", "yes": self._chance(0.5)}, parts=parts))
        while self.run.ended is None:
            assert self.run.outstanding, "the run has not ended, and nothing can move it"
            assert self._steps_left > -200, "the run does not come to an end"
            self._steps_left -= 1
            self._happen(self._next())
            self._now_us += self._rng.choice((0, 1, 1000, 700_000))
        self._stray()
        self.ledger.check_end()

    def _happen(self, event: Event) -> None:
        self._happened.append(event)
        self.ledger.apply(event)

    def _next(self) -> Event:
        if self._wild and self._chance(0.3):
            self._stray()
        if self._wild and self._chance(0.02):
            return CancelRequested(at_us=self._now_us, reason="no longer needed")
        return self._answer(self._rng.choice(self._answerable()))

    @property
    def _wild(self) -> bool:
        return self._steps_left > 0

    def _chance(self, probability: float) -> bool:
        return self._rng.random() < probability

    def _answerable(self) -> list[Command]:
        return [c for c in self.run.outstanding if not isinstance(c, Interrupt)]

    # --- answers ------------------------------------------------------------------------------------------------------

    def _answer(self, command: Command) -> Event:
        match command:
            case Execute():
                return self._executed(command)
            case Perform():
                return CallAnswered(**self._about(command), number=command.number, answer={"ok": self._chance(0.8)})
            case StartTimer():
                self._now_us = max(self._now_us, command.due_us)
                return TimerFired(**self._about(command))
            case StartChild():
                return self._child(command)
            case Conclude(state=state, result=result, failure=failure):
                return RunEnded(at_us=self._now_us, state=state, result=result, failure=failure)
            case Interrupt():
                raise AssertionError("an interrupt is never outstanding")

    def _about(self, command: Execute | Perform | StartTimer | StartChild) -> dict[str, Any]:
        return {"at_us": self._now_us, "node": command.node, "item": command.item, "attempt": command.attempt}

    def _executed(self, command: Execute) -> Event:
        about = {**self._about(command), "started_us": self._now_us - self._rng.choice((0, 500))}
        dice = self._rng.random()
        if dice < 0.15 and self._wild:
            return AttemptLost(**self._about(command))
        if dice < 0.4 and self._wild:
            return CallRequested(**about, number=len(command.tape), request=self._request())
        if dice < 0.65:
            return AttemptFailed(**about, failure=self._failure())
        output = {"ok": self._chance(0.5), "branch": self._rng.choice((*BRANCHES, "none"))}
        return AttemptSucceeded(**about, output=self._rng.choice((output, output, None, [1, 2])))

    def _request(self) -> dict[str, Any]:
        sleep = {"op": "sleep", "ms": self._rng.choice((0, 10, 3000, -1, "long", True))}
        return sleep if self._chance(0.5) else {"op": "now", "again": self._steps_left}

    def _failure(self) -> Failure:
        wanted_ms = self._rng.choice((None, None, 4000))
        return Failure(self._rng.choice(("part:bad", "timeout")), "bad", self._chance(0.6), None, wanted_ms)

    def _child(self, command: StartChild) -> Event:
        child = self.run.steps[command.node].child
        if child is None and self._chance(0.3):
            return AttemptFailed(**self._about(command), failure=self._failure(), started_us=self._now_us)
        if child is None:
            name = RunId(f"run_{command.once}")
            return ChildStarted(**self._about(command), child=name, workflow=command.workflow)
        state = self._rng.choice(("succeeded", "failed", "cancelled"))
        failure = self._failure() if state == "failed" else None
        return ChildEnded(**self._about(command), child=child, state=state, result={"n": 1}, failure=failure)

    # --- what nobody waits for ----------------------------------------------------------------------------------------

    def _stray(self) -> None:
        """Something that happened happens again, something that cannot have happened does, or a timer is early."""
        event = self._rng.choice(self._happened)
        waiting = [c for c in self.run.outstanding if isinstance(c, StartTimer)]
        if waiting and self._chance(0.3):
            timer = self._rng.choice(waiting)
            event = TimerFired(**{**self._about(timer), "at_us": timer.due_us - 1})
        stray = self._rng.choice(_DISTORTIONS)(event, self._rng)
        if isinstance(event, AttemptLost) and stray == event:
            return  # the one answer that says the same twice and may mean it
        if not isinstance(stray, TimerFired):  # a timer that is due may fire, whoever says so; the ledger sees when
            assert not self.run.awaits(stray), f"somebody waits for {stray}"
        self.ledger.apply(stray)


def _again(event: Event, rng: Random) -> Event:
    return event


def _of_another_attempt(event: Event, rng: Random) -> Event:
    return event if not hasattr(event, "attempt") else replace(event, attempt=event.attempt + rng.choice((7, -1)))


def _of_another_item(event: Event, rng: Random) -> Event:
    return event if not hasattr(event, "item") else replace(event, item=(*event.item, 0))


def _of_another_node(event: Event, rng: Random) -> Event:
    return event if not hasattr(event, "node") else replace(event, node="nobody")


def _of_another_call(event: Event, rng: Random) -> Event:
    return event if not hasattr(event, "number") else replace(event, number=event.number + 100)


_DISTORTIONS: Sequence[Callable[[Event, Random], Any]] = (
    _again,
    _of_another_attempt,
    _of_another_item,
    _of_another_node,
    _of_another_call,
)
