"""Fixtures of the command line's tests."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli.support import Serving, serving


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of whoever runs the tests, an empty working directory, and a data folder of the test's own."""
    for name in [name for name in os.environ if name.startswith("CYPHER_EXECUTOR_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One service for all tests that only ask."""
    with serving(tmp_path_factory.mktemp("served")) as one:
        yield one


@pytest.fixture
def foreign() -> Iterator[str]:
    """The address of a web server that is something else."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Foreign) as something:
        thread = threading.Thread(target=something.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{something.server_address[1]}"
        something.shutdown()
        thread.join()


class _Foreign(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>hello</html>")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
