"""The `keys` commands, and what commands need once there are keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.support import cyx, invoke, serving


def test_a_service_that_has_keys_asks_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    made = invoke("keys", "create", "operator", "--scope", "admin", "--data-dir", data)
    assert made.exit_code == 0 and made.stdout.startswith("cx_") and "not shown again" in made.stderr
    with serving(data) as service:
        refused = invoke("recipes", "list", "--server", service.url)
        assert refused.exit_code == 2 and "CYPHER_EXECUTOR_API_KEY" in refused.stderr
        Path("key").write_text(made.stdout)
        monkeypatch.setenv("CYPHER_EXECUTOR_API_KEY_FILE", "key")
        assert "parallel_fanout" in invoke("recipes", "list", "--server", service.url).stdout
        ran = invoke("run", "classify", "-d", "text=The team won.", "--json", "--server", service.url)
        assert ran.exit_code == 0, ran.stderr
        reader = invoke("keys", "create", "reader", "--scope", "read", "--expires", "90d", "--server", service.url)
        listed = json.loads(invoke("keys", "list", "--json", "--server", service.url).stdout)["keys"]
        assert [(key["name"], key["scopes"]) for key in listed] == [("operator", ["admin"]), ("reader", ["read"])]
        assert listed[1]["expires_at"] and reader.stdout.strip().startswith(f"cx_{listed[1]['id']}_")
        assert invoke("keys", "revoke", listed[1]["id"], "--server", service.url).exit_code == 0
        assert "revoked" in invoke("keys", "list", "--server", service.url).stdout
        assert invoke("keys", "revoke", "none", "--server", service.url).exit_code == 4


def test_an_open_address_is_listened_on_once_there_are_keys(tmp_path: Path) -> None:
    data = tmp_path / "data"
    refused = cyx("serve", "--host", "0.0.0.0", "--port", "0", "--data-dir", data)
    assert refused.returncode == 2 and "keys create" in refused.stderr
    assert cyx("keys", "create", "operator", "--scope", "admin", "--data-dir", data).returncode == 0
    with serving(data, "--host", "0.0.0.0") as service:
        assert service.url.startswith("http://0.0.0.0:")


def test_who_has_the_folder_gets_back_in(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = invoke("keys", "create", "lost", "--scope", "admin", "--data-dir", data, "--json")
    assert invoke("keys", "revoke", json.loads(first.stdout)["id"], "--data-dir", data).exit_code == 0
    assert invoke("keys", "create", "found", "--scope", "admin", "--data-dir", data).exit_code == 0


def test_a_first_key_that_could_make_no_other_is_refused(tmp_path: Path) -> None:
    refused = invoke("keys", "create", "reader", "--scope", "read", "--data-dir", tmp_path / "data")
    assert refused.exit_code == 2 and "--scope admin" not in refused.stdout and "admin" in refused.stderr


def test_a_folder_and_a_server_are_two_places(tmp_path: Path) -> None:
    assert invoke("keys", "list", "--server", "http://127.0.0.1:1", "--data-dir", tmp_path).exit_code == 2
