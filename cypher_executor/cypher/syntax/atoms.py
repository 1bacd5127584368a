"""Expressions that no operator makes: literals, names, lists, maps, calls, and all that stands in brackets."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Literal as OneOf

from cypher_executor.cypher.node import node
from cypher_executor.cypher.syntax.base import Name, Syntax

if TYPE_CHECKING:  # the tree goes in a circle: a pattern holds values, and a value may be a pattern
    from cypher_executor.cypher.syntax.clauses import Script
    from cypher_executor.cypher.syntax.operators import Expression
    from cypher_executor.cypher.syntax.patterns import Path


@node
class Literal(Syntax):
    """null, a boolean, an integer, a float or a string; `source` is how it was written."""

    value: bool | int | float | str | None
    source: str


@node
class Template(Syntax):
    """A string with `{{ expressions }}` in it, where templates are read; elsewhere it is the string `value`.

    `parts` alternate freely: text that stands for itself, and expressions. A lone expression keeps its type.
    """

    value: str
    source: str
    parts: tuple[str | Expression, ...]


@node
class Parameter(Syntax):
    """`$name`."""

    name: str


@node
class Variable(Syntax):
    """A name that stands for a value: a node upstream, a loop's item, a column of a row."""

    name: str


@node
class ListLiteral(Syntax):
    items: tuple[Expression, ...]


@node
class MapEntry(Syntax):
    """`key: value`, in a map or in a map projection."""

    key: Name
    value: Expression


@node
class MapLiteral(Syntax):
    """A map as written: keys in the order of the text, and perhaps twice."""

    entries: tuple[MapEntry, ...]


@node
class PropertySelector(Syntax):
    """`.key` in a map projection."""

    key: Name


@node
class AllPropertiesSelector(Syntax):
    """`.*` in a map projection."""


@node
class MapProjection(Syntax):
    """`variable {.key, .*, other: 1, another}`."""

    subject: Variable
    items: tuple[PropertySelector | AllPropertiesSelector | MapEntry | Variable, ...]


@node
class FunctionCall(Syntax):
    """`name(arguments)`; `name` keeps the author's spelling, with dots for a namespace."""

    name: Name
    distinct: bool
    arguments: tuple[Expression, ...]


@node
class CountStar(Syntax):
    """`count(*)`."""


@node
class When(Syntax):
    condition: Expression
    result: Expression


@node
class Case(Syntax):
    """`CASE WHEN condition ...`, or with a subject `CASE subject WHEN value ...`."""

    subject: Expression | None
    whens: tuple[When, ...]
    default: Expression | None


@node
class ListComprehension(Syntax):
    """`[variable IN source WHERE where | projection]`."""

    variable: Name
    source: Expression
    where: Expression | None
    projection: Expression | None


@node
class PatternComprehension(Syntax):
    """`[variable = (a)-->(b) WHERE where | projection]`; the path carries its variable."""

    pattern: Path
    where: Expression | None
    projection: Expression


@node
class Quantifier(Syntax):
    """`any(variable IN source WHERE where)`."""

    kind: OneOf["any", "all", "none", "single"]
    variable: Name
    source: Expression
    where: Expression | None


@node
class Reduce(Syntax):
    """`reduce(accumulator = initial, variable IN source | body)`."""

    accumulator: Name
    initial: Expression
    variable: Name
    source: Expression
    body: Expression


@node
class PatternPredicate(Syntax):
    """A pattern that stands where a value is wanted: whether it occurs (or, of shortestPath, the path itself)."""

    pattern: Path


@node
class Subquery(Syntax):
    """`EXISTS {...}` and `COUNT {...}`, around a pattern or around a whole query."""

    kind: OneOf["EXISTS", "COUNT"]
    patterns: tuple[Path, ...]
    where: Expression | None
    query: Script | None
