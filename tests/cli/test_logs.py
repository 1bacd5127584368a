"""Log lines, for people and for programs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from cypher_executor.cli import logs


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs.LIBRARIES}
    yield
    root.handlers[:], root.level = handlers, level
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def test_a_record_is_one_line_of_json_with_what_it_carries(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", as_json=True)
    logging.getLogger("cypher_executor.x").warning("run %s\nis odd", "run_1", extra={"run": "run_1", "odd": {1}})
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["event"], told["level"], told["logger"]) == ("run run_1\nis odd", "warning", "cypher_executor.x")
    assert (told["run"], told["odd"]) == ("run_1", "{1}")


def test_people_get_text_that_cannot_steer_their_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", as_json=False)
    logging.getLogger("x").error("odd \x1b[2J %s", "name")
    assert capsys.readouterr().err.endswith("error: odd ␛[2J name\n")


def test_an_exception_keeps_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", as_json=True)
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("x").exception("what")
    assert "ValueError: why" in json.loads(capsys.readouterr().err)["exception"]


@pytest.mark.parametrize("name", ["x", "uvicorn.error"])
def test_less_than_the_level_is_not_said(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", as_json=False)
    logging.getLogger(name).info("nothing of interest")
    assert capsys.readouterr().err == ""


def test_libraries_only_speak_when_something_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug", as_json=False)
    logging.getLogger("uvicorn.error").info("started")
    logging.getLogger("uvicorn.error").warning("odd request")
    assert [line.partition(" ")[2] for line in capsys.readouterr().err.splitlines()] == ["warning: odd request"]


def test_configuring_again_does_not_say_everything_twice(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", as_json=False)
    logs.configure("info", as_json=False)
    logging.getLogger("x").info("once")
    assert len(capsys.readouterr().err.splitlines()) == 1
