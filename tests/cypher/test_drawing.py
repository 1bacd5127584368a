"""Pictures of recipes: whatever a recipe says is text in them, and they are as long as it is large."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

import pytest

from cypher_executor.core.recipe import Recipe
from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.drawing import to_mermaid, to_svg, to_tree
from tests.cypher.fixture_cases import Case, cases

SVG = "{http://www.w3.org/2000/svg}"
SHOP = """
CREATE (:Recipe {name: 'shop', description: 'Sells things'})
CREATE (price:http_request {url: $url})-[:ON_SUCCESS {when: price.body.total > 10}]->(send:set {x: 1})
CREATE (send)-[:ON_SUCCESS]->(end)<-[:ON_SUCCESS {otherwise: true}]-(price)
CREATE (price)-[:ON_FAIL]->(tell:set {x: 2, join: 'any'})
"""
HOSTILE = 'CREATE (`<script>alert(1)</script>`:`a"b`)-[:ON_SUCCESS {branch: \']]>&"\\u0000\u202e\'}]->(`#quot;|"]`)'


def drawn(text: str) -> Recipe:
    found = compile_recipe(text, parts=None, trusted=True)
    assert found.recipe is not None, found.diagnostics
    return found.recipe


@pytest.mark.parametrize("case", cases("drawing"), ids=str)
def test_a_recipe_is_drawn_as_a_tree_and_in_mermaid(case: Case) -> None:
    tree, mermaid = case.sections
    assert to_tree(drawn(case.recipe)).rstrip("\n") == tree
    assert to_mermaid(drawn(case.recipe)).rstrip("\n") == mermaid


def svg(text: str) -> Xml.Element:
    return Xml.fromstring(to_svg(drawn(text)))


def test_a_recipe_that_has_a_name_is_called_by_it() -> None:
    assert to_tree(drawn(SHOP)).startswith("shop: Sells things\nprice: http_request\n")
    assert to_mermaid(drawn(SHOP)).startswith('---\ntitle: "shop"\n---\nflowchart TD\n')
    assert svg(SHOP).findtext(f"{SVG}title") == "shop"


def test_every_node_stands_in_the_picture_with_its_part() -> None:
    root = svg(SHOP)
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert {"price", "http_request", "send", "end", "tell", "set, join any"} <= set(texts)
    assert {"when price.body.total > 10", "otherwise", "on fail"} <= set(texts)
    assert len(root.findall(f".//{SVG}rect")) == 4


def test_the_way_of_a_failure_is_dashed() -> None:
    ways = [e.get("class") for e in svg(SHOP).findall(f"{SVG}path")]
    assert ways.count("line failure") == 1
    style = svg(SHOP).findtext(f"{SVG}style") or ""
    assert re.search(r"\.line\.failure \{[^}]*stroke-dasharray", style)
    assert "prefers-color-scheme: dark" in style


def boxes(text: str) -> list[tuple[float, float, float, float]]:
    found = svg(text).findall(f".//{SVG}rect")
    return [tuple(float(e.get(name, "")) for name in ("x", "y", "width", "height")) for e in found]  # type: ignore[misc]


def test_no_node_covers_another_and_all_are_within_the_picture() -> None:
    fans = "".join(
        f"CREATE (a)-[:ON_SUCCESS]->(b{n}:a_part_with_a_long_name)-[:ON_SUCCESS]->(c{n % 3})\n" for n in range(9)
    )
    text = f"{fans} CREATE (a)-[:ON_FAIL]->(c1)-[:ON_SUCCESS]->(d)<-[:ON_FAIL]-(a)"
    placed = boxes(text)
    width, height = (float(svg(text).get(name, "")) for name in ("width", "height"))
    for number, (x, y, w, h) in enumerate(placed):
        assert x >= 0 and x + w <= width and y >= 0 and y + h <= height
        for other_x, other_y, other_w, _ in placed[:number]:
            assert y != other_y or x + w <= other_x or other_x + other_w <= x


def test_nothing_that_a_recipe_says_becomes_markup() -> None:
    root = svg(HOSTILE)
    assert not list(root.iter(f"{SVG}script"))
    assert "<script>alert(1)</script>" in [e.text for e in root.iter(f"{SVG}text")]
    mermaid = to_mermaid(drawn(HOSTILE))
    assert "<script" not in mermaid and mermaid.count('"') == 6
    for picture in (mermaid, to_tree(drawn(HOSTILE)), to_svg(drawn(HOSTILE))):
        assert not set(picture) & {"\x00", "\u202e"}


def comb(size: int) -> str:
    return "".join(
        f"CREATE (n{i})-[:ON_SUCCESS]->(n{i + 1})<-[:ON_FAIL]-(n0), (n{i})-[:ON_FAIL]->(m{i})\n" for i in range(size)
    )


@pytest.mark.parametrize("draw", [to_tree, to_mermaid, to_svg])
def test_a_picture_of_thousands_of_nodes_is_as_long_as_the_recipe_is_large(draw: object) -> None:
    assert callable(draw)
    small, large = (len(draw(drawn(comb(size)))) for size in (150, 1_500))
    assert large < 15 * small
    chain = "CREATE (n0)" + "".join(f"-[:ON_SUCCESS]->(n{i})" for i in range(1, 5_000))
    assert "n4999" in draw(drawn(chain))


def test_a_name_that_is_too_long_for_a_label_is_cut() -> None:
    long = "摘" * 100
    assert f"{long}: set" not in to_tree(drawn(f"CREATE ({long}:set)"))
    assert "…" in to_mermaid(drawn(f"CREATE ({long}:set)"))
    assert long in [e.text for e in svg(f"CREATE ({long})").iter(f"{SVG}title")]
