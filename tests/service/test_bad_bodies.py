"""Bodies that cannot be read: every one is refused with what is wrong with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Message

from cypher_executor.service import reading
from cypher_executor.service.problems import Refusal
from cypher_executor.service.reading import DISCARD_BYTES, read_body
from tests.service.support import ECHO, Ask, refused

JSON_PATHS = ["/runs", "/recipes/x/rollback", "/webhooks/named/x/trigger"]
MIB = 1024 * 1024

BAD_JSON = [
    ("{", 400, "json_invalid"),
    ("nothing", 400, "json_invalid"),
    ('{"a": 1} {"b": 2}', 400, "json_invalid"),
    ("{'a': 1}", 400, "json_invalid"),
    ('{"a": NaN}', 400, "json_invalid"),
    ('{"a": "\\ud800"}', 400, "json_invalid"),
    ('{"a": "\n"}', 400, "json_invalid"),
    ('\ufeff{"a": 1}', 400, "json_invalid"),
    ('{"recipe": "a", "recipe": "b"}', 400, "json_duplicate_key"),
    ('{"input": {"a": [{"b": 1, "b": 1}]}}', 400, "json_duplicate_key"),
    ('{"a": 9223372036854775808}', 400, "number_out_of_range"),
    ('{"a": 1e999}', 400, "number_out_of_range"),
    ("[" * 10_000 + "]" * 10_000, 400, "json_too_deep"),
    ('{"a":' * 10_000 + "1" + "}" * 10_000, 400, "json_too_deep"),
    ("[" * 10_000, 400, "json_too_deep"),
    ("[" * 66 + "]" * 66, 400, "json_too_deep"),
]


@pytest.mark.parametrize("path", JSON_PATHS)
@pytest.mark.parametrize(("content", "status", "code"), BAD_JSON)
async def test_json_that_is_not_good_is_refused(ask: Ask, path: str, content: str, status: int, code: str) -> None:
    refused(await ask.send(path, content, "application/json"), status, code)


async def test_the_place_of_a_mistake_in_json_is_told(ask: Ask) -> None:
    problem = refused(await ask.send("/runs", '{"recipe": "a",\n "input": oops}'), 400, "json_invalid")
    assert problem["where"]["line"] == 2
    assert "line 2" in problem["detail"]


@pytest.mark.parametrize("content", [b'{"a": "\xff"}', b"\x80", b"\xed\xa0\x80"])
async def test_a_body_that_is_not_utf8_is_refused(ask: Ask, content: bytes) -> None:
    refused(await ask.send("/runs", content, "application/json"), 400, "json_invalid")
    refused(await ask.send("/recipes?name=a", b"//" + content), 400, "text_invalid")


@pytest.mark.parametrize("path", [*JSON_PATHS, "/recipes", "/check"])
async def test_a_body_beyond_the_limit_is_refused(ask: Ask, path: str) -> None:
    problem = refused(await ask.send(path, b'"' + b"x" * (2 * MIB) + b'"'), 413, "body_too_large")
    assert "1024 KiB" in problem["detail"]


async def test_a_body_of_exactly_the_limit_is_read(ask: Ask, name: str) -> None:
    await ask.store(name, ECHO)
    rest = len(json.dumps({"recipe": name, "input": {"x": ""}}))
    start = {"recipe": name, "input": {"x": "x" * (MIB - rest)}}
    assert (await ask.send("/runs", json.dumps(start), "application/json")).status_code == 202
    start["input"] = {"x": "x" * (MIB - rest + 1)}
    refused(await ask.send("/runs", json.dumps(start), "application/json"), 413, "body_too_large")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "identity, gzip", "GZIP", "nonsense"])
@pytest.mark.parametrize("path", ["/runs", "/check", "/webhooks/named/x/trigger"])
async def test_compressed_bodies_are_not_read(ask: Ask, path: str, encoding: str) -> None:
    answer = await ask.request("POST", path, content=b"x", headers={"content-encoding": encoding})
    refused(answer, 415, "encoding_unsupported")
    assert answer.headers["accept-encoding"] == "identity"


async def test_a_body_that_says_it_is_not_compressed_is_read(ask: Ask) -> None:
    answer = await ask.request("POST", "/check", content=ECHO, headers={"content-encoding": "identity"})
    assert answer.status_code == 200


@pytest.mark.parametrize("content_type", ["application/xml", "multipart/form-data; boundary=x", "image/png"])
async def test_a_start_of_another_type_is_refused(ask: Ask, content_type: str) -> None:
    refused(await ask.send("/runs", '{"cypher": "CREATE (a)"}', content_type), 415, "media_type_unsupported")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/vnd.api+json", "", "text/plain"]
)
async def test_json_may_come_under_several_types(ask: Ask, content_type: str) -> None:
    assert (await ask.send("/runs", '{"cypher": "CREATE (a)"}', content_type)).status_code == 202


# --- reading, with the sender in the test's hand ----------------------------------------------------------------------


class Sender:
    """An ASGI `receive` that gives these pieces, and counts how many were asked for."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self.given = 0

    async def __call__(self) -> Message:
        try:
            piece = await anext(self._pieces)
        except StopAsyncIteration:
            return {"type": "http.request", "body": b"", "more_body": False}
        self.given += len(piece)
        return {"type": "http.request", "body": piece, "more_body": True}


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 65_536


async def in_pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def code_of(sender: Sender, limit: int = 100, **headers: str) -> str:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(Refusal) as refusal:
        await read_body(Headers(named), sender, limit, "SETTING")
    assert refusal.value.headers["connection"] == "close"
    return refusal.value.code


async def test_a_body_in_pieces_is_put_together() -> None:
    sender = Sender(in_pieces(b"a", b"", b"b" * 98, b"c"))
    assert await read_body(Headers(), sender, 100, "SETTING") == b"a" + b"b" * 98 + b"c"


async def test_an_endless_body_is_read_no_further_than_is_kind() -> None:
    sender = Sender(endless())
    assert await code_of(sender, transfer_encoding="chunked") == "body_too_large"
    assert sender.given <= 100 + DISCARD_BYTES + 2 * 65_536


async def test_what_a_sender_says_of_its_length_is_not_believed() -> None:
    assert await code_of(Sender(in_pieces(b"x" * 60, b"x" * 60)), content_length="7") == "body_too_large"


@pytest.mark.parametrize("length", ["101", "9" * 400, "²", "-1", "1e9"])
async def test_a_length_beyond_the_limit_is_refused_before_reading(length: str) -> None:
    sender = Sender(endless())
    assert await code_of(sender, content_length=length, expect="100-continue") == "body_too_large"
    assert sender.given == 0


async def test_a_body_that_does_not_arrive_in_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BODY_S", 0.0)

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(Refusal) as refusal:
        await read_body(Headers({"content-length": "5"}), never, 100, "SETTING")
    assert refusal.value.code == "body_too_slow"


async def test_a_sender_that_goes_away_gets_no_answer() -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(ClientDisconnect):
        await read_body(Headers({"content-length": "5"}), gone, 100, "SETTING")
