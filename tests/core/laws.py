"""The laws of runs, as functions that raise AssertionError when one is broken.

`Ledger` watches a run while it happens: it sees every event go in and every command come out, and keeps its own books
of what was asked for, what was answered and what was taken back. `check_replays` looks at a whole journal afterwards.
Neither knows how the run machine works; `oracle.py` knows what the language says a run should have done.

What they cannot see is used on purpose in `test_planted_defects.py`: each law is shown a machine that breaks it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import orjson

from cypher_executor.core import replay
from cypher_executor.core.audit import not_moving
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
    Item,
    PauseRequested,
    ResumeRequested,
    RunEnded,
    RunId,
    RunReopened,
    RunStarted,
    TimerFired,
    WatchedEnded,
    from_record,
    kind_of,
)
from cypher_executor.core.origin import Wanted
from cypher_executor.core.outstanding import Outstanding
from cypher_executor.core.recipe import Node, Recipe, Value
from cypher_executor.core.regions import Region
from cypher_executor.core.run import Run
from cypher_executor.core.step import Step
from cypher_executor.core.table import Table

_ANSWERED_BY: Mapping[type[Command], tuple[type[Event], ...]] = {
    Execute: (AttemptSucceeded, AttemptFailed, AttemptLost, CallRequested),
    Perform: (CallAnswered,),
    StartTimer: (TimerFired,),
    StartChild: (ChildStarted, ChildPaused, ChildEnded, AttemptFailed),
    WatchRuns: (WatchedEnded, AttemptFailed),
    AwaitCallback: (CallbackReceived, CallbackChecked, CallAnswered),
    Conclude: (RunEnded,),
}
"""The table of `commands.py`."""

_FROM_OUTSIDE = RunStarted | CancelRequested | PauseRequested | ResumeRequested | RunReopened
"""What answers no command."""

_BEGINS = Execute | Perform | StartChild
"""What a paused run must not ask for."""

_Attempt = tuple[str, Item, int]


def plain(value: Any) -> Value:
    """Anything as JSON values: what a state or a command is made of, and nothing of how it is kept."""
    if isinstance(value, Node):
        return value.name
    if isinstance(value, Wanted):
        return None  # It follows from the first event.
    if isinstance(value, Region):
        return value.key
    if isinstance(value, Table | Outstanding):
        return {name: plain(kept) for name, kept in vars(value).items() if name not in ("_recipe", "regions")}
    if is_dataclass(value) and not isinstance(value, type):
        return {"": type(value).__name__, **{f.name: plain(getattr(value, f.name)) for f in fields(value)}}
    if isinstance(value, Mapping):
        return [[plain(key), plain(item)] for key, item in value.items()]
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, list | tuple | deque):
        return [plain(item) for item in value]
    return value


def dump(value: Any) -> bytes:
    """Anything as bytes that are the same when it is the same."""
    return orjson.dumps(plain(value))


def snapshot(run: Run) -> bytes:
    """All that a run is made of, whatever that is, but what it was made with and the numbers of what it has seen.

    Of its helpers three keep nothing of their own.
    """
    left_out = ("recipe", "version", "unheard", "mint", "_machine", "_attempts")
    moved = ("recipe", "values", "attempts", "loops", "given", "table", "outstanding")
    kept = {name: kept for name, kept in vars(run).items() if name not in left_out}
    return dump(kept | {name: kept for name, kept in vars(run._machine).items() if name not in moved})


def reread(event: Event) -> Event:
    """The event as a journal gives it back."""
    return from_record(kind_of(event), orjson.loads(orjson.dumps(event)))


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run looked like after one event: its state, what it asked for, and what was still to be answered."""

    event: Event
    expected: bool
    state: bytes
    commands: bytes
    outstanding: bytes


