"""How processes of ours are started: with an empty environment, a session and a folder of their own, and the sockets
that they are given, nothing else but standard error."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence


class Child:
    """A process and its folder.

    To be made on the thread that the event loop runs in: the process dies with the thread that started it. Raises
    OSError when it cannot be started.
    """

    def __init__(self, module: str, sockets: Sequence[socket.socket], *arguments: int) -> None:
        numbers = [socket.fileno() for socket in sockets]
        self._folder = tempfile.mkdtemp(prefix="cypher-executor-worker-")
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", module, *map(str, (*numbers, os.getpid(), *arguments))],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={},
                cwd=self._folder,
                pass_fds=numbers,
                start_new_session=True,
            )
        except OSError:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self._process.kill()

    async def reap(self) -> int:
        """End it, if it has not ended, and remove its folder; how it ended, as `subprocess` says it.

        All in one go in a thread, so that it is done even when whoever waits for it is cancelled.
        """
        return await asyncio.to_thread(self._reap)

    def _reap(self) -> int:
        self._process.kill()
        ended = self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        return ended
