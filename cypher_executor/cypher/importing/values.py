"""Values of a config as Cypher: references in double braces become expressions."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cypher_executor.cypher.importing.notes import Notes
from cypher_executor.cypher.parse import parse_expression
from cypher_executor.cypher.printing import name_text, over_lines, quoted, variable_text

_REFERENCE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_SEGMENT = re.compile(r"\.?([^\s.\[\]{}'\"`|()]+)|\[\s*(\d+|'[^']*'|\"[^\"]*\")\s*\]")
_OPERATORS = {"===": "=", "==": "=", "!==": "<>", "!=": "<>", "&&": "AND", "||": "OR"}
_OPERATOR = re.compile("|".join(re.escape(sign) for sign in sorted(_OPERATORS, key=len, reverse=True)))
_SECRETS = ("credential", "credentials", "secret", "secrets")


@dataclass(frozen=True, slots=True)
class Values:
    """Writes values. `names` are those that a reference may begin with: nodes, and items of loops."""

    names: Collection[str]
    notes: Notes

    def written(self, value: Any, what: str, line: int | None) -> str:
        """A value as an expression. `what` names it in the notes."""
        if isinstance(value, str):
            return self._text(value, what, line)
        if isinstance(value, Mapping):
            return self._map(value, what, line)
        if isinstance(value, Sequence):
            return "[" + ", ".join(self.written(v, f"{what}.{n}", line) for n, v in enumerate(value)) + "]"
        return self._plain(value, what, line)

    def condition(self, value: Any, what: str, line: int | None) -> str:
        """A value that is true or false, as an expression: a text with references in it is one, if it can be read."""
        if not isinstance(value, str):
            return self.written(value, what, line)
        pieces = list(self._pieces(value, what, line))
        written = "".join(p.text if isinstance(p, _Expression) else _in_cypher(p) for p in pieces).strip()
        if parse_expression(written).expression is None:
            self.notes.note(
                "changed", f"`{what}`", "a text, and no condition that can be read: say what is meant", line
            )
            return self._text(value, what, line)
        if len(pieces) > 1 or isinstance(pieces[0], str):
            self.notes.note("changed", f"`{what}`", f"the expression `{written}`", line)
        return written

    def _map(self, value: Mapping[Any, Any], what: str, line: int | None) -> str:
        if "" in value:
            self.notes.note("lost", f"`{what}`", "a value in it has an empty name", line)
        entries = (f"{name_text(str(k))}: {self.written(v, f'{what}.{k}', line)}" for k, v in value.items() if k != "")
        return "{" + ", ".join(entries) + "}"

    def _plain(self, value: Any, what: str, line: int | None) -> str:
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if (isinstance(value, int) and -(2**63) < value < 2**63) or (isinstance(value, float) and math.isfinite(value)):
            return repr(value)
        self.notes.note("changed", f"`{what}`", f"`{str(value)[:40]}` is no number of 64 bits, and a text now", line)
        return quoted(str(value))

    def _text(self, text: str, what: str, line: int | None) -> str:
        pieces = list(self._pieces(text, what, line))
        if len(pieces) == 1 and not isinstance(pieces[0], str):
            return pieces[0].text
        inside = (p.in_text() if isinstance(p, _Expression) else over_lines(quoted(p)[1:-1]) for p in pieces)
        return "'" + "".join(inside) + "'"

    def _pieces(self, text: str, what: str, line: int | None) -> Iterator[str | _Expression]:
        position = 0
        for found in _REFERENCE.finditer(text):
            expression = self.reference(found[1].strip(), what, line)
            if expression is None:
                self.notes.note(
                    "lost", f"`{found[0]}` in `{what}`", "this is no path such as a.b.0.c, and a text now", line
                )
                continue
            if found.start() > position:
                yield text[position : found.start()]
            yield _Expression(expression)
            position = found.end()
        if position < len(text) or not text:
            yield text[position:]

    def reference(self, path: str, what: str, line: int | None) -> str | None:
        """`a.b.0.c` as an expression; None for what is no path."""
        segments = _segments(path)
        if not segments:
            return None
        first, *rest = segments
        if first == "input":
            named = bool(rest) and not _is_index(rest[0])
            return f"${name_text(rest[0])}{_steps(rest[1:])}" if named else f"$input{_steps(rest)}"
        if first in _SECRETS and rest:
            self.notes.note("changed", f"`{{{{{path}}}}}`", "a secret: store it, and grant it to the recipe", line)
            return f"secret({quoted('.'.join(rest))})"
        if first in self.names:
            self._warn_of_wrapping(path, rest, line)
            return variable_text(first) + _steps(rest)
        why = f"no node is called `{first}`, so it is taken from the input"
        self.notes.note("changed", f"`{{{{{path}}}}}` in `{what}`", why, line)
        return f"${name_text(first)}{_steps(rest)}"

    def _warn_of_wrapping(self, path: str, rest: list[str], line: int | None) -> None:
        if rest[:1] == ["data"]:
            why = "carried over as it is; parts give their output without `data` around it, so `.data` may have to go"
            self.notes.note("changed", f"`{{{{{path}}}}}`", why, line)


@dataclass(frozen=True, slots=True)
class _Expression:
    text: str

    def in_text(self) -> str:
        return "{{ " + self.text.replace("\\", "\\\\").replace("'", "\\'") + " }}"


def _in_cypher(text: str) -> str:
    """A stretch of a condition with the operators that Cypher has for those of other languages."""
    return _OPERATOR.sub(lambda found: _OPERATORS[found[0]], text)


def _segments(path: str) -> list[str]:
    segments, position = [], 0
    while position < len(path):
        found = _SEGMENT.match(path, position)
        if found is None or (position == 0 and found[0][0] in ".["):
            return []
        segments.append(found[1] if found[1] is not None else found[2].strip("'\""))
        position = found.end()
    return segments


def _steps(segments: list[str]) -> str:
    return "".join(f"[{int(s)}]" if _is_index(s) else f".{name_text(s)}" for s in segments)


def _is_index(segment: str) -> bool:
    return segment.isascii() and segment.isdigit() and len(segment) < 10
