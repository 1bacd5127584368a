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

from cypher_executor.core import replay
from cypher_executor.core.commands import (
    AwaitCallback,
    Command,
    Conclude,
    Execute,
    Interrupt,
    Perform,
    StartChild,
    StartTimer,
    WatchRuns,
)
from cypher_executor.core.events import (
    AttemptFailed,
    AttemptLost,
    AttemptSucceeded,
    CallAnswered,
    CallbackChecked,
    CallbackReceived,
    CallRequested,
    CancelRequested,
    ChildEnded,
    ChildPaused,
    ChildStarted,
    Event,
    PauseRequested,
    ResumeRequested,
    RunEnded,
    RunId,
    RunReopened,
    RunState,
    TimerFired,
    WatchedEnded,
    Wish,
)
from cypher_executor.core.recipe import Join, Loop, Node, Recipe, Relationship, RelationshipType, Repeat, Retry
from cypher_executor.core.run import Run
from cypher_executor.errors import Failure
from tests.core.driver import BEGIN_US, started
from tests.core.laws import Ledger
from tests.core.support import expression, recipe_of

TYPES: Sequence[RelationshipType] = ("ON_SUCCESS", "ON_SUCCESS", "ON_SUCCESS", "ON_FAIL", "ON_COMPLETE")
BRANCHES = ("left", "right")


# --- recipes ----------------------------------------------------------------------------------------------------------


PARTS = (None, "work", "work", "work", "wait", "trigger_workflow", "wait_for_callback", "wait_for_workflows")
WAITING_PARTS = (None, "work", "wait_for_callback", "wait_for_callback", "wait_for_workflows", "wait_for_workflows")


def random_recipe(rng: Random, parts: Sequence[str | None] = PARTS) -> Recipe:
    """Any acyclic recipe of up to nine nodes, or one of up to twenty with loops in it, of these parts."""
    drawing = _Drawing(rng, loops=rng.random() < 0.5)
    drawing.draw_region(rng.randint(1, 5 if drawing.loops else 9))
    relationships = drawing.finished()
    entering = {name: sum(r.target == name for r in relationships) for name in drawing.upstream}
    nodes = [_node(rng, parts, name, upstream, entering[name]) for name, upstream in drawing.upstream.items()]
    if drawing.loops:
        nodes = [_looping(rng, node) for node in nodes]
    rng.shuffle(nodes)
    options: dict[str, Any] = {
        "fail_fast": rng.random() < 0.25,
        "timeout_ms": 20_000 if rng.random() < 0.2 else None,
        "returns": _returns(rng, list(drawing.upstream)),
    }
    return recipe_of(nodes, relationships, options)


class _Drawing:
    """Draws regions: a graph, from some nodes of which loops lead into regions of their own and back."""

    def __init__(self, rng: Random, *, loops: bool) -> None:
        self.loops = loops
        self.upstream: dict[str, Sequence[str]] = {}
        """The nodes, each with some that may be named in it."""
        self._rng = rng
        self._drawn: list[Relationship] = []

    def draw_region(self, size: int, depth: int = 0) -> list[str]:
        """A region of this size. In the body of a loop everything hangs on the first node."""
        rng, names = self._rng, [f"n{len(self.upstream) + i}" for i in range(size)]
        self.upstream |= {name: names[:i] for i, name in enumerate(names)}
        for i in range(1, size):
            for _ in range(rng.choice((1, 1, 2) if depth else (0, 1, 1, 1, 2, 3))):
                self._add(names[rng.randrange(i)], rng.choice(TYPES), names[i])
        for i, name in enumerate(names):
            if self.loops and depth < 2 and rng.random() < (0.6, 0.25)[depth]:
                self._draw_loop(name, names[i + 1 :], depth)
        return names

    def _draw_loop(self, source: str, behind: Sequence[str], depth: int) -> None:
        body = self.draw_region(self._rng.randint(1, 3), depth + 1)
        self._add(source, "FOR_EACH", body[0])
        for name in body:
            if behind and self._rng.random() < 0.6:
                self._add(name, "COLLECT", self._rng.choice(behind))

    def _add(self, source: str, type_: RelationshipType, target: str) -> None:
        self._drawn.append(_relationship(self._rng, Relationship(0, source, type_, target)))

    def finished(self) -> list[Relationship]:
        """All relationships, in any order."""
        self._rng.shuffle(self._drawn)
        drawn = [replace(r, index=index) for index, r in enumerate(self._drawn)]
        choosing = {name for name in self.upstream if self._rng.random() < 0.4}
        return [_choice(self._rng, r, drawn) if r.source in choosing and r.type in TYPES else r for r in drawn]


