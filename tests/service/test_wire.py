"""The connection itself, in bytes: what clients send that are slow, lie, or do not speak HTTP."""

from __future__ import annotations

import asyncio
import socket

import pytest

from cypher_executor.service import reading
from cypher_executor.service import wire as wire_module
from tests.service.support import ECHO, Ask, Wire, read_reply, refused

HOST = b"Host: 127.0.0.1\r\n"


def post(path: bytes, *headers: bytes) -> bytes:
    return b"POST " + path + b" HTTP/1.1\r\n" + HOST + b"".join(h + b"\r\n" for h in headers) + b"\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n" % len(data) + data + b"\r\n"


CHUNKED = b"Transfer-Encoding: chunked"


async def test_a_body_in_chunks_is_read(wire: Wire) -> None:
    reply = await wire.send(post(b"/check", CHUNKED), chunk(b"CREATE "), chunk(b"(a)"), chunk(b""))
    assert (reply.status, reply.json()["ok"]) == (200, True)


@pytest.mark.parametrize("length", [b"Content-Length: 10", b"Content-Length: 0", b"Content-Length: 999999999"])
async def test_a_body_whose_end_is_told_in_two_ways_is_refused_and_nothing_behind_it_read(
    wire: Wire, length: bytes
) -> None:
    smuggled = post(b"/check", b"Content-Length: 10") + b"CREATE (a)"
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    reply = await wire.exchange(
        reader, writer, post(b"/check", length, CHUNKED) + chunk(b"CREATE (a)") + chunk(b"") + smuggled
    )
    refused(reply, 400, "http_invalid")
    assert reply.headers["connection"] == "close"
    assert await reader.read() == b""
    writer.close()


async def test_chunks_beyond_the_limit_are_refused_though_the_body_never_ends(wire: Wire) -> None:
    reply = await wire.send(post(b"/runs", CHUNKED), *[chunk(b"x" * 65_536)] * 20)
    refused(reply, 413, "body_too_large")
    assert reply.headers["connection"] == "close"


async def test_a_length_beyond_the_limit_is_refused_before_the_body_comes(wire: Wire) -> None:
    reply = await wire.send(post(b"/runs", b"Content-Length: 2097152", b"Expect: 100-continue"))
    refused(reply, 413, "body_too_large")
    refused(await wire.send(post(b"/runs", b"Content-Length: 2097152"), b"x" * 2_097_152), 413, "body_too_large")


