"""Clauses, and what they make: queries, and the script that a whole text is."""

from __future__ import annotations

from typing import Literal as OneOf
from typing import TypeAlias

from cypher_executor.cypher.node import node
from cypher_executor.cypher.syntax.atoms import Variable
from cypher_executor.cypher.syntax.base import Name, Syntax
from cypher_executor.cypher.syntax.operators import Access, Expression
from cypher_executor.cypher.syntax.patterns import Path


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
