"""A real Neo4j: assembled from Maven Central once, kept in the user's cache folder, run by the Java of the machine."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.neo4j.server import Server, free_port

POM = Path(__file__).with_name("pom.xml")
MAIN = "org.neo4j.server.CommunityEntryPoint"
JAVA = 17
ASSEMBLY_S = 900
PASSWORD = "a-password-for-tests"
OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent", "java.lang")
"""Packages of the JDK that Neo4j looks into."""


class Missing(Exception):
    """This machine cannot run a Neo4j; says why."""


def cache_folder() -> Path:
    """Outside of the repository, kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "cypher-executor-tests"


def assembled() -> Path:
    """The folder with the jars. The first time Maven fetches them; after that it is only looked for.

    Raises Missing where there is no Java, no Maven, or no way for Maven to fetch anything.
    """
    _require_java()
    folder = cache_folder() / f"neo4j-{hashlib.sha256(POM.read_bytes()).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "assembling.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes begin at the same time
        if not folder.is_dir():
            _assemble(folder)
    return folder


def _require_java() -> None:
    java = shutil.which("java")
    if java is None:
        raise Missing("there is no Java: install Java 17 to run these tests against Neo4j")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < JAVA:
        raise Missing(f"Neo4j needs Java {JAVA}, and here is {told.splitlines()[0] if told else 'another program'}")


def _assemble(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing("there is no Maven: install it, once, to fetch Neo4j for these tests")
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        shutil.copy(POM, made)
        jars = Path(made) / "jars"
        command = [maven, "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
        done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=ASSEMBLY_S)
        if done.returncode != 0:
            raise Missing(f"Maven cannot fetch Neo4j: {(done.stdout + done.stderr).strip()[:500]}")
        jars.rename(folder)


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
