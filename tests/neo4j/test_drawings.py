"""What was drawn, pasted or edited in Neo4j is read back as a recipe, and runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from cypher_executor.adapters.neo4j.connection import Address, Connection
from cypher_executor.adapters.neo4j.drawings import read_drawing
from cypher_executor.adapters.neo4j.target import Neo4jTarget
from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.graph_form.build import graph_form
from cypher_executor.cypher.graph_form.stored import Unreadable
from cypher_executor.cypher.graph_form.text import graph_text
from cypher_executor.errors import NotFound, RequestInvalid, Unavailable
from cypher_executor.graph.drawn import recipe_text
from tests.cli.support import invoke
from tests.graph.story import LOOP, SHOP, SHOP_2
from tests.graph.world import World, mirrored
from tests.neo4j.databases import Database
from tests.neo4j.test_mirror import address, target_in


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    opened = Connection(address(database.server))
    yield opened
    await opened.close()


@pytest.fixture
async def target(database: Database) -> AsyncIterator[Neo4jTarget]:
    opened = target_in(database)
    yield opened
    await opened.close()


async def read(connection: Connection, name: str) -> str:
    drawing = await read_drawing(connection, name)
    return recipe_text(drawing.recipe, drawing.nodes, drawing.relationships)


def digest(text: str) -> str:
    compiled = compile_recipe(text, parts=None)
    assert compiled.recipe is not None, (text, compiled.diagnostics)
    return compiled.recipe.digest


async def test_a_mirrored_recipe_is_read_back_as_it_is(target: Neo4jTarget, connection: Connection) -> None:
    world = World()
    await world.save(SHOP, SHOP_2, LOOP)
    await mirrored(world.mirror(target))
    assert digest(await read(connection, "shop")) == digest(SHOP_2)
    assert digest(await read(connection, "loop")) == digest(LOOP)
    back = compile_recipe(await read(connection, "loop"), parts=None).recipe
    assert back is not None
    assert list(back.nodes) == ["list", "double", "more", "all"]  # in the order of the text


async def test_an_edited_recipe_has_the_edit(database: Database, target: Neo4jTarget, connection: Connection) -> None:
    world = World()
    await world.save(SHOP_2)
    await mirrored(world.mirror(target))
    # fmt: off
    database.ask("MATCH (:Recipe {name: 'shop'})-[:HAS]->(n:Node {name: 'thanks'}) SET n.text = 'ta' "
                 "CREATE (n)-[:ON_SUCCESS {when: '{{ $loud }}'}]->(:Node {name: 'wave', part: 'set', n: 1})")
    # fmt: on
    edited = SHOP_2.replace("'thanks'})", "'ta'})")
    edited += "CREATE (thanks)-[:ON_SUCCESS {when: $loud}]->(wave:set {n: 1})"
    assert digest(await read(connection, "shop")) == digest(edited)


async def test_a_pasted_recipe_comes_before_the_mirrored_one(
    database: Database, target: Neo4jTarget, connection: Connection
) -> None:
    world = World()
    await world.save(SHOP)
    await mirrored(world.mirror(target))
    database.ask(graph_text(graph_form(SHOP_2)))
    assert digest(await read(connection, "shop")) == digest(SHOP_2)


async def test_what_nobody_can_know_is_asked(database: Database, connection: Connection) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        await read(connection, "nowhere")
    database.ask(graph_text(graph_form(SHOP)))
    database.ask(graph_text(graph_form(LOOP)))
    with pytest.raises(RequestInvalid, match="2 recipes in Neo4j have no nodes"):
        await read(connection, "shop")


async def test_dates_are_texts_and_points_are_told(database: Database, connection: Connection) -> None:
    database.ask("CREATE (:Recipe {name: 'd'}), (n:Node {name: 'a', part: 'set', day: date('2024-02-29')})")
    assert digest(await read(connection, "d")) == digest("CREATE (:Recipe {name: 'd'}), (a:set {day: '2024-02-29'})")
    if database.name == "neo4j":
        database.ask("MATCH (n:Node) SET n.at = point({x: 1, y: 2})")
        with pytest.raises(Unreadable, match="`at` of a is a CartesianPoint"):
            await read(connection, "d")


async def test_what_cannot_be_read_is_told_all_at_once(database: Database, connection: Connection) -> None:
    database.ask(
        "CREATE (:Recipe {name: 'd'}), (a:Node {name: 'a', part: 'set'}), (:Node {name: 'a'}), (:Node {name: 5})"
    )
    if database.name == "neo4j":
        database.ask("MATCH (n:Node {part: 'set'}) SET n.at = point({x: 1, y: 2})")
    with pytest.raises(Unreadable) as told:
        await read(connection, "d")
    wanted = ["2 nodes are called a: each needs a name of its own", "a node has the name 5, which is no text"]
    wanted += ["`at` of a is a CartesianPoint"] * (database.name == "neo4j")
    assert len(wanted) == len(told.value.problems)
    for want, problem in zip(wanted, told.value.problems, strict=True):
        assert problem.startswith(want)


async def test_nothing_that_is_drawn_into_a_recipe_is_left_out(database: Database, connection: Connection) -> None:
    database.ask(
        "CREATE (r:Recipe {name: 'd'})-[:HAS]->(a:Node {name: 'a'})-[:ON_SUCCESS]->(:set {name: 'b'}),"
        " (r)-[:HAS]->(:wait {s: 1}), (a)<-[:on_fail]-({name: 'c'}), (:Comment {text: 'mine'})-[:ABOUT]->(a)"
    )
    with pytest.raises(RequestInvalid) as told:
        await read(connection, "d")
    for what in ("b (:set) is connected by ON_SUCCESS to a", "(:wait) is connected by HAS to d", "c (no label"):
        assert what in told.value.message
    assert "Comment" not in told.value.message


async def test_two_drawings_of_one_name_are_ambiguous_and_a_near_name_is_told(
    database: Database, connection: Connection
) -> None:
    for _ in range(2):
        database.ask("CREATE (:Recipe {name: 'double'})-[:HAS]->(:Node {name: 'a', part: 'set'})")
    with pytest.raises(RequestInvalid, match="more than one recipe called 'double'"):
        await read(connection, "double")
    with pytest.raises(NotFound) as told:
        await read(connection, "duoble")
    assert told.value.did_you_mean == "double"


async def test_a_drawing_says_which_mirrored_version_it_hides(
    database: Database, target: Neo4jTarget, connection: Connection
) -> None:
    world = World()
    await world.save(SHOP, SHOP_2)
    await mirrored(world.mirror(target))
    drawing = await read_drawing(connection, "shop")
    assert (drawing.version, drawing.hidden) == (2, None)
    database.ask(graph_text(graph_form(SHOP)))
    drawing = await read_drawing(connection, "shop")
    assert (drawing.version, drawing.hidden) == (None, 2)


async def test_a_wrong_password_is_told_as_one(database: Database) -> None:
    if database.server.auth is None:
        pytest.skip("it asks for no password")
    opened = Connection(replace(address(database.server), password="wrong"))
    with pytest.raises(Unavailable) as told:
        await opened.ask("RETURN 1")
    await opened.close()
    assert told.value.next_actions == ("look at NEO4J_USERNAME and NEO4J_PASSWORD",)


def test_the_command_writes_what_it_has_read(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    where: Address = address(database.server)
    for name, value in (("URI", where.uri), ("USERNAME", where.username), ("PASSWORD", where.password)):
        monkeypatch.setenv(f"NEO4J_{name}", value or "")
    if where.username is None:
        monkeypatch.delenv("NEO4J_USERNAME")
    if where.database is not None:
        monkeypatch.setenv("NEO4J_DATABASE", where.database)
    database.ask(graph_text(graph_form(LOOP)))
    done = invoke("recipes", "import", "--from-neo4j", "loop", "-o", "-")
    assert done.exit_code == 0, done.stderr
    assert digest(done.stdout) == digest(LOOP)
    assert "read your drawing of it" in done.stderr
    assert invoke("recipes", "import", "--from-neo4j", "nowhere", "-o", "-").exit_code == 4
    database.ask("MATCH (n:Node {name: 'double'}) SET n.part = 'st'")
    wrong = invoke("recipes", "import", "--from-neo4j", "loop", "-o", "-")
    assert wrong.exit_code == 5
    assert "loop in Neo4j: 1 error" in wrong.stderr
