"""The ids of runs: `run_` and a ULID (https://github.com/ulid/spec).

A ULID is 48 bits of milliseconds since 1970 and 80 bits of chance, in Crockford's base 32. So ids sort by the time at
which they were made, and a span of time is a span of ids: a list of runs needs no index but that on their ids.
"""

from __future__ import annotations

from typing import Final

from cypher_executor.core.events import RunId

CHANCE_BITS: Final = 80

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_LENGTH = 26
_LAST_MS = (1 << 48) - 1


def run_id(number: int) -> RunId:
    """The id that a ULID makes, given as a number of 128 bits."""
    return RunId("run_" + "".join([_PAIRS[number >> shift & 1023] for shift in range(5 * (_LENGTH - 2), -1, -10)]))


def first_id_at(at_us: int) -> RunId:
    """What no id sorts before that was made in this millisecond or later. Times outside of ULIDs are their nearest."""
    return run_id(min(max(at_us // 1000, 0), _LAST_MS) << CHANCE_BITS)
