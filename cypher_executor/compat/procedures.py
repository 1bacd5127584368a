"""What CALL knows for clients of Neo4j, beside what ships with the language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cypher_executor.compat import schema, tables
from cypher_executor.compat.commands import Shown
from cypher_executor.compat.deeds import DEEDS
from cypher_executor.compat.discovery import EDITION
from cypher_executor.compat.tables import Row, Running
from cypher_executor.cypher.expressions.functions import AGGREGATES
from cypher_executor.cypher.query import SHIPPED, Procedure
from cypher_executor.cypher.query import types as t
from cypher_executor.cypher.query.functions import QUERY_FUNCTIONS
from cypher_executor.cypher.query.types import Type
from cypher_executor.graph.model import INDEXED, KEY, LABELS, constraint_name

_TYPES: Mapping[str, Type] = {
    "string": t.STRING,
    "boolean": t.BOOLEAN,
    "integer": t.INTEGER,
    "float": t.FLOAT,
    "map": t.MAP,
    "list": t.LIST,
    "any": t.ANY,
}

RowsOf = Callable[[Any, tuple[Any, ...]], Iterable[Row]]


@dataclass(frozen=True, slots=True)
class About:
    """What is told of the service itself. `neo4j_version` is the version of Neo4j whose manners it has."""

    version: str
    neo4j_version: str
    source: str
    begun: str
    address: Callable[[], str]
    secured: Callable[[], bool]
    now_us: Callable[[], int]
    running: Callable[[], Sequence[Running]]


def _settings(about: About) -> Mapping[str, tuple[str, str]]:
    """How Browser should behave: it is to send nothing anywhere, because nothing of ours leaves the machine."""
    return {
        "browser.allow_outgoing_connections": ("false", "Whether Neo4j Browser may load anything from elsewhere."),
        "browser.post_connect_cmd": ("", "What Neo4j Browser does when it has connected."),
        "browser.remote_content_hostname_whitelist": ("", "From where Neo4j Browser may load guides."),
        "client.allow_telemetry": ("false", "Whether clients may tell others how they are used."),
        "dbms.security.auth_enabled": (str(about.secured()).lower(), "Whether a key is needed."),
    }


def procedures(about: About) -> Mapping[str, Procedure]:
    """All of them, by name; `SHIPPED` is not repeated."""
    made = [*_told(about), *_schema(), *_shown(about), *DEEDS]
    by_name = {found.name: found for found in made}
    listed = tables.procedure_rows({**SHIPPED, **by_name})
    return {**by_name, **_by_name(_table("show.procedures", tables.PROCEDURES, lambda *_: listed))}


def shown_kinds() -> Mapping[str, Shown]:
    """What SHOW shows."""
    return {
        "databases": _kind("show.databases", tables.DATABASES, tables.DATABASES_USUAL),
        "default_database": _kind("show.defaultDatabase", tables.DATABASES, tables.DATABASES_USUAL),
        "procedures": _kind("show.procedures", tables.PROCEDURES, tables.PROCEDURES_USUAL),
        "functions": _kind("show.functions", tables.FUNCTIONS, tables.FUNCTIONS_USUAL),
        "nothing_defined": _kind("show.definedFunctions", tables.FUNCTIONS, tables.FUNCTIONS_USUAL),
        "indexes": _kind("show.indexes", tables.INDEXES, tables.INDEXES_USUAL),
        "constraints": _kind("show.constraints", tables.CONSTRAINTS, tables.CONSTRAINTS_USUAL),
        "transactions": _kind("show.transactions", tables.TRANSACTIONS, tables.TRANSACTIONS_USUAL),
        "settings": _kind("show.settings", tables.SETTINGS, tables.SETTINGS_USUAL),
        "current_user": _kind("show.users", tables.USERS, len(tables.USERS)),
        "users": _kind("show.users", tables.USERS, len(tables.USERS)),
    }


def _kind(procedure: str, columns: Mapping[str, str], usual: int) -> Shown:
    return Shown(procedure, tuple(columns), usual)


def _by_name(found: Procedure) -> Mapping[str, Procedure]:
    return {found.name: found}


def _table(name: str, columns: Mapping[str, str], rows: RowsOf, help_text: str = "", *inputs: str) -> Procedure:
    outputs = tuple((column, _TYPES[type]) for column, type in columns.items())
    return Procedure(name, tuple((given, t.ANY) for given in inputs), outputs, rows, help_text)


def _told(about: About) -> Sequence[Procedure]:
    """Who answers, and how clients should behave."""
    components = {"name": "string", "versions": "list", "edition": "string"}
    identity = {"id": "string", "name": "string", "creationDate": "string"}
    return (
        _table("dbms.components", components, lambda *_: _components(about), "What answers, and in which versions."),
        _table("dbms.clientConfig", tables.CLIENT_CONFIG, lambda *_: tables.config_rows(_settings(about)),
               "How clients should behave."),
        _table("dbms.listConfig", tables.CLIENT_CONFIG, lambda *_: tables.config_rows(_settings(about)),
               "The same: what an operator of this service chooses stands in its own documentation."),
        _table("dbms.info", identity, lambda *_: [(about.source, tables.SYSTEM, about.begun)], "The service itself."),
        _table("db.info", identity, lambda *_: [(about.source, tables.DATABASE, about.begun)], "What is asked."),
        _table("db.ping", {"success": "boolean"}, lambda *_: [(True,)], "Whether anybody answers."),
        _table("dbms.queryJmx", {"name": "string", "description": "string", "attributes": "map"}, lambda *_: [],
               "Nothing: figures are at /metrics.", "query"),
    )  # fmt: skip


def _components(about: About) -> Sequence[Row]:
    return (
        ("Neo4j Kernel", [about.neo4j_version], EDITION),
        ("cypher-executor", [about.version], EDITION),
    )


def _schema() -> Sequence[Procedure]:
    of_nodes = {"nodeType": "string", "nodeLabels": "list", "propertyName": "string", "propertyTypes": "list",
                "mandatory": "boolean"}  # fmt: skip
    of_relationships = {"relType": "string", "propertyName": "string", "propertyTypes": "list", "mandatory": "boolean"}
    indexes = {"name": "string", "type": "string", "labelsOrTypes": "list", "properties": "list", "state": "string"}
    return (
        _table("db.schema.visualization", {"nodes": "list", "relationships": "list"}, schema.visualization,
               "Which labels there are, and what relates them."),
        _table("db.schema.nodeTypeProperties", of_nodes, schema.of_nodes, "What nodes have, by their labels."),
        _table("db.schema.relTypeProperties", of_relationships, schema.of_relationships, "What relationships have."),
        _table("db.indexes", indexes, lambda *_: [(r[1], r[4], r[6], r[7], r[2]) for r in _indexes()],
               "Where questions begin quickly."),
    )  # fmt: skip


def _indexes() -> list[Row]:
    return tables.index_rows(INDEXED, KEY)


def _shown(about: About) -> Sequence[Procedure]:
    """What stands behind SHOW."""
    functions = tables.function_rows(QUERY_FUNCTIONS, sorted(AGGREGATES))
    constraints = tables.constraint_rows({label: constraint_name(label) for label in LABELS}, KEY)

    def databases(*_: Any) -> Sequence[Row]:
        return tables.databases(about.address(), about.source)

    def transactions(*_: Any) -> Sequence[Row]:
        return tables.transaction_rows(about.running(), about.now_us())

    return (
        _table("show.databases", tables.DATABASES, databases),
        _table("show.defaultDatabase", tables.DATABASES, lambda *_: databases()[:1]),
        _table("show.functions", tables.FUNCTIONS, lambda *_: functions),
        _table("show.definedFunctions", tables.FUNCTIONS, lambda *_: []),
        _table("show.indexes", tables.INDEXES, lambda *_: _indexes()),
        _table("show.constraints", tables.CONSTRAINTS, lambda *_: constraints),
        _table("show.transactions", tables.TRANSACTIONS, transactions),
        _table("show.settings", tables.SETTINGS, lambda *_: tables.setting_rows(_settings(about))),
        _table("show.users", tables.USERS, lambda *_: []),
    )
