"""The state of the text that is being read, the table of rules, and what all rules use to look at their children."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import MethodType
from typing import Any, Protocol

from cypher_executor.cypher import syntax
from cypher_executor.cypher.operators import Ranking
from cypher_executor.cypher.places import between
from cypher_executor.cypher.problems import Problems
from cypher_executor.errors import Diagnostic, Place

Children = list[Any]
Rule = Callable[["Builder", Children], Any]

_RULES: dict[str, Rule] = {}


class ReadExpression(Protocol):
    """Parses an expression that stands within a string. `positions` are line and column of each of its characters."""

    def __call__(
        self, text: str, positions: Sequence[tuple[int, int]]
    ) -> tuple[syntax.Expression | None, Sequence[Diagnostic]]: ...


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Registers the function that builds the rules of these names, or of its own."""

    def register(function: Rule) -> Rule:
        _RULES.update(dict.fromkeys(names or (function.__name__,), function))
        return function

    return register


class Builder:
    """What the parser calls: it has an attribute for each rule."""

    problems: Problems
    templates: bool
    held: dict[int, tuple[syntax.Syntax, Sequence[Diagnostic]]]
    """Problems of templates, by the id of the string: see `templates_count` in `clauses`."""

    predicates: int
    """How many patterns stood in expressions so far: where there is none, nobody looks where they stand."""

    def __init__(self, read_expression: ReadExpression) -> None:
        self.read_expression = read_expression
        self._lines: list[str] = []

    def begin(self, text: str, *, templates: bool) -> None:
        """Forgets the last text. Without `templates`, braces in strings are text."""
        self.problems = Problems()
        self.templates = templates
        self.held = {}
        self.predicates = 0
        self._lines = text.split("\n")

    def noted(self) -> tuple[int, int, set[int]]:
        """What was noted so far, for `forget`."""
        return len(self.problems.found), self.predicates, set(self.held)

    def forget(self, before: tuple[int, int, set[int]]) -> None:
        """Forgets what was noted since `noted` gave this: the same text is read once more."""
        known, self.predicates, held = before
        del self.problems.found[known:]
        for key in [key for key in self.held if key not in held]:
            del self.held[key]

    def __getattr__(self, name: str) -> Any:
        if name not in _RULES:
            raise AttributeError(name)
        return MethodType(_RULES[name], self)

    def ranked(self, terms: Sequence[Any]) -> Any:
        """The expression that flat terms mean."""
        return Ranking(self.problems).expression(terms)

    def source(self, place: Place) -> str:
        """The text at a place."""
        if place.line == place.end_line:
            return self._lines[place.line - 1][place.column - 1 : place.end_column - 1]
        lines = self._lines[place.line - 1 : place.end_line]
        return "\n".join([lines[0][place.column - 1 :], *lines[1:-1], lines[-1][: place.end_column - 1]])


def unknown(place: Place) -> syntax.Parameter:
    """What stands for an expression that could not be understood: a value of which nothing is known before a run, so
    that nothing is held against it."""
    return syntax.Parameter(place, "input")


def span(children: Children) -> Place:
    """From the first child to the last."""
    return between(children[0], children[-1])


def nodes(children: Iterable[Any], kind: Any = syntax.Syntax) -> tuple[Any, ...]:
    """The children that are nodes of this kind."""
    return tuple(c for c in children if isinstance(c, kind))


def first(children: Iterable[Any], kind: Any) -> Any:
    """The first child of this kind, or None."""
    return next((c for c in children if isinstance(c, kind)), None)


def is_token(child: Any, *types: str) -> bool:
    return isinstance(child, str) and child.type in types  # type: ignore[attr-defined]


def has(children: Iterable[Any], *types: str) -> bool:
    """Whether a token of one of these types is among the children."""
    return any(is_token(c, *types) for c in children)


def following(children: Children, token: str) -> Any:
    """The child behind the first token of this type, or None."""
    return next((children[i + 1] for i, c in enumerate(children[:-1]) if is_token(c, token)), None)


def part(children: Iterable[Any], keyword: str) -> list[Any] | None:
    """The child that is a list which begins with this keyword: `[WHERE, condition]`."""
    return next((c for c in children if type(c) is list and is_token(c[0], keyword)), None)


def part_value(children: Iterable[Any], keyword: str) -> Any:
    """The condition of a WHERE, the number of a LIMIT, ...: None when there is none."""
    found = part(children, keyword)
    return found[1] if found else None
