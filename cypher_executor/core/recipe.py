"""A recipe: the graph that a run follows, after its text has been read and checked, and before anything runs.

`cypher` makes recipes out of text; the run machine only follows them. A recipe is immutable and known by its digest,
which is taken over its meaning and not over its white space. Expressions arrive compiled: the core calls them and
never looks inside, so it needs to know nothing of the language.

Look-ups that a run makes for every step (`outgoing`, `incoming`, `regions`) are tables made once per recipe, so that to
follow a relationship costs the same in a recipe of five nodes and of five thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NewType, Protocol

from cypher_executor.core.regions import Regions
from cypher_executor.core.secret_handles import handle
from cypher_executor.core.triggers import TRIGGER_KINDS, Schedule, TriggerKind, Webhook

Value = Any
"""A JSON value: None, bool, int (64 bit), float, str, list, or dict with string keys."""

Digest = NewType("Digest", str)
"""`sha256:` and 64 hexadecimal digits."""


@dataclass(slots=True)
class Scope:
    """What an expression may see while it is evaluated. Whoever evaluates does not change it; that is not enforced,
    because one is made for each step in each replay. Its expressions share it, but for the seed.

    `value_of(name)` is the output of a node upstream, or the item of a loop: None when it was skipped or has not
    ended, `{"error": {...}}` when it failed. `params` answers `$name`, with None for what it lacks.
    `at_us` is the recorded start of the step and `seed` is unique to run and step, so that `now()` and `uuid()` give
    the same value when the run is replayed.

    `secret(name)` gives the handle that stands for a secret, `callback_url(node)` the address of a waiting node of
    this run. Both must give the same text whenever they are asked again in this run. Without them, what is given
    follows from `seed`: the same in every replay, but filled in by nobody.
    """

    value_of: Callable[[str], Value]
    params: Mapping[str, Value]
    input: Value
    trigger: Value
    at_us: int
    seed: str
    secret: Callable[[str], str] | None = None
    callback_url: Callable[[str], str] | None = None

    def handle_of(self, secret: str) -> str:
        """What `secret('NAME')` is in an expression."""
        return self.secret(secret) if self.secret is not None else handle(self.seed, "", secret)

    def callback_of(self, node: str) -> str:
        """What `callbackUrl('node')` is in an expression."""
        return self.callback_url(node) if self.callback_url is not None else f"/callbacks/{node}"


class Expression(Protocol):
    """A compiled expression. Evaluating raises `errors.ExpressionError` and nothing else."""

    @property
    def text(self) -> str:
        """The expression in canonical Cypher."""
        ...

    @property
    def names(self) -> frozenset[str]:
        """The nodes (or loop items) that it reads."""
        ...

    def evaluate(self, scope: Scope) -> Value:
        """Its value, made of JSON values only."""
        ...


@dataclass(frozen=True, slots=True)
class Retry:
    """When and how often a failed attempt is tried again. `attempts` counts all of them, the first included."""

    attempts: int
    delay_ms: int = 1000
    factor: float = 2.0
    max_delay_ms: int = 60_000
    jitter: bool = True
    on: tuple[str, ...] | None = None
    """Failure codes to retry; None means whatever is marked as retryable."""


@dataclass(frozen=True, slots=True)
class Loop:
    """Something is done once for each item of a list. Inside, `item` names the item and `item` + "_index" its place.

    At most `concurrency` items are begun and have not ended; None means that all of them may be. An item in which
    something fails unhandled ends the loop (`stop`), or becomes one of its results (`collect`).
    """

    items: Expression
    item: str = "item"
    concurrency: int | None = None
    on_fail: Literal["stop", "collect"] = "stop"

    @property
    def index(self) -> str:
        """The name of the item's place in the list, which counts from 0."""
        return f"{self.item}_index"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A step is run again until `until` is true of its latest output: at most `times` turns, `every_ms` apart."""

    until: Expression
    every_ms: int = 1000
    times: int = 100


@dataclass(frozen=True, slots=True)
class Share:
    """At most `limit` steps of a node are under way at once, in all runs of its recipe, for each value of `key`; or so
    many runs of a recipe.

    Without a key there is one limit for all of them. A key that is null does not limit.
    """

    limit: int = 1
    key: Expression | None = None


Join = Literal["all", "any", "settled"] | int
"""How a node treats several incoming relationships; a number means: as soon as so many are taken."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a recipe: what will be a step in a run.

    `part` is None for a node that only starts or joins. `inputs` is None when the author wrote no map, and a pair of
    name and expression for each property of the map otherwise (`()` is an empty map, which is not the same).
    """

    name: str
    part: str | None = None
    inputs: tuple[tuple[str, Expression], ...] | None = None
    tags: tuple[str, ...] = ()
    join: Join = "all"
    retry: Retry | None = None
    timeout_ms: int | None = None
    deadline_ms: int | None = None
    for_each: Loop | None = None
    repeat: Repeat | None = None
    cache_ms: int | None = None
    """How long the output may be used again for an equal input; only for parts without effects."""
    share: Share | None = None


RelationshipType = Literal["ON_SUCCESS", "ON_FAIL", "ON_COMPLETE", "FOR_EACH", "COLLECT", "STARTS"]


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship of a recipe. `index` is its place in the recipe, which is the order that joins are built in.

    `loop` is what a `FOR_EACH` goes over; no other type has one. The source of a `STARTS` is a trigger; it stands in
    `Trigger.starts` and not among the relationships of the recipe, and its index is its place there.
    """

    index: int
    source: str
    type: RelationshipType
    target: str
    when: Expression | None = None
    branch: str | None = None
    otherwise: bool = False
    loop: Loop | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """What may start the recipe, and with which nodes. It has a name as nodes have, but is not one of them."""

    name: str
    settings: Webhook | Schedule
    starts: tuple[Relationship, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def kind(self) -> TriggerKind:
        """The word for it in recipes, in `RunStarted.trigger` and in `$trigger.kind`."""
        return TRIGGER_KINDS[type(self.settings)]

    @property
    def targets(self) -> tuple[str, ...]:
        """The nodes that it begins at, each once."""
        return tuple(dict.fromkeys(relationship.target for relationship in self.starts))


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a run begins: with the nodes `at`, each unless one of the conditions of its relationships says otherwise,
    while `skipped` are never reached. Whatever is in neither waits for what leads to it."""

    at: Mapping[str, tuple[Relationship, ...]]
    """For each node the `STARTS` that lead to it; none where nothing is asked."""
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """A whole recipe. `nodes` keep the order of the text. Without `returns` the result is what the last nodes gave.

    `text` is what the author wrote; `digest` is taken over the meaning, so that two texts may share it.
    """

    nodes: Mapping[str, Node]
    relationships: Sequence[Relationship]
    digest: Digest
    text: str
    name: str | None = None
    description: str | None = None
    returns: tuple[tuple[str, Expression], ...] | None = None
    input_schema: Mapping[str, Value] | None = None
    timeout_ms: int | None = None
    fail_fast: bool = False
    max_runs: int | None = None
    share: Share | None = None
    """How many of its runs are under way at once. The key sees the input and the trigger of the run, and no node."""
    grants: Mapping[str, Value] = field(default_factory=dict)
    triggers: tuple[Trigger, ...] = ()
    secrets: tuple[str, ...] = ()
    """The names of all secrets that its expressions and hooks use, sorted. They follow from the rest."""

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Relationship, ...]]:
        """The relationships that leave each node, in the order of the recipe."""
        return self._by_end(lambda r: r.source)

    @cached_property
    def incoming(self) -> Mapping[str, tuple[Relationship, ...]]:
        """The relationships that enter each node, in the order of the recipe."""
        return self._by_end(lambda r: r.target)

    @cached_property
    def entering(self) -> Mapping[str, int]:
        """How many relationships a node has to hear of before it knows what to do; triggers are not waited for."""
        return {name: sum(r.type != "STARTS" for r in ways) for name, ways in self.incoming.items()}

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """The nodes that begin as soon as a run begins: those that no relationship other than STARTS enters."""
        return tuple(n for n in self.nodes if all(r.type == "STARTS" for r in self.incoming[n]))

    def begun_by(self, trigger: Mapping[str, Value]) -> Beginning:
        """How a run begins that was started like this (`RunStarted.trigger`).

        A trigger of the recipe begins at its targets, also where other relationships lead to them, and what would
        begin otherwise is skipped. Any other start begins at every node that no relationship leads to.
        """
        by_name = {each.name: each for each in self.triggers if each.kind == trigger.get("kind")}
        found = by_name.get(trigger.get("node", ""))
        if found is None:
            return Beginning(dict.fromkeys(self.starts, ()))
        at: dict[str, tuple[Relationship, ...]] = {}
        for start in found.starts:
            at[start.target] = (*at.get(start.target, ()), start)
        return Beginning(at, tuple(name for name in self.starts if name not in at))

    @cached_property
    def ends(self) -> tuple[str, ...]:
        """The nodes without outgoing relationships; their outputs are the result when there is no RETURN."""
        return tuple(n for n in self.nodes if not self.outgoing[n])

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The names of all parts that the nodes use, each once, sorted."""
        return tuple(sorted({n.part for n in self.nodes.values() if n.part is not None}))

    @cached_property
    def regions(self) -> Regions:
        """Which nodes stand in which loop."""
        return Regions(self)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each node in the recipe."""
        return {name: place for place, name in enumerate(self.nodes)}

    def lead_to(self, sources: Iterable[str], targets: Iterable[str]) -> bool:
        """Whether from each of `sources` a path leads to one of `targets`. A node leads to itself."""
        reached = 0
        for target in targets:
            reached |= self._upstream[target]
        return all(reached >> self.places[source] & 1 for source in sources)

    @cached_property
    def _upstream(self) -> Mapping[str, int]:
        """For each node a set of nodes, one bit each at its place: itself, and all from which a path leads to it.

        As bits, because thousands of joins may ask about thousands of nodes. A cycle, which no checked recipe has, and
        what is behind it never begins, so nobody asks for it.
        """
        reached = {name: 1 << place for name, place in self.places.items()}
        missing = {name: len(entering) for name, entering in self.incoming.items()}
        todo = [name for name, count in missing.items() if count == 0]
        while todo:
            name = todo.pop()
            for relationship in self.outgoing[name]:
                target = relationship.target
                reached[target] |= reached[name]
                missing[target] -= 1
                if missing[target] == 0:
                    todo.append(target)
        return reached

    def _by_end(self, end: Callable[[Relationship], str]) -> Mapping[str, tuple[Relationship, ...]]:
        table: dict[str, list[Relationship]] = {name: [] for name in self.nodes}
        for relationship in self.relationships:
            table[end(relationship)].append(relationship)
        return {name: tuple(found) for name, found in table.items()}
