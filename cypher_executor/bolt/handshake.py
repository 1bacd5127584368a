"""How a connection begins: the client says that it speaks Bolt and offers versions, and the server chooses one.

An offer is four bytes, `00 range minor major`: the version `major.minor` and as many minors below it as `range` says.
`00 00 01 FF` instead of a version asks for a list of what the server speaks, from which the client then chooses
(that list and the choice come with a number of capability bits each, of which there are none).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

PREAMBLE = bytes.fromhex("6060B017")
OFFERS_SIZE = 16
"""Bytes of the four offers behind the preamble."""

MANIFEST = bytes.fromhex("000001FF")
NOTHING = bytes(4)
"""Answer when no version fits; the connection is closed then."""


class Version(NamedTuple):
    """A version of Bolt."""

    major: int
    minor: int

    @property
    def encoded(self) -> bytes:
        """As the server says it."""
        return bytes((0, 0, self.minor, self.major))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


SPOKEN: Sequence[Version] = (*(Version(5, minor) for minor in range(4, -1, -1)), Version(4, 4))
"""What we speak, the newest first."""

MANIFEST_ANSWER = MANIFEST + bytes((2, 0, 4, 4, 5, 0, 0, 4, 4, 0))
"""Two ranges, 5.4 down to 5.0, and 4.4; no capabilities."""


def chosen(offers: bytes) -> Version | None:
    """The version for the first offer that fits, the newest of its range."""
    for start in range(0, OFFERS_SIZE, 4):
        _, back, minor, major = offers[start : start + 4]
        for version in SPOKEN:
            if version.major == major and minor - back <= version.minor <= minor:
                return version
    return None


def wants_manifest(offers: bytes) -> bool:
    """Whether the client would rather choose from a list."""
    return MANIFEST in [offers[start : start + 4] for start in range(0, OFFERS_SIZE, 4)]


def version_of(choice: bytes) -> Version | None:
    """The version that a client has chosen from the list, if it is one of it."""
    version = Version(choice[3], choice[2])
    return version if choice[:2] == b"\0\0" and version in SPOKEN else None
