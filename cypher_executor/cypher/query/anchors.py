"""Whether a pattern with `*` begins somewhere: at a node of which more is said than its labels.

From every node over any number of relationships is a question that a graph of some size cannot answer. It is no mistake
in itself (a small graph answers it), so it is a warning here, and whoever runs queries may refuse it.
"""

from __future__ import annotations

from collections.abc import Sequence

from cypher_executor.cypher import syntax
from cypher_executor.cypher.query.expansions import Expand, ExpandMany
from cypher_executor.cypher.query.pattern import MAX_HOPS
from cypher_executor.cypher.query.steps import ScanNodes, Step
from cypher_executor.cypher.query.ways import ShortestWays

UNANCHORED = "unbounded_without_anchor"


def unanchored(patterns: Sequence[syntax.Path], steps: Sequence[Step], wide: set[str]) -> syntax.Syntax | None:
    """The `*` that begins at every node, if there is one. `wide` has the names that stand for any node, and grows."""
    for step in steps:
        match step:
            case ScanNodes(node=node) if not node.properties and not node.bounds:
                wide.add(node.name)
            case Expand(source=source, arrival=arrival) if source in wide and not arrival.known:
                wide.add(arrival.node.name)
            case ExpandMany(source=source, relationship=over, known=False) if source in wide:
                if over.hops is not None and over.hops[1] == MAX_HOPS:
                    return _unbounded(patterns)
            case ShortestWays(source=source, target=target, relationship=over) if {source, target} <= wide:
                if over.hops is not None and over.hops[1] == MAX_HOPS:
                    return _unbounded(patterns)
    return None


def _unbounded(patterns: Sequence[syntax.Path]) -> syntax.Syntax | None:
    found = (over for path in patterns for over in path.relationships if over.hops and over.hops.maximum is None)
    return next(found, None)