async def test_a_body_that_was_announced_is_asked_for(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    writer.write(post(b"/check", b"Content-Length: 10", b"Expect: 100-continue"))
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
    assert (await wire.exchange(reader, writer, b"CREATE (a)")).status == 200
    writer.close()


async def test_a_body_shorter_than_it_says_does_not_arrive_in_time(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BODY_S", 0.0)
    reply = await wire.send(post(b"/runs", b"Content-Length: 100"), b"{")
    refused(reply, 408, "body_too_slow")
    assert reply.headers["connection"] == "close"


async def test_a_body_longer_than_it_says_is_not_taken_for_another_request(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    first = await wire.exchange(reader, writer, post(b"/check", b"Content-Length: 10") + b"CREATE (a) and more\r\n\r\n")
    assert first.status == 200
    refused(await read_reply(reader), 400, "http_invalid")
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize(
    "headers",
    [
        (b"Content-Length: 5", b"Content-Length: 6"),
        (b"Content-Length: -5",),
        (b"Content-Length: five",),
        (b"Transfer-Encoding: gzip",),
        (b"Transfer-Encoding: chunked, chunked",),
        (b"Bad Header: x",),
        (b"NoColon",),
    ],
)
async def test_headers_that_could_be_read_in_two_ways_are_refused(wire: Wire, headers: tuple[bytes, ...]) -> None:
    refused(await wire.send(post(b"/runs", *headers) + b"12345"), 400, "http_invalid")


@pytest.mark.parametrize(
    "data", [b"hello\r\n\r\n", b"GET /\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"]
)
async def test_what_is_not_http_is_answered_all_the_same(wire: Wire, data: bytes) -> None:
    refused(await wire.send(data), 400, "http_invalid")


@pytest.mark.timeout(20)
async def test_a_broken_chunk_is_refused_and_nothing_waits_for_the_rest(wire: Wire) -> None:
    refused(await wire.send(post(b"/runs", CHUNKED), b"zz\r\n"), 400, "http_invalid")
    await asyncio.gather(*wire.tasks)


@pytest.mark.parametrize("pieces", [1, 40])
async def test_headers_beyond_the_limit_are_refused(wire: Wire, pieces: int) -> None:
    data = b"GET /healthz HTTP/1.1\r\n" + HOST + b"X-Large: " + b"x" * 40_000 + b"\r\n\r\n"
    step = len(data) // pieces + 1
    reply = await wire.send(*[data[i : i + step] for i in range(0, len(data), step)])
    refused(reply, 431, "headers_too_large")
    assert reply.headers["connection"] == "close"


async def test_a_request_line_beyond_the_limit_is_refused(wire: Wire) -> None:
    reply = await wire.send(b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n")
    refused(reply, 431, "headers_too_large")


async def test_headers_below_the_limit_are_read(wire: Wire) -> None:
    reply = await wire.send(b"GET /healthz HTTP/1.1\r\n" + HOST + b"X-Large: " + b"x" * 30_000 + b"\r\n\r\n")
    assert reply.status == 200


async def test_headers_that_do_not_arrive_in_time_are_refused(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    assert (await wire.exchange(reader, writer, b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")).status == 200
    monkeypatch.setattr(wire_module, "HEADERS_S", 0.0)
    refused(await wire.exchange(reader, writer, b"GET /healthz HTTP/1.1\r\nX-Slow: "), 408, "headers_too_slow")
    assert await reader.read() == b""
    writer.close()


async def test_a_connection_that_says_nothing_is_closed(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_module, "HEADERS_S", 0.0)
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    assert await reader.read() == b""
    writer.close()


async def test_a_path_in_raw_utf8_is_the_same_as_percent_encoded(wire: Wire, ask: Ask) -> None:
    await ask.store("触发", ECHO)
    raw = await wire.send(post("/webhooks/named/触发/trigger?x=中文".encode(), b"Content-Length: 0"))
    assert (raw.status, raw.json()["result"]) == (200, {"x": "中文"})
    bad = await wire.send(b"GET /recipes/\xff HTTP/1.1\r\n" + HOST + b"\r\n")
    refused(bad, 400, "path_invalid")


async def test_several_requests_share_a_connection_errors_included(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    for path, status in ((b"/healthz", 200), (b"/nothing", 404), (b"/runs/run_0", 404), (b"/version", 200)):
        reply = await wire.exchange(reader, writer, b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")
        assert reply.status == status
    small = await wire.exchange(reader, writer, post(b"/nothing", b"Content-Length: 3") + b"abc")
    refused(small, 404, "unknown_route")
    assert (await wire.exchange(reader, writer, b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")).status == 200
    writer.close()


async def test_a_large_body_that_nobody_reads_ends_the_connection(wire: Wire) -> None:
    reply = await wire.send(post(b"/nothing", CHUNKED))
    refused(reply, 404, "unknown_route")
    assert reply.headers["connection"] == "close"


async def test_requests_sent_ahead_are_answered_in_order(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    writer.write(b"".join(b"GET /%s HTTP/1.1\r\n" % p + HOST + b"\r\n" for p in (b"healthz", b"version", b"nothing")))
    assert [(await read_reply(reader)).status for _ in range(3)] == [200, 200, 404]
    writer.close()


@pytest.mark.parametrize("last", [b"hello\r\n\r\n", post(b"/check", CHUNKED) + b"zz\r\n"])
async def test_what_cannot_be_read_is_refused_behind_the_answers_to_what_was_asked_before(
    wire: Wire, last: bytes
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    asked = post(b"/check", b"Content-Length: 10") + b"CREATE (a)"
    writer.write(asked + asked + b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n" + last)
    assert [(await read_reply(reader)).status for _ in range(3)] == [200, 200, 404]
    refused(await read_reply(reader), 400, "http_invalid")
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize(
    "head", [b"GET /healthz HTTP/1.1\r\n" + HOST + HOST, b"GET /healthz HTTP/2.0\r\n" + HOST, b"GET /healthz HTTP/1.1"]
)
async def test_a_request_names_one_host_and_speaks_our_version(wire: Wire, head: bytes) -> None:
    refused(await wire.send(head + b"\r\n\r\n"), 400, "http_invalid")


async def test_an_older_client_is_answered_and_the_connection_closed(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    reply = await wire.exchange(reader, writer, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert await reader.read() == b""
    writer.close()


async def test_an_answer_leaves_in_one_piece(wire: Wire) -> None:
    with socket.create_connection(("127.0.0.1", wire.port)) as connection:
        connection.sendall(b"GET /version HTTP/1.1\r\n" + HOST + b"\r\n")
        piece = await asyncio.to_thread(connection.recv, 65_536)
    head, _, body = piece.partition(b"\r\n\r\n")
    assert b"content-length: %d\r\n" % len(body) in head and body


async def test_the_host_of_a_request_is_checked_on_the_wire_too(wire: Wire) -> None:
    refused(await wire.send(b"GET /runs HTTP/1.1\r\nHost: evil.example\r\n\r\n"), 403, "host_refused")


async def test_a_websocket_is_not_spoken_here(wire: Wire) -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
    reply = await wire.send(b"GET /healthz HTTP/1.1\r\n" + HOST + upgrade + b"\r\n")
    assert reply.status == 200


async def test_answers_do_not_wait_to_be_acknowledged(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    await wire.exchange(reader, writer, b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
    ours = writer.get_extra_info("sockname")
    connection = next(c for c in wire.connections if c.client == ours)
    assert connection.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    writer.close()
