"""What the language page says a run should have done, worked out again from the states that its steps ended in.

This is written from the contract (Relationships, Joins, Result; cancel and `fail_fast` in the answers) and shares no
code with `routing.py`: it looks at a run that is over, has all the time in the world, and knows no order of events.
Conditions in random recipes look at their source and at parameters only, so they mean at the end what they meant then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cypher_executor.core.attempts import MAX_LOSSES
from cypher_executor.core.events import AttemptFailed, AttemptLost, CancelRequested, Event, TimerFired
from cypher_executor.core.recipe import Recipe, Relationship, Retry, Scope, Value
from cypher_executor.core.run import Run
from cypher_executor.core.step import Attempt, Step
from cypher_executor.errors import ExpressionError
from tests.core.laws import Seen


class Oracle:
    """Judges one run that has ended."""

    def __init__(self, run: Run, seen: Sequence[Seen]) -> None:
        self.run = run
        self.recipe: Recipe = run.recipe
        self.steps: Mapping[str, Step] = {name: step for (name, _), step in run.steps.items()}
        self.events: list[Event] = [one.event for one in seen if one.expected]

    def check(self) -> None:
        """Raise AssertionError when the run did something else than the language says."""
        if self._closed():
            self._check_closed()
        else:
            for name in self.recipe.nodes:
                self._check_node(name)
            self._check_result()
        for step in self.steps.values():
            self._check_attempts(step)

    # --- relationships ------------------------------------------------------------------------------------------------

    def _fate(self, r: Relationship) -> str:
        """`taken`, `not taken`, or `error` when its condition cannot be evaluated."""
        source = self.steps[r.source]
        types = {
            "succeeded": ("ON_SUCCESS", "ON_COMPLETE"),
            "failed": ("ON_FAIL", "ON_COMPLETE"),
            "cancelled": ("ON_COMPLETE",),
        }
        if r.type not in types.get(source.state, ()):
            return "not taken"
        if r.otherwise:
            siblings = [s for s in self.recipe.relationships if (s.source, s.type) == (r.source, r.type)]
            chosen = any(self._fate(s) == "taken" for s in siblings if s.when is not None or s.branch is not None)
            return "not taken" if chosen else "taken"
        if r.branch is not None and not (isinstance(source.output, dict) and source.output.get("branch") == r.branch):
            return "not taken"
        return self._condition(r)

    def _condition(self, r: Relationship) -> str:
        if r.when is None:
            return "taken"
        try:
            return "taken" if r.when.evaluate(self._scope()) is True else "not taken"
        except ExpressionError:
            return "error"

    def _scope(self) -> Scope:
        started = self.run.started
        assert started is not None
        given = started.input
        return Scope(lambda name: self.steps[name].value, given, given, started.trigger, 0, "")

    def _fates(self, name: str) -> dict[Relationship, str]:
        return {r: self._fate(r) for r in self.recipe.relationships if r.target == name}

    # --- joins --------------------------------------------------------------------------------------------------------

    def _check_node(self, name: str) -> None:
        fates, step, join = self._fates(name), self.steps[name], self.recipe.nodes[name].join
        assert step.state in ("succeeded", "failed", "skipped"), f"{name} is {step.state}, but nothing closed the run"
        taken = sum(fate == "taken" for fate in fates.values())
        early = 1 if join == "any" else join if isinstance(join, int) else None
        if "error" in fates.values() and early is None:
            assert step.failure is not None and step.failure.code == "expression_error", f"{name} hid a bad condition"
            return
        if "error" in fates.values():  # what came first decides: enough taken, too few left, or the error
            assert taken >= (early or 0) or not step.attempts, f"{name} began with {taken} of {early} taken"
            return
        runs = not fates or (taken >= early if early is not None else taken > 0 and self._may_join(name, fates))
        assert (step.state != "skipped") == runs, f"{name} is {step.state}; {taken} of {len(fates)} taken, join {join}"
        if runs and early is None:
            self._check_input(step, [r.source for r in fates])

    def _may_join(self, name: str, fates: Mapping[Relationship, str]) -> bool:
        """Whether every failed source is answered for, by itself or by somebody downstream of it."""
        if self.recipe.nodes[name].join == "settled":
            return True
        arrived = {r.source for r, fate in fates.items() if fate == "taken"}
        failed = {r.source for r in fates if self.steps[r.source].state == "failed"}
        return all(self._downstream(source) & arrived for source in failed)

    def _downstream(self, name: str) -> set[str]:
        """The node itself and all that can be reached from it."""
        found = {name}
        while True:
            more = found | {r.target for r in self.recipe.relationships if r.source in found}
            if more == found:
                return found
            found = more

    def _check_input(self, step: Step, sources: list[str]) -> None:
        if step.node.inputs is not None or (step.failure is not None and step.failure.code == "expression_error"):
            return
        expected: Value
        started = self.run.started
        assert started is not None
        match sorted(set(sources)):
            case []:
                expected = started.input
            case [only]:
                expected = self.steps[only].value
            case several:
                expected = {source: self.steps[source].value for source in several}
        assert step.input == expected, f"{step.name} was given {step.input}"
        if step.node.part is None:
            assert step.output == expected, f"{step.name} gave {step.output}"

    # --- the end ------------------------------------------------------------------------------------------------------

    def _unhandled(self) -> list[str]:
        handled = {
            r.source
            for r in self.recipe.relationships
            if r.type in ("ON_FAIL", "ON_COMPLETE") and self._fate(r) == "taken"
        }
        return [name for name, step in self.steps.items() if step.state == "failed" and name not in handled]

    def _check_result(self) -> None:
        end, unhandled = self.run.ended, self._unhandled()
        assert end is not None
        if unhandled:
            assert end.state == "failed" and end.failure is not None and end.failure.details is not None
            assert end.failure.details.get("node") in unhandled, "the run failed because of a step that was handled"
        elif any(text.text.startswith("!") for _, text in self.recipe.returns or ()):
            assert end.state == "failed" and end.failure is not None and end.failure.code == "expression_error"
        else:
            assert end.state == "succeeded" and end.failure is None, f"nothing failed, but the run {end.state}"
        assert (end.state == "succeeded") == (end.failure is None)
        assert end.state == "succeeded" or end.result is None, "only a run that succeeded has a result"

    # --- closing ------------------------------------------------------------------------------------------------------

    def _closed(self) -> bool:
        outside = any(isinstance(e, CancelRequested) or (isinstance(e, TimerFired) and not e.node) for e in self.events)
        return outside or (self.recipe.fail_fast and bool(self._unhandled()))

    def _check_closed(self) -> None:
        end = self.run.ended
        assert end is not None and end.failure is not None and end.state in ("failed", "cancelled")
        for step in self.steps.values():
            if step.state == "cancelled":
                self._check_cleaned_up(step)

    def _check_cleaned_up(self, step: Step) -> None:
        """What only waits for the end of a cancelled step, whatever that end is, has run."""
        assert step.failure is None
        for r, fate in ((r, self._fate(r)) for r in self.recipe.relationships if r.source == step.name):
            alone = sum(other.target == r.target for other in self.recipe.relationships) == 1
            if fate == "taken" and alone and self.recipe.nodes[r.target].join in ("all", "any", "settled", 1):
                assert self.steps[r.target].state != "skipped", f"{r.target} did not clean up after {step.name}"

    # --- attempts -----------------------------------------------------------------------------------------------------

    def _check_attempts(self, step: Step) -> None:
        policy = step.node.retry
        limit = policy.attempts if policy else 1
        assert len(step.attempts) <= limit, f"{step.name} was tried {len(step.attempts)} times of {limit}"
        assert [a.number for a in step.attempts] == list(range(1, len(step.attempts) + 1))
        for attempt in step.attempts[:-1]:
            assert attempt.failure is not None and _covered(policy, attempt)
        if step.state == "failed" and step.attempts and not _deadline(step):
            spent = len(step.attempts) == limit
            assert spent or not _covered(policy, step.attempts[-1]), f"{step.name} gave up too early"
        self._check_against_journal(step)

    def _check_against_journal(self, step: Step) -> None:
        """A failure that a worker reported is the failure of that attempt; so is the last loss that it may have."""
        mine = [e for e in self.events if isinstance(e, AttemptFailed | AttemptLost) and e.node == step.name]
        for attempt in step.attempts:
            reported = [e for e in mine if e.attempt == attempt.number and isinstance(e, AttemptFailed)]
            losses = [e for e in mine if e.attempt == attempt.number and isinstance(e, AttemptLost)]
            assert len(reported) <= 1 and len(losses) <= MAX_LOSSES
            if reported:
                assert attempt.failure == reported[0].failure
            if len(losses) == MAX_LOSSES:
                assert attempt.failure is not None and attempt.failure.code in ("worker_lost", "timeout", "deadline")


def _covered(policy: Retry | None, attempt: Attempt) -> bool:
    assert attempt.failure is not None
    if policy is None:
        return False
    return attempt.failure.retryable if policy.on is None else attempt.failure.code in policy.on


def _deadline(step: Step) -> bool:
    return step.failure is not None and step.failure.code == "deadline"
