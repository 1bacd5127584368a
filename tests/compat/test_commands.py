"""SHOW, as it is rewritten, and commands that are refused."""

from __future__ import annotations

import pytest

from cypher_executor.compat.commands import rewritten
from cypher_executor.compat.procedures import shown_kinds
from cypher_executor.compat.refusals import Refused
from cypher_executor.compat.scanning import plain, words
from cypher_executor.cypher.query import SHIPPED, compile_query
from tests.bolt.answering import Answering
from tests.bolt.talking import ALL, PULL, RUN, talking

KINDS = shown_kinds()


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ("SHOW DATABASES", 13, 2),
        ("show databases;", 13, 2),
        ("  SHOW /* all */ DATABASES // of them\n;", 13, 2),
        ("SHOW DATABASE neo4j", 13, 1),
        ("SHOW DATABASE `executor` YIELD name", 1, 1),
        ("SHOW DATABASE nowhere", 13, 0),
        ("SHOW DATABASE system YIELD name AS n, role WHERE role = 'primary'", 2, 1),
        ("SHOW DEFAULT DATABASE", 13, 1),
        ("SHOW HOME DATABASE YIELD name", 1, 1),
        ("SHOW DATABASES YIELD *", 17, 2),
        ("SHOW DATABASES YIELD name AS n ORDER BY n DESC SKIP 1 LIMIT 1", 1, 1),
        ("SHOW DATABASES WHERE name = 'system'", 13, 1),
        ("SHOW DATABASES YIELD name, aliases WHERE 'neo4j' IN aliases RETURN count(*) AS n", 1, 1),
        ("SHOW INDEXES YIELD name WHERE name STARTS WITH 'run'", 1, 4),
        ("SHOW CONSTRAINTS", 8, None),
        ("SHOW UNIQUENESS CONSTRAINTS YIELD name", 1, None),
        ("SHOW PROCEDURES EXECUTABLE YIELD name WHERE name STARTS WITH 'executor.'", 1, 2),
        ("SHOW BUILT IN FUNCTIONS YIELD name WHERE name = 'abs'", 1, 1),
        ("SHOW TRANSACTIONS YIELD currentQuery", 1, 1),
        ("SHOW SETTINGS YIELD name, value WHERE name = 'client.allow_telemetry'", 2, 1),
        ("SHOW CURRENT USER", 5, 0),
        ("SHOW USERS", 5, 0),
        ("CALL db.labels() YIELD label RETURN count(*)", 1, 1),
        ("CALL dbms.components()", 3, 2),
        ("CALL dbms.clientConfig()", 8, 5),
        ("CALL db.schema.visualization()", 2, 1),
        ("CALL db.schema.nodeTypeProperties()", 5, None),
        ("CALL db.schema.relTypeProperties()", 4, None),
        ("CALL db.info()", 3, 1),
        ("CALL db.ping()", 1, 1),
    ],
)
async def test_what_is_shown(answers: Answering, text: str, columns: int, rows: int | None) -> None:
    async with talking(answers.desk) as talk:
        found = await talk.run(text)
        assert rows is None or len(found) == rows, found
        assert rows is not None or found
        assert {len(row) for row in found} <= {columns}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_is_a_query_with_its_usual_columns_and_with_all(name: str) -> None:
    kind = KINDS[name]
    if kind.procedure == "show.procedures":
        return  # it lists those of the desk, and is there only
    assert 0 < kind.usual <= len(kind.columns)
    assert kind.procedure not in SHIPPED


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SHOW ROLES", "Statement.UnsupportedAdministrationCommand"),
        ("SHOW PRIVILEGES", "Statement.UnsupportedAdministrationCommand"),
        ("SHOW NONSENSE", "Statement.SyntaxError"),
        ("SHOW", "Statement.SyntaxError"),
        ("SHOW DATABASES RETURN name", "Statement.SyntaxError"),
        ("ALTER USER me SET PASSWORD 'x'", "Statement.UnsupportedAdministrationCommand"),
        ("CREATE DATABASE more", "Statement.UnsupportedAdministrationCommand"),
        ("CREATE OR REPLACE USER me SET PASSWORD 'x'", "Statement.UnsupportedAdministrationCommand"),
        ("TERMINATE TRANSACTION 'x'", "Statement.UnsupportedAdministrationCommand"),
        ("STOP DATABASE executor", "Statement.UnsupportedAdministrationCommand"),
        ("CREATE RANGE INDEX FOR (n:A) ON (n.x)", "Statement.AccessMode"),
        ("DROP CONSTRAINT x", "Statement.AccessMode"),
        ("CREATE CONSTRAINT FOR (n:A) REQUIRE n.x IS UNIQUE", "Statement.AccessMode"),
    ],
)
def test_commands_that_are_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        rewritten(text, KINDS)
    assert refused.value.code == f"Neo.ClientError.{code}"


