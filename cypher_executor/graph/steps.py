"""The steps of a run as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cypher_executor.core.commands import StartTimer
from cypher_executor.core.events import Item, RunId
from cypher_executor.core.run import Run
from cypher_executor.core.step import Attempt, Step
from cypher_executor.graph.model import STATES
from cypher_executor.graph.recipes import node_end
from cypher_executor.graph.rows import End, NodeRow, RelationshipRow, Rows
from cypher_executor.graph.shown import failing, keys, milliseconds, moment, readable, whole
from cypher_executor.graph.ways import taken

_OPEN = ("waiting", "retrying")


def step_end(run: RunId, node: str, item: Item) -> End:
    """How relationships speak of a step."""
    return ("Step", "/".join((run, node, *map(str, item))))


def step_rows(run: Run, recipe: End) -> Rows:
    """Every step of a run, its attempts, and what was taken between them."""
    assert run.started is not None
    id, due = run.started.run, _timers(run)
    nodes: list[NodeRow] = []
    relationships: list[RelationshipRow] = []
    for step in run.steps_in_order():
        end = step_end(id, step.name, step.item)
        nodes.append(NodeRow(*end, _about(step, due.get((step.name, step.item))), (STATES[step.state],)))
        relationships.append(RelationshipRow(("Run", id), "RAN", end))
        relationships.append(RelationshipRow(end, "OF", node_end(recipe, step.name)))
        for attempt in step.attempts:
            nodes.append(_attempt(end, attempt, step))
            relationships.append(RelationshipRow(end, "TRIED", nodes[-1].end))
    return Rows(tuple(nodes), (*relationships, *_taken(id, run)))


def _timers(run: Run) -> Mapping[tuple[str, Item], int]:
    return {(c.node, c.item): c.due_us for c in run.outstanding if isinstance(c, StartTimer)}


def _about(step: Step, due_us: int | None) -> dict[str, Any]:
    return {
        "name": step.name,
        "part": step.node.part,
        "item": list(step.item) or None,
        "state": step.state,
        "attempts": step.attempt,
        "handled": step.handled if step.state == "failed" else None,
        "started_at": moment(step.started_us),
        "ended_at": moment(step.ended_us),
        "duration_ms": milliseconds(step.started_us, step.ended_us),
        **_waiting(step, due_us),
        **failing(step.failure),
        **_values(step),
    }


def _waiting(step: Step, due_us: int | None) -> dict[str, Any]:
    """For what an open step waits, since when, and until when if that is known."""
    if step.state not in _OPEN:
        return {"waits_for": None, "waiting_since": None, "due_at": None}
    what = "retry" if step.state == "retrying" else "run" if step.child else "time" if due_us else "callback"
    since = step.attempts[-1].ended_us or step.attempts[-1].started_us if step.attempts else step.started_us
    return {"waits_for": what, "waiting_since": moment(since), "due_at": moment(due_us)}


def _values(step: Step) -> dict[str, Any]:
    """What went in, readable by property and as a whole, and what came out."""
    given = step.input if isinstance(step.input, Mapping) else {}
    return {
        **{f"in.{key}": readable(value) for key, value in list(given.items())[:50]},
        "json": whole(step.input),
        "output": whole(step.output),
        "output_keys": keys(step.output),
    }


def _attempt(step_key: End, attempt: Attempt, step: Step) -> NodeRow:
    state = "failed" if attempt.failure else "succeeded" if attempt.succeeded else step.state
    about = {
        "name": f"attempt {attempt.number}",
        "number": attempt.number,
        "state": state,
        "started_at": moment(attempt.started_us),
        "ended_at": moment(attempt.ended_us),
        "duration_ms": milliseconds(attempt.started_us, attempt.ended_us),
        **failing(attempt.failure),
    }
    return NodeRow("Attempt", f"{step_key[1]}#{attempt.number}", about, (STATES[state],))


def _taken(id: RunId, run: Run) -> Iterator[RelationshipRow]:
    for one in taken(run):
        drawn = one.relationship
        start, end = step_end(id, drawn.source, one.start), step_end(id, drawn.target, one.end)
        yield RelationshipRow(start, drawn.type, end, str(drawn.index))
