"""Options that several commands share: one name, one meaning, one help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of text for people.")]
Server = Annotated[str | None, typer.Option("--server", metavar="URL", help="The service to ask, over HTTP.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="Where the journal is.", file_okay=False, show_default=False),
]
Workers = Annotated[int | None, typer.Option("--workers", min=1, max=256, help="Worker processes; one per core.")]
