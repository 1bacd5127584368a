"""What a worker process cannot do, even when a guest has broken out of wasmtime; and which measure keeps it from that.

Each measure is tried with all others left out, so that none of them hides that another one does nothing.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cypher_executor.adapters.dispatch_local.examination import Examination, examined
from cypher_executor.worker import landlock, syscalls
from cypher_executor.worker.hardening import ASPECTS, NONE
from cypher_executor.worker.seccomp import program

MEASURES = frozenset({"landlock", "seccomp", "user", "network", "capabilities"})

CHANGES = {
    "make a file": "os.close(os.open(folder + '/new', os.O_CREAT | os.O_WRONLY))",
    "write to a file": "os.open(folder + '/there', os.O_RDWR)",
    "replace a file": "os.rename(folder + '/there', folder + '/open')",
    "make a link": "os.symlink(folder + '/there', folder + '/link')",
    "remove a file": "os.unlink(folder + '/there')",
    "make a folder": "os.mkdir(folder + '/folder')",
}
READ = "os.close(os.open(folder + '/there', os.O_RDONLY))"
FORK = "os.fork() or os._exit(0)"
CONNECT = """
try:
    socket.socket().connect(('127.0.0.1', {}))
except OSError as error:
    raise PermissionError from error
"""
LOCAL_SOCKET = "socket.socket(socket.AF_UNIX)"


def confined(step: str, folder: Path, *, only: str = "") -> str:
    """`done` or `refused`, with one measure or (without `only`) all of them."""
    without = MEASURES - {only} if only else frozenset()
    command = [sys.executable, "-m", "tests.worker.confined", step, str(folder), *sorted(without)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return ended.stdout.partition(" ")[0]


@pytest.fixture(scope="module")
def examination() -> Examination:
    """A process that was started as workers are, and that tried."""
    return examined()


def needs(aspect: str, means: str) -> pytest.MarkDecorator:
    """Skip where this system has no such means. A system that has them all is where the suite runs for a release."""
    return pytest.mark.skipif(f"{aspect}:{means}" not in _means(), reason=f"no {means} here for: {ASPECTS[aspect]}")


def _means() -> frozenset[str]:
    if not hasattr(_means, "found"):
        command = [sys.executable, "-m", "tests.worker.confined", "seal: None", "/tmp"]
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        _means.found = frozenset(told.split(" ")[1:]) if sys.platform == "linux" else frozenset()  # type: ignore[attr-defined]
    return _means.found  # type: ignore[attr-defined,no-any-return]


linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems have none of this")
needs_landlock = needs("writing", "landlock")
needs_seccomp = needs("files", "seccomp")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


# --- all of it --------------------------------------------------------------------------------------------------------


@needs_seccomp
def test_nothing_that_a_worker_tries_succeeds(examination: Examination) -> None:
    assert examination.possible == ()
    assert len(examination.attempts) >= 20


@linux
def test_a_worker_has_no_environment_and_no_descriptor_but_its_own(examination: Examination) -> None:
    assert examination.environment == []
    assert examination.descriptors[:3] == [0, 1, 2] and len(examination.descriptors) == 4


@needs_root
def test_a_worker_of_root_is_somebody_that_nobody_else_is(examination: Examination) -> None:
    [user] = set(examination.users)
    assert user not in {0, *examined().users}


@needs_seccomp
@needs_landlock
@needs("network", "name")
@needs_root
def test_on_a_system_that_has_everything_nothing_is_lacking(examination: Examination) -> None:
    assert examination.hardening.lacking == ()
    assert examination.hardening.means["network"] == ("name space", "landlock", "seccomp")


def test_what_is_lacking_is_said_in_words() -> None:
    assert NONE.lacking == tuple(ASPECTS.values())
    assert "reach the network" not in NONE.with_means(network="name space").lacking
    assert NONE.with_means(network="a").with_means(network="b").as_json()["network"] == ["a", "b"]


# --- Landlock ---------------------------------------------------------------------------------------------------------


@needs_landlock
@pytest.mark.parametrize("step", CHANGES.values(), ids=CHANGES)
def test_landlock_alone_lets_a_worker_change_no_file(tmp_path: Path, step: str) -> None:
    (tmp_path / "there").write_bytes(b"as it was")
    assert confined(step, tmp_path, only="landlock") == "refused"
    assert (tmp_path / "there").read_bytes() == b"as it was"
    assert {file.name for file in tmp_path.iterdir()} == {"there", "open"}


@needs("network", "landlock")
def test_landlock_alone_lets_a_worker_connect_to_nobody(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        step = f"socket.socket().connect(('127.0.0.1', {server.getsockname()[1]}))"
        assert confined(step, tmp_path, only="landlock") == "refused"
        assert confined(step, tmp_path, only="none") == "done"


@needs("processes", "landlock")
def test_landlock_alone_lets_a_worker_signal_nobody(tmp_path: Path) -> None:
    assert confined(f"os.kill({os.getpid()}, 0)", tmp_path, only="landlock") == "refused"


@needs_landlock
@pytest.mark.parametrize("step", [READ, "opened.write('x')"])
def test_landlock_lets_a_worker_read_and_use_what_is_open(tmp_path: Path, step: str) -> None:
    (tmp_path / "there").write_bytes(b"as it was")
    assert confined(step, tmp_path, only="landlock") == "done"


def test_older_kernels_are_asked_only_for_what_they_know() -> None:
    wanted = [landlock._RULESET.unpack(landlock.rights_of(version)) for version in range(1, 7)]
    assert [files.bit_length() for files, _, _ in wanted] == [13, 14, 15, 15, 15, 15]
    assert [network for _, network, _ in wanted] == [0, 0, 0, 3, 3, 3]
    assert [scoped for _, _, scoped in wanted] == [0, 0, 0, 0, 0, 3]


# --- seccomp ----------------------------------------------------------------------------------------------------------


@needs_seccomp
@pytest.mark.parametrize("step", [READ, FORK, LOCAL_SOCKET, *CHANGES.values()])
def test_seccomp_alone_lets_a_sealed_worker_open_and_start_nothing(tmp_path: Path, step: str) -> None:
    (tmp_path / "there").write_bytes(b"as it was")
    assert confined(f"seal: {step}", tmp_path, only="seccomp") == "refused"


@linux
@pytest.mark.parametrize("step", [READ, FORK, LOCAL_SOCKET, *CHANGES.values()])
def test_without_any_measure_all_of_that_is_possible(tmp_path: Path, step: str) -> None:
    """What the tests above would show if a measure were forgotten."""
    (tmp_path / "there").write_bytes(b"as it was")
    assert confined(f"seal: {step}", tmp_path, only="none") == "done"


@needs_seccomp
def test_a_sealed_worker_uses_what_is_open_and_aborts_like_any_process(tmp_path: Path) -> None:
    assert confined("seal: opened.write('x')", tmp_path) == "done"
    with pytest.raises(subprocess.CalledProcessError) as ended:
        confined("seal: os.abort()", tmp_path)
    assert ended.value.returncode == -6


@pytest.mark.parametrize("name", ["x86_64", "aarch64"])
def test_a_filter_refuses_another_machines_calls_and_what_it_does_not_know(name: str) -> None:
    machine = syscalls.machine(name)
    assert machine is not None
    code = list(program(machine, pid=7))
    assert len({*machine.allowed, *(number for number, _, _ in machine.limited)}) == len(machine.allowed) + 3
    for number in machine.allowed:
        assert evaluated(code, machine.audit_arch, number) == "allow"
    for number, argument, value in machine.limited:
        wanted = 7 if value == syscalls.OWN else value
        assert evaluated(code, machine.audit_arch, number, **{f"argument{argument}": wanted}) == "allow"
        assert evaluated(code, machine.audit_arch, number, **{f"argument{argument}": wanted + 1}) == "refuse"
    for number in {*range(600), 1 << 30, 0xFFFFFFFF} - {*machine.allowed, *(n for n, _, _ in machine.limited)}:
        assert evaluated(code, machine.audit_arch, number) == "refuse"
    assert evaluated(code, 0x40000003, machine.allowed[0]) == "kill"


def test_a_processor_that_is_not_known_has_no_filter() -> None:
    assert syscalls.machine("riscv64") is None


def evaluated(code: list[tuple[int, int, int, int]], arch: int, number: int, **arguments: int) -> str:
    """What the kernel would make of a call: a small reading of the filter's language."""
    at, value = 0, 0
    fields = {0: number, 4: arch, **{16 + 8 * i: arguments.get(f"argument{i}", 0) for i in range(6)}}
    while True:
        kind, if_true, if_false, operand = code[at]
        at += 1
        if kind == 0x20:
            value = fields[operand]
        elif kind == 0x15:
            at += if_true if value == operand else if_false
        else:
            return {0x7FFF0000: "allow", 0x80000000: "kill", 0x00050001: "refuse"}[operand]


# --- another user, another network ------------------------------------------------------------------------------------


@needs_root
def test_another_user_alone_keeps_a_worker_from_the_services_files_and_processes(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"secret")
    (tmp_path / "there").chmod(0o600)
    for step in (READ, f"os.kill({os.getpid()}, 0)", "os.setuid(0)"):
        assert confined(step, tmp_path, only="user") == "refused"
        assert confined(step, tmp_path, only="none") == "done"


@needs("network", "name")
def test_a_network_of_its_own_leads_nowhere(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        step = CONNECT.format(server.getsockname()[1])
        assert confined(step, tmp_path, only="network") == "refused"
        assert confined(step, tmp_path, only="none") == "done"


@needs_root
def test_root_without_rights_cannot_read_what_it_does_not_own(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"secret")
    os.chown(tmp_path / "there", 1, 1)
    (tmp_path / "there").chmod(0o600)
    assert confined(READ, tmp_path, only="capabilities") == "refused"
    assert confined(READ, tmp_path, only="none") == "done"
