"""A run as rows, as far as it has come: the same run gives the same rows, whoever asks and however often."""

from __future__ import annotations

from typing import Any

from cypher_executor.core.events import RunStarted
from cypher_executor.core.run import Run
from cypher_executor.graph.model import STATES
from cypher_executor.graph.recipes import UNNAMED, recipe_end
from cypher_executor.graph.rows import End, NodeRow, RelationshipRow, Rows, together
from cypher_executor.graph.shown import failing, keys, milliseconds, moment, readable, sound, whole
from cypher_executor.graph.steps import step_end, step_rows


def run_rows(run: Run) -> Rows:
    """A run that has begun, with its steps and with what started it."""
    about = run.started
    assert about is not None, "a run begins with its first event"
    recipe = recipe_end(about.tenant, about.name, about.version, about.recipe)
    node = NodeRow("Run", about.run, _about(run, about), (STATES[run.state],))
    of = RelationshipRow(node.end, "OF", recipe)
    return together([Rows((node,), (of,)), _parent(about, node.end), step_rows(run, recipe)])


def _about(run: Run, about: RunStarted) -> dict[str, Any]:
    ended = run.ended
    ended_us = None if ended is None else ended.at_us
    return {
        "name": about.name or run.recipe.name or UNNAMED,
        "id": about.run,
        "version": about.version,
        "digest": about.recipe,
        "tenant": about.tenant,
        "state": run.state,
        "trigger": _trigger(about),
        "depth": about.depth,
        "started_at": moment(about.at_us),
        "ended_at": moment(ended_us),
        "duration_ms": milliseconds(about.at_us, ended_us),
        "json": whole(about.input),
        "input_keys": keys(about.input),
        "result": None if ended is None else whole(ended.result),
        **failing(ended.failure if ended is not None else None),
    }


def _trigger(about: RunStarted) -> Any:
    kind = about.trigger.get("kind")
    return sound(kind) if isinstance(kind, str) else readable(kind)


def _parent(about: RunStarted, run: End) -> Rows:
    parent = about.parent
    if parent is None:
        return Rows()
    step = step_end(parent.run, parent.node, parent.item)
    started = RelationshipRow(("Run", parent.run), "STARTED", run, "", {"node": parent.node, "wait": parent.wait})
    return Rows((), (started, RelationshipRow(step, "STARTED", run)))