@pytest.mark.parametrize(
    "text",
    ["MATCH (SHOW) RETURN SHOW", "RETURN 'SHOW DATABASES'", "// SHOW DATABASES\nRETURN 1", "CREATE (index:Index)",
     "CREATE (:Database)", "", "   ", "`SHOW` DATABASES"],
)  # fmt: skip
def test_what_is_no_command_is_left_as_it_is(text: str) -> None:
    assert rewritten(text, KINDS) is None


@pytest.mark.parametrize("name", ["x' OR true OR 'x", "x\\' OR true //", "`x` WHERE true OR `name` = 'x'", "'system'"])
async def test_a_name_in_a_command_is_a_name_and_nothing_more(answers: Answering, name: str) -> None:
    async with talking(answers.desk) as talk:
        talk.ask(RUN, f"SHOW DATABASE {name}", {}, {})
        talk.ask(PULL, ALL)
        await talk.reply()
        assert (await talk.rows())[0] == []


async def test_the_connecting_questions_of_browser(answers: Answering) -> None:
    metadata = (
        "CALL db.labels() YIELD label RETURN {name:'labels', data:COLLECT(label)[..1000]} AS result\n"
        "UNION ALL\nCALL db.relationshipTypes() YIELD relationshipType "
        "RETURN {name:'relationshipTypes', data:COLLECT(relationshipType)[..1000]} AS result\n"
        "UNION ALL\nCALL db.propertyKeys() YIELD propertyKey "
        "RETURN {name:'propertyKeys', data:COLLECT(propertyKey)[..1000]} AS result"
    )
    counts = (
        "MATCH () RETURN { name:'nodes', data:count(*) } AS result\nUNION ALL\n"
        "MATCH ()-[]->() RETURN { name:'relationships', data: count(*)} AS result"
    )
    between = (
        "MATCH (a)-[r]->(b) WHERE id(a) IN $ids AND id(b) IN $ids RETURN r"  # what connects the nodes that it draws
    )
    async with talking(answers.desk) as talk:
        found = {row[0]["name"]: row[0]["data"] for row in await talk.run(metadata)}
        assert "Run" in found["labels"] and "RAN" in found["relationshipTypes"] and "name" in found["propertyKeys"]
        found = {row[0]["name"]: row[0]["data"] for row in await talk.run(counts)}
        assert found["nodes"] > 10 < found["relationships"]
        ids = [
            row[0] for row in await talk.run("MATCH (r:Run {name: 'shop'})-[:RAN]->(s) UNWIND [r, s] AS n RETURN id(n)")
        ]
        assert len(await talk.run(between, {"ids": ids})) > 5


def test_words_stand_outside_of_strings_and_brackets() -> None:
    text = 'SHOW \'x\' `y` (a, b) // no\n DATABASES, * "z\\"q" /* no */ end'
    assert [word.text for word in words(text)] == ["SHOW", "DATABASES", ",", "*", "END"]
    assert plain("  /* x */ RETURN 1 ; // y\n") == "RETURN 1"


def test_what_is_rewritten_compiles() -> None:
    found = rewritten("SHOW TRANSACTIONS YIELD currentQuery AS q WHERE q <> '' RETURN q ORDER BY q", KINDS)
    assert found is not None
    compiled = compile_query(found)
    assert [d.code for d in compiled.diagnostics if d.severity == "error"] == ["unknown_procedure"]
