"""Time-outs of each phase, over real sockets; each server stands still in one phase."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cypher_executor.adapters.egress import Egress
from cypher_executor.adapters.egress.phases import PhaseLimits
from tests.egress.conftest import CONTEXT, Canary, resolve

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def ask(egress: Egress, url: str, **more: Any) -> Any:
    try:
        return await egress.http_request({"op": "http_request", "url": url, **more}, CONTEXT)
    finally:
        await egress.close()


@contextlib.asynccontextmanager
async def serving(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port of a server. Its connections are closed with it, not before."""
    writers: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError):
            await serve(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for writer in writers:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    await server.wait_closed()


@pytest.fixture
async def silent() -> AsyncIterator[int]:
    """The port of a server that accepts connections and never says anything."""

    async def say_nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None: ...

    async with serving(say_nothing) as port:
        yield port


def message(answer: Any) -> str:
    assert answer["ok"] is False and answer["error"]["code"] == "timeout" and answer["error"]["retryable"] is True
    return str(answer["error"]["message"])


async def test_a_name_that_is_not_answered_for_times_out_as_looking_up(canary: Canary) -> None:
    async def never(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
        await asyncio.Event().wait()
        raise AssertionError

    egress = Egress(resolve=never, limits=PhaseLimits(dns=0.05))
    assert message(await ask(egress, "http://slow.test/")) == "looking up the name took longer than 50 ms"


async def test_a_host_that_does_not_accept_times_out_as_connecting() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:  # the queue of the listening socket is full, and nobody accepts
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        egress = Egress(allow=[f"127.0.0.1:{port}"], resolve=resolve, limits=PhaseLimits(connect=0.05))
        assert message(await ask(egress, f"http://127.0.0.1:{port}/")) == "connecting took longer than 50 ms"
        for one in waiting:
            one.close()


async def test_a_server_that_does_not_speak_tls_times_out_in_the_handshake(silent: int) -> None:
    egress = Egress(allow=[f"127.0.0.1:{silent}"], resolve=resolve, limits=PhaseLimits(tls=0.05))
    assert message(await ask(egress, f"https://127.0.0.1:{silent}/")) == "the TLS handshake took longer than 50 ms"


async def test_a_server_that_says_nothing_times_out_at_the_first_byte(silent: int) -> None:
    egress = Egress(allow=[f"127.0.0.1:{silent}"], resolve=resolve, limits=PhaseLimits(first_byte=0.05))
    told = message(await ask(egress, f"http://127.0.0.1:{silent}/"))
    assert told == "waiting for the first byte of the answer took longer than 50 ms"


async def test_the_whole_is_bounded_however_far_a_request_has_come(silent: int) -> None:
    egress = Egress(allow=[f"127.0.0.1:{silent}"], resolve=resolve)
    told = message(await ask(egress, f"http://127.0.0.1:{silent}/", timeout_ms=500))
    assert told == "no complete answer within 500 ms (waiting for the first byte of the answer)"


async def test_a_body_that_does_not_end_is_bounded_by_the_whole() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx")
        await writer.drain()

    async with serving(drip) as port:
        egress = Egress(allow=[f"127.0.0.1:{port}"], resolve=resolve)
        told = message(await ask(egress, f"http://127.0.0.1:{port}/", timeout_ms=500))
    assert told == "no complete answer within 500 ms (reading the answer)"


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_a_server_that_does_not_read_holds_no_connection_longer_than_its_request() -> None:
    body, over = "x" * 8_000_000, asyncio.Event()
    came: list[int] = []

    async def read_late(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await over.wait()
        try:
            came.append(len(await reader.read()))
        except ConnectionError:
            came.append(0)

    async with serving(read_late) as port:
        egress = Egress(allow=[f"127.0.0.1:{port}"], resolve=resolve, limits=PhaseLimits(first_byte=0.2))
        message(await ask(egress, f"http://127.0.0.1:{port}/", method="POST", body=body))
        over.set()
        async with asyncio.timeout(20):
            while not came:
                await asyncio.sleep(0)
    assert came < [len(body)]


async def test_requests_at_the_same_time_share_a_look_up_and_one_that_gives_up_does_not_end_it(canary: Canary) -> None:
    asked, answered = asyncio.Event(), asyncio.Event()
    questions: list[str] = []

    async def look_up(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
        questions.append(host)
        asked.set()
        await answered.wait()
        return await resolve("canary.test", port, family)

    egress = Egress(allow=[f"shared.test:{canary.port}"], resolve=look_up)
    request = {"op": "http_request", "url": f"http://shared.test:{canary.port}/"}
    tasks = [asyncio.create_task(egress.http_request(request, CONTEXT)) for _ in range(20)]
    await asked.wait()
    for _ in range(50):  # until all of them wait for it
        await asyncio.sleep(0)
    tasks[0].cancel()
    answered.set()
    answers = await asyncio.gather(*tasks[1:])
    await egress.close()
    assert [answer.get("status") for answer in answers] == [200] * 19
    assert questions == ["shared.test"]


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signed itself, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_certificate_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool) -> None:
    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi")
        await writer.drain()

    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    async with serving(hello, context) as port:
        answer = await ask(Egress(allow=[f"127.0.0.1:{port}"], resolve=resolve), f"https://127.0.0.1:{port}/")
    if trusted:
        assert (answer["status"], answer["body"]) == (200, "hi")
    else:
        assert answer["error"]["code"] == "connection_failed" and answer["error"]["retryable"] is False
        assert "is not to be trusted: self-signed certificate" in answer["error"]["message"]