def _loop(rng: Random) -> Loop:
    items = expression(rng.choice(("$list", "$list", "$list", "[]", "[[1, 2], 3]", "item", "$none", "!bad")))
    return Loop(items, concurrency=rng.choice((None, 1, 2)), on_fail=rng.choice(("stop", "collect")))


def _looping(rng: Random, node: Node) -> Node:
    """Some nodes are for each of a list, and some are repeated."""
    if rng.random() < 0.2:
        node = replace(node, for_each=_loop(rng))
    if node.part is not None and rng.random() < 0.2:
        until = expression(rng.choice((f"{node.name}.ok", f"{node.name}.ok", "true", "item_index", "!bad")))
        node = replace(node, repeat=Repeat(until, every_ms=rng.choice((0, 1500)), times=rng.randint(1, 3)))
    return node


def _choice(rng: Random, r: Relationship, drawn: Sequence[Relationship]) -> Relationship:
    """A relationship of a source that chooses: one has a condition, the others are for the rest."""
    first = next(other for other in drawn if other.source == r.source and other.type in TYPES)
    if r is first:
        return Relationship(
            r.index, r.source, r.type, r.target, when=expression(rng.choice((f"{r.source}.ok", "$yes")))
        )
    return Relationship(r.index, r.source, first.type, r.target, otherwise=True)


def _relationship(rng: Random, bare: Relationship) -> Relationship:
    source = bare.source
    if bare.type == "FOR_EACH":
        bare = replace(bare, loop=_loop(rng))
    match rng.randrange(8):
        case 0:
            return replace(bare, when=expression(rng.choice((f"{source}.ok", "$yes", "true", "null", "1", "!bad"))))
        case 1:
            return replace(bare, branch=rng.choice(BRANCHES))
        case 2:
            return replace(bare, otherwise=True)
        case _:
            return bare


def _node(rng: Random, parts: Sequence[str | None], name: str, upstream: Sequence[str], entering: int) -> Node:
    part = rng.choice(parts)
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
    if part == "wait_for_callback":
        schema = rng.choice(("null", "true", '{"type": "object"}', "7"))
        return (("schema", expression(schema)), ("on_timeout", expression(rng.choice(('"partial"', "null")))))
    if part == "wait_for_workflows":
        return tuple((name, expression(rng.choice(texts))) for name, texts in _WATCHING.items())
    if rng.random() < 0.5:
        return None
    texts = ["$text", "!bad", "seed()", "now()", "item", "item_index", *(f"{name}.ok" for name in upstream)]
    return tuple((f"i{i}", expression(rng.choice(texts))) for i in range(rng.randrange(3)))


_WATCHING = {
    "runs": ('["r1", "r2", "r3"]', '["r1", "r1"]', '["r1"]', "[]", "7"),
    "mode": ('"all"', '"any"', "2", "null"),
    "on_timeout": ('"partial"', '"fail"'),
    "on_child_fail": ('"fail"', '"collect"'),
}


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


Answerable = Execute | Perform | StartTimer | StartChild | WatchRuns | AwaitCallback

_ENDS: Sequence[RunState] = ("succeeded", "failed", "cancelled")


# --- worlds -----------------------------------------------------------------------------------------------------------


