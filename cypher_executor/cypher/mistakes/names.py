"""Mistakes with names and numbers, and with the places where they stand."""

from __future__ import annotations

import re

from cypher_executor.cypher.mistakes.misfit import Known, Misfit, Where
from cypher_executor.errors import Diagnostic, TextEdit

_JOINED = re.compile(r"\w+(?:[-.]+\w+)+")
_VERSION = re.compile(r"\d+(?:\.\d+)*\.$")


def joined(m: Misfit, where: Where) -> Diagnostic | None:
    """`(my-node:part)`, `(:http-request)`, `[:ON-FAIL]`, `(my.node:part)`."""
    if m.before is None or m.before.kind != "NAME" or not m.adjacent or not m.open_brackets:
        return None
    name = _JOINED.match(m.text, m.before.start)
    if name is None or name.end() <= m.found.end:
        return None
    if m.found.kind != "MINUS" and not (m.found.kind == "DOT" and m.around in "(["):
        return None
    place = where(m.before.start, name.end())
    sign = "-" if m.found.kind == "MINUS" else "."
    message = f"A name with `{sign}` in it stands in backticks: `{name[0]}`."
    return Diagnostic("name_needs_backticks", message, place, did_you_mean=re.sub(r"\W+", "_", name[0]),
                      fix=TextEdit(place, f"`{name[0]}`"))  # fmt: skip


def begins_with_digit(m: Misfit, where: Where) -> Diagnostic | None:
    """`(1st:set)`."""
    name = re.match(r"\d\w*", m.rest)
    if name is None or "NAME" not in m.accepts or not m.accepts & {"RPAR", "COLON"} or "FLOAT" in m.accepts:
        return None
    place = where(m.found.start, m.found.start + name.end())
    message = f"A name that begins with a digit stands in backticks: `{name[0]}`."
    return Diagnostic("name_needs_backticks", message, place, fix=TextEdit(place, f"`{name[0]}`"))


def keyword(m: Misfit, where: Where) -> Diagnostic | None:
    """`RETURN case.x`."""
    if m.before is None or m.before.kind not in ("CASE", "NOT", "NULL", "TRUE", "FALSE", "DISTINCT"):
        return None
    if m.found.kind != "$END" and m.word not in (".", ",", ")", "}", "]", ":", "="):
        return None
    place = where(m.before.start, m.before.end)
    message = f"`{m.previous}` is a keyword: in backticks it is a name."
    return Diagnostic("keyword_as_name", message, place, fix=TextEdit(place, f"`{m.previous}`"))


def number_with_dots(m: Misfit, where: Where) -> Diagnostic | None:
    """`1.2.3`, which is no number."""
    if m.before is None or m.before.kind != "DOT" or not m.adjacent:
        return None
    begun = _VERSION.search(m.text, max(m.begin, m.found.start - 100), m.found.start)
    going_on = re.match(r"[\w.]+", m.rest)
    if begun is None or going_on is None:
        return None
    place = where(begun.start(), m.found.start + going_on.end())
    written = begun[0] + going_on[0]
    message = f"`{written}` is no number: a text stands in quotes."
    return Diagnostic("number_malformed", message, place, fix=TextEdit(place, f"'{written}'"))


def item_behind_dot(m: Misfit, where: Where) -> Diagnostic | None:
    """`list.0.name`."""
    number = re.match(r"\d+", m.rest)
    if m.before is None or m.before.kind != "DOT" or "NAME" not in m.accepts or number is None:
        return None
    place = where(m.before.start, m.found.start + number.end())
    message = f"An item of a list is taken with brackets, and not with a dot: `[{number[0]}]`."
    return Diagnostic("index_needs_brackets", message, place, did_you_mean=f"[{number[0]}]",
                      fix=TextEdit(place, f"[{number[0]}]"))  # fmt: skip


KNOWN: tuple[Known, ...] = (joined, begins_with_digit, keyword, number_with_dots, item_behind_dot)
