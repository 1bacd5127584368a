"""Ranks operators: turns the flat `terms` of the grammar into expressions.

Operators bind, from loosest to tightest: OR, XOR, AND, NOT, comparisons, tests (`IN`, `IS NULL`, `CONTAINS`, ...),
`+ -`, `* / %`, `^`, signs. All take from the left, and neighbours of one rank become one flat node. So the work is a
single pass with a stack of open levels, whose ranks rise: at most one for each rank and each prefix, however long
the text is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cypher_executor.cypher import syntax
from cypher_executor.cypher.places import after, at, between
from cypher_executor.cypher.problems import Problems

_OR, _XOR, _AND, _NOT, _COMPARE, _TEST, _ADD, _MULTIPLY, _POWER, _SIGN = range(10)

_RANK = {
    "OR": _OR, "XOR": _XOR, "AND": _AND,
    "EQUAL": _COMPARE, "UNEQUAL": _COMPARE, "LESS": _COMPARE, "LESS_OR_EQUAL": _COMPARE,
    "GREATER": _COMPARE, "GREATER_OR_EQUAL": _COMPARE,
    "IN": _TEST, "CONTAINS": _TEST, "MATCHES": _TEST, "STARTS": _TEST, "ENDS": _TEST,
    "PLUS": _ADD, "MINUS": _ADD, "STAR": _MULTIPLY, "SLASH": _MULTIPLY, "PERCENT": _MULTIPLY, "CARET": _POWER,
}  # fmt: skip

_SPELLING = {
    "EQUAL": "=", "UNEQUAL": "<>", "LESS": "<", "LESS_OR_EQUAL": "<=", "GREATER": ">", "GREATER_OR_EQUAL": ">=",
    "PLUS": "+", "MINUS": "-", "STAR": "*", "SLASH": "/", "PERCENT": "%", "CARET": "^", "MATCHES": "=~",
    "STARTS": "STARTS WITH", "ENDS": "ENDS WITH", "NOT_MISTAKE": "NOT",
}  # fmt: skip

_PLAIN = {"MINUS": "-", "LESS": "<", "GREATER": ">"}

_MEANT = {"==": "EQUAL", "!=": "UNEQUAL", "&&": "AND", "||": "OR"}
_NOTS = ("NOT", "NOT_MISTAKE")

INTEGER_LIMIT = 2**63


class _Level:
    """Operators of one rank that may still get operands."""

    __slots__ = ("operands", "operators", "rank")

    def __init__(self, rank: int, operator: Any, operands: list[Any]) -> None:
        self.rank = rank
        self.operators = [operator]
        self.operands = operands


class Ranking:
    """One pass over one flat list. Whatever is odd about it goes to `problems`; there is always a result."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._levels: list[_Level] = []
        self._current: Any = None

    def expression(self, terms: Sequence[Any]) -> Any:
        """The expression that `terms` mean: nodes, operator tokens, `IS NULL` tests, and lists of labels."""
        if len(terms) == 1:
            self._operand(terms[0])
            return self._in_range(self._current)
        for term in terms:
            self._take(term)
        self._close(-1)
        return self._in_range(self._current)

    def _take(self, term: Any) -> None:
        if isinstance(term, list):
            place = between(self._current, term)
            self._current = syntax.HasLabels(place, self._current, tuple(term))
        elif isinstance(term, syntax.Test):
            self._null_test(term)
        elif isinstance(term, syntax.Syntax):
            self._operand(term)
        elif self._current is None:
            self._prefix(term)
        else:
            self._infix(term)

    def _operand(self, node: syntax.Syntax) -> None:
        self._current = node

    def _plain(self, token: Any) -> None:
        """Arrows of patterns may have the dashes and angles of typography, operators may not."""
        plain = _PLAIN.get(token.type)
        if plain is not None and str(token) != plain:
            self._problems.add("unexpected_character", f"The operator is written `{plain}`, with the plain sign.",
                               at(token), did_you_mean=plain, fix=plain)  # fmt: skip

    def _prefix(self, token: Any) -> None:
        self._plain(token)
        rank = _NOT if token.type in _NOTS else _SIGN
        if token.type == "NOT_MISTAKE":
            self._problems.add("foreign_operator", "Cypher writes `NOT` and not `!`.", at(token), did_you_mean="NOT",
                               fix="NOT ")  # fmt: skip
        top = self._levels[-1] if self._levels else None
        if top is not None and top.rank == rank and not top.operands:
            top.operators.append(token)
            return
        if rank == _NOT and top is not None and top.rank > _NOT:
            self._problems.add("not_needs_brackets", "`NOT` binds loosely: put it and its operand in brackets here.",
                               at(token))  # fmt: skip
        self._levels.append(_Level(rank, token, []))

    def _infix(self, token: Any) -> None:
        self._plain(token)
        kind = self._meant(token) if token.type == "OPERATOR_MISTAKE" else token.type
        rank = _RANK[kind]
        self._close(rank)
        operator = _SPELLING.get(kind, kind)
        if self._levels and self._levels[-1].rank == rank:
            self._levels[-1].operands.append(self._current)
            self._levels[-1].operators.append(operator)
        else:
            self._levels.append(_Level(rank, operator, [self._current]))
        self._current = None

    def _null_test(self, test: syntax.Test) -> None:
        """A test without operand: it completes its level, which stays the current operand until more is known."""
        self._close(_TEST)
        if not (self._levels and self._levels[-1].rank == _TEST):
            self._levels.append(_Level(_TEST, test, [self._current]))
        else:
            level = self._levels[-1]
            level.operands.append(self._current)
            level.operators.append(test)
        self._current = test

    def _meant(self, token: Any) -> str:
        kind = _MEANT[str(token)]
        word = _SPELLING.get(kind, kind)
        hint = " (or `+` to join strings)" if kind == "OR" else ""
        self._problems.add("foreign_operator", f"Cypher writes `{word}`{hint} and not `{token}`.", at(token),
                           did_you_mean=word, fix=word)  # fmt: skip
        return kind

    def _close(self, rank: int) -> None:
        """Finishes every level that binds tighter than `rank`."""
        while self._levels and self._levels[-1].rank > rank:
            level = self._levels.pop()
            if level.rank in (_NOT, _SIGN):
                self._current = self._prefixed(level)
            else:
                level.operands.append(self._current)
                self._current = _FINISH[level.rank](level.operands, level.operators, self._in_range)

    def _prefixed(self, level: _Level) -> Any:
        place = between(level.operators[0], self._current)
        operand = self._current
        if level.operators[-1].type == "MINUS" and _is_integer(operand):
            operand = _negative(level.operators.pop(), operand)
        else:
            operand = self._in_range(operand)
        if not level.operators:
            return operand
        kinds: Any = tuple(_SPELLING.get(t.type, t.type) for t in level.operators)
        return syntax.Unary(place, kinds, operand)

    def _in_range(self, node: Any) -> Any:
        """2^63 is no integer, but it is read as one, because behind a minus it is the smallest of all."""
        if type(node) is syntax.Literal and type(node.value) is int and node.value >= INTEGER_LIMIT:
            self._problems.add("number_out_of_range", f"{node.source} does not fit into 64 bits.", node.place)
        return node


