"""Recipes, their versions, and what they reach."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from cypher_executor.service.answers.base import Answer
from cypher_executor.service.answers.problems import DiagnosticAnswer, MoreReached

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
