"""Journal and catalog in one SQLite file: `Database` is the file, `SqliteJournal` and `SqliteCatalog` are its users."""

from cypher_executor.adapters.sqlite.catalog import SqliteCatalog
from cypher_executor.adapters.sqlite.database import Database
from cypher_executor.adapters.sqlite.journal import SqliteJournal

__all__ = ["Database", "SqliteCatalog", "SqliteJournal"]
