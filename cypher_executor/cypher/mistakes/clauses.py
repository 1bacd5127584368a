"""Mistakes where clauses begin, and where to read on behind a mistake."""

from __future__ import annotations

import re

from cypher_executor.cypher import words
from cypher_executor.cypher.mistakes.misfit import Known, Misfit, Where
from cypher_executor.errors import Diagnostic, TextEdit, nearest


def empty(m: Misfit, where: Where) -> Diagnostic | None:
    if m.before is not None or m.found.kind != "$END" or "UNWIND" not in m.accepts:
        return None
    return Diagnostic("empty_text", "There is nothing here: write a pattern such as `CREATE (a)-[:ON_SUCCESS]->(b)`.",
                      where(m.found.start, m.found.end))  # fmt: skip


def missing_expression(m: Misfit, where: Where) -> Diagnostic | None:
    if m.before is not None or m.found.kind != "$END" or "FLOAT" not in m.accepts:
        return None
    return Diagnostic("empty_text", "There is no expression here.", where(m.found.start, m.found.end))


def second_statement(m: Misfit, where: Where) -> Diagnostic | None:
    if m.before is None or m.before.kind != "SEMICOLON":
        return None
    place = where(m.before.start, m.before.end)
    message = "One text holds one statement: remove this `;`, several clauses make one graph."
    return Diagnostic("second_statement", message, place, fix=TextEdit(place, ""))


def unknown_clause(m: Misfit, where: Where) -> Diagnostic | None:
    """A word where a clause could begin: at the start, or at the start of a line behind a complete clause."""
    if m.found.kind not in ("NAME", "FUNCTION") or "UNWIND" not in m.accepts:
        return None
    word = m.word.split()[0]
    near = nearest(word.upper(), words.CLAUSES)
    line_start = not m.text[m.text.rfind("\n", 0, m.found.start) + 1 : m.found.start].strip()
    if near is None and not line_start:
        return None
    place = where(m.found.start, m.found.start + len(word))
    hint = f"; did you mean `{near}`?" if near else ": a clause begins with a word such as CREATE or RETURN."
    return Diagnostic("unknown_clause", f"`{word}` begins no clause{hint}", place, did_you_mean=near,
                      fix=TextEdit(place, near) if near else None)  # fmt: skip


KNOWN: tuple[Known, ...] = (empty, missing_expression, second_statement, unknown_clause)


# --- reading on -----------------------------------------------------------------------------------------------------

_CLAUSE = r"(?:CREATE|MERGE|MATCH|OPTIONAL\s+MATCH|UNWIND|WITH|RETURN|SET|REMOVE|DELETE|DETACH|CALL|FOREACH)\b(?!\s*:)"
_NEXT_CLAUSE = re.compile(
    rf"""'[^'\n]*'|"[^"\n]*"|`[^`\n]*`|//[^\n]*"""
    rf"""|(?P<line>(?:^|(?<=\n))[ \t]*(?:{_CLAUSE}|\())"""
    rf"""|(?P<inline>(?<![\w.:$`])(?:(?:CREATE|MERGE)\s*\(|(?:RETURN|MATCH)\b(?!\s*:)))""",
    re.IGNORECASE,
)


def next_clause(text: str, misfit: Misfit) -> int | None:
    """Where to read on: the next place that looks like the start of a clause."""
    start = misfit.found.start
    if misfit.word.upper() in words.CLAUSES and start > misfit.begin:
        return start
    if misfit.before is not None and misfit.before.kind == "SEMICOLON":
        return start if start > misfit.begin and misfit.found.kind != "SEMICOLON" else start + 1
    for found in _NEXT_CLAUSE.finditer(text, max(start, misfit.begin + 1)):
        if found.lastgroup:
            return found.start() + len(found[0]) - len(found[0].lstrip())
    return None
