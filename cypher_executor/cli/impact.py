"""`impact`: what depends on a part, a host or a secret. `policies`: what no stored recipe may match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.cli.client import Json

policies = typer.Typer(help="Policies: queries that no stored recipe may match.", no_args_is_help=True)

Part = Annotated[str | None, typer.Option("--part", help="A part, by its name.")]
Host = Annotated[str | None, typer.Option("--host", help="A host that recipes reach.")]
Secret = Annotated[str | None, typer.Option("--secret", help="A secret that recipes send, by its name.")]


@exits.command
def impact(
    part: Part = None,
    host: Host = None,
    secret: Secret = None,
    server: options.Server = None,
    as_json: options.AsJson = False,
) -> None:
    """Show which recipes depend on a part, a host or a secret, also through recipes that they start, and their runs."""
    from cypher_executor.cli import terminal
    from cypher_executor.cli.asking import asked
    from cypher_executor.errors import RequestInvalid

    given = [(kind, name) for kind, name in (("part", part), ("host", host), ("secret", secret)) if name is not None]
    if len(given) != 1:
        raise RequestInvalid("give one of --part, --host and --secret")
    found = asked(server, lambda client: client.impact(*given[0]))
    if as_json:
        terminal.result_json(found)
        return
    rows = [
        (r["name"], " > ".join([*r["through"], r["what"]]), _runs(r["open"]), _runs(r["last_month"]))
        for r in found["recipes"]
    ]
    terminal.result_table(("RECIPE", "THROUGH", "OPEN", "LAST 30 DAYS"), rows)
    if found["could"]:
        terminal.note(f"these work out themselves which recipe they start: {', '.join(found['could'])}")


def _runs(counts: Json) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "-"


@policies.command("list")
@exits.command
def list_policies(server: options.Server = None, as_json: options.AsJson = False) -> None:
    """List the policies of a service."""
    from cypher_executor.cli import terminal
    from cypher_executor.cli.asking import asked

    found = asked(server, lambda client: client.policies())
    if as_json:
        terminal.result_json({"policies": found})
    else:
        terminal.result_table(("POLICY", "ABOUT"), [(one["name"], one["about"]) for one in found])


@policies.command("check")
@exits.command
def check_policies(server: options.Server = None, as_json: options.AsJson = False) -> int:
    """Look whether stored recipes match a policy; then this ends with 1."""
    from cypher_executor.cli import terminal
    from cypher_executor.cli.asking import asked

    found = asked(server, lambda client: client.violations())
    if as_json:
        terminal.result_json({"violations": found})
    elif found:
        rows = [(one["policy"], ", ".join(one["recipes"]), one["path"], one["about"]) for one in found]
        terminal.result_table(("POLICY", "RECIPES", "PATH", "ABOUT"), rows)
    else:
        terminal.note("no stored recipe matches a policy")
    return exits.RUN_FAILED if found else exits.OK
