"""Random recipes as graphs, and the many texts that draw the same one."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from hypothesis import strategies as st

TYPES = ("ON_SUCCESS", "ON_FAIL", "ON_COMPLETE")
NAMES = ("a", "b", "c", "fetch", "摘要", "näme", "two words", "order", "MATCH", "x_2", "`", "e-mail", "Recipe", "_")
TRIGGERS = ("hook", "nightly", "開始")
HOOKS = (
    "{{path: '{}'}}",
    "{{path: '{}/x', method: ['GET', 'PUT'], respond: 'result'}}",
    "{{path: '{}', auth: 'hmac', secret: 'KEY', signature: 'github', tolerance: '1m'}}",
)
SCHEDULES = (
    "{schedule: '@daily'}",
    "{schedule: '*/5 8-18 * * MON-FRI', timezone: 'Europe/Zurich', overlap: 'queue', catch_up: 2}",
    "{schedule: '@daily', jitter: '90s', input: {a: [1, {b: null}], c: 'x'}}",
)
SHARED = (None, None, "cache: '1h'", "concurrency_limit: 2", "concurrency_key: $k, concurrency_limit: 1", "cache: 60")
VALUES = ("5", "$a", "'x'", "true", "null", "[1, 2]", "{k: 1}", "1 + $n", "$a.b[0]")


@dataclass(frozen=True)
class DrawnNode:
    name: str
    labels: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...] | None
    join: str | None
    shared: str | None = None
    """What steps share with those of other runs, as text."""

    @property
    def properties(self) -> str | None:
        """The map as text, None for a node that has none."""
        entries = [f"{quoted(key)}: {value}" for key, value in self.inputs or ()]
        entries += [f"join: '{self.join}'"] if self.join else []
        entries += [self.shared] if self.shared else []
        return None if not entries and self.inputs is None else "{" + ", ".join(entries) + "}"


@dataclass(frozen=True)
class DrawnRelationship:
    source: str
    type: str
    target: str
    condition: str = ""


@dataclass(frozen=True)
class DrawnTrigger:
    name: str
    labels: tuple[str, ...]
    properties: str
    starts: tuple[DrawnRelationship, ...]


@dataclass(frozen=True)
class Drawing:
    nodes: tuple[DrawnNode, ...]
    relationships: tuple[DrawnRelationship, ...]
    triggers: tuple[DrawnTrigger, ...] = ()


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    """A graph without cycles: relationships lead from earlier nodes to later ones."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=7, unique=True))
    nodes = tuple(draw(_node(name)) for name in names)
    pairs = [(i, j) for j in range(len(names)) for i in range(j)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=10)) if pairs else []
    relationships = tuple(draw(_relationship(names[i], names[j])) for i, j in chosen)
    called = draw(st.lists(st.sampled_from(TRIGGERS), max_size=2, unique=True))
    triggers = tuple(draw(_trigger(name, names)) for name in called)
    return Drawing(nodes, relationships, triggers)


@st.composite
def _trigger(draw: st.DrawFn, name: str, names: list[str]) -> DrawnTrigger:
    kind = draw(st.sampled_from(("webhook", "cron")))
    # The name is in the path, because no two hooks of a recipe may have the same one.
    settings = draw(st.sampled_from(HOOKS)).format(name) if kind == "webhook" else draw(st.sampled_from(SCHEDULES))
    tags = draw(st.lists(st.sampled_from(("tag", "två")), max_size=2, unique=True))
    targets = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    conditions = st.sampled_from(("", "{when: $n > 1}", "{otherwise: true}"))
    starts = tuple(DrawnRelationship(name, "STARTS", target, draw(conditions)) for target in targets)
    return DrawnTrigger(name, (kind, *tags), settings, starts)


@st.composite
def _node(draw: st.DrawFn, name: str) -> DrawnNode:
    labels = draw(st.lists(st.sampled_from(("set", "string_ops", "tag", "två")), max_size=3, unique=True))
    key = st.sampled_from(("x", "y", "in", "two words", "in.timeout"))
    inputs = draw(st.none() | st.dictionaries(key, st.sampled_from(VALUES), max_size=3))
    join, shared = draw(st.sampled_from((None, "any", "settled"))), draw(st.sampled_from(SHARED))
    if (join is not None or shared is not None) and not inputs:
        inputs = None  # a map that only steers is no map
    return DrawnNode(name, tuple(labels), None if inputs is None else tuple(inputs.items()), join, shared)


