"""Compares what the outside saw with what the journal holds, and says where they differ.

Nothing here uses code of the product: it reads rows of the journal's file, the diary of the client and the diary of the
sink. Each promise of the contract (`docs/runs.md`) is a function that yields sentences; an empty report means that all
of them were kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.reliability import diary
from tests.reliability.load import EFFECTS, Request, misfit
from tests.reliability.records import Recorded, Step, runs_of

NAP_US = 300_000
CLIENT, SINK = "client.jsonl", "sink.jsonl"
_ENDS = frozenset({"succeeded", "failed", "cancelled"})
_ALLOWED = {
    "start": frozenset[int](),
    "callback": frozenset[int](),
    **dict.fromkeys(("cancel", "pause", "resume"), frozenset({409})),
}
_WISHES = {"pause": "PauseRequested", "resume": "ResumeRequested"}
_NO_ANSWER = frozenset({0, 429, 503})


@dataclass(slots=True)
class Evidence:
    """All that is known of what happened."""

    requests: Mapping[int, Request]
    runs: Mapping[str, Recorded]
    answers: Sequence[diary.Entry]
    effects: Sequence[diary.Entry]

    @property
    def roots(self) -> Iterator[Recorded]:
        """The runs that were started from outside."""
        return (run for run in self.runs.values() if run.parent is None)


Promise = Callable[[Evidence], Iterator[str]]
"""Yields a sentence for every place where it was broken."""


@dataclass(slots=True)
class Report:
    """What was compared, and everything that does not fit, by promise."""

    runs: int = 0
    events: int = 0
    effects: int = 0
    effect_keys: int = 0
    unknown: int = 0
    """How many requests had no answer, and were made again."""
    problems: dict[str, list[str]] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether every promise was kept."""
        return not self.sentences

    @property
    def sentences(self) -> list[str]:
        """Everything that does not fit."""
        return [f"{name}: {one}" for name, problems in self.problems.items() for one in problems]


def check(
    folder: Path, diaries: Path, requests: Iterable[Request], *, without: Collection[str] = frozenset()
) -> Report:
    """Compare the journal in `folder` with the diaries. Every request must have been made until it was accepted.

    Promises that are named in `without` are not looked at.
    """
    entries = list(diary.read(diaries / CLIENT))
    answers = [entry for entry in entries if entry["what"] == "answered"]
    effects = [entry for entry in diary.read(diaries / SINK) if entry["what"] == "effect"]
    wanted = {name: promise for name, promise in PROMISES.items() if name not in without}
    return compare(Evidence({one.number: one for one in requests}, runs_of(folder), answers, effects), wanted)


def compare(evidence: Evidence, promises: Mapping[str, Promise]) -> Report:
    """Hold the evidence against these promises."""
    return Report(
        runs=len(evidence.runs),
        events=sum(len(run.facts) for run in evidence.runs.values()),
        effects=len(evidence.effects),
        effect_keys=len({effect["key"] for effect in evidence.effects}),
        unknown=sum(entry["status"] in _NO_ANSWER for entry in evidence.answers),
        problems={name: list(promise(evidence)) for name, promise in promises.items()},
    )


# --- rule 1: accepted means durable -----------------------------------------------------------------------------------


def lost(evidence: Evidence) -> Iterator[str]:
    """An accepted run that is not there, or an accepted wish that left no trace."""
    for answer in _good(evidence, "start"):
        if answer["answer"]["id"] not in evidence.runs:
            yield f"request {answer['n']}: accepted run {answer['answer']['id']} is not in the journal"
    for answer in _good(evidence, "cancel"):
        run = evidence.runs.get(answer["answer"]["id"])
        if run is not None and not (any(run.of("CancelRequested")) or run.state == "cancelled"):
            yield f"run {run.id}: an accepted cancel is not in the journal"
    for wish, fact in _WISHES.items():
        for answer in _good(evidence, wish):
            run = evidence.runs.get(answer["answer"]["id"])
            if run is not None and not any(run.of(fact)):
                yield f"run {run.id}: an accepted {wish} is not in the journal"
    for number in evidence.requests.keys() - {answer["n"] for answer in _good(evidence, "start")}:
        yield f"request {number} was never accepted"


