"""The program as a whole: help, what it loads, and what people see on a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.recipes import SHOUT
from tests.cli.support import COMMAND, cyx, invoke, surroundings

HEAVY = (
    "aiohttp",
    "lark",
    "pydantic",
    "starlette",
    "uvicorn",
    "wasmtime",
    "apsw",
    "neo4j",
    "aioboto3",
    "rich",
    "asyncio",
)
COMMANDS = ("demo", "serve", "run", "check", "recipes", "runs", "parts", "version")


def on_a_terminal(*words: str, **more: str) -> str:
    """What a command writes to a terminal that is both its standard output and its standard error."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*COMMAND, *words], stdout=theirs, stderr=theirs, env=surroundings(**more))
    os.close(theirs)
    written = b""
    while chunk := _read(ours):
        written += chunk
    os.close(ours)
    assert process.wait() == 0, written
    return written.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux tells the end of a terminal in this way
        return b""


def test_help_names_every_command_and_the_exit_codes() -> None:
    shown = invoke("--help").stdout
    assert all(name in shown for name in COMMANDS)
    assert "5 recipe invalid" in " ".join(shown.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    shown = invoke(name, "--help")
    assert shown.exit_code == 0
    assert "Usage" in shown.stdout


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, cypher_executor.cli.app; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=surroundings()
    )
    assert set(HEAVY).isdisjoint(loaded.stdout.split())


def test_a_service_begins_without_the_compiler_and_the_mirror() -> None:
    code = "import sys, cypher_executor.cli.server, cypher_executor.service.app; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=surroundings()
    )
    later = {"lark", "neo4j", "cypher_executor.cypher.compile", "cypher_executor.mirror.mirror"}
    assert later.isdisjoint(loaded.stdout.split())


def test_piped_help_is_plain() -> None:
    shown = cyx("--help")
    assert shown.returncode == 0
    assert shown.stdout.isascii()


@pytest.mark.parametrize("words", [(), ("runn",), ("run",), ("serve", "--port", "x"), ("run", "a", "--nope")])
def test_wrong_usage_ends_with_2_and_says_so_on_standard_error(words: tuple[str, ...]) -> None:
    ended = cyx(*words)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_the_version_is_told() -> None:
    assert invoke("version").stdout.startswith("cypher-executor ")
    assert json.loads(invoke("version", "--json").stdout)["version"]


def test_a_terminal_gets_a_table_with_colours_and_the_result() -> None:
    Path("shout.cypher").write_text(SHOUT)
    written = on_a_terminal("run", "shout.cypher", "-d", "text=hello")
    assert "\x1b[32m" in written and "succeeded" in written and '"shout": "HELLO!"' in written


def test_no_color_is_kept_on_a_terminal() -> None:
    Path("shout.cypher").write_text(SHOUT)
    written = on_a_terminal("run", "shout.cypher", "-d", "text=hello", NO_COLOR="1")
    assert "\x1b[3" not in written and "succeeded" in written


def test_a_reader_that_goes_away_is_not_an_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [*COMMAND, "parts", "list"], stdout=writer, stderr=subprocess.PIPE, text=True, env=surroundings(), check=False
    )
    os.close(writer)
    assert "Traceback" not in ended.stderr


def test_a_terminal_without_utf_8_gets_escapes_and_no_traceback() -> None:
    ended = cyx("run", "名字", "--server", "127.0.0.1:9", PYTHONIOENCODING="ascii")
    assert ended.returncode == 3
    missing = cyx("check", "名字.cypher", PYTHONIOENCODING="ascii")
    assert (missing.returncode, missing.stderr) == (4, "error: there is no file \\u540d\\u5b57.cypher\n")
