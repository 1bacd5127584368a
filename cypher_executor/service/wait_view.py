"""Waits for callbacks as they leave the service: what is asked, until when, and the address that answers it.

Whoever may see a run may see the address: it is worked out anew each time and stands nowhere.
"""

from __future__ import annotations

from typing import Any

from cypher_executor.core.callbacks import Wait
from cypher_executor.core.commands import AwaitCallback, StartTimer
from cypher_executor.core.events import Item
from cypher_executor.core.run import Run
from cypher_executor.service.endpoint import in_path
from cypher_executor.service.room import Room
from cypher_executor.service.times import iso


def callback_path(token: str) -> str:
    """Where the wait that this token is for is answered."""
    return f"/callbacks/{in_path(token)}"


def waits_of(run: Run, address: str) -> dict[tuple[str, Item], dict[str, Any]]:
    """The waits of a run by name and item of the step that waits; `address` is where the service is reached."""
    due = {(c.node, c.item): c.due_us for c in run.outstanding if isinstance(c, StartTimer)}
    return {(w.node, w.item): _wait(run, w, due.get((w.node, w.item)), address) for w in run.waits}


def listed_waits(run: Run, address: str) -> list[dict[str, Any]]:
    """The waits of a run as the list of all waits shows them. What is large is only pointed at (`room`)."""
    about = run.started
    assert about is not None, "a run that waits has begun"
    room = Room(about.run)
    return [
        {"run": about.run, "recipe": about.name, "step": name, "item": list(item)}
        | within(room, wait, run.steps[name, item])
        for (name, item), wait in waits_of(run, address).items()
    ]


def within(room: Room, wait: dict[str, Any], step: Any) -> dict[str, Any]:
    """A wait, with as much of what its author wrote as there is room for."""
    return {**wait, "note": room.shown(wait["note"], step), "schema": room.shown(wait["schema"], step)}


def _wait(run: Run, command: AwaitCallback, due_us: int | None, address: str) -> dict[str, Any]:
    """`since`: when the attempt began that waits now, or went on because the run was retried."""
    assert run.started is not None
    step = run.steps[command.node, command.item]
    wait = Wait(run.started.run, command.node, command.item, command.turn, command.number)
    return {
        "note": command.note,
        "schema": command.schema,
        "since": iso(max(step.attempts[-1].started_us, step.started_us or 0)),
        "until": iso(due_us),
        "callback_url": f"{address}{callback_path(run.mint(wait))}",
    }
