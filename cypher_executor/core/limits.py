"""How much time an attempt, and a step, have left. Questions only: `attempts.py` acts on the answers."""

from __future__ import annotations

from cypher_executor.core.step import Step
from cypher_executor.errors import Failure

NEVER = 2**63


def limit_us(step: Step) -> int:
    """When the attempt, or the whole step, has had all the time that the recipe gives it."""
    node = step.node
    if node.timeout_ms is None:
        return deadline_us(step)
    attempt = step.attempts[-1]
    return min(attempt.started_us + attempt.held_us + node.timeout_ms * 1000, deadline_us(step))


def deadline_us(step: Step) -> int:
    """When the whole step has had its time."""
    if step.node.deadline_ms is None or step.started_us is None:
        return NEVER
    return step.started_us + step.held_us + step.node.deadline_ms * 1000


def left_ms(step: Step, now_us: int) -> int | None:
    """What is left of the attempt's wall time, rounded up: whoever carries out the command ends it, never early."""
    limit = limit_us(step)
    return None if limit == NEVER else max(1, -((now_us - limit) // 1000))


def overdue(step: Step, at_us: int) -> bool:
    """Whether the step's deadline has passed at this time."""
    return at_us >= deadline_us(step)


def timed_out(step: Step, now_us: int) -> Failure:
    """How the time ran out: the step's, or else the attempt's, which may be tried again."""
    if overdue(step, now_us):
        return Failure("deadline", f"the step took longer than {step.node.deadline_ms} ms")
    return Failure("timeout", f"the attempt took longer than {step.node.timeout_ms} ms", retryable=True)


def past_deadline(step: Step, failure: Failure) -> Failure:
    """The failure of a step that may not try again, because its deadline has come."""
    message = f"the step did not succeed within {step.node.deadline_ms} ms; the last attempt: {failure.message}"
    return Failure("deadline", message, details={"attempts": step.attempt, "last": failure.code})


def past_repeating(step: Step) -> Failure:
    """The failure of a step that may not take another turn, because its deadline has come."""
    message = f"`until` was not true within {step.node.deadline_ms} ms, after {step.turn} turns"
    return Failure("deadline", message, details={"turns": step.turn})
