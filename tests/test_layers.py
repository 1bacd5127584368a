"""Who may import whom: the layer table of the architecture page, kept by walking the imports of every module."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "cypher_executor"
NAME = "cypher_executor"
IMPURE = frozenset(
    (
        *("asyncio", "time", "random", "secrets", "os", "sys", "socket", "ssl", "select", "selectors", "signal"),
        *("subprocess", "threading", "multiprocessing", "concurrent", "sqlite3", "tempfile", "shutil", "pathlib"),
        *("io", "urllib.request", "http", "logging"),
    )
)


@dataclass(frozen=True)
class Layer:
    """What the modules under one path may import: of ours, and of others beside the standard library."""

    path: str
    ours: frozenset[str]
    packages: frozenset[str] | None = frozenset()
    """None: anything."""
    pure: bool = False


def layer(path: str, ours: str = "", packages: str | None = "", *, pure: bool = False) -> Layer:
    return Layer(path, frozenset(ours.split()), None if packages is None else frozenset(packages.split()), pure)


# The most specific path decides. A layer may always import itself.
LAYERS = (
    layer("errors.py", pure=True),
    layer("core", "errors", pure=True),
    layer("cypher/parse.py", "errors core cypher files", "lark"),
    layer("cypher/expressions/regex.py", "errors core cypher", "re2", pure=True),
    layer("cypher/tables.py"),
    layer("cypher/keywords.py", "errors core cypher files"),
    layer("cypher", "errors core triggers.cron", pure=True),
    layer("triggers/cron.py", "errors", "cronsim", pure=True),
    layer("triggers", "errors core cypher.temporal", pure=True),
    layer("ports", "errors core"),
    layer("strict_json.py", "errors", "orjson"),
    layer("files.py"),
    layer("graph", "errors core cypher", pure=True),
    layer("mirror", "errors core cypher graph ports"),
    layer("queries", "errors core cypher graph mirror ports"),
    layer("followers", "errors core mirror ports"),
    layer("followers/__main__.py", "*", None),
    layer("loopback.py"),
    layer("compat", "errors cypher graph queries"),
    layer("bolt", "errors cypher compat loopback", "websockets"),
    layer("adapters/neo4j", "errors core cypher graph mirror", "neo4j"),
    layer("engine", "errors core ports"),
    layer("schedules", "errors core ports triggers"),
    layer("partkit", "errors core files", "pydantic wasmtime orjson"),
    layer("adapters/clock.py", "errors core ports"),
    layer("adapters/memory.py", "errors core ports"),
    layer("adapters/calls.py", "errors core ports"),
    layer("adapters/calls_kv.py", "errors core ports strict_json"),
    layer("adapters/secrets", "errors core ports", "cryptography"),
    layer("adapters/parts_s3", "errors core ports", "aioboto3 aiobotocore botocore aiohttp orjson"),
    layer("adapters/parts_stacked.py", "errors core ports"),
    layer("adapters/parts_folder.py", "errors core ports partkit"),
    layer("adapters/sqlite", "errors core ports", "apsw orjson"),
    layer("adapters/sqlite/graph", "errors core cypher graph adapters.sqlite", "apsw orjson"),
    layer("adapters/egress", "errors core ports strict_json", "aiohttp yarl"),
    layer(
        "adapters/dispatch_local",
        "errors core ports strict_json worker.frames worker.hardening worker.patience",
        "orjson",
    ),
    layer("worker", "errors strict_json", "wasmtime"),
    layer("inputs", "errors core", "jsonschema_rs orjson"),
    layer("bills.py", "errors core ports cypher"),
    layer("keys.py", "errors core ports"),
    layer("policies.py", "errors core ports cypher graph"),
    layer("library.py", "errors core ports cypher inputs bills"),
    layer("uploads.py", "errors core ports partkit"),
    layer("settings.py", "errors", "pydantic pydantic_settings dotenv"),
    layer("bench", "errors files", "wasmtime"),
    layer("wiring.py", "*", None),
    layer("service", "*", None),
    layer("cli", "*", None),
    layer("__main__.py", "*", None),
    layer("__init__.py"),
)
TOPS = ("wiring", "service", "cli")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def layer_of(module: Path) -> Layer:
    path = module.relative_to(PACKAGE).as_posix()
    fitting = [one for one in LAYERS if path == one.path or path == f"{one.path}.py" or path.startswith(f"{one.path}/")]
    assert fitting, f"{path} stands in no layer: add it to the table, and to the architecture page"
    return max(fitting, key=lambda one: len(one.path))


def imports(module: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything that a module imports, `from a import b` as `a.b` where that is a module."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: imports are absolute"
            yield from ((node.lineno, _imported(node.module or "", alias.name)) for alias in node.names)


def _imported(module: str, name: str) -> str:
    path = PACKAGE.parent / Path(*module.split(".")) / name
    return f"{module}.{name}" if path.is_dir() or path.with_suffix(".py").is_file() else module


def complaints(module: Path, line: int, name: str) -> Iterator[str]:
    rule = layer_of(module)
    where = f"{module.relative_to(PACKAGE.parent)}:{line}"
    top = name.split(".")[0]
    if top == NAME:
        inner = name.removeprefix(NAME).lstrip(".")
        home = rule.path.removesuffix(".py").replace("/", ".")
        allowed = {*rule.ours, home}
        if inner and "*" not in allowed and not any(inner == a or inner.startswith(f"{a}.") for a in allowed):
            yield f"{where}: {rule.path} may not import {name}"
        if rule.path not in (*TOPS, "wiring.py", "__main__.py") and inner.split(".")[0] in TOPS:
            yield f"{where}: nothing below imports {name}"
    elif top in sys.stdlib_module_names:
        if rule.pure and (name in IMPURE or top in IMPURE):
            yield f"{where}: {rule.path} is pure and may not import {name}"
    elif rule.packages is not None and top not in rule.packages:
        yield f"{where}: {rule.path} may not import the package {name}"


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_what_its_layer_may(module: Path) -> None:
    found = [complaint for line, name in imports(module) for complaint in complaints(module, line, name)]
    assert not found, "\n".join(found)


def test_the_layer_test_sees_a_forbidden_import() -> None:
    run = PACKAGE / "core" / "run.py"
    assert list(complaints(run, 1, "asyncio"))
    assert list(complaints(run, 1, "cypher_executor.engine"))
    assert list(complaints(run, 1, "orjson"))
    assert not list(complaints(run, 1, "cypher_executor.errors"))
