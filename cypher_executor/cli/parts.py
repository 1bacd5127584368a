"""`parts`: what recipes can use; and for those who write parts, building and trying them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.adapters.parts_folder import PartsFolder
    from cypher_executor.cli.client import Json
    from cypher_executor.core.parts import Part

app = typer.Typer(help="Parts: the WebAssembly modules that nodes run.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The name of a part.")]
Names = Annotated[list[str] | None, typer.Argument(help="Names of parts; all without any.")]
Folder = Annotated[
    Path | None, typer.Option("--dir", metavar="DIR", help="A folder of parts; those that ship without it.")
]
Check = Annotated[
    bool, typer.Option("--check", help="Write nothing; exit code 1 when a module is not what its sources make.")
]


@app.command("list")
@exits.command
def list_parts(as_json: options.AsJson = False) -> None:
    """List the parts that ship, and those in CYPHER_EXECUTOR_PARTS_DIR."""
    from cypher_executor.cli import terminal

    found = _store(None).all()
    if as_json:
        terminal.result_json({"parts": [_brief(part) for part in found]})
    else:
        rows = [(p.name, p.version, "pure" if p.pure else "calls out", p.summary) for p in found]
        terminal.result_table(("PART", "VERSION", "EFFECTS", "SUMMARY"), rows)


@app.command("show")
@exits.command
def show_part(name: Name, as_json: options.AsJson = False) -> None:
    """Show a part: its inputs, its output, its limits and its examples."""
    from cypher_executor.cli import terminal

    part = _part(name)
    terminal.result_json(_whole(part)) if as_json else _show(part)


@app.command("build")
@exits.command
def build_parts(
    names: Names = None, folder: Folder = None, check: Check = False, as_json: options.AsJson = False
) -> int:
    """Make the modules of parts from their sources. Needs the extra `parts`, which brings the compiler."""
    from dataclasses import asdict

    from cypher_executor import files
    from cypher_executor.cli import terminal
    from cypher_executor.partkit.build import build

    built = build(folder or files.shipped("parts"), names or (), check=check)
    if as_json:
        terminal.result_json({"parts": [asdict(one) for one in built]})
    else:
        for one in built:
            terminal.result(one.message)
    return exits.RUN_FAILED if any(one.state == "differs" for one in built) else exits.OK


@app.command("test")
@exits.command
def test_parts(names: Names = None, folder: Folder = None, as_json: options.AsJson = False) -> int:
    """Run the examples of parts in the sandbox. Exit code 1 when a part does not do what an example says."""
    import asyncio

    from cypher_executor.cli import terminal
    from cypher_executor.cli.trials import Trial, try_all

    store = _store(folder)
    chosen = [_part(name, store) for name in names] if names else list(store.all())
    able = [part for part in chosen if part.digest is not None]
    disabled = [(part.name, why) for part in chosen if (why := store.disabled.get(part.name)) is not None]
    tried = [Trial(name, "its module", why) for name, why in disabled] + asyncio.run(try_all(store, able))
    wrong = [one for one in tried if one.problem is not None]
    if as_json:
        told = [{"part": t.part, "example": t.title, "ok": t.problem is None, "problem": t.problem} for t in tried]
        terminal.result_json({"ok": not wrong, "examples": told})
    else:
        for one in wrong:
            terminal.result(f"{one.part}: {one.title}: {one.problem}")
        terminal.result(f"{len(tried)} examples of {len(able) + len(disabled)} parts, {len(wrong)} wrong")
    return exits.RUN_FAILED if wrong else exits.OK


@app.command("docs")
@exits.command
def write_docs(folder: Folder = None, check: Check = False) -> int:
    """Write the page about the parts that ship (docs/parts.md in the package) from their manifests and examples."""
    from cypher_executor import files
    from cypher_executor.cli import terminal
    from cypher_executor.partkit.pages import PAGE, page_of

    path = Path(files.__file__).with_name("docs") / PAGE
    made = page_of(folder or files.shipped("parts"))
    same = path.is_file() and path.read_text(encoding="utf-8") == made
    if not check and not same:
        path.write_text(made, encoding="utf-8")
    verdict = "unchanged" if same else "differs: run `cypher-executor parts docs`" if check else "written"
    terminal.result(f"{path.name}: {verdict}")
    return exits.RUN_FAILED if check and not same else exits.OK


@app.command("inspect")
@exits.command
def inspect_module(module: Annotated[Path, typer.Argument(help="A WebAssembly module.", exists=True)]) -> None:
    """Show what a module imports and exports, its size and digest; exit code 2 when it cannot be a part."""
    from cypher_executor.cli import terminal
    from cypher_executor.partkit.manifest import digest_of
    from cypher_executor.partkit.module import admit

    data = module.read_bytes()
    found = admit(data)
    terminal.result_json(
        {
            "digest": digest_of(data),
            "bytes": len(data),
            "pure": found.pure,
            "imports": [f"{one.module}.{one.name}" for one in found.imports],
            "exports": dict(found.exports),
        }
    )


def _store(folder: Path | None) -> PartsFolder:
    from cypher_executor.adapters.parts_folder import PartsFolder
    from cypher_executor.settings import load_settings
    from cypher_executor.wiring import shipped_parts

    return shipped_parts(load_settings()) if folder is None else PartsFolder([folder])


def _part(name: str, store: PartsFolder | None = None) -> Part:
    from cypher_executor.errors import NotFound, nearest
    from cypher_executor.ports import names_of

    store = store or _store(None)
    found = store.find(name)
    if found is None:
        near = nearest(name, names_of(store.all()))
        raise NotFound(f"there is no part {name!r}", code="unknown_part", did_you_mean=near)
    return found


def _brief(part: Part) -> Json:
    fields = ("name", "version", "summary", "pure", "digest")
    return {field: getattr(part, field) for field in fields}


def _whole(part: Part) -> Json:
    from dataclasses import asdict

    described = asdict(part)
    del described["examples"]
    return described | {"examples": [asdict(example) for example in part.examples]}


def _show(part: Part) -> None:
    from cypher_executor.cli import terminal

    effects = "pure" if part.pure else "calls out"
    terminal.result(f"{part.name} {part.version}: {part.summary}")
    terminal.result(f"{effects}; {part.limits.timeout_ms} ms, {part.limits.memory_mb} MiB")
    required = part.input.get("required", ())
    rows = [
        (name, _type(schema), "required" if name in required else "", schema.get("description", ""))
        for name, schema in part.input.get("properties", {}).items()
    ]
    terminal.result_table(("INPUT", "TYPE", "", "DESCRIPTION"), rows)
    for example in part.examples:
        outcome = example.output if example.error is None else {"error": example.error}
        terminal.result(f"{example.title}: {terminal.as_json(example.input)} -> {terminal.as_json(outcome)}")


def _type(schema: Json) -> str:
    kind = schema.get("type", "any")
    return " | ".join(kind) if isinstance(kind, list) else str(kind)
