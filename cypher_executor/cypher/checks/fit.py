"""Whether an expression can fit a JSON Schema, as far as that is known before a run.

Only what is certain is said: the type, the words and the limits of literals, and the shape of lists and maps as
written. Where a schema has alternatives (`anyOf`, `oneOf`), something is wrong when none of them can fit. What is
computed in a run is checked in that run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from cypher_executor.core.recipe import Value
from cypher_executor.cypher import syntax
from cypher_executor.cypher.checks.wanted import (
    LIMITS,
    SPOKEN,
    Schema,
    described,
    either,
    kind_of,
    listed,
    measure,
    same,
    shown,
    types,
)
from cypher_executor.cypher.plan.constants import NotConstant, constant
from cypher_executor.errors import Place, nearest

_FEW = 10
"""So many words are always listed."""

_STEPS = 20_000
"""So many pairs of a value and a schema are compared for one input; what is left is checked in the run."""

_ALTERNATIVES_DEEP = 8
"""So deep may alternatives stand in each other, and so many schemas be about one value (`$ref` may go in circles)."""

_FOUND = {"number": "a number with a fraction"}


@dataclass(frozen=True, slots=True)
class Misfit:
    """What does not fit: the place to point at, and the end of a sentence that begins with its name. `written` is what
    stands there instead of one of `known`: as a text at `text_at`, or as the name at `place`."""

    place: Place
    message: str
    written: str | None = None
    known: tuple[str, ...] = ()
    text_at: Place | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """One value and one schema that it should fit; `turn` counts the schemas of one value."""

    expression: syntax.Syntax
    schema: Schema
    place: Place
    path: str
    turn: int = 0

    def also(self, schema: Value) -> Iterator[_Task]:
        """The same value with another schema."""
        if isinstance(schema, Mapping) and self.turn < _ALTERNATIVES_DEEP:
            yield replace(self, schema=schema, turn=self.turn + 1)


def misfits(expression: syntax.Syntax, schema: Schema, place: Place, path: str, root: Schema) -> list[Misfit]:
    """Everything in `expression`, which stands at `place` as the property `path`, that cannot fit. References in
    `schema` are those into `root`."""
    return _Walk(root).misfits(_Task(expression, schema, place, path))


class _Walk:
    """One way through a value and its schema, of so many steps."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._left = _STEPS
        self._deep = 0

    def misfits(self, task: _Task) -> list[Misfit]:
        """What does not fit; nothing when the steps are used up."""
        found: list[Misfit] = []
        todo = [task]
        while todo and self._left > 0:
            self._left -= 1
            task = todo.pop()
            wrong = _misfit(task)
            here = [wrong] if wrong is not None else [*_shape(task), *self._no_alternative(task)]
            found.extend(here)
            if not here:
                todo.extend(reversed(list(self._inside(task))))
        return found

    def _inside(self, task: _Task) -> Iterator[_Task]:
        """What else the value must fit, and what is written inside of it."""
        if isinstance(reference := task.schema.get("$ref"), str):
            yield from task.also(_pointed(self._root, reference))
        for schema in _schemas(task.schema.get("allOf")):
            yield from task.also(schema)
        yield from _written_inside(task)

    def _no_alternative(self, task: _Task) -> list[Misfit]:
        """What is wrong when no alternative fits; nothing when one may."""
        if self._deep >= _ALTERNATIVES_DEEP:
            return []
        self._deep += 1
        try:
            groups = (list(_schemas(task.schema.get(word))) for word in ("anyOf", "oneOf"))
            return next((wrong for group in groups if (wrong := self._wrong_with_all(task, group))), [])
        finally:
            self._deep -= 1

    def _wrong_with_all(self, task: _Task, schemas: Iterable[Schema]) -> list[Misfit]:
        tried: list[tuple[_Task, list[Misfit]]] = []
        for alternative in (one for schema in schemas for one in task.also(schema)):
            wrong = self.misfits(alternative)
            if not wrong:
                return []
            tried.append((alternative, wrong))
        meant = [wrong for alternative, wrong in tried if _misfit(alternative) is None]
        return min(meant, key=_distance) if meant else _none_of(task, [one.schema for one, _ in tried])


def _distance(wrong: list[Misfit]) -> tuple[int, int]:
    """How far a value is from an alternative with these misfits: a slip of the pen is nearer than another name."""
    slips = sum(one.written is not None and nearest(one.written, one.known) is not None for one in wrong)
    return len(wrong), -slips


