"""Random graphs and random questions, for engines that should agree.

A question is built with what it may speak of: nodes and relationships that its pattern has bound. Rows are compared as
a bag, unless the question orders them by everything that it returns. What databases do differently on purpose is not
asked: integer overflow, the order between types, errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

LABELS = ("A", "B")
TYPES = ("S", "T")
KEYS = ("n", "s", "x")
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "n": st.integers(-2, 3),
    "s": st.sampled_from(["", "a", "ab", "Ä", "b c"]),
    "x": st.sampled_from([0.5, -1.5, 2.0, True, False]),
}


@dataclass(frozen=True)
class DrawnGraph:
    """Nodes as labels and properties, relationships as start, type, end and properties; places are ids."""

    nodes: tuple[tuple[tuple[str, ...], dict[str, Any]], ...]
    relationships: tuple[tuple[int, str, int, dict[str, Any]], ...]


def properties(*keys: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={key: VALUES[key] for key in keys or KEYS})


@st.composite
def graphs(draw: st.DrawFn) -> DrawnGraph:
    labels = st.lists(st.sampled_from(LABELS), unique=True, max_size=2).map(tuple)
    nodes = draw(st.lists(st.tuples(labels, properties()), min_size=1, max_size=5))
    ends = st.integers(0, len(nodes) - 1)
    relationships = draw(st.lists(st.tuples(ends, st.sampled_from(TYPES), ends, properties("n")), max_size=6))
    return DrawnGraph(tuple(nodes), tuple(relationships))


@st.composite
def questions(draw: st.DrawFn) -> str:
    """One of several shapes of question."""
    return draw(draw(st.sampled_from([_rows(), _grouped(), _optional(), _nested(), _united()])))


# --- patterns ---------------------------------------------------------------------------------------------------------


@st.composite
def _node(draw: st.DrawFn, name: str) -> str:
    label = draw(st.sampled_from(["", "", ":A", ":B"]))
    given = draw(st.sampled_from(["", "", "", " {n: 1}", " {s: 'a'}"]))
    return f"({name}{label}{given})"


@st.composite
def _hop(draw: st.DrawFn, name: str = "") -> str:
    type = draw(st.sampled_from(["", ":S", ":T", ":S|T"]))
    hops = "" if name else draw(st.sampled_from(["", "", "*1..2", "*0..1", "*2"]))
    inside = f"[{name}{type}{hops}]"
    return draw(st.sampled_from([f"-{inside}->", f"<-{inside}-", f"-{inside}-"]))


@st.composite
def _pattern(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """A pattern, and the names of the nodes that it binds. `r` is the relationship of the second shape."""
    shape = draw(st.integers(0, 4))
    if shape == 0:
        return draw(_node("a")), ("a",)
    if shape == 1:
        return draw(_node("a")) + draw(_hop("r")) + draw(_node("b")), ("a", "b", "r")
    if shape == 2:
        return draw(_node("a")) + draw(_hop()) + draw(_node("b")), ("a", "b")
    if shape == 3:
        return draw(_node("a")) + draw(_hop()) + "()" + draw(_hop()) + draw(_node("b")), ("a", "b")
    return draw(_node("a")) + draw(_hop()) + draw(_node("b")) + ", (b)" + draw(_hop()) + "(a)", ("a", "b")


# --- expressions ------------------------------------------------------------------------------------------------------


@st.composite
def _number(draw: st.DrawFn, names: tuple[str, ...]) -> str:
    name = draw(st.sampled_from(names))
    made = [f"{name}.n", "1", "null", f"coalesce({name}.n, 0)", f"{name}.n + 1", f"-{name}.n", f"{name}.n % 2",
            f"toInteger({name}.n * 1.5)", f"abs({name}.n)", f"{name}.n * {name}.n", f"sign({name}.n)",
            f"size(coalesce({name}.s, ''))", f"CASE {name}.n WHEN 1 THEN 10 WHEN null THEN 20 ELSE {name}.n END",
            f"reduce(t = 0, i IN range(0, 2) | t + i * {name}.n)", f"{name}.n / 2", f"[1, 2, 3][{name}.n]"]  # fmt: skip
    return draw(st.sampled_from(made))


@st.composite
def _text(draw: st.DrawFn, names: tuple[str, ...]) -> str:
    name = draw(st.sampled_from(names))
    made = [f"{name}.s", f"toUpper({name}.s)", f"{name}.s + '!'", f"substring({name}.s, 0, 1)", f"toString({name}.n)",
            f"replace({name}.s, 'a', 'z')", f"trim({name}.s)", f"left({name}.s, 2)", f"reverse({name}.s)",
            f"split({name}.s, ' ')[0]", f"coalesce({name}.s, 'none')", f"toString({name}.x)"]  # fmt: skip
    return draw(st.sampled_from(made))


@st.composite
def _truth(draw: st.DrawFn, names: tuple[str, ...], *, patterns: bool = True) -> str:
    """A condition. Patterns as values are Neo4j's own: openCypher takes them as conditions only."""
    name, one, other = draw(st.sampled_from(names)), draw(_number(names)), draw(_number(names))
    nodes = [n for n in names if n != "r"]
    here, there = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
    made = [f"{one} = {other}", f"{one} <> {other}", f"{one} < {other}", f"{one} >= {other}", f"{one} IS NULL",
            f"{one} IN [1, 2, null]", f"{one} IN [0, 1]", f"{name}.s STARTS WITH 'a'", f"{name}.s CONTAINS 'b'",
            f"{name}.s =~ 'a.*'", f"{name}.x = true", f"{name}.x > 0.0", f"{name}.n = {name}.x", f"{here}:A",
            f"EXISTS {{ ({here})-[:T]->(z) WHERE z.n > 0 }}",
            f"COUNT {{ ({here})--() }} > 1", f"any(i IN [1, null, 2] WHERE i = {one})",
            f"all(i IN [1, 2] WHERE i <> {one})", f"none(i IN [] WHERE i = {one})",
            f"single(i IN [1, 1, 2] WHERE i = {one})", f"{here} = {there}", f"{name}.s = {name}.n",
            f"{name}.s < 'b'", f"size([i IN [1, 2, 3] WHERE i > {one}]) = 1"]  # fmt: skip
    made += [f"({here})-->({there})", f"NOT ({here})-[:S]-()"] if patterns else []
    first = draw(st.sampled_from(made))
    if draw(st.booleans()):
        return first
    second = draw(st.sampled_from(made))
    return draw(st.sampled_from([f"{first} AND {second}", f"{first} OR {second}", f"NOT ({first})",
                                 f"({first}) XOR ({second})", f"({first}) IS NULL"]))  # fmt: skip


