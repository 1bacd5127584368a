"""Expressions that are made by an operator, one class for each precedence; and `Expression`, all of both kinds."""

from __future__ import annotations

from typing import Literal as OneOf
from typing import TypeAlias

from cypher_executor.cypher.node import node
from cypher_executor.cypher.syntax.atoms import (
    Case,
    CountStar,
    FunctionCall,
    ListComprehension,
    ListLiteral,
    Literal,
    MapLiteral,
    MapProjection,
    Parameter,
    PatternComprehension,
    PatternPredicate,
    Quantifier,
    Reduce,
    Subquery,
    Template,
    Variable,
)
from cypher_executor.cypher.syntax.base import Name, Syntax


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
