"""Mistakes with arrows and with the brackets of nodes."""

from __future__ import annotations

import re

from cypher_executor.cypher.mistakes.misfit import Known, Misfit, Where
from cypher_executor.errors import Diagnostic, TextEdit

_BARE_NODE = re.compile(r"(?:\w+|`[^`\n]*`)(?:\s*:\s*(?:\w+|`[^`\n]*`))*(?!\w|\s*[:{(.])")
"""A node without brackets, of which is seen where it ends."""


def type_without_brackets(m: Misfit, where: Where) -> Diagnostic | None:
    """`(a)-ON_FAIL->(b)`."""
    named = re.match(r"(:?)(\w+)\s*-+>", m.rest)
    if named is None or m.before is None or m.before.kind != "MINUS":
        return None
    whole = where(m.found.start, m.found.start + len(named[1]) + len(named[2]))
    fix = TextEdit(whole, f"[:{named[2]}]")
    return Diagnostic("arrow_malformed", f"The type of a relationship stands in brackets: `-[:{named[2]}]->`.",
                      whole, did_you_mean=f"[:{named[2]}]", fix=fix)  # fmt: skip


def arrow(m: Misfit, where: Where) -> Diagnostic | None:
    """`(a)->(b)`, `(a)-[:X]>(b)`, `(a)=>(b)`."""
    place = where(m.found.start, m.found.end)
    if m.found.kind == "GREATER" and m.before is not None and m.before.kind == "MINUS" and m.draws:
        fix = TextEdit(place, "[:ON_SUCCESS]->")
        return Diagnostic("arrow_malformed", "An arrow is written `-[:TYPE]->`: the type is missing.", place, fix=fix)
    if m.found.kind == "GREATER" and m.accepts & {"MINUS"}:
        fix = TextEdit(where(m.found.start, m.found.start), "-")
        return Diagnostic("arrow_malformed", "An arrow is written `-[:TYPE]->`: a `-` is missing.", place, fix=fix)
    double = re.match(r"=+>", m.rest)
    if double and "MINUS" in m.accepts:
        whole = where(m.found.start, m.found.start + double.end())
        fix = TextEdit(whole, "-[:ON_SUCCESS]->" if m.draws else "-->")
        return Diagnostic("arrow_malformed", "An arrow is written `-[:TYPE]->`.", whole, fix=fix)
    return None


def bare_node(m: Misfit, where: Where) -> Diagnostic | None:
    """`CREATE a`, `(a)-[:ON_SUCCESS]->b`."""
    if m.before is not None and m.before.kind == "NAME" and m.accepts == {"EQUAL"}:
        return _bracketed(m.previous, m.before.start, m.before.end, where)
    if m.before is not None and m.before.kind in ("GREATER", "MINUS") and m.accepts <= {"LPAR", "GREATER"}:
        node = _BARE_NODE.match(m.text, m.found.start)
        if node is not None:
            return _bracketed(node[0], node.start(), node.end(), where)
    return None


def _bracketed(node: str, start: int, end: int, where: Where) -> Diagnostic:
    place = where(start, end)
    message = f"A node stands in round brackets: `({node})`."
    return Diagnostic("node_needs_brackets", message, place, fix=TextEdit(place, f"({node})"))


KNOWN: tuple[Known, ...] = (type_without_brackets, arrow, bare_node)
