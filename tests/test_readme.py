"""The README runs: its recipes are checked, its commands are executed in order, and their output is what it says.

A block ```` ```cypher file=NAME ```` is a file of the reader's, ```` ```console ```` a session in one shell: what
stands behind `$ ` is executed, what follows is its whole output. Numbers, ids and times differ from run to run, and so
does the order of things that happen at the same time; the rest must agree. Ports are exchanged for free ones.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"^```(?P<kind>\w+)(?P<about>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what follows that on the first line, and its text."""

    kind: str
    about: str
    text: str


def blocks(kind: str) -> list[Block]:
    text = (ROOT / "README.md").read_text("utf-8")
    found = [Block(m["kind"], m["about"].strip(), m["text"]) for m in _BLOCK.finditer(text)]
    return [block for block in found if block.kind == kind]


def session(block: Block) -> Iterator[tuple[str, str]]:
    """Commands of a console block, each with the output that the README shows."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def normal(output: str) -> list[str]:
    """Lines without what differs from run to run, in no order."""
    output = re.sub(r"run_[0-9A-Z]{26}", "run_ID", output)
    output = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", output)
    output = re.sub(r"\d+(\.\d+)? ms|\"waited_ms\": \d+", "DURATION", output)
    return sorted(" ".join(line.split()) for line in output.splitlines() if line.strip())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's sessions use curl")
@pytest.mark.parametrize("number", range(len(blocks("console"))))
def test_a_session_of_the_readme_goes_as_it_says(number: int, tmp_path: Path) -> None:
    for file in blocks("cypher"):
        (tmp_path / file.about.removeprefix("file=")).write_text(file.text, "utf-8")
    port = str(free_port())
    commands = list(session(blocks("console")[number]))
    script = "\n".join(
        f"{command.replace('8080', port)}\necho; echo --- end of {n}" for n, (command, _) in enumerate(commands)
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1; trap 'kill -9 $server 2>/dev/null' EXIT\n{script}"],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        text=True,
        timeout=100,
    )
    outputs = re.split(r"--- end of \d+\n", done.stdout)
    for (command, expected), output in zip(commands, outputs, strict=False):
        if expected.strip():
            assert normal(output) == normal(expected), f"$ {command}\n{done.stdout}"


def test_ci_installs_and_tests_as_the_readme_says() -> None:
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    install, test = (block.text.strip() for block in blocks("sh"))
    environment, pip, _demo = install.split(" && ")
    assert environment in ci and test in ci
    assert pip.replace("[dev]", "[dev,parts]").removeprefix(".venv/bin/pip install -q ") in ci


def test_the_files_that_the_readme_links_to_exist() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    linked = re.findall(r"\]\((?!http)([^)#]+)", text)
    assert linked and all((ROOT / path).exists() for path in linked)
