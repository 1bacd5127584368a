"""`runs ... --where`: the same wish for all runs that a query gives. First what would be done; with --yes the deed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cypher_executor.cli.client import Json

_WORDS = {
    "would": "would be {done}",
    "done": "{done}",
    "unchanged": "left as they are",
    "refused": "cannot be {done}",
}
_DONE = {"cancel": "cancelled", "pause": "paused", "resume": "resumed", "retry": "retried"}


def act(server: str | None, as_json: bool, wish: Json, param: Sequence[str], *, yes: bool) -> int:
    """Ask for it, and show what became of each run. Gives the exit code: 1 when one was refused."""
    import asyncio

    from cypher_executor.cli import exits, given, terminal
    from cypher_executor.cli.finding import service

    async def asked() -> Json:
        async with service(server) as client:
            return await client.act_on_runs({**wish, "parameters": given.read_input(param), "dry_run": not yes})

    told = asyncio.run(asked())
    if as_json:
        terminal.result_json(told)
    else:
        rows = [(r["run"], r["recipe"] or "(unnamed)", r["state"] or "", _said(r)) for r in told["runs"]]
        if rows:
            terminal.result_table(("RUN", "RECIPE", "STATE", "OUTCOME"), rows)
        terminal.note(_summary(told))
    return exits.RUN_FAILED if yes and told["counts"].get("refused") else exits.OK


def _said(run: Json) -> str:
    return str(run["outcome"]) + (f": {run['message']}" if run["message"] else "")


def _summary(told: Json) -> str:
    counts = told["counts"]
    done = _DONE[told["action"]]
    parts = [f"{counts[fate]:,} {words.format(done=done)}" for fate, words in _WORDS.items() if counts.get(fate)]
    found = f"{told['found']:,} run{'' if told['found'] == 1 else 's'} found"
    more = len(told["runs"]) < told["found"]
    shown = f" (the first {len(told['runs'])} are shown)" if more else ""
    again = "; nothing was done: add --yes to do it" if told["dry_run"] and counts.get("would") else ""
    return f"{found}{shown}: {', '.join(parts)}{again}" if parts else found
