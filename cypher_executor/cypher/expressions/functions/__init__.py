"""The functions of the language, as data: name, signature, one line of help, implementation."""

from __future__ import annotations

from cypher_executor.cypher.expressions.functions.conversions import CONVERSIONS
from cypher_executor.cypher.expressions.functions.extensions import DRAWN, EXTENSIONS
from cypher_executor.cypher.expressions.functions.handles import HANDLES
from cypher_executor.cypher.expressions.functions.lists import LISTS
from cypher_executor.cypher.expressions.functions.numbers import NUMBERS
from cypher_executor.cypher.expressions.functions.strings import STRINGS
from cypher_executor.cypher.expressions.functions.table import Function
from cypher_executor.cypher.expressions.functions.temporal import TEMPORAL

FUNCTIONS: dict[str, Function] = {
    f.name.lower(): f for f in (*LISTS, *STRINGS, *NUMBERS, *CONVERSIONS, *TEMPORAL, *EXTENSIONS, *HANDLES, *DRAWN)
}
"""Every function by its name in lower case."""

HANDLE_NAMES = frozenset(f.name.lower() for f in HANDLES)
"""Those that are about a run, which queries do not have."""

DRAWN_NAMES = frozenset(f.name.lower() for f in DRAWN)
"""Those that draw from the step's seed, and so depend on where they are called."""

AGGREGATES = frozenset(
    {"avg", "collect", "count", "max", "min", "percentilecont", "percentiledisc", "stdev", "stdevp", "sum"}
)
"""Functions over rows, in lower case: known by name, for queries only."""

__all__ = ["AGGREGATES", "DRAWN_NAMES", "FUNCTIONS", "HANDLE_NAMES", "Function"]
