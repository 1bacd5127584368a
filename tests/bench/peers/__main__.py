"""The shapes of `cypher-executor bench`, asked of other engines too, in turns and in the same minutes.

    python -m tests.bench.peers --into FOLDER [--only restate --only dbos --only node_red] [--effort 0.2]

What is missing in FOLDER, which must be outside of the checkout, is installed there: Restate's server and SDK and
Node-RED from npm, DBOS from PyPI. Nothing of it comes into the checkout. Data of a run is kept there while it lasts.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from cypher_executor.bench import floors, report, timing
from cypher_executor.bench.shapes import chosen
from cypher_executor.bench.subject import OwnService, Subject
from cypher_executor.cli import terminal
from cypher_executor.cli.child import service
from cypher_executor.cli.signals import sigterm_as_ctrl_c
from tests.bench.peers import engines

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent.parent
PEERS = {"restate": engines.restate, "dbos": engines.dbos, "node_red": engines.node_red}


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--into", type=Path, required=True, metavar="FOLDER")
    options.add_argument("--only", action="append", choices=PEERS)
    options.add_argument("--shape", action="append")
    options.add_argument("--effort", type=float, default=1.0)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    into = given.into.resolve()
    if into.is_relative_to(CHECKOUT):
        options.error(f"{into} lies in the checkout: choose a folder outside of it")
    node, python = install(into)
    with sigterm_as_ctrl_c():  # or the engines would go on without this process
        sheets, least = asyncio.run(measure(into, node, python, given.only or list(PEERS), given.shape, given.effort))
    if given.json:
        terminal.result_json(report.as_json(sheets, least))
        return
    terminal.result_table(report.columns(sheets), report.rows(sheets, least))
    for remark in (report.floors_told(least), *report.remarks(sheets)):
        terminal.result(remark)


def install(into: Path) -> tuple[Path, Path]:
    """The folder with the modules of npm, and the Python with DBOS; made where they are missing."""
    node, environment = into / "node", into / "python"
    python = environment / "bin" / "python"
    node.mkdir(parents=True, exist_ok=True)
    if not (node / "node_modules").is_dir():
        shutil.copy(HERE / "package.json", node)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund"], cwd=node, check=True, stdout=sys.stderr)
    if not python.exists():
        venv.create(environment, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "-q", "-r", str(HERE / "requirements.txt")]
        subprocess.run(pip, check=True, stdout=sys.stderr)
    return node, python


async def measure(
    into: Path, node: Path, python: Path, names: list[str], shapes: list[str] | None, effort: float
) -> tuple[list[timing.Sheet], floors.Floors]:
    """Everybody on the same disk, each with an empty store."""
    with contextlib.ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=into)))
        least = await floors.measure(data)
        subjects: list[Subject] = []
        for name in names:
            terminal.note(f"starting {name}")
            folder = data / name
            folder.mkdir()
            subjects.append(stack.enter_context(PEERS[name](node, python, folder)))
        async with service(data / "ours") as running:
            ours = OwnService(running.url, running.pid)
            await ours.store_recipes()
            found = await timing.measure([ours, *subjects], chosen(shapes), effort=effort, progress=terminal.note)
        return found, least


if __name__ == "__main__":
    main()
