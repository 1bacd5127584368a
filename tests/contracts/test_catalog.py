"""The contract of `ports.Catalog`, for every adapter."""

from __future__ import annotations

import asyncio

import pytest

from cypher_executor.core.recipe import Digest
from cypher_executor.ports import RecipeVersion

ONE, TWO = Digest("sha256:1"), Digest("sha256:2")


async def test_a_saved_recipe_is_version_1_and_current(catalog):
    saved = await catalog.save("default", "a", ONE, "RETURN 1", 5)
    assert saved == RecipeVersion("default", "a", 1, ONE, "RETURN 1", 5)
    assert await catalog.current("default", "a") == saved
    assert await catalog.text(ONE) == "RETURN 1"


async def test_an_unknown_name_has_nothing(catalog):
    assert await catalog.current("default", "a") is None
    assert await catalog.versions("default", "a") == []
    assert await catalog.list_current("default") == []
    assert await catalog.point("default", "a", 1) is None
    assert await catalog.delete("default", "a") is False
    assert await catalog.text(ONE) is None


async def test_another_text_is_the_next_version_and_becomes_current(catalog):
    first = await catalog.save("default", "a", ONE, "RETURN 1", 5)
    second = await catalog.save("default", "a", TWO, "RETURN 2", 6)
    assert second.version == 2
    assert await catalog.current("default", "a") == second
    assert await catalog.versions("default", "a") == [first, second]


async def test_the_same_text_again_gives_the_version_that_it_has(catalog):
    first = await catalog.save("default", "a", ONE, "RETURN 1", 5)
    assert await catalog.save("default", "a", ONE, "RETURN 1", 99) == first
    assert await catalog.versions("default", "a") == [first]


async def test_the_text_of_an_earlier_version_makes_it_current_again(catalog):
    first = await catalog.save("default", "a", ONE, "RETURN 1", 5)
    second = await catalog.save("default", "a", TWO, "RETURN 2", 6)
    assert await catalog.save("default", "a", ONE, "RETURN 1", 7) == first
    assert await catalog.current("default", "a") == first
    assert await catalog.versions("default", "a") == [first, second]


async def test_a_changed_comment_is_a_new_version_of_the_same_digest(catalog):
    await catalog.save("default", "a", ONE, "RETURN 1", 5)
    commented = await catalog.save("default", "a", ONE, "RETURN 1 // one", 6)
    assert commented.version == 2
    assert commented.text == "RETURN 1 // one"


async def test_pointing_at_an_earlier_version_is_a_rollback(catalog):
    first = await catalog.save("default", "a", ONE, "RETURN 1", 5)
    second = await catalog.save("default", "a", TWO, "RETURN 2", 6)
    assert await catalog.point("default", "a", 1) == first
    assert await catalog.current("default", "a") == first
    assert await catalog.point("default", "a", 3) is None
    assert await catalog.current("default", "a") == first
    assert await catalog.point("default", "a", 2) == second
    third = await catalog.save("default", "a", TWO, "RETURN 2 // again", 7)
    assert third.version == 3


async def test_a_deleted_name_is_gone_but_runs_keep_its_text(catalog):
    await catalog.save("default", "a", ONE, "RETURN 1", 5)
    assert await catalog.delete("default", "a") is True
    assert await catalog.current("default", "a") is None
    assert await catalog.versions("default", "a") == []
    assert await catalog.list_current("default") == []
    assert await catalog.point("default", "a", 1) is None
    assert await catalog.delete("default", "a") is False
    assert await catalog.text(ONE) == "RETURN 1"


async def test_a_version_number_never_means_two_recipes(catalog):
    await catalog.save("default", "a", ONE, "RETURN 1", 5)
    await catalog.save("default", "a", TWO, "RETURN 2", 6)
    await catalog.delete("default", "a")
    again = await catalog.save("default", "a", ONE, "RETURN 1", 7)
    assert again == RecipeVersion("default", "a", 3, ONE, "RETURN 1", 7)
    assert await catalog.versions("default", "a") == [again]


async def test_names_are_listed_in_order_each_with_its_current_version(catalog):
    for name in ("z", "工作流程", "a", "🚀", "Z", "é"):
        await catalog.save("default", name, ONE, f"// {name}", 5)
    await catalog.save("default", "a", TWO, "RETURN 2", 6)
    listed = await catalog.list_current("default")
    assert [(version.name, version.version) for version in listed] == [
        ("Z", 1),
        ("a", 2),
        ("z", 1),
        ("é", 1),
        ("工作流程", 1),
        ("🚀", 1),
    ]