def answered_oddly(evidence: Evidence) -> Iterator[str]:
    """A status that no request of this load may get."""
    for answer in evidence.answers:
        status = answer["status"]
        if not (status in _NO_ANSWER or 200 <= status < 300 or status in _ALLOWED[answer["request"]]):
            yield f"{answer['request']} {answer['n']} was answered {status}: {answer['answer']}"


# --- rule 2: one run per key, one end per run, none stuck -------------------------------------------------------------


def doubled(evidence: Evidence) -> Iterator[str]:
    """A key with two runs."""
    told: dict[int, set[str]] = defaultdict(set)
    for answer in _good(evidence, "start"):
        told[answer["n"]].add(answer["answer"]["id"])
    there: dict[int, set[str]] = defaultdict(set)
    for run in evidence.roots:
        if run.number is not None:
            there[run.number].add(run.id)
    for number in evidence.requests:
        if there[number] != told[number]:
            yield f"request {number}: callers were told of {sorted(told[number])}, there are {sorted(there[number])}"


def ended_wrongly(evidence: Evidence) -> Iterator[str]:
    """Two ends, an end that is not the last event, or one that the list of runs does not know."""
    for run in evidence.runs.values():
        ends = list(run.of("RunEnded"))
        if len(ends) > 1:
            yield f"run {run.id} has {len(ends)} ends"
        if ends and (ends[0].seq != len(run.facts) or ends[0].body["state"] != run.state or not run.ended):
            yield f"run {run.id} ended {ends[0].body['state']} as event {ends[0].seq} of {len(run.facts)}: {run.state}"
        if run.ended and not ends:
            yield f"run {run.id} is listed as {run.state} and has no end"


def stuck(evidence: Evidence) -> Iterator[str]:
    """A run that is open although everything that it could wait for has come."""
    for run in evidence.runs.values():
        if not run.ended:
            yield f"run {run.id} ({run.recipe}, n={run.number}) is open: {[f.kind for f in run.facts][-4:]}"


def gaps(evidence: Evidence) -> Iterator[str]:
    """A sequence of events that leaves a number out, or does not begin with the start."""
    for run in evidence.runs.values():
        if [fact.seq for fact in run.facts] != list(range(1, len(run.facts) + 1)):
            yield f"run {run.id} has gaps"
        elif not run.facts or run.facts[0].kind != "RunStarted":
            yield f"run {run.id} does not begin with its start"


def ended_badly(evidence: Evidence) -> Iterator[str]:
    """An end or a result that this load cannot have."""
    for run in evidence.roots:
        request, end = evidence.requests.get(run.number or 0), next(run.of("RunEnded"), None)
        if request is None or end is None:
            continue
        if request.cancelled and run.state == "cancelled":
            continue
        problem = misfit(request.recipe, request.number, end.body["result"]) if run.state == "succeeded" else None
        if run.state != "succeeded" or problem:
            yield f"run {run.id} ({run.recipe}): {problem or run.state}; {end.body.get('failure')}"


# --- rule 3: completions at most once ---------------------------------------------------------------------------------


def completed_twice(evidence: Evidence) -> Iterator[str]:
    """Two completions of one attempt, two successes of one step, two answers to one call, two accepted callbacks."""
    for run in evidence.runs.values():
        seen: Counter[tuple[object, ...]] = Counter()
        for fact in run.of("AttemptSucceeded", "AttemptFailed", "ChildEnded"):
            seen["completion", fact.step, fact.body["attempt"]] += 1
            if fact.kind == "AttemptSucceeded" and run.recipe != "poll":
                seen["success", fact.step] += 1
        for fact in run.of("CallAnswered"):
            seen["answer", fact.step, fact.body["attempt"], fact.body["number"]] += 1
        for fact in run.of("CallbackReceived"):
            seen["callback", fact.step, fact.body.get("turn", 1), fact.body.get("number", 0)] += 1
        yield from (f"run {run.id}: {what} {count} times" for what, count in seen.items() if count > 1)


# --- rules 3 and 4: effects -------------------------------------------------------------------------------------------


def effects_of_nothing(evidence: Evidence) -> Iterator[str]:
    """An effect of a run that the journal does not know: it left before what it depends on was on disk."""
    for effect in evidence.effects:
        if effect["key"].split(":")[0] not in evidence.runs:
            yield f"effect {effect['label']} of request {effect['n']} has the key of an unknown run: {effect['key']}"


