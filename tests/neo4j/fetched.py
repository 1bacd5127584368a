"""What tests fetch of others' software: once, into the user's cache folder, and never into the repository."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

FETCH_S = 900
JAVA = 17


class Missing(Exception):
    """This machine does not have what a test needs; says why, and what to install."""


def cache_folder() -> Path:
    """Outside of the repository, kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "cypher-executor-tests"


def kept(name: str, recipe: Path, fetch: Callable[[Path, Path], Path]) -> Path:
    """The folder that was made by this recipe (a file that names what to fetch). The first time it is fetched: `fetch`
    gets a folder of its own to work in and the recipe, and gives the folder to keep."""
    folder = cache_folder() / f"{name}-{hashlib.sha256(recipe.read_bytes()).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "fetching.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes begin at the same time
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=folder.parent) as made:
                fetch(Path(made), recipe).rename(folder)
    return folder


def jars(name: str, pom: Path) -> Path:
    """The folder with the jars of a pom. Raises Missing without Java, without Maven, or when it can fetch nothing."""
    require_java(name)
    return kept(name, pom, lambda folder, recipe: _with_maven(name, folder, recipe))


def require_java(what: str) -> None:
    """Raises Missing for a machine without a Java that is new enough."""
    java = shutil.which("java")
    if java is None:
        raise Missing(f"there is no Java: install Java {JAVA} to run these tests with {what}")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < JAVA:
        raise Missing(f"{what} needs Java {JAVA}, and here is {told.splitlines()[0] if told else 'another program'}")


def _with_maven(name: str, folder: Path, pom: Path) -> Path:
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing(f"there is no Maven: install it, once, to fetch {name} for these tests")
    shutil.copy(pom, folder / "pom.xml")
    found = folder / "jars"
    run([maven, "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={found}"], folder, name)
    return found


def run(command: list[str], folder: Path, name: str) -> None:
    """Run what fetches something. Raises Missing when it cannot."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_S)
    if done.returncode != 0:
        raise Missing(f"{Path(command[0]).name} cannot fetch {name}: {(done.stdout + done.stderr).strip()[:500]}")
