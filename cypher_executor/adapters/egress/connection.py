"""The connection between a part's request and its answer.

One session with one pool of connections for one rule. Every name is looked up anew for a new connection, every address
of the look-up is checked, and the socket factory, which sees each address just before it is connected to, checks it
again: there is no way to a socket around it, whatever notation a URL uses. Redirects are answers, the environment's
proxies are not looked at, and cookies are not kept.

Secrets are filled in after everything else has been checked, and taken out of whatever comes back, failures included.

What can go wrong is an answer, too: `grant_missing`, `egress_refused`, `request_invalid`, `unknown_secret`,
`connection_failed`, `timeout` and `response_too_large`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import traceback
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from aiohttp.connector import Connection
from aiohttp.resolver import ThreadedResolver

from cypher_executor.adapters.egress import room
from cypher_executor.adapters.egress.answer import read_answer
from cypher_executor.adapters.egress.failures import failed
from cypher_executor.adapters.egress.filling import filled, handles_in
from cypher_executor.adapters.egress.networks import read_address
from cypher_executor.adapters.egress.permission import check_granted, check_secret
from cypher_executor.adapters.egress.phases import PhaseLimits, Progress, TlsContext, current, tracing
from cypher_executor.adapters.egress.redaction import Redaction
from cypher_executor.adapters.egress.request import HttpRequest, read_request
from cypher_executor.adapters.egress.resolving import CheckedResolver, Resolve
from cypher_executor.adapters.egress.rule import EgressRefused, EgressRule
from cypher_executor.adapters.egress.signing import check_sign, signed
from cypher_executor.core.recipe import Value
from cypher_executor.errors import RequestInvalid
from cypher_executor.ports import CallContext, Secrets, failed_call

MAX_BODY: Final = 4 * 1024 * 1024
_LARGE: Final = 64 * 1024
_CHUNK: Final = 64 * 1024
_KEEP_ALIVE_S: Final = 15.0
_HEADER_BYTES: Final = 32 * 1024
_log = logging.getLogger(__name__)


class Connections:
    """Sends what parts ask for. `resolve` looks names up, by default as the machine does; `secrets` opens secrets.

    Making one blocks for some milliseconds.
    """

    def __init__(
        self, rule: EgressRule, secrets: Secrets | None, resolve: Resolve | None, limits: PhaseLimits | None
    ) -> None:
        self._rule = rule
        self._secrets = secrets
        self._resolve = resolve
        self._limits = limits or PhaseLimits()
        self._tls = TlsContext()  # reading the certificates takes a while, and whoever makes this has the time
        self._session: aiohttp.ClientSession | None = None

    async def request(self, request: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
        """The answer to one request of a part."""
        redaction = Redaction({})
        try:
            wanted = read_request(request, context)
            if wanted.sign:
                check_sign(wanted.sign)
            self._check(wanted, context)
            values = await self._open_secrets(wanted, context)
            redaction = Redaction(values)
            ready = signed(filled(wanted, values, context.seed, context.run), context.key)
            answer = await self._send(ready, redaction)
        except Exception as error:
            answer = failed(error) or _bug(error)
        return {key: redaction.value(value) for key, value in answer.items()}

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def _check(self, wanted: HttpRequest, context: CallContext) -> None:
        if wanted.url.user is not None or wanted.url.password is not None:
            raise EgressRefused("an address with a user name or password in it is refused: use a header")
        check_granted(wanted, context)
        self._rule.check_target(wanted.url.host or "", wanted.url.port or 0)

    async def _open_secrets(self, wanted: HttpRequest, context: CallContext) -> dict[str, str]:
        """The values of the secrets that this request has handles of, each of which may go where it goes."""
        names = handles_in(wanted, context.seed, context.run)
        if not names or self._secrets is None:
            return {}
        for name in sorted(names):
            check_secret(name, (), wanted, context)
        opened = await self._secrets.reveal(context.tenant, names)
        for name in sorted(names):
            if name not in opened:
                message = f"there is no secret {name}: store it with `cypher-executor secrets set {name}`"
                raise RequestInvalid(message, code="unknown_secret")
            check_secret(name, opened[name].hosts, wanted, context)
        return {name: secret.value for name, secret in opened.items()}

    async def _send(self, wanted: HttpRequest, redaction: Redaction) -> Mapping[str, Value]:
        async with (
            Progress(wanted.url.host or "", self._limits, wanted.timeout_ms / 1000) as progress,
            self._open_session().request(
                wanted.method, wanted.url, headers=wanted.headers, data=wanted.body, allow_redirects=False
            ) as response,
        ):
            progress.enter("body")
            body = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > MAX_BODY:
                    response.close()
                    return failed_call("response_too_large", f"the answer is larger than {MAX_BODY} bytes")
            if len(body) <= _LARGE:
                return read_answer(response, bytes(body), redaction.raw)
            # What is written so that it takes long to read must not hold up the event loop.
            return await asyncio.to_thread(read_answer, response, bytes(body), redaction.raw)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = _Connector(
                resolver=CheckedResolver(self._rule, self._resolve or ThreadedResolver().resolve),
                socket_factory=self._make_socket,
                ssl=self._tls,
                use_dns_cache=False,
                limit=room.connections(),
                keepalive_timeout=_KEEP_ALIVE_S,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                trust_env=False,
                trace_configs=[tracing()],
                max_line_size=_HEADER_BYTES,
                max_field_size=_HEADER_BYTES,
            )
        return self._session

    def _make_socket(self, address: Any) -> socket.socket:
        family, kind, protocol, _, where = address
        progress = current.get()
        assert progress is not None, "sockets are made for requests"
        self._rule.check_address(progress.host, read_address(where[0]), where[1])
        progress.enter("connect")
        return socket.socket(family, kind, protocol)


class _Connector(aiohttp.TCPConnector):
    """Tells the request in progress of its connection."""

    async def connect(self, *request: Any, **more: Any) -> Connection:
        """See aiohttp."""
        connection = await super().connect(*request, **more)
        if (progress := current.get()) is not None:
            progress.transport = connection.transport
        return connection


def _bug(error: Exception) -> Mapping[str, Value]:
    """What nobody thought of. Its message may quote what was sent, so the log gets the places only."""
    places = "".join(traceback.format_tb(error.__traceback__))
    _log.error("http_request failed with %s at\n%s", type(error).__name__, places)
    return failed_call("internal_error", "the request met a bug in cypher-executor; the service's log has it")
