"""`parts`: what recipes can use; and for those who write parts, building and trying them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options, parts_authoring, parts_service, publishing
from cypher_executor.cli.part_places import Name, part_in, store_of

if TYPE_CHECKING:
    from cypher_executor.cli.client import Json
    from cypher_executor.core.parts import Part

app = typer.Typer(help="Parts: the WebAssembly modules that nodes run.", no_args_is_help=True)

app.command("new")(parts_authoring.new_part)
app.command("build")(parts_authoring.build_parts)
app.command("test")(parts_authoring.test_parts)
app.command("call")(parts_authoring.call_part)
app.command("publish")(publishing.publish)
app.command("dev")(parts_service.develop_parts)
app.command("push")(parts_service.push_part)

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
    from cypher_executor.settings import load_settings
    from cypher_executor.wiring import shipped_parts

    found = shipped_parts(load_settings()).all()
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

    part = part_in(store_of([name], None), name)
    terminal.result_json(_whole(part)) if as_json else _show(part)


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
def inspect_module(
    module: Annotated[Path, typer.Argument(help="A WebAssembly module.", exists=True, dir_okay=False)],
    as_json: options.AsJson = False,
) -> None:
    """Show what a module imports and exports, its size and digest, and the grants that the manifest beside it asks for.

    Exit code 2 when it cannot be a part.
    """
    from cypher_executor.cli import terminal

    told = _inspected(module)
    if as_json:
        terminal.result_json(told)
        return
    effects = "pure: it does not import cypher.call" if told["pure"] else "calls out: it imports cypher.call"
    terminal.result(f"{module.name}: {told['bytes']} bytes, {told['digest']}")
    terminal.result(effects)
    terminal.result_table(("IMPORTS", ""), [one.rsplit(".", 1) for one in told["imports"]])
    terminal.result_table(("EXPORTS", ""), told["exports"].items())
    if told["grants"] is None:
        terminal.result("grants: there is no part.toml beside it that asks for any")
    else:
        terminal.result_table(("GRANTS", "ASKED FOR"), [(k, terminal.as_json(v)) for k, v in told["grants"].items()])


def _inspected(path: Path) -> Json:
    from dataclasses import asdict

    from cypher_executor.core.parts import digest_of
    from cypher_executor.partkit.manifest import read_without_module
    from cypher_executor.partkit.module import admit
    from cypher_executor.settings import load_settings

    data = path.read_bytes()
    found = admit(data, load_settings().most_module_bytes)
    described = (path.parent / "part.toml").is_file()
    return {
        "digest": digest_of(data),
        "bytes": len(data),
        "pure": found.pure,
        "imports": [f"{one.module}.{one.name}" for one in found.imports],
        "exports": dict(found.exports),
        "grants": asdict(read_without_module(path.parent).part.grants) if described else None,
    }


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
