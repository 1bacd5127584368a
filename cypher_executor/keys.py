"""API keys: made, shown once, found by what a caller presents, revoked.

All keys are held in memory and the store is written first, so that finding one costs no query and a key that was
revoked opens nothing from the moment on in which its revoker is told so. As long as no key was ever made, the service
is open to this machine (`service.auth`); a key that was revoked or has expired still counts as made.
"""

from __future__ import annotations

import asyncio
import hmac
import unicodedata
from collections.abc import Collection, Sequence
from secrets import token_bytes
from typing import Final

from cypher_executor.core.keys import (
    ID_BYTES,
    OPERATOR,
    SCOPES,
    SECRET_BYTES,
    Key,
    KeyId,
    Scope,
    digest_of,
    id_of,
    unknown_scopes,
    written,
)
from cypher_executor.errors import NotFound, RequestInvalid, nearest
from cypher_executor.ports import Clock, KeyStore

LONGEST_NAME: Final = 100


class Keys:
    """The keys of everybody. `load` has to be awaited before anything else is asked."""

    def __init__(self, store: KeyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._by_id: dict[KeyId, Key] = {}
        self._changing = asyncio.Lock()
        """Held from looking at the keys until one is kept, so that of two first keys only one is the first."""

    async def load(self) -> None:
        """Read what is kept."""
        self._by_id = {key.id: key for key in await self._store.all()}

    @property
    def exist(self) -> bool:
        """Whether a key was ever made."""
        return bool(self._by_id)

    def find(self, presented: str) -> Key | None:
        """The key that this is, when it opens something; None for every other text."""
        identity = id_of(presented)
        key = None if identity is None else self._by_id.get(identity)
        if key is None or not hmac.compare_digest(key.digest, digest_of(presented)):
            return None
        return key if key.usable(self._clock.now_us()) else None

    def all(self) -> Sequence[Key]:
        """Every key of everybody, oldest first."""
        return [*self._by_id.values()]

    def of_tenant(self, tenant: str) -> Sequence[Key]:
        """The keys of a tenant, oldest first."""
        return [key for key in self._by_id.values() if key.tenant == tenant]

    async def make(
        self,
        tenant: str,
        name: str,
        scopes: Collection[str],
        *,
        lasts_ms: int | None = None,
    ) -> tuple[Key, str]:
        """A new key, and how it is written, which nobody can find out ever again.

        Raises RequestInvalid for a name, a tenant or a scope that cannot be, and (`first_key_not_admin`) for a first
        key that could not make another one.
        """
        _check(tenant, name, scopes)
        async with self._changing:
            if not self._by_id and (tenant, "admin" in scopes) != (OPERATOR, True):
                raise _not_first()
            text = written(token_bytes(ID_BYTES), token_bytes(SECRET_BYTES))
            identity, now_us = id_of(text), self._clock.now_us()
            assert identity is not None
            allowed: frozenset[Scope] = frozenset(scope for scope in SCOPES if scope in scopes)
            expires_us = None if lasts_ms is None else now_us + lasts_ms * 1000
            key = Key(identity, tenant, name, allowed, digest_of(text), now_us, expires_us)
            await self._store.add(key)
            self._by_id[identity] = key
        return key, text

    async def revoke(self, tenant: str | None, identity: str) -> Key:
        """Let a key open nothing any more. Without a tenant, whosever it is. Raises NotFound."""
        key = self._by_id.get(KeyId(identity))
        if key is None or tenant not in (None, key.tenant):
            known = [each.id for each in self._by_id.values() if tenant in (None, each.tenant)]
            near = nearest(identity, known)
            raise NotFound(f"there is no key {identity!r}", code="unknown_key", did_you_mean=near)
        async with self._changing:
            await self._store.revoke(key.id, self._clock.now_us())
            await self.load()
        return self._by_id[key.id]


def _check(tenant: str, name: str, scopes: Collection[str]) -> None:
    for what, text in (("tenant", tenant), ("name", name)):
        if not 0 < len(text) <= LONGEST_NAME or any(unicodedata.category(c)[0] == "C" for c in text):
            message = f"the {what} of a key has 1 to {LONGEST_NAME} characters, none of which controls anything"
            raise RequestInvalid(message, code="invalid_name")
    wrong = unknown_scopes(scopes)
    if wrong or not scopes:
        told = f"{wrong[0]!r} is no scope" if wrong else "a key needs at least one scope"
        near = nearest(wrong[0], SCOPES) if wrong else None
        raise RequestInvalid(f"{told}; there are {', '.join(SCOPES)}", code="scope_invalid", did_you_mean=near)


def _not_first() -> RequestInvalid:
    return RequestInvalid(
        f"the first key must be an administrator's of the tenant {OPERATOR!r}: without one nobody could make another",
        code="first_key_not_admin",
        next_actions=["make it with the scope admin, then the others"],
    )
