"""What keeps a worker process from the rest of the machine, said so that a person can read it.

Systems differ in what they offer, and a service must run on all of them: so nothing here is required, and everything is
told. For each thing that a worker does not need there is the list of the means that keep it from that thing, outermost
first; an empty list means that nothing does, and `doctor` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

ASPECTS: Final[Mapping[str, str]] = {
    "network": "reach the network",
    "files": "open files",
    "writing": "change files",
    "programs": "start programs",
    "processes": "signal or trace other processes",
    "user": "act as the service's user",
    "privileges": "gain rights",
    "memory": "take all memory",
    "cores": "leave core files",
}
"""What is asked about, and what a process could do that nothing keeps from it."""


@dataclass(frozen=True, slots=True)
class Hardening:
    """The means by which a process is kept from each aspect. Every aspect has its entry."""

    means: Mapping[str, tuple[str, ...]]

    @property
    def lacking(self) -> tuple[str, ...]:
        """What a guest that has broken out of wasmtime could do here, one phrase each; empty where all is well."""
        return tuple(could for aspect, could in ASPECTS.items() if not self.means.get(aspect))

    def with_means(self, **more: str) -> Hardening:
        """The same with one more means for each of these aspects."""
        added = {aspect: (*self.means.get(aspect, ()), name) for aspect, name in more.items()}
        return Hardening({**self.means, **added})

    def as_json(self) -> dict[str, Any]:
        """For the wire and for `--json`."""
        return {aspect: list(self.means.get(aspect, ())) for aspect in ASPECTS}


NONE: Final = Hardening({})
"""Kept from nothing."""
