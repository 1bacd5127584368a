"""Writes `zones.bin` and `zone_names.txt` from the IANA time zone data in the `tzdata` package.

    python make_zone_tables.py

`zone_names.txt` has a line for each name, with the byte in `zones.bin` where its record begins; names that mean the
same share a record. A record: the rule for the time after the last change (a POSIX TZ string, its length before it),
the number of offsets and the offsets in seconds, the number of changes, and each change as the distance from the one
before and the place of its offset. The first offset holds before all changes. Numbers are varints, those that may be
negative zigzag. The file begins with the 128 distances that are the most frequent, four bytes each; a distance below
128 is a place in that list, any other is 128 less: quarters of an hour when its lowest bit is 0, seconds otherwise.
The same package makes the same bytes; only changes of the offset are kept, names and summer time flags are not.
"""

from __future__ import annotations

import itertools
import re
import struct
from collections import Counter
from importlib import resources
from pathlib import Path

BEGIN = -4_500_000_000
QUARTER = 900
FREQUENT = 128
RULE = re.compile(
    r"(<[+-]?\w+>|[A-Za-z]+)[+-]?[\d:]+"
    r"((<[+-]?\w+>|[A-Za-z]+)([+-]?[\d:]+)?(,M\d+\.\d\.\d(/-?[\d:]+)?){2})?\Z"
)


def varint(value: int) -> bytes:
    """A number from 0 on, seven bits a byte, the lowest first."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def zigzag(value: int) -> bytes:
    """A number with its sign in the lowest bit."""
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def changes(data: bytes) -> tuple[list[tuple[int, int]], int, str]:
    """The changes (second, offset) of a TZif file, the offset before all of them, and the rule behind the last."""
    skipped = struct.unpack(">6L", data[20:44])
    isut, isstd, leap, times, types, chars = skipped
    data = data[44 + times * 5 + types * 6 + chars + leap * 8 + isstd + isut :]
    isut, isstd, leap, times, types, chars = struct.unpack(">6L", data[20:44])
    at = 44 + times * 8
    seconds = struct.unpack(f">{times}q", data[44:at])
    kinds = data[at : at + times]
    at += times
    offsets = [struct.unpack(">lBB", data[at + 6 * i : at + 6 * i + 6])[0] for i in range(types)]
    rule = data[at + types * 6 + chars + leap * 12 + isstd + isut :].decode().strip()
    found: list[tuple[int, int]] = []
    for second, kind in zip(seconds, kinds, strict=True):
        # The last one is kept even when the offset stays: behind it the rule holds.
        if second == seconds[-1] or offsets[kind] != (found[-1][1] if found else offsets[0]):
            found.append((second, offsets[kind]))
    return found, offsets[0], rule


def distances(found: list[tuple[int, int]]) -> list[int]:
    """How far each change is from the one before, as a number whose lowest bit tells the unit."""
    seconds = [BEGIN, *(second for second, _ in found)]
    steps = [after - before for before, after in itertools.pairwise(seconds)]
    return [step << 1 | 1 if step % QUARTER else step // QUARTER << 1 for step in steps]


def record(data: bytes, frequent: list[int]) -> bytes:
    """One zone as `zones.bin` has it."""
    found, first, rule = changes(data)
    if not RULE.match(rule):
        raise ValueError(f"the rule {rule!r} is of a kind that zones.zig does not read")
    offsets = list(dict.fromkeys([first, *(offset for _, offset in found)]))
    out = bytearray([len(rule), *rule.encode(), len(offsets)])
    for offset in offsets:
        out += zigzag(offset)
    out += varint(len(found))
    for distance, (_, offset) in zip(distances(found), found, strict=True):
        out += varint(frequent.index(distance) if distance in frequent else distance + FREQUENT)
        out.append(offsets.index(offset))
    return bytes(out)


def main() -> None:
    """Write both files beside this one."""
    package = resources.files("tzdata")
    names = sorted(package.joinpath("zones").read_text(encoding="utf-8").split())
    files = {name: package.joinpath("zoneinfo", *name.split("/")).read_bytes() for name in names}
    counted = Counter(distance for data in set(files.values()) for distance in distances(changes(data)[0]))
    frequent = sorted(counted, key=lambda distance: (-counted[distance], distance))[:FREQUENT]
    places: dict[bytes, int] = {}
    lines, blob = [], bytearray(struct.pack(f"<{FREQUENT}L", *frequent))
    for name, data in files.items():
        made = record(data, frequent)
        if made not in places:
            places[made] = len(blob)
            blob += made
        lines.append(f"{name} {places[made]}\n")
    here = Path(__file__).parent
    here.joinpath("zones.bin").write_bytes(blob)
    here.joinpath("zone_names.txt").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