@st.composite
def _relationship(draw: st.DrawFn, source: str, target: str) -> DrawnRelationship:
    conditions = ("", "{when: $n > 1}", "{branch: 'x'}", "{otherwise: true}", f"{{when: {quoted(source)}.ok}}")
    return DrawnRelationship(source, draw(st.sampled_from(TYPES)), target, draw(st.sampled_from(conditions)))


def text_of(drawing: Drawing, chance: random.Random) -> str:
    """One of the texts that draw this. What has an order in the drawing keeps it, the rest is up to chance."""
    return _Printer(drawing, chance).text()


def shuffled(drawing: Drawing, chance: random.Random) -> Drawing:
    """The same drawing in another order."""
    nodes = tuple(_shuffled(node, chance) for node in chance.sample(drawing.nodes, len(drawing.nodes)))
    triggers = tuple(
        replace(trigger, starts=tuple(chance.sample(trigger.starts, len(trigger.starts))))
        for trigger in chance.sample(drawing.triggers, len(drawing.triggers))
    )
    return Drawing(nodes, tuple(chance.sample(drawing.relationships, len(drawing.relationships))), triggers)


def _shuffled(node: DrawnNode, chance: random.Random) -> DrawnNode:
    tags = chance.sample(node.labels[1:], len(node.labels[1:]))
    inputs = None if node.inputs is None else tuple(chance.sample(node.inputs, len(node.inputs)))
    return replace(node, labels=(*node.labels[:1], *tags), inputs=inputs)


class _Printer:
    def __init__(self, drawing: Drawing, chance: random.Random) -> None:
        self._drawing = drawing
        self._chance = chance
        everything = (*drawing.nodes, *drawing.triggers)
        self._labels = {n.name: "".join(f":{quoted(label)}" for label in n.labels) for n in everything}
        self._properties = {n.name: n.properties for n in everything}

    def text(self) -> str:
        patterns = [self._node(node.name) for node in self._drawing.nodes]
        patterns += [self._relationship(r) for r in self._drawing.relationships]
        patterns += [self._relationship(start) for each in self._drawing.triggers for start in each.starts]
        patterns += [self._rest(node.name) for node in (*self._drawing.nodes, *self._drawing.triggers)]
        return self._clauses([p for p in patterns if p])

    def _node(self, name: str) -> str:
        """An appearance of a node, perhaps with its labels, perhaps with its properties, each once in the text."""
        labels = self._labels.pop(name, "") if self._chance.random() < 0.5 else ""
        properties = self._properties.pop(name, None) if self._chance.random() < 0.5 else None
        return f"({self._space()}{quoted(name)}{labels}{self._space()}{properties or ''})"

    def _rest(self, name: str) -> str:
        labels, properties = self._labels.pop(name, ""), self._properties.pop(name, None)
        return f"({quoted(name)}{labels}{properties or ''})" if labels or properties else ""

    def _relationship(self, r: DrawnRelationship) -> str:
        middle = f"[{self._space()}:{r.type}{self._space()}{r.condition}]"
        if self._chance.random() < 0.5:
            return f"{self._node(r.source)}-{middle}->{self._node(r.target)}"
        left = self._node(r.target)
        return f"{left}<-{middle}-{self._node(r.source)}"

    def _clauses(self, patterns: list[str]) -> str:
        """Patterns behind clause words; with a comma they go on with the clause before, but MERGE takes only one."""
        text = word = ""
        for pattern in patterns:
            more = (",", ", ") if word and word != "MERGE " else ()
            words = ("CREATE ", "create\n", "MERGE ", "Create/* ( */", *more)
            chosen = self._chance.choice(words)
            text += f"{chosen}{pattern}" if chosen.startswith(",") else f"\n{chosen}{pattern}"
            word = word if chosen.startswith(",") else chosen
        return text + self._chance.choice(("", ";", " // the end"))

    def _space(self) -> str:
        return self._chance.choice(("", "", " ", "\n\t", "/* ) */"))
