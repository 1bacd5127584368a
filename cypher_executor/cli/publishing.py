"""`parts publish`: parts of a folder into the bucket that services take them from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.core.parts import Part

Names = Annotated[list[str] | None, typer.Argument(help="Names of parts; all without any.")]
Folder = Annotated[Path, typer.Option("--dir", metavar="DIR", help="A folder of parts.", exists=True, file_okay=False)]


@exits.command
def publish(folder: Folder, names: Names = None, as_json: options.AsJson = False) -> None:
    """Write built parts into the bucket of CYPHER_EXECUTOR_PARTS_S3, where services find them within a minute.

    Whoever may do that decides what these parts are granted.
    """
    import asyncio

    from cypher_executor.cli import terminal

    published = asyncio.run(_publish(folder, names or ()))
    if as_json:
        terminal.result_json({"parts": [{"name": p.name, "version": p.version, "digest": p.digest} for p in published]})
        return
    for part in published:
        terminal.result(f"{part.name} {part.version} is published: {part.digest}")


async def _publish(folder: Path, names: list[str] | tuple[str, ...]) -> list[Part]:
    from cypher_executor.adapters.parts_folder import PartsFolder
    from cypher_executor.errors import Conflict, NotFound, RequestInvalid, nearest
    from cypher_executor.ports import names_of
    from cypher_executor.settings import load_settings
    from cypher_executor.wiring import parts_in_s3, shipped_parts

    shipped = shipped_parts(load_settings())
    bucket = parts_in_s3(load_settings(), shipped)
    if bucket is None:
        message = "there is no bucket: say where it is with CYPHER_EXECUTOR_PARTS_S3, for example s3://parts/mine"
        raise RequestInvalid(message, code="setting_invalid")
    store = PartsFolder([folder], most_module_bytes=load_settings().most_module_bytes)
    chosen = []
    for name in names or names_of(store.all()):
        part = store.find(name)
        if part is None:
            near = nearest(name, names_of(store.all()))
            raise NotFound(f"there is no part {name!r} in {folder}", code="unknown_part", did_you_mean=near)
        if shipped.find(name) is not None:
            raise Conflict(f"the name {name!r} is taken: no service would listen to it", code="part_name_taken")
        if part.digest is None:
            raise RequestInvalid(f"the part {name!r} has no module that could be published", code="module_refused")
        chosen.append((part, part.digest))
    for part, digest in chosen:
        await bucket.publish(part, await store.module(digest))
    return [part for part, _ in chosen]
