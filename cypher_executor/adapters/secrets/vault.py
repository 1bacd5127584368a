"""The vault: secrets by tenant and name. Values go in, and come out towards the egress alone.

What the service shows of a secret is a `SecretInfo`. There is no way to ask for a value, and nothing here logs one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cypher_executor.adapters.secrets.keyring import Keyring
from cypher_executor.adapters.secrets.sealing import Key, load, open_sealed, seal
from cypher_executor.core.grants import SECRET_NAME
from cypher_executor.core.patterns import read_pattern
from cypher_executor.errors import RequestInvalid, Unavailable
from cypher_executor.ports import Clock, OpenSecret, SealedSecret, SecretStore

SHORTEST: Final = 4
"""Characters. What is shorter would have to be taken out of half of everything that servers answer."""
LONGEST: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class SecretInfo:
    """What may be said of a secret. `hosts` are the patterns that the operator keeps it to; none: any."""

    name: str
    hosts: tuple[str, ...]
    key_id: str
    changed_us: int


class Vault:
    """`ports.Secrets`, and the keeping of them."""

    def __init__(self, store: SecretStore, keyring: Keyring, clock: Clock) -> None:
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._changing = asyncio.Lock()
        """Held while a key is chosen and something is sealed with it, so that a rotation misses nothing."""

    async def put(self, tenant: str, name: str, value: str, hosts: Sequence[str] = ()) -> SecretInfo:
        """Store a value under a name, in the place of an earlier one. Raises RequestInvalid or Unavailable."""
        _check(name, value, hosts)
        async with self._changing:
            key = await asyncio.to_thread(self._current_key)
            secret = seal(key, tenant, name, value, tuple(hosts), self._clock.now_us())
            await self._store.put(secret)
        return _info(secret)

    async def list(self, tenant: str) -> Sequence[SecretInfo]:
        """The secrets of a tenant, by name."""
        return [_info(secret) for secret in await self._store.of_tenant(tenant)]

    async def find(self, tenant: str, name: str) -> SecretInfo | None:
        """What may be said of one secret; None when there is none."""
        return next((_info(secret) for secret in await self._store.find(tenant, [name])), None)

    async def delete(self, tenant: str, name: str) -> bool:
        """Forget a secret; whether there was one."""
        return await self._store.delete(tenant, name)

    async def reveal(self, tenant: str, names: Iterable[str]) -> Mapping[str, OpenSecret]:
        """See `ports.Secrets`."""
        found = await self._store.find(tenant, names)
        keys = await self._keys() if found else {}
        return {secret.name: OpenSecret(_opened(keys, secret), secret.hosts) for secret in found}

    async def rotate(self) -> int:
        """Seal everything with a new key; how many secrets that were.

        The service makes the key, and forgets the old ones in the end. Where the operator has the keys, everything is
        sealed with the first of them. A rotation that was broken off is finished by the next. Raises Unavailable when
        something cannot be opened: then all keys are kept.
        """
        async with self._changing:
            if self._keyring.is_given:
                new = self._keyring.current()
            else:
                new = await asyncio.to_thread(self._keyring.begin_rotation)
            keys = await self._keys()
            sealed = [s for s in await self._store.all() if s.key_id != new.id]
            for secret in sealed:
                await self._seal_again(secret, keys, new)
            await asyncio.to_thread(self._keyring.end_rotation)
        return len(sealed)

    async def _seal_again(self, old: SealedSecret, keys: Mapping[str, Key], new: Key) -> None:
        value = _opened(keys, old)
        await self._store.replace(old, seal(new, old.tenant, old.name, value, old.hosts, old.changed_us))

    async def _keys(self) -> Mapping[str, Key]:
        return {key.id: key for key in await asyncio.to_thread(self._all_keys)}

    def _current_key(self) -> Key:
        load()
        return self._keyring.current()

    def _all_keys(self) -> Sequence[Key]:
        load()
        return self._keyring.keys()


def _opened(keys: Mapping[str, Key], secret: SealedSecret) -> str:
    key = keys.get(secret.key_id)
    if key is None:
        raise Unavailable(
            f"the secret {secret.name} was sealed with the key {secret.key_id}, which is not among the keys",
            code="secret_key_missing",
            next_actions=["give that key again, behind the one in use", f"or store {secret.name} anew"],
        )
    value = open_sealed(key, secret)
    if value is None:
        message = f"the secret {secret.name} does not open: what the database has of it was changed"
        raise Unavailable(message, code="secret_damaged", next_actions=[f"store {secret.name} anew"])
    return value


def _check(name: str, value: str, hosts: Sequence[str]) -> None:
    if not SECRET_NAME.fullmatch(name):
        raise RequestInvalid(
            f"{name!r} cannot be the name of a secret: letters, digits and `_`, 64 at most, no digit first",
            code="invalid_name",
        )
    if len(value) < SHORTEST or len(value.encode("utf-8", "surrogatepass")) > LONGEST:
        raise RequestInvalid(f"the value of a secret has at least {SHORTEST} characters and at most {LONGEST} bytes")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise RequestInvalid("the value of a secret is text, and this has half of a character")
    for host in hosts:
        try:
            read_pattern(host)
        except ValueError as error:
            raise RequestInvalid(f"`hosts`: {error}") from None


def _info(secret: SealedSecret) -> SecretInfo:
    return SecretInfo(secret.name, secret.hosts, secret.key_id, secret.changed_us)
