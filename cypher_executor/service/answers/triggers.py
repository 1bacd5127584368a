"""What the service sends about schedules and declared webhooks, as it is documented."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from cypher_executor.service.answers.base import Answer
from cypher_executor.service.answers.recipes import HookLine, ScheduleLine


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


class SigningAnswer(Answer):
    """How deliveries to a hook are signed. `secret` is a name."""

    form: Literal["standard", "github", "stripe"]
    secret: str
    secret_stored: bool
    tolerance_ms: int


class HookAnswer(HookLine):
    """A hook of a stored recipe."""

    recipe: str
    path: str
    signing: SigningAnswer | None = Field(description="null for a hook whose deliveries are not signed")


class HookList(Answer):
    """Every hook, by path."""

    hooks: list[HookAnswer]


class HookTried(Answer):
    """What a delivery would begin. Nothing has begun; `run` is the one that the same delivery has begun before."""

    accepted: Literal[True]
    started: Literal[False]
    input: Any = Field(description="the input of the run, with the defaults of the recipe")
    trigger: dict[str, Any] = Field(description="what `$trigger` would be")
    run: str | None


class DeliveryError(Answer):
    """Why a delivery was turned away."""

    code: str
    message: str


class DeliveryAnswer(Answer):
    """A delivery and what became of it."""

    received_at: str
    method: str
    path: str
    tried: bool = Field(description="whether it was sent to /hooks-test")
    accepted: bool
    error: DeliveryError | None
    recipe: str | None
    node: str | None
    run: str | None
    headers: dict[str, str]
    withheld_headers: list[str] = Field(description="names of headers that hold keys, cookies or signatures")
    query: dict[str, Any]
    input: Any = Field(description="what the delivery is as input; null when its body cannot be read")
    body_bytes: int
    body_sha256: str


class NextDelivery(Answer):
    """The next delivery; null when none came in time."""

    delivery: DeliveryAnswer | None
