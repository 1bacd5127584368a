"""Mistakes with quotes: strings that never end, or end too early."""

from __future__ import annotations

import re

from cypher_executor.cypher.mistakes.misfit import Known, Misfit, Where
from cypher_executor.errors import Diagnostic, TextEdit

_TYPOGRAPHIC = {
    "“": "”", "‘": "’", "„": "“", "‚": "‘", "”": "”", "’": "’", "«": "»", "「": "」", "『": "』",
    "＂": "＂", "＇": "＇",
}  # fmt: skip
_KEY = r"""(?:\w+|`[^`\n]*`|"[^"\n]*"|'[^'\n]*')\s*[:=]"""

_GOES_ON = {
    "{": re.compile(rf"\s*(?:\}}|\+|,\s*{_KEY}|$)"),
    "[": re.compile(r"\s*[\],+]"),
    "(": re.compile(r"\s*[),+]"),
    "": re.compile(r"\s*(?:[,+=<>]|AS\b|AND\b|OR\b|$)", re.IGNORECASE | re.MULTILINE),
}
"""What stands behind a string, by the bracket around it: where this follows a quote, the quote is the string's end."""

_CLOSES = {
    "{": re.compile(rf"\s*(?:\}}\s*(?:[)\]}},]|$)|,\s*{_KEY})", re.MULTILINE),
    "[": re.compile(r"\s*\]\s*(?:[)\]},]|$)", re.MULTILINE),
    "(": re.compile(r"\s*\)\s*(?:[)\]},-]|$)", re.MULTILINE),
    "": re.compile(r"[\s;]*$", re.MULTILINE),
}
"""In front of what a string that is never closed was meant to end, by the bracket around it."""


def unclosed(m: Misfit, where: Where) -> Diagnostic | None:
    """A quote that begins something which never ends."""
    sign = m.text[m.found.start : m.found.start + 1]
    if m.found.kind or sign not in ("'", '"', "`"):
        return None
    place = where(m.found.start, m.found.start + 1)
    if sign == "`":
        return Diagnostic("name_unclosed", "This name is never closed: a backtick is missing at its end.", place)
    message = f"This string is never closed: a `{sign}` is missing at its end."
    return Diagnostic("string_unclosed", message, place, fix=_closed(m, m.found.start, where))


def _closed(m: Misfit, start: int, where: Where) -> TextEdit | None:
    """The quote that is missing of the string at `start`, where it probably belongs."""
    end = _CLOSES[m.around].search(m.text, start + 1, m.end_of_line(start))
    if end is None or not m.text[start + 1 : end.start()].strip():
        return None
    return TextEdit(where(end.start(), end.start()), m.text[start])


def in_string(m: Misfit, where: Where) -> Diagnostic | None:
    """`'it's'`: the string ends early, and a word follows at once; or `'it''s'`, as SQL writes it."""
    if m.before is None or m.before.kind != "STRING" or not m.adjacent or not re.match(r"[\w'\"]", m.rest):
        return None
    if "\n" in m.previous:
        message = f"This string is never closed: a `{m.previous[0]}` is missing in its line."
        place = where(m.before.start, m.before.start + 1)
        return Diagnostic("string_unclosed", message, place, fix=_closed(m, m.before.start, where))
    quote, first = m.previous[-1], m.before.end - 1
    last = _last_inside(m, quote)
    other = _other_quote(m.text[m.before.start + 1 : first], m.text[first:last], quote)
    advice = f"write `{other}`" if other else f"write `\\{quote}`"
    written = re.sub(rf"(?<!\\){quote}{{1,2}}", lambda _: other or f"\\{quote}", m.text[first:last])
    message = f"The string ends at this quote: {advice} for a quote inside it."
    fix = TextEdit(where(first, last), written)
    return Diagnostic("quote_in_string", message, where(first, first + 1 + (m.rest[0] == quote)), fix=fix)


def _last_inside(m: Misfit, quote: str) -> int:
    """Behind the last quote of the line that stands inside of the string, as far as can be told."""
    assert m.before is not None
    last = m.before.end + (m.rest[0] == quote)
    for found in re.finditer(rf"(?<!\\){quote}", m.text[last : m.line_end]):
        if _GOES_ON[m.around].match(m.text, last + found.end(), m.line_end):
            return last + _behind_last(m.text[last : last + found.start()], quote)
    return last


def _behind_last(text: str, quote: str) -> int:
    return max((found.end() for found in re.finditer(rf"(?<!\\){quote}", text)), default=0)


def _other_quote(before: str, quoted: str, quote: str) -> str | None:
    """The other kind of quote, where the quotes stand in a template, whose expression can have either."""
    other = '"' if quote == "'" else "'"
    in_template = before.rfind("{{") > before.rfind("}}")
    return other if in_template and "}}" not in quoted and other not in quoted else None


def typographic(m: Misfit, where: Where) -> Diagnostic | None:
    """Quotes as word processors and Chinese keyboards make them."""
    sign = m.text[m.found.start : m.found.start + 1]
    if m.found.kind or sign not in _TYPOGRAPHIC:
        return None
    end = m.text.find(_TYPOGRAPHIC[sign], m.found.start + 1)
    message = f"{sign} is no quote of Cypher: strings stand in ' or in \"."
    if end < 0 or "\n" in m.text[m.found.start : end]:
        return Diagnostic("typographic_quote", message, where(m.found.start, m.found.start + 1))
    body = m.text[m.found.start + 1 : end].replace("\\", "\\\\").replace("'", "\\'")
    place = where(m.found.start, end + 1)
    return Diagnostic("typographic_quote", message, place, fix=TextEdit(place, f"'{body}'"))


KNOWN: tuple[Known, ...] = (unclosed, in_string, typographic)
