"""What the service is sent: bodies and query strings.

Bodies are strict: no field is converted, and one that is not known is refused. Queries are text and are converted.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    WithJsonSchema,
    model_validator,
)

from cypher_executor.core.events import RunState
from cypher_executor.library import composed
from cypher_executor.service.times import Moment, moment

Flag = Annotated[bool, BeforeValidator(lambda given: True if given == "" else given)]
"""A switch in a query: `?async`, `?async=1` and `?async=true` all turn it on."""

REACHING = "go ahead although the recipe, or one that starts it, then reaches more than its last version did"

When = Annotated[Moment, BeforeValidator(moment), WithJsonSchema({"type": "string"})]
"""A time in a query, or how long ago."""

Name = Annotated[str, AfterValidator(composed)]
"""The name of a recipe. Two ways to write the same characters are one name."""


Action = Literal["cancel", "pause", "resume", "retry"]
"""What may be done to several runs at once."""


class Request(BaseModel):
    """A body that we are sent."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Query(BaseModel):
    """What may stand behind the question mark."""

    model_config = ConfigDict(extra="forbid")


class RecipeText(Request):
    """A recipe as text in JSON."""

    cypher: str = Field(description="the text of the recipe")
    name: Name | None = Field(None, description="its name, when the text does not give one")
    allow: bool = Field(False, description=REACHING)


class StartRun(Request):
    """What to run, and with which input: a recipe by its name, or one that is sent along."""

    recipe: Name | None = Field(None, description="the name of a stored recipe")
    cypher: str | None = Field(None, description="the text of a recipe, instead of a name")
    name: Name | None = Field(None, description="what to call the recipe that is sent along, when it has no name")
    input: Any = Field(default_factory=dict, description="the input of the run: any JSON value, usually an object")
    only: str | None = Field(
        None,
        min_length=1,
        max_length=16_384,
        description="run only the nodes that this query gives, asked of the graph of the recipe: "
        "MATCH (a:Node {name: 'parse'})-[*0..]->(b:Node) RETURN b",
    )
    values_from: str | None = Field(
        None, description="with `only`: the run that the values of all nodes before these, and the input, come from"
    )

    @model_validator(mode="after")
    def _one_recipe(self) -> StartRun:
        if (self.recipe is None) == (self.cypher is None):
            raise ValueError("give either `recipe` (a name) or `cypher` (a text)")
        if self.name is not None and self.cypher is None:
            raise ValueError("`name` goes with `cypher`: a stored recipe has its name in `recipe`")
        if self.values_from is not None and self.only is None:
            raise ValueError("`values_from` goes with `only`; to go on from a run, use POST /runs/{id}/fork")
        return self


class ForkRun(Request):
    """Where a new run is to begin anew, and with what. Everything else is as it was in the run that it comes from."""

    step: str | None = Field(
        None, description="the step that is done anew, with all behind it; without one, everything is"
    )
    item: list[Annotated[int, Field(ge=0)]] = Field(
        default_factory=list, max_length=16, description="in loops, which item of the step, the outer one first"
    )
    input: Any = Field(None, description="another input; left out, it is that of the run")
    version: Annotated[int, Field(ge=1)] | Literal["newest"] | None = Field(
        None, description="another version of the recipe, by its number or `newest`; left out, it is that of the run"
    )
    cypher: str | None = Field(None, description="the text of a changed recipe, instead of a version")

    @model_validator(mode="after")
    def _one_recipe(self) -> ForkRun:
        if self.version is not None and self.cypher is not None:
            raise ValueError("give either `version` or `cypher` (a text)")
        if self.item and self.step is None:
            raise ValueError("`item` goes with `step`")
        return self


class AskQuery(Request):
    """A question to the graph of recipes and runs, and how much it may take."""

    query: str = Field(min_length=1, description="read-only Cypher; EXPLAIN in front of it asks for the plan")
    parameters: dict[str, Any] = Field(default_factory=dict, description="the values of its $names")
    limit: int = Field(1_000, ge=1, le=10_000, description="rows at most; `more` tells whether there would be others")
    timeout_s: float = Field(
        10.0,
        gt=0,
        le=60,
        strict=False,
        description="how long it may be worked out, in seconds; memory has a limit, too",
    )
    graph: bool = Field(False, description="answer with the nodes and relationships in the rows as one graph as well")


class Steer(Request):
    """Why something is asked of a run."""

    reason: str = Field("", max_length=1000, description="kept with the run")


class ActOnRuns(Steer):
    """What is to become of which runs."""

    action: Action
    where: str = Field(min_length=1, description="a query whose rows hold the runs: MATCH (r:Run:Failed) RETURN r")
    parameters: dict[str, Any] = Field(default_factory=dict, description="the values of its $names")
    dry_run: bool = Field(True, description="only say what would become of them")
    expect: int | None = Field(None, ge=0, description="do nothing unless the query finds just so many")
    limit: int = Field(1_000, ge=1, le=10_000, description="do nothing if it finds more")
    tree: bool = Field(False, description="cancel everything that descends from them, too")


