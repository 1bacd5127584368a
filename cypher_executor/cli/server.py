"""A web server around the application: uvicorn, with an end that is ours.

The application is opened before the server and closed after it, so that an error while opening is an exception like any
other. The first SIGTERM or SIGINT drains: no run is taken on any more, `/readyz` says so to whoever sends requests
here, and running steps get their time, while the service still answers. Then whoever waits is answered, connections are
closed, and the process ends with 0. The second signal ends it at once; the journal is made for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
from starlette.applications import Starlette

from cypher_executor.errors import RequestInvalid, Unavailable
from cypher_executor.service.auth import refuse_open_address
from cypher_executor.service.bolt_socket import LARGEST_FRAME
from cypher_executor.service.wire import Protocol
from cypher_executor.settings import Settings

KEEP_ALIVE_S = 75
BACKLOG = 2048
STOPPING_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Server(uvicorn.Server):
    """Uvicorn that says when it is ready, and leaves signals to whoever runs it."""

    def __init__(
        self,
        config: uvicorn.Config,
        ready: Callable[[], None],
        drain: Callable[[], Awaitable[None]],
        end_waiting: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._drain = drain
        self._end_waiting = end_waiting
        self._stopping: asyncio.Task[None] | None = None

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping is not None

    def stop(self) -> None:
        """Begin to stop: drain, then let go whoever waits for a run, with the run as it is, and serve no more."""
        self._stopping = asyncio.get_running_loop().create_task(self._stop())

    async def _stop(self) -> None:
        try:
            await self._drain()
        finally:
            self.should_exit = True
            self._end_waiting()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are handled by `stopping`."""
        yield


def listening(host: str, port: int, *, keys: bool = False, option: str = "--port") -> socket.socket:
    """A socket that nobody else listens on, and that nobody outside can reach unless requests need `keys`. `option` is
    where the port was given.

    Raises RequestInvalid for an address that it may not or cannot listen on, Unavailable when another program does.
    """
    if not keys:
        refuse_open_address(host)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        message = f"no address is known for the host {host!r}"
        raise RequestInvalid(message, next_actions=["try --host 127.0.0.1"]) from None
    if not keys:
        refuse_open_address(str(address[0]))
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _cannot_listen(host, port, option, error) from None
    return listener


def url_of(listener: socket.socket, scheme: str = "http") -> str:
    """The URL of a socket that listens."""
    host = listener.getsockname()[0]
    return f"{scheme}://[{host}]:{port_of(listener)}" if ":" in host else f"{scheme}://{host}:{port_of(listener)}"


def port_of(listener: socket.socket) -> int:
    """The port of a socket that listens."""
    port: int = listener.getsockname()[1]
    return port


async def serve(
    app: Starlette,
    settings: Settings,
    listener: socket.socket,
    ready: Callable[[], None],
    bolt: socket.socket | None = None,
) -> None:
    """Answer requests until the process is told to stop; with `bolt`, those of Bolt that come there, too."""
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="websockets-sansio",
        ws_max_size=LARGEST_FRAME,
        ws_per_message_deflate=False,
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        # Whoever connects is who calls: a header must not make a stranger look like this machine.
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=max(1, round(settings.drain_s)),
    )
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        if bolt is not None:
            await stack.enter_async_context(app.state.bolt().listening(bolt))
        server = Server(config, ready, app.state.drain, app.state.waiting.end_all)
        with stopping(server):
            await server.serve([listener])


@contextlib.contextmanager
def stopping(server: Server) -> Iterator[None]:
    """While the block lasts, the first signal asks the server to stop and the second ends the process."""
    loop = asyncio.get_running_loop()
    for number in STOPPING_SIGNALS:
        loop.add_signal_handler(number, _stop, server, number)
    try:
        yield
    finally:
        for number in STOPPING_SIGNALS:
            loop.add_signal_handler(number, os._exit, 128 + number)


def _stop(server: Server, number: int) -> None:
    if server.stopping:
        os._exit(128 + number)
    server.stop()


def _cannot_listen(host: str, port: int, option: str, error: OSError) -> Unavailable | RequestInvalid:
    if error.errno == errno.EADDRINUSE:
        actions = [f"stop what listens there, or take another port with {option}; 0 takes a free one"]
        return Unavailable(f"port {port} on {host} is in use", code="port_in_use", next_actions=actions)
    if error.errno == errno.EACCES:
        actions = ["take a port from 1024 on"]
        return RequestInvalid(f"port {port} is for privileged programs only", next_actions=actions)
    return RequestInvalid(f"cannot listen on {host} port {port}: {error.strerror}", next_actions=["try 127.0.0.1"])


def end_with_stdin(server_pid: int) -> None:
    """Ask the process to stop when standard input closes: for programs that start a service and may die."""
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), _when_readable, server_pid)


def _when_readable(server_pid: int) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        os.kill(server_pid, signal.SIGTERM)
