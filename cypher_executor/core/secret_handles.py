"""Handles of secrets: what `secret('NAME')` is worth inside of a run.

A handle is `secret:NAME:` and 32 hexadecimal digits, made from the run, the name and a seed that only this run has. A
part may carry it about, compare it and log it; nothing but the egress knows what to do with it. It is the same in
every replay, worthless in every other run, and cannot be guessed by who has not been given it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

HANDLE: Final = re.compile(r"secret:(?P<name>[A-Za-z_][A-Za-z0-9_]{0,63}):(?P<tag>[0-9a-f]{32})")


def handle(seed: str, run: str, name: str) -> str:
    """The handle of a secret in a run. `seed` is that of the run's first event."""
    tag = hmac.new(seed.encode(), f"{run}:{name}".encode(), hashlib.sha256).hexdigest()
    return f"secret:{name}:{tag[:32]}"


def is_genuine(text: str, seed: str, run: str) -> bool:
    """Whether this is a handle of this run. A run without a seed has none."""
    found = HANDLE.fullmatch(text)
    return bool(seed) and found is not None and hmac.compare_digest(text, handle(seed, run, found["name"]))