class Ledger:
    """Applies events to a run and checks at each what must hold at each."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.seen: list[Seen] = []
        self._asked: list[Command] = []
        self._answered_once: dict[int, Command] = {}
        self._ended_steps: dict[tuple[str, Item], bytes] = {}
        self._calls: dict[_Attempt, list[Value]] = {}
        self._executions: dict[_Attempt, tuple[Value, ...]] = {}
        self._completed: set[_Attempt] = set()
        self._cancelled = False
        self._callbacks: set[tuple[str, Item, int, int]] = set()
        self._watched: set[tuple[str, Item, int, str]] = set()

    def apply(self, event: Event) -> list[Command]:
        """Let the run take in an event; raise AssertionError if that breaks a law."""
        reopens = isinstance(event, RunReopened) and replay.can_reopen(self.run)
        expected, version = reopens or self.run.awaits(event), self.run.version
        if reopens:
            commands = self._reopen(event)
        else:
            commands = self._apply_expected(event) if expected else self._apply_stray(event)
        assert self.run.version == version + 1, "every event counts, awaited or not"
        commanded, outstanding = dump(commands), dump(self.run.outstanding)
        self.seen.append(Seen(event, expected, snapshot(self.run), commanded, outstanding))
        return commands

    @property
    def journal(self) -> list[Event]:
        """Every event that was applied."""
        return [seen.event for seen in self.seen]

    def check_end(self) -> None:
        """The run has ended, with everything in it, and nothing moves it any more."""
        assert self.run.ended is not None, "the run never ended"
        assert self.run.outstanding == (), "something is outstanding after the end"
        assert all(step.ended for step in self.run.steps.values()), "a step is open after the end"
        assert sum(isinstance(c, Conclude) for c in self._asked) == 1, "a life of a run concludes once"
        assert isinstance([s.event for s in self.seen if s.expected][-1], RunEnded), "the end is the last event"
        assert not any(self.run.awaits(event) for event in self.journal), "an ended run awaits something"
        if self.run.ended.state == "cancelled":
            assert self._cancelled, "a run was cancelled, and nobody had asked for that in this life of it"

    # --- a run that goes on after its end -----------------------------------------------------------------------------

    def _reopen(self, event: Event) -> list[Command]:
        """A reopened run is another object with the same past. What had succeeded by itself stays as it was; only what
        a node without a part passes on is found out anew where it comes from a step that is tried again.
        """
        before = dict(self.run.steps)
        self.run = replay.step(self.run, self.journal, event)
        assert not self.run.held, "a run that is reopened goes on"
        for key, was in before.items():
            if was.state == "succeeded" and (now := self.run.steps.get(key)) is not None and now.ended:
                assert (now.state, now.attempts) == (was.state, was.attempts), f"{key} changed"
                assert now.output == was.output or _passes_on_what_is_tried_again(self.run, now), f"{key} says other"
            self._completed |= {(*key, a.number) for a in was.attempts if a.succeeded and not _cleaned(was, self.run)}
        self._asked, self._answered_once, self._executions = list(self.run.outstanding), {}, {}
        self._cancelled = False
        self._ended_steps = {key: _final(one) for key, one in self.run.steps.items() if one.ended}
        self._calls = {k: calls for k, calls in self._calls.items() if not _fresh(self.run, k)}
        self._watched = {one for one in self._watched if not _fresh(self.run, one[:3])}
        self._callbacks = {one for one in self._callbacks if not _fresh(self.run, (one[0], one[1], 1))}
        self._check_begun(self.run.outstanding)
        return list(self.run.outstanding)

    def _check_begun(self, commands: Sequence[Command]) -> None:
        for command in commands:
            if isinstance(command, Execute):
                attempt = (command.node, command.item, command.attempt)
                assert attempt not in self._completed, f"{attempt} has succeeded, and is executed again"

    # --- an event that nobody waits for -------------------------------------------------------------------------------

    def _apply_stray(self, event: Event) -> list[Command]:
        before, outstanding = snapshot(self.run), dump(self.run.outstanding)
        commands = self.run.apply(event)
        assert commands == [], "an answer that nobody waits for brought up commands"
        assert snapshot(self.run) == before, "an answer that nobody waits for changed something"
        assert dump(self.run.outstanding) == outstanding
        return commands

    # --- an event that is waited for ----------------------------------------------------------------------------------

    def _apply_expected(self, event: Event) -> list[Command]:
        assert self.run.ended is None, "something was awaited after the end"
        before, held = self.run.outstanding, self.run.held
        going_on = [step for step in self.run.steps.values() if step.state in ("running", "waiting", "retrying")]
        answered = self._answered(event, before)
        self._note_call(event, answered)
        commands = self.run.apply(event)
        self._check_books(event, answered, before, commands)
        self._check_executions(commands)
        self._check_steps()
        self._check_begun(commands)
        if held and self.run.held:
            assert not any(isinstance(c, _BEGINS) for c in commands), "a paused run begins work"
        self._note_callback(event)
        self._cancelled |= isinstance(event, CancelRequested)
        if isinstance(event, CancelRequested) or (isinstance(event, TimerFired) and not event.node):
            assert all(step.state == "cancelled" for step in going_on), "a step goes on though the run closes"
        return commands

    def _answered(self, event: Event, open_commands: Sequence[Command]) -> Command | None:
        """The one command that this event answers; none for what comes from outside, or before it is asked for."""
        if isinstance(event, _FROM_OUTSIDE):
            return None
        if isinstance(event, CallbackReceived) and not any(_answers(event, c) for c in open_commands):
            return None
        found = [c for c in open_commands if _answers(event, c)]
        assert len(found) == 1, f"{kind_of(event)} was awaited, but answers {len(found)} commands"
        (command,) = found
        if not isinstance(event, ChildEnded | ChildPaused | WatchedEnded):
            assert id(command) not in self._answered_once, "a command was answered twice"
        if isinstance(event, WatchedEnded):
            self._note_watched(event)
        self._answered_once[id(command)] = command
        return command

    def _note_watched(self, event: WatchedEnded) -> None:
        watched = (event.node, event.item, event.attempt, event.run)
        assert watched not in self._watched, "the end of a run was counted twice"
        self._watched.add(watched)

    def _note_callback(self, event: Event) -> None:
        """One callback is accepted for each wait, unless one that came early turns out not to fit."""
        if isinstance(event, CallbackReceived):
            wait = (event.node, event.item, event.turn, event.number)
            assert wait not in self._callbacks, "a second callback was accepted"
            self._callbacks.add(wait)
        elif isinstance(event, CallbackChecked) and event.problem is not None:
            waits = [w for w in self.run.waits if (w.node, w.item) == (event.node, event.item)]
            self._callbacks -= {(w.node, w.item, w.turn, w.number) for w in waits}
            for w in waits:
                other = CallbackReceived(**_named(w), at_us=event.at_us, body=None)
                assert self.run.awaits(other), "a callback that did not fit bars the next"

    def _check_books(
        self, event: Event, answered: Command | None, before: Sequence[Command], commands: Sequence[Command]
    ) -> None:
        after = self.run.outstanding
        known, asked = {id(c) for c in before}, {id(c) for c in commands if not isinstance(c, Interrupt)}
        assert {id(c) for c in after} - known == asked, "what was asked for is not what is outstanding"
        assert len({(type(c), _place(c)) for c in after}) == len(after), "a step asks twice for the same"
        self._asked += [c for c in commands if not isinstance(c, Interrupt)]
        kept = {id(c) for c in after}
        stays = (isinstance(event, ChildStarted) and _waits(answered)) or isinstance(event, WatchedEnded)
        if answered is not None and not stays:
            assert id(answered) not in kept, "an answered command is still outstanding"
        interrupted = {_place(c) for c in commands if isinstance(c, Interrupt)}
        for command in before:
            if id(command) not in kept and command is not answered:
                self._check_taken_back(command, interrupted)

    def _check_taken_back(self, command: Command, interrupted: set[tuple[str, Item]]) -> None:
        """Nobody may be left working on what is no longer wanted. A timer may fire in vain: nobody hears it."""
        if isinstance(command, Execute | Perform):
            assert _place(command) in interrupted, "work was dropped without an interrupt"
        assert not isinstance(command, Conclude), "the end was called off"

    def _note_call(self, event: Event, answered: Command | None) -> None:
        if isinstance(event, CallRequested):
            key = (event.node, event.item, event.attempt)
            assert isinstance(answered, Execute)
            assert event.number == len(answered.tape), "a call was accepted out of order"
            self._calls.setdefault(key, []).append([event.request, None])
        elif isinstance(event, CallAnswered):
            self._calls[(event.node, event.item, event.attempt)][-1][1] = event.answer
        elif isinstance(event, TimerFired):
            assert isinstance(answered, StartTimer)
            assert event.at_us >= answered.due_us, "a timer fired early"

    def _check_executions(self, commands: Sequence[Command]) -> None:
        """All executions of an attempt see the same, and the tape has the attempt's calls and no others."""
        for command in commands:
            if not isinstance(command, Execute):
                continue
            key = (command.node, command.item, command.attempt)
            calls = self._calls.get(key, [])
            assert [request for request, _ in command.tape] == [request for request, _ in calls], "a strange tape"
            assert all(answer == kept for (_, answer), (_, kept) in zip(command.tape, calls, strict=True) if kept)
            same = (command.part, command.digest, command.input, command.clock_us, command.seed)
            assert self._executions.setdefault(key, same) == same, "an attempt that is repeated sees something else"

    def _check_steps(self) -> None:
        """A step that has ended stays as it is, and no loop has more items open than it may."""
        open_items: dict[tuple[str, Item], set[Item]] = {}
        for key, step in self.run.steps.items():
            if key in self._ended_steps or step.ended:
                now = _final(step)
                assert self._ended_steps.setdefault(key, now) == now, f"step {key} ended twice"
            has_items = len(step.item) == len(step.region.path)  # not in a loop whose first step failed or was skipped
            if step.region.loop is not None and has_items and not step.ended:
                items = open_items.setdefault((str(step.region.key), step.item[:-1]), set())
                items.add(step.item)
                assert len(items) <= (step.region.loop.concurrency or len(items)), "a loop has too many items open"


