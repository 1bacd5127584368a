"""What the rest of the house knows about a part: its manifest and the digest of its module, never its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cypher_executor.core.patterns import read_pattern
from cypher_executor.core.recipe import Digest, Value

ANY_SECRET: Final = "*"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one execution of a part may use. `fuel` None means: bounded by time only."""

    timeout_ms: int = 5_000
    memory_mb: int = 64
    output_kb: int = 1_024
    fuel: int | None = None


@dataclass(frozen=True, slots=True)
class Grants:
    """What a part asks for: URL patterns for HTTP, the key-value store, named secrets, callbacks."""

    http: tuple[str, ...] = ()
    kv: bool = False
    secrets: tuple[str, ...] = ()
    callback: bool = False


def asks_more(new: Grants, old: Grants) -> tuple[str, ...]:
    """What the new grants ask for and the old ones do not have, one phrase each."""
    return tuple(_more(new, old))


def _more(new: Grants, old: Grants) -> Iterator[str]:
    had = [read_pattern(text) for text in old.http]
    for text in new.http:
        if not any(one.covers(read_pattern(text)) for one in had):
            yield f"http {text}"
    for name in new.secrets:
        if not {name, ANY_SECRET} & set(old.secrets):
            yield "every secret" if name == ANY_SECRET else f"the secret {name}"
    if new.kv and not old.kv:
        yield "the key-value store"
    if new.callback and not old.callback:
        yield "callbacks"


@dataclass(frozen=True, slots=True)
class Example:
    """One line of a part's documentation and one of its tests: an input and what comes of it.

    `calls` is the tape for parts that call out: pairs of request and answer, in order.
    """

    title: str
    input: Value
    output: Value = None
    error: Mapping[str, Value] | None = None
    calls: Sequence[tuple[Mapping[str, Value], Mapping[str, Value]]] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part as its manifest declares it. `input` and `output` are JSON Schemas; `input` is that of the whole map.

    `pure` is read from the module (it does not import `cypher.call`), not promised by the author. Parts that run in
    the engine have no module and `digest` None.
    """

    name: str
    version: str
    summary: str
    digest: Digest | None
    pure: bool
    input: Mapping[str, Value] = field(default_factory=dict)
    output: Mapping[str, Value] = field(default_factory=dict)
    grants: Grants = Grants()
    limits: Limits = Limits()
    examples: Sequence[Example] = ()


def digest_of(module: bytes) -> Digest:
    """The name of a module: the sha256 of its bytes."""
    return Digest("sha256:" + hashlib.sha256(module).hexdigest())
