"""`bench`: how fast this installation is, and whether it keeps its promises when it is ill-treated."""

from __future__ import annotations

import typer

from cypher_executor.cli import reliability

app = typer.Typer(help="Measure this installation, and try its promises.", no_args_is_help=True)
app.command()(reliability.reliability)
