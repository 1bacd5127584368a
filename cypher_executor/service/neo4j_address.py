"""What clients of Neo4j are told first: which version they meet, where Bolt is, in what the Query API answers."""

from __future__ import annotations

from cypher_executor.settings import Settings

NEO4J_VERSION = "5.26.0"
"""The version of Neo4j whose manners we have. Clients choose by it what they ask, and how."""


PLAIN = "application/json"
TYPED = ("application/vnd.neo4j.query", "application/vnd.neo4j.query.v1.0")
"""The media types of the Query API, without and with the types of values."""


def bolt_address(settings: Settings) -> str:
    """The host and port where Bolt is reached: over TCP where the service listens for that, else in WebSocket."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port if settings.bolt_port is None else settings.bolt_port}"
