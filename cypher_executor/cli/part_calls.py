"""Calls one part alone: in this process as the only node of a recipe, or as a trial in a service.

In this process, whatever the engine does for a part in a recipe it does here as well: limits, calls on the tape,
grants, waiting. The recipe grants what the manifest of the part asks for, because whoever calls it here is its author
or its operator.
"""

from __future__ import annotations

import contextlib
import json
import logging
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from cypher_executor.cli import terminal
from cypher_executor.cli.client import Json
from cypher_executor.cli.finding import service
from cypher_executor.cli.following import follow
from cypher_executor.cli.local import embedded
from cypher_executor.core.parts import Part
from cypher_executor.partkit.manifest import plain_part
from cypher_executor.partkit.module import admit
from cypher_executor.settings import load_settings

_NODE = "it"
_ALONE = "module_alone"
_MANIFEST = f'name = "{_ALONE}"\nversion = "0.0.1"\nsummary = "A module."\nadditional = true\n'


async def call_here(part: Part, input: Json, parts_dir: Path | None) -> Json:
    """`{"output": ...}`, or `{"error": {"code", "message", ...}}` when the part failed.

    Raises RecipeInvalid when the input does not fit what the part's manifest says of it.
    """
    with _its_log_shown():
        async with embedded(parts_dir=parts_dir) as client:
            started = await client.start({"cypher": _recipe(part)}, input)
            family = await follow(client, started["id"], lambda runs: None, children=False)
            [step] = [step for step in family.first["steps"] if step["name"] == _NODE]
            if family.first["state"] == "succeeded":
                return {"output": await client.whole(step["output"], "output")}
            return {"error": step["error"]}


async def call_module(module: bytes, input: Json) -> Json:
    """The same of a module alone, as services take one: it gets any map, and asks for nothing. Raises ModuleRefused."""
    limit = load_settings().most_module_bytes
    part = plain_part(_ALONE, module, pure=admit(module, limit).pure)
    with tempfile.TemporaryDirectory(prefix="cypher-executor-call-") as folder:
        _write(Path(folder, _ALONE), module)
        return await call_here(part, input, Path(folder))


def _write(home: Path, module: bytes) -> None:
    home.mkdir()
    (home / f"{_ALONE}.wasm").write_bytes(module)
    (home / "part.toml").write_text(_MANIFEST, "utf-8")


async def call_there(server: str, name: str, input: Json) -> Json:
    """The same of a trial: what it asks for and nobody answers is an error, too."""
    async with service(server) as client:
        told = await client.call_part(name, input)
    for line in told["log"]:
        terminal.note(line)
    if told["state"] == "succeeded":
        return {"output": told["output"]}
    if told["asks"] is not None:
        message = f"the part asks for {json.dumps(told['asks'], ensure_ascii=False)}, which a trial does not carry out"
        return {"error": {"code": "asks", "message": message, "retryable": False, "asks": told["asks"]}}
    return {"error": told["error"]}


def _recipe(part: Part) -> str:
    """A node without a map gets the input of the run."""
    grants = part.grants
    given = [
        f"http: {_list(grants.http)}",
        f"secrets: {_list([name for name in grants.secrets if name != '*'])}",
        *(["kv: true"] if grants.kv else []),
        *(["callback: true"] if grants.callback else []),
    ]
    return f"CREATE (r:Recipe {{grants: {{{', '.join(given)}}}}}), ({_NODE}:{part.name})"


def _list(texts: Iterable[str]) -> str:
    return json.dumps(list(texts))


@contextlib.contextmanager
def _its_log_shown() -> Iterator[None]:
    """What parts log goes to standard error while the block lasts."""
    logger, handler = logging.getLogger("cypher_executor.parts"), _Notes()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


class _Notes(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        terminal.note(record.getMessage())