async def test_tenants_do_not_see_each_other(catalog):
    await catalog.save("acme", "a", ONE, "RETURN 1", 5)
    assert await catalog.current("default", "a") is None
    assert await catalog.delete("default", "a") is False
    assert await catalog.list_current("default") == []
    assert (await catalog.save("default", "a", TWO, "RETURN 2", 6)).version == 1
    assert (await catalog.current("acme", "a")).text == "RETURN 1"


@pytest.mark.parametrize("name", ["a'b\"; DROP TABLE recipes --", "a\u0000b", "%_*", " ", "👩‍👩‍👧", "e\u0301"])
async def test_a_name_is_taken_as_it_is(catalog, name):
    saved = await catalog.save("default", name, ONE, "RETURN 1", 5)
    assert await catalog.current("default", name) == saved
    assert await catalog.list_current("default") == [saved]
    assert await catalog.current("default", "é") is None


async def test_each_change_of_a_name_that_was_looked_up_before_is_seen(catalog):
    await catalog.save("t", "flow", ONE, "one", 1)
    assert (await catalog.current("t", "flow")).version == 1
    await catalog.save("t", "flow", ONE, "two", 2)
    assert (await catalog.current("t", "flow")).version == 2
    await catalog.point("t", "flow", 1)
    assert (await catalog.current("t", "flow")).version == 1
    await catalog.delete("t", "flow")
    assert await catalog.current("t", "flow") is None


async def test_a_change_is_seen_although_its_caller_has_gone(catalog):
    await catalog.save("t", "flow", ONE, "one", 1)
    assert (await catalog.current("t", "flow")).version == 1
    gone = asyncio.ensure_future(catalog.save("t", "flow", ONE, "two", 2))
    await asyncio.sleep(0)
    gone.cancel()
    await catalog.save("t", "other", ONE, "behind it", 3)
    assert (await catalog.current("t", "flow")).version == (await catalog.versions("t", "flow"))[-1].version


async def test_a_name_that_is_looked_up_while_it_changes_is_not_remembered_as_it_was(catalog):
    for number in range(1, 30):
        saving = asyncio.ensure_future(catalog.save("t", "flow", ONE, f"text {number}", number))
        looks = [asyncio.ensure_future(catalog.current("t", "flow")) for _ in range(8)]
        await saving
        assert (await catalog.current("t", "flow")).version == number
        await asyncio.gather(*looks)
        assert (await catalog.current("t", "flow")).version == number


async def test_a_version_keeps_its_pins_and_its_bill(catalog) -> None:
    saved = await catalog.save("t", "flow", ONE, "one", 1, pins={"echo": TWO}, bill={"hosts": []})
    assert (saved.pins, saved.bill) == ({"echo": TWO}, {"hosts": []})
    assert [v.pins for v in (await catalog.current("t", "flow"), *await catalog.versions("t", "flow")) if v] == [
        {"echo": TWO}
    ] * 2


async def test_the_same_text_with_other_modules_is_another_version(catalog) -> None:
    await catalog.save("t", "flow", ONE, "one", 1, pins={"echo": ONE})
    assert (await catalog.save("t", "flow", ONE, "one", 2, pins={"echo": TWO})).version == 2
    assert (await catalog.save("t", "flow", ONE, "one", 3, pins={"echo": ONE}, bill={"hosts": [1]})).version == 1
    assert (await catalog.list_current("t"))[0].bill == {"hosts": [1]}


async def test_the_bill_of_a_version_may_change_and_nothing_else_of_it(catalog) -> None:
    first = await catalog.save("t", "flow", ONE, "one", 1, pins={"echo": ONE})
    second = await catalog.save("t", "flow", TWO, "two", 2)
    assert (await catalog.current("t", "flow")) == second
    await catalog.set_bill("t", "flow", 1, {"hosts": [1]})
    await catalog.set_bill("t", "flow", 2, {"hosts": [2]})
    await catalog.set_bill("t", "flow", 3, {"hosts": [3]})
    now = await catalog.current("t", "flow")
    assert now is not None and (now.version, now.bill) == (2, {"hosts": [2]})
    assert [(v.version, v.text, v.bill) for v in await catalog.versions("t", "flow")] == [
        (1, first.text, {"hosts": [1]}),
        (2, second.text, {"hosts": [2]}),
    ]
