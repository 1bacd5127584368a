"""The key that the addresses of waits are signed with, as a file."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cypher_executor.adapters.secrets.callback_key import FILE_NAME, KEY_BYTES, callback_key
from cypher_executor.errors import Unavailable


def test_it_is_made_once_and_for_its_user_alone(tmp_path: Path) -> None:
    key = callback_key(tmp_path)
    assert len(key) == KEY_BYTES == 32
    assert callback_key(tmp_path) == key == (tmp_path / FILE_NAME).read_bytes()
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_each_folder_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert callback_key(tmp_path / "a") != callback_key(tmp_path / "b")


def test_what_a_crash_left_half_written_is_not_used(tmp_path: Path) -> None:
    (tmp_path / f"{FILE_NAME}.new").write_bytes(b"half")
    assert len(callback_key(tmp_path)) == KEY_BYTES


@pytest.mark.parametrize("content", [b"", b"short", b"a" * 33])
def test_a_damaged_key_is_told_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    (tmp_path / FILE_NAME).chmod(0o600)
    with pytest.raises(Unavailable) as refused:
        callback_key(tmp_path)
    assert refused.value.code == "callback_key_unusable" and refused.value.next_actions
    assert (tmp_path / FILE_NAME).read_bytes() == content


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_key_that_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    callback_key(tmp_path)
    (tmp_path / FILE_NAME).chmod(mode)
    with pytest.raises(Unavailable) as refused:
        callback_key(tmp_path)
    assert refused.value.code == "callback_key_exposed"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(Unavailable, match=r"callback\.key cannot be used"):
        callback_key(tmp_path)
