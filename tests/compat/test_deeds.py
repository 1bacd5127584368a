"""`CALL executor.*`: once, first, and only when it is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bolt.answering import Answering
from tests.bolt.talking import talking


@pytest.mark.parametrize(
    "text",
    [
        "CALL executor.run('a', {x: 1})",
        "CALL executor.run('a', {x: 1}) YIELD run RETURN run",
        "CALL executor.run('a', {x: $x}) YIELD run, recipe, state WITH * WHERE state = 'running' RETURN run, recipe",
        "CALL executor.run('a', {x: 1}) YIELD run UNWIND range(1, 3) AS i RETURN run, i",
        "call executor.run('a', {x: 1}) yield run match (n) return run, count(n)",
        "/* now */ CALL executor.run('a', {x: 1});",
    ],
)
async def test_a_deed_is_done_once(answers: Answering, text: str) -> None:
    async with talking(answers.desk) as talk:
        rows = await talk.run(text, {"x": 1})
        assert rows[0][0] == "run_1"
    assert answers.deeds.done == [("default", "a", {"x": 1})]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("MATCH (r:Run) CALL executor.run('a', {}) YIELD run RETURN run", "Statement.SyntaxError"),
        ("UNWIND range(1, 1000) AS x CALL executor.run('a', {x: x}) YIELD run RETURN run", "Statement.SyntaxError"),
        ("CALL executor.run('a', {}) YIELD run CALL executor.run('b', {}) YIELD run AS other RETURN other",
         "Statement.SyntaxError"),
        ("EXPLAIN CALL executor.run('a', {})", "Statement.SyntaxError"),
        ("MATCH (n) RETURN COUNT { CALL executor.run('a', {}) YIELD run RETURN run }", "Statement"),
        ("CALL { CALL executor.run('a', {}) YIELD run RETURN run } RETURN run", "Statement"),
        ("CALL executor.run('a', 1)", "Statement.SyntaxError"),
        ("CALL executor.run()", "Statement.SyntaxError"),
        ("CALL executor.run('nobody', {})", "Statement.ArgumentError"),
        ("CALL executor.run('a', {x: 1 / 0})", "Statement.ArithmeticError"),
        ("CALL executor.run('a', {x: $missing})", "Statement.ParameterMissing"),
        ("CALL executor.run('a', {}) YIELD run RETURN nothing", "Statement.SyntaxError"),
        ("CALL executor.delete('a')", "Procedure.ProcedureNotFound"),
    ],
)  # fmt: skip
async def test_nothing_is_done_when_the_question_is_wrong(answers: Answering, text: str, code: str) -> None:
    async with talking(answers.desk) as talk:
        told = await talk.refused(text)
        assert told["code"].startswith(f"Neo.ClientError.{code}"), told
    assert answers.deeds.done == []


async def test_what_goes_wrong_behind_a_deed_leaves_it_done_once(answers: Answering) -> None:
    async with talking(answers.desk) as talk:
        await talk.refused("CALL executor.run('a', {}) YIELD run UNWIND [1, 0] AS x RETURN 1 / x")
    assert len(answers.deeds.done) == 1


async def test_a_reading_session_does_nothing(answers: Answering) -> None:
    async with talking(answers.desk) as talk:
        told = await talk.refused("CALL executor.run('a', {})", mode="r")
        assert told["code"] == "Neo.ClientError.Statement.AccessMode"
    async with talking(answers.desk, key="reader") as talk:
        told = await talk.refused("CALL executor.run('a', {})")
        assert told["code"] == "Neo.ClientError.Security.Forbidden"
    assert answers.deeds.done == []


async def test_a_deed_is_of_the_tenant_who_asks(answers: Answering) -> None:
    async with talking(answers.desk, key="other") as talk:
        await talk.run("CALL executor.save('CREATE (a)')")
    assert answers.deeds.done == [("other", "CREATE (a)", False)]


@pytest.mark.parametrize(
    ("options", "allow"), [("null", False), ("{}", False), ("{allow: false}", False), ("{allow: true}", True)]
)
async def test_saving_takes_options(answers: Answering, options: str, allow: bool) -> None:
    async with talking(answers.desk) as talk:
        await talk.run(f"CALL executor.save('CREATE (a)', {options}) YIELD name RETURN name")
    assert answers.deeds.done == [("default", "CREATE (a)", allow)]


@pytest.mark.parametrize("options", ["{alow: true}", "{allow: 'yes'}", "{allow: null}", "{allow: true, more: 1}"])
async def test_options_that_there_are_not_are_refused(answers: Answering, options: str) -> None:
    async with talking(answers.desk) as talk:
        told = await talk.refused(f"CALL executor.save('CREATE (a)', {options})")
    assert told["code"] == "Neo.ClientError.Statement.ArgumentError"
    assert "{allow: true}" in told["message"]
    assert answers.deeds.done == []


@pytest.mark.parametrize("value", [None, {"a": [1, {"b": None}]}, {}])
async def test_inputs_arrive_as_they_were_sent(answers: Answering, value: Any) -> None:
    async with talking(answers.desk) as talk:
        await talk.run("CALL executor.run('a', $x)", {"x": value})
    assert answers.deeds.done == [("default", "a", value)]
