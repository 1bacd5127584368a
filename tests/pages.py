"""Pages that run: their recipes become files, their commands are executed in order, and print what the page says.

A block ```` ```cypher file=NAME ```` is a file of the reader's, ```` ```console ```` a session in one shell: what
stands behind `$ ` is executed, what follows is its whole output; a command without output may print anything. Numbers,
ids and times differ from run to run, and so does the order of things that happen at the same time; the rest must agree.
Ports are exchanged for free ones, and a process whose id is in `$server` is ended with the session.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "cypher_executor" / "docs"
_BLOCK = re.compile(r"^```(?P<kind>\w+)(?P<about>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what follows that on the first line, and its text."""

    kind: str
    about: str
    text: str


def blocks(page: Path, kind: str) -> list[Block]:
    """The blocks of a page in one language."""
    found = [Block(m["kind"], m["about"].strip(), m["text"]) for m in _BLOCK.finditer(page.read_text("utf-8"))]
    return [block for block in found if block.kind == kind]


def assert_goes_as_it_says(page: Path, number: int, folder: Path) -> None:
    """Run a session of a page in this folder, beside the files that the page shows."""
    for file in blocks(page, "cypher"):
        if file.about.startswith("file="):
            (folder / file.about.removeprefix("file=")).write_text(file.text, "utf-8")
    ports = {known: str(_free_port()) for known in ("8080", "7687")}
    commands = list(_session(blocks(page, "console")[number]))
    script = "\n".join(
        f"{_exchanged(command, ports)}\necho; echo --- end of {n}" for n, (command, _) in enumerate(commands)
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1; trap 'kill -9 $server 2>/dev/null' EXIT\n{script}"],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        text=True,
        timeout=100,
    )
    outputs = re.split(r"--- end of \d+\n", done.stdout)
    assert len(outputs) > len(commands), f"the session ended before its last command\n{done.stdout}"
    for (command, expected), output in zip(commands, outputs, strict=False):
        if expected.strip():
            assert _normal(output) == _normal(expected), f"$ {command}\n{done.stdout}"


def _exchanged(command: str, ports: Mapping[str, str]) -> str:
    for known, free in ports.items():
        command = command.replace(known, free)
    return command


def _session(block: Block) -> Iterator[tuple[str, str]]:
    """Commands of a console block, each with the output that the page shows."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def _normal(output: str) -> list[str]:
    """Lines without what differs from run to run, in no order."""
    output = re.sub(r"run_[0-9A-Z]{26}|\bkey [a-z2-7]{10}\b", "some_ID", output)
    output = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", output)
    output = re.sub(r"\d+(\.\d+)? ms|\"waited_ms\": \d+", "DURATION", output)
    return sorted(" ".join(line.split()) for line in output.splitlines() if line.strip())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
