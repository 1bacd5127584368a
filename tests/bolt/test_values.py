"""Values in both dialects, and parameters: what a client sends is what a question gets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher_executor.bolt.handshake import Version
from cypher_executor.bolt.packing import packed
from cypher_executor.bolt.parameters import received
from cypher_executor.bolt.structure import Structure
from cypher_executor.bolt.unpacking import unpacked
from cypher_executor.bolt.values import Dialect, sent
from cypher_executor.compat.desk import Desk
from cypher_executor.cypher.query import Node, Path, Relationship
from cypher_executor.errors import ExpressionError
from tests.bolt.talking import Talk, enter, talking

BOLT_5 = Dialect(element_ids=True, utc=True)
BOLT_4 = Dialect(element_ids=False, utc=False)


def test_nodes_have_texts_and_numbers() -> None:
    node = Node("Run:1", ("Run", "Failed"), {"name": "a", "list": [1, 2]})
    five, four = sent(node, BOLT_5), sent(node, BOLT_4)
    assert (five.tag, five.fields[1:]) == (0x4E, (["Run", "Failed"], {"name": "a", "list": [1, 2]}, "Run:1"))
    assert four.fields == five.fields[:3]
    assert -(2**53) < four.fields[0] < 2**53


def test_relationships_name_their_ends() -> None:
    five = sent(Relationship("r", "OF", "a", "b", {"x": 1}), BOLT_5)
    assert five.fields[3:] == ("OF", {"x": 1}, "r", "a", "b")
    assert sent(Relationship("r", "OF", "a", "b", {"x": 1}), BOLT_4).fields == five.fields[:5]


def test_a_path_has_each_node_once_and_signs_for_directions() -> None:
    a, b = Node("a", (), {}), Node("b", (), {})
    there, back = Relationship("1", "T", "a", "b", {}), Relationship("2", "T", "a", "b", {})
    path = sent(Path((a, b, a), (there, back)), BOLT_5)
    nodes, between, way = path.fields
    assert ([node.fields[3] for node in nodes], [one.fields[3] for one in between]) == (["a", "b"], ["1", "2"])
    assert way == [1, 1, -2, 0]


TIMES = [
    ("date('2024-02-29')", Structure(0x44, (19782,))),
    ("date('-0001-01-01')", Structure(0x44, (-719893,))),
    ("localtime('10:00:00.5')", Structure(0x74, (36_000_500_000_000,))),
    ("time('10:00:00+02:00')", Structure(0x54, (36_000_000_000_000, 7200))),
    ("localdatetime('1969-12-31T23:59:59.25')", Structure(0x64, (-1, 250_000_000))),
    ("duration('P1Y2M3DT4.5S')", Structure(0x45, (14, 3, 4, 500_000_000))),
    ("duration('PT-0.5S')", Structure(0x45, (0, 0, -1, 500_000_000))),
]
MOMENTS = [
    ("datetime('2024-07-01T12:00:00+02:00')", Structure(0x49, (1719828000, 0, 7200)), 0x46),
    ("datetime('2024-07-01T12:00:00[Europe/Berlin]')", Structure(0x69, (1719828000, 0, "Europe/Berlin")), 0x66),
]


@pytest.mark.parametrize(("text", "expected"), TIMES)
async def test_times_in_both_directions(talk: Talk, text: str, expected: Structure) -> None:
    assert await talk.run(f"RETURN {text} AS x, $x = {text} AS same", {"x": expected}) == [[expected, True]]


@pytest.mark.parametrize(("text", "expected", "legacy"), MOMENTS)
async def test_moments_are_of_the_world_since_bolt_5(talk: Talk, text: str, expected: Structure, legacy: int) -> None:
    assert await talk.run(f"RETURN {text} AS x, $x = {text} AS same", {"x": expected}) == [[expected, True]]
    told = await talk.refused("RETURN $x", {"x": Structure(legacy, expected.fields)})
    assert "Bolt 5" in told["message"]


@pytest.mark.parametrize(("text", "expected", "legacy"), MOMENTS)
async def test_moments_are_those_of_the_wall_in_4_4(desk: Desk, text: str, expected: Structure, legacy: int) -> None:
    wall = Structure(legacy, (expected.fields[0] + 7200, 0, expected.fields[2]))
    async with talking(desk, Version(4, 4)) as talk:
        assert await talk.run(f"RETURN {text} AS x, $x = {text} AS same", {"x": wall}) == [[wall, True]]
        assert (await talk.refused("RETURN $x", {"x": expected}))["code"] == "Neo.ClientError.Request.Invalid"


async def test_moments_are_of_the_world_in_4_4_when_that_is_asked_for(desk: Desk) -> None:
    text, expected, _ = MOMENTS[0]
    async with talking(desk, Version(4, 4), entered=False) as talk:
        hello = await enter(talk, Version(4, 4), patch_bolt=["utc"])
        assert hello.fields[0]["patch_bolt"] == ["utc"]
        assert await talk.run(f"RETURN {text} AS x, $x = {text} AS same", {"x": expected}) == [[expected, True]]


@pytest.mark.parametrize(
    "value",
    [
        b"bytes",
        Structure(0x4E, (1, [], {}, "1")),
        Structure(0x58, (7203, 1.0, 2.0)),
        Structure(0x00, ()),
        Structure(0x44, ("x",)),
        Structure(0x44, (1, 2)),
        Structure(0x44, (10**12,)),
        Structure(0x44, (True,)),
        Structure(0x74, (-1,)),
        Structure(0x74, (86_400_000_000_000,)),
        Structure(0x54, (0, 100_000)),
        Structure(0x64, (0, 1_000_000_000)),
        Structure(0x49, (2**62, 0, 0)),
        Structure(0x69, (0, 0, "Nowhere/At_all")),
        Structure(0x69, (0, 0, "../../etc/passwd")),
        Structure(0x45, (0, 0, 0, -1)),
        [{"a": Structure(0x44, ("x",))}],
    ],
    ids=repr,
)
async def test_what_is_no_value_of_a_parameter_is_refused(talk: Talk, value: Any) -> None:
    told = await talk.refused("RETURN $x", {"x": value})
    assert told["code"].startswith("Neo.ClientError.")
    assert await talk.run("RETURN 1 AS one") == [[1]]


_STRUCTURES = st.builds(
    Structure,
    st.integers(0, 127),
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.text(max_size=10) | st.booleans(), max_size=5).map(tuple),
)


@given(st.recursive(_STRUCTURES | st.integers(0, 5), lambda inner: st.lists(inner, max_size=4)), st.booleans())
def test_any_structure_is_a_value_or_is_refused(value: Any, five: bool) -> None:
    dialect = BOLT_5 if five else BOLT_4
    try:
        made = received(unpacked(packed(value)), dialect)
    except ExpressionError:
        return
    assert packed(sent(made, dialect))
