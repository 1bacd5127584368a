"""`demo`: the product at work, in ten seconds, with nothing installed beside it.

A real service with a temporary journal is started, the shipped recipe `parallel_fanout` is called through its webhook
with a paragraph of prose, and what is shown is what the service answers: nothing is acted. It is called a few times
before, because the first runs find the modules of the parts not compiled, or not loaded by every worker. The times of
those runs are told too; the one that is shown is the first after them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.cli.client import Client
    from cypher_executor.cli.following import Family

RECIPE = "parallel_fanout"
TEXT_FILE = "demo.txt"
LANGUAGE = "de"
WARM_UPS = 3
"""How many runs go before the one that is shown: each of two workers has met each part by then."""

Once = Annotated[bool, typer.Option("--once", help="End when the demonstration is over, instead of serving on.")]


@dataclass(frozen=True, slots=True)
class Called:
    """One call of the webhook, and everything that ran because of it."""

    answered_ms: float
    family: Family


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demonstration has to show."""

    url: str
    input: dict[str, Any]
    runs: Sequence[Called]

    @property
    def last(self) -> Called:
        """The run that is drawn."""
        return self.runs[-1]


@exits.command
def demo(once: Once = False, as_json: options.AsJson = False) -> int:
    """Start a service, run a recipe that forks into three others, and show what ran when.

    Needs no server, no network and no account. Goes on serving until Ctrl-C, so that the commands that it prints can be
    tried; with --once or --json it ends by itself.
    """
    import asyncio

    from cypher_executor.cli.signals import sigterm_as_ctrl_c

    with sigterm_as_ctrl_c():
        return asyncio.run(_demo(once or as_json, as_json))


async def _demo(once: bool, as_json: bool) -> int:
    import asyncio
    import tempfile
    from pathlib import Path

    from cypher_executor.cli import demo_report, terminal
    from cypher_executor.cli.child import service

    with tempfile.TemporaryDirectory(prefix="cypher-executor-demo-") as folder:
        async with service(Path(folder)) as running:
            shown = await _show(running.url, quiet=as_json)
            if as_json:
                terminal.result_json(demo_report.to_json(shown))
            else:
                demo_report.print_report(shown, goes_on=not once)
            if not once:
                await asyncio.Event().wait()
    failed = any(run["state"] != "succeeded" for run in shown.last.family.all)
    return exits.RUN_FAILED if failed else exits.OK


async def _show(url: str, *, quiet: bool) -> Shown:
    from pathlib import Path

    from cypher_executor.cli.http import connected

    text = " ".join(Path(__file__).with_name(TEXT_FILE).read_text("utf-8").split())
    given = {"text": text, "target_lang": LANGUAGE}
    async with connected(url) as client:
        before = [await _call(client, given, quiet=True) for _ in range(WARM_UPS)]
        return Shown(url, given, [*before, await _call(client, given, quiet=quiet)])


async def _call(client: Client, given: dict[str, Any], *, quiet: bool) -> Called:
    import time

    from cypher_executor.cli.following import follow
    from cypher_executor.cli.progress import progress

    before = time.perf_counter()
    run = await client.trigger(RECIPE, given)
    answered_ms = (time.perf_counter() - before) * 1000
    with progress(quiet=quiet) as seen:
        return Called(answered_ms, await follow(client, run["id"], seen, children=True))
