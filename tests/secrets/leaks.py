"""A hundred secrets through everything that runs, and what to look for afterwards.

`Echo` is a server that repeats what it is sent in every way that servers do: in bodies of several kinds, in headers, in
redirects, in refusals, in answers that break off or are no HTTP at all, and by saying nothing.
"""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from tests.acceptance.support import Service

COUNT = 100


def canary(number: int) -> str:
    """The value of secret number `number`: no other text looks like it, whole or in part."""
    return f"Qz{number:03d}canary{(number * 2654435761) % 2**32:08x}Zq"


def forms(value: str) -> Iterator[bytes]:
    """What would tell the value, wherever it stood."""
    data = value.encode()
    yield from (data, value.encode("utf-16-le"), value.encode("utf-16-be"), data.hex().encode(), data[::-1])
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).rstrip(b"=")
        yield encoded[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]


def found_in(data: bytes) -> set[int]:
    """Which of the hundred secrets these bytes tell of, in whatever case."""
    data = data.lower()
    if not any(form.lower() in data for form in forms("canary")):  # what all of them have in common
        return set()
    return {number for number in range(COUNT) if any(form.lower() in data for form in forms(canary(number)))}


class Echo:
    """Repeats, one thread for each connection. `heard` is every byte that it was sent."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(20)
            try:
                self._answer(connection)
            except OSError:
                return

    def _answer(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data and (more := connection.recv(65536)):
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (
                int(v)
                for n, _, v in (line.partition(b":") for line in head.split(b"\r\n"))
                if n.lower() == b"content-length"
            ),
            0,
        )
        while len(body) < length and (more := connection.recv(65536)):
            body += more
        self.heard.append(head + b"\r\n\r\n" + body)
        kind = head.split(b" ")[1].split(b"?")[0].rpartition(b"/")[2].decode()
        if kind == "silent":
            connection.recv(1)
        else:
            connection.sendall(_reply(kind, head, body))


def _reply(kind: str, head: bytes, body: bytes) -> bytes:
    said = head.decode("latin-1") + "\n" + body.decode("latin-1")
    lines = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in head.decode("latin-1").split("\r\n"))}
    key = lines.get("x-key", "none")
    match kind:
        case "json":
            return _http(200, json.dumps({"said": said, key: [key], "quoted": quote(key)}).encode(), "application/json")
        case "text":
            return _http(200, said.encode() + base64.b64encode(b"x" + key.encode()) + key.encode().hex().encode())
        case "bytes":
            return _http(200, b"\xff\x00" + key.encode() + b"\xfe" + body, "application/octet-stream")
        case "wide":
            return _http(200, said.encode("utf-16"), "text/plain; charset=utf-16")
        case "headers":
            return _http(200, b"", more=f"x-echo: {key}\r\nset-cookie: key={key}\r\n{key}: 1\r\n")
        case "redirect":
            return _http(302, b"", more=f"location: http://127.0.0.1:9/?key={key}\r\n")
        case "refused":
            return _http(401, json.dumps({"error": f"no such key: {key}"}).encode(), "application/json")
        case "busy":
            return _http(503, f"not now, {key}".encode(), more="retry-after: 0\r\n")
        case "short":
            return b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n" + said.encode()
        case "garbage":
            return f"{key} is not HTTP\r\n{key}\r\n\r\n".encode()
        case "badheader":
            return f"HTTP/1.1 200 OK\r\n{key} {key}\r\n\x00{key}: {key}\r\n\r\n".encode()
        case "badgzip":
            return _http(200, key.encode() * 3, more="content-encoding: gzip\r\n")
        case "badchunk":
            return f"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{key}\r\n{key}\r\n".encode()
    return b""


def _http(status: int, body: bytes, kind: str = "text/plain", more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{more}connection: close\r\n\r\n"
    )
    return head.encode() + body


KINDS = (
    *("json", "text", "bytes", "wide", "headers", "redirect", "refused", "busy", "short", "garbage"),
    *("badheader", "badgzip", "badchunk", "silent", "nothing"),
)


def recipe(kind: str, secret: str, address: str) -> str:
    """A secret in a header, the query and the body; what comes back goes through a retry, other nodes, the result."""
    return f"""
        CREATE (:Recipe {{name: 'leak_{kind}_{secret}', grants: {{secrets: ['{secret}']}}}})
        CREATE (ask:http_request {{
            method: 'POST', url: 'http://{address}/{kind}', timeout_ms: 1000, retry: {{attempts: 2, delay: 0}},
            headers: {{`X-Key`: secret('{secret}'), Authorization: 'Bearer ' + secret('{secret}')}},
            query: {{key: secret('{secret}')}}, body: {{key: secret('{secret}'), list: [secret('{secret}')]}}
        }})
        CREATE (after:set {{got: ask.body, headers: ask.headers, handle: secret('{secret}')}})
        CREATE (caught:set {{error: ask.error}})
        CREATE (ask)-[:ON_SUCCESS]->(after), (ask)-[:ON_FAIL]->(caught)
        RETURN after AS after, caught AS caught, secret('{secret}') AS handle
    """


def wrong_recipes(secret: str, address: str) -> Iterator[str]:
    """Recipes that try what is not granted, or put a handle where none may stand."""
    asks = f"http_request {{method: 'POST', url: 'http://{address}/json', headers: {{`X-Key`: secret('{secret}')}}}}"
    yield f"CREATE (a:{asks})"
    yield f"CREATE (:Recipe {{grants: {{secrets: {{{secret}: ['https://elsewhere.test/*']}}}}}}) CREATE (a:{asks})"
    granted = f"CREATE (:Recipe {{grants: {{secrets: ['{secret}'], http: ['*']}}}})"
    yield f"{granted} CREATE (a:http_request {{url: 'http://{address}/' + secret('{secret}')}})"
    yield f"{granted} CREATE (a:http_request {{url: 'http://' + secret('{secret}') + '/'}})"
    yield f"{granted} CREATE (a:string_ops {{operation: 'upper', text: secret('{secret}')}})"


def told_by(data_dir: Path, service: Service, answers: Iterable[bytes]) -> dict[str, set[int]]:
    """Where which secrets are found: every byte of the data folder, of the log and of the answers."""
    places = {str(path): path.read_bytes() for path in data_dir.rglob("*") if path.is_file()}
    places |= {"log": "".join(service.log).encode(), "answers": b"\n".join(answers)}
    return {where: numbers for where, data in places.items() if (numbers := found_in(data))}
