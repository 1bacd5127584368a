"""Schedules as they leave the service."""

from __future__ import annotations

from itertools import islice
from typing import Any

from cypher_executor.core.recipe import Recipe
from cypher_executor.core.schedules import KeptSchedule
from cypher_executor.core.triggers import Schedule
from cypher_executor.schedules.following import schedules_in
from cypher_executor.service.times import iso

NEXT_TIMES = 5
"""How many times of a schedule are told where nobody says how many."""

_FOR_EVER_US = 2**62


def declared_view(recipe: Recipe, now_us: int) -> list[dict[str, Any]]:
    """The schedules that a recipe declares."""
    return [_declared(node, settings, now_us, NEXT_TIMES) for node, settings in schedules_in(recipe)]


def schedule_view(kept: KeptSchedule, now_us: int, times: int = NEXT_TIMES) -> dict[str, Any]:
    """A schedule, how far it has come, and its next times: none while it is paused."""
    told = _declared(kept.key.node, kept.settings, now_us, times if kept.paused_us is None else 0)
    over = kept.paused_us is None and kept.next_us is None
    return {
        "recipe": kept.key.recipe,
        **told,
        "input": kept.settings.input,
        "state": "paused" if kept.paused_us is not None else "over" if over else "active",
        "next_time": iso(kept.next_us),
        "last": None if kept.fired_us is None else {"time": iso(kept.fired_us), "run": kept.run},
        "refused": None if kept.refused_us is None else {"time": iso(kept.refused_us), "message": kept.refusal},
        "skipped": iso(kept.skipped_us),
        "missed": iso(kept.missed_us),
        "waiting": kept.waiting,
        "paused_at": iso(kept.paused_us),
    }


def _declared(node: str, settings: Schedule, now_us: int, times: int) -> dict[str, Any]:
    return {
        "node": node,
        "cron": settings.cron,
        "timezone": settings.timezone,
        "overlap": settings.overlap,
        "catch_up": settings.catch_up,
        "jitter_ms": settings.jitter_ms,
        "next_times": _next_times(settings, now_us, times),
    }


def _next_times(settings: Schedule, now_us: int, times: int) -> list[str]:
    from cypher_executor.triggers.times import fires_between

    return [iso(fire) for fire in islice(fires_between(settings, now_us, _FOR_EVER_US), times)]
