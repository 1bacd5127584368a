"""Triggers and handles in compiled recipes: where runs begin, and what stands for secrets and addresses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cypher_executor.core.recipe import Recipe, Scope
from cypher_executor.core.secret_handles import HANDLE
from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.query.functions import QUERY_FUNCTIONS
from cypher_executor.errors import ExpressionError

SHOP = """
CREATE (order:webhook {path: 'orders'})-[:STARTS {when: $input.total > 0}]->(book), (order)-[:STARTS]->(log)
CREATE (:cron {schedule: '@daily'})-[:STARTS]->(sum)-[:ON_SUCCESS]->(log)
CREATE (book)-[:ON_SUCCESS]->(sum), (other)
"""


def compiled(text: str) -> Recipe:
    found = compile_recipe(text, parts=None)
    assert found.recipe is not None, found.diagnostics
    return found.recipe


def test_triggers_are_no_nodes_and_their_relationships_none_of_the_graph() -> None:
    recipe = compiled(SHOP)
    assert list(recipe.nodes) == ["book", "log", "sum", "other"]
    assert [(r.index, r.source, r.target) for r in recipe.relationships] == [(0, "sum", "log"), (1, "book", "sum")]
    assert [(t.name, t.kind, t.targets) for t in recipe.triggers] == [
        ("order", "webhook", ("book", "log")),
        ("cron", "cron", ("sum",)),
    ]


def test_a_trigger_begins_at_its_targets_and_skips_what_would_begin_otherwise() -> None:
    recipe = compiled(SHOP)
    by_hook = recipe.begun_by({"kind": "webhook", "node": "order"})
    assert list(by_hook.at) == ["book", "log"] and by_hook.skipped == ("other",)
    assert [way.when and way.when.text for way in by_hook.at["book"]] == ["$input.total > 0"]
    by_time = recipe.begun_by({"kind": "cron", "node": "cron"})
    assert list(by_time.at) == ["sum"] and by_time.skipped == ("book", "other")


@pytest.mark.parametrize(
    "trigger",
    [{"kind": "api"}, {}, {"kind": "webhook", "node": "gone"}, {"kind": "cron", "node": "order"}, {"kind": "named"}],
)
def test_any_other_start_begins_where_nothing_leads_to(trigger: dict[str, str]) -> None:
    begun = compiled(SHOP).begun_by(trigger)
    assert (dict(begun.at), begun.skipped) == ({"book": (), "other": ()}, ())


def evaluated(expression: str, scope: Scope) -> object:
    recipe = compiled(f"CREATE (ask:wait_for_callback), (a:set {{x: {expression}}})")
    return dict(recipe.nodes["a"].inputs or ())["x"].evaluate(scope)


SCOPE = Scope({}.get, {"n": "KEY"}, None, None, 0, "seed")


def test_a_secret_is_a_handle_that_is_the_same_in_every_replay() -> None:
    handle = evaluated("secret('KEY')", SCOPE)
    assert isinstance(handle, str) and HANDLE.fullmatch(handle)
    assert handle == evaluated("secret('KEY')", SCOPE) != evaluated("secret('OTHER')", SCOPE)
    assert handle != evaluated("secret('KEY')", replace(SCOPE, seed="another"))
    assert evaluated("'Bearer {{ secret(\\'KEY\\') }}'", SCOPE) == f"Bearer {handle}"


def test_whoever_evaluates_may_say_what_stands_for_secrets_and_addresses() -> None:
    scope = replace(SCOPE, secret=lambda name: f"<{name}>", callback_url=lambda node: f"https://here/{node}")
    assert evaluated("secret('KEY') + ' ' + CALLBACKURL('ask')", scope) == "<KEY> https://here/ask"


def test_a_name_that_is_no_text_fails_the_expression() -> None:
    recipe = compile_recipe("CREATE (a:set {x: secret(1)})", parts=None, trusted=True).recipe
    assert recipe is not None
    with pytest.raises(ExpressionError):
        dict(recipe.nodes["a"].inputs or ())["x"].evaluate(SCOPE)


def test_a_recipe_tells_which_secrets_it_names() -> None:
    recipe = compiled(
        "CREATE (:webhook {path: 'x', auth: 'hmac', secret: 'HOOK'})-[:STARTS {when: secret('C') = $s}]->(a)"
        "CREATE (a:set {x: [secret('B')]})-[:ON_SUCCESS {when: secret('A') <> 'x'}]->(b) RETURN 'none' AS none"
    )
    assert recipe.secrets == ("A", "B", "C", "HOOK")


def test_queries_have_no_secrets() -> None:
    assert not {"secret", "callbackurl"} & set(QUERY_FUNCTIONS)
