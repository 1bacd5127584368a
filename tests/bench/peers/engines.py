"""The engines beside ours: how each is started in a folder of its own, and when it can be asked."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from cypher_executor.bench.asking import Answer, request
from cypher_executor.bench.shapes import TEXT, UPPER, Shape

HERE = Path(__file__).parent
READY_S = 60.0


@dataclass(frozen=True, slots=True)
class Peer:
    """An engine that listens: a shape is asked for at its name, below `prefix`."""

    name: str
    url: str
    pids: Sequence[int]
    prefix: str = ""

    def asked(self, shape: Shape) -> bytes:
        return request("POST", self.url, f"{self.prefix}/{shape.name}", json.dumps({"text": TEXT}).encode())

    def is_right(self, answer: Answer) -> bool:
        return answer.status == 200 and answer.json() == {"text": UPPER}


@contextlib.contextmanager
def restate(node: Path, python: Path, folder: Path) -> Iterator[Peer]:
    """Restate's server, as it comes, and a service made with its SDK. Both keep to loopback."""
    service, ingress, admin, fabric = (free_port() for _ in range(4))
    with contextlib.ExitStack() as stack:
        script = node / "restate.mjs"
        script.write_bytes((HERE / "restate.mjs").read_bytes())  # it imports from the modules that stand beside it
        sdk = stack.enter_context(process(["node", str(script), str(service)], folder / "sdk.log"))
        environment = {
            "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{ingress}",
            "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{admin}",
            "RESTATE_BIND_ADDRESS": f"127.0.0.1:{fabric}",
            "RESTATE_DISABLE_TELEMETRY": "true",
            "RUST_LOG": "error",
        }
        command = [str(node / "node_modules" / ".bin" / "restate-server"), "--base-dir", str(folder / "data")]
        server = stack.enter_context(process(command, folder / "server.log", environment))
        until_answered("POST", f"http://127.0.0.1:{admin}/deployments", {"uri": f"http://127.0.0.1:{service}"})
        peer = Peer("Restate", f"http://127.0.0.1:{ingress}", (server, sdk), "/bench")
        until_answered("POST", f"{peer.url}/bench/trip", {"text": TEXT})
        yield peer


@contextlib.contextmanager
def dbos(node: Path, python: Path, folder: Path) -> Iterator[Peer]:
    """DBOS with SQLite, which is what it takes when it is given no PostgreSQL."""
    port = free_port()
    command = [str(python), str(HERE / "dbos_app.py"), str(folder), str(port)]
    with process(command, folder / "dbos.log") as pid:
        peer = Peer("DBOS", f"http://127.0.0.1:{port}", (pid,))
        until_answered("POST", f"{peer.url}/trip", {"text": TEXT})
        yield peer


@contextlib.contextmanager
def node_red(node: Path, python: Path, folder: Path) -> Iterator[Peer]:
    """Node-RED: nothing of it is durable, so it shows what the shapes cost without that."""
    port = free_port()
    flows = folder / "flows.json"
    flows.write_text(json.dumps(list(_flows())), "utf-8")
    program = [str(node / "node_modules" / ".bin" / "node-red"), "-u", str(folder), "-p", str(port)]
    quiet = ["-D", "httpAdminRoot=false", "-D", "uiHost=127.0.0.1", "-D", "logging.console.level=warn"]
    with process([*program, *quiet, str(flows)], folder / "node-red.log") as pid:
        peer = Peer("Node-RED (not durable)", f"http://127.0.0.1:{port}", (pid,))
        until_answered("POST", f"{peer.url}/trip", {"text": TEXT})
        yield peer


def _flows() -> Iterator[dict[str, Any]]:
    """A tab with a flow for each shape: a request, function nodes that upper-case, an answer."""
    yield {"id": "tab", "type": "tab", "label": "bench"}
    for name, steps in (("chain", 100), ("burst", 3), ("trip", 3), ("rested", 3)):
        yield _node(f"{name}-in", "http in", [f"{name}-1"], url=f"/{name}", method="post")
        for step in range(1, steps + 1):
            follows = f"{name}-{step + 1}" if step < steps else f"{name}-out"
            yield _function(
                f"{name}-{step}", "msg.payload.text = msg.payload.text.toUpperCase(); return msg;", [follows]
            )
        yield _node(f"{name}-out", "http response", [])
    arms = [f"fan-{arm}" for arm in range(100)]
    yield _node("fan-in", "http in", arms, url="/fan", method="post")
    for arm in arms:
        yield _function(arm, "msg.payload = msg.payload.text.toUpperCase(); return msg;", ["fan-join"])
    yield _node("fan-join", "join", ["fan-last"], mode="custom", build="array", propertyType="msg", property="payload",
                count="100", joiner="", joinerType="str", timeout="", reduceRight=False)  # fmt: skip
    yield _function("fan-last", "msg.payload = {text: msg.payload[99]}; return msg;", ["fan-out"])
    yield _node("fan-out", "http response", [])


def _node(name: str, kind: str, wires: Sequence[str], **more: Any) -> dict[str, Any]:
    return {"id": name, "type": kind, "z": "tab", "wires": [list(wires)] if wires else [], **more}


def _function(name: str, code: str, wires: Sequence[str]) -> dict[str, Any]:
    return _node(name, "function", wires, func=code, outputs=1, libs=[])


# --- processes --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def process(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """A process with all that it starts, ended with the block."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        started = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield started.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def until_answered(method: str, url: str, body: object) -> None:
    """Ask again and again until it is answered well."""
    deadline, last = time.monotonic() + READY_S, "nothing"
    while time.monotonic() < deadline:
        try:
            answer = httpx2.request(method, url, json=body, timeout=5)
            if answer.is_success:
                return
            last = answer.text
        except httpx2.HTTPError as error:
            last = str(error)
        time.sleep(0.2)
    raise SystemExit(f"{url} does not answer as it should: {last}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
