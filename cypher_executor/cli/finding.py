"""Which service a command means: the one it is told, else the one that holds the data folder, else the usual one.

The key that it is shown is a setting and no option: everybody on a machine can read what stands on its command lines.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from cypher_executor.cli.address import address_in
from cypher_executor.cli.client import Client
from cypher_executor.cli.http import connected
from cypher_executor.settings import Settings, load_settings


def service(server: str | None) -> AbstractAsyncContextManager[Client]:
    """A client of that service. Using it raises `errors.Unavailable` when nobody answers."""
    settings = load_settings()
    key = None if settings.api_key is None else settings.api_key.get_secret_value()
    return connected(default_url(settings) if server is None else server, key)


def default_url(settings: Settings) -> str:
    """Where the service of these settings listens."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return address_in(settings.data_dir) or f"http://{host}:{settings.port}"
