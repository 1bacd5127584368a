"""What a worker process cannot do, even when a guest has broken out of wasmtime."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cypher_executor.worker import landlock

CONFINED = """
import os, socket, sys
from cypher_executor.worker.confine import confine
open_before = open(sys.argv[1] + "/open", "w")
confine(os.getppid(), 1024)
try:
    {attempt}
except PermissionError:
    print("refused")
else:
    print("done")
"""

ATTEMPTS = {
    "make a file": "open(sys.argv[1] + '/new', 'w')",
    "write to a file": "open(sys.argv[1] + '/there', 'r+b').write(b'other')",
    "replace a file": "os.rename(sys.argv[1] + '/there', sys.argv[1] + '/open')",
    "make a link": "os.symlink(sys.argv[1] + '/there', sys.argv[1] + '/link')",
    "remove a file": "os.unlink(sys.argv[1] + '/there')",
    "make a folder": "os.mkdir(sys.argv[1] + '/folder')",
}


def has_landlock() -> bool:
    """Asked in a process of its own, because there is no way back."""
    ask = (
        "import ctypes; from cypher_executor.worker import landlock; ctypes.CDLL(None).prctl(38, 1, 0, 0, 0);"
        "raise SystemExit(not landlock.restrict())"
    )
    return sys.platform == "linux" and subprocess.run([sys.executable, "-c", ask], check=False).returncode == 0


needs_landlock = pytest.mark.skipif(not has_landlock(), reason="this kernel has no Landlock")


def confined(attempt: str, folder: Path, *more: str) -> str:
    command = [sys.executable, "-c", CONFINED.format(attempt=attempt), str(folder), *more]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@needs_landlock
@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_a_worker_changes_no_file(tmp_path: Path, attempt: str) -> None:
    (tmp_path / "there").write_bytes(b"as it was")
    assert confined(attempt, tmp_path) == "refused"
    assert (tmp_path / "there").read_bytes() == b"as it was"
    assert {file.name for file in tmp_path.iterdir()} == {"there", "open"}


@needs_landlock
def test_a_worker_connects_to_nobody(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        attempt = "socket.create_connection(('127.0.0.1', int(sys.argv[2])))"
        assert confined(attempt, tmp_path, str(server.getsockname()[1])) == "refused"


@needs_landlock
def test_a_worker_signals_nobody(tmp_path: Path) -> None:
    assert confined("os.kill(int(sys.argv[2]), 0)", tmp_path, str(os.getpid())) == "refused"


@pytest.mark.parametrize("attempt", ["os.read(os.open(sys.argv[1] + '/there', 0), 9)", "open_before.write('x')"])
def test_a_worker_reads_and_uses_what_is_open(tmp_path: Path, attempt: str) -> None:
    (tmp_path / "there").write_bytes(b"as it was")
    assert confined(attempt, tmp_path) == "done"


def test_older_kernels_are_asked_only_for_what_they_know() -> None:
    wanted = [landlock._RULESET.unpack(landlock.rights_of(version)) for version in range(1, 7)]
    assert [files.bit_length() for files, _, _ in wanted] == [13, 14, 15, 15, 15, 15]
    assert [network for _, network, _ in wanted] == [0, 0, 0, 3, 3, 3]
    assert [scoped for _, _, scoped in wanted] == [0, 0, 0, 0, 0, 3]
