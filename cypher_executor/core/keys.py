"""API keys: how one is written, what it may do, and what is kept of it.

A key is `cx_`, a public id, and a secret of 160 random bits: `cx_4f7kq2mzr3_...`. The id finds the record and may be
shown, logged and revoked by; of the whole key only its SHA-256 is kept. That is enough, because a secret that long
cannot be guessed: slow hashes are for passwords that people choose.

Each key belongs to one tenant and has scopes: `read` looks at everything of the tenant, `run` starts and steers runs,
`write` changes recipes and parts, `admin` does all that and manages secrets and keys.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Literal, NewType, get_args

KeyId = NewType("KeyId", str)

Scope = Literal["read", "run", "write", "admin"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

OPERATOR: Final = "default"
"""The tenant of whoever runs the service: its administrators may make keys for every tenant."""

ID_BYTES: Final = 6
SECRET_BYTES: Final = 20

_WRITTEN = re.compile(r"cx_(?P<id>[a-z2-7]{10})_(?P<secret>[a-z2-7]{32})")


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key. Times are microseconds since 1970; `digest` is the SHA-256 of the key as it is written."""

    id: KeyId
    tenant: str
    name: str
    scopes: frozenset[Scope]
    digest: bytes = field(repr=False)
    created_us: int
    expires_us: int | None = None
    revoked_us: int | None = None

    def usable(self, now_us: int) -> bool:
        """Whether it opens anything now."""
        return self.revoked_us is None and (self.expires_us is None or now_us < self.expires_us)

    def may(self, scope: Scope) -> bool:
        """Whether it may do what needs this scope."""
        return scope in self.scopes or "admin" in self.scopes


def written(identity: bytes, secret: bytes) -> str:
    """A key as it is written, from `ID_BYTES` and `SECRET_BYTES` random bytes."""
    return f"cx_{_base32(identity)}_{_base32(secret)}"


def id_of(key: str) -> KeyId | None:
    """The id of a key, None for what is not written like one."""
    found = _WRITTEN.fullmatch(key)
    return None if found is None else KeyId(found["id"])


def digest_of(key: str) -> bytes:
    """What is kept of a key instead of itself."""
    return hashlib.sha256(key.encode()).digest()


def unknown_scopes(given: Collection[str]) -> list[str]:
    """Those that are no scopes, in order."""
    return sorted(set(given) - set(SCOPES))


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
