"""A database that speaks Bolt, as a process of its own on loopback: started on free ports, awaited, ended.

It ends with `stop`, or with this process. `kill` is a crash: the same folder can be started again.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import neo4j

LAUNCHER = Path(__file__).with_name("ended_with_stdin.py")
START_S = 120


def free_port() -> int:
    """A port of the loopback address that nobody listens on at the moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Server:
    """A database over one folder. `auth` is what clients need, None when it asks for nothing."""

    name = "database"
    database: str | None = None
    """The database to name to the driver; None where there is a default one."""
    http: int | None = None
    """The port of HTTP: in Neo4j of its API and Browser."""

    def __init__(self, folder: Path, auth: tuple[str, str] | None) -> None:
        self.folder = folder
        self.auth = auth
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"bolt://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str | Path]:
        """What starts it. Configuration files are written here."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it, and wait until it answers a question."""
        with (self.folder / "output.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, LAUNCHER, *self.command()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        self._wait()

    def stop(self) -> None:
        """End it in order. A second call does nothing."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            process.wait(60)
            _hang_up(process)

    def kill(self) -> None:
        """End it at once, as a power cut would. A second call does nothing."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            self._tell(process, b"k")
            process.wait(60)
            process.stdin.close()
            _hang_up(process)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it be there, and not answer any more, for as long as the block lasts."""
        process = self._process
        assert process is not None
        self._tell(process, b"f")
        try:
            yield
        finally:
            self._tell(process, b"t")

    @staticmethod
    def _tell(process: subprocess.Popen[bytes], letter: bytes) -> None:
        """Tell the launcher, and wait until it is done."""
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(letter)
        process.stdin.flush()
        process.stdout.read(1)

    def driver(self, auth: tuple[str, str] | None = None) -> neo4j.Driver:
        return neo4j.GraphDatabase.driver(self.uri, auth=auth or self.auth, notifications_min_severity="OFF")

    def _wait(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"{self.name} ended at once:\n{self._output()}")
            if self._answers():
                return
            time.sleep(0.2)
        self.stop()
        raise AssertionError(f"{self.name} did not answer within {START_S} s:\n{self._output()}")

    def _answers(self) -> bool:
        with contextlib.suppress(neo4j.exceptions.DriverError, neo4j.exceptions.Neo4jError, OSError):
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                pass
            with self.driver() as driver:
                driver.execute_query("RETURN 1", database_=self.database)
                return True
        return False

    def _output(self) -> str:
        return (self.folder / "output.log").read_text("utf-8", "replace")[-4_000:]


def _hang_up(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    process.stdout.close()
