"""Servers that answer what no server should: each request ends in time, with an answer that a journal can hold."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cypher_executor.adapters.egress import Egress
from tests.egress.conftest import CONTEXT

OK = b"HTTP/1.1 200 OK\r\n"
TEXT = b"content-type: text/plain\r\n"
ENDLESS = 1 << 30
"""So many times is for ever here: the client has to go away first."""


def whole(data: bytes, head: bytes = TEXT) -> bytes:
    return OK + head + b"content-length: %d\r\n\r\n" % len(data) + data


def in_charset(name: str, data: bytes) -> bytes:
    return whole(data, f"content-type: text/plain; charset={name}\r\n".encode())


def again_and_again(begin: bytes, piece: bytes) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    """What it says first, and then the same until nobody listens."""

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        for _ in range(ENDLESS):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    return say


async def ask(answer: bytes | Callable[[asyncio.StreamWriter], Awaitable[None]], timeout_ms: int = 5000) -> Any:
    """What a part is told whose server answers this."""
    opened: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)
        try:
            await reader.readuntil(b"\r\n\r\n")
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    egress = Egress(allow=[f"127.0.0.1:{port}"])
    request = {"op": "http_request", "url": f"http://127.0.0.1:{port}/", "timeout_ms": timeout_ms}
    try:
        told = await egress.http_request(request, CONTEXT)
    finally:
        await egress.close()
        server.close()
        for writer in opened:
            writer.transport.abort()  # closing would wait until somebody has read all that was written
    json.dumps(told, allow_nan=False, ensure_ascii=False).encode()  # no lone surrogate, nothing that JSON has not
    return told


NO_HTTP = {
    "nothing at all": b"",
    "noise": bytes(range(256)) * 8,
    "another protocol": b"SSH-2.0-OpenSSH_9\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a status that is no number": b"HTTP/1.1 two OK\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 1000 OK\r\ncontent-length: 0\r\n\r\n",
    "a length below nothing": OK + b"content-length: -1\r\n\r\nhi",
    "two lengths": OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\nhi",
    "a length beyond all numbers": OK + b"content-length: 99999999999999999999\r\n\r\nhi",
    "a length and chunks": OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "fewer bytes than it says": OK + b"content-length: 10\r\n\r\nhi",
    "a chunk without a length": OK + b"transfer-encoding: chunked\r\n\r\nzz\r\nhi",
    "a chunk beyond all numbers": OK + b"transfer-encoding: chunked\r\n\r\nffffffffffffffffffff\r\nhi",
    "a NUL in a header": OK + b"x: a\0b\r\ncontent-length: 0\r\n\r\n",
    "a header without a colon": OK + b"xyz\r\ncontent-length: 0\r\n\r\n",
    "a header without a name": OK + b": y\r\ncontent-length: 0\r\n\r\n",
    "no gzip where it says gzip": whole(b"plain", TEXT + b"content-encoding: gzip\r\n"),
    "twenty thousand headers": OK + b"".join(b"x-%d: y\r\n" % n for n in range(20_000)) + b"content-length: 0\r\n\r\n",
}


@pytest.mark.parametrize("answer", NO_HTTP.values(), ids=NO_HTTP.keys())
async def test_what_is_not_http_is_a_failed_connection(answer: bytes) -> None:
    told = await ask(answer)
    assert not told["ok"] and told["error"]["code"] == "connection_failed" and told["error"]["retryable"]


WITHOUT_END: dict[str, tuple[bytes, bytes, str]] = {
    "a body": (OK + b"\r\n", b"x" * 65536, "response_too_large"),
    "headers": (OK, b"x: y\r\n" * 1000, "connection_failed"),
    "one header": (OK + b"x: ", b"y" * 65536, "connection_failed"),
    "the first line": (b"HTTP/1.1 200 ", b"O" * 65536, "connection_failed"),
    "the extension of a chunk": (OK + b"transfer-encoding: chunked\r\n\r\n1;", b"a" * 65536, "timeout"),
    "provisional answers": (b"", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", "timeout"),
}


@pytest.mark.parametrize(("begin", "piece", "code"), WITHOUT_END.values(), ids=WITHOUT_END.keys())
async def test_what_has_no_end_is_ended(begin: bytes, piece: bytes, code: str) -> None:
    told = await ask(again_and_again(begin, piece), timeout_ms=400 if code == "timeout" else 20_000)
    assert not told["ok"] and told["error"]["code"] == code


async def test_a_body_that_comes_drop_by_drop_ends_with_the_time(timeout_ms: int = 150) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"\r\n")
        for _ in range(ENDLESS):
            writer.write(b"x")
            await asyncio.sleep(0.02)

    told = await ask(drip, timeout_ms)
    assert told["error"]["code"] == "timeout" and "reading the answer" in told["error"]["message"]


@pytest.mark.parametrize(
    "packed",
    [
        whole(gzip.compress(bytes(50_000_000), 9), TEXT + b"content-encoding: gzip\r\n"),
        whole(zlib.compress(bytes(50_000_000), 9), TEXT + b"content-encoding: deflate\r\n"),
    ],
    ids=["gzip", "deflate"],
)
async def test_what_is_small_only_while_it_is_packed_is_too_large(packed: bytes) -> None:
    assert (await ask(packed))["error"]["code"] == "response_too_large"


@pytest.mark.parametrize(
    ("charset", "data"),
    [
        ("punycode", b"a" * 100_000 + b"-" + b"9" * 100_000),  # minutes, where anybody tried
        ("unicode_escape", b"\\ud800"),
        ("raw_unicode_escape", b"\\ud800"),
        ("idna", b"xn--a"),
        ("utf-7", b"+2AA-"),
        ("undefined", b"x"),
        ("rot13", b"x"),
        ("zlib", zlib.compress(bytes(50_000_000), 9)),
        ("nobody-knows-it", b"x"),
        ("\xff", b"x"),
        ("utf-16-le", b"\x00\xd8"),
    ],
)
async def test_a_body_in_what_is_no_encoding_of_texts_is_bytes(charset: str, data: bytes) -> None:
    told = await ask(in_charset(charset, data))
    assert told["body_base64"] is True and told["status"] == 200


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("ISO-8859-1", b"caf\xe9", "café"),
        ("Windows-1252", b"\x80", "€"),
        ("Shift_JIS", "日本".encode("shift_jis"), "日本"),
        ("GB18030", "名".encode("gb18030"), "名"),
        ("big5", "名".encode("big5"), "名"),
        ("KOI8-R", "да".encode("koi8-r"), "да"),
        ("UTF-16", "名".encode("utf-16"), "名"),
    ],
)
async def test_a_body_in_an_encoding_of_texts_is_a_text(charset: str, data: bytes, text: str) -> None:
    assert (await ask(in_charset(charset, data)))["body"] == text


async def test_a_content_type_that_is_longer_than_any_is_not_read() -> None:
    told = await ask(whole(b"hi", b"content-type: text/plain;" + b" x=y;" * 6000 + b"\r\n"))
    assert told["body_base64"] is True and told["status"] == 200


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"n": ' + b"9" * 100_000 + b"}",
        b'{"n": NaN}',
        b"1e999",
        b'"\\ud800"',
        b'{"a": 1, "a": 2}',
    ],
    ids=["deep", "a long number", "NaN", "infinite", "half a character", "twice the same key"],
)
async def test_json_that_is_none_is_a_text(body: bytes) -> None:
    assert (await ask(whole(body, b"content-type: application/json\r\n")))["body"] == body.decode()
