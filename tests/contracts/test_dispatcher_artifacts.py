"""Compiled modules on disk: what was written is read again, and nothing else is ever believed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cypher_executor.adapters.dispatch_local import artifacts as implementation
from cypher_executor.adapters.dispatch_local.artifacts import Artifacts, name_of

NAME = name_of("sha256:1", b"engine", fuel=False)
OTHER = name_of("sha256:2", b"engine", fuel=False)
CODE = b"\x7fELF machine code" + bytes(range(256)) * 8
BEGINNING = 34 + 32
"""Where the code begins in a file."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "modules"


def written(folder: Path, name: str = NAME, code: bytes = CODE) -> Path:
    Artifacts(folder).write(name, code)
    return folder / name


def names_in(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_what_was_written_is_read_again_by_whoever_shares_the_folder(folder: Path) -> None:
    assert written(folder).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert Artifacts(folder).read(NAME) == CODE
    assert Artifacts(folder).read(OTHER) is None


def test_the_name_says_all_that_the_code_depends_on() -> None:
    about = [("sha256:1", b"a", False), ("sha256:1", b"a", True), ("sha256:2", b"a", False), ("sha256:1", b"b", False)]
    names = {name_of(digest, fingerprint, fuel=fuel) for digest, fingerprint, fuel in about}
    assert len(names) == 4


# --- damage -----------------------------------------------------------------------------------------------------------


def rewrite(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(change(file.read_bytes()))


def replaced(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def replace(file: Path) -> None:
        file.rename(file.with_suffix(".good"))
        make(file)

    return replace


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": rewrite(lambda _: b""),
    "cut in its head": rewrite(lambda data: data[: BEGINNING - 1]),
    "without code": rewrite(lambda data: data[:BEGINNING]),
    "cut at its end": rewrite(lambda data: data[:-1]),
    "longer": rewrite(lambda data: data + b"\0"),
    "of another format": rewrite(lambda data: data.replace(b" 1\n", b" 2\n", 1)),
    "another digest": rewrite(lambda data: data[: BEGINNING - 1] + b"?" + data[BEGINNING:]),
    "zeros, as after a power cut": rewrite(lambda data: bytes(len(data))),
    "code alone": rewrite(lambda data: data[BEGINNING:]),
    "of another module": lambda file: written(file.parent, OTHER, b"other").rename(file),
    "a link to a good one": replaced(lambda file: file.symlink_to(file.with_suffix(".good"))),
    "a pipe": replaced(lambda file: os.mkfifo(file)),
    "a folder": replaced(lambda file: file.mkdir()),
    "open to its group": lambda file: file.chmod(0o620),
    "open to others": lambda file: file.chmod(0o602),
    "too large": lambda file: os.truncate(file, 1 << 40),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_what_does_not_fit_is_not_believed(folder: Path, damage: Callable[[Path], object]) -> None:
    damage(written(folder))
    assert Artifacts(folder).read(NAME) is None


@pytest.mark.parametrize("damage", [d for kind, d in DAMAGE.items() if kind != "a folder"])
def test_what_does_not_fit_is_made_again(folder: Path, damage: Callable[[Path], object]) -> None:
    damage(written(folder))
    artifacts = Artifacts(folder)
    assert artifacts.read(NAME) is None
    artifacts.write(NAME, CODE)
    assert artifacts.read(NAME) == CODE


def test_one_bit_anywhere_is_found(folder: Path) -> None:
    data = written(folder, code=CODE[:64]).read_bytes()
    for at in range(len(data)):
        (folder / NAME).write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
        (folder / NAME).chmod(0o600)
        assert Artifacts(folder).read(NAME) is None


def test_without_the_digest_damage_would_be_believed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The defect that the tests above must catch: nobody looks at the digest."""

    class Anything(bytes):
        def __ne__(self, other: object) -> bool:
            return False

    DAMAGE["cut at its end"](written(folder))
    monkeypatch.setattr(implementation, "_head", lambda name, code: Anything())
    assert Artifacts(folder).read(NAME) == CODE[:-1]


# --- folders ----------------------------------------------------------------------------------------------------------


def test_a_folder_that_others_may_write_to_is_neither_read_nor_written(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    written(folder)
    for mode in (0o770, 0o707, 0o777):
        folder.chmod(mode)
        artifacts = Artifacts(folder)
        assert artifacts.read(NAME) is None
        artifacts.write(OTHER, CODE)
        assert names_in(folder) == {NAME}
    assert len(caplog.records) == 3, "it is told once"


def test_what_belongs_to_somebody_else_is_neither_read_nor_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(folder)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert Artifacts(folder).read(NAME) is None
    Artifacts(folder).write(OTHER, CODE)
    assert names_in(folder) == {NAME}


def test_a_folder_behind_a_link_is_not_used(folder: Path) -> None:
    written(folder)
    link = folder.with_name("link")
    link.symlink_to(folder)
    assert Artifacts(link).read(NAME) is None


def test_a_folder_that_cannot_be_made_is_told_once_and_costs_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    artifacts = Artifacts(tmp_path / "file" / "modules")
    artifacts.write(NAME, CODE)
    assert artifacts.read(NAME) is None
    assert len(caplog.records) == 1


@contextlib.contextmanager
def read_only_folder() -> Iterator[Path]:
    """A folder with an entry, that this process can read and not write, also when it runs as root."""
    with tempfile.TemporaryDirectory() as made:
        folder, file = Path(made), written(Path(made))
        me = os.geteuid()
        if me == 0:
            os.chown(file, 65534, 65534)
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        folder.chmod(0o500)
        try:
            yield folder
        finally:
            folder.chmod(0o700)
            os.seteuid(me)


def test_a_folder_that_can_only_be_read_is_read() -> None:
    with read_only_folder() as folder:
        artifacts = Artifacts(folder)
        assert artifacts.read(NAME) == CODE
        artifacts.write(OTHER, CODE)
        assert names_in(folder) == {NAME}


def test_damage_in_a_folder_that_can_only_be_read_is_not_believed() -> None:
    with read_only_folder() as folder:
        DAMAGE["cut at its end"](folder / NAME)
        assert Artifacts(folder).read(NAME) is None


# --- room, and others in it -------------------------------------------------------------------------------------------


def test_those_that_were_not_used_for_longest_make_room(folder: Path) -> None:
    names = [name_of(str(i), b"", fuel=False) for i in range(4)]
    for at, name in enumerate(names):
        os.utime(written(folder, name), (at, at))
    artifacts = Artifacts(folder, most_bytes=3 * (BEGINNING + len(CODE)))
    assert artifacts.read(names[0]) == CODE  # and now it is the one that was used last
    artifacts.write(NAME, CODE)
    assert names_in(folder) == {names[0], names[3], NAME}


def test_only_what_was_abandoned_long_ago_is_taken_for_unfinished(folder: Path) -> None:
    written(folder)
    for name, age in (("old.unfinished", 0), ("new.unfinished", None), ("unknown", 0)):
        (folder / name).write_bytes(b"")
        if age is not None:
            os.utime(folder / name, (age, age))
    written(folder)
    assert names_in(folder) == {NAME, "new.unfinished", "unknown"}


def test_a_module_without_measure_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(implementation, "_LARGEST", 100)
    assert not written(folder).exists()


def test_nobody_sees_half_a_file_while_many_write_it(folder: Path) -> None:
    large = CODE * 200

    def write_and_read(turn: int) -> bytes | None:
        artifacts = Artifacts(folder)
        artifacts.write(NAME, large)
        return artifacts.read(NAME)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write_and_read, range(60))) == {large}
    assert names_in(folder) == {NAME}
