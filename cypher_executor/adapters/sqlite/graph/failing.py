"""What a file that fails is told as."""

from __future__ import annotations

from cypher_executor.errors import Unavailable


def unavailable(error: Exception) -> Unavailable:
    """The graph cannot be used just now."""
    return Unavailable(
        f"the graph of recipes and runs cannot be used: {error}",
        code="graph_unavailable",
        next_actions=["look at the disk; graph.sqlite3 in the data folder may be deleted, and is made again"],
    )
