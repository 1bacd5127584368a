"""What the service is asked about schedules and hooks."""

from __future__ import annotations

from pydantic import Field

from cypher_executor.service.requests import Name, Query, Request


class SchedulesQuery(Query):
    """Which schedules to list, by recipe and node."""

    recipe: Name | None = Field(None, description="schedules of the recipe of this name")
    after: str | None = Field(None, description="those behind this one: `next_after` of the last page")
    limit: int = Field(100, ge=1, le=1000, description="how many at most")


class ScheduleQuery(Query):
    """How much to tell of a schedule."""

    times: int = Field(5, ge=0, le=100, description="how many of its next times")


class HooksQuery(Query):
    """Which hooks to list."""

    recipe: Name | None = Field(None, description="hooks of the recipe of this name")


class NextDeliveryQuery(Query):
    """How long to wait for a delivery."""

    wait: float = Field(30.0, ge=0, le=600, description="seconds; the service may have a lower limit")


class SteerSchedule(Request):
    """Nothing is to be said."""
