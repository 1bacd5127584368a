"""What a query asks of a graph: a port, with the in-memory graph as its nearest adapter.

Answers are iterators, so that a query that has seen enough stops asking. They need no order, but must not change while
somebody reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

from cypher_executor.cypher.expressions.frame import Value
from cypher_executor.cypher.query.values import Id, Node, Relationship

Direction = Literal["out", "in", "both"]
Sign = Literal["=", "<", "<=", ">", ">=", "IN"]


class Bound(NamedTuple):
    """What a condition of a query says of a property: `n.ended_at > $since`. `key` None: of the id of the node."""

    key: str | None
    sign: Sign
    value: Value


class Graph(Protocol):
    """A property graph to read."""

    def nodes(
        self, labels: Sequence[str], properties: Mapping[str, Any], bounds: Sequence[Bound] = ()
    ) -> Iterator[Node]:
        """All nodes that have these labels and properties within these bounds. More may be given than were asked for
        (a graph need not keep an index of properties): whoever asks looks again."""
        ...

    def relationships(self, node: Id, types: Sequence[str], direction: Direction) -> Iterator[Relationship]:
        """The relationships at a node, each once, of one of these types (of any, if none is named)."""
        ...

    def node(self, id: Id) -> Node | None:
        """The node with this id."""
        ...

    def relationship(self, id: Id) -> Relationship | None:
        """The relationship with this id."""
        ...

    def node_count(self, label: str | None) -> int:
        """How many nodes have this label; about right is good enough, because it only chooses where to begin."""
        ...

    def relationship_count(self, type: str | None) -> int:
        """How many relationships have this type, about."""
        ...


@runtime_checkable
class Counting(Protocol):
    """A graph that may be able to count nodes without giving each of them."""

    def count(
        self, labels: Sequence[str], properties: Mapping[str, Any], bounds: Sequence[Bound], keys: Sequence[str]
    ) -> Iterable[tuple[Sequence[Value], int]] | None:
        """How many nodes have these labels and properties within these bounds, for each combination of the values of
        these properties that there is; of no properties one number, which may be 0. None when it cannot tell."""
        ...
