"""The syntax tree: what a text says, before anybody asks what it means.

One class for each rule of `grammar/cypher.lark`, with the rule's name. `Expression`, `Pattern` and `Clause` are the
three families; a `Script` is a whole text.

The tree is as deep as the author's brackets and no deeper. Whatever repeats without brackets is one flat node:
`1 + 2 - 3` is one `Arithmetic` with three operands, `a.b[0].c` one `Access` with three steps, a path of 5,000 nodes
one `Path`. Even so, brackets may nest 50,000 deep, so nothing may follow the tree by calling itself: use `walk`.
For the same reason nodes compare by identity and have no repr that would descend.

Parentheses leave no trace here; a printer puts back those that the meaning needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, TypeAlias
from typing import Literal as OneOf

from cypher_executor.cypher.node import node
from cypher_executor.errors import Place


@node
class Syntax:
    """Anything in the tree. `place` is where its text stands."""

    place: Place

    _BELOW: ClassVar[tuple[str, ...]] = ()
    """The fields that may hold nodes."""


@node
class Name(Syntax):
    """A name as meant: without backticks, in Unicode's composed form (NFC)."""

    text: str


# --- expressions: atoms ---------------------------------------------------------------------------------------------


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


# --- expressions: operators -----------------------------------------------------------------------------------------


@node
class Property(Syntax):
    """`.key`, a step of an `Access`."""

    key: Name


@node
class Index(Syntax):
    """`[index]`, a step of an `Access`."""

    index: Expression


@node
class Slice(Syntax):
    """`[start..stop]`, a step of an `Access`."""

    start: Expression | None
    stop: Expression | None


@node
class Access(Syntax):
    """Steps into a value, one after the other: `subject.key[0][1..2]`."""

    subject: Expression
    steps: tuple[Property | Index | Slice, ...]


@node
class HasLabels(Syntax):
    """`subject:Label:Other`: whether it has all of them."""

    subject: Expression
    labels: tuple[Name, ...]


@node
class Unary(Syntax):
    """`NOT`s, or signs, before an operand; several in a row are one node, in the order of the text."""

    operators: tuple[OneOf["NOT", "+", "-"], ...]
    operand: Expression


@node
class Arithmetic(Syntax):
    """Operators of one precedence, taken from the left: `+ -`, or `* / %`, or `^`. One operator fewer than operands."""

    operands: tuple[Expression, ...]
    operators: tuple[OneOf["+", "-", "*", "/", "%", "^"], ...]


@node
class Test(Syntax):
    """One test of a `Tests`; the operand is None for `IS NULL` and `IS NOT NULL`."""

    kind: OneOf["STARTS WITH", "ENDS WITH", "CONTAINS", "IN", "=~", "IS NULL", "IS NOT NULL"]
    operand: Expression | None


@node
class Tests(Syntax):
    """Tests that bind tighter than comparisons, taken from the left: `name STARTS WITH 'a' IS NULL`."""

    subject: Expression
    tests: tuple[Test, ...]


@node
class Comparison(Syntax):
    """`1 < x <= 3`: true if each neighbouring pair is."""

    operands: tuple[Expression, ...]
    operators: tuple[OneOf["=", "<>", "<", "<=", ">", ">="], ...]


@node
class Logical(Syntax):
    operator: OneOf["AND", "OR", "XOR"]
    operands: tuple[Expression, ...]


Expression: TypeAlias = (
    Literal | Template | Parameter | Variable | ListLiteral | MapLiteral | MapProjection | FunctionCall | CountStar
    | Case | ListComprehension | PatternComprehension | Quantifier | Reduce | PatternPredicate | Subquery
    | Access | HasLabels | Unary | Arithmetic | Tests | Comparison | Logical
)  # fmt: skip


# --- patterns -------------------------------------------------------------------------------------------------------


@node
class NodePattern(Syntax):
    """`(variable:Label:Other {properties})`."""

    variable: Name | None
    labels: tuple[Name, ...]
    properties: MapLiteral | Parameter | None


@node
class Hops(Syntax):
    """`*`, `*2`, `*1..3`; None for an end that is open."""

    minimum: int | None
    maximum: int | None


@node
class RelationshipPattern(Syntax):
    """`-[variable:TYPE|OTHER*1..3 {properties}]->`. `left` is an arrow that points to the node written before it."""

    direction: OneOf["right", "left", "either"]
    variable: Name | None
    types: tuple[Name, ...]
    hops: Hops | None
    properties: MapLiteral | Parameter | None


