"""Being told to end: in order, with what has to be cleaned up."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """While the block lasts, SIGTERM does what Ctrl-C does: asyncio cancels what runs, and blocks are left in order.

    A shell that starts a command in the background without job control lets it ignore Ctrl-C. What is ignored, asyncio
    does not listen to either, and then SIGTERM would be ignored with it; so Ctrl-C is heard again.
    """
    interrupt = signal.getsignal(signal.SIGINT)
    if interrupt is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, interrupt)
