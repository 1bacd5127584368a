"""Writes `unicode_tables.zig`: letters, digits and case, as ranges, from Python's own copy of the Unicode database.

    python make_unicode_tables.py > unicode_tables.zig

The tables hold simple case mappings (one code point to one); `unicode.zig` has what maps to several (ß to SS).
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterator

POINTS = [p for p in range(0x110000) if not 0xD800 <= p <= 0xDFFF]


def ranges(wanted: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """The stretches of code points that are `wanted`, both ends included."""
    start = last = None
    for point in POINTS:
        if not wanted(chr(point)):
            continue
        if start is None or last is None or point != last + 1:
            if start is not None and last is not None:
                yield start, last
            start = point
        last = point
    if start is not None and last is not None:
        yield start, last


def case_ranges(mapped: Callable[[str], str]) -> Iterator[tuple[int, int, int, int]]:
    """(first, last, step, delta): every `step`th code point of the range maps to itself plus delta."""
    changes = [(p, ord(mapped(chr(p))) - p) for p in POINTS if len(mapped(chr(p))) == 1 and mapped(chr(p)) != chr(p)]
    at = 0
    while at < len(changes):
        first, delta = changes[at]
        step = 2 if at + 1 < len(changes) and changes[at + 1] == (first + 2, delta) else 1
        end = at
        while end + 1 < len(changes) and changes[end + 1] == (changes[end][0] + step, delta):
            end += 1
        yield first, changes[end][0], step, delta
        at = end + 1


def base_letter(char: str) -> str:
    """The ASCII letter under the accents of a Latin letter, or a space."""
    base = unicodedata.normalize("NFKD", char)[0]
    return base if base.isascii() and base.isalpha() else " "


def is_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"


def main() -> None:
    """Print the whole file."""
    out = sys.stdout.write
    out(f"//! Made by make_unicode_tables.py from Unicode {unicodedata.unidata_version}; do not edit.\n\n")
    out("pub const CaseRange = struct { first: u32, last: u32, step: u32, delta: i32 };\n\n")
    out("/// Letters, marks and numbers: what words are made of.\npub const word = [_][2]u32{\n")
    out("".join(f"    .{{ 0x{a:x}, 0x{b:x} }},\n" for a, b in ranges(is_word)) + "};\n")
    for name, mapped in (("upper", str.upper), ("lower", str.lower)):
        out(f"\npub const {name} = [_]CaseRange{{\n")
        for first, last, step, delta in case_ranges(mapped):
            out(f"    .{{ .first = 0x{first:x}, .last = 0x{last:x}, .step = {step}, .delta = {delta} }},\n")
        out("};\n")
    for name, first, last in (("latin", 0xC0, 0x24F), ("latin_additional", 0x1E00, 0x1EFF)):
        letters = "".join(base_letter(chr(p)) for p in range(first, last + 1))
        out(f"\n/// Letters without their accents, from U+{first:04X}; a space where there is none.\n")
        out(f'pub const {name} = "{letters}";\n')


if __name__ == "__main__":
    main()