class CancelRun(Steer):
    """Why a run is to end, and whether all that it started ends with it."""

    tree: bool = Field(False, description="cancel everything that descends from it, too")


class ResumeRun(Request):
    """Nothing is to be said: the run goes on."""


class TapeEntry(Request):
    """A call of a part, and what it is to be answered."""

    request: dict[str, Any] = Field(description="the call as the part makes it: {op, ...}")
    answer: dict[str, Any] = Field(description="{ok: true, ...} or {ok: false, error: {code, message, retryable}}")


class CallPart(Request):
    """What to try a part with."""

    input: Any = Field(default_factory=dict, description="any JSON value, usually an object")
    tape: list[TapeEntry] = Field(
        default_factory=list,
        max_length=256,
        description="the answers of its calls, in their order",
    )
    number: Annotated[int, Field(ge=1)] | None = Field(
        None, description="which version of a part that was brought here; the newest without"
    )
    timeout_ms: Annotated[int, Field(ge=1, le=30_000)] | None = Field(
        None, description="how long each execution may take, at most what its manifest says"
    )


class PutSecret(Request):
    """The value of a secret, which no answer ever repeats, and where it may go."""

    value: SecretStr = Field(description="4 characters to 16 KiB of text")
    hosts: list[str] = Field(
        default_factory=list,
        max_length=100,
        description="patterns like https://api.example.com/* that it is kept to; without, where a recipe grants it",
    )


class MakeKey(Request):
    """Who a key is for, and what it may do."""

    name: str = Field(description="what it is for: the person or the program that has it")
    scopes: list[str] = Field(
        default_factory=lambda: ["read", "run", "write"],
        description="read: look at everything; run: start and steer runs; write: change recipes and parts; admin: all",
    )
    tenant: str | None = Field(None, description="whose recipes and runs it opens; your own when left out")
    expires_in: str | int | None = Field(None, description="after how long it opens nothing: `90d`, or seconds")


class Rollback(Request):
    """Which version is to be the current one."""

    version: int = Field(ge=1, description="the number of a stored version")
    allow: bool = Field(False, description=REACHING)


class StoreQuery(Query):
    """How to store a recipe."""

    name: Name | None = Field(None, description="its name, when the text does not give one")
    dry_run: Flag = Field(False, description="check and answer, but store nothing")
    allow: Flag = Field(False, description=REACHING)


class PutPartQuery(Query):
    """How to take a part."""

    approve: Flag = Field(False, description="grant it what it asks for; needs the scope `admin`")
    develop: Flag = Field(False, description="it is being worked at: stored recipes use it at once")


class ShowQuery(Query):
    """How to show a recipe."""

    format: Literal["json", "graph", "mermaid", "svg"] = Field(
        "json", description="everything about it, its graph form (one statement for Neo4j), or a picture of it"
    )


class ReplaceQuery(Query):
    """How to store a recipe under the name of the path."""

    dry_run: Flag = Field(False, description="check and answer, but store nothing")
    allow: Flag = Field(False, description=REACHING)


class RunsQuery(Query):
    """Which runs to list, newest first."""

    recipe: Name | None = Field(None, description="runs of the recipe of this name")
    state: list[RunState] = Field([], description="runs in this state; may be given several times")
    since: When | None = Field(None, description="runs that began at this time or later: RFC 3339, or `2h` ago")
    until: When | None = Field(None, description="runs that began before this time: RFC 3339, or `2h` ago")
    before: str | None = Field(None, description="runs that began before this one: `next_before` of the last page")
    limit: int = Field(50, ge=1, le=200, description="how many at most")


class MirrorQuery(Query):
    """What to open in Neo4j Browser."""

    run: str | None = Field(None, description="a run, by its id")
    recipe: Name | None = Field(None, description="a recipe, by its name")


class ImpactQuery(Query):
    """On what recipes may depend: one of these."""

    part: str | None = Field(None, description="a part, by its name")
    host: str | None = Field(None, description="a host that recipes reach, as api.example.com")
    secret: str | None = Field(None, description="a secret that recipes send, by its name")


class CancelQuery(Query):
    """Whose end is asked for."""

    tree: Flag = Field(False, description="cancel everything that descends from the run, too")


class WaitsQuery(Query):
    """Which waits to list, those of the oldest runs first."""

    recipe: Name | None = Field(None, description="waits of runs of the recipe of this name")
    after: str | None = Field(None, description="of runs that began after this one: `next_after` of the last page")
    limit: int = Field(100, ge=1, le=1000, description="the page is full with the run that brings it to so many")


class StepQuery(Query):
    """Which of the steps of a node."""

    item: str = Field(
        "",
        pattern=r"^([0-9]{1,9}(,[0-9]{1,9})*)?$",
        description="in a loop, which item: `2`; in a loop in a loop `2,0`, the outer one first",
    )


class NamedTriggerQuery(BaseModel):
    """Ours; everything else behind the question mark becomes input."""

    asynchronous: Flag = Field(False, alias="async", description="answer as soon as the run is accepted")
