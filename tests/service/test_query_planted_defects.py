"""Defects planted into what queries promise: each turns a test of queries red."""

from __future__ import annotations

import pytest

from cypher_executor.adapters.sqlite.graph import reading
from cypher_executor.adapters.sqlite.graph.reading import SqliteReading
from cypher_executor.cypher.query import planner
from cypher_executor.cypher.query.budget import Budget
from cypher_executor.errors import Unavailable
from cypher_executor.followers.process import FollowerProcess
from cypher_executor.queries import questions
from cypher_executor.service import acting, query_view
from cypher_executor.wiring import House
from tests.service import test_actions, test_query
from tests.service.support import Ask


async def test_a_tenant_that_is_not_looked_at(
    ask: Ask, house: House, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all = {key: text.replace("tenant = :tenant", "true") for key, text in reading._SQL.items()}
    monkeypatch.setattr("cypher_executor.adapters.sqlite.graph.asked._SQL", open_to_all)
    with pytest.raises(AssertionError):
        await test_query.test_a_caller_sees_nothing_of_another_tenant(ask, house, name)


async def test_the_tenant_of_somebody_else(ask: Ask, house: House, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = SqliteReading.__init__
    monkeypatch.setattr(SqliteReading, "__init__", lambda self, connection, tenant: made(self, connection, "another"))
    with pytest.raises(AssertionError):
        await test_query.test_a_caller_sees_nothing_of_another_tenant(ask, house, name)


async def test_rows_without_a_limit(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_of = query_view.answer_of
    monkeypatch.setattr(query_view, "answer_of", lambda table, limit, graph: answer_of(table, 10_000, graph=graph))
    monkeypatch.setattr(Budget, "row", lambda self: None)
    with pytest.raises(AssertionError):
        await test_query.test_no_more_rows_come_than_were_asked_for(ask)


async def test_work_without_a_limit(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget, "hold", lambda self, size: None)
    text = "UNWIND range(1, 200) AS x RETURN size(collect(x + reduce(t = 'x', i IN range(1, 19) | t + t))) AS n"
    with pytest.raises(AssertionError):
        await test_query.test_a_query_that_is_too_much_work_ends(ask, text, {"timeout_s": 60})


async def test_a_write_that_is_let_through(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    questions._compile.cache_clear()
    monkeypatch.setattr(planner._Clauses, "_refuse", lambda self, clause: None)
    with pytest.raises(AssertionError):
        await test_query.test_a_write_is_refused_with_a_sentence(ask, "CREATE (n:Planted)")
    questions._compile.cache_clear()


async def test_a_star_that_is_let_through(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "UNANCHORED", "another code")
    with pytest.raises(AssertionError):
        await test_query.test_a_star_without_an_end_or_an_anchor_is_refused_with_advice(ask)


async def test_a_graph_that_does_not_catch_up(ask: Ask, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def late(self: FollowerProcess) -> float:
        return 0.0

    monkeypatch.setattr(FollowerProcess, "catch_up", late)
    with pytest.raises(AssertionError):
        await test_query.test_what_has_just_happened_is_answered(ask, name)


async def test_a_dry_run_that_is_none(ask: Ask, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = acting.outcomes
    monkeypatch.setattr(
        acting, "outcomes", lambda x, asked, runs: found(x, asked.model_copy(update={"dry_run": False}), runs)
    )
    with pytest.raises(AssertionError):
        await test_actions.test_a_dry_run_does_nothing_and_a_deed_does_it_once(ask, name)


async def test_a_refusal_that_ends_the_others(ask: Ask, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acting, "CypherExecutorError", KeyError)
    with pytest.raises((AssertionError, Unavailable)):
        await test_actions.test_one_that_is_refused_holds_up_no_other(ask, name, monkeypatch)
