"""The graph of recipes and runs in an SQLite file of its own, beside the journal from which it is made.

store    the file: written by the follower, read by snapshots
writing  rows into tables
reading  a `cypher.query.Graph` over the tables; asked: what of a question the tables can answer by an index
bodies   properties as JSON and back, times among them; failing: what a file that fails is told as
"""

from cypher_executor.adapters.sqlite.graph.store import FILE_NAME, SqliteGraph

__all__ = ["FILE_NAME", "SqliteGraph"]
