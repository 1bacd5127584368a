"""Closing and opening one value: AES-256-GCM with a nonce of its own.

Tenant, name and hosts are associated data: a sealed value that was moved to another name, or whose hosts were changed
in the database, cannot be opened any more.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cypher_executor.ports import SealedSecret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A key; `id` is a digest of it, which tells keys apart and nothing else."""

    raw: bytes

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits."""
        return hashlib.sha256(b"cypher-executor key id:" + self.raw).hexdigest()[:16]


def seal(key: Key, tenant: str, name: str, value: str, hosts: tuple[str, ...], at_us: int) -> SealedSecret:
    """A value that only this key opens, under this name."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = _cipher(key).encrypt(nonce, value.encode(), _bound_to(tenant, name, hosts))
    return SealedSecret(tenant, name, key.id, nonce, sealed, hosts, at_us)


def open_sealed(key: Key, secret: SealedSecret) -> str | None:
    """The value; None when this key, or what the value is bound to, is not what it was sealed with."""
    from cryptography.exceptions import InvalidTag

    try:
        data = _bound_to(secret.tenant, secret.name, secret.hosts)
        return _cipher(key).decrypt(secret.nonce, secret.sealed, data).decode()
    except InvalidTag:
        return None


def load() -> None:
    """Load the cipher, which takes a while and which many services never need. Blocks."""
    _cipher(Key(bytes(KEY_BYTES)))


def _cipher(key: Key) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key.raw)


def _bound_to(tenant: str, name: str, hosts: tuple[str, ...]) -> bytes:
    return json.dumps(["cypher-executor secret", tenant, name, list(hosts)]).encode()
