"""Triggers: what may start a recipe besides somebody who asks for it, as the recipe's text declares it.

A trigger is drawn as a node, but it is no step: it has no part, no output and no state. It says under which
circumstances a run begins, and the `STARTS` relationships that leave it say with which nodes. Everything that is said
of it is constant, so whoever serves hooks and schedules can read it without running anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Auth = Literal["none", "key", "hmac"]
"""Who may call a hook: everybody, whoever has a key of this service, or whoever signs what they send."""

SignatureForm = Literal["standard", "github", "stripe"]
"""How a delivery is signed: as Standard Webhooks has it, as GitHub does, or as Stripe does."""

Overlap = Literal["skip", "queue", "allow"]
"""What a schedule does while the run that it started last still goes on."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A run begins when somebody calls `/hooks/{path}` with one of `methods`, which are in upper case and sorted.

    With `auth` `hmac`, `secret` is the name of the secret that deliveries are signed with, and those whose time
    differs by more than `tolerance_ms` from ours are refused (GitHub's form has no time). `respond` says what the
    caller gets: that the run was accepted, or its result.
    """

    path: str
    methods: tuple[str, ...] = ("POST",)
    auth: Auth = "key"
    secret: str | None = None
    signature: SignatureForm = "standard"
    tolerance_ms: int = 300_000
    respond: Literal["accepted", "result"] = "accepted"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A run begins at certain times: `cron` has five fields, which are read in the time zone `timezone`.

    `catch_up` is how many of the times that were missed while nobody was there are made up for, the latest ones.
    Every start is late by up to `jitter_ms`, by an amount that depends on the time and the schedule alone. `input` is
    that of the run.
    """

    cron: str
    timezone: str = "UTC"
    overlap: Overlap = "skip"
    catch_up: int = 0
    jitter_ms: int = 0
    input: Mapping[str, Any] = field(default_factory=dict)


TriggerKind = Literal["webhook", "cron"]
TRIGGER_KINDS: Mapping[type[Webhook] | type[Schedule], TriggerKind] = {Webhook: "webhook", Schedule: "cron"}
