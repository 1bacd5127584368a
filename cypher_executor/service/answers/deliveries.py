"""What those are told who call a hook or call back."""

from __future__ import annotations

from typing import Any, Literal

from cypher_executor.core.events import RunState
from cypher_executor.service.answers.base import Answer
from cypher_executor.service.answers.runs import RunError


class HookAccepted(Answer):
    """A delivery is on disk as a run. With `respond: 'result'` there is a state, too: the run still goes on."""

    accepted: Literal[True]
    run: str
    state: RunState | None = None
    result: Any = None
    error: RunError | None = None


class HookResult(Answer):
    """What came of a delivery."""

    accepted: Literal[True]
    run: str
    state: RunState
    result: Any
    error: RunError | None


class CallbackAccepted(Answer):
    """A callback is on disk. Whoever calls again gets this same answer."""

    accepted: Literal[True]
    run: str
    step: str
    received_at: str
