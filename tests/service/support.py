"""How the tests ask the service, and what they expect of every answer."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import httpx2

from cypher_executor.service.kinds import KINDS

LASTS = "CREATE (pause:wait {seconds: 3600})-[:ON_SUCCESS]->(after)"
"""A recipe whose runs go on for longer than any test."""

FAILS = "CREATE (a {x: 1 / 0})"
"""A recipe whose runs fail."""

ECHO = "CREATE (a {x: $x}) RETURN a.x AS x"
"""A recipe whose runs give back what they got."""


class Ask:
    """A client with words for what these tests ask most."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        return await self._client.get(path, **more)

    async def request(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return await self._client.request(method, path, **more)

    async def post(self, path: str, json: Any = None, **headers: str) -> httpx2.Response:
        """A POST of JSON. In the names of headers an underscore stands for a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._client.post(path, json=json, headers=named)

    async def send(self, path: str, content: bytes | str, content_type: str = "text/plain") -> httpx2.Response:
        """A POST of these bytes."""
        return await self._client.post(path, content=content, headers={"content-type": content_type})

    async def store(self, name: str, text: str) -> dict[str, Any]:
        """Store a recipe that must be right."""
        answer = await self._client.put(f"/recipes/{name}", content=text)
        assert answer.status_code in (200, 201), answer.text
        return body(answer)

    async def run(self, recipe: str, given: Any = None) -> dict[str, Any]:
        """A run of a stored recipe, ended."""
        answer = await self.post("/runs", {"recipe": recipe, "input": given or {}}, prefer="wait=20")
        assert answer.status_code == 200, answer.text
        return body(answer)


@dataclass(frozen=True)
class Reply:
    """What came back over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Wire:
    """A server on a port of this machine, spoken to in bytes."""

    port: int
    connections: set[Any]
    """The server's side of the connections that are open."""
    tasks: set[asyncio.Task[None]]
    """The requests that the application works at."""

    async def send(self, *pieces: bytes) -> Reply:
        """Send the pieces one after the other, without ending, and read the first answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            return await self.exchange(reader, writer, *pieces)
        finally:
            writer.close()

    async def exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *pieces: bytes) -> Reply:
        """One answer on a connection that stays open."""
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await read_reply(reader)


async def read_reply(reader: asyncio.StreamReader) -> Reply:
    """The next answer of a connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode().splitlines()
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    content = await reader.readexactly(int(headers.get("content-length", "0")))
    return Reply(int(first.split()[1]), headers, content)


def body(answer: httpx2.Response) -> dict[str, Any]:
    """The JSON of an answer that is an object."""
    found = answer.json()
    assert isinstance(found, dict)
    return found


def refused(answer: httpx2.Response | Reply, status: int, code: str) -> dict[str, Any]:
    """The problem that this answer tells of; it must have the one shape that all of them have."""
    if isinstance(answer, Reply):
        got, media_type, problem = answer.status, answer.headers["content-type"], answer.json()
    else:
        got, media_type, problem = answer.status_code, answer.headers["content-type"], answer.json()
    assert (got, problem.get("code")) == (status, code), problem
    assert media_type == "application/problem+json"
    assert problem["status"] == status == KINDS[code].status
    assert problem["type"].endswith(code)
    assert problem["title"] == KINDS[code].title
    assert problem["detail"]
    assert isinstance(problem["retryable"], bool)
    assert isinstance(problem["next_actions"], list)
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert {"where", "did_you_mean"} <= problem.keys()
    return dict(problem)
