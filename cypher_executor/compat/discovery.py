"""The discovery document: what Neo4j Browser and other tools ask first, to learn what there is and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EDITION = "community"


def discovery(neo4j_version: str, bolt: str, http: str | None = None) -> Mapping[str, Any]:
    """`bolt` is the host and port where Bolt is reached, `http` the address of the HTTP API, if known."""
    told = {"bolt_routing": f"neo4j://{bolt}", "bolt_direct": f"bolt://{bolt}"}
    if http is not None:
        told = {**told, "query": f"{http}/db/{{databaseName}}/query/v2"}
    return {**told, "neo4j_version": neo4j_version, "neo4j_edition": EDITION}
