"""Parts, their versions, and trying one alone."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from cypher_executor.service.answers.base import Answer
from cypher_executor.service.answers.runs import RunError


class PartLine(Answer):
    """A part as lists show it."""

    name: str
    version: str
    summary: str
    digest: str | None
    pure: bool


class PartList(Answer):
    """Every part."""

    parts: list[PartLine]


class PartAnswer(PartLine):
    """A part, with its schemas and examples. Parts that run in the engine have no digest."""

    input: dict[str, Any]
    output: dict[str, Any]
    grants: dict[str, Any]
    limits: dict[str, Any]
    examples: list[dict[str, Any]]


class PartVersionLine(Answer):
    """A version of a part that was brought here. `made`: without a manifest of its own."""

    number: int
    version: str
    digest: str
    pure: bool
    grants: dict[str, Any]
    made: bool
    created_at: str
    current: bool


class PartVersionList(Answer):
    """The versions of a part, oldest first."""

    name: str
    versions: list[PartVersionLine]


class PartVersionAnswer(PartAnswer):
    """A version of a part that was brought here, with all that its manifest says."""

    number: int
    made: bool
    created_at: str
    current: bool


class TriedCall(Answer):
    """A call that a part made, and what it was answered."""

    request: dict[str, Any]
    answer: dict[str, Any]


class TrialAnswer(Answer):
    """What came of a part that was tried alone. `asks`: the call that nothing answers, where the trial ended."""

    part: str
    version: str
    digest: str
    state: Literal["succeeded", "failed", "asks"]
    output: Any
    error: RunError | None
    asks: dict[str, Any] | None
    calls: list[TriedCall] = Field(description="those that were answered: by the tape, or here")
    log: list[str] = Field(description="what it wrote to its standard error in the last execution")
    executions: int = Field(description="one more than calls that were answered here")
    duration_ms: float = Field(description="of the last execution, in the sandbox")
    fuel_used: int | None = Field(description="by an execution that went well, when the manifest has a budget of fuel")
