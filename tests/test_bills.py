"""Bills: what a recipe can reach with all that it starts, and that a deploy which reaches more is not silent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cypher_executor import bills, files
from cypher_executor.adapters.clock import SystemClock
from cypher_executor.adapters.memory import MemoryCatalog
from cypher_executor.adapters.parts_folder import PartsFolder
from cypher_executor.bills import ReachesMore
from cypher_executor.cypher import growth, reaching
from cypher_executor.cypher.bill import bill_json, read_bill
from cypher_executor.library import Library
from cypher_executor.ports import RecipeVersion

GET = "CREATE (ask:http_request {url: 'https://api.example.com/orders'})"
POST = "CREATE (ask:http_request {method: 'POST', url: 'https://api.example.com/orders'})"
OTHER = "CREATE (ask:http_request {url: 'https://other.example.com/orders'})"
PURE = "CREATE (ask:set {x: 1})"
ABOVE = "CREATE (go:trigger_workflow {workflow: 'below'})"
SENDS = """
CREATE (:Recipe {grants: {secrets: {TOKEN: ['https://api.example.com/*']}}})
CREATE (ask:http_request {url: 'https://api.example.com/a', headers: {a: secret('TOKEN')}})
CREATE (also:http_request {url: 'https://other.example.com/a'})
"""
SENDS_MORE = SENDS.replace("['https://api.example.com/*']", "['https://api.example.com/*', 'https://*.example.com/*']")


def shelf() -> Library:
    return Library(MemoryCatalog(), PartsFolder([files.shipped("parts")]), SystemClock())


class Slow(MemoryCatalog):
    """Others have their turn between looking and writing."""

    async def save(self, *given: Any, **more: Any) -> RecipeVersion:
        for _ in range(10):
            await asyncio.sleep(0)
        return await super().save(*given, **more)


async def told(library: Library, name: str) -> dict[str, Any]:
    bill = (await library.version("default", name)).bill
    assert bill is not None
    return dict(bill)


async def refused(library: Library, text: str, name: str) -> list[str]:
    with pytest.raises(ReachesMore) as more:
        await library.save("default", text, name)
    return [str(one) for one in more.value.more]


# --- the bill ---------------------------------------------------------------------------------------------------------


async def test_a_bill_goes_through_all_recipes_below_and_says_through_which_nodes() -> None:
    library = shelf()
    await library.save("default", "CREATE (c:kv_get {key: 'x'})-[:ON_SUCCESS]->(w:wait_for_callback {})", "last")
    await library.save("default", f"{POST} CREATE (on:trigger_workflow {{workflow: 'last'}})", "below")
    await library.save("default", f"{GET} {ABOVE}", "above")
    bill = await told(library, "above")
    assert bill["hosts"] == [
        {"pattern": "GET https://api.example.com/*", "through": [["ask"]]},
        {"pattern": "POST https://api.example.com/*", "through": [["go", "ask"]]},
    ]
    assert (bill["kv"], bill["callbacks"]) == ([["go", "on", "c"]], [["go", "on", "w"]])
    assert [(one["name"], one["known"], one["through"]) for one in bill["recipes"]] == [
        ("below", True, [["go"]]),
        ("last", True, [["go", "on"]]),
    ]
    assert bill["complete"] is True


async def test_recipes_that_start_each_other_have_a_bill() -> None:
    library = shelf()
    await library.save("default", f"{GET} CREATE (b:trigger_workflow {{workflow: 'two'}})", "one")
    await library.save("default", f"{POST} CREATE (a:trigger_workflow {{workflow: 'one'}})", "two")
    hosts = {name: [one["pattern"] for one in (await told(library, name))["hosts"]] for name in ("one", "two")}
    assert hosts["one"] == hosts["two"] == ["GET https://api.example.com/*", "POST https://api.example.com/*"]


async def test_a_long_chain_of_recipes_has_a_bill() -> None:
    library = shelf()
    await library.save("default", GET, "r0")
    for n in range(1, 60):
        await library.save("default", f"CREATE (a:trigger_workflow {{workflow: 'r{n - 1}'}})", f"r{n}")
    (host,) = (await told(library, "r59"))["hosts"]
    assert host["through"] == [["a"] * 59 + ["ask"]]


async def test_a_secret_goes_where_recipe_grants_it_and_nodes_reach() -> None:
    library = shelf()
    await library.save("default", SENDS, "a")
    (secret,) = (await told(library, "a"))["secrets"]
    assert (secret["name"], secret["to"], secret["through"]) == ("TOKEN", ["GET https://api.example.com/*"], [["ask"]])


async def test_a_secret_that_is_not_granted_goes_nowhere() -> None:
    library = shelf()
    await library.save(
        "default",
        SENDS.replace("grants", "description").replace("{secrets: {TOKEN: ['https://api.example.com/*']}}", "'no'"),
        "a",
    )
    (secret,) = (await told(library, "a"))["secrets"]
    assert secret["to"] == []


async def test_what_may_become_anything_makes_a_bill_incomplete() -> None:
    library = shelf()
    await library.save("default", "CREATE (a:trigger_workflow {workflow: 'nobody'})", "asks")
    await library.save("default", "CREATE (a:trigger_workflow {workflow: $which})", "any")
    asks, anything = await told(library, "asks"), await told(library, "any")
    assert (asks["complete"], asks["recipes"][0]["known"]) == (False, False)
    assert (anything["complete"], anything["any_recipe"]) == (False, [["a"]])


async def test_a_method_that_is_worked_out_is_any_method() -> None:
    library = shelf()
    await library.save("default", GET.replace("{url", "{method: $method, url"), "a")
    assert (await told(library, "a"))["hosts"][0]["pattern"] == "https://api.example.com/*"


async def test_a_bill_is_read_back_as_it_was() -> None:
    library = shelf()
    await library.save("default", GET, "below")
    await library.save("default", f"{SENDS} {ABOVE} CREATE (k:kv_get {{key: 'x'}})", "a")
    bill = read_bill(await told(library, "a"))
    assert read_bill(bill_json(bill)) == bill and bill.hosts and bill.secrets and bill.kv and bill.recipes


# --- deploys ----------------------------------------------------------------------------------------------------------


async def test_a_new_host_is_refused_until_it_is_allowed() -> None:
    library = shelf()
    await library.save("default", GET, "a")
    assert await refused(library, OTHER, "a") == ["the host GET https://other.example.com/*, through ask"]
    assert (await library.version("default", "a")).version == 1
    saved = await library.save("default", OTHER, "a", allow=True)
    assert (saved.version.version, len(saved.more)) == (2, 1)
    assert (await library.save("default", OTHER + " // the same", "a")).more == ()


async def test_another_method_is_more() -> None:
    library = shelf()
    await library.save("default", GET, "a")
    assert await refused(library, POST, "a") == ["the host POST https://api.example.com/*, through ask"]
    both = "CREATE (:Recipe {grants: {http: ['GET,POST https://api.example.com/*']}}) CREATE (ask:http_request {url: $u"
    assert await refused(library, f"{both}, method: $m}})", "a") == [
        "the host POST https://api.example.com/*, through ask"
    ]


async def test_reaching_less_or_the_same_needs_no_word() -> None:
    library = shelf()
    await library.save(
        "default", f"{GET} CREATE (p:http_request {{method: 'POST', url: 'https://api.example.com'}})", "a"
    )
    for text in (GET, PURE):
        assert (await library.save("default", text, "a")).more == ()


async def test_a_recipe_below_that_is_widened_is_noticed_in_those_above() -> None:
    library = shelf()
    await library.save("default", GET, "below")
    await library.save("default", ABOVE, "above")
    await library.save("default", "CREATE (up:trigger_workflow {workflow: 'above'})", "top")
    found = await refused(library, POST, "below")
    assert sorted(found) == [
        "in 'above', the host POST https://api.example.com/*, through go > ask",
        "in 'top', the host POST https://api.example.com/*, through up > go > ask",
        "the host POST https://api.example.com/*, through ask",
    ]
    await library.save("default", POST, "below", allow=True)
    assert (await told(library, "top"))["hosts"][0]["pattern"] == "POST https://api.example.com/*"


async def test_a_recipe_below_that_is_narrowed_changes_the_bills_above() -> None:
    library = shelf()
    await library.save("default", GET, "below")
    await library.save("default", ABOVE, "above")
    await library.save("default", PURE, "below")
    assert (await told(library, "above"))["hosts"] == []
    assert len(await refused(library, GET, "below")) == 2


async def test_a_recipe_that_was_forgotten_comes_back_with_more_only_when_that_is_allowed() -> None:
    library, catalog = shelf(), MemoryCatalog()
    library = Library(catalog, PartsFolder([files.shipped("parts")]), SystemClock())
    await library.save("default", GET, "below")
    await library.save("default", ABOVE, "above")
    await catalog.delete("default", "below")
    assert await refused(library, POST, "below") == [
        "in 'above', the host POST https://api.example.com/*, through go > ask"
    ]


async def test_what_was_not_stored_yet_may_become_anything() -> None:
    library = shelf()
    await library.save("default", ABOVE, "above")
    assert (await library.save("default", GET, "below")).more == ()
    bill = await told(library, "above")
    assert (bill["complete"], bill["hosts"][0]["through"]) == (True, [["go", "ask"]])


async def test_going_back_to_a_version_that_reaches_more_is_refused_too() -> None:
    library = shelf()
    await library.save("default", GET, "a")
    await library.save("default", PURE, "a")
    with pytest.raises(ReachesMore):
        await library.point("default", "a", 1)
    assert (await library.version("default", "a")).version == 2
    assert (await library.point("default", "a", 1, allow=True)).version == 1


async def test_a_secret_that_may_go_further_is_more() -> None:
    library = shelf()
    await library.save("default", SENDS, "a")
    assert await refused(library, SENDS_MORE, "a") == [
        "the secret TOKEN to GET https://other.example.com/*, through ask"
    ]


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("CREATE (k:kv_put {key: 'x', value: 1})", "the key-value store, through k"),
        ("CREATE (w:wait_for_callback {})", "callbacks, through w"),
        ("CREATE (t:trigger_workflow {workflow: $w})", "any recipe, through t"),
        (
            "CREATE (a:set {x: secret('TOKEN')})",
            "the secret TOKEN, through a",
        ),
    ],
)
async def test_everything_else_outside_is_more(text: str, more: str) -> None:
    library = shelf()
    await library.save("default", PURE, "a")
    assert await refused(library, text, "a") == [more]


async def test_a_version_from_before_there_were_bills_is_compared_as_well() -> None:
    catalog, parts = MemoryCatalog(), PartsFolder([files.shipped("parts")])
    library = Library(catalog, parts, SystemClock())
    for name, text in (("below", GET), ("above", ABOVE)):
        recipe, _ = await library.compile(text)
        await catalog.save("default", name, recipe.digest, text, 1)
    assert len(await refused(library, POST, "below")) == 2


async def test_two_deploys_at_the_same_time_do_not_hide_anything_from_each_other() -> None:
    library = Library(Slow(), PartsFolder([files.shipped("parts")]), SystemClock())
    await library.save("default", GET, "below")
    both = (library.save("default", ABOVE, "above"), library.save("default", POST, "below", allow=True))
    await asyncio.gather(*both)
    assert (await told(library, "above"))["hosts"][0]["pattern"] == "POST https://api.example.com/*"


# --- planted defects --------------------------------------------------------------------------------------------------


def widened_recipes_below_are_not_noticed(patch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: Any) -> None: ...

    patch.setattr(bills, "_changed", nothing)


def methods_are_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reaching, "_asked", lambda text, node: reaching.read_pattern(text))


def what_is_started_is_not_followed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reaching, "started", lambda recipe: iter(()))


def nothing_is_ever_more(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(growth, "_more", lambda new, old: iter(()))


def a_secret_is_only_a_name(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reaching.Found, "send", lambda self, secret, pattern: None)


def going_back_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    deploy = Library._deploy

    async def allowed(self: Library, *given: Any, allow: bool) -> Any:
        return await deploy(self, *given, allow=True)

    patch.setattr(Library, "_deploy", allowed)


def deploys_do_not_wait_for_each_other(patch: pytest.MonkeyPatch) -> None:
    class Open:
        async def __aenter__(self) -> None: ...

        async def __aexit__(self, *_: object) -> None: ...

    patch.setattr(asyncio, "Lock", Open)


Test = Callable[[], Awaitable[None]]
DEFECTS: list[tuple[Callable[[pytest.MonkeyPatch], None], Test]] = [
    (widened_recipes_below_are_not_noticed, test_a_recipe_below_that_is_widened_is_noticed_in_those_above),
    (methods_are_ignored, test_another_method_is_more),
    (what_is_started_is_not_followed, test_a_bill_goes_through_all_recipes_below_and_says_through_which_nodes),
    (nothing_is_ever_more, test_a_new_host_is_refused_until_it_is_allowed),
    (a_secret_is_only_a_name, test_a_secret_that_may_go_further_is_more),
    (going_back_is_not_looked_at, test_going_back_to_a_version_that_reaches_more_is_refused_too),
    (deploys_do_not_wait_for_each_other, test_two_deploys_at_the_same_time_do_not_hide_anything_from_each_other),
]


@pytest.mark.parametrize(("plant", "test"), DEFECTS, ids=[plant.__name__ for plant, _ in DEFECTS])
async def test_a_planted_defect_turns_a_test_red(
    plant: Callable[[pytest.MonkeyPatch], None], test: Test, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception, KeyError, ValueError)):
        await test()
