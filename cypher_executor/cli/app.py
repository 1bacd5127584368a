"""The tree of commands. Only what `--help` needs is imported here; each command imports the rest when it runs."""

from __future__ import annotations

import os
import sys

import typer

from cypher_executor.cli import (
    backup,
    bench,
    check,
    complete,
    demo,
    doctor,
    fmt,
    graph,
    hooks,
    impact,
    importing,
    keys,
    mirror,
    parts,
    portable,
    query,
    recipes,
    run,
    runs,
    schedules,
    secrets,
    serve,
    steering,
    version,
)

EPILOG = "Exit codes: 0 ok, 1 run failed, 2 usage, 3 not reachable, 4 not found, 5 recipe invalid."


def _plain() -> bool:
    """Whether help and usage errors are text without frames and colours."""
    return bool(os.environ.get("NO_COLOR")) or not (sys.stdout.isatty() and sys.stderr.isatty())


app = typer.Typer(
    help="Run workflows that are drawn in Cypher, each node in a WebAssembly sandbox.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None if _plain() else "rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for body in (
    demo.demo,
    serve.serve,
    run.run,
    check.check,
    complete.complete,
    fmt.fmt,
    graph.graph,
    query.query,
    impact.impact,
):
    app.command()(body)
app.command("import")(importing.import_)
for name, group in (
    ("recipes", recipes.app),
    ("runs", runs.app),
    ("parts", parts.app),
    ("secrets", secrets.app),
    ("keys", keys.app),
):
    app.add_typer(group, name=name)
app.add_typer(hooks.app, name="hooks")
app.add_typer(schedules.app, name="schedules")
app.add_typer(mirror.app, name="mirror")
app.add_typer(impact.policies, name="policies")
app.add_typer(bench.app, name="bench")
runs.app.command("export")(portable.export_run)
runs.app.command("import")(portable.import_run)
for wish in (steering.cancel, steering.pause, steering.resume, steering.retry, steering.fork, steering.waits):
    runs.app.command()(wish)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(doctor.doctor)
app.command()(version.version)
