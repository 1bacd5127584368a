"""The page of the graph: what it says stands in it does, and every question of it has an answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import cypher_executor
from cypher_executor.core.parts import Grants, Part
from cypher_executor.cypher.query import Node, Relationship, compile_query
from cypher_executor.graph.kept import KeptGraph
from cypher_executor.graph.model import LABELS, STATES, WAYS
from cypher_executor.graph.parts import part_rows
from cypher_executor.service.page import questions
from tests.graph.story import told
from tests.graph.targets import KeptTarget
from tests.graph.world import World, mirrored

PAGE = (Path(cypher_executor.__file__).parent / "docs" / "graph.md").read_text("utf-8")
QUESTIONS = questions()


@pytest.fixture
async def world() -> World:
    return World()


async def story(world: World) -> tuple[KeptGraph, dict[str, str]]:
    parameters, target = await told(world), KeptTarget()
    await mirrored(world.mirror(target))
    return target.graph, parameters


def ask(graph: KeptGraph, text: str, parameters: dict[str, str], world: World) -> list[tuple[Any, ...]]:
    compiled = compile_query(text)
    assert compiled.query is not None, compiled.diagnostics
    return list(compiled.query.run(graph, parameters, at_us=world.clock.now_us()))


def test_there_are_twelve_questions() -> None:
    assert len(QUESTIONS) == 12


async def test_every_question_has_an_answer(world: World) -> None:
    graph, parameters = await story(world)
    answers = {question: ask(graph, text, parameters, world) for question, text in QUESTIONS.items()}
    assert [question for question, rows in answers.items() if not rows] == []
    assert answers["What goes wrong most, since yesterday?"] == [("price", "http_503", 2), ("ask", "http_503", 1)]
    (waiting,) = [
        row for row in answers["What has been waiting longer than an hour, and for what?"] if row[1] == "slow"
    ]
    assert waiting[2:4] == ("nap", "time")
    assert waiting[4].text().startswith("1970-01-02T00:16:4")
    (child,) = answers["Which runs does this one wait for, all the way down?"]
    assert child[1:] == ("slow", "waiting")
    assert answers["Which recipes break if this host goes away?"] == [
        ("broken", 1, ["api.example.com"]),
        ("shop", 2, ["api.example.com"]),
    ]
    assert answers["Who depends on this part, directly or through a recipe that is started?"] == [
        ("broken", []),
        ("shop", []),
    ]
    assert answers["Which nodes fail, and nobody handles that?"] == [("broken", "ask")]
    assert answers["Which steps needed more than one attempt, and what did the others say?"] == [
        ("price", "failed", 2, ["http_503"])
    ]
    assert ("price", "ON_FAIL", "estimate", 2) in answers["Which way did the runs go?"]
    assert answers["What has changed between the last two versions?"] == [(2, ["thanks"], [])]


async def test_hosts_that_a_pattern_covers_are_found(world: World) -> None:
    text = "CREATE (:Recipe {name: 'NAME', grants: {http: ['PATTERN']}}) CREATE (a:set {x: 1})"
    reached = {
        "exact": "https://api.example.com/x",
        "family": "https://*.example.com/*",
        "any": "*://*",
        "other": "https://notexample.com/x",
        "others": "https://*.notexample.com/x",
    }
    await world.save(*(text.replace("NAME", name).replace("PATTERN", one) for name, one in reached.items()))
    target = KeptTarget()
    await mirrored(world.mirror(target))
    asked = QUESTIONS["Which recipes break if this host goes away?"]
    found = ask(target.graph, asked, {"host": "api.example.com"}, world)
    assert found == [("any", 1, ["*"]), ("exact", 1, ["api.example.com"]), ("family", 1, ["*.example.com"])]


def test_a_part_reaches_hosts_as_recipes_do() -> None:
    asking = Part("ask", "1", "Asks.", None, False, grants=Grants(http=("POST https://*.example.com/v1/*", "*://*")))
    assert [node.key for node in part_rows(asking).nodes if node.label == "Host"] == ["*.example.com", "*"]


async def test_the_page_names_every_label_and_property_that_there_is(world: World) -> None:
    graph, _ = await story(world)
    table = {row[0]: row[1] for row in re.findall(r"^\| `(\w+)` \| [^|]+ \| (.+) \|$", PAGE, re.MULTILINE)}
    assert list(table) == list(LABELS)
    for node in graph.nodes((), {}):
        label = node.labels[0]
        named = set(re.findall(r"`(\w+)`", table[label]))
        free = {"Node": node.values, "Recipe": {"grants", "returns", "input", "description"}}.get(label, ())
        unnamed = {key for key in node.values if not key.startswith(("cx.", "in."))} - named - set(free)
        assert not unnamed, (label, unnamed)


async def test_the_graph_holds_only_what_the_model_says(world: World) -> None:
    graph, _ = await story(world)
    ways = {(way.start, way.type, way.end) for way in WAYS}
    for node in graph.nodes((), {}):
        assert node.labels[0] in LABELS
        assert set(node.labels[1:]) <= set(STATES.values())
        for found in graph.relationships(node.id, (), "out"):
            assert _way(graph, found) in ways


def _way(graph: KeptGraph, found: Relationship) -> tuple[str, str, str]:
    start, end = graph.node(found.start), graph.node(found.end)
    assert isinstance(start, Node) and isinstance(end, Node)
    return (start.labels[0], found.type, end.labels[0])


def test_the_picture_shows_every_way_of_the_model() -> None:
    shown = set(re.findall(r"^  (\w+) -->\|\"?([\w_]+)[^|]*\| (\w+)$", PAGE, re.MULTILINE))
    drawn = {"ON_FAIL", "ON_COMPLETE", "FOR_EACH", "COLLECT", "STARTS"}
    assert shown == {(w.start, w.type, w.end) for w in WAYS if w.type not in drawn}
