"""One path and its endpoints, as an ASGI application: picks the method, lets the caller in, reads, and asks.

The order is that of trust: who asks comes before what is asked, and the body is read last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cypher_executor.keys import Keys
from cypher_executor.service.auth import Caller, admit
from cypher_executor.service.bodies import USUAL
from cypher_executor.service.endpoint import Endpoint, Exchange
from cypher_executor.service.headers import received
from cypher_executor.service.hooks import Hooks
from cypher_executor.service.problems import Refusal
from cypher_executor.service.queries import fitted_query, names_of, query_of
from cypher_executor.service.reading import read_body
from cypher_executor.service.waiting import Waiting
from cypher_executor.settings import Settings
from cypher_executor.wiring import House

if TYPE_CHECKING:
    from cypher_executor.compat.desk import Desk

HooksOf = Callable[[House], Hooks]
DeskOf = Callable[[House], "Desk"]

OPERATOR_CALLS = "cypher_executor.operator"
"""An extension of requests that come from this very process, which holds the data folder: they need no key. Servers
make the extensions of a request, so nobody outside can add it."""

BODY_READ = "body_read"
"""Set in the state of a request whose body has been read, or that has none."""


class Resource:
    """The endpoints of one path. `house` gives the house once it is open."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        house: Callable[[], House],
        hooks: HooksOf,
        desk: DeskOf,
        waiting: Waiting,
    ) -> None:
        self._by_method: dict[str, Endpoint] = {endpoint.method: endpoint for endpoint in endpoints}
        self._house = house
        self._hooks = hooks
        self._desk = desk
        self._waiting = waiting

    @property
    def allowed(self) -> str:
        """The methods of this path, as `Allow` lists them."""
        methods = {*self._by_method, "OPTIONS"} | ({"HEAD"} if "GET" in self._by_method else set())
        return ", ".join(sorted(methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(scope, receive)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        method: str = scope["method"]
        endpoint = self._by_method.get("GET" if method == "HEAD" else method)
        if endpoint is None:
            return self._without_endpoint(method)
        headers = received(scope)
        house = self._house()
        caller = _caller(house.keys, endpoint, scope, headers)
        query = query_of(scope["query_string"])
        exchange = Exchange(
            house=house,
            hooks=self._hooks(house),
            desk=partial(self._desk, house),
            waiting=self._waiting,
            caller=caller,
            headers=headers,
            base_url=_base_url(scope, headers),
            method=method,
            path=scope["path_params"],
            raw_query=query,
            query=_fitted(endpoint, query),
            body=await _body(endpoint, scope, headers, receive, house.settings),
        )
        answer: Response = await endpoint.handler(exchange)
        return answer

    def _without_endpoint(self, method: str) -> Response:
        if method == "OPTIONS":
            return Response(status_code=204, headers={"allow": self.allowed})
        message = f"{method} is not possible here; possible are {self.allowed}"
        raise Refusal(message, code="method_not_allowed", headers={"allow": self.allowed})


def _caller(keys: Keys, endpoint: Endpoint, scope: Scope, headers: Headers) -> Caller:
    if endpoint.open or OPERATOR_CALLS in scope.get("extensions", {}):
        return Caller()
    return admit(keys, scope["method"], scope["scheme"], headers, endpoint.needs, basic=endpoint.basic)


async def _body(endpoint: Endpoint, scope: Scope, headers: Headers, receive: Receive, settings: Settings) -> Any:
    if endpoint.body is None:
        return None
    limit = max(USUAL, endpoint.body.limit or USUAL, key=lambda one: one.kb(settings))
    raw = await read_body(headers, receive, limit.kb(settings) * 1024, limit.setting)
    scope["state"][BODY_READ] = True
    content_type = headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    return endpoint.body.read(raw, content_type if endpoint.body.whole_type else media_type)


def _fitted(endpoint: Endpoint, query: Mapping[str, list[str]]) -> Any:
    if endpoint.query is None:
        return None
    if endpoint.takes_any_query:
        query = {name: values for name, values in query.items() if name in names_of(endpoint.query)}
    return fitted_query(endpoint.query, query)


def _base_url(scope: Scope, headers: Headers) -> str:
    """Where the caller found us."""
    server = scope.get("server") or ("127.0.0.1", None)
    host = headers.get("host") or f"{server[0]}:{server[1]}"
    return f"{scope['scheme']}://{host}{scope.get('root_path', '')}"
