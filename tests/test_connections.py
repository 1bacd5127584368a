"""The watch over connections that are left open: what it lets end, and what it tells."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import connections
from tests.egress.test_phases import certificate

HERE = Path(__file__).parents[1]
MORE_THAN_A_SOCKET_TAKES = b"x" * 10_000_000


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two sockets that are connected."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    ours.setblocking(False)
    theirs.setblocking(False)
    with ours, theirs:
        yield ours, theirs


async def connected(end: socket.socket) -> Any:
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=end)
    return transport


def test_a_connection_that_nobody_has_closed_is_told_by_name(pair: tuple[socket.socket, socket.socket]) -> None:
    async def forget() -> None:
        await connected(pair[0])

    asyncio.run(forget())
    (told,) = connections.left_open()
    assert "_SelectorSocketTransport" in told and "of a Protocol" in told and str(pair[1].getsockname()) in told
    assert "test_a_connection_that_nobody_has_closed_is_told_by_name (call)" in told


def test_what_was_told_is_closed_and_warns_no_later_test(pair: tuple[socket.socket, socket.socket]) -> None:
    async def forget() -> None:
        await connected(pair[0])

    asyncio.run(forget())
    assert connections.left_open() and not connections.left_open()
    gc.collect()
    pair[1].setblocking(True)
    assert pair[1].recv(1) == b""


def test_one_that_was_forgotten_in_a_thread_is_told_too(pair: tuple[socket.socket, socket.socket]) -> None:
    async def forget() -> None:
        await connected(pair[0])

    thread = threading.Thread(target=lambda: asyncio.run(forget()))
    thread.start()
    thread.join()
    assert len(connections.left_open()) == 1


def test_one_whose_socket_was_closed_behind_its_back_is_told_though_another_has_its_descriptor(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    async def close_behind_its_back() -> None:
        transport = await connected(pair[0])
        transport.write(MORE_THAN_A_SOCKET_TAKES)
        transport.close()
        number = pair[0].fileno()
        pair[0].close()
        (await connected(socket.socket(fileno=os.dup2(pair[1].fileno(), number)))).close()

    asyncio.run(close_behind_its_back())
    (told,) = connections.left_open()
    assert "closing" in told


@pytest.mark.parametrize("unsent", [b"", MORE_THAN_A_SOCKET_TAKES])
def test_one_that_was_closed_last_of_all_ends(pair: tuple[socket.socket, socket.socket], unsent: bytes) -> None:
    async def close_last() -> Any:
        transport = await connected(pair[0])
        transport.write(unsent)
        asyncio.get_running_loop().call_soon(transport.close)
        return transport

    loop = asyncio.new_event_loop()
    closed = loop.run_until_complete(close_last())
    loop.close()
    assert closed._sock is None and not connections.left_open()


def test_one_whose_other_side_was_closed_last_of_all_ends(pair: tuple[socket.socket, socket.socket]) -> None:
    async def close_one() -> None:
        transport = await connected(pair[0])
        await connected(pair[1])
        transport.close()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(close_one())
    loop.close()
    assert not connections.left_open()


def test_one_of_tls_that_was_closed_last_of_all_ends_though_its_other_side_says_nothing_to_that(
    tmp_path: Path, pair: tuple[socket.socket, socket.socket]
) -> None:
    """The other side is not in this loop. What is below TLS is not closed before that has answered."""
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(*certificate(tmp_path))
    ours = ssl._create_unverified_context()
    pair[1].setblocking(True)

    async def close_last() -> Any:
        shaken = asyncio.create_task(asyncio.to_thread(theirs.wrap_socket, pair[1].dup(), server_side=True))
        _, writer = await asyncio.open_connection(sock=pair[0], ssl=ours, server_hostname="")
        asyncio.get_running_loop().call_soon(writer.close)
        return await shaken

    loop = asyncio.new_event_loop()
    with loop.run_until_complete(close_last()):
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    assert not connections.left_open()


FORGETFUL = """
import asyncio, socket
kept = []
async def test_forgets():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    kept.append(theirs)
    await asyncio.get_running_loop().create_unix_connection(asyncio.Protocol, sock=ours)
async def test_comes_later(): ...
def test_ends():
    kept.pop().close()
"""

SETTINGS = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"


def test_the_test_that_forgets_a_connection_fails_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "test_forgetful.py").write_text(FORGETFUL, "utf-8")
    (tmp_path / "pytest.ini").write_text(SETTINGS, "utf-8")
    asked = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-c", tmp_path / "pytest.ini", tmp_path]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *map(str, asked)], capture_output=True, text=True, env=environment, cwd=HERE
    )
    assert "3 passed, 1 error" in ran.stdout, ran.stdout
    assert "ERROR at teardown of test_forgets" in ran.stdout and "a connection was left open:" in ran.stdout