def _answers(event: Event, command: Command) -> bool:
    if not isinstance(event, _ANSWERED_BY.get(type(command), ())):
        return False
    if isinstance(event, RunEnded) or isinstance(command, Conclude | Interrupt):
        return True
    assert not isinstance(event, _FROM_OUTSIDE)
    if isinstance(event, CallbackReceived):
        assert isinstance(command, AwaitCallback)
        named = (command.node, command.item, command.turn, command.number)
        return named == (event.node, event.item, event.turn, event.number)
    return (event.node, event.item, event.attempt) == (command.node, command.item, command.attempt)


def _named(wait: AwaitCallback) -> dict[str, Any]:
    return {"node": wait.node, "item": wait.item, "turn": wait.turn, "number": wait.number}


def _place(command: Command) -> tuple[str, Item]:
    return ("", ()) if isinstance(command, Conclude) else (command.node, command.item)


def _waits(command: Command | None) -> bool:
    return isinstance(command, StartChild) and command.wait


def _final(step: Step) -> bytes:
    """What may not change any more once a step has ended."""
    return dump((step.state, step.output, step.failure, step.ended_us, step.attempts, step.handled))


def _cleaned(was: Step, run: Run) -> bool:
    """Whether a step that has succeeded belongs to an end that was taken back, so that it has not begun now."""
    now = run.steps.get((was.name, was.item))
    return now is None or not now.attempts