def _is_integer(node: Any) -> bool:
    return type(node) is syntax.Literal and type(node.value) is int and node.value >= 0


def _negative(sign: Any, literal: syntax.Literal) -> syntax.Literal:
    assert isinstance(literal.value, int)
    return syntax.Literal(between(sign, literal), -literal.value, "-" + literal.source)


def _arithmetic(operands: list[Any], operators: list[Any], check: Callable[[Any], Any]) -> syntax.Syntax:
    return syntax.Arithmetic(between(operands[0], operands[-1]), tuple(map(check, operands)), tuple(operators))


def _comparison(operands: list[Any], operators: list[Any], check: Callable[[Any], Any]) -> syntax.Syntax:
    return syntax.Comparison(between(operands[0], operands[-1]), tuple(map(check, operands)), tuple(operators))


def _logical(operands: list[Any], operators: list[Any], check: Callable[[Any], Any]) -> syntax.Syntax:
    return syntax.Logical(between(operands[0], operands[-1]), operators[0], tuple(map(check, operands)))


def _tests(operands: list[Any], operators: list[Any], check: Callable[[Any], Any]) -> syntax.Syntax:
    """Behind each operator stands its operand; behind a test without operand, that test itself."""
    tests = []
    for before, operator, operand in zip(operands, operators, operands[1:], strict=False):
        if isinstance(operator, syntax.Test):
            tests.append(operator)
        else:
            tests.append(syntax.Test(after(before, operand), operator, check(operand)))
    return syntax.Tests(between(operands[0], operands[-1]), check(operands[0]), tuple(tests))


_FINISH: dict[int, Callable[[list[Any], list[Any], Callable[[Any], Any]], syntax.Syntax]] = {
    _OR: _logical, _XOR: _logical, _AND: _logical, _COMPARE: _comparison, _TEST: _tests,
    _ADD: _arithmetic, _MULTIPLY: _arithmetic, _POWER: _arithmetic,
}  # fmt: skip
