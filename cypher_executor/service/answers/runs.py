"""Runs, their steps, and what they wait for."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from cypher_executor.core.events import RunState
from cypher_executor.service.answers.base import Answer


class RunError(Answer):
    """How a run, a step or an attempt failed."""

    code: str
    message: str
    retryable: bool
    attempts: int | None = Field(None, description="of a step: how often it was tried")
    details: dict[str, Any] | None = None


_SHORTENED = (
    "any JSON; of a value of more than 64 KiB, and of most values in a run that has more than 1 MiB of them, only "
    "`{'$too_large': {href, more_than_bytes}}` is shown: GET the `href`, which is this step, for all of it"
)


class WaitAnswer(Answer):
    """What a step waits for: whoever calls `callback_url` with a body that fits `schema` lets it go on."""

    note: Any = Field(description="what the author wrote for whoever is to answer")
    schema_: Any = Field(alias="schema", description="the JSON Schema of the body; null: anything fits")
    since: str
    until: str | None = Field(description="when the wait is given up; null: never")
    callback_url: str


class StepAnswer(Answer):
    """One node in one run; in loops, for one item."""

    name: str
    item: list[int]
    part: str | None
    state: RunState
    attempts: int
    inherited: bool = Field(description="whether its result is that of the run in `origin`")
    input: Any = Field(description=_SHORTENED)
    output: Any = Field(description=_SHORTENED)
    error: RunError | None
    wait: WaitAnswer | None = Field(description="the callback that it waits for now")
    started_at: str | None
    ended_at: str | None


class AttemptAnswer(Answer):
    """One try of a step."""

    attempt: int
    state: Literal["running", "waiting", "succeeded", "failed", "cancelled"]
    error: RunError | None
    started_at: str
    ended_at: str | None


class StepDetail(Answer):
    """A step with every one of its attempts."""

    name: str
    item: list[int]
    part: str | None
    state: RunState
    attempts: list[AttemptAnswer]
    inherited: bool
    input: Any
    output: Any
    error: RunError | None
    wait: WaitAnswer | None
    started_at: str | None
    ended_at: str | None


class OriginAnswer(Answer):
    """Where the results of a fork, or the values of a run of a part of a recipe, come from."""

    run: str | None = Field(description="the run that they come from")
    step: str | None = Field(description="the step at which a fork begins anew; null: at the beginning")
    item: list[int] = Field(description="of which items, if not of all")
    only: list[str] | None = Field(description="the nodes that are run, when not all of them are")


class RunAnswer(Answer):
    """A run. `recipe` and `version` are null for a recipe that was sent along without a name."""

    id: str
    recipe: str | None
    version: int | None
    state: RunState
    paused: bool = Field(description="whether somebody paused it: then nothing more begins until it is resumed")
    origin: OriginAnswer | None = Field(description="what it has of another run; null for a run of its own")
    input: Any
    result: Any
    error: RunError | None
    started_at: str
    ended_at: str | None
    steps: list[StepAnswer]


Fate = Literal["would", "done", "unchanged", "refused"]
"""What becomes of one of several runs that are to be acted on; `would` in a dry run."""


class RunOutcome(Answer):
    """One of several runs: what became of it, or would in a dry run. `code` and `message` say why nothing did."""

    run: str
    recipe: str | None
    state: RunState | None
    outcome: Fate
    code: str | None
    message: str | None


class RunLine(Answer):
    """A run as lists show it."""

    id: str
    recipe: str | None
    version: int | None
    state: RunState
    parent: str | None
    started_at: str
    ended_at: str | None


class RunList(Answer):
    """A page of runs. Ask for the next one with `before=next_before`; null means that this was the last."""

    runs: list[RunLine]
    next_before: str | None


class WaitLine(WaitAnswer):
    """A wait, and where it is."""

    run: str
    recipe: str | None
    step: str
    item: list[int]


class WaitList(Answer):
    """A page of waits: all those of some runs. Ask for the next one with `after=next_after`; null: the last page."""

    waits: list[WaitLine]
    next_after: str | None
