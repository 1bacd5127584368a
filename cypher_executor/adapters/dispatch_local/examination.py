"""What this machine lets a worker process do, found out by starting one that tries. For `doctor`."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from cypher_executor.adapters.dispatch_local.launch import Child
from cypher_executor.errors import Unavailable
from cypher_executor.worker.hardening import Hardening

_WAIT_S: Final = 30.0
_REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class Examination:
    """What a confined process reported of itself.

    `hardening` has the means that were found, `attempts` what came of each thing that it tried: `refused`, `possible`,
    or another end. `environment` has the names of its variables, `descriptors` all that it has open (0 to 2 and its
    socket), `users` its real, effective and saved user.
    """

    hardening: Hardening
    attempts: Mapping[str, str]
    environment: Sequence[str]
    descriptors: Sequence[int]
    users: tuple[int, ...]

    @property
    def possible(self) -> tuple[str, ...]:
        """The attempts that were not refused."""
        return tuple(name for name, outcome in self.attempts.items() if outcome != _REFUSED)


def examined() -> Examination:
    """Start a process like a worker, let it try, and end it. Blocks for about half a second.

    Raises Unavailable when no process can be started, or it does not answer.
    """
    ours, theirs = socket.socketpair()
    with ours:
        try:
            with theirs:
                child = Child("cypher_executor.worker.examine", [theirs])
        except OSError as error:
            raise Unavailable(f"no worker process can be started: {error}", code="no_workers") from None
        try:
            return _examination(_received(ours))
        finally:
            child.end()


def _received(channel: socket.socket) -> bytes:
    channel.settimeout(_WAIT_S)
    try:
        return b"".join(iter(lambda: channel.recv(65536), b""))
    except OSError as error:
        raise Unavailable(f"the worker process does not answer: {error}", code="no_workers") from None


def _examination(answer: bytes) -> Examination:
    try:
        told = orjson.loads(answer)
    except orjson.JSONDecodeError:
        raise Unavailable("the worker process ended before it answered: see the log", code="no_workers") from None
    means = {aspect: tuple(names) for aspect, names in told["hardening"].items()}
    return Examination(
        Hardening(means), told["attempts"], told["environment"], told["descriptors"], tuple(told["users"])
    )
