"""`schedules`: the `:cron` triggers of the recipes that a service has stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from cypher_executor.cli.client import Client, Json

app = typer.Typer(help="Schedules of a service: when recipes begin by themselves.", no_args_is_help=True)

Recipe = Annotated[str, typer.Argument(help="The name of a recipe.")]
Node = Annotated[
    str | None, typer.Argument(help="The name of the trigger in it; not needed where the recipe has one schedule.")
]
Count = Annotated[int, typer.Option("--count", "-n", min=1, max=100, help="How many times.")]
OfRecipe = Annotated[str | None, typer.Option("--recipe", help="Only those of this recipe.")]


@app.command("list")
@exits.command
def list_schedules(recipe: OfRecipe = None, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """List the schedules: when each fires next, and what became of its times."""
    from cypher_executor.cli import terminal
    from cypher_executor.cli.asking import asked

    found = asked(server, lambda client: client.schedules(recipe))
    if as_json:
        terminal.result_json({"schedules": found})
        return
    rows = [(s["recipe"], s["node"], s["cron"], s["timezone"], _next(s), _last(s)) for s in found]
    terminal.result_table(("RECIPE", "SCHEDULE", "CRON", "TIME ZONE", "NEXT", "LAST"), rows)


@app.command("next")
@exits.command
def next_times(
    recipe: Recipe, node: Node = None, count: Count = 5, server: options.Server = None, as_json: options.AsJson = False
) -> None:
    """Print the next times of a schedule, in UTC."""
    from cypher_executor.cli import terminal
    from cypher_executor.cli.asking import asked

    async def ask(client: Client) -> Json:
        return await client.schedule(recipe, await _named(client, recipe, node), count)

    found = asked(server, ask)
    if as_json:
        terminal.result_json(found)
    elif found["next_times"]:
        terminal.result("\n".join(found["next_times"]))
    else:
        terminal.note(f"none: the schedule is {found['state']}")


@app.command("run")
@exits.command
def run_now(recipe: Recipe, node: Node = None, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """Begin a run now, as the schedule would. Says which run, and does not wait for it."""
    from cypher_executor.cli import terminal
    from cypher_executor.cli.asking import asked

    async def ask(client: Client) -> Json:
        return await client.steer_schedule(recipe, await _named(client, recipe, node), "run")

    run = asked(server, ask)
    terminal.result_json(run) if as_json else terminal.result(run["id"])


@app.command("pause")
@exits.command
def pause(recipe: Recipe, node: Node = None, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """Let a schedule fire no more. Its times are left out until it is resumed."""
    _steer(recipe, node, "pause", server, as_json)


@app.command("resume")
@exits.command
def resume(recipe: Recipe, node: Node = None, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """Let a paused schedule fire again, from its next time on."""
    _steer(recipe, node, "resume", server, as_json)


def _steer(recipe: str, node: str | None, wish: str, server: str | None, as_json: bool) -> None:
    from cypher_executor.cli import terminal
    from cypher_executor.cli.asking import asked

    async def ask(client: Client) -> Json:
        return await client.steer_schedule(recipe, await _named(client, recipe, node), wish)

    told = asked(server, ask)
    if as_json:
        terminal.result_json(told)
    else:
        terminal.result(f"{told['recipe']}/{told['node']} is {told['state']}; next: {_next(told)}")


async def _named(client: Client, recipe: str, node: str | None) -> str:
    """The schedule that is meant. Raises NotFound, or RequestInvalid when there are several."""
    from cypher_executor.errors import NotFound, RequestInvalid

    if node is not None:
        return node
    nodes = [str(one["node"]) for one in await client.schedules(recipe)]
    if not nodes:
        raise NotFound(f"recipe {recipe!r} has no schedule", code="unknown_schedule")
    if len(nodes) > 1:
        raise RequestInvalid(f"recipe {recipe!r} has several schedules: say which of {', '.join(nodes)}")
    return nodes[0]


def _next(schedule: Json) -> str:
    return str(schedule["next_time"] or schedule["state"])


def _last(schedule: Json) -> str:
    """What became of the latest time: a refusal, which is to be mended, comes first."""
    if schedule["refused"] is not None:
        return f"refused {schedule['refused']['time']}: {schedule['refused']['message']}"
    waiting = f" ({schedule['waiting']} waiting)" if schedule["waiting"] else ""
    return (schedule["last"]["time"] if schedule["last"] else "") + waiting
