"""The library: recipes by text, name and digest."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cypher_executor import files
from cypher_executor.adapters.clock import SystemClock
from cypher_executor.adapters.memory import MemoryCatalog
from cypher_executor.adapters.parts_folder import PartsFolder
from cypher_executor.errors import NotFound, RecipeInvalid, RequestInvalid
from cypher_executor.library import MAX_TEXT_BYTES, Library

ECHO = "CREATE (:Recipe {name: 'echo', input: {type: 'object', required: ['x']}}) CREATE (a {x: $x})"


@pytest.fixture(scope="module")
def parts() -> PartsFolder:
    return PartsFolder([files.shipped("parts")])


@pytest.fixture
def library(parts: PartsFolder) -> Library:
    return Library(MemoryCatalog(), parts, SystemClock())


async def test_a_stored_recipe_is_found_by_its_name(library: Library) -> None:
    saved = await library.save("default", ECHO)
    prepared = await library.prepare("default", "echo", {"x": 1})
    assert (prepared.name, prepared.version) == ("echo", saved.version.version)
    assert prepared.recipe.digest == saved.recipe.digest


async def test_an_input_that_does_not_fit_is_refused_before_anything_runs(library: Library) -> None:
    await library.save("default", ECHO)
    with pytest.raises(RequestInvalid) as refused:
        await library.prepare("default", "echo", {"y": 1})
    assert refused.value.code == "input_invalid"


async def test_an_unknown_name_gives_the_nearest(library: Library) -> None:
    await library.save("default", ECHO)
    with pytest.raises(NotFound) as refused:
        await library.prepare("default", "ecko", {})
    assert (refused.value.code, refused.value.did_you_mean) == ("unknown_recipe", "echo")


async def test_one_tenant_does_not_see_the_recipes_of_another(library: Library) -> None:
    await library.save("default", ECHO)
    with pytest.raises(NotFound) as refused:
        await library.prepare("other", "echo", {})
    assert refused.value.did_you_mean is None


async def test_a_recipe_needs_a_name_and_only_one(library: Library) -> None:
    with pytest.raises(RequestInvalid, match="no name"):
        await library.save("default", "CREATE (a)")
    with pytest.raises(RequestInvalid, match="calls itself"):
        await library.save("default", ECHO, "other")


async def test_an_unknown_workflow_is_a_warning_and_refuses_nothing(library: Library) -> None:
    saved = await library.save("default", "CREATE (a:trigger_workflow {workflow: 'nobody'})", "asks")
    assert [d.code for d in saved.warnings] == ["unknown_workflow"]


async def test_a_recipe_knows_itself(library: Library) -> None:
    saved = await library.save("default", "CREATE (a:trigger_workflow {workflow: 'myself'})", "myself")
    assert saved.warnings == ()


async def test_all_problems_of_a_text_are_told(library: Library) -> None:
    with pytest.raises(RecipeInvalid) as refused:
        await library.prepare_text("CREATE (a:nobody)-[:ON_FAILURE]->(b {x: c.y})", {})
    codes = {d.code for d in refused.value.diagnostics}
    assert codes == {"unknown_part", "unknown_relationship_type", "unknown_name"}


async def test_a_text_beyond_the_limit_is_refused(library: Library) -> None:
    with pytest.raises(RequestInvalid) as refused:
        await library.check("// " + "x" * MAX_TEXT_BYTES)
    assert refused.value.code == "recipe_too_large"


async def test_nobody_waits_while_a_long_text_is_checked(library: Library) -> None:
    text = "\n".join(f"CREATE (a{n} {{x: {n}}})-[:ON_SUCCESS]->(b{n})" for n in range(200))
    checking = asyncio.create_task(library.check(text))
    turns = 0
    while not checking.done():
        await asyncio.sleep(0)
        turns += 1
    assert (await checking).ok and turns > 10


async def test_a_recipe_of_an_earlier_version_is_read_again_although_its_parts_have_gone(
    parts: PartsFolder, tmp_path: Path
) -> None:
    catalog, clock = MemoryCatalog(), SystemClock()
    saved = await Library(catalog, parts, clock).save("default", "CREATE (a:set {x: 1})", "old")
    without_parts = Library(catalog, PartsFolder([tmp_path]), clock)
    assert (await without_parts.by_digest(saved.recipe.digest)).digest == saved.recipe.digest
