"""Our page in a headless Chromium, asked as a person asks it, of a real service."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.cli.support import Serving, cyx, serving
from tests.neo4j.browser import PATIENCE_MS, chromium, screenshots
from tests.neo4j.fetched import Missing


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Page]:
    """The page, in a browser that is asked what it loads and whether anything went wrong in it."""
    try:
        program = chromium()
    except Missing as missing:
        pytest.skip(str(missing))
    wrong: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            page = await browser.new_page(viewport={"width": 1200, "height": 1000})
            page.set_default_timeout(PATIENCE_MS)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("request", lambda request: wrong.append(request.url) if foreign(request.url, url) else None)
            await page.goto(url)
            yield page
        finally:
            await browser.close()
    assert wrong == []


def foreign(asked: str, url: str) -> bool:
    return not asked.startswith((url, "data:"))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Serving]:
    folder = tmp_path_factory.mktemp("page")
    with serving(folder / "data") as served:
        fails = folder / "fails.cypher"
        fails.write_text("CREATE (:Recipe {name: 'fails'}) CREATE (a:set {x: '<img src=x onerror=alert(1)>'}) "
                         "CREATE (a)-[:ON_SUCCESS]->(b {y: 1 / 0})")  # fmt: skip
        assert cyx("run", fails, "--server", served.url).returncode == 1
        given = ("-d", "text=The train was late.", "-d", "target_lang=de")
        assert cyx("run", "parallel_fanout", *given, "--server", served.url).returncode == 0
        yield served


async def test_a_question_is_answered_as_a_picture_and_as_a_table(service: Serving, tmp_path: Path) -> None:
    async with opened(service.url + "/") as page:
        await page.fill("#query", "MATCH p = (r:Run {name: 'parallel_fanout'})-[:RAN|STARTED]->(x) RETURN p")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#graph .node")).to_have_count(8)
        await expect(page.locator("#graph .node.succeeded")).not_to_have_count(0)
        await expect(page.locator("#table tbody tr")).to_have_count(7)
        await page.locator("#graph .node", has_text="summarise").first.press("Enter")
        await expect(page.locator("#details")).to_contain_text("duration_ms")
        await page.screenshot(path=screenshots(tmp_path) / "asking the graph.png", full_page=True)


async def test_each_question_worth_asking_can_be_chosen_and_is_answered(service: Serving) -> None:
    async with opened(service.url + "/") as page:
        options = page.locator("#questions option")
        await expect(options).to_have_count(13)
        for n in range(1, 13):
            await page.select_option("#questions", index=n)
            for field in await page.locator("#parameters input").all():
                await field.fill("parallel_fanout")
            async with page.expect_response("**/query") as answer:
                await page.click("button[type=submit]")
            assert (await answer.value).status == 200, await (await answer.value).text()
            await expect(page.locator("#answer")).to_be_visible()


async def test_what_is_in_an_answer_never_becomes_markup(service: Serving) -> None:
    async with opened(service.url + "/") as page:
        await page.fill("#query", "MATCH (s:Step {name: 'a'}) RETURN s, s.`in.x` AS x")
        await page.click("button[type=submit]")
        await expect(page.locator("#table")).to_contain_text("<img src=x")
        assert await page.locator("img").count() == 0


async def test_what_is_wrong_is_shown_where_it_is_and_mended(service: Serving) -> None:
    async with opened(service.url + "/") as page:
        await page.fill("#query", "// é😀\nMATCH (r:Run) WHERE r.state == 'failed' RETURN r.name AS name")
        await page.click("button[type=submit]")
        await expect(page.locator("#problem")).to_contain_text("line 2, column")
        marked = await page.evaluate("() => { const q = document.getElementById('query');"
                                     " return q.value.slice(q.selectionStart, q.selectionEnd) }")  # fmt: skip
        assert marked == "=="
        await page.click("#problem button")
        await page.click("button[type=submit]")
        await expect(page.locator("#table tbody")).to_have_text("fails")


async def test_explain_shows_how_it_would_be_answered(service: Serving) -> None:
    async with opened(service.url + "/") as page:
        await page.fill("#query", "MATCH (r:Run {id: $run}) RETURN r")
        await page.fill("#parameters input", "run_1")
        await page.click("#explain")
        await expect(page.locator("#plan")).not_to_be_empty()


async def test_a_service_that_has_keys_asks_for_one(tmp_path: Path) -> None:
    made = cyx("keys", "create", "operator", "--scope", "admin", "--json", "--data-dir", tmp_path / "data")
    with serving(tmp_path / "data") as served:
        async with opened(served.url + "/") as page:
            await page.click("button[type=submit]")
            await page.fill("#key-text", json.loads(made.stdout)["key"])
            await page.click("button[type=submit]")
            await expect(page.locator("#answer")).to_be_visible()
            await expect(page.locator("#key")).to_be_hidden()


async def test_programs_are_told_where_the_tools_of_neo4j_go(service: Serving) -> None:
    """What stands at / for whoever asks for JSON does not change for the page's sake."""
    async with opened(service.url + "/") as page:
        told = await page.evaluate("() => fetch('/', {headers: {accept: 'application/json'}}).then(r => r.json())")
        assert "neo4j_version" in told
        for name in ("..%2Findex.html", "settings.py", "none.js", "index.html/"):
            status = await page.evaluate("name => fetch('/page/' + name).then(r => r.status)", name)
            assert status in (404, 422), name
