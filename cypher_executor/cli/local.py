"""A service of one's own: the whole application in this process, called without a socket.

Its journal is temporary unless a data folder is given. Leaving the block ends it as `serve` ends: what still runs gets
its time in a data folder, where it can go on later, and none in a temporary one.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope

from cypher_executor.adapters.dispatch_local import early
from cypher_executor.cli.address import pointing_at_holder
from cypher_executor.cli.client import Answer, Client, Request
from cypher_executor.service.resource import OPERATOR_CALLS
from cypher_executor.settings import Settings, load_settings


class LocalTransport:
    """Calls an application as a server on the loopback address would."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def send(self, request: Request) -> Answer:
        """See `client.Transport`."""
        incoming = iter([{"type": "http.request", "body": request.body, "more_body": False}])
        sent: list[Message] = []

        async def receive() -> Message:
            return next(incoming, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(_scope(request), receive, send)
        status = next(int(m["status"]) for m in sent if m["type"] == "http.response.start")
        return Answer(status, b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body"))


def _scope(request: Request) -> Scope:
    path, _, query = request.path.partition("?")
    headers = {"host": "127.0.0.1", "content-length": str(len(request.body)), **request.headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 80),
        "extensions": {OPERATOR_CALLS: {}},
    }


@contextlib.asynccontextmanager
async def embedded(
    data_dir: Path | None = None, workers: int | None = None, parts_dir: Path | None = None
) -> AsyncIterator[Client]:
    """A client of an application that lives as long as the block. Raises what opening a data folder raises."""
    with contextlib.ExitStack() as stack:
        if data_dir is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cypher-executor-")))
            settings = load_settings(
                data_dir=folder, workers=workers, parts_dir=parts_dir, drain_s=0.0, schedules=False
            )
        else:
            settings = load_settings(data_dir=data_dir, workers=workers, parts_dir=parts_dir, schedules=False)
        async with _application(settings) as client:
            yield client


@contextlib.asynccontextmanager
async def _application(settings: Settings) -> AsyncIterator[Client]:
    with early.starting(settings.workers) as workers, pointing_at_holder(settings.data_dir):
        # Loaded while the workers load what they need.
        from cypher_executor.service.app import create_app

        app = create_app(settings, early=workers)
        async with app.router.lifespan_context(app):
            yield Client(LocalTransport(app))
