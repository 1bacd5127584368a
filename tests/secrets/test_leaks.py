"""A hundred secrets through everything that runs in a real service: none is found in any byte that it wrote or said."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.acceptance.support import Service, service
from tests.secrets.leaks import COUNT, KINDS, Echo, canary, found_in, recipe, told_by, wrong_recipes


def store(http: httpx2.Client, answers: list[bytes]) -> None:
    """Half of them over HTTP, the rest by the command, from standard input and from files."""
    for number in range(COUNT - 2):
        answer = http.put(f"/secrets/S{number}", json={"value": canary(number)})
        assert answer.status_code == 200, answer.text
        answers.append(answer.content)


def store_by_command(one: Service, folder: Path, answers: list[bytes]) -> None:
    file = folder / "value"
    file.write_text(canary(COUNT - 1))
    for number, more, given in ((COUNT - 2, [], canary(COUNT - 2)), (COUNT - 1, ["--file", str(file)], "")):
        command = [sys.executable, "-m", "cypher_executor", "secrets", "set", f"S{number}", "--server", one.url, *more]
        made = subprocess.run(command, input=given.encode(), capture_output=True, check=False, timeout=60)
        assert made.returncode == 0, made.stderr
        answers += [made.stdout, made.stderr]
    file.unlink()


def ask_wrongly(http: httpx2.Client, answers: list[bytes]) -> None:
    """Requests that are refused: what they were sent must not be repeated."""
    value = canary(0)
    for name, body in (
        ("S0", f'{{"value": "{value}"'),
        ("S0", f'{{"value": ["{value}"]}}'),
        ("S0", f'{{"value": "{value}", "hosts": ["nowhere"]}}'),
        ("S0", f'{{"value": "{value}", "more": 1}}'),
        ("not-a-name", f'{{"value": "{value}"}}'),
    ):
        answer = http.put(f"/secrets/{name}", content=body, headers={"content-type": "application/json"})
        assert 400 <= answer.status_code < 500
        answers.append(answer.content)
    for path in ("/secrets", "/secrets/S0", "/secrets/S000", "/openapi.json"):
        answers.append(http.get(path).content)


def run_all(http: httpx2.Client, echo: Echo, answers: list[bytes]) -> None:
    """Every secret through some kind of answer, and every kind of answer with some secrets."""
    texts = [recipe(KINDS[number % len(KINDS)], f"S{number}", echo.address) for number in range(COUNT)]
    texts += [text for number in (0, 1, 2) for text in wrong_recipes(f"S{number}", echo.address)]
    with ThreadPoolExecutor(16) as pool:
        for run_id in pool.map(lambda text: run_to_its_end(http, text, answers), texts):
            for path in ("", "/steps/ask", "/steps/caught"):
                answers.append(http.get(f"/runs/{run_id}{path}").content)


def run_to_its_end(http: httpx2.Client, text: str, answers: list[bytes]) -> str:
    """Run this, keep the answer, and give the id."""
    run = http.post("/runs", json={"cypher": text, "input": {}}, headers={"prefer": "wait=60"})
    assert run.status_code == 200, run.text
    answers.append(run.content)
    return str(run.json()["id"])


@pytest.mark.timeout(110)
def test_no_secret_is_found_in_anything_that_was_written_or_said(tmp_path: Path) -> None:
    echo, answers = Echo(), list[bytes]()
    data = tmp_path / "data"
    with service(data, egress_allow=echo.address, log_level="debug") as one:
        with httpx2.Client(base_url=one.url, timeout=90) as http:
            store(http, answers)
            ask_wrongly(http, answers)
            store_by_command(one, tmp_path, answers)
            run_all(http, echo, answers)
        while_running = told_by(data, one, answers)
        one.kill()  # what is not flushed by an orderly end is looked at as well
        after_kill = told_by(data, one, answers)
        one.start()
        assert one.request("POST", "/secret-keys").json() == {"sealed": COUNT}
        one.stop()
        after_end = told_by(data, one, answers)
    echo.close()
    sent = found_in(b"\n".join(echo.heard))
    assert len(sent) == COUNT, "every secret has reached the server that it was granted to"
    assert (while_running, after_kill, after_end) == ({}, {}, {})
    assert b"[secret S0]" in b"".join(answers), "the server did repeat them"


DEFECTS = {
    "redaction_off": "redaction.Redaction.value = lambda self, value: value",
    "values_in_the_log": (
        "from cypher_executor.adapters.secrets import Vault\n"
        "seen = []\n"
        "reveal = Vault.reveal\n"
        "async def loud(self, tenant, names):\n"
        "    found = await reveal(self, tenant, names)\n"
        "    import logging\n"
        "    logging.getLogger('x').warning('%s', [s.value for s in found.values()])\n"
        "    return found\n"
        "Vault.reveal = loud"
    ),
    "messages_of_the_client": (
        "failures._reason = lambda error: repr(error)\nredaction.Redaction.text = lambda self, text: text"
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_found(tmp_path: Path, defect: str) -> None:
    """A service that was broken on purpose leaves a secret in its folder, its log or its answers."""
    code = (
        "from cypher_executor.adapters.egress import redaction, failures\n"
        f"{DEFECTS[defect]}\n"
        "from cypher_executor.__main__ import main\nmain()\n"
    )
    (tmp_path / "broken.py").write_text(code)
    echo, answers = Echo(), list[bytes]()
    one = Service(tmp_path / "data", egress_allow=echo.address)
    one.program = [sys.executable, str(tmp_path / "broken.py")]
    one.start()
    with httpx2.Client(base_url=one.url, timeout=90) as http:
        http.put("/secrets/S0", json={"value": canary(0)})
        for kind in ("json", "redirect", "refused", "garbage"):
            run_to_its_end(http, recipe(kind, "S0", echo.address), answers)
    one.stop()
    echo.close()
    assert told_by(tmp_path / "data", one, answers)
