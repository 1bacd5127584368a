"""Writes `categories.bin`: the general category of every code point, from Python's own copy of the Unicode database.

    python make_categories.py > categories.bin

Each stretch of code points of one category is a byte: the category's place in the list of their names, which
`categories.zig` has too, in the lower five bits, and above them its length. From 8 on the length is 0 there, and
follows in bytes of seven bits, the lowest first; all but the last have the eighth bit set.
"""

from __future__ import annotations

import sys
import unicodedata
from itertools import groupby

_NAMES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn"
NAMES = _NAMES.split()


def stretch(category: int, length: int) -> bytes:
    """One stretch, written."""
    if length < 8:
        return bytes([category | length << 5])
    out = bytearray([category])
    while length >= 0x80:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*out, length])


def main() -> None:
    """Write the whole file."""
    for category, points in groupby(map(unicodedata.category, map(chr, range(0x110000)))):
        sys.stdout.buffer.write(stretch(NAMES.index(category), sum(1 for _ in points)))


if __name__ == "__main__":
    main()
