"""`parts push` and `parts dev` against a service in a process of its own: recipes there run with what is saved."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.partkit.scaffold import create
from tests.cli.support import COMMAND, Serving, invoke, serving, surroundings

RECIPE = "CREATE (:Recipe {name: 'wrapping'}), (it:wrap)"
DEADLINE_S = 60


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path / "data", "--workers", "1") as running:
        yield running


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with a new part, built."""
    folder = tmp_path / "own"
    create("wrap", "wat", folder)
    assert invoke("parts", "build", "--dir", folder).exit_code == 0
    return folder


def result_of(service: Serving, file: Path, **given: Any) -> Any:
    """What a run of the stored recipe gives there."""
    words = [word for key, value in given.items() for word in ("-d", f"{key}={json.dumps(value)}")]
    ran = invoke("run", "wrapping", *words, "--server", service.url)
    assert ran.exit_code == 0, ran.stderr
    return json.loads(ran.stdout)


def save_recipe(service: Serving, folder: Path) -> Path:
    path = folder / "wrapping.cypher"
    path.write_text(RECIPE, "utf-8")
    saved = invoke("recipes", "save", path, "--server", service.url)
    assert saved.exit_code == 0, saved.stderr
    return path


def test_a_part_is_pushed_and_recipes_there_use_it(service: Serving, own: Path, tmp_path: Path) -> None:
    pushed = invoke("parts", "push", "wrap", "--dir", own, "--server", service.url)
    assert pushed.exit_code == 0, pushed.stderr
    assert pushed.stdout.startswith("wrap is version 1, sha256:")
    recipe = save_recipe(service, tmp_path)
    assert result_of(service, recipe, a=1) == {"it": {"wrapped": {"a": 1}}}
    again = invoke("parts", "push", "wrap", "--dir", own, "--server", service.url, "--json")
    assert json.loads(again.stdout)["number"] == 1, "the same part is no new version"


def test_a_part_whose_examples_do_not_hold_is_not_sent(service: Serving, own: Path) -> None:
    examples = own / "wrap" / "examples.toml"
    examples.write_text(
        examples.read_text("utf-8").replace('{ wrapped = { name = "Ada" } }', "{ wrapped = 1 }"), "utf-8"
    )
    refused = invoke("parts", "push", "wrap", "--dir", own, "--server", service.url)
    assert refused.exit_code == 1
    assert 'wrap: A map: expected {"wrapped": 1}' in refused.stdout
    assert invoke("parts", "push", "wrap", "--dir", own, "--server", service.url, "--untested").exit_code == 0


def test_grants_are_approved_by_whoever_pushes(service: Serving, own: Path) -> None:
    manifest = own / "wrap" / "part.toml"
    manifest.write_text(manifest.read_text("utf-8").replace("[limits]", "[grants]\nkv = true\n\n[limits]"), "utf-8")
    refused = invoke("parts", "push", "wrap", "--dir", own, "--server", service.url)
    assert refused.exit_code != 0 and "key-value store" in refused.stderr, refused.stderr
    approved = invoke("parts", "push", "wrap", "--dir", own, "--server", service.url, "--approve")
    assert approved.exit_code == 0, approved.stderr


def test_a_module_of_another_tool_is_brought_without_a_manifest_of_ours(service: Serving, own: Path) -> None:
    for path in (own / "wrap").iterdir():
        if path.suffix != ".wasm":
            path.unlink()
    pushed = invoke("parts", "push", own / "wrap" / "wrap.wasm", "--server", service.url)
    assert pushed.exit_code == 0, pushed.stderr
    assert pushed.stdout.startswith("wrap is version 1, sha256:")
    odd = (own / "wrap" / "wrap.wasm").rename(own / "9-my.wrap.wasm")
    refused = invoke("parts", "push", odd, "--server", service.url)
    assert (refused.exit_code, "--name part_9_my_wrap" in refused.stderr) == (2, True)
    named = invoke("parts", "push", odd, "--name", "wrap", "--server", service.url)
    assert named.stdout.startswith("wrap is version 1, sha256:"), named.stderr
    assert invoke("parts", "push", "wrap", "--name", "other", "--dir", own, "--server", service.url).exit_code == 2


class Developing:
    """`parts dev` in a process of its own; what it says is read line by line."""

    def __init__(self, *words: object) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "parts", "dev", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=surroundings(),
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line)

    def until(self, words: str) -> list[str]:
        """All that it says up to the line with these words."""
        said = []
        while not said or words not in said[-1]:
            try:
                said.append(self._lines.get(timeout=DEADLINE_S))
            except queue.Empty:
                raise AssertionError(f"it never said {words!r}: {said}") from None
        return said

    def ended(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=DEADLINE_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()


@pytest.fixture
def developing(service: Serving, own: Path) -> Iterator[Developing]:
    process = Developing("wrap", "--dir", own, "--server", service.url)
    yield process
    process.kill()


def test_what_is_saved_is_swapped_in_and_what_is_wrong_is_not(
    service: Serving, own: Path, tmp_path: Path, developing: Developing
) -> None:
    developing.until("watching wrap")
    recipe = save_recipe(service, tmp_path)
    assert result_of(service, recipe, a=1) == {"it": {"wrapped": {"a": 1}}}
    source, examples = own / "wrap" / "main.wat", own / "wrap" / "examples.toml"
    text, shown = source.read_text("utf-8"), examples.read_text("utf-8")

    source.write_text(text.replace("(func (export", "(func (export export"), "utf-8")
    developing.until("main.wat")
    assert result_of(service, recipe, a=1) == {"it": {"wrapped": {"a": 1}}}, "what cannot be built changes nothing"

    source.write_text(text.replace(r"{\22wrapped\22:", r"{\22covered\22:"), "utf-8")
    developing.until("expected")
    assert result_of(service, recipe, a=1) == {"it": {"wrapped": {"a": 1}}}, "nor does what fails its examples"

    renamed = shown.replace("output = { wrapped =", "output = { covered =")
    examples.write_text(renamed.replace("""output_json = '{"wrapped":""", """output_json = '{"covered":"""), "utf-8")
    developing.until("recipes there run with it now")
    assert result_of(service, recipe, a=1) == {"it": {"covered": {"a": 1}}}
    assert developing.ended() == 0


def test_without_a_service_it_builds_and_tests_and_says_so(own: Path) -> None:
    process = Developing("wrap", "--dir", own, "--server", "http://127.0.0.1:1")
    try:
        said = process.until("watching wrap")
        assert any("4 examples hold" in line for line in said)
        assert any("127.0.0.1:1" in line for line in said)
        assert process.ended() == 0
    finally:
        process.kill()


def test_a_part_that_is_there_is_tried_alone(service: Serving, own: Path) -> None:
    assert invoke("parts", "push", "wrap", "--dir", own, "--server", service.url).exit_code == 0
    tried = invoke("parts", "call", "wrap", "-d", "a=1", "--server", service.url)
    assert (tried.exit_code, json.loads(tried.stdout)) == (0, {"wrapped": {"a": 1}})
    refused = invoke("parts", "call", "string_ops", "-d", "operation=shout", "--server", service.url, "--json")
    assert refused.exit_code == 1 and json.loads(refused.stdout)["error"]["code"] == "part:bad_input"
    asks = invoke("parts", "call", "kv_get", "-d", "key=a", "--server", service.url)
    assert asks.exit_code == 1 and '"op": "kv_get"' in asks.stderr
    unknown = invoke("parts", "call", "wrapp", "--server", service.url)
    assert unknown.exit_code == 4 and "wrap" in unknown.stderr
