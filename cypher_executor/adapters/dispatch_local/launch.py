"""How processes of ours are started: with an empty environment, a session and a folder of their own, and the sockets
that they are given, nothing else.

Their standard error is a file in that folder, so that a process that nobody trusts any more holds nothing of the
service's. What was written there is told in the service's log when the process has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cypher_executor.adapters.dispatch_local.folders import Folder
from cypher_executor.adapters.dispatch_local.part_log import harmless

_log = logging.getLogger(__name__)

_TOLD_BYTES: Final = 8 * 1024
"""Of what a process has said, the end."""
_MODEST: Final = 5
"""As `nice` has it: about a quarter of a core, where somebody else wants all of it."""


class Child:
    """A process and its folder.

    To be made on the thread that the event loop runs in: the process dies with the thread that started it. Raises
    OSError when it cannot be started.
    """

    def __init__(self, module: str, sockets: Sequence[socket.socket], *arguments: int) -> None:
        self._folder = Folder()
        self._said = Path(self._folder.path, "stderr").open("w+b")  # noqa: SIM115 - closed when it has ended
        try:
            self._process = self._started(module, [socket.fileno() for socket in sockets], arguments)
        except OSError:
            self._said.close()
            self._folder.remove()
            raise

    def _started(self, module: str, numbers: list[int], arguments: Sequence[int]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-m", module, *map(str, (*numbers, os.getpid(), *arguments))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            env={},
            cwd=self._folder.path,
            pass_fds=numbers,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def be_modest(self) -> None:
        """Let others have the processor before it, where the system lets us. To be called as soon as it is started.

        Where Linux shares the processors out among sessions first (`autogroup` in sched(7)), the priority of a process
        counts within its session only, so the session gets the same.
        """
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, _MODEST)
            Path(f"/proc/{self.pid}/autogroup").write_text(str(_MODEST), "ascii")

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self._process.kill()

    async def reap(self) -> int:
        """End it, if it has not ended, and remove its folder; how it ended, as `subprocess` says it.

        All in one go in a thread, so that it is done even when whoever waits for it is cancelled.
        """
        return await asyncio.to_thread(self.end)

    def end(self) -> int:
        """The same for who may block."""
        self._process.kill()
        ended = self._process.wait()
        self._tell()
        self._folder.remove()
        return ended

    def _tell(self) -> None:
        """From the open file, not from its name, because by now another file may have it."""
        with self._said as said:
            said.seek(max(0, said.seek(0, os.SEEK_END) - _TOLD_BYTES))
            text = said.read(_TOLD_BYTES).decode("utf-8", "replace")
        for line in filter(None, text.split("\n")):
            _log.warning("process %d said: %s", self._process.pid, harmless(line))
