"""Help for editors: texts with a mark (`‸`), and what may stand there, or stands there."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.editor import Item, complete, helps, hover
from cypher_executor.cypher.editor.reading import read
from cypher_executor.cypher.expressions import FUNCTIONS
from cypher_executor.cypher.keywords import keywords
from cypher_executor.cypher.plan.recipe_node import KEY, SETTINGS
from cypher_executor.cypher.plan.relationships import LOOP_PROPERTIES, PROPERTIES, TYPES
from cypher_executor.cypher.plan.settings import RETRY
from cypher_executor.cypher.plan.steering import RESERVED
from cypher_executor.cypher.plan.trigger_settings import CRON, TABLES, WEBHOOK
from tests.cypher.drawings import Drawing, drawings, text_of
from tests.cypher.fixture_cases import Case, cases
from tests.cypher.known_parts import PARTS

MARK = "‸"
COMPLETE = [case for case in cases("editor") if case.file == "complete"]
HOVER = [case for case in cases("editor") if case.file == "hover"]


def marked(recipe: str) -> tuple[str, int, int]:
    """The text without its first mark, and where that was."""
    before, _, after = recipe.partition(MARK)
    return before + after.replace(MARK, ""), before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1


def completions(recipe: str) -> list[Item]:
    text, line, column = marked(recipe)
    return complete(text, line, column, parts=PARTS)


def dump(item: Item) -> str:
    said = f"{item.kind} {item.label}" + (f" ({item.detail})" if item.detail else "")
    return said + (f" <- {item.insert}" if item.insert not in (item.label, f"{item.label}: ", f"{item.label}(") else "")


def dump_completions(recipe: str) -> str:
    items = completions(recipe)
    typed = any(item.place and item.place.column < item.place.end_column for item in items)
    shown = [dump(item) for item in items if typed or item.kind not in ("function", "keyword")]
    return "\n".join(shown) or "nothing"


def dump_hover(recipe: str) -> str:
    text, line, column = marked(recipe)
    item = hover(text, line, column, parts=PARTS)
    return "nothing" if item is None else f"{dump(item)}\n{item.help}".rstrip()


@pytest.mark.parametrize("case", COMPLETE, ids=str)
def test_what_may_stand_at_a_place_is_offered(case: Case) -> None:
    assert dump_completions(case.recipe) == case.sections[0]


@pytest.mark.parametrize("case", HOVER, ids=str)
def test_what_stands_at_a_place_is_told(case: Case) -> None:
    assert dump_hover(case.recipe) == case.sections[0]


def test_every_word_of_the_language_has_a_line_of_help() -> None:
    assert set(helps.RESERVED) == RESERVED
    assert set(helps.RETRY) == set(RETRY)
    assert set(helps.RECIPE) == {*SETTINGS, KEY}
    assert (set(helps.WEBHOOK), set(helps.CRON), set(helps.TRIGGERS)) == (set(WEBHOOK), set(CRON), set(TABLES))
    assert set(helps.TYPES) == set(TYPES)
    assert set(helps.WAYS) == {*PROPERTIES, "when"}
    assert set(helps.LOOPS) == {*LOOP_PROPERTIES, "in"}
    assert all(function.help.endswith(".") for function in FUNCTIONS.values())


def test_what_is_offered_for_a_setting_is_taken() -> None:
    tables = {"node": {}, "webhook": WEBHOOK, "cron": CRON, "relationship": LOOP_PROPERTIES}
    for (whose, key), texts in helps.VALUES.items():
        setting = tables[whose].get(key)
        for text in texts if setting is not None else ():
            assert setting.read(text) is not None


def test_keywords_come_from_the_grammar() -> None:
    found = keywords()
    assert found["ASCENDING"] == ("ASC", "ASCENDING")
    assert found["SHORTEST"] == ("shortestPath", "allShortestPaths")
    assert {"CREATE", "MERGE", "RETURN", "CASE", "TRUE", "STARTS"} <= set(found)
    assert not {"NAME", "INTEGER", "FUNCTION", "PARAMETER"} & set(found)


def test_an_item_replaces_the_word_that_is_there() -> None:
    (item,) = completions("CREATE (a:string_ops {oper‸ato 'upper'})")
    assert item.place is not None
    assert (item.place.column, item.place.end_column, item.insert) == (23, 30, "operation: ")


def test_an_item_does_not_bring_a_sign_that_is_there_already() -> None:
    assert completions("CREATE (a:string_ops {oper‸ato: 'upper'})")[0].insert == "operation"
    assert completions("CREATE (a:set {x: toUpp‸('x')})")[0].insert == "toUpper"


def test_a_place_outside_of_the_text_is_its_nearest() -> None:
    assert complete("CREATE (a:", 99, 99, parts=PARTS)
    assert complete("", 0, -5, parts=PARTS)[0].label == "CREATE"


@given(st.text(alphabet="(){}[]:-><,'`$ab \n=|*/.{}‸CREATMGUNon_", max_size=60), st.integers(0, 60))
@settings(max_examples=300, deadline=None)
def test_any_text_gets_an_answer_at_any_place(text: str, offset: int) -> None:
    line, column = text[:offset].count("\n") + 1, len(text[:offset].rpartition("\n")[2]) + 1
    for item in complete(text, line, column, parts=PARTS):
        assert item.place is not None and item.insert
        assert (item.place.line, item.place.column) <= (item.place.end_line, item.place.end_column)
    hover(text, line, column, parts=PARTS)


@given(drawings(), st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_the_outline_of_a_recipe_is_what_the_recipe_draws(drawing: Drawing, seed: int) -> None:
    text = text_of(drawing, random.Random(seed))
    recipe = compile_recipe(text, parts=None).recipe
    assert recipe is not None
    outline, _ = read(text, 0)
    assert set(outline.steps) == set(recipe.nodes)
    assert {name: part for name, part in outline.parts.items() if name in recipe.nodes} == {
        node.name: node.part or "" for node in recipe.nodes.values()
    }
    drawn = {(r.source, r.type, r.target) for r in recipe.relationships}
    drawn |= {(trigger.name, "STARTS", start.target) for trigger in recipe.triggers for start in trigger.starts}
    assert {(edge.source, edge.type, edge.target) for edge in outline.edges} == drawn


def test_help_in_a_recipe_of_a_thousand_nodes_reads_it_once() -> None:
    chain = "CREATE (n0)" + "".join(f"-[:ON_SUCCESS]->(n{n}:set {{x: n{n - 1}}})" for n in range(1, 1_000))
    labels = {item.label for item in completions(f"{chain} CREATE (n999)-[:ON_SUCCESS]->(last:set {{x: n99‸}})")}
    assert labels == {"n99", *(f"n99{digit}" for digit in range(10))}
