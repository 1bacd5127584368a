"""Characters that Cypher does not use, or not where they stand."""

from __future__ import annotations

import re
import unicodedata

from cypher_executor.cypher.mistakes.misfit import Known, Misfit, Where
from cypher_executor.errors import Diagnostic, TextEdit

_HINTS = {
    "#": "comments begin with `//`",
    "!": "write `NOT` for not and `<>` for unequal",
    "$": "a parameter needs a name, as in `$text`",
    "&": "write `AND`",
    "?": "write `coalesce(a, b)` for what may be null, and `CASE WHEN a THEN b ELSE c END` to choose",
    ";": "one `;` ends the text",
}
_WIDE = re.compile(
    r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`[^`\n]*`|(?P<wide>[，、：；．｜（）［］｛｝＝＄＋＊／％])"""
)
_COMMENT = re.compile(r"#+(?=[\s!]|$)(?!.*[)\]}])")
"""A comment of shells and of Python, as far as nothing behind it is needed."""
_PLAIN = {"、": ","}


def wide(m: Misfit, where: Where) -> Diagnostic | None:
    """`（a：set）`, as it comes from a keyboard that is set to Chinese. All of a line are mended at once."""
    if m.found.kind or not _is_wide(m.word):
        return None
    line = m.text[m.found.start : m.line_end]
    found = [each.start("wide") for each in _WIDE.finditer(line) if each["wide"]]
    stretch = line[: found[-1] + 1]
    plain = "".join(_plain(sign) if offset in set(found) else sign for offset, sign in enumerate(stretch))
    message = f"`{m.word}` is a wide sign, and Cypher has plain ones: `{_plain(m.word)}`."
    fix = TextEdit(where(m.found.start, m.found.start + len(stretch)), plain)
    return Diagnostic("unexpected_character", message, where(m.found.start, m.found.end), fix=fix)


def _is_wide(sign: str) -> bool:
    found = _WIDE.fullmatch(sign)
    return found is not None and found["wide"] is not None


def _plain(sign: str) -> str:
    return _PLAIN.get(sign) or unicodedata.normalize("NFKC", sign)


def strange(m: Misfit, where: Where) -> Diagnostic | None:
    """A character that begins no token."""
    if m.found.kind:
        return None
    sign = m.word
    place = where(m.found.start, m.found.end)
    if sign in _HINTS:
        comment = sign == "#" and _COMMENT.match(m.text, m.found.start, m.line_end)
        fix = TextEdit(where(m.found.start, comment.end()), "//") if comment else None
        return Diagnostic("unexpected_character", f"`{sign}` does not fit here: {_HINTS[sign]}.", place, fix=fix)
    shown = f"`{sign}`" if sign.isprintable() else f"The character U+{ord(sign):04X}"
    return Diagnostic("unexpected_character", f"{shown} has no meaning in Cypher outside of strings and names in "
                      "backticks.", place)  # fmt: skip


KNOWN: tuple[Known, ...] = (wide, strange)
