"""The shapes of requests and answers at the edge of the service. Requests are checked by them, answers documented.

Requests are strict: no field is converted, and one that is not known is refused with the nearest that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from cypher_executor.core.events import RunState
from cypher_executor.errors import RequestInvalid, nearest

M = TypeVar("M", bound=BaseModel)

STATES: tuple[str, ...] = get_args(RunState)

Flag = Annotated[bool, BeforeValidator(lambda given: True if given == "" else given)]
"""A switch in a query: `?async`, `?async=1` and `?async=true` all turn it on."""


class Request(BaseModel):
    """A body that we are sent."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Query(BaseModel):
    """What may stand behind the question mark. Values arrive as text and are converted."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)


class Answer(BaseModel):
    """A body that we send."""


# --- requests ---------------------------------------------------------------------------------------------------------


class RecipeText(Request):
    """A recipe as text in JSON."""

    cypher: str = Field(description="the text of the recipe")
    name: str | None = Field(None, description="its name, when the text does not give one")


class StartRun(Request):
    """What to run, and with which input: a recipe by its name, or one that is sent along."""

    recipe: str | None = Field(None, description="the name of a stored recipe")
    cypher: str | None = Field(None, description="the text of a recipe, instead of a name")
    input: Any = Field(default_factory=dict, description="the input of the run: any JSON value, usually an object")

    @model_validator(mode="after")
    def _one_recipe(self) -> StartRun:
        if (self.recipe is None) == (self.cypher is None):
            raise ValueError("give either `recipe` (a name) or `cypher` (a text)")
        return self


class CancelRun(Request):
    """Why a run is to end."""

    reason: str = Field("", max_length=1000, description="kept with the run")


class Rollback(Request):
    """Which version is to be the current one."""

    version: int = Field(ge=1, description="the number of a stored version")


class StoreQuery(Query):
    """How to store a recipe."""

    name: str | None = Field(None, description="its name, when the text does not give one")
    dry_run: Flag = Field(False, description="check and answer, but store nothing")


class ReplaceQuery(Query):
    """How to store a recipe under the name of the path."""

    dry_run: Flag = Field(False, description="check and answer, but store nothing")


class RunsQuery(Query):
    """Which runs to list, newest first."""

    recipe: str | None = Field(None, description="runs of the recipe of this name")
    state: list[RunState] = Field([], description="runs in this state; may be given several times")
    before: str | None = Field(None, description="runs that began before this one: `next_before` of the last page")
    limit: int = Field(50, ge=1, le=200, description="how many at most")


class NamedTriggerQuery(BaseModel):
    """Ours; everything else behind the question mark becomes input."""

    asynchronous: Flag = Field(False, alias="async", description="answer as soon as the run is accepted")


# --- answers ----------------------------------------------------------------------------------------------------------


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
    diagnostics: list[DiagnosticAnswer] = Field([], description="the problems of a recipe")
    problems: list[Misfit] = Field([], description="the places that do not fit")


class GraphNode(Answer):
    """A node of a recipe; `part` is null for one that only starts or joins."""

    name: str
    part: str | None
    tags: list[str]


class GraphRelationship(Answer):
    """A relationship of a recipe. `when` is canonical Cypher."""

    source: str
    type: str
    target: str
    when: str | None
    branch: str | None
    otherwise: bool


class Graph(Answer):
    """A recipe as it is drawn."""

    nodes: list[GraphNode]
    relationships: list[GraphRelationship]


class StoredRecipe(Answer):
    """A version of a recipe. `version` is null when it was only tried (`dry_run`)."""

    name: str
    version: int | None
    digest: str
    description: str | None
    cypher: str
    created_at: str | None
    graph: Graph
    parts: list[str]
    input_schema: dict[str, Any] | None
    webhook_url: str
    diagnostics: list[DiagnosticAnswer]


class RecipeLine(Answer):
    """A recipe as lists show it."""

    name: str
    version: int
    digest: str
    created_at: str
    webhook_url: str


class RecipeList(Answer):
    """Every name, with its current version."""

    recipes: list[RecipeLine]


class VersionLine(Answer):
    """A version as lists show it."""

    version: int
    digest: str
    created_at: str
    current: bool


class VersionList(Answer):
    """The versions of one name, oldest first."""

    name: str
    versions: list[VersionLine]


class Checked(Answer):
    """What there is to say about a text; `ok` when nothing of it is an error."""

    ok: bool
    diagnostics: list[DiagnosticAnswer]


class RunError(Answer):
    """How a run, a step or an attempt failed."""

    code: str
    message: str
    retryable: bool
    attempts: int | None = Field(None, description="of a step: how often it was tried")
    details: dict[str, Any] | None = None


class StepAnswer(Answer):
    """One node in one run; in loops, for one item."""

    name: str
    item: list[int]
    part: str | None
    state: RunState
    attempts: int
    input: Any
    output: Any
    error: RunError | None
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
    input: Any
    output: Any
    error: RunError | None
    started_at: str | None
    ended_at: str | None


class RunAnswer(Answer):
    """A run. `recipe` and `version` are null for a recipe that was sent along without a name."""

    id: str
    recipe: str | None
    version: int | None
    state: RunState
    input: Any
    result: Any
    error: RunError | None
    started_at: str
    ended_at: str | None
    steps: list[StepAnswer]


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


class Health(Answer):
    """That the service answers, or takes on runs."""

    status: Literal["ok", "ready"]


class Version(Answer):
    """What is running."""

    name: str
    version: str


# --- checking ---------------------------------------------------------------------------------------------------------


def fitted(model: type[M], value: Any) -> M:
    """The value as `model`. Raises RequestInvalid with every misfit, and the nearest name for an unknown field."""
    if not isinstance(value, Mapping):
        misfit = {"path": "", "message": "must be an object"}
        raise RequestInvalid("the body must be a JSON object", problems=[misfit])
    try:
        return model.model_validate(value)
    except ValidationError as wrong:
        raise misfits(model, wrong.errors(include_url=False, include_input=False)) from None


def misfits(model: type[BaseModel], found: list[ErrorDetails], code: str | None = None) -> RequestInvalid:
    """All that does not fit a model, as one error."""
    known = [field.alias or name for name, field in model.model_fields.items()]
    problems = [{"path": "".join(f"/{step}" for step in e["loc"]), "message": _sentence(e)} for e in found]
    unknown = [str(e["loc"][-1]) for e in found if e["type"] == "extra_forbidden"]
    listed = "; ".join(f"{p['path'][1:]}: {p['message']}" if p["path"] else p["message"] for p in problems)
    near = nearest(unknown[0], known) if unknown else None
    hint = f"; known are {', '.join(known)}" if unknown else ""
    return RequestInvalid(f"the request does not fit: {listed}{hint}", code=code, problems=problems, did_you_mean=near)


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such field"
    return error["msg"].removeprefix("Value error, ")