@node
class Path(Syntax):
    """`variable = (a)-[:R]->(b)`: nodes and relationships in turn, beginning and ending with a node."""

    variable: Name | None
    function: OneOf["shortestPath", "allShortestPaths"] | None
    elements: tuple[NodePattern | RelationshipPattern, ...]

    @property
    def nodes(self) -> tuple[NodePattern, ...]:
        return self.elements[0::2]  # type: ignore[return-value]

    @property
    def relationships(self) -> tuple[RelationshipPattern, ...]:
        return self.elements[1::2]  # type: ignore[return-value]


Pattern: TypeAlias = Path | NodePattern | RelationshipPattern


# --- clauses --------------------------------------------------------------------------------------------------------


@node
class Draw(Syntax):
    """Patterns without a clause word; in a recipe the same as `CREATE`."""

    patterns: tuple[Path, ...]


@node
class Create(Syntax):
    patterns: tuple[Path, ...]


@node
class SetProperty(Syntax):
    """`n.key = value`."""

    target: Access
    value: Expression


@node
class SetVariable(Syntax):
    """`n = value`, or `n += value` when `add`."""

    variable: Variable
    value: Expression
    add: bool


@node
class SetLabels(Syntax):
    """`n:Label:Other`, in SET and in REMOVE."""

    variable: Variable
    labels: tuple[Name, ...]


SetItem: TypeAlias = SetProperty | SetVariable | SetLabels


@node
class MergeAction(Syntax):
    on: OneOf["CREATE", "MATCH"]
    items: tuple[SetItem, ...]


@node
class Merge(Syntax):
    pattern: Path
    actions: tuple[MergeAction, ...]

    @property
    def patterns(self) -> tuple[Path, ...]:
        return (self.pattern,)


@node
class Match(Syntax):
    optional: bool
    patterns: tuple[Path, ...]
    where: Expression | None


@node
class Unwind(Syntax):
    source: Expression
    variable: Name


@node
class OrderItem(Syntax):
    expression: Expression
    descending: bool


@node
class ProjectionItem(Syntax):
    """`expression AS alias`; without an alias the column is called as the expression was written, `source`."""

    expression: Expression
    alias: Name | None
    source: str


@node
class Projection(Syntax):
    """What follows `WITH` or `RETURN`; `star` is `*`, with or without items after it."""

    distinct: bool
    star: bool
    items: tuple[ProjectionItem, ...]
    order: tuple[OrderItem, ...]
    skip: Expression | None
    limit: Expression | None


@node
class With(Syntax):
    projection: Projection
    where: Expression | None


@node
class Return(Syntax):
    projection: Projection


@node
class Set(Syntax):
    items: tuple[SetItem, ...]


@node
class Remove(Syntax):
    """Each item is a property or labels of a variable."""

    items: tuple[Access | SetLabels, ...]


@node
class Delete(Syntax):
    detach: bool
    expressions: tuple[Expression, ...]


@node
class YieldItem(Syntax):
    """`field AS alias`."""

    field: Name
    alias: Name | None


@node
class Call(Syntax):
    """`CALL procedure(arguments) YIELD items`. Without parentheses `arguments` is None: they come from parameters."""

    procedure: Name
    arguments: tuple[Expression, ...] | None
    star: bool
    items: tuple[YieldItem, ...] | None
    where: Expression | None


@node
class Foreach(Syntax):
    """`FOREACH (variable IN source | clauses)`."""

    variable: Name
    source: Expression
    clauses: tuple[Clause, ...]


Clause: TypeAlias = (
    Draw | Create | Merge | Match | Unwind | With | Return | Set | Remove | Delete | Call | Foreach
)  # fmt: skip


@node
class Query(Syntax):
    """Clauses, one after the other."""

    clauses: tuple[Clause, ...]


@node
class Script(Syntax):
    """A whole text: one query, or several joined by UNION; `all` says of each UNION whether it is UNION ALL."""

    queries: tuple[Query, ...]
    all: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its marks, `//` to the end of the line or `/* */`."""

    place: Place
    text: str


# --- following the tree ---------------------------------------------------------------------------------------------


def children(parent: Syntax) -> list[Syntax]:
    """The nodes directly below `parent`, in the order of the text."""
    found: list[Syntax] = []
    for name in parent._BELOW:
        value = getattr(parent, name)
        if type(value) is tuple:
            found.extend([v for v in value if isinstance(v, Syntax)])
        elif value is not None:
            found.append(value)
    return found


def walk(root: Syntax) -> Iterator[Syntax]:
    """`root` and everything below it, in the order of the text, parents before children."""
    todo = [root]
    while todo:
        each = todo.pop()
        yield each
        todo.extend(reversed(children(each)))
