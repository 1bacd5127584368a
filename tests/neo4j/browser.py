"""Neo4j Browser in a headless Chromium: what a person does with it, as a test does it.

Nothing leaves the machine: whatever the page would load from elsewhere is refused. Pictures are kept in the folder that
the environment variable BROWSER_SCREENSHOTS names, or in that of the test.
"""

from __future__ import annotations

import contextlib
import http.server
import mimetypes
import os
import shutil
import threading
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

from playwright.async_api import Page, async_playwright

from tests.neo4j.fetched import Missing
from tests.neo4j.real import assembled

PATIENCE_MS = 30_000
_DRAWN = """
count => document.querySelector('[data-testid=frame]')?.querySelectorAll('svg g.node').length === count
"""


def chromium() -> str:
    """The program. Raises Missing."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise Missing(
            "there is no Chromium: install it (apt-get install chromium) to run these tests with Neo4j Browser"
        )
    return found


def screenshots(folder: Path) -> Path:
    """Where pictures are kept."""
    chosen = Path(os.environ.get("BROWSER_SCREENSHOTS", folder))
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


@contextlib.contextmanager
def page_server() -> Iterator[str]:
    """Serves the files of Neo4j Browser from its jar, without any Neo4j; gives the address. Raises Missing."""
    (jar,) = assembled().glob("neo4j-browser-*.jar")
    with zipfile.ZipFile(jar) as files:
        lock = threading.Lock()

        class Files(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = urlsplit(self.path).path.lstrip("/")
                try:
                    with lock:
                        body = files.read(name)
                except KeyError:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("content-type", mimetypes.guess_type(name)[0] or "application/octet-stream")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None: ...

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/browser/index.html"
            finally:
                server.shutdown()
                thread.join()


class Browser:
    """A page with Neo4j Browser in it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.sockets: list[str] = []
        """Where it has connected to."""
        page.on("websocket", lambda socket: self.sockets.append(socket.url))

    async def connect(self, address: str, bolt: str, auth: tuple[str, str] | None = None) -> None:
        """Open the page at this address, and connect."""
        page = self._page
        await page.goto(f"{address}?dbms={quote(bolt, safe=':/')}")
        method = page.get_by_test_id("authenticationMethod")
        await method.wait_for()
        if auth is None:
            await method.select_option("NO_AUTH")
        else:
            await page.get_by_test_id("username").fill(auth[0])
            await page.get_by_test_id("password").fill(auth[1])
        await page.get_by_test_id("connect").click()
        await page.get_by_role("heading", name="Connected to Neo4j").wait_for()

    async def ask(self, text: str) -> None:
        """Type a question and run it; its frame is the first one then."""
        editor = self._page.get_by_test_id("activeEditor")
        await editor.locator(".monaco-editor").first.click()
        await self._page.keyboard.insert_text(text)
        await self._page.get_by_test_id("editor-Run").first.click()
        await self._page.get_by_test_id("frameCommand").filter(has_text=text[:20]).first.wait_for()

    async def drawn(self, nodes: int) -> None:
        """Until so many nodes are drawn in the first frame."""
        await self._page.wait_for_function(_DRAWN, arg=nodes)

    async def told(self) -> str:
        """The words of the first frame."""
        return await self._page.get_by_test_id("frame").first.inner_text()

    async def keep(self, picture: Path) -> None:
        """Keep a picture of the page, once what is drawn has come to rest."""
        await self._page.wait_for_timeout(1_500)
        await self._page.screenshot(path=picture)


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A Browser that is not connected yet. Raises Missing."""
    program = chromium()
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            page = await started.new_page(viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(PATIENCE_MS)
            await page.route("**/*", lambda route: route.continue_() if _here(route.request.url) else route.abort())
            yield Browser(page)
        finally:
            await started.close()


def _here(url: str) -> bool:
    return urlsplit(url).hostname in (None, "127.0.0.1", "localhost")