def effects_under_two_keys(evidence: Evidence) -> Iterator[str]:
    """One effect that was asked for under more keys than it has turns, or under none."""
    keys: dict[tuple[int, str], set[str]] = defaultdict(set)
    for effect in evidence.effects:
        keys[effect["n"], effect["label"]].add(effect["key"])
    for (number, label), found in keys.items():
        if number not in evidence.requests:
            yield f"effect {label} is of no request: {number}"
            continue
        wanted = EFFECTS[evidence.requests[number].recipe].get(label, 0)
        if len(found) > wanted or "" in found:
            yield f"effect {label} of request {number} has the keys {sorted(found)}"
    for run in evidence.roots:
        if run.state == "succeeded" and run.number in evidence.requests:
            for label, wanted in EFFECTS[evidence.requests[run.number].recipe].items():
                if len(keys[run.number, label]) < wanted:
                    yield f"run {run.id} succeeded, and its effect {label} was asked for {keys[run.number, label]}"


def effects_repeated(evidence: Evidence) -> Iterator[str]:
    """A request that was made again although nothing had hidden its answer."""
    good: Counter[tuple[str, int]] = Counter()
    for effect in evidence.effects:
        good[effect["key"], effect["life"]] += effect["status"] == 200
    for (key, life), count in good.items():
        if count > 1:
            yield f"{key} had {count} good answers in life {life}"


def effects_after_their_answer(evidence: Evidence) -> Iterator[str]:
    """A request that was made although a good answer to it was in the journal already."""
    answered = {key: at_us for run in evidence.runs.values() for key, at_us in _journaled(run)}
    asked_well = {effect["key"] for effect in evidence.effects if effect["status"] == 200}
    for effect in evidence.effects:
        if effect["at_us"] > answered.get(effect["key"], effect["at_us"]):
            yield f"{effect['key']} was asked for after its answer had been journaled"
    for key in answered.keys() - asked_well:
        yield f"{key} has a good answer in the journal that nobody gave"


def _journaled(run: Recorded) -> Iterator[tuple[str, int]]:
    """The keys of the calls whose good answers the journal has, and when these came."""
    turns: Counter[Step] = Counter()
    for fact in run.of("CallAnswered"):
        if fact.body["answer"].get("ok") and fact.body["answer"].get("status") == 200:
            node, item = fact.step
            turns[fact.step] += 1
            yield f"{run.id}:{node}:{'.'.join(map(str, item))}:{turns[fact.step]}", fact.at_us


# --- rule 5, and callbacks --------------------------------------------------------------------------------------------


def early_timers(evidence: Evidence) -> Iterator[str]:
    """A wait that was shorter than it was asked to be."""
    for run in evidence.runs.values():
        before = [f.at_us for f in run.of("AttemptSucceeded") if f.step[0] == "before"]
        for fact in run.of("TimerFired"):
            if fact.step[0] == "nap" and fact.at_us < before[0] + NAP_US:
                yield f"run {run.id}: its timer fired {before[0] + NAP_US - fact.at_us} us early"


def callbacks(evidence: Evidence) -> Iterator[str]:
    """Callers of one wait who were told different things, or a wait that took a body that nobody sent."""
    told: dict[str, set[str]] = defaultdict(set)
    for answer in _good(evidence, "callback"):
        told[answer["path"]].add(str(answer["answer"]))
    yield from (f"callers of {path} were told {sorted(said)}" for path, said in told.items() if len(said) > 1)
    sent = defaultdict(list)
    for answer in evidence.answers:
        if answer["request"] == "callback":
            sent[answer["n"]].append(answer["body"])
    for run in evidence.runs.values():
        for fact in run.of("CallbackReceived"):
            if fact.body["body"] not in sent[run.number or 0]:
                yield f"run {run.id} took {fact.body['body']}, which nobody sent"


def _good(evidence: Evidence, request: str) -> Iterator[diary.Entry]:
    return (a for a in evidence.answers if a["request"] == request and 200 <= a["status"] < 300)


PROMISES: Mapping[str, Promise] = {
    promise.__name__: promise
    for promise in (
        lost,
        answered_oddly,
        doubled,
        ended_wrongly,
        stuck,
        gaps,
        ended_badly,
        completed_twice,
        effects_of_nothing,
        effects_under_two_keys,
        effects_repeated,
        effects_after_their_answer,
        early_timers,
        callbacks,
    )
}
