"""A service somewhere else: over HTTP, with aiohttp."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp

from cypher_executor.cli.client import Answer, Client, Request
from cypher_executor.errors import RequestInvalid, Unavailable

CONNECT_S = 5.0
ANSWER_S = 120.0


class HttpTransport:
    """Requests to one base URL."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def send(self, request: Request) -> Answer:
        """See `client.Transport`."""
        try:
            url = self._url + request.path
            async with self._session.request(
                request.method, url, data=request.body or None, headers=dict(request.headers), allow_redirects=False
            ) as answer:
                return Answer(answer.status, await answer.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._not_reachable(error) from None

    def _not_reachable(self, error: BaseException) -> Unavailable:
        return Unavailable(
            f"no service can be reached at {self._url}: {_reason(error)}",
            code="not_reachable",
            next_actions=["start one with `cypher-executor serve`, or say where it is with --server URL"],
        )


@contextlib.asynccontextmanager
async def connected(url: str, key: str | None = None) -> AsyncIterator[Client]:
    """A client of the service at `url`, which is shown this key. Raises RequestInvalid for what is no address."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_S, sock_connect=CONNECT_S)
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
        yield Client(HttpTransport(session, base_url(url)))


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.errno:
        return os.strerror(error.os_error.errno)
    return str(error) or type(error).__name__


def base_url(given: str) -> str:
    """The URL without a slash at its end; a host and port alone mean http."""
    url = given if "://" in given else f"http://{given}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise RequestInvalid(f"--server {given}: this is not the address of a service", next_actions=[_LIKE])
    return url.rstrip("/")


_LIKE = "write it like --server http://127.0.0.1:8080"
