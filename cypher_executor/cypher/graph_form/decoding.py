"""From the properties of a graph back to the expressions that they stand for."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from typing import Any

from cypher_executor.cypher import strings, syntax
from cypher_executor.cypher.expressions.compiler import MAX_DEPTH
from cypher_executor.cypher.parse import parse_expression
from cypher_executor.cypher.printing import quoted
from cypher_executor.cypher.report import Report
from cypher_executor.errors import Place

_HALVES = re.compile(r"\\u[dD][89a-fA-F]")
"""What may be half of a pair of surrogates."""

_DIGITS = 30
"""A whole number with more digits than these does not fit anyhow, and takes long to read."""


class Decoder:
    """Reads the properties of one text; what is wrong with them goes to `report`."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._told: list[Place] | None = None
        """Where mistakes were found before the first one of ours."""

    def expression(self, value: syntax.Expression) -> syntax.Expression:
        """What a property stands for. What a graph could not hold is taken as authors mean it."""
        if isinstance(value, syntax.ListLiteral):
            return syntax.ListLiteral(value.place, tuple(self._single(item) for item in value.items))
        return self._single(value)

    def _single(self, value: syntax.Expression) -> syntax.Expression:
        if not isinstance(value, syntax.Template) and not (
            isinstance(value, syntax.Literal) and isinstance(value.value, str)
        ):
            return value
        scanned = strings.scan(value.source)
        found = self._json(scanned.text, value.place)
        if found is not None:
            return found
        return self._lone(value, scanned) if isinstance(value, syntax.Template) else value

    def _lone(self, value: syntax.Template, scanned: strings.Scanned) -> syntax.Expression:
        """A text that is one expression is that expression. Strings in it may hold templates, as authors' strings do;
        the parser, which could not know that, took them as text."""
        if len(value.parts) != 1 or isinstance(value.parts[0], str):
            return value
        expression = value.parts[0]
        if not any(isinstance(n, syntax.Literal) and "{{" in str(n.value) for n in syntax.walk(expression)):
            return expression
        piece = scanned.pieces[0]
        return self._parsed(scanned.text[piece.start : piece.end], expression.place, templates=True)

    def _is_told(self, place: Place) -> bool:
        """Whether the parser, which reads the same texts before this does, has found a mistake there already."""
        if self._told is None:
            self._told = [d.place for d in self._report.sorted() if d.severity == "error"]
        return any(_within(told, place) for told in self._told)

    # --- JSON -------------------------------------------------------------------------------------------------------

    def _json(self, text: str, place: Place) -> syntax.Expression | None:
        """The list or map that a text is, if it is one."""
        if text.lstrip()[:1] not in ("{", "["):
            return None
        try:
            value = json.loads(text, object_pairs_hook=_Pairs, parse_int=_Number, parse_float=_Number,
                               parse_constant=_no_constant)  # fmt: skip
        except RecursionError:
            return self._too_deep(place)
        except ValueError:
            return None
        if _HALVES.search(text) is not None:
            self._refuse_halves(value, place)
        return self._node(value, place, 1)

    def _refuse_halves(self, value: Any, place: Place) -> None:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            sentence = "a text in this JSON has half of a pair of surrogates, which is no character on its own."
            self._report.add("bad_escape", sentence, place)
        except RecursionError:
            pass  # what is too deep is told while it is read

    def _node(self, value: Any, place: Place, depth: int) -> syntax.Expression:
        if depth > MAX_DEPTH:
            return self._too_deep(place)
        if isinstance(value, _Pairs):
            entries = (syntax.MapEntry(place, _key(k, place), self._node(v, place, depth + 1)) for k, v in value)
            return syntax.MapLiteral(place, tuple(entries))
        if isinstance(value, list):
            return syntax.ListLiteral(place, tuple(self._node(v, place, depth + 1) for v in value))
        if isinstance(value, _Number):
            return self._number(value, place)
        return self._text(value, place) if isinstance(value, str) else syntax.Literal(place, value, json.dumps(value))

    def _too_deep(self, place: Place) -> syntax.Expression:
        self._report.add(
            "nested_too_deep", f"JSON in a property may nest {MAX_DEPTH} deep, and this nests deeper.", place
        )
        return syntax.Literal(place, None, "null")

    def _number(self, digits: _Number, place: Place) -> syntax.Literal:
        value: int | float = float(digits) if len(digits) > _DIGITS or not digits.lstrip("-").isdigit() else int(digits)
        if not (math.isfinite(value) if isinstance(value, float) else -(2**63) <= value < 2**63):
            self._report.add("number_out_of_range", f"`{digits[:40]}` does not fit into 64 bits.", place)
            value = 0
        return syntax.Literal(place, value, str(digits))

    def _text(self, text: str, place: Place) -> syntax.Expression:
        """A string in JSON."""
        pieces = strings.pieces(text)
        if not any(piece.is_expression for piece in pieces):
            return syntax.Literal(place, text, quoted(text))
        parts = tuple(self._part(text, piece, place, lone=len(pieces) == 1) for piece in pieces)
        lone = parts[0] if len(parts) == 1 else None
        if lone is not None and not isinstance(lone, str):
            return lone
        return syntax.Template(place, text, quoted(text), parts)

    def _part(self, text: str, piece: strings.Piece, place: Place, *, lone: bool) -> str | syntax.Expression:
        if not piece.is_expression:
            return text[piece.start : piece.end]
        if not piece.closed:
            sentence = "a `{{` in this JSON text is never closed: put `}}` behind the expression."
            if not self._is_told(place):
                self._report.add("template_unclosed", sentence, place)
            return syntax.Literal(place, None, "null")
        return self._parsed(text[piece.start : piece.end], place, templates=lone)

    def _parsed(self, text: str, place: Place, *, templates: bool) -> syntax.Expression:
        found = parse_expression(text, place, templates=templates)
        if not self._is_told(place):
            self._report.add_all(found.diagnostics)
        return found.expression or syntax.Literal(place, None, "null")


def _within(inner: Place, outer: Place) -> bool:
    starts_in = (outer.line, outer.column) <= (inner.line, inner.column)
    return starts_in and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written: keys in order, and perhaps twice."""


class _Number(str):
    """A number as it was written."""


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _key(text: str, place: Place) -> syntax.Name:
    return syntax.Name(place, unicodedata.normalize("NFC", text))
