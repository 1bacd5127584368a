"""`hooks`: the webhooks that the recipes of a service declare, and trying them out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, given, options

if TYPE_CHECKING:
    from cypher_executor.cli.client import Client, Json

app = typer.Typer(help="Webhooks that the recipes of a service declare.", no_args_is_help=True)

Path_ = Annotated[str, typer.Argument(metavar="PATH", help="The path of a hook, behind /hooks/.")]
OfRecipe = Annotated[str | None, typer.Option("--recipe", help="Only those of this recipe.")]
Data = Annotated[list[str] | None, typer.Option("--data", "-d", help=given.HELP)]
Method = Annotated[str | None, typer.Option("--method", help="POST, PUT, PATCH or DELETE; without, one that it takes.")]
SecretFile = Annotated[
    Path | None,
    typer.Option("--secret-file", metavar="FILE", help="Sign with the secret in this file, in the form of the hook."),
]
Wait = Annotated[float, typer.Option("--wait", min=0, max=600, help="For how many seconds.")]


@app.command("list")
@exits.command
def list_hooks(recipe: OfRecipe = None, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """List the hooks: where each is called, and by whom."""
    from cypher_executor.cli import terminal
    from cypher_executor.cli.asking import asked

    found = asked(server, lambda client: client.hooks(recipe))
    if as_json:
        terminal.result_json({"hooks": found})
        return
    rows = [(h["path"], " ".join(h["methods"]), h["auth"], h["recipe"], h["url"]) for h in found]
    terminal.result_table(("PATH", "METHODS", "AUTH", "RECIPE", "ADDRESS"), rows)


@app.command("show")
@exits.command
def show_hook(path: Path_, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """Show a hook, and how to call it."""
    from cypher_executor.cli import terminal
    from cypher_executor.cli.asking import asked

    found = asked(server, lambda client: _hooks_of(client, path))
    if as_json:
        terminal.result_json({"hooks": found})
    else:
        terminal.result("\n\n".join(map(_shown, found)))


@app.command("test")
@exits.command
def test_hook(
    path: Path_,
    data: Data = None,
    method: Method = None,
    secret_file: SecretFile = None,
    server: options.Server = None,
    as_json: options.AsJson = False,
) -> None:
    """Send a delivery and show what it would begin. Nothing begins."""
    from cypher_executor.cli import terminal
    from cypher_executor.cli.asking import asked

    content = given.read_input(data or [])
    secret = None if secret_file is None else _secret(secret_file)

    async def ask(client: Client) -> Json:
        hook = _chosen(await _hooks_of(client, path), method)
        return await client.try_hook(path, _method(hook, method), content, _signed(hook, secret))

    told = asked(server, ask)
    if as_json:
        terminal.result_json(told)
        return
    earlier = f"; it has begun {told['run']} before" if told["run"] else ""
    terminal.note(f"accepted: a real delivery would begin a run{earlier}")
    terminal.result_json(told["input"])


@app.command("watch")
@exits.command
def watch(path: Path_, wait: Wait = 60.0, server: options.Server = None, as_json: options.AsJson = False) -> int | None:
    """Wait for the next delivery to a path, and show what came and what became of it. No recipe need declare it yet."""
    from cypher_executor.cli import terminal
    from cypher_executor.cli.asking import asked

    if not as_json:
        terminal.note(f"waiting for a delivery to /hooks/{path} ...")
    found = asked(server, lambda client: client.next_delivery(path, wait))
    if found is None:
        terminal.note("none came")
        return exits.NOT_FOUND
    terminal.result_json(found)
    return None


async def _hooks_of(client: Client, path: str) -> list[Json]:
    """The hooks of a path, of all methods. Raises NotFound with the nearest path."""
    from cypher_executor.errors import NotFound, nearest

    known = await client.hooks()
    path = path.strip("/")
    found = [hook for hook in known if hook["path"] == path]
    if not found:
        near = nearest(path, [hook["path"] for hook in known])
        raise NotFound(f"no recipe declares the hook {path!r}", code="unknown_hook", did_you_mean=near)
    return found


def _chosen(hooks: list[Json], method: str | None) -> Json:
    """The hook that takes this method; what else there is, the service says."""
    return next((hook for hook in hooks if method is not None and method.upper() in hook["methods"]), hooks[0])


def _method(hook: Json, method: str | None) -> str:
    """The method to try with. Raises RequestInvalid for a hook that only takes GET: there is nothing to try it with."""
    from cypher_executor.errors import RequestInvalid

    if method is not None:
        return method.upper()
    usable = [each for each in ("POST", *hook["methods"]) if each in hook["methods"] and each != "GET"]
    if not usable:
        raise RequestInvalid(f"the hook takes GET only, which cannot be tried: call {hook['url']}")
    return str(usable[0])


def _signed(hook: Json, secret: str | None) -> tuple[str, str] | None:
    """Form and secret to sign with. Raises RequestInvalid where one is needed and not given."""
    from cypher_executor.errors import RequestInvalid

    signing = hook["signing"]
    if signing is None or secret is not None:
        return None if signing is None or secret is None else (signing["form"], secret)
    hint = f"give the value of {signing['secret']} with --secret-file; the service does not tell it"
    raise RequestInvalid("deliveries to this hook are signed", next_actions=[hint])


def _secret(file: Path) -> str:
    from cypher_executor.cli.sources import read_source

    return read_source(str(file)).text.removesuffix("\n").removesuffix("\r")


def _shown(hook: Json) -> str:
    signing = hook["signing"]
    lines = [
        f"path     {hook['path']}",
        f"recipe   {hook['recipe']} (trigger {hook['node']})",
        f"methods  {' '.join(hook['methods'])}",
        f"auth     {hook['auth']}",
        f"answers  {hook['respond']}",
        f"address  {hook['url']}",
        f"try it   {hook['test_url']}",
    ]
    if signing is not None:
        stored = (
            "stored" if signing["secret_stored"] else f"NOT stored: cypher-executor secrets set {signing['secret']}"
        )
        lines.insert(4, f"signed   {signing['form']}, with the secret {signing['secret']} ({stored})")
    return "\n".join(lines)