def _none_of(task: _Task, schemas: list[Schema]) -> list[Misfit]:
    """What is said of a value that is none of those that there may be."""
    if not schemas:
        return []
    words = [list(described(schema)) for schema in schemas]
    each = list(dict.fromkeys(word for some in words for word in some))
    message = f"`{task.path}` must be {either(each)}" if all(words) else f"`{task.path}` fits none of its alternatives"
    values = [value for schema in schemas for value in listed(schema) or ()]
    return [_unlisted(task, message, values)]


def _misfit(task: _Task) -> Misfit | None:
    """What is wrong with the value itself, whatever stands inside of it."""
    kind = kind_of(task.expression)
    if kind is None or kind == "null":  # null is an input that was not given
        return None
    wanted = types(task.schema)
    if wanted and kind not in wanted and not (kind == "integer" and "number" in wanted):
        message = f"`{task.path}` must be {either([SPOKEN[w] for w in wanted])}, not {_FOUND.get(kind, SPOKEN[kind])}"
        return Misfit(task.place, message)
    return _not_listed(task) or _beyond_limits(task)


def _not_listed(task: _Task) -> Misfit | None:
    allowed = listed(task.schema)
    if allowed is None:
        return None
    try:
        value = constant(task.expression)
    except NotConstant:
        return None
    if any(same(value, each) for each in allowed):
        return None
    texts = [each for each in allowed if isinstance(each, str)]
    if len(allowed) > _FEW and isinstance(value, str) and nearest(value, texts) is not None:
        message = f"`{task.path}` cannot be {shown(value)}"  # what was meant says more than the list
    else:
        message = f"`{task.path}` must be {either([shown(each) for each in allowed])}"
    return _unlisted(task, message, allowed)


def _unlisted(task: _Task, message: str, allowed: Iterable[Value]) -> Misfit:
    """A constant that is none of those allowed, with the texts that may have been meant."""
    texts = tuple(each for each in allowed if isinstance(each, str))
    value = task.expression.value if isinstance(task.expression, syntax.Literal) else None
    written = value if texts and isinstance(value, str) else None
    return Misfit(task.place, message, written, texts, task.expression.place)


def _beyond_limits(task: _Task) -> Misfit | None:
    """How large a number may be, and how long a text or a list."""
    kind, size = measure(task.expression)
    for word, within, words in LIMITS.get(kind, ()):
        limit = task.schema.get(word)
        if isinstance(limit, int | float) and not isinstance(limit, bool) and not within(size, limit):
            return Misfit(task.place, f"`{task.path}` must {words.format(limit)}")
    return None


def _shape(task: _Task) -> Iterator[Misfit]:
    """Keys that a map lacks, or that it must not have."""
    if not isinstance(task.expression, syntax.MapLiteral):
        return
    written = {entry.key.text for entry in task.expression.entries}
    for name in _names(task.schema.get("required")):
        if name not in written:
            yield Misfit(task.place, f"`{task.path}` needs `{name}`, which is not given")
    if task.schema.get("additionalProperties") is False and "patternProperties" not in task.schema:
        known = tuple(_properties(task.schema))
        for entry in task.expression.entries:
            if entry.key.text not in known:
                message = f"`{task.path}` has no `{entry.key.text}`"
                yield Misfit(entry.key.place, message, entry.key.text, known)


def _written_inside(task: _Task) -> Iterator[_Task]:
    """What is written inside of a list or a map, each with its own schema."""
    if isinstance(task.expression, syntax.ListLiteral):
        items = task.schema.get("items")
        if isinstance(items, Mapping):
            for number, item in enumerate(task.expression.items):
                yield _Task(item, items, item.place, f"{task.path}[{number}]")
    if isinstance(task.expression, syntax.MapLiteral):
        known = _properties(task.schema)
        for entry in task.expression.entries:
            schema = known.get(entry.key.text)
            if isinstance(schema, Mapping):
                yield _Task(entry.value, schema, entry.key.place, f"{task.path}.{entry.key.text}")


def _properties(schema: Schema) -> Mapping[str, Value]:
    properties = schema.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _names(value: Value) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list | tuple) else []


def _schemas(value: Value) -> Iterator[Schema]:
    """The alternatives; none at all when one of them is `true`, which fits everything."""
    schemas = value if isinstance(value, list) else []
    if all(isinstance(schema, Mapping) for schema in schemas):
        yield from schemas


def _pointed(root: Schema, reference: str) -> Value:
    """The schema that a reference into the same document names; None when there is none."""
    found: Value = root if reference.startswith("#") else None
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
