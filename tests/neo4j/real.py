"""A real Neo4j: assembled from Maven Central once, kept in the user's cache folder, run by the Java of the machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.neo4j.fetched import jars
from tests.neo4j.server import Server, free_port

POM = Path(__file__).with_name("pom.xml")
MAIN = "org.neo4j.server.CommunityEntryPoint"
PASSWORD = "a-password-for-tests"
OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent", "java.lang")
"""Packages of the JDK that Neo4j looks into."""


def assembled() -> Path:
    """The folder with the jars; the first time Maven fetches them. Raises Missing."""
    return jars("neo4j", POM)


class Neo4j(Server):
    """Neo4j community. With `secured`, clients need a password."""

    name = "neo4j"

    def __init__(self, folder: Path, *, secured: bool = False) -> None:
        super().__init__(folder, ("neo4j", PASSWORD) if secured else None)
        self._jars = assembled()
        self.http = free_port()

    def command(self) -> Sequence[str | Path]:
        conf = self.folder / "conf"
        conf.mkdir(exist_ok=True)
        (conf / "neo4j.conf").write_text("".join(f"{key}={value}\n" for key, value in self._settings().items()))
        return ["java", *_JVM, "-cp", f"{self._jars}/*", MAIN, f"--home-dir={self.folder}", f"--config-dir={conf}"]

    def start(self) -> None:
        if self.auth is not None and not (self.folder / "data" / "dbms").exists():
            self._set_password()
        super().start()

    def _set_password(self) -> None:
        command = ["java", *_JVM, "-cp", f"{self._jars}/*", f"-Dapp.home={self.folder}",
                   "org.neo4j.server.startup.Neo4jAdminCommand", "dbms", "set-initial-password", PASSWORD]  # fmt: skip
        self.command()
        environment = {**os.environ, "NEO4J_HOME": str(self.folder), "NEO4J_CONF": str(self.folder / "conf")}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    def _settings(self) -> dict[str, str]:
        return {
            "dbms.security.auth_enabled": str(self.auth is not None).lower(),
            "server.default_listen_address": "127.0.0.1",
            "server.bolt.listen_address": f"127.0.0.1:{self.port}",
            "server.bolt.advertised_address": f"127.0.0.1:{self.port}",
            "server.http.listen_address": f"127.0.0.1:{self.http}",
            "server.http.advertised_address": f"127.0.0.1:{self.http}",
            "server.https.enabled": "false",
            "server.memory.heap.initial_size": "256m",
            "server.memory.heap.max_size": "768m",
            "server.memory.pagecache.size": "64m",
            "dbms.usage_report.enabled": "false",
            "db.tx_log.preallocate": "false",
        }


_JVM = (
    "-Xmx768m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED),
)
