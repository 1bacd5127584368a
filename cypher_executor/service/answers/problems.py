"""What is wrong, and where."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cypher_executor.service.answers.base import Answer


class Where(Answer):
    """A place in a text; lines and columns from 1 in code points, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    node: str | None


class Fix(Answer):
    """What to write where."""

    where: Where
    text: str


class DiagnosticAnswer(Answer):
    """One problem of a recipe."""

    severity: Literal["error", "warning"]
    code: str
    message: str
    where: Where
    did_you_mean: str | None
    fix: Fix | None


class Misfit(Answer):
    """One place of a body that does not fit."""

    path: str = Field(description="JSON Pointer to the value")
    message: str


class ProblemAnswer(Answer):
    """An error, as RFC 9457 has it, with what programs branch on (`code`) and what people need."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    where: Where | None
    did_you_mean: str | None
    next_actions: list[str]
    request_id: str
    diagnostics: list[DiagnosticAnswer] = Field([], description="the problems of a recipe or a query")
    problems: list[Misfit] = Field([], description="the places that do not fit")
    more: list[MoreReached] = Field([], description="of `reaches_more`: what the last version did not reach")


class MoreReached(Answer):
    """Something that the last version did not reach. `recipe` is null, or the recipe above that reaches it."""

    kind: Literal["host", "secret", "kv", "callbacks", "any_recipe"]
    what: str
    through: list[str]
    recipe: str | None
