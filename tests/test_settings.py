"""Settings: from the environment, from files that it names, from `.env`; and a misspelt one is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from cypher_executor.errors import RequestInvalid
from cypher_executor.settings import load_settings


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` of this checkout."""
    monkeypatch.chdir(tmp_path)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYPHER_EXECUTOR_PORT", "9000")
    assert load_settings().port == 9000


def test_what_is_given_comes_before_the_environment_and_none_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYPHER_EXECUTOR_PORT", "9000")
    monkeypatch.setenv("CYPHER_EXECUTOR_WORKERS", "3")
    settings = load_settings(port=0, workers=None)
    assert (settings.port, settings.workers) == (0, 3)


def test_the_environment_comes_before_a_dot_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("CYPHER_EXECUTOR_PORT=1\nCYPHER_EXECUTOR_WORKERS=2\nOTHERS_SETTING=3\n")
    monkeypatch.setenv("CYPHER_EXECUTOR_PORT", "9000")
    settings = load_settings()
    assert (settings.port, settings.workers) == (9000, 2)


def test_a_setting_may_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "port").write_text("9001\n")
    monkeypatch.setenv("CYPHER_EXECUTOR_PORT_FILE", str(tmp_path / "port"))
    assert load_settings().port == 9001


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYPHER_EXECUTOR_PORT_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(RequestInvalid, match=r"CYPHER_EXECUTOR_PORT_FILE.*nowhere"):
        load_settings()


def test_lists_are_given_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYPHER_EXECUTOR_EGRESS_ALLOW", "10.0.0.0/8, 127.0.0.1:9000,")
    assert load_settings().egress_allow == ("10.0.0.0/8", "127.0.0.1:9000")


def test_an_unknown_setting_is_an_error_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYPHER_EXECUTOR_WORKER", "2")
    with pytest.raises(RequestInvalid) as refused:
        load_settings()
    assert refused.value.code == "setting_unknown"
    assert refused.value.did_you_mean == "CYPHER_EXECUTOR_WORKERS"


def test_an_unknown_setting_in_a_dot_env_file_is_an_error_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CYPHER_EXECUTOR_WORKER=2\n")
    with pytest.raises(RequestInvalid, match="CYPHER_EXECUTOR_WORKERS"):
        load_settings()


def test_all_wrong_values_are_told_at_once_by_the_names_of_their_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYPHER_EXECUTOR_PORT", "many")
    monkeypatch.setenv("CYPHER_EXECUTOR_WORKERS", "0")
    with pytest.raises(RequestInvalid) as refused:
        load_settings()
    assert {problem["path"] for problem in refused.value.problems} == {
        "CYPHER_EXECUTOR_PORT",
        "CYPHER_EXECUTOR_WORKERS",
    }


def test_the_address_is_that_of_host_and_port_unless_it_is_given() -> None:
    assert load_settings().address == "http://127.0.0.1:8080"
    assert load_settings(host="::1", port=81).address == "http://[::1]:81"
    assert load_settings(public_url="https://flows.example.com/cx/").address == "https://flows.example.com/cx"


@pytest.mark.parametrize(
    "wrong", ["flows.example.com", "ftp://x", "https://", "https://x?y=1", "https://x#y", "https://u:p@x", "http://x y"]
)
def test_what_is_no_address_is_a_wrong_setting(wrong: str) -> None:
    with pytest.raises(RequestInvalid, match="CYPHER_EXECUTOR_PUBLIC_URL"):
        load_settings(public_url=wrong)
