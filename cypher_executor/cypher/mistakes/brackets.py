"""Mistakes with brackets, and with the commas between what is in them."""

from __future__ import annotations

import re

from cypher_executor.cypher import words
from cypher_executor.cypher.mistakes.misfit import CLOSING, Known, Misfit, Where, brackets, short
from cypher_executor.errors import Diagnostic, TextEdit

_BRACED = re.compile(r"""\s*((?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[^{}\n'"])+?)\s*\}\}""")
"""An expression without braces of its own, and the braces behind it."""

_MANY = 100
"""Of more brackets that are open nobody wants to read how to close them."""


def template_outside_string(m: Misfit, where: Where) -> Diagnostic | None:
    """`{text: {{ $text }}}`."""
    if m.word != "{" or m.previous != "{" or not m.adjacent:
        return None
    assert m.before is not None
    message = "`{{ }}` stands inside a string; without quotes an expression stands alone, as in `{text: $text}`."
    place = where(m.before.start, m.found.end)
    inside = _BRACED.match(m.text, m.found.end)
    if inside is None:
        return Diagnostic("template_outside_string", message, place)
    fix = TextEdit(where(m.before.start, inside.end()), inside[1])
    return Diagnostic("template_outside_string", message, place, fix=fix)


def comma_too_many(m: Misfit, where: Where) -> Diagnostic | None:
    """`{x: 1,}`, `[1,,2]`."""
    if m.previous != "," or m.word not in (")", "]", "}", ","):
        return None
    assert m.before is not None
    place = where(m.before.start, m.before.end)
    message = f"Nothing follows this comma: remove it, or put something in front of `{m.word}`."
    return Diagnostic("trailing_comma", message, place, fix=TextEdit(place, ""))


def wrong(m: Misfit, where: Where) -> Diagnostic | None:
    """A bracket that closes nothing, or what another one should close."""
    if m.word not in (")", "]", "}"):
        return None
    place = where(m.found.start, m.found.end)
    if not m.open_brackets:
        return Diagnostic("bracket_unopened", f"This `{m.word}` closes nothing.", place, fix=TextEdit(place, ""))
    wanted, opened = CLOSING[m.around], where(m.open_brackets[-1], m.open_brackets[-1] + 1)
    if wanted == m.word:
        return None
    at = f"the `{m.around}` in line {opened.line}, column {opened.column}"
    if not _line_fits(m, [*m.open_brackets[:-1]], m.found.start) and _line_fits(m, m.open_brackets[:-1], m.found.end):
        message = f"`{wanted}` belongs here and not `{m.word}`: {at} is open."
        return Diagnostic("bracket_unclosed", message, place, fix=TextEdit(place, wanted))
    message = f"`{wanted}` is missing before this `{m.word}`: {at} is still open."
    return Diagnostic("bracket_unclosed", message, place,
                      fix=TextEdit(where(m.found.start, m.found.start), wanted))  # fmt: skip


def _line_fits(m: Misfit, opened: list[int], start: int) -> bool:
    """Whether the brackets from `start` to the end of the line fit to those that are open there."""
    waiting = [CLOSING[m.text[offset]] for offset in opened]
    for _, bracket in brackets(m.text, start, m.line_end):
        if bracket in CLOSING:
            waiting.append(CLOSING[bracket])
        elif not waiting or waiting.pop() != bracket:
            return False
    return True


def unclosed(m: Misfit, where: Where) -> Diagnostic | None:
    """The text, or the clause, ends within brackets."""
    ended = m.found.kind == "$END" or (m.word.upper() in words.CLAUSES and _closable(m))
    if not ended or not m.open_brackets or m.before is None:
        return None
    start = m.open_brackets[-1]
    message = f"This `{m.around}` is never closed: `{CLOSING[m.around]}` is missing."
    missing = "".join(CLOSING[m.text[bracket]] for bracket in reversed(m.open_brackets))
    fix = TextEdit(where(m.before.end, m.before.end), missing) if len(missing) <= _MANY else None
    return Diagnostic("bracket_unclosed", message, where(start, start + 1), fix=fix)


def _closable(m: Misfit) -> bool:
    return bool(m.accepts & {"RPAR", "RSQB", "RBRACE"})


def unclosed_relationship(m: Misfit, where: Where) -> Diagnostic | None:
    """`(a)-[:ON_SUCCESS->(b)`."""
    if m.around != "[" or "RSQB" not in m.accepts or not re.match(r"-+>?\s*\(", m.rest):
        return None
    assert m.before is not None
    start = m.open_brackets[-1]
    fix = TextEdit(where(m.before.end, m.before.end), "]")
    message = "This `[` is never closed: `]` is missing."
    return Diagnostic("bracket_unclosed", message, where(start, start + 1), fix=fix)


def missing_comma(m: Misfit, where: Where) -> Diagnostic | None:
    """`{x: 1 y: 2}`."""
    if "COMMA" not in m.accepts or m.before is None or not m.open_brackets or m.found.kind == "$END":
        return None
    if m.around == "{" and not re.match(r"(?:\w+|`[^`]*`|'[^']*'|\"[^\"]*\")\s*:", m.rest):
        return None
    if m.around in "([" and not re.match(r"[\w'\"`$({\[]", m.rest):
        return None
    place = where(m.found.start, m.found.end)
    fix = TextEdit(where(m.before.end, m.before.end), ",")
    return Diagnostic("comma_missing", f"A comma is missing before `{short(m.word)}`.", place, fix=fix)


def unclosed_case(m: Misfit, where: Where) -> Diagnostic | None:
    """`CASE WHEN a THEN b`, and no END."""
    if "END" not in m.accepts or m.before is None:
        return None
    if m.found.kind != "$END" and m.word not in (")", "]", "}", ",") and m.word.upper() not in words.CLAUSES:
        return None
    fix = TextEdit(where(m.before.end, m.before.end), " END")
    message = "A CASE ends with END, which is missing here."
    return Diagnostic("case_unclosed", message, where(m.found.start, m.found.end), fix=fix)


KNOWN: tuple[Known, ...] = (
    template_outside_string, comma_too_many, unclosed_relationship, wrong, unclosed_case, unclosed, missing_comma,
)  # fmt: skip
