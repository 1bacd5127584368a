"""A recipe, and what was found wrong with one, as lines that people read and fixtures compare."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields

from cypher_executor.core.recipe import Loop, Node, Recipe, Relationship, Retry
from cypher_executor.errors import Diagnostic, Place


def dump_recipe(recipe: Recipe) -> str:
    """Everything that a recipe means, fields with their default left out."""
    return "\n".join(
        [
            *_described(recipe),
            *_triggers(recipe),
            *_nodes(recipe),
            *map(_relationship, recipe.relationships),
            *_returned(recipe),
        ]
    )


def _described(recipe: Recipe) -> Iterator[str]:
    names = ("name", "description", "timeout_ms", "fail_fast", "max_runs", "grants", "input_schema", "secrets")
    for name in names:
        value = getattr(recipe, name)
        if value not in (None, False, {}, ()):
            yield f"{name}: {json.dumps(value, ensure_ascii=False)}"


def _triggers(recipe: Recipe) -> Iterator[str]:
    for trigger in recipe.triggers:
        yield f"<{trigger.name}:{':'.join((trigger.kind, *trigger.tags))}>"
        for field in fields(trigger.settings):
            value = getattr(trigger.settings, field.name)
            if value != field.default and value != {}:
                yield f"  {field.name}: {json.dumps(value, ensure_ascii=False)}"
        yield from (f"  {_relationship(start)}" for start in trigger.starts)


def _nodes(recipe: Recipe) -> Iterator[str]:
    for node in recipe.nodes.values():
        yield f"({node.name}{''.join(f':{label}' for label in (node.part, *node.tags) if label)})"
        yield from (f"  {line}" for line in _inside(node))


def _inside(node: Node) -> Iterator[str]:
    if node.inputs is not None:
        yield from (f"{name} = {value.text}" for name, value in node.inputs)
        if not node.inputs:
            yield "an empty map"
    for name in ("join", "timeout_ms", "deadline_ms", "cache_ms"):
        value = getattr(node, name)
        if value not in (None, "all"):
            yield f"{name}: {value}"
    if node.retry is not None:
        yield f"retry: {_retry(node.retry)}"
    if node.for_each is not None:
        yield f"for each {_loop(node.for_each)}"
    if node.share is not None:
        key = "" if node.share.key is None else f" for each {node.share.key.text}"
        yield f"{node.share.limit} at once in all runs{key}"
    if node.repeat is not None:
        repeat = node.repeat
        yield f"repeat until {repeat.until.text}, every {repeat.every_ms} ms, {repeat.times} times"


def _retry(retry: Retry) -> str:
    values = {f.name: getattr(retry, f.name) for f in fields(retry)}
    return " ".join(f"{name}={value}" for name, value in values.items() if value is not None)


def _loop(loop: Loop) -> str:
    at_once = "" if loop.concurrency is None else f", {loop.concurrency} at once"
    return f"{loop.item} in {loop.items.text}{at_once}" + (", collecting failures" if loop.on_fail == "collect" else "")


def _relationship(r: Relationship) -> str:
    said = [f"each {_loop(r.loop)}"] if r.loop is not None else []
    said += [f"when {r.when.text}"] if r.when is not None else []
    said += [f"branch {r.branch!r}"] if r.branch is not None else []
    said += ["otherwise"] if r.otherwise else []
    return " ".join([f"({r.source})-{r.type}->({r.target})", *said])


def _returned(recipe: Recipe) -> Iterator[str]:
    for name, value in recipe.returns or ():
        yield f"RETURN {value.text} AS {name}"


def dump_diagnostics(diagnostics: Iterable[Diagnostic]) -> str:
    """Two lines for each: where and which, then the sentence; a third one for the fix."""
    return "\n".join(line for diagnostic in diagnostics for line in _diagnostic(diagnostic))


def _diagnostic(d: Diagnostic) -> Iterator[str]:
    yield f"{_place(d.place)} {d.severity} {d.code}" + (f" ({d.place.node})" if d.place.node is not None else "")
    yield f"    {d.message}"
    if d.fix is not None:
        where = "" if _place(d.fix.place) == _place(d.place) else f" at {_place(d.fix.place)}"
        yield f"    fix{where}: {d.fix.text}"


def _place(place: Place) -> str:
    end = f"{place.end_line}:{place.end_column}" if place.end_line != place.line else str(place.end_column)
    return f"{place.line}:{place.column}-{end}"
