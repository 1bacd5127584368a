"""What reaches a terminal is data: it may not steer it, and it is never markup."""

from __future__ import annotations

import json

import pytest

from cypher_executor.cli import terminal

STEERING = "a\x1b[31mb\x9bc\u202ed\x7fe\x00"


def test_text_reaches_the_terminal_without_control_characters() -> None:
    assert terminal.harmless(STEERING) == "a␛[31mb\ufffdc\ufffdd\ufffde␀"


def test_json_escapes_control_characters_and_keeps_its_meaning() -> None:
    written = terminal.as_json({"text": STEERING, "名": "🙂"})
    assert written.isprintable()
    assert json.loads(written) == {"text": STEERING, "名": "🙂"}


def test_a_lone_surrogate_can_be_printed() -> None:
    terminal.as_json("\ud800").encode()
    terminal.harmless("\ud800").encode()


def test_columns_line_up_with_wide_characters() -> None:
    assert terminal.aligned([("名字", "x"), ("abcde", "y")]) == "名字   x\nabcde  y"


def test_a_piped_table_has_one_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    long = "word " * 100
    terminal.result_table(("A", "B"), [("1", long.strip()), ("[red]2[/red]", "two\nlines")])
    assert capsys.readouterr().out.splitlines() == [
        "A             B",
        f"1             {long.strip()}",
        "[red]2[/red]  two lines",
    ]
