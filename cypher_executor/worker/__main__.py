"""A worker process: `python -I -m cypher_executor.worker CHANNEL CONTROL PARENT`, started by the service only.

Two threads: one executes, with a stack that is large enough whatever the shell allows; this one watches over it. The
process ends when the service closes its sockets or goes away, however it goes away.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import Final

from cypher_executor.worker.confine import confine
from cypher_executor.worker.limits import MAX_MEMORY_MB, THREAD_STACK, Watchdog
from cypher_executor.worker.server import Server

_MEMORY_MB: Final = 2 * MAX_MEMORY_MB + 1024
"""That of the guests, and what interpreter, frames and compiled modules need beside it."""


def main() -> None:
    """Serve until the service has gone."""
    channel, control, parent = map(int, sys.argv[1:])
    confine(parent, _MEMORY_MB)
    watchdog = Watchdog(socket.socket(fileno=control))
    server = Server(socket.socket(fileno=channel), watchdog)
    threading.stack_size(THREAD_STACK)
    threading.Thread(target=_serve, args=(server,), daemon=True).start()
    watchdog.watch()
    os._exit(0)


def _serve(server: Server) -> None:
    """Leave at once when it is over, with a trace when it went wrong: there is nothing to tidy up."""
    try:
        server.serve()
    except ConnectionError:
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
