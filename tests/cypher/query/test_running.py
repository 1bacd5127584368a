"""How queries run: lazily, within their budget, whatever the size of what they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from cypher_executor.cypher.query import (
    QUERY_CODES,
    Budget,
    Limits,
    MemoryGraph,
    Node,
    Procedure,
    Query,
    compile_query,
)
from cypher_executor.cypher.query.graph import Bound
from cypher_executor.cypher.query.types import FLOAT, STRING
from cypher_executor.errors import ExpressionError


def query(text: str) -> Query:
    compiled = compile_query(text)
    assert compiled.query is not None, compiled.diagnostics
    return compiled.query


def chain(length: int) -> MemoryGraph:
    graph = MemoryGraph()
    for number in range(length):
        graph.add_node(["N"], {"n": number})
        if number:
            graph.add_relationship(number - 1, "NEXT", number)
    return graph


class CountingGraph(MemoryGraph):
    """A graph that counts how many nodes it has given."""

    given = 0

    def nodes(
        self, labels: Sequence[str], properties: Mapping[str, Any], bounds: Sequence[Bound] = ()
    ) -> Iterator[Node]:
        for node in super().nodes(labels, properties, bounds):
            self.given += 1
            yield node


def test_a_full_limit_stops_reading_the_graph() -> None:
    graph = CountingGraph()
    for number in range(1000):
        graph.add_node([], {"n": number})
    assert len(list(query("MATCH (x) RETURN x.n LIMIT 3").run(graph))) == 3
    assert graph.given == 3


def test_exists_stops_at_the_first_row() -> None:
    graph = CountingGraph()
    for _ in range(1000):
        graph.add_node(["A"])
    assert list(query("RETURN EXISTS { MATCH (x:A) } AS found").run(graph)) == [(True,)]
    assert graph.given == 1


def test_rows_are_given_one_by_one() -> None:
    rows = query("UNWIND range(1, 1000000) AS x RETURN x").run(MemoryGraph())
    assert next(rows) == (1,)


def test_a_path_of_five_thousand_nodes_is_found() -> None:
    graph = chain(5000)
    assert list(query("MATCH p = (:N {n: 0})-[:NEXT*4999]->(x) RETURN x.n, length(p)").run(graph)) == [(4999, 4999)]


def test_a_pattern_of_a_thousand_nodes_is_found() -> None:
    pattern = "({n: 0})" + "-->()" * 998 + "-->(x)"
    assert list(query(f"MATCH {pattern} RETURN x.n").run(chain(1000))) == [(999,)]


def test_more_clauses_than_can_be_carried_out_are_refused() -> None:
    text = "WITH 1 AS x " * 5000 + "RETURN x"
    assert [d.code for d in compile_query(text).diagnostics] == ["query_too_long"]


def test_queries_within_queries_have_a_depth() -> None:
    text = "MATCH (a) WHERE " + "EXISTS { MATCH (a) WHERE " * 50 + "true" + " }" * 50 + " RETURN a"
    assert compile_query(text).diagnostics[0].code == "query_too_long"


def test_deep_brackets_are_refused_and_do_not_crash() -> None:
    text = "RETURN " + "[" * 50_000 + "]" * 50_000 + " AS x"
    assert compile_query(text).diagnostics[0].code == "nested_too_deep"


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("UNWIND range(1, 100) AS x RETURN x", Limits(rows=99)),
        ("UNWIND range(1, 1000) AS x WITH x WHERE x < 0 RETURN x", Limits(steps=500)),
        ("UNWIND range(1, 1000) AS x RETURN x ORDER BY x", Limits(bytes=60_000)),
        ("UNWIND range(1, 1000) AS x RETURN DISTINCT x", Limits(bytes=60_000)),
        ("UNWIND range(1, 1000) AS x RETURN x, count(*)", Limits(bytes=60_000)),
        ("UNWIND range(1, 1000) AS x RETURN collect(x)", Limits(bytes=60_000)),
    ],
)
def test_a_budget_that_is_used_up_ends_the_query(text: str, limits: Limits) -> None:
    with pytest.raises(ExpressionError) as caught:
        list(query(text).run(MemoryGraph(), budget=Budget(limits)))
    assert caught.value.code == "budget_used_up"


def test_sorting_for_a_limit_keeps_only_what_the_limit_lets_through() -> None:
    rows = query("UNWIND range(1, 100000) AS x RETURN x ORDER BY -x SKIP 1 LIMIT 2")
    assert list(rows.run(MemoryGraph(), budget=Budget(Limits(bytes=120_000)))) == [(99_999,), (99_998,)]


def test_a_query_that_takes_too_long_is_ended() -> None:
    seconds = iter(range(1_000_000))
    budget = Budget(Limits(seconds=5), clock=lambda: next(seconds))
    with pytest.raises(ExpressionError, match="takes longer than 5 s"):
        list(query("UNWIND range(1, 1000000) AS x WITH x WHERE x < 0 RETURN x").run(MemoryGraph(), budget=budget))


def test_everything_that_is_wrong_is_told_at_once() -> None:
    diagnostics = compile_query("MATCH (n) RETURN foo, type(n), bar(n) SKIP -1").diagnostics
    assert [d.code for d in diagnostics] == [
        "undefined_variable", "invalid_argument_type", "unknown_function", "negative_integer_argument",
    ]  # fmt: skip
    assert [(d.place.line, d.place.column) for d in diagnostics] == [(1, 18), (1, 28), (1, 32), (1, 44)]


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    assert compile_query("MATCH (person) RETURN persn.name").diagnostics[0].did_you_mean == "person"


def test_chance_is_the_seeds_and_time_is_given() -> None:
    chance = query("UNWIND range(1, 3) AS x RETURN rand(), timestamp()")
    once = list(chance.run(MemoryGraph(), seed="a", at_us=1_000_000))
    assert once == list(chance.run(MemoryGraph(), seed="a", at_us=1_000_000))
    assert once != list(chance.run(MemoryGraph(), seed="b", at_us=1_000_000))
    assert len({number for number, _ in once}) == 3
    assert {time for _, time in once} == {1000}


def test_explain_shows_the_plan_and_places_stay_right() -> None:
    found = query("EXPLAIN MATCH (a)-[r:R]->(b:B) WHERE b.n > 1 RETURN b.n AS n, count(*) AS c ORDER BY c LIMIT 1")
    assert found.explained
    assert found.explain().splitlines() == [
        "give `n`, `c`", "  keep `n`, `c`", "  only the first rows", "  sort, keeping the first rows only",
        "  compute `c`", "  group by `n`", "  · count()", "  find",
        "  · every node (b:B) by n", "  · only where b.n > 1",
        "  · from `b` over <-[r:R]- to (a)", "  begin",
    ]  # fmt: skip
    assert compile_query("EXPLAIN RETURN foo").diagnostics[0].place.column == 16


def test_every_code_has_a_sentence() -> None:
    assert all(meaning.endswith(".") for meaning in QUERY_CODES.values())


def test_a_procedure_may_be_brought_along() -> None:
    double = Procedure("my.double", (("x", FLOAT),), (("out", FLOAT),), lambda context, given: [(2 * given[0],)])
    compiled = compile_query("UNWIND [1, 2.5] AS x CALL my.double(x) YIELD out RETURN out",
                             procedures={"my.double": double})  # fmt: skip
    assert compiled.query is not None
    assert list(compiled.query.run(MemoryGraph())) == [(2.0,), (5.0,)]


def test_a_procedure_alone_takes_its_arguments_from_parameters() -> None:
    echo = Procedure("echo", (("x", STRING),), (("out", STRING),), lambda context, given: [given])
    compiled = compile_query("CALL echo", procedures={"echo": echo})
    assert compiled.query is not None
    assert list(compiled.query.run(MemoryGraph(), {"x": "a"})) == [("a",)]
    with pytest.raises(ExpressionError, match=r"\$x"):
        compiled.query.run(MemoryGraph())
    refused = compile_query("CALL echo YIELD out RETURN out", procedures={"echo": echo})
    assert [d.code for d in refused.diagnostics] == ["invalid_argument_passing"]


def test_a_procedure_without_outputs_is_called_for_each_row() -> None:
    called: list[object] = []

    def note(context: object, given: tuple[object, ...]) -> list[tuple[object, ...]]:
        called.append(given)
        return []

    procedures = {"note": Procedure("note", (("x", STRING),), (), note)}
    compiled = compile_query("UNWIND ['a', 'b'] AS x CALL note(x) RETURN x", procedures=procedures)
    assert compiled.query is not None
    assert list(compiled.query.run(MemoryGraph())) == [("a",), ("b",)]
    assert called == [("a",), ("b",)]
    alone = compile_query("CALL note('c')", procedures=procedures)
    assert alone.query is not None
    assert list(alone.query.run(MemoryGraph())) == []
    assert called[-1] == ("c",)


def test_what_a_query_within_has_kept_is_let_go_before_it_runs_again() -> None:
    text = "UNWIND range(1, 500) AS x RETURN COUNT { UNWIND range(1, 50) AS y RETURN DISTINCT y + x } AS n"
    rows = list(query(text).run(MemoryGraph(), budget=Budget(Limits(bytes=20_000))))
    assert rows == [(50,)] * 500
    inner = "EXISTS { UNWIND range(1, 50) AS y WITH collect(y) AS ys RETURN ys }"
    text = f"UNWIND range(1, 500) AS x WITH x WHERE {inner} RETURN x"
    assert len(list(query(text).run(MemoryGraph(), budget=Budget(Limits(bytes=20_000))))) == 500


def test_a_pattern_may_be_the_step_of_reduce_and_nothing_else_of_it() -> None:
    """As in Neo4j, whose first value of the same fold must be a value."""
    rows = list(query("MATCH (a) RETURN reduce(any = false, x IN [1] | (a)-->()) AS follows").run(chain(2)))
    assert sorted(rows) == [(False,), (True,)]
    for elsewhere in ("reduce(any = (a)-->(), x IN [1] | any)", "reduce(any = false, x IN [(a)-->()] | any)"):
        found = compile_query(f"MATCH (a) RETURN {elsewhere}").diagnostics
        assert [d.code for d in found] == ["pattern_not_allowed"]
