"""Expressions: compiled once to closures, evaluated with three-valued logic and a budget. Pure.

compiler     the two passes, and what they hand to `core`
builders     one function for each kind of expression
calls        function calls; functions/ is the table of functions
frame        what a closure sees, and what it may use up
values       types and equality; ordering: `<` and sorting; text: values as text
regex        `=~`; regex_dialect: from Java's patterns to RE2's
arithmetic, logic, access, loops
             what the operators do
"""

from cypher_executor.cypher.expressions import builders  # registers what each kind of expression becomes
from cypher_executor.cypher.expressions.compiler import CompiledExpression, compile_expression
from cypher_executor.cypher.expressions.functions import AGGREGATES, FUNCTIONS, Function

__all__ = ["AGGREGATES", "FUNCTIONS", "CompiledExpression", "Function", "builders", "compile_expression"]
