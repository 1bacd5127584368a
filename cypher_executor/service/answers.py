"""What the service sends, as it is documented. Answers are written as plain maps; tests compare them with this."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cypher_executor.core.events import RunState


class Answer(BaseModel):
    """A body that we send. Only the documentation asks what it looks like, so that is not worked out at the start."""

    model_config = ConfigDict(defer_build=True)


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


_THROUGH = "ways: a node of the recipe, then one of the recipe that it starts, and so on; 20 at most"


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


class HookLine(Answer):
    """A hook that a recipe declares: where it is called, how, and by whom; and where it can be tried out."""

    node: str
    url: str
    test_url: str
    methods: list[str]
    auth: Literal["none", "key", "hmac"]
    respond: Literal["accepted", "result"]


class ScheduleLine(Answer):
    """A schedule that a recipe declares. `catch_up` is how many missed times are made up for."""

    node: str
    cron: str
    timezone: str
    overlap: Literal["skip", "queue", "allow"]
    catch_up: int
    jitter_ms: int
    next_times: list[str] = Field(description="when it fires next, in UTC and without its jitter")


class ReachedHost(Answer):
    """A pattern of requests that can be made, as grants are written."""

    pattern: str
    through: list[list[str]] = Field(description=_THROUGH)


class SentSecret(Answer):
    """A secret, and where it may be sent; `to` is empty when it is granted to go nowhere."""

    name: str
    to: list[str]
    through: list[list[str]] = Field(description=_THROUGH)


class ReachedRecipe(Answer):
    """A recipe that is started; `known` when there is one of this name."""

    name: str
    known: bool
    through: list[list[str]] = Field(description=_THROUGH)


class BillAnswer(Answer):
    """All that a recipe can reach, with the recipes that it starts. `kv`, `callbacks` and `any_recipe` (a recipe whose
    name only a run knows) have the ways to them. `complete`: nothing else, while the recipes stay what they are."""

    complete: bool
    hosts: list[ReachedHost]
    secrets: list[SentSecret]
    kv: list[list[str]]
    callbacks: list[list[str]]
    recipes: list[ReachedRecipe]
    any_recipe: list[list[str]]


class MoreReached(Answer):
    """Something that the last version did not reach. `recipe` is null, or the recipe above that reaches it."""

    kind: Literal["host", "secret", "kv", "callbacks", "any_recipe"]
    what: str
    through: list[str]
    recipe: str | None


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
    hooks: list[HookLine]
    schedules: list[ScheduleLine]
    bill: BillAnswer | None = Field(description="what it can reach; null: stored before that was worked out")
    more: list[MoreReached] = Field(description="when it is stored or tried: what its last version did not reach")
    pins: dict[str, str] = Field(description="the digests of the modules that its runs use, by part")
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
    schedules: list[ScheduleLine] = Field(description="what it declares, and the next times of each")
    needs: dict[str, Any] | None = Field(None, description="what the recipe needs in order to run; null when it cannot")
    bill: BillAnswer | None = Field(description="what it can reach with the stored recipes; null when it cannot run")
    more: list[MoreReached] = Field(description="what the stored version of its name does not reach")


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


class SecretAnswer(Answer):
    """What may be said of a secret. `hosts` are what it is kept to; none: wherever a recipe grants it."""

    name: str
    hosts: list[str]
    key_id: str = Field(description="which key it is sealed with")
    changed_at: str


class SecretList(Answer):
    """Every secret, without its value."""

    secrets: list[SecretAnswer]


class SecretForgotten(Answer):
    """A secret that is no more."""

    name: str
    deleted: bool


class SecretsRotated(Answer):
    """How many secrets were sealed again."""

    sealed: int


class KeyAnswer(Answer):
    """What may be said of a key."""

    id: str
    name: str
    tenant: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class KeyMade(KeyAnswer):
    """A new key."""

    key: str = Field(description="the key itself: shown this once, and kept nowhere")


class KeyList(Answer):
    """The keys of a tenant, oldest first, without what opens anything."""

    keys: list[KeyAnswer]


class Health(Answer):
    """That the service answers, or takes on runs."""

    status: Literal["ok", "ready"]


class Ready(Health):
    """That the service takes on runs, and how many of the open ones it cannot: the log says which, and why."""

    unreadable_runs: int = Field(description="open runs that stay as they are on disk, because they cannot be read")


class Version(Answer):
    """What is running."""

    name: str
    version: str
