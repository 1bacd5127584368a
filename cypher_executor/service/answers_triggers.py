"""What the service sends about schedules and hooks, as it is documented."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from cypher_executor.service.answers import Answer, ScheduleLine


class BegunTime(Answer):
    """A time for which a run has begun."""

    time: str
    run: str


class RefusedTime(Answer):
    """A time for which no run could begin."""

    time: str
    message: str


class ScheduleAnswer(ScheduleLine):
    """A schedule of a stored recipe, and how far it has come."""

    recipe: str
    input: Any
    state: Literal["active", "paused", "over"] = Field(description="`over`: it will never fire again")
    next_time: str | None = Field(description="when it fires next; null while it is paused, or when it is over")
    last: BegunTime | None = Field(description="the time that was begun last")
    refused: RefusedTime | None = Field(description="set while the run of the latest time was refused for good")
    skipped: str | None = Field(description="the latest time that was left out because of `overlap`")
    missed: str | None = Field(description="the latest time that was missed and not made up for")
    waiting: int = Field(description="times that have come and wait for their turn, or their jitter")
    paused_at: str | None


class ScheduleList(Answer):
    """A page of schedules. Ask for the next one with `after=next_after`; null means that this was the last."""

    schedules: list[ScheduleAnswer]
    next_after: str | None
