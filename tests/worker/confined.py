"""One step in a process that is confined as workers are: `python -m tests.worker.confined STEP FOLDER`.

STEP is a Python statement; what is open as `opened` was so before. Prints `done` or `refused`. SEAL in front of it
(`seal: os.fork()`) seals the process first. A name behind `without` is planted: that measure is not taken.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from cypher_executor.worker import confine, identity, landlock, seccomp


def main() -> None:
    """Confine, try, and tell."""
    step, folder, *without = sys.argv[1:]
    for name in without:
        _plant(name)
    with Path(folder, "open").open("w", encoding="utf-8") as opened:
        reached = confine.confine(os.getppid(), 1024)
        if step.startswith("seal: "):
            reached = confine.seal(reached)
        try:
            exec(step.removeprefix("seal: "), {"os": os, "socket": socket, "folder": folder, "opened": opened})
        except PermissionError:
            os.write(1, b"refused")
        else:
            os.write(1, b"done")
        os.write(1, f" {' '.join(sorted(f'{k}:{means}' for k, v in reached.means.items() for means in v))}".encode())
    os._exit(0)


def _plant(name: str) -> None:
    """A system that lacks this measure, or a program that forgot it."""
    measures = {
        "landlock": (landlock, "restrict", lambda: 0),
        "seccomp": (seccomp, "restrict", lambda: False),
        "user": (identity, "leave_root", lambda: None),
        "network": (identity, "leave_network", lambda: False),
        "capabilities": (identity, "leave_capabilities", lambda: False),
    }
    module, function, other = measures[name]
    setattr(module, function, other)


if __name__ == "__main__":
    main()
