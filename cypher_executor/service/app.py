"""The ASGI application: routes made from the records of endpoints, around a house that opens and closes with it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Match, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from cypher_executor.adapters.dispatch_local.early import Early
from cypher_executor.errors import NotFound, nearest
from cypher_executor.service.bolt_socket import BoltSocket
from cypher_executor.service.envelope import Envelope
from cypher_executor.service.families import by_path
from cypher_executor.service.hooks import Hooks
from cypher_executor.service.resource import Resource
from cypher_executor.service.waiting import Waiting
from cypher_executor.settings import Settings
from cypher_executor.wiring import House, open_house

if TYPE_CHECKING:
    from cypher_executor.bolt.server import BoltServer
    from cypher_executor.compat.desk import Desk

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def create_app(settings: Settings, *, house: House | None = None, early: Early | None = None) -> Starlette:
    """The service. It opens its own house when it starts, with workers of `early`, unless one that is open is given.

    `app.state.waiting` is the callers that wait for runs; whoever stops the service ends their waiting first.
    `app.state.load` loads what the first request would have to wait for; see `Library.load`. `app.state.drain` lets
    what is being executed end while the service still answers. `app.state.bolt` gives the server of Bolt, for whoever
    listens on a port of its own.
    """
    waiting, doors = Waiting(), _Door(house)
    paths = by_path()
    routes: list[BaseRoute] = [
        Route(_matched(path), Resource(paths[path], doors.house, doors.hooks, doors.desk, waiting)) for path in paths
    ]
    routes.append(WebSocketRoute("/", BoltSocket(doors.bolt)))

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with doors.open(settings, early):
            yield

    app = _Application(_Routes(routes, _Unknown(list(paths)), lifespan))
    app.state.waiting = waiting
    app.state.load = doors.load
    app.state.drain = doors.drain
    app.state.bolt = doors.bolt
    return app


class _Application(Starlette):
    """Starlette with nothing around its router but the envelope, which is all that makes answers out of errors."""

    def __init__(self, router: Router) -> None:
        super().__init__()
        self.router = router

    def build_middleware_stack(self) -> ASGIApp:
        """See Starlette."""
        return Envelope(self.router)


class _Routes(Router):
    """The routes, looked through only as far as they begin with the first word of the path."""

    def __init__(self, routes: Sequence[BaseRoute], default: ASGIApp, lifespan: Lifespan) -> None:
        super().__init__(routes, default=default, lifespan=lifespan)
        self._of: dict[str, list[Route]] = {}
        for route in (one for one in routes if isinstance(one, Route)):
            assert not _first_word(route.path).startswith("{"), f"the first word of {route.path} is not fixed"
            self._of.setdefault(_first_word(route.path), []).append(route)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See Starlette."""
        if scope["type"] != "http":
            await super().app(scope, receive, send)
            return
        for route in self._of.get(_first_word(scope["path"]), ()):
            match, found = route.matches(scope)
            if match is not Match.NONE:
                scope.update(found)
                await route.handle(scope, receive, send)
                return
        await self.default(scope, receive, send)


def _first_word(path: str) -> str:
    return path[1:].partition("/")[0]


class _Door:
    """Holds the house while it is open."""

    def __init__(self, house: House | None) -> None:
        self._house = house
        self._hooks: Hooks | None = None
        self._desk: Desk | None = None
        self._bolt: BoltServer | None = None

    def hooks(self, house: House) -> Hooks:
        """The hooks that the recipes of the house declare."""
        if self._hooks is None:
            self._hooks = Hooks(house.catalog, house.library)
        return self._hooks

    def desk(self, house: House) -> Desk:
        """Where clients of Neo4j are answered."""
        if self._desk is None:
            from cypher_executor.service.neo4j_clients import desk_of

            self._desk = desk_of(house, self.hooks(house))
        return self._desk

    def bolt(self) -> BoltServer:
        """What speaks Bolt with them."""
        if self._bolt is None:
            from cypher_executor.service.neo4j_clients import bolt_server

            self._bolt = bolt_server(self.house(), self.desk(self.house()))
        return self._bolt

    def house(self) -> House:
        """The open house."""
        assert self._house is not None, "requests are served inside the lifespan of the application"
        return self._house

    def load(self) -> None:
        """Load what compiling recipes and answering questions needs."""
        self.house().library.load()
        _ = self.house().questions

    async def drain(self) -> None:
        """Begin nothing new, say so in `/readyz`, and give what is being executed its time."""
        house = self.house()
        await house.engine.drain(house.settings.drain_s)

    @contextlib.asynccontextmanager
    async def open(self, settings: Settings, early: Early | None) -> AsyncIterator[None]:
        """Open a house for as long as the block lasts, unless there is one."""
        if self._house is not None:
            yield
            return
        async with open_house(settings, early) as self._house:
            yield
            await self._end_connections()
        self._house = self._hooks = self._desk = self._bolt = None

    async def _end_connections(self) -> None:
        if self._bolt is not None:
            await self._bolt.close()
        if self._desk is not None:
            await self._desk.close()


def _matched(path: str) -> str:
    """A path as routes are matched: that of a hook may have slashes in it."""
    return path.replace("{path}", "{path:path}")


class _Unknown:
    """What answers at every path that is nobody's."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        path: str = scope["path"]
        near = nearest(path, filter(None, (_meant(path, known) for known in self._paths)))
        raise NotFound(f"there is nothing at {path!r}", code="unknown_route", did_you_mean=near)


def _meant(path: str, template: str) -> str | None:
    """The path that this one would be with the template's own words, if those are near enough. Names must be there, and
    stay."""
    given, segments = path.rstrip("/").split("/"), template.split("/")
    if len(given) != len(segments):
        return None
    pairs = [(mine, segment) for mine, segment in zip(given, segments, strict=True) if not segment.startswith("{")]
    words = ["/".join(side) for side in zip(*pairs, strict=True)]
    if "" in given[1:] or nearest(words[0], words[1:]) is None:
        return None
    return "/".join(mine if s.startswith("{") else s for mine, s in zip(given, segments, strict=True))
