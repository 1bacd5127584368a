"""The scenarios of the openCypher TCK: Maven fetches the jar once, into a cache outside of the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

VERSION = "1.0.0-M23"
ARTIFACT = f"org.opencypher:tck:{VERSION}"
FETCHING_S = 600


class Missing(Exception):
    """The scenarios cannot be had here; says why."""


def fetched() -> Path:
    """The jar. Raises Missing where there is no Maven, or no way for it to fetch anything."""
    base = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(base) if base else Path.home() / ".cache") / "cypher-executor-tests"
    jar = folder / f"tck-{VERSION}.jar"
    if not jar.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(folder)
    return jar


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing("there is no Maven: install it, once, to fetch the TCK, or give the path of its jar with --jar")
    command = [maven, "-q", "-B", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCHING_S)
    if done.returncode != 0:
        raise Missing(f"Maven cannot fetch {ARTIFACT}: {(done.stdout + done.stderr).strip()[:500]}")


def features(jar: Path) -> Iterator[tuple[str, str]]:
    """The features by category (`expressions/list`), with their text."""
    with zipfile.ZipFile(jar) as archive:
        for name in sorted(archive.namelist()):
            if name.startswith("features/") and name.endswith(".feature"):
                yield name.removeprefix("features/").rpartition("/")[0], archive.read(name).decode()


def graphs(jar: Path) -> dict[str, str]:
    """The named graphs that scenarios begin with, as texts that make them."""
    with zipfile.ZipFile(jar) as archive:
        names = [n for n in archive.namelist() if n.startswith("graphs/") and n.endswith(".cypher")]
        return {Path(name).stem: archive.read(name).decode() for name in names}
