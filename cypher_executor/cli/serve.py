"""`serve`: the service, until it is told to stop."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    import socket

    from cypher_executor.settings import Settings

COLLECTING = (250_000, 10, 10)
"""How many more objects there must be before the garbage collector looks through the new ones, and so on (see `gc`).

Runs and requests make no circles, so there is next to nothing for it to find: what nobody holds is gone at once. With
its usual 700 it would look through thousands of runs that have just begun again and again, for a quarter of the time,
and with 100,000 for a twentieth of it.
"""

Host = Annotated[str | None, typer.Option("--host", help="The address to listen on; 127.0.0.1 by default.")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="8080 by default; 0 takes a free one.")]
Bolt = Annotated[
    bool, typer.Option("--bolt", help="Listen for Bolt, too, the protocol of Neo4j's drivers: on port 7687.")
]
BoltPort = Annotated[
    int | None, typer.Option("--bolt-port", min=0, max=65535, help="The same on another port; 0 takes a free one.")
]
StopWithStdin = Annotated[
    bool, typer.Option("--stop-with-stdin", help="Stop when standard input closes: for programs that start this one.")
]
ServiceJson = Annotated[
    bool, typer.Option("--json", help="Log lines of JSON; the first one is the event `ready`, with the url.")
]


BOLT_PORT = 7687
"""Where clients of Neo4j expect Bolt."""


@exits.command
def serve(
    host: Host = None,
    port: Port = None,
    data_dir: options.DataDir = None,
    workers: options.Workers = None,
    bolt: Bolt = False,
    bolt_port: BoltPort = None,
    stop_with_stdin: StopWithStdin = False,
    as_json: ServiceJson = False,
) -> None:
    """Start the service; end it with Ctrl-C or SIGTERM, which lets running steps finish. A second one ends it at once.

    What is not given here comes from CYPHER_EXECUTOR_* variables and a .env file.
    """
    import gc

    gc.disable()  # until it is ready, as nothing that is loaded becomes garbage
    from cypher_executor.adapters.dispatch_local import attentive
    from cypher_executor.cli import logs
    from cypher_executor.settings import Neo4jSettings, load_settings

    settings = load_settings(
        neo4j=Neo4jSettings(), host=host, port=port, data_dir=data_dir, workers=workers, bolt_port=bolt_port
    )
    if bolt and settings.bolt_port is None:
        settings = settings.model_copy(update={"bolt_port": BOLT_PORT})
    logs.configure(settings.log_level, as_json=as_json)
    attentive.run(_serve(settings, stop_with_stdin, as_json))


async def _serve(settings: Settings, stop_with_stdin: bool, as_json: bool) -> None:
    import asyncio
    import gc
    import os

    from cypher_executor.adapters.dispatch_local import early

    with contextlib.ExitStack() as stack:
        stack.callback(gc.enable)
        workers = stack.enter_context(early.starting(settings.workers))
        # The rest is loaded while the workers load what they need.
        from cypher_executor.adapters.sqlite import has_keys
        from cypher_executor.cli import address, server
        from cypher_executor.service.app import create_app

        stack.enter_context(address.pointing_at_holder(settings.data_dir))
        guarded = has_keys(settings.data_dir)
        listener = stack.enter_context(server.listening(settings.host, settings.port, keys=guarded))
        bolt = None
        if settings.bolt_port is not None:
            bolt_port, option = settings.bolt_port, "--bolt-port"
            bolt = stack.enter_context(server.listening(settings.host, bolt_port, keys=guarded, option=option))
        # With port 0 only the socket knows where the service is reached.
        ports = {"port": server.port_of(listener), "bolt_port": None if bolt is None else server.port_of(bolt)}
        settings = settings.model_copy(update=ports)
        app = create_app(settings, early=workers)

        def ready() -> None:
            gc.freeze()  # what is there now stays: there is no need to look through it again and again
            gc.set_threshold(*COLLECTING)
            gc.enable()
            stack.enter_context(address.announced(settings.data_dir, server.url_of(listener)))
            _say_ready(settings, listener, bolt, as_json)
            asyncio.get_running_loop().call_soon(app.state.load)
            if stop_with_stdin:
                server.end_with_stdin(os.getpid())

        await server.serve(app, settings, listener, ready, bolt)


def _say_ready(settings: Settings, listener: socket.socket, bolt: socket.socket | None, as_json: bool) -> None:
    from cypher_executor.cli import server, terminal

    url, bolt_url = server.url_of(listener), None if bolt is None else server.url_of(bolt, "bolt")
    if as_json:
        told = {"event": "ready", "url": url, "data_dir": str(settings.data_dir)}
        terminal.note_json(told if bolt_url is None else {**told, "bolt": bolt_url})
    else:
        places = url if bolt_url is None else f"{url} and {bolt_url}"
        terminal.note(f"cypher-executor listens on {places} (data in {settings.data_dir}); Ctrl-C stops it")
