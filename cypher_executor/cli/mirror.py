"""`mirror`: what the service writes into Neo4j."""

from __future__ import annotations

import typer

from cypher_executor.cli import exits, options

app = typer.Typer(help="The mirror of recipes and runs in Neo4j.", no_args_is_help=True)


@app.command("rebuild")
@exits.command
def rebuild(as_json: options.AsJson = False) -> None:
    """Delete what was mirrored into Neo4j (NEO4J_URI); the service then writes it again, from the first run on.

    What people have drawn there stays.
    """
    import asyncio

    from cypher_executor.cli import terminal

    deleted = asyncio.run(_clear())
    if as_json:
        terminal.result_json({"deleted": deleted})
    else:
        terminal.result(f"deleted {deleted} nodes; a running service writes them again within seconds")


async def _clear() -> int:
    from cypher_executor.adapters.neo4j.connection import Connection
    from cypher_executor.adapters.neo4j.target import Neo4jTarget
    from cypher_executor.settings import Neo4jSettings
    from cypher_executor.wiring import neo4j_address

    target = Neo4jTarget(Connection(neo4j_address(Neo4jSettings())))
    try:
        return await target.clear()
    finally:
        await target.close()
