"""ArcadeDB, where there is no Java or no Maven: the wheel of `arcadedb-embedded` has its jars and a JVM in it, and its
server speaks Bolt to the official driver. It is run as a process of its own, so nothing of it is imported here."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from tests.neo4j.fetched import Missing
from tests.neo4j.server import Server, free_port

PACKAGE = "arcadedb_embedded"
MAIN = "com.arcadedb.server.ArcadeDBServer"
PASSWORD = "a-password-for-tests"


def installed() -> Path:
    """The folder of the wheel. Raises Missing."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise Missing("there is no ArcadeDB: pip install arcadedb-embedded")
    return Path(found.submodule_search_locations[0])


class ArcadeDB(Server):
    """An ArcadeDB server with one database. It always wants a password."""

    name = "arcadedb"
    database = "graph"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ("root", PASSWORD))
        self._wheel = installed()
        self.http = free_port()

    def command(self) -> Sequence[str | Path]:
        return [
            self._wheel / "jre" / "bin" / "java",
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "--add-modules=jdk.incubator.vector",
            *(f"-Darcadedb.{key}={value}" for key, value in self._settings().items()),
            "-cp",
            f"{self._wheel / 'jars'}/*",
            MAIN,
        ]

    def _settings(self) -> dict[str, str]:
        return {
            "server.rootPath": str(self.folder),
            "server.rootPassword": PASSWORD,
            "server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
            "server.httpIncomingHost": "127.0.0.1",
            "server.httpIncomingPort": str(self.http),
            "bolt.host": "127.0.0.1",
            "bolt.port": str(self.port),
            "bolt.defaultDatabase": str(self.database),
        }

    def _answers(self) -> bool:
        with contextlib.suppress(urllib.error.URLError, OSError):
            self._make_database()
        return super()._answers()

    def _make_database(self) -> None:
        """Its Bolt cannot make a database; HTTP can."""
        key = base64.b64encode(f"root:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http}/api/v1/server",
            json.dumps({"command": f"create database {self.database}"}).encode(),
            {"Authorization": f"Basic {key}", "Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=10).close()
