"""The connection between a part's request and its answer.

One session with one pool of connections. Every name is looked up anew for a new connection, every address of the
look-up is checked, and the socket factory, which sees each address just before it is connected to, checks it again:
there is no way to a socket around it, whatever notation a URL uses. Redirects are answers, the environment's proxies
are not looked at, and cookies are not kept. A request holds the rule for its host in a context variable, because the
resolver and the socket factory are not told for whom they work.

What can go wrong is an answer, too: `egress_refused`, `request_invalid`, `connection_failed`, `timeout` and
`response_too_large`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from cypher_executor.adapters.egress.answer import read_answer
from cypher_executor.adapters.egress.networks import read_address
from cypher_executor.adapters.egress.request import HttpRequest, read_request
from cypher_executor.adapters.egress.rule import EgressRefused, EgressRule
from cypher_executor.core.recipe import Value
from cypher_executor.errors import RequestInvalid
from cypher_executor.ports import CallContext, failed_call

MAX_BODY: Final = 4 * 1024 * 1024
_CHUNK: Final = 64 * 1024
_CONNECTIONS: Final = 1024
_HEADER_BYTES: Final = 32 * 1024

Resolve = Callable[[str, int, socket.AddressFamily], Awaitable[list[ResolveResult]]]

_host: ContextVar[str] = ContextVar("the host that the request in progress asked for", default="")


class Connections:
    """Sends what parts ask for. `resolve` looks names up, by default as the machine does."""

    def __init__(self, rule: EgressRule, resolve: Resolve | None) -> None:
        self._rule = rule
        self._resolve = resolve
        self._session: aiohttp.ClientSession | None = None

    async def request(self, request: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
        """The answer to one request of a part."""
        try:
            wanted = read_request(request, context)
            _check_no_userinfo(wanted)
            self._rule.check_target(wanted.url.host or "", wanted.url.port or 0)
            async with asyncio.timeout(wanted.timeout_ms / 1000):
                return await self._send(wanted)
        except RequestInvalid as error:
            return failed_call("request_invalid", error.message)
        except TimeoutError:
            return failed_call("timeout", f"no complete answer within {wanted.timeout_ms} ms", retryable=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _failed(error)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def _send(self, wanted: HttpRequest) -> Mapping[str, Value]:
        _host.set(wanted.url.host or "")
        async with self._open_session().request(
            wanted.method, wanted.url, headers=wanted.headers, data=wanted.body, allow_redirects=False
        ) as response:
            body = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > MAX_BODY:
                    response.close()
                    return failed_call("response_too_large", f"the answer is larger than {MAX_BODY} bytes")
            return read_answer(response, bytes(body))

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=_CheckedResolver(self._rule, self._resolve or ThreadedResolver().resolve),
                socket_factory=self._make_socket,
                use_dns_cache=False,
                limit=_CONNECTIONS,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=False,
                max_line_size=_HEADER_BYTES,
                max_field_size=_HEADER_BYTES,
            )
        return self._session

    def _make_socket(self, address: Any) -> socket.socket:
        family, kind, protocol, _, where = address
        self._rule.check_address(_host.get(), read_address(where[0]), where[1])
        return socket.socket(family, kind, protocol)


class _CheckedResolver(AbstractResolver):
    """Looks names up and refuses a name when any of its addresses is refused: mixed answers are an attack."""

    def __init__(self, rule: EgressRule, resolve: Resolve) -> None:
        self._rule = rule
        self._look_up = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._look_up(host, port, family)
        for result in found:
            self._rule.check_address(host, read_address(result["host"]), port)
        return found

    async def close(self) -> None:
        """Nothing is held."""


def _check_no_userinfo(wanted: HttpRequest) -> None:
    if wanted.url.user is not None or wanted.url.password is not None:
        raise EgressRefused("an address with a user name or password in it is refused: use a header")


def _failed(error: Exception) -> Mapping[str, Value]:
    if (refused := _refusal(error)) is not None:
        return failed_call("egress_refused", str(refused))
    if isinstance(error, aiohttp.InvalidURL | ValueError) and not isinstance(error, aiohttp.ClientConnectionError):
        return failed_call("request_invalid", f"the request cannot be sent: {error}")
    lasting = isinstance(error, aiohttp.ClientSSLError | aiohttp.ClientConnectorCertificateError)
    return failed_call("connection_failed", _reason(error), retryable=not lasting)


def _refusal(error: BaseException) -> EgressRefused | None:
    """aiohttp wraps what a resolver or a socket factory raises, several deep and in groups."""
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        here = todo.pop()
        if isinstance(here, EgressRefused):
            return here
        if here is None or id(here) in seen:
            continue
        seen.add(id(here))
        todo += [here.__cause__, here.__context__, getattr(here, "os_error", None)]
        todo += here.exceptions if isinstance(here, BaseExceptionGroup) else []
    return None


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
