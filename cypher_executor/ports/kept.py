"""What is kept beside runs: the key-value store of parts, outputs of pure parts, secrets, API keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cypher_executor.core.events import RunId
from cypher_executor.core.keys import Key, KeyId


@dataclass(frozen=True, slots=True)
class KeySpace:
    """Whose keys: those of one recipe of one tenant. Nobody else sees them."""

    tenant: str
    recipe: str


@dataclass(frozen=True, slots=True)
class Once:
    """The name of one carrying out of a change, in its run: doing it again gives the first answer, and does nothing."""

    run: RunId
    op: str


@dataclass(frozen=True, slots=True)
class KeptOutput:
    """What a pure part gave, as JSON, and when. `key` is a digest of tenant, module and input."""

    key: bytes
    at_us: int
    output: bytes


class Outputs(Protocol):
    """Where the outputs that `cache` keeps outlive a service. Nobody waits for it, and it never raises: what cannot be
    kept is not, and what cannot be read was never kept.
    """

    def open(self, take: Callable[[Sequence[KeptOutput]], None]) -> None:
        """Begin; what an earlier service has kept goes to `take` later, once, in the event loop of the caller."""
        ...

    def keep(self, one: KeptOutput) -> None:
        """Keep an output, or another one for a key."""
        ...

    def drop(self, key: bytes) -> None:
        """Forget an output."""
        ...

    def close(self) -> None:
        """Write what is queued, and end. Blocks."""
        ...


class KeyValues(Protocol):
    """The key-value store of recipes. Values are JSON as bytes; what has expired is not there.

    All methods raise `errors.Unavailable` when the storage fails.
    """

    async def get(self, space: KeySpace, key: str, now_us: int) -> bytes | None:
        """The value of a key."""
        ...

    async def put(
        self, space: KeySpace, key: str, value: bytes, expires_us: int | None, now_us: int, once: Once
    ) -> None:
        """Set a key. Raises `errors.RequestInvalid` (`kv_full`) when the recipe has no room for it."""
        ...

    async def delete(self, space: KeySpace, key: str, now_us: int, once: Once) -> bool:
        """Forget a key; whether it was there."""
        ...


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A secret as it is stored: nothing in it tells the value. `hosts` are patterns of where it may go; none: any."""

    tenant: str
    name: str
    key_id: str
    nonce: bytes
    sealed: bytes
    hosts: tuple[str, ...]
    changed_us: int


class SecretStore(Protocol):
    """Where sealed secrets are kept. All methods raise `errors.Unavailable` when the storage fails."""

    async def put(self, secret: SealedSecret) -> None:
        """Store it, in the place of an earlier one of this name."""
        ...

    async def replace(self, old: SealedSecret, new: SealedSecret) -> bool:
        """Store the new one if the old one is still there; False when it has been changed meanwhile."""
        ...

    async def find(self, tenant: str, names: Iterable[str]) -> Sequence[SealedSecret]:
        """Those of these names that there are."""
        ...

    async def of_tenant(self, tenant: str) -> Sequence[SealedSecret]:
        """All secrets of a tenant, by name."""
        ...

    async def all(self) -> Sequence[SealedSecret]:
        """All secrets of everybody."""
        ...

    async def delete(self, tenant: str, name: str) -> bool:
        """Forget it; whether it was there."""
        ...


@dataclass(frozen=True, slots=True)
class OpenSecret:
    """A secret that is about to be sent. `hosts` as in `SealedSecret`."""

    value: str = field(repr=False)
    hosts: tuple[str, ...] = ()


class Secrets(Protocol):
    """Opens secrets for the egress, and for nobody else."""

    async def reveal(self, tenant: str, names: Iterable[str]) -> Mapping[str, OpenSecret]:
        """The secrets of these names that there are. Raises `errors.Unavailable` for one that cannot be opened."""
        ...


class KeyStore(Protocol):
    """Where API keys are kept: of each, what opens nothing. All methods raise `errors.Unavailable`."""

    async def add(self, key: Key) -> None:
        """Keep a new key."""
        ...

    async def revoke(self, key: KeyId, at_us: int) -> None:
        """From now on this key opens nothing. One that was revoked before stays as it is."""
        ...

    async def all(self) -> Sequence[Key]:
        """Every key of everybody, oldest first, revoked ones included."""
        ...
