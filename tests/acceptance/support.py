"""Real processes for acceptance tests: the service as an operator starts it, and a server for it to call.

A `Service` is `cypher-executor serve` on a free port over a data folder of the test's. It is ended by its own process
id: politely (`stop`) or not (`kill`), and may then be started again over the same folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2

from tests import recoveries

READY_WITHIN_S = 30.0


class Service:
    """One service process at a time, over one data folder."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self._data_dir = data_dir
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self.program = [sys.executable, "-m", "cypher_executor"]
        """What is run; a test may put a broken one in its place."""
        self.url = ""
        self.log: list[str] = []

    @property
    def pid(self) -> int:
        """The process id of the service."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        command = [*self.program, "serve", "--port", "0", "--json"]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CYPHER_EXECUTOR_")}
        settings = {f"CYPHER_EXECUTOR_{name.upper()}": value for name, value in self._settings.items()}
        self._process = subprocess.Popen(
            [*command, "--data-dir", str(self._data_dir)],
            env={**clean, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.url = self._ready_url()
        if "PYTEST_CURRENT_TEST" in os.environ:  # benches tell how long a start takes, and that of the service alone
            recoveries.look_into(self._data_dir, "after a start")
        threading.Thread(target=self._drain, args=(self._process,), daemon=True).start()

    def kill(self) -> None:
        """End it as a power button would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, and give its exit code."""
        return self._end(signal.SIGTERM)

    def ended(self) -> int:
        """The exit code of a service that was told to end."""
        process, self._process = self._process, None
        assert process is not None
        code = process.wait(timeout=30)
        if process.stdout is not None:
            process.stdout.close()
        return code

    def request(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return httpx2.request(method, f"{self.url}{path}", timeout=60, **more)

    def post(self, path: str, body: Any, **headers: str) -> httpx2.Response:
        return self.request("POST", path, json=body, headers=headers)

    def run(self, run_id: str) -> dict[str, Any]:
        answer = self.request("GET", f"/runs/{run_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def until(self, run_id: str, fits: Callable[[Mapping[str, Any]], bool], within_s: float = 30.0) -> dict[str, Any]:
        """The run as soon as it fits."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            run = self.run(run_id)
            if fits(run):
                return run
            time.sleep(0.02)
        raise AssertionError(f"not in {within_s} s: {json.dumps(run, indent=1)}\n" + "".join(self.log[-50:]))

    def until_ended(self, run_id: str, within_s: float = 30.0) -> dict[str, Any]:
        return self.until(run_id, lambda run: run["ended_at"] is not None, within_s)

    def _ready_url(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        lines: list[str] = []
        for line in self._process.stdout:
            lines.append(line)
            with contextlib.suppress(json.JSONDecodeError):
                said = json.loads(line)
                if isinstance(said, dict) and said.get("event") == "ready":
                    return str(said["url"]).rstrip("/")
        raise AssertionError(f"the service did not start (exit {self._process.wait()}):\n{''.join(lines)}")

    def _drain(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with contextlib.suppress(ValueError):
            self.log.extend(process.stdout)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        return self.ended()


@contextlib.contextmanager
def service(data_dir: Path, **settings: str) -> Iterator[Service]:
    """A running service, killed at the end if it is still there."""
    one = Service(data_dir, **settings)
    one.start()
    try:
        yield one
    finally:
        one.kill()


class Sink:
    """A server on loopback that counts what reaches it, by path and by idempotency key."""

    def __init__(self) -> None:
        self.paths: Counter[str] = Counter()
        self.keys: Counter[str] = Counter()
        self.failures: dict[str, int] = {}
        """How many times a path still answers 503."""
        self.slow: dict[str, float] = {}
        """How many seconds a path takes to answer."""
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", 0))
                body = self.rfile.read(length)
                self._answer(*sink.answer(self.path, self.headers.get("idempotency-key", ""), body))

            do_GET = do_POST

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._lock = threading.Lock()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def answer(self, path: str, key: str, body: bytes) -> tuple[int, bytes]:
        with self._lock:
            self.paths[path] += 1
            self.keys[key] += 1
            failing = self.failures.get(path, 0)
            self.failures[path] = max(0, failing - 1)
        time.sleep(self.slow.get(path, 0.0))
        status = 503 if failing else 200
        return status, json.dumps({"path": path, "length": len(body)}).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
