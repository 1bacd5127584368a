"""`serve`: real processes, real sockets, real signals."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import neo4j
import pytest

from tests.cli.recipes import WAITS
from tests.cli.support import COMMAND, cyx, serving, surroundings


def in_thread(call: Any) -> tuple[threading.Thread, list[Any]]:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


@contextlib.contextmanager
def half_a_request(url: str) -> Iterator[None]:
    """A connection that keeps the service waiting for the rest of a body."""
    with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1]))) as held:
        held.sendall(b"POST /runs HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 10\r\n\r\n")
        yield


def test_the_url_is_said_when_the_service_answers(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        assert httpx2.get(f"{service.url}/readyz").status_code == 200


def test_people_are_told_the_url_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--data-dir", str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings(TMPDIR=str(tmp_path / "temporary")),
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    process.terminate()
    said, more = process.communicate(timeout=60)
    assert line.startswith("cypher-executor listens on http://127.0.0.1:")
    assert (process.returncode, said, more) == (0, "", "")


def test_bolt_has_a_port_of_its_own_when_that_is_asked_for(tmp_path: Path) -> None:
    with serving(tmp_path / "one", "--bolt-port", "0") as service:
        assert service.bolt is not None
        with neo4j.GraphDatabase.driver(service.bolt) as driver:
            assert driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1
            told = httpx2.get(service.url).json()
            assert (told["bolt_direct"], told["query"][: len(service.url)]) == (service.bolt, service.url)
            service.signal(signal.SIGTERM)
            assert service.ended() == (0, "")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            refused = cyx("serve", "--port", "0", "--bolt-port", port, "--data-dir", tmp_path / "two")
    assert refused.returncode != 0
    assert f"port {port}" in refused.stderr and "--bolt-port" in refused.stderr


def test_without_being_asked_for_bolt_is_spoken_on_the_port_of_the_service_alone(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        assert service.bolt is None
        told = httpx2.get(service.url).json()
        assert told["bolt_direct"] == service.url.replace("http://", "bolt://")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_service_with_0(number: int, tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        service.signal(number)
        assert service.ended() == (0, "")


def test_whoever_waits_for_a_run_is_answered_when_the_service_stops(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        started = httpx2.post(f"{service.url}/runs", json={"cypher": WAITS, "input": {}}).json()
        body = {"cypher": WAITS, "input": {}}
        waiting, answers = in_thread(
            lambda: httpx2.post(f"{service.url}/runs", json=body, headers={"Prefer": "wait=60"}, timeout=90)
        )
        while len(httpx2.get(f"{service.url}/runs").json()["runs"]) < 2:
            pass
        service.signal(signal.SIGTERM)
        assert service.ended()[0] == 0
        waiting.join()
    assert started["state"] in ("pending", "running", "waiting")
    assert answers[0].status_code == 202 and answers[0].json()["state"] == "waiting"


def test_a_run_goes_on_with_the_next_service_on_its_folder(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        run = httpx2.post(f"{service.url}/runs", json={"cypher": WAITS, "input": {}}).json()["id"]
        service.signal(signal.SIGTERM)
        assert service.ended()[0] == 0
    with serving(tmp_path) as service:
        assert httpx2.get(f"{service.url}/runs/{run}").json()["state"] == "waiting"


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, CYPHER_EXECUTOR_DRAIN_S="600") as service, half_a_request(service.url):
        service.signal(signal.SIGTERM)
        service.signal(signal.SIGINT)
        code, _ = service.ended()
    assert code in (128 + signal.SIGTERM, 128 + signal.SIGINT)


def test_it_stops_with_whoever_started_it(tmp_path: Path) -> None:
    with serving(tmp_path, "--stop-with-stdin") as service:
        assert service.process.stdin is not None
        service.process.stdin.close()
        service.process.stdin = None
        assert service.ended() == (0, "")


def test_a_port_in_use_is_one_sentence_and_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = cyx("serve", "--port", port, "--data-dir", tmp_path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith(f"error: port {port} on 127.0.0.1 is in use\n  stop what listens there")


def test_a_data_folder_in_use_leads_to_the_service_that_holds_it(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        ended = cyx("serve", "--port", 0, "--data-dir", tmp_path)
    assert ended.returncode == 3
    assert f"in use by process {service.process.pid}" in ended.stderr
    assert f"--server {service.url}" in ended.stderr and "Traceback" not in ended.stderr


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = cyx("serve", "--port", 0, "--data-dir", tmp_path / "file")
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_without_keys_an_address_that_others_can_reach_is_refused(host: str, tmp_path: Path) -> None:
    ended = cyx("serve", "--host", host, "--port", 0, "--data-dir", tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "without keys the service listens on this machine only" in ended.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CYPHER_EXECUTOR_PROT", "1", "did you mean CYPHER_EXECUTOR_PORT"),
        ("CYPHER_EXECUTOR_WORKERS", "many", "CYPHER_EXECUTOR_WORKERS"),
        ("CYPHER_EXECUTOR_LOG_LEVEL", "loud", "CYPHER_EXECUTOR_LOG_LEVEL"),
        ("CYPHER_EXECUTOR_PUBLIC_URL", "example", "CYPHER_EXECUTOR_PUBLIC_URL"),
        ("CYPHER_EXECUTOR_RETENTION", "succeeded=soon", "CYPHER_EXECUTOR_RETENTION: 'soon' is not a duration"),
        ("CYPHER_EXECUTOR_PARTS_DIR", "/nowhere/at/all", "does not exist"),
    ],
)
def test_a_wrong_setting_is_one_sentence(name: str, value: str, said: str, tmp_path: Path) -> None:
    ended = cyx("serve", "--port", 0, "--data-dir", tmp_path, **{name: value})
    assert ended.returncode == 2
    assert said in ended.stderr and "Traceback" not in ended.stderr


def test_an_error_is_json_for_programs(tmp_path: Path) -> None:
    ended = cyx("serve", "--json", "--host", "0.0.0.0", "--data-dir", tmp_path)
    told = json.loads(ended.stderr)
    assert (told["exit_code"], told["error"]["code"]) == (2, "address_refused")


def test_headers_beyond_32_kib_are_refused(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        small = httpx2.get(f"{service.url}/healthz", headers={"x-long": "a" * 30_000})
        large = httpx2.get(f"{service.url}/healthz", headers={"x-long": "a" * 70_000})
    assert small.status_code == 200
    assert 400 <= large.status_code < 500


def test_a_forwarded_address_is_not_believed(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        answer = httpx2.get(
            f"{service.url}/recipes", headers={"x-forwarded-proto": "https", "x-forwarded-for": "9.9.9.9"}
        )
    assert answer.json()["recipes"][0]["webhook_url"].startswith(service.url)
    assert "server" not in answer.headers


def test_the_address_in_the_data_folder_goes_with_the_service(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        assert json.loads((tmp_path / "service.json").read_text())["url"] == service.url
        service.signal(signal.SIGTERM)
        service.ended()
    assert not (tmp_path / "service.json").exists()