class World:
    """Plays everything outside of one run."""

    def __init__(self, recipe: Recipe, rng: Random, *, lives: int = 1) -> None:
        self.recipe = recipe
        self.lives = lives
        """How many more times the run may come to an end: after a bad one it may be reopened."""
        self.ledger = Ledger(Run(recipe))
        self._rng = rng
        self._now_us = BEGIN_US
        self._happened: list[Event] = []
        self._steps_left = 60
        self.reopened = False

    @property
    def run(self) -> Run:
        """The run as it is now; one that was reopened is another object."""
        return self.ledger.run

    def play(self) -> None:
        """Bring the run from its beginning to its last end."""
        unknown: dict[str, Any] = {"parts": {}} if self._chance(0.03) else {}
        self._happen(started(self.recipe, {"text": "hi", "yes": self._chance(0.5), "list": [1, [2], "x"]}, **unknown))
        self._live()
        while self.lives and replay.can_reopen(self.run):
            for _ in range(3):
                self._stray()
            self._steps_left, self.reopened = 25, True
            self._happen(RunReopened(at_us=self._now_us))
            self._live()

    def _live(self) -> None:
        self.lives -= 1
        while self.run.ended is None:
            assert self.run.outstanding or self.run.withheld, "the run has not ended, and nothing can move it"
            assert self._steps_left > -3000, "the run does not come to an end"
            self._steps_left -= 1
            self._happen(self._next())
            self._now_us += self._rng.choice((0, 1, 1000, 700_000))
        self._stray()
        self.ledger.check_end()

    def _happen(self, event: Event) -> None:
        self._happened.append(event)
        self.ledger.apply(event)

    def _next(self) -> Event:
        if self._wild and self._chance(0.4):
            self._stray()
        if self._wild and self._chance(0.04):
            return CancelRequested(at_us=self._now_us, reason="no longer needed")
        wish = self._pause_or_resume() or self._call_early()
        return wish or self._answer(self._rng.choice(self._answerable()))

    def _pause_or_resume(self) -> Wish | None:
        if self.run.held:
            goes_on = not self._answerable() or self._chance(0.2)
            return ResumeRequested(at_us=self._now_us) if goes_on else None
        pause = PauseRequested(at_us=self._now_us)
        return pause if self._wild and self._chance(0.05) and self.run.awaits(pause) else None

    def _call_early(self) -> CallbackReceived | None:
        """Somebody calls the address of a wait that may not have begun."""
        waiting = [name for name, node in self.recipe.nodes.items() if node.part == "wait_for_callback"]
        if not (waiting and self._wild and self._chance(0.1)):
            return None
        item = self._rng.choice([step.item for step in self.run.steps.values()])
        turn, node = self._rng.choice((1, 1, 2)), self._rng.choice(waiting)
        call = CallbackReceived(at_us=self._now_us, node=node, item=item, turn=turn, body={"early": True})
        return call if self.run.awaits(call) else None

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
            case WatchRuns():
                return self._watched(command)
            case AwaitCallback():
                return self._called_back(command)
            case Conclude(state=state, result=result, failure=failure):
                return RunEnded(at_us=self._now_us, state=state, result=result, failure=failure)
            case Interrupt():
                raise AssertionError("an interrupt is never outstanding")

    def _about(self, command: Answerable) -> dict[str, Any]:
        return {"at_us": self._now_us, "node": command.node, "item": command.item, "attempt": command.attempt}

    def _executed(self, command: Execute) -> Event:
        about = {**self._about(command), "started_us": self._now_us - self._rng.choice((0, 500))}
        dice = self._rng.random()
        if dice < 0.15 and self._wild:
            return AttemptLost(**self._about(command))
        if dice < 0.45 and self._wild:
            return CallRequested(**about, number=len(command.tape), request=self._request())
        if dice < 0.65:
            return AttemptFailed(**about, failure=self._failure())
        output = {"ok": self._chance(0.5), "branch": self._rng.choice((*BRANCHES, "none"))}
        return AttemptSucceeded(**about, output=self._rng.choice((output, output, None, [1, 2])))

    def _request(self) -> dict[str, Any]:
        sleep = {"op": "sleep", "ms": self._rng.choice((0, 10, 3000, -1, "long", True))}
        wait = {"op": "wait_for_callback", "timeout_ms": self._rng.choice((None, None, 2500, "x")), "schema": None}
        return self._rng.choice((sleep, wait, {"op": "now", "again": self._steps_left}))

    def _failure(self) -> Failure:
        wanted_ms = self._rng.choice((None, None, 4000))
        return Failure(self._rng.choice(("part:bad", "timeout")), "bad", self._chance(0.6), None, wanted_ms)

    def _child(self, command: StartChild) -> Event:
        child = self.run.steps[command.node, command.item].child
        if child is None and self._chance(0.3):
            return AttemptFailed(**self._about(command), failure=self._failure(), started_us=self._now_us)
        if child is None:
            name = RunId(f"run_{command.once}")
            return ChildStarted(**self._about(command), child=name, workflow=command.workflow)
        if self._chance(0.15):
            return ChildPaused(**self._about(command), child=child)
        state = self._rng.choice(_ENDS)
        failure = self._failure() if state == "failed" else None
        return ChildEnded(**self._about(command), child=child, state=state, result={"n": 1}, failure=failure)

    def _watched(self, command: WatchRuns) -> Event:
        """One more of the runs has ended; or the first thing to be found out is that there is no such run."""
        watching = self.run.steps[command.node, command.item].watching
        assert watching is not None
        if len(watching.pending) == len(watching.asked.runs) and self._chance(0.15):
            return AttemptFailed(**self._about(command), failure=self._failure(), started_us=self._now_us)
        about = {**self._about(command), "run": self._rng.choice(list(watching.pending)), "workflow": "other"}
        state = self._rng.choice(_ENDS)
        failure = self._failure() if state == "failed" else None
        return WatchedEnded(**about, state=state, result={"n": 2}, failure=failure, duration_ms=7)

    def _called_back(self, command: AwaitCallback) -> Event:
        if command.body:
            return CallbackChecked(**self._about(command), problem=self._rng.choice((None, "it is no map")))
        if command.call is not None and self._chance(0.2):
            return CallAnswered(**self._about(command), number=command.call, answer={"ok": False})
        wait: dict[str, Any] = {"node": command.node, "item": command.item}
        wait |= {"turn": command.turn, "number": command.number}
        return CallbackReceived(**wait, at_us=self._now_us, body={"ok": self._chance(0.5)})

    # --- what nobody waits for ----------------------------------------------------------------------------------------

    def _stray(self) -> None:
        """Something happens again, or is told wrongly, or comes when nobody asked for it, or a timer is early."""
        stray = self._rng.choice((self._repeated, self._distorted, self._distorted, self._unasked, self._early))()
        if stray is None:
            return
        if isinstance(stray, CallbackReceived | RunEnded) and self.run.awaits(stray):
            return  # A wait that may still begin, or the end of an earlier life: that is no stray.
        if self.reopened and self.run.awaits(stray):
            return  # What was given up when the run ended is wanted again.
        if not isinstance(stray, TimerFired):  # a timer that is due may fire, whoever says so; the ledger sees when
            assert not self.run.awaits(stray), f"somebody waits for {stray}"
        self.ledger.apply(stray)

    def _repeated(self) -> Event | None:
        """Something that has happened; but a worker may be lost again, and a second cancel says more than one."""
        event = self._rng.choice(self._happened)
        return None if isinstance(event, AttemptLost | Wish) else event

    def _distorted(self) -> Event | None:
        """An answer to something that was asked for, or was once, with one thing in it that is wrong."""
        now_us, answerable = self._now_us, self._answerable()
        event = self._answer(self._rng.choice(answerable)) if answerable else self._happened[0]
        self._now_us = now_us
        strays = [stray for distort in _DISTORTIONS if (stray := distort(event, self._rng)) != event]
        return self._rng.choice(strays) if strays else None

    def _unasked(self) -> Event | None:
        """The output of a step that is not being executed: it is too late, or much too early."""
        executing = {(c.node, c.item) for c in self._answerable() if isinstance(c, Execute)}
        step = self._rng.choice(list(self.run.steps.values()))
        if (step.name, step.item) in executing:
            return None
        about: dict[str, Any] = {"node": step.name, "item": step.item, "attempt": step.attempt}
        return AttemptSucceeded(**about, at_us=self._now_us, output="late", started_us=self._now_us)

    def _early(self) -> Event | None:
        """A timer that fires a moment before it is due."""
        timers = [c for c in self._answerable() if isinstance(c, StartTimer)]
        if not timers:
            return None
        timer = self._rng.choice(timers)
        return TimerFired(**{**self._about(timer), "at_us": timer.due_us - 1})


def _of_another_attempt(event: Any, rng: Random) -> Any:
    return event if not hasattr(event, "attempt") else replace(event, attempt=event.attempt + rng.choice((7, -1)))


def _of_another_item(event: Any, rng: Random) -> Any:
    return event if not hasattr(event, "item") else replace(event, item=(*event.item, 0))


def _of_another_node(event: Any, rng: Random) -> Any:
    return event if not hasattr(event, "node") else replace(event, node="nobody")


def _of_another_call(event: Any, rng: Random) -> Any:
    return event if not hasattr(event, "number") else replace(event, number=event.number + 100)


_DISTORTIONS: Sequence[Callable[[Event, Random], Any]] = (
    _of_another_attempt,
    _of_another_item,
    _of_another_node,
    _of_another_call,
)
