"""What clients of Neo4j are told of this service, as tables: columns with their types, and rows.

Columns have the names and the order that Neo4j 5 gives them, because tools look for them. What a row says is true of
this service; what Neo4j tells and there is nothing to tell of is null or empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from cypher_executor.cypher.expressions.functions.table import Function
from cypher_executor.cypher.query import Procedure
from cypher_executor.cypher.temporal.durations import Duration
from cypher_executor.cypher.temporal.instants import at_instant

Row = tuple[Any, ...]

DATABASE = "executor"
"""The one database that is asked; `neo4j` is another name for it, because clients are often told that one."""
ALIASES = ("neo4j",)
SYSTEM = "system"


DATABASES: Mapping[str, str] = {
    **dict.fromkeys(("name", "type"), "string"), "aliases": "list",
    **dict.fromkeys(("access", "address", "role"), "string"), "writer": "boolean",
    **dict.fromkeys(("requestedStatus", "currentStatus", "statusMessage"), "string"),
    **dict.fromkeys(("default", "home"), "boolean"), "constituents": "list",
    "databaseID": "string", "serverID": "string", "store": "string", "options": "map",
}  # fmt: skip
DATABASES_USUAL = 13

PROCEDURES: Mapping[str, str] = {
    **dict.fromkeys(("name", "description", "mode"), "string"), "worksOnSystem": "boolean", "signature": "string",
    **dict.fromkeys(("argumentDescription", "returnDescription"), "list"), "admin": "boolean",
    **dict.fromkeys(("rolesExecution", "rolesBoostedExecution"), "list"), "isDeprecated": "boolean",
    "deprecatedBy": "string", "option": "map",
}  # fmt: skip
PROCEDURES_USUAL = 4

FUNCTIONS: Mapping[str, str] = {
    **dict.fromkeys(("name", "category", "description", "signature"), "string"), "isBuiltIn": "boolean",
    "argumentDescription": "list", "returnDescription": "string", "aggregating": "boolean",
    **dict.fromkeys(("rolesExecution", "rolesBoostedExecution"), "list"), "isDeprecated": "boolean",
    "deprecatedBy": "string",
}  # fmt: skip
FUNCTIONS_USUAL = 3

INDEXES: Mapping[str, str] = {
    "id": "integer", **dict.fromkeys(("name", "state"), "string"), "populationPercent": "float",
    **dict.fromkeys(("type", "entityType"), "string"), **dict.fromkeys(("labelsOrTypes", "properties"), "list"),
    **dict.fromkeys(("indexProvider", "owningConstraint"), "string"), "lastRead": "any", "readCount": "integer",
    "createStatement": "string",
}  # fmt: skip
INDEXES_USUAL = 12

CONSTRAINTS: Mapping[str, str] = {
    "id": "integer", **dict.fromkeys(("name", "type", "entityType"), "string"),
    **dict.fromkeys(("labelsOrTypes", "properties"), "list"), **dict.fromkeys(("ownedIndex", "propertyType"), "string"),
    "options": "map", "createStatement": "string",
}  # fmt: skip
CONSTRAINTS_USUAL = 8

TRANSACTIONS: Mapping[str, str] = {
    **dict.fromkeys(("database", "transactionId", "currentQueryId", "connectionId", "clientAddress"), "string"),
    **dict.fromkeys(("username", "currentQuery", "startTime", "status"), "string"), "elapsedTime": "any",
    "metaData": "map", "parameters": "map", "protocol": "string", "currentQueryStatus": "string",
}  # fmt: skip
TRANSACTIONS_USUAL = 10

SETTINGS: Mapping[str, str] = {
    **dict.fromkeys(("name", "value"), "string"), "isDynamic": "boolean",
    **dict.fromkeys(("defaultValue", "description", "startupValue"), "string"), "isExplicitlySet": "boolean",
    "validValues": "string", "isDeprecated": "boolean",
}  # fmt: skip
SETTINGS_USUAL = 5

USERS: Mapping[str, str] = {
    "user": "string", "roles": "list", "passwordChangeRequired": "boolean", "suspended": "boolean", "home": "string",
}  # fmt: skip

CLIENT_CONFIG: Mapping[str, str] = {
    **dict.fromkeys(("name", "description", "value"), "string"), "dynamic": "boolean",
    **dict.fromkeys(("defaultValue", "startupValue"), "string"), "explicitlySet": "boolean", "validValues": "string",
}  # fmt: skip


class Running(Protocol):
    """A question that is being answered."""

    @property
    def number(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...
    @property
    def metadata(self) -> Mapping[str, Any]: ...
    @property
    def client(self) -> str: ...
    @property
    def protocol(self) -> str: ...
    @property
    def begun_us(self) -> int: ...


def databases(address: str, source: str) -> Sequence[Row]:
    """The one that is asked, and `system`, which tells about the service. `source` is the journal's name for ever."""
    online = ("online", "online", "")
    own: Row = (address, "primary", False, *online)
    store: Row = (source, source, "journal", {})
    return (
        (DATABASE, "standard", list(ALIASES), "read-only", *own, True, True, [], *store),
        (SYSTEM, "system", [], "read-only", *own, False, False, [], *store),
    )


