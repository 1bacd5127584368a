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

from cypher_executor.worker.confine import confine, seal
from cypher_executor.worker.hardening import Hardening
from cypher_executor.worker.limits import MAX_MEMORY_MB, THREAD_STACK, Watchdog
from cypher_executor.worker.server import Server

_MEMORY_MB: Final = 2 * MAX_MEMORY_MB + 1024
"""That of the guests, and what interpreter, frames and compiled modules need beside it."""


def main() -> None:
    """Serve until the service has gone."""
    channel, control, parent = map(int, sys.argv[1:])
    reached = confine(parent, _MEMORY_MB)
    watchdog = Watchdog(socket.socket(fileno=control))
    server = Server(socket.socket(fileno=channel), watchdog)
    threading.stack_size(THREAD_STACK)
    threading.Thread(target=_serve, args=(server, reached), daemon=True).start()
    watchdog.watch()
    os._exit(0)


def _serve(server: Server, reached: Hardening) -> None:
    """Seal the process and serve. Leave at once when it is over, with a trace when it went wrong: no tidying up."""
    try:
        seal(reached)
        server.serve()
    except ConnectionError:
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
