"""`version`: which version this is, and of what it is made."""

from __future__ import annotations

from cypher_executor.cli import exits, options

SHOWN = ("wasmtime", "apsw", "starlette", "uvicorn", "lark")


@exits.command
def version(as_json: options.AsJson = False) -> None:
    """Show the version."""
    import platform
    from importlib import metadata

    from cypher_executor.cli import terminal

    own = metadata.version("cypher-executor")
    if as_json:
        made_of = {name: metadata.version(name) for name in SHOWN}
        terminal.result_json({"version": own, "python": platform.python_version(), "made_of": made_of})
    else:
        terminal.result(f"cypher-executor {own}")
