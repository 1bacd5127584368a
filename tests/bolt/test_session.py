"""Requests and replies: what is possible when, what is told, and what a RESET interrupts."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from cypher_executor.bolt import connection
from cypher_executor.bolt.handshake import SPOKEN, Version
from cypher_executor.compat.desk import Desk
from cypher_executor.cypher.query import Limits
from tests.bolt.answering import Answering, answering
from tests.bolt.talking import (
    ALL,
    BEGIN,
    COMMIT,
    DISCARD,
    FAILURE,
    GOODBYE,
    HELLO,
    IGNORED,
    LOGOFF,
    LOGON,
    PULL,
    RESET,
    ROLLBACK,
    ROUTE,
    RUN,
    SUCCESS,
    TELEMETRY,
    Talk,
    enter,
    talking,
)
from tests.graph.world import World

UP_TO_TEN = "UNWIND range(1, 10) AS x RETURN x"
FOR_EVER = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b WITH a, b WHERE a + b < 0 RETURN a"


@pytest.mark.parametrize("version", SPOKEN, ids=str)
async def test_a_question_in_every_version(desk: Desk, version: Version) -> None:
    async with talking(desk, version) as talk:
        assert await talk.run("RETURN 1 AS one, 'two' AS two") == [[1, "two"]]


async def test_hello_tells_who_is_there(desk: Desk) -> None:
    async with talking(desk, entered=False) as talk:
        told = (await enter(talk, Version(5, 4))).fields[0]
        assert told["server"].startswith("Neo4j/5.")
        assert told["connection_id"].startswith("bolt-")


@pytest.mark.parametrize("version", [Version(5, 4), Version(5, 0), Version(4, 4)], ids=str)
async def test_a_key_that_is_none_ends_the_connection(desk: Desk, version: Version) -> None:
    who = {"scheme": "basic", "principal": "neo4j", "credentials": "wrong"}
    async with talking(desk, version, entered=False) as talk:
        told = await talk.told(HELLO, {"user_agent": "tests/1"} | (who if version < (5, 1) else {}))
        if version >= (5, 1):
            told = await talk.told(LOGON, who)
        assert told.tag == FAILURE
        assert told.fields[0]["code"] == "Neo.ClientError.Security.Unauthorized"
        await talk.ended()


async def test_another_may_log_on_after_a_log_off(answers: Answering) -> None:
    async with talking(answers.desk) as talk:
        assert (await talk.run("MATCH (r:Run) RETURN count(r) AS n"))[0][0] > 0
        assert (await talk.told(LOGOFF)).tag == SUCCESS
        assert (await talk.told(LOGON, {"scheme": "bearer", "credentials": "other"})).tag == SUCCESS
        assert await talk.run("MATCH (r:Run) RETURN count(r) AS n") == [[0]]
    assert answers.store.tenants == ["default", "other"]


@pytest.mark.parametrize(
    ("before", "tag", "fields"),
    [
        ([], PULL, [ALL]),
        ([], COMMIT, []),
        ([], HELLO, [{}]),
        ([], LOGON, [{}]),
        ([(BEGIN, {})], BEGIN, [{}]),
        ([(BEGIN, {})], PULL, [ALL]),
        ([(BEGIN, {})], ROUTE, [{}, [], {}]),
        ([(BEGIN, {})], LOGOFF, []),
        ([(RUN, UP_TO_TEN, {}, {})], RUN, [UP_TO_TEN, {}, {}]),
        ([(RUN, UP_TO_TEN, {}, {})], BEGIN, [{}]),
        ([(RUN, UP_TO_TEN, {}, {})], COMMIT, []),
        ([(BEGIN, {}), (RUN, UP_TO_TEN, {}, {})], COMMIT, []),
        ([(BEGIN, {}), (RUN, UP_TO_TEN, {}, {})], BEGIN, [{}]),
    ],
)
async def test_what_is_not_possible_now_ends_the_connection(
    talk: Talk, before: list[tuple[Any, ...]], tag: int, fields: list[Any]
) -> None:
    for request in before:
        assert (await talk.told(*request)).tag == SUCCESS
    told = await talk.told(tag, *fields)
    assert (told.tag, told.fields[0]["code"]) == (FAILURE, "Neo.ClientError.Request.Invalid")
    await talk.ended()


@pytest.mark.parametrize("tag", [RUN, PULL, RESET, BEGIN, ROUTE, LOGOFF])
async def test_nothing_is_possible_before_somebody_has_said_who_they_are(desk: Desk, tag: int) -> None:
    fields = {RUN: ["RETURN 1", {}, {}], PULL: [ALL], BEGIN: [{}], ROUTE: [{}, [], {}]}.get(tag, [])
    async with talking(desk, entered=False) as talk:
        assert (await talk.told(tag, *fields)).tag == FAILURE
        await talk.ended()


@pytest.mark.parametrize(
    ("version", "tag"), [(Version(5, 0), LOGON), (Version(4, 4), LOGOFF), (Version(5, 3), TELEMETRY)]
)
async def test_requests_that_a_version_does_not_have(desk: Desk, version: Version, tag: int) -> None:
    fields = {LOGON: [{}], TELEMETRY: [1]}.get(tag, [])
    async with talking(desk, version) as talk:
        assert (await talk.told(tag, *fields)).tag == FAILURE


@pytest.mark.parametrize(
    "message",
    ["00", "B0FF", "B010", "B310 01 A0 A0", "B1 3F 01", "B1 01 90", "B0 3F", "D6FFFFFFFF", "B1 3F A1 816E"],
)
async def test_what_is_no_request_ends_the_connection(talk: Talk, message: str) -> None:
    data = bytes.fromhex(message)
    talk.say(len(data).to_bytes(2, "big") + data + b"\0\0")
    told = await talk.reply()
    assert (told.tag, told.fields[0]["code"]) == (FAILURE, "Neo.ClientError.Request.Invalid")
    await talk.ended()


async def test_rows_come_in_pieces_as_they_are_asked_for(talk: Talk) -> None:
    assert (await talk.told(RUN, UP_TO_TEN, {}, {})).fields[0]["fields"] == ["x"]
    talk.ask(PULL, {"n": 4})
    rows, ended = await talk.rows()
    assert (rows, ended.fields[0]) == ([[1], [2], [3], [4]], {"has_more": True})
    assert (await talk.told(DISCARD, {"n": 4})).fields[0] == {"has_more": True}
    talk.ask(PULL, {"n": 2})
    rows, ended = await talk.rows()
    assert rows == [[9], [10]]
    assert ended.fields[0]["type"] == "r"
    assert ended.fields[0]["bookmark"]


async def test_a_piece_that_ends_with_the_last_row_says_so(talk: Talk) -> None:
    talk.ask(RUN, UP_TO_TEN, {}, {})
    talk.ask(PULL, {"n": 10})
    await talk.reply()
    rows, ended = await talk.rows()
    assert len(rows) == 10
    assert "has_more" not in ended.fields[0]


async def test_several_results_in_one_transaction(talk: Talk) -> None:
    assert (await talk.told(BEGIN, {"mode": "r", "tx_metadata": {"app": "tests"}})).tag == SUCCESS
    assert (await talk.told(RUN, UP_TO_TEN, {}, {})).fields[0]["qid"] == 0
    assert (await talk.told(RUN, "RETURN 'b' AS b", {}, {})).fields[0]["qid"] == 1
    talk.ask(PULL, {"n": 2, "qid": 0})
    assert (await talk.rows())[0] == [[1], [2]]
    talk.ask(PULL, {"n": -1, "qid": 1})
    assert (await talk.rows())[0] == [["b"]]
    talk.ask(PULL, {"n": -1, "qid": 0})
    assert len((await talk.rows())[0]) == 8
    assert (await talk.told(COMMIT)).fields[0]["bookmark"]
    assert (await talk.told(BEGIN, {})).tag == SUCCESS
    assert (await talk.told(ROLLBACK)).tag == SUCCESS


async def test_results_in_a_transaction_have_a_limit(talk: Talk) -> None:
    await talk.told(BEGIN, {})
    for _ in range(64):
        assert (await talk.told(RUN, UP_TO_TEN, {}, {})).tag == SUCCESS
    told = await talk.told(RUN, UP_TO_TEN, {}, {})
    assert "64 results" in told.fields[0]["message"]


async def test_after_a_failure_all_is_ignored_until_a_reset(talk: Talk) -> None:
    talk.ask(RUN, "RETURN nothing", {}, {})
    talk.ask(PULL, ALL)
    talk.ask(RUN, "RETURN 1", {}, {})
    assert [(await talk.reply()).tag for _ in range(3)] == [FAILURE, IGNORED, IGNORED]
    assert (await talk.told(RESET)).tag == SUCCESS
    assert await talk.run("RETURN 1 AS one") == [[1]]


async def test_an_error_while_rows_are_worked_out_comes_after_those_before_it(talk: Talk) -> None:
    talk.ask(RUN, "UNWIND [4, 2, 0] AS x RETURN 8 / x AS y", {}, {})
    talk.ask(PULL, {"n": 2})
    assert (await talk.reply()).tag == SUCCESS
    assert (await talk.reply()).tag == FAILURE  # one row ahead, because it must be known whether there are more


async def test_a_reset_interrupts_what_takes_long(talk: Talk) -> None:
    talk.ask(RUN, FOR_EVER, {}, {})
    talk.ask(PULL, ALL)
    assert (await talk.reply()).tag == SUCCESS
    talk.ask(RUN, "RETURN 1", {}, {})
    talk.ask(RESET)
    assert [(await talk.reply()).tag for _ in range(3)] == [IGNORED, IGNORED, SUCCESS]
    assert await talk.run("RETURN 1 AS one") == [[1]]


async def test_of_two_resets_the_first_leaves_all_ignored_until_the_second(talk: Talk) -> None:
    talk.ask(RUN, FOR_EVER, {}, {})
    talk.ask(PULL, ALL)
    assert (await talk.reply()).tag == SUCCESS
    talk.ask(RESET)
    talk.ask(RUN, "RETURN 1", {}, {})
    talk.ask(RESET)
    assert [(await talk.reply()).tag for _ in range(4)] == [IGNORED, SUCCESS, IGNORED, SUCCESS]


async def test_whoever_goes_while_rows_are_worked_out_is_not_waited_for(answers: Answering) -> None:
    async with talking(answers.desk) as talk:
        talk.ask(RUN, FOR_EVER, {}, {})
        talk.ask(PULL, ALL)
        await talk.reply()
        talk.say(b"")
        await talk.ended()
        assert await asyncio.wait_for(answers.desk.close(), 5) is None  # the thread has ended, too
    async with talking(answers.desk) as talk:
        (running,) = await talk.run("SHOW TRANSACTIONS YIELD currentQuery")
        assert running[0].startswith("SHOW")


async def test_goodbye_ends_it(talk: Talk) -> None:
    talk.ask(GOODBYE)
    await talk.ended()
    assert talk.pipe.closed


async def test_there_is_one_server_and_it_is_where_it_was_reached(talk: Talk) -> None:
    told = (await talk.told(ROUTE, {"address": "executor.example:7687"}, [], {"db": "neo4j"})).fields[0]["rt"]
    assert told["db"] == "neo4j"
    assert told["servers"] == [
        {"addresses": ["executor.example:7687"], "role": role} for role in ("WRITE", "READ", "ROUTE")
    ]
    told = (await talk.told(ROUTE, {}, [], {})).fields[0]["rt"]
    assert (told["servers"][0]["addresses"], told["db"]) == (["127.0.0.1:7687"], "executor")


@pytest.mark.parametrize("name", ["nowhere", "executor2"])
async def test_a_database_that_is_not_there(talk: Talk, name: str) -> None:
    assert (await talk.refused("RETURN 1", db=name))["code"] == "Neo.ClientError.Database.DatabaseNotFound"


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"imp_user": "neo4j"}, "Neo.ClientError.Security.Forbidden"),
        ({"tx_timeout": -1}, "Neo.ClientError.Request.Invalid"),
        ({"tx_timeout": "long"}, "Neo.ClientError.Request.Invalid"),
        ({"db": 7}, "Neo.ClientError.Request.Invalid"),
        ({"bookmarks": "one"}, "Neo.ClientError.Request.Invalid"),
        ({"tx_metadata": []}, "Neo.ClientError.Request.Invalid"),
    ],
)
async def test_extras_of_another_type_are_told(talk: Talk, extra: dict[str, Any], code: str) -> None:
    assert (await talk.refused("RETURN 1", **extra))["code"] == code


@pytest.mark.parametrize("extra", [{}, {"n": 0}, {"n": -2}, {"n": True}, {"n": 1, "qid": 5}, {"n": 1, "qid": "x"}])
async def test_a_pull_of_nothing_is_told(talk: Talk, extra: dict[str, Any]) -> None:
    assert (await talk.told(RUN, UP_TO_TEN, {}, {})).tag == SUCCESS
    assert (await talk.told(PULL, extra)).fields[0]["code"] == "Neo.ClientError.Request.Invalid"


async def test_a_time_out_of_the_client_holds(talk: Talk) -> None:
    told = await talk.refused(FOR_EVER, tx_timeout=50)
    assert told["code"] == "Neo.ClientError.Transaction.TransactionTimedOut"
    assert "0.05 s" in told["message"]


@pytest.mark.parametrize(
    ("text", "limits", "code"),
    [
        ("UNWIND range(1, 9000) AS x RETURN collect(x)", Limits(bytes=60_000),
         "Neo.TransientError.General.MemoryPoolOutOfMemoryError"),
        ("RETURN size(reduce(t = 'x', i IN range(1, 40) | t + t)) AS n", Limits(),
         "Neo.TransientError.General.MemoryPoolOutOfMemoryError"),
        (FOR_EVER, Limits(steps=5_000), "Neo.ClientError.Transaction.TransactionTimedOut"),
        ("UNWIND range(1, 9000) AS x RETURN x", Limits(rows=50), "Neo.ClientError.Statement.ArgumentError"),
    ],
)  # fmt: skip
async def test_each_limit_has_a_code_of_neo4j(text: str, limits: Limits, code: str) -> None:
    answers = await answering(World(), {}, limits)
    async with talking(answers.desk) as talk:
        told = await talk.refused(text)
    await answers.close()
    assert told["code"] == code
    assert re.search("more than|less", told["message"])


async def test_an_answer_that_nobody_reads_is_let_go_of(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ENTER_S", 0.05)
    monkeypatch.setattr(connection, "HELD_S", 0.05)
    async with talking(desk) as talk:
        await talk.run("RETURN 1 AS one")
        assert (await talk.told(RUN, UP_TO_TEN, {}, {})).tag == SUCCESS
        await talk.ended()


async def test_the_plan_of_an_explain(talk: Talk) -> None:
    talk.ask(RUN, "EXPLAIN MATCH (r:Run) RETURN r.name AS name", {}, {})
    talk.ask(PULL, ALL)
    assert (await talk.reply()).fields[0]["fields"] == ["name"]
    rows, ended = await talk.rows()
    assert rows == []
    plan = ended.fields[0]["plan"]
    assert plan["args"]["string-representation"]
    assert plan["children"][0]["operatorType"]


async def test_a_warning_is_a_notification(talk: Talk) -> None:
    talk.ask(RUN, "MATCH (r:Rum) RETURN r", {}, {})
    talk.ask(PULL, ALL)
    await talk.reply()
    ended = (await talk.rows())[1].fields[0]
    for found in ended.get("notifications", []):
        assert found["severity"] == "WARNING"
        assert found["position"]["line"] == 1


async def test_a_bug_of_ours_is_told_as_one(answers: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(tenant: str) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(answers.store, "snapshot", broken)
    async with talking(answers.desk) as talk:
        told = await talk.refused("RETURN 1")
        assert told["code"] == "Neo.DatabaseError.General.UnknownError"
        assert "a bug" not in told["message"]
