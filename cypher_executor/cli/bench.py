"""`bench`: how fast this installation is, and whether it keeps its promises when it is ill-treated."""

from __future__ import annotations

import typer

from cypher_executor.cli import reliability, speed

app = typer.Typer(invoke_without_command=True)
app.callback()(speed.bench)
app.command()(reliability.reliability)
