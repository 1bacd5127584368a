"""`-d`: one rule for values, and no guessing."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.cli.given import read_input
from cypher_executor.errors import NotFound, RequestInvalid


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("n=3", 3),
        ("n=3.5", 3.5),
        ('n="3"', "3"),
        ("n=true", True),
        ("n=null", None),
        ("n=[1, 2]", [1, 2]),
        ('n={"a": {"b": 1}}', {"a": {"b": 1}}),
        ("n=Ada", "Ada"),
        ("n=", ""),
        ("n=a=b", "a=b"),
        ("n=NaN", "NaN"),
        ("n=2024-01-01", "2024-01-01"),
        ("n=[1, 2", "[1, 2"),
        ("n=名字 🙂", "名字 🙂"),
        ("n= 3 ", 3),
        ("n=@file", "@file"),
    ],
)
def test_a_value_is_what_it_is_as_json_and_a_text_otherwise(option: str, value: Any) -> None:
    assert read_input([option]) == {"n": value}


def test_without_data_the_input_is_an_empty_map() -> None:
    assert read_input([]) == {}


def test_later_data_wins_key_by_key(tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text('{"a": 1, "b": 1}')
    assert read_input([f"@{file}", "b=2", "c=3"]) == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize("option", ["-", "@-"])
def test_a_whole_input_comes_from_standard_input(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"a": 1}')))
    assert read_input([option]) == {"a": 1}


def test_an_input_that_is_no_map_stands_alone(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_text("[1, 2]")
    assert read_input([f"@{file}"]) == [1, 2]
    with pytest.raises(RequestInvalid, match="cannot be put together"):
        read_input([f"@{file}", "a=1"])
    with pytest.raises(RequestInvalid, match="cannot be put together"):
        read_input(["a=1", f"@{file}"])


def test_a_missing_file_is_not_found() -> None:
    with pytest.raises(NotFound, match=r"there is no file nowhere\.json"):
        read_input(["@nowhere.json"])


def test_a_folder_cannot_be_read_as_input(tmp_path: Path) -> None:
    with pytest.raises(RequestInvalid, match="cannot read"):
        read_input([f"@{tmp_path}"])


def test_a_file_that_is_not_json_is_refused_with_the_place(tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text('{"a": 1,\n "a": ?}')
    with pytest.raises(RequestInvalid, match=r"input\.json: line 2, column 7"):
        read_input([f"@{file}"])


@pytest.mark.parametrize("option", ["text", "=3", ""])
def test_data_without_a_key_is_refused(option: str) -> None:
    with pytest.raises(RequestInvalid, match="neither key=value nor @file"):
        read_input([option])


@pytest.mark.parametrize("text", ["123456789012345678901234567890", '{"a": 1, "a": 2}'])
def test_json_that_readers_would_understand_differently_is_not_taken_for_a_text(text: str) -> None:
    with pytest.raises(RequestInvalid) as caught:
        read_input([f"n={text}"])
    assert "make it a text" in caught.value.next_actions[0]


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    with pytest.raises(RequestInvalid, match="not UTF-8"):
        read_input(["n=\udcff"])
