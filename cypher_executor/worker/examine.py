"""What a worker process can do on this machine: `python -I -m cypher_executor.worker.examine CHANNEL PARENT`.

It is started like a worker, confined and sealed like a worker, and then tries what a guest that has broken out of
wasmtime would try first. The answer is one line of JSON on its socket: the means that were found to keep it from each
aspect (see `hardening`), and what came of each attempt. For `doctor`, and for the tests of what is promised.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cypher_executor.worker.confine import confine, seal

REFUSED: Final = "refused"
POSSIBLE: Final = "possible"

_MEMORY_MB: Final = 1024
_TRACE_ME: Final = 0
_DESCRIPTORS: Final = 65_536
_NEW_USER: Final = 0x10000000

_libc = ctypes.CDLL(None, use_errno=True)


def _succeeded(result: int) -> None:
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")


def _fork() -> None:
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _execute() -> None:
    """A program that is not there: without a refusal there is another error, and this process goes on."""
    try:
        os.execv("/nonexistent", ["nonexistent"])
    except FileNotFoundError:
        return


def _connect() -> None:
    """A refused connection is a network that could be asked."""
    try:
        with socket.socket() as attempt:
            attempt.connect(("127.0.0.1", 1))
    except ConnectionRefusedError:
        return


ATTEMPTS: Final[dict[str, Callable[[], object]]] = {
    "make a network socket": lambda: socket.socket(socket.AF_INET).close(),
    "make a local socket": lambda: socket.socket(socket.AF_UNIX).close(),
    "make a pair of sockets": socket.socketpair,
    "connect to this machine": _connect,
    "read a file": lambda: os.close(os.open("/etc/passwd", os.O_RDONLY)),
    "look at a file": lambda: Path("/etc/passwd").stat(),
    "list a folder": lambda: list(Path("/").iterdir()),
    "make a file in its own folder": lambda: os.close(os.open("attempt", os.O_CREAT | os.O_WRONLY)),
    "make a folder": lambda: Path("attempt-folder").mkdir(),
    "fork": _fork,
    "start a thread": lambda: threading.Thread(target=int).start(),
    "execute a program": _execute,
    "signal its parent": lambda: os.kill(os.getppid(), 0),
    "signal everybody": lambda: os.kill(-1, 0),
    "trace a process": lambda: _succeeded(_libc.ptrace(_TRACE_ME, 0, None, None)),
    "become root": lambda: os.setuid(0),
    "make a name space": lambda: _succeeded(_libc.unshare(_NEW_USER)),
    "mount": lambda: _succeeded(_libc.mount(b"none", b"/", b"tmpfs", ctypes.c_ulong(0), None)),
    "take back a limit": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096)),
    "load kernel code": lambda: _succeeded(_libc.syscall(321 if os.uname().machine == "x86_64" else 280, 0, None, 0)),
}
_REFUSALS: Final[dict[str, type[Exception]]] = {"start a thread": RuntimeError, "take back a limit": ValueError}
"""What Python makes of some refusals."""


def attempts() -> dict[str, str]:
    """Each attempt: refused, possible, or how else it ended."""
    return {name: _outcome(name, attempt) for name, attempt in ATTEMPTS.items()}


def _outcome(name: str, attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except _REFUSALS.get(name, PermissionError):
        return REFUSED
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    return POSSIBLE


def descriptors() -> list[int]:
    """The numbers of all that is open."""
    return [number for number in range(_DESCRIPTORS) if _is_open(number)]


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def report(parent: int) -> dict[str, Any]:
    """Confine this process for good, and tell how far it got."""
    reached = confine(parent, _MEMORY_MB)
    held = {"environment": sorted(os.environ), "descriptors": descriptors(), "users": list(os.getresuid())}
    reached = seal(reached)
    return {"hardening": reached.as_json(), "attempts": attempts(), **held}


def main() -> None:
    """Answer on the socket, and end."""
    channel, parent = map(int, sys.argv[1:])
    with socket.socket(fileno=channel) as answer:
        answer.sendall(json.dumps(report(parent)).encode() + b"\n")
    os._exit(0)


if __name__ == "__main__":
    main()
