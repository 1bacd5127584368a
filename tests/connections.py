"""Every event loop of the tests is looked at when it is closed: a connection that is open then is a failure, at once.

A transport of asyncio that still has its socket when it is collected warns, and warnings are errors here. But it is
collected whenever the collector happens to run: in some later test, which has done nothing. So all transports of a loop
are looked at just before it is closed, by whichever test, thread or library it was made:

* One that somebody has closed is allowed to end. That takes a few more turns of the loop, which nobody is there to give
  any more, and it takes for ever where something is still to be sent that the other side does not read.
* One whose other side is closed learns that in the same turns, and ends, too.
* One that is open after that was forgotten, or its socket was closed behind its back. The test in which its loop was
  closed fails, and is told which it is.

All transports: the loop's own list of them is by descriptor. It loses one whose socket was closed behind its back as
soon as the next one gets that number; those are the worst.
"""

from __future__ import annotations

import asyncio
import os
import weakref
from asyncio import selector_events, sslproto
from collections.abc import Callable
from typing import Any

import pytest

_TURNS = 10
"""How many turns of its loop a connection gets to end: one to send what TLS says, one to close, and the same for the
other side, which may be in the same loop; and then all of that again for what a proxy has behind it."""

Transport = Any
"""`selector_events._SelectorTransport`, which has no types."""

_made: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.WeakSet[Transport]] = weakref.WeakKeyDictionary()
_whence: weakref.WeakKeyDictionary[Transport, str] = weakref.WeakKeyDictionary()
_left: list[tuple[Transport, str]] = []


def watch() -> Callable[[], None]:
    """Watch all event loops from now on; the way to stop that."""
    patch = pytest.MonkeyPatch()
    transport, loop = selector_events._SelectorTransport, selector_events.BaseSelectorEventLoop  # type: ignore[attr-defined]
    patch.setattr(transport, "__init__", _noting(transport.__init__))
    patch.setattr(loop, "close", _closing(loop.close))
    return patch.undo


def left_open() -> list[str]:
    """What was left open since this was last asked, closed now."""
    told = [what for _, what in _left]
    for transport, _ in _left:
        transport._sock.close()
        transport._sock = None
    _left.clear()
    return told


def _noting(init: Callable[..., None]) -> Callable[..., None]:
    def noting(self: Transport, loop: asyncio.AbstractEventLoop, *args: Any, **more: Any) -> None:
        init(self, loop, *args, **more)
        _made.setdefault(loop, weakref.WeakSet()).add(self)
        _whence[self] = os.environ.get("PYTEST_CURRENT_TEST", "no test")

    return noting


def _closing(close: Callable[[Any], None]) -> Callable[[Any], None]:
    def closing(self: asyncio.AbstractEventLoop) -> None:
        if not self.is_closed() and not self.is_running() and asyncio._get_running_loop() is None:
            end_connections(self)
        close(self)

    return closing


def end_connections(loop: asyncio.AbstractEventLoop) -> None:
    """Let the connections end that are to, and note the others."""
    for _ in range(_TURNS):
        here = [transport for transport in _made.get(loop, ()) if transport._sock is not None]
        if not here:
            return
        for transport in filter(_is_ending, here):
            transport.abort()
        loop.call_soon(loop.stop)
        loop.run_forever()
    _left.extend((transport, _told(transport)) for transport in here if transport._sock is not None)


def _is_ending(transport: Transport) -> bool:
    """Whether somebody has closed it. That of TLS is closed by closing what is above it. One whose socket was closed
    first, while there was something to send, would never have learnt of its end: it waits until it may send."""
    if transport._sock.fileno() < 0 and not transport._conn_lost:
        return False
    protocol = transport.get_protocol()
    if isinstance(protocol, sslproto.SSLProtocol):
        above: Any = protocol._app_transport  # type: ignore[attr-defined]
        return transport.is_closing() or (above is not None and above.is_closing())
    return bool(transport.is_closing())


def _told(transport: Transport) -> str:
    here, there = (transport.get_extra_info(name) for name in ("sockname", "peername"))
    protocol = type(transport.get_protocol()).__name__
    return f"{transport!r} of a {protocol}, from {here} to {there}, made in {_whence[transport]}"
