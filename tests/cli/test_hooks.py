"""`hooks list`, `show`, `test` and `watch`: over real HTTP, to a real process."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.cli.support import Serving, invoke

OPEN = "CREATE (in:webhook {path: 'shop/orders', auth: 'none', method: 'PUT'})-[:STARTS]->(a {x: $n})"
SIGNED = "CREATE (in:webhook {path: 'shop/paid', auth: 'hmac', secret: 'SHOP'})-[:STARTS]->(a {x: $n})"
READ = "CREATE (in:webhook {path: 'shop/look', auth: 'none', method: 'GET'})-[:STARTS]->(a)"
SECRET = "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQ="


@pytest.fixture
def stored(server: Serving) -> Serving:
    for name, text in (("hook_open", OPEN), ("hook_signed", SIGNED), ("hook_read", READ)):
        assert httpx2.put(f"{server.url}/recipes/{name}", content=text).status_code in (200, 201)
    httpx2.put(f"{server.url}/secrets/SHOP", json={"value": SECRET})
    return server


def asked(server: Serving, *words: object) -> Any:
    result = invoke("hooks", *words, "--json", "--server", server.url)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_hooks_are_listed_and_shown(stored: Serving) -> None:
    (found,) = asked(stored, "list", "--recipe", "hook_open")["hooks"]
    assert (found["path"], found["methods"]) == ("shop/orders", ["PUT"])
    lines = invoke("hooks", "list", "--server", stored.url).stdout.splitlines()
    assert lines[0].split() == ["PATH", "METHODS", "AUTH", "RECIPE", "ADDRESS"]
    shown = invoke("hooks", "show", "/shop/paid", "--server", stored.url).stdout
    assert "signed   standard, with the secret SHOP (stored)" in shown
    assert f"address  {stored.url}/hooks/shop/paid" in shown


def test_a_delivery_is_tried(stored: Serving) -> None:
    told = asked(stored, "test", "shop/orders", "-d", "n=7")
    assert (told["started"], told["input"], told["trigger"]["method"]) == (False, {"n": 7}, "PUT")
    plain = invoke("hooks", "test", "shop/orders", "-d", "n=7", "--server", stored.url)
    assert json.loads(plain.stdout) == {"n": 7} and "a real delivery would begin a run" in plain.stderr


def test_a_signed_delivery_is_tried_with_the_secret_in_a_file(stored: Serving, tmp_path: Path) -> None:
    refused = invoke("hooks", "test", "shop/paid", "--server", stored.url)
    assert (refused.exit_code, "--secret-file" in refused.stderr) == (2, True)
    for secret, code in ((SECRET + "\n", 0), ("whsec_d3Jvbmcgc2VjcmV0", 2), ("not base64!", 2)):
        (tmp_path / "secret").write_text(secret)
        ended = invoke("hooks", "test", "shop/paid", "--secret-file", tmp_path / "secret", "--server", stored.url)
        assert ended.exit_code == code, ended.stderr


def test_what_cannot_be_tried_says_why(stored: Serving) -> None:
    unknown = invoke("hooks", "test", "shop/order", "--server", stored.url)
    assert (unknown.exit_code, "shop/orders" in unknown.stderr) == (4, True)
    looked = invoke("hooks", "test", "shop/look", "--server", stored.url)
    assert (looked.exit_code, "takes GET only" in looked.stderr) == (2, True)
    other = invoke("hooks", "test", "shop/orders", "--method", "DELETE", "--server", stored.url)
    assert (other.exit_code, "possible are PUT" in other.stderr) == (2, True)


def test_a_delivery_is_watched(stored: Serving) -> None:
    over = threading.Event()

    def send() -> None:
        while not over.is_set():
            httpx2.put(f"{stored.url}/hooks/shop/orders", json={"n": 1})
            time.sleep(0.05)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        found = asked(stored, "watch", "shop/orders", "--wait", "30")
    finally:
        over.set()
        sender.join()
    assert (found["recipe"], found["input"], found["accepted"]) == ("hook_open", {"n": 1}, True)


def test_who_watches_in_vain_ends_with_4(stored: Serving) -> None:
    ended = invoke("hooks", "watch", "nothing/here", "--wait", "0", "--server", stored.url)
    assert (ended.exit_code, ended.stdout) == (4, "")