def _passes_on_what_is_tried_again(run: Run, step: Step) -> bool:
    """Whether a step without a part lies behind one that had failed, and may have that one's failure in its output."""
    before, found = {step.name}, list[str]([step.name])
    while found:
        sources = {one.source for one in run.recipe.relationships if one.target == found[-1]} - before
        found.pop()
        before |= sources
        found += sources
    return step.node.part is None and any(name in before for name, _ in run.again)


def _fresh(run: Run, attempt: _Attempt) -> bool:
    """Whether an attempt of the past begins anew, because what it was for was taken back."""
    node, item, number = attempt
    now = run.steps.get((node, item))
    return now is None or now.attempt < number


def check_replays(recipe: Recipe, seen: Sequence[Seen]) -> None:
    """Every prefix of a journal gives the live state at that point, and the same commands in the same bytes.

    One pass sees every prefix, because what it compares after event n came of the first n events alone. Leaving out
    what nobody waited for gives the same run again.
    """
    _check_replay(recipe, seen)
    _check_replay(recipe, [one for one in seen if one.expected])


def _check_replay(recipe: Recipe, seen: Sequence[Seen]) -> None:
    run, past = Run(recipe), list[Event]()
    for one in seen:
        event = reread(one.event)
        if isinstance(event, RunReopened) and replay.can_reopen(run):
            run = replay.step(run, past, event)
            assert dump(list(run.outstanding)) == one.commands, "a replay asked for something else"
        else:
            assert run.awaits(event) == one.expected
            assert dump(run.apply(event)) == one.commands, "a replay asked for something else"
        past.append(event)
        assert snapshot(run) == one.state, "a replay came to another state"
        assert dump(run.outstanding) == one.outstanding
        assert run.ended is not None or [*not_moving(RunId("run"), run)] == [], "whoever recovers here is stuck"
