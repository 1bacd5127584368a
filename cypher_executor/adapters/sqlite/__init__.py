"""Journal and catalog in one SQLite file: `Database` is the file, `SqliteJournal` and `SqliteCatalog` are its users.

Another process may read it beside the one that has it: `OpenToRead`, `SqliteFollowable` and `SqliteReadCatalog`.

`back_up` and `restore` copy the file, from outside of the process that uses it.
"""

from cypher_executor.adapters.sqlite.catalog import SqliteCatalog, SqliteReadCatalog
from cypher_executor.adapters.sqlite.copying import Copied, back_up
from cypher_executor.adapters.sqlite.database import Database, OpenToRead
from cypher_executor.adapters.sqlite.following import SqliteFollowable
from cypher_executor.adapters.sqlite.journal import SqliteJournal
from cypher_executor.adapters.sqlite.keys import SqliteKeys, has_keys
from cypher_executor.adapters.sqlite.kv import SqliteKeyValues
from cypher_executor.adapters.sqlite.outputs import SqliteOutputs, look_at_outputs
from cypher_executor.adapters.sqlite.parts import SqliteParts
from cypher_executor.adapters.sqlite.restoring import restore
from cypher_executor.adapters.sqlite.schedules import SqliteSchedules
from cypher_executor.adapters.sqlite.secrets import SqliteSecrets

__all__ = [
    "Copied",
    "Database",
    "OpenToRead",
    "SqliteCatalog",
    "SqliteFollowable",
    "SqliteJournal",
    "SqliteKeyValues",
    "SqliteKeys",
    "SqliteOutputs",
    "SqliteParts",
    "SqliteReadCatalog",
    "SqliteSchedules",
    "SqliteSecrets",
    "back_up",
    "has_keys",
    "look_at_outputs",
    "restore",
]