def procedure_rows(procedures: Mapping[str, Procedure]) -> list[Row]:
    """What can be called. SHOW's own are left out: they are SHOW."""
    shown = (found for name, found in sorted(procedures.items()) if not name.startswith("show."))
    return [_procedure(found) for found in shown]


def _procedure(found: Procedure) -> Row:
    writes = found.name.startswith("executor.")
    mode = "WRITE" if writes else "DBMS" if found.name.startswith("dbms.") else "READ"
    defaults = ("",) * found.required + (" = null",) * found.optional
    inputs = zip(found.inputs, defaults, strict=True)
    given = ", ".join(f"{name}{default} :: {_type(type)}" for (name, type), default in inputs)
    yields = ", ".join(f"{name} :: {_type(type)}" for name, type in found.outputs)
    signature = f"{found.name}({given})" + (f" :: ({yields})" if yields else "")
    described = (_described(found.inputs), _described(found.outputs))
    about = (found.name, found.help, mode, found.name.startswith("dbms."), signature, *described)
    return (*about, False, None, None, False, None, {"deprecated": False})


def _described(fields: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "description": f"{name} :: {_type(type)}", "isDeprecated": False, "type": _type(type)}
        for name, type in fields
    ]


def _type(type: Any) -> str:
    return str(type.name).upper().replace("TEMPORAL VALUE", "ANY")


def function_rows(functions: Mapping[str, Function], aggregates: Sequence[str]) -> list[Row]:
    """What a question may call."""
    rest = (False, None, None, False, None)
    plain: list[Row] = [
        (one.name, "Function", one.help, f"{one.signature} :: ANY", True, [], "ANY", *rest)
        for one in functions.values()
    ]
    counted: list[Row] = [
        (name, "Aggregating", "Over the rows of a group.", f"{name}(value) :: ANY", True, [], "ANY", True, *rest[1:])
        for name in aggregates
    ]
    return sorted([*plain, *counted], key=lambda row: str(row[0]))


def index_rows(indexed: Mapping[str, Sequence[str]], key: str) -> list[Row]:
    """Where questions begin quickly: the key of each label, and the properties that are looked up."""
    pairs = [(label, name) for label, names in indexed.items() for name in (key, *names)]
    return [
        (number, f"{label}_{name}".lower(), "ONLINE", 100.0, "RANGE", "NODE", [label], [name], "executor", None, None,
         None, f"CREATE INDEX FOR (n:{label}) ON (n.`{name}`)")
        for number, (label, name) in enumerate(pairs, 1)
    ]  # fmt: skip


def constraint_rows(names: Mapping[str, str], key: str) -> list[Row]:
    """Keys are unique under their label."""
    return [
        (number, name, "UNIQUENESS", "NODE", [label], [key], f"{label}_{key}".lower(), None, {},
         f"CREATE CONSTRAINT {name} FOR (n:{label}) REQUIRE n.`{key}` IS UNIQUE")
        for number, (label, name) in enumerate(names.items(), 1)
    ]  # fmt: skip


def transaction_rows(running: Sequence[Running], now_us: int) -> list[Row]:
    """The questions that are being answered, the one that asks among them."""
    return [
        (DATABASE, f"executor-transaction-{one.number}", f"query-{one.number}", one.client, one.client, "", one.text,
         at_instant(one.begun_us * 1000, None).text(), "Running", Duration(0, 0, (now_us - one.begun_us) * 1000),
         dict(one.metadata), dict(one.parameters), one.protocol, "running")
        for one in running
    ]  # fmt: skip


def setting_rows(settings: Mapping[str, tuple[str, str]]) -> list[Row]:
    """What Browser asks how it should behave: by name, a value and what it means."""
    return [(name, value, False, value, why, value, False, "", False) for name, (value, why) in settings.items()]


def config_rows(settings: Mapping[str, tuple[str, str]]) -> list[Row]:
    """The same, in the columns of `dbms.clientConfig`."""
    return [(name, why, value, False, value, value, False, "") for name, (value, why) in settings.items()]
