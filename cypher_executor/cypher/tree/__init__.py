"""Builds the syntax tree, one function for each rule of the grammar, called by the parser when the rule is complete.

A function gets what the rule consists of, tokens included: a token is a string with a `type`, everything else is a
node or a list that only the next rule up sees (such as `[WHERE, condition]`). Nothing here looks at a tree from above,
so the depth of a text costs nothing. A mistake that the grammar lets through is noted, and something sensible is built
nevertheless.
"""

from cypher_executor.cypher.tree import clauses, expressions, patterns  # their rules register themselves
from cypher_executor.cypher.tree.builder import Builder

__all__ = ["Builder", "clauses", "expressions", "patterns"]
