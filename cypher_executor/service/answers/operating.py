"""Secrets, API keys, and the service itself."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cypher_executor.service.answers.base import Answer


class SecretAnswer(Answer):
    """What may be said of a secret. `hosts` are what it is kept to; none: wherever a recipe grants it."""

    name: str
    hosts: list[str]
    key_id: str = Field(description="which key it is sealed with")
    changed_at: str


class SecretList(Answer):
    """Every secret, without its value."""

    secrets: list[SecretAnswer]


class SecretForgotten(Answer):
    """A secret that is no more."""

    name: str
    deleted: bool


class SecretsRotated(Answer):
    """How many secrets were sealed again."""

    sealed: int


class KeyAnswer(Answer):
    """What may be said of a key."""

    id: str
    name: str
    tenant: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class KeyMade(KeyAnswer):
    """A new key."""

    key: str = Field(description="the key itself: shown this once, and kept nowhere")


class KeyList(Answer):
    """The keys of a tenant, oldest first, without what opens anything."""

    keys: list[KeyAnswer]


class Health(Answer):
    """That the service answers, or takes on runs."""

    status: Literal["ok", "ready"]


class Ready(Health):
    """That the service takes on runs, and how many of the open ones it cannot: the log says which, and why."""

    unreadable_runs: int = Field(description="open runs that stay as they are on disk, because they cannot be read")


class Version(Answer):
    """What is running."""

    name: str
    version: str
