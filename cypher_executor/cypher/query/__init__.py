"""Read-only questions over a property graph. Pure: the graph is a port, and time and chance are given.

query        compile_query: text to Query; Query.run: rows, one at a time
planner      clauses to operators; projection, grouping: WITH and RETURN; pattern, matcher: MATCH
operators    what a plan is made of; keeping, groups: those that keep rows, with aggregates
steps        how a pattern is found: expansions follow relationships, ways finds the shortest
host, forms  expressions that ask a graph; inference: what can never work, told before anything runs
calling      CALL; procedures: what it calls
values       nodes, relationships, paths; graph: the port; memory: a graph in memory
bounds       what conditions say of nodes, for the graph to look there; anchors: whether a `*` begins somewhere
constants    what is the same for all rows; tally: counting without looking
budget       what a run may use up
"""

from cypher_executor.cypher.query.anchors import UNANCHORED
from cypher_executor.cypher.query.budget import Budget, Limits
from cypher_executor.cypher.query.graph import Graph
from cypher_executor.cypher.query.memory import MemoryGraph
from cypher_executor.cypher.query.problems import QUERY_CODES
from cypher_executor.cypher.query.procedures import SHIPPED, Procedure
from cypher_executor.cypher.query.query import CompiledQuery, Query, compile_query
from cypher_executor.cypher.query.values import Node, Path, Relationship

__all__ = [
    "QUERY_CODES",
    "SHIPPED",
    "UNANCHORED",
    "Budget",
    "CompiledQuery",
    "Graph",
    "Limits",
    "MemoryGraph",
    "Node",
    "Path",
    "Procedure",
    "Query",
    "Relationship",
    "compile_query",
]
