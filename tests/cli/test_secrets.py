"""`secrets`: values come from a file or standard input, and no command shows one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.support import Serving, invoke

VALUE = "a-value-that-nobody-else-has"


def test_a_value_is_read_from_standard_input(server: Serving) -> None:
    stored = invoke("secrets", "set", "FROM_STDIN", "--server", server.url, stdin=f"{VALUE}\n")
    assert stored.exit_code == 0, stored.stderr
    listed = invoke("secrets", "list", "--server", server.url)
    assert "FROM_STDIN" in listed.stdout and VALUE not in stored.output + listed.output


def test_a_value_is_read_from_a_file_and_kept_to_hosts(server: Serving) -> None:
    Path("value").write_text(VALUE)
    command = ("secrets", "set", "FROM_FILE", "--file", "value", "--host", "https://api.example.com/*", "--json")
    stored = invoke(*command, "--server", server.url)
    assert stored.exit_code == 0 and json.loads(stored.stdout)["hosts"] == ["https://api.example.com/*"]


def test_a_value_cannot_be_an_argument(server: Serving) -> None:
    assert invoke("secrets", "set", "NAME", VALUE, "--server", server.url).exit_code == 2


def test_nothing_is_no_value(server: Serving) -> None:
    refused = invoke("secrets", "set", "EMPTY", "--server", server.url, stdin="\n")
    assert refused.exit_code == 2 and "standard input is empty" in refused.stderr


def test_a_file_that_is_not_there_is_not_found(server: Serving) -> None:
    assert invoke("secrets", "set", "NAME", "--file", "none", "--server", server.url).exit_code == 4


def test_a_forgotten_secret_is_gone(server: Serving) -> None:
    invoke("secrets", "set", "GONE", "--server", server.url, stdin=VALUE)
    assert invoke("secrets", "delete", "GONE", "--server", server.url).exit_code == 0
    again = invoke("secrets", "delete", "GONE", "--server", server.url)
    assert again.exit_code == 4 and "there is no secret 'GONE'" in again.stderr


def test_the_key_is_changed(server: Serving) -> None:
    invoke("secrets", "set", "SEALED", "--server", server.url, stdin=VALUE)
    rotated = invoke("secrets", "rotate", "--json", "--server", server.url)
    assert rotated.exit_code == 0 and json.loads(rotated.stdout)["sealed"] >= 1
