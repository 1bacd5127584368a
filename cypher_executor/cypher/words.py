"""What the grammar's terminals are called when one talks to people."""

from __future__ import annotations

from collections.abc import Iterable

CLAUSES = ("CALL", "CREATE", "DELETE", "DETACH", "FOREACH", "MATCH", "MERGE", "OPTIONAL", "REMOVE", "RETURN", "SET",
           "UNWIND", "WITH")  # fmt: skip

_BEGIN_EXPRESSION = {
    "CASE", "COUNT", "EXISTS", "FALSE", "FLOAT", "FUNCTION", "INTEGER", "LBRACE", "LPAR", "LSQB", "MINUS", "NAME",
    "NOT", "NULL", "NUMBER_MISTAKE", "PARAMETER", "PATTERN_OPEN", "PLUS", "SHORTEST", "STRING", "TRUE",
}  # fmt: skip
_FOLLOW_EXPRESSION = {
    "AND", "CARET", "CONTAINS", "DOT", "ENDS", "EQUAL", "GREATER", "GREATER_OR_EQUAL", "IN", "IS", "LESS",
    "LESS_OR_EQUAL", "LSQB", "MATCHES", "MINUS", "OPERATOR_MISTAKE", "OR", "PERCENT", "PLUS", "SLASH", "STAR", "STARTS",
    "UNEQUAL", "XOR", "COLON", "LBRACE",
}  # fmt: skip
_SIGNS = {
    "COLON": ":", "COMMA": ",", "DOT": ".", "EQUAL": "=", "GREATER": ">", "LBRACE": "{", "LESS": "<", "LPAR": "(",
    "LSQB": "[", "MINUS": "-", "PARAMETER": "$name", "PLUS_EQUAL": "+=", "RANGE": "..", "RBRACE": "}", "RPAR": ")",
    "RSQB": "]", "SEMICOLON": ";", "STAR": "*", "VBAR": "|",
}  # fmt: skip
_NAMED = {"NAME": "a name", "STRING": "a string", "INTEGER": "a whole number", "$END": "the end of the text"}
_WORDS = {"ASCENDING": "ASC", "DESCENDING": "DESC", "SHORTEST": "shortestPath"}


_OF_GRAPHS = {"COUNT", "EXISTS", "SHORTEST"}


def in_expressions(terminal: str) -> bool:
    """Whether a terminal belongs to expressions, as far as recipes have them: to those that need no graph."""
    return terminal in (_BEGIN_EXPRESSION | _FOLLOW_EXPRESSION | {"WHEN", "THEN", "ELSE", "END"}) - _OF_GRAPHS


def expected(terminals: Iterable[str]) -> list[str]:
    """What may stand in a place, in words, the most telling first; `terminals` are the grammar's names for it."""
    rest = {t for t in terminals if not t.endswith("_MISTAKE")}
    found = []
    if "FLOAT" in rest:
        rest -= _BEGIN_EXPRESSION
        found.append("an expression")
    if "CARET" in rest:
        rest -= _FOLLOW_EXPRESSION
        found.append("an operator")
    if "UNWIND" in rest:
        rest -= {*CLAUSES, "LPAR"}
        found.append("a clause such as CREATE or RETURN")
    return found + sorted(_called(t) for t in rest)


def _called(terminal: str) -> str:
    if terminal in _SIGNS:
        return f"`{_SIGNS[terminal]}`"
    return _NAMED.get(terminal) or _WORDS.get(terminal, terminal)


def joined(words: list[str]) -> str:
    """`a, b or c`."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