@st.composite
def _value(draw: st.DrawFn, names: tuple[str, ...]) -> str:
    nodes = [n for n in names if n != "r"]
    here = draw(st.sampled_from(nodes))
    lists = [f"size([({here})-->(z) | z.n])", "[i IN [3, 1, 2] WHERE i > 1 | i * 2]", f"{here}{{.n, k: 1}}",
             f"size(labels({here}))", f"[{here}.n, {here}.s][..1]", f"keys({{k: {here}.n}})", f"head([{here}.n])",
             f"{here}.x", "[1, 2] + 3", f"size(keys({here}))"]  # fmt: skip
    return draw(
        st.one_of(
            _number(names), _text(names), _truth(names, patterns=False).map(lambda t: f"({t})"), st.sampled_from(lists)
        )
    )


# --- questions --------------------------------------------------------------------------------------------------------


@st.composite
def _where(draw: st.DrawFn, names: tuple[str, ...]) -> str:
    return f" WHERE {draw(_truth(names))}" if draw(st.booleans()) else ""


@st.composite
def _rows(draw: st.DrawFn) -> str:
    pattern, names = draw(_pattern())
    values = [draw(_value(names)) for _ in range(draw(st.integers(1, 2)))]
    distinct = draw(st.sampled_from(["", "DISTINCT "]))
    columns = ", ".join(f"{value} AS c{number}" for number, value in enumerate(values))
    return f"MATCH {pattern}{draw(_where(names))} RETURN {distinct}{columns}"


@st.composite
def _grouped(draw: st.DrawFn) -> str:
    pattern, names = draw(_pattern())
    value, key = draw(_number(names)), draw(st.one_of(_number(names), _text(names)))
    made = [f"count({value})", "count(*)", f"count(DISTINCT {value})", f"sum({value})", f"min({value})",
            f"max({value})", f"size(collect({value}))", f"avg({value})", f"sum(DISTINCT {value})"]  # fmt: skip
    first, second = draw(st.sampled_from(made)), draw(st.sampled_from(made))
    after = draw(
        st.sampled_from(["RETURN k, v, w", "WHERE v > 1 RETURN k, v, w", "RETURN count(*) AS rows, max(w) AS w"])
    )
    return f"MATCH {pattern}{draw(_where(names))} WITH {key} AS k, {first} AS v, {second} AS w {after}"


@st.composite
def _optional(draw: st.DrawFn) -> str:
    where = draw(_truth(("a", "z")))
    value = draw(_value(("a", "z")))
    optional = f"OPTIONAL MATCH (a){draw(_hop())}{draw(_node('z'))} WHERE {where}"
    return f"MATCH {draw(_node('a'))} {optional} RETURN a.n AS n, {value} AS v"


@st.composite
def _nested(draw: st.DrawFn) -> str:
    pattern, names = draw(_pattern())
    value = draw(_number(names))
    order = draw(st.sampled_from(["", "DESC"]))
    page = draw(st.sampled_from(["", " LIMIT 2", " SKIP 1", " SKIP 1 LIMIT 1"]))
    return (f"MATCH {pattern} WITH {value} AS v ORDER BY v {order}{page} "
            "UNWIND [v, v + 1, null] AS u RETURN u, count(*) AS times")  # fmt: skip


@st.composite
def _united(draw: st.DrawFn) -> str:
    sides = []
    for _ in range(2):
        pattern, names = draw(_pattern())
        sides.append(f"MATCH {pattern} RETURN {draw(_number(names))} AS v")
    return draw(st.sampled_from([" UNION ", " UNION ALL "])).join(sides)
