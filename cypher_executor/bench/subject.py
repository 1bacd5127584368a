"""Whoever is measured: where it is, what it is asked for each shape, and which answers are right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cypher_executor.bench.asking import Answer, connected, request
from cypher_executor.bench.shapes import SHAPES, TEXT, UPPER, Shape
from cypher_executor.errors import Unavailable


class Subject(Protocol):
    """An engine that listens."""

    @property
    def name(self) -> str:
        """What it is called in the report."""

    @property
    def url(self) -> str:
        """Where it listens."""

    @property
    def pids(self) -> Sequence[int]:
        """Its processes; those that these have started belong to it, too."""

    def asked(self, shape: Shape) -> bytes:
        """The request for one run of a shape."""

    def is_right(self, answer: Answer) -> bool:
        """Whether this is the answer to a run that did all that was asked."""


@dataclass(frozen=True, slots=True)
class OwnService:
    """A service of ours, in which the recipes of all shapes are stored."""

    url: str
    pid: int
    name: str = "cypher-executor"

    @property
    def pids(self) -> Sequence[int]:
        """See `Subject`."""
        return (self.pid,)

    async def store_recipes(self) -> None:
        """Store them. Raises Unavailable when the service does not take one."""
        async with connected(self.url, 1) as (connection,):
            for shape in SHAPES:
                headers = {"content-type": "text/plain"}
                stored = await connection.ask(
                    request("PUT", self.url, f"/recipes/bench_{shape.name}", shape.recipe.encode(), headers)
                )
                if stored.status not in (200, 201):
                    raise Unavailable(f"the service did not take the recipe {shape.name!r}: {stored.body.decode()}")

    def asked(self, shape: Shape) -> bytes:
        """The named webhook, which answers when the run has ended."""
        body = json.dumps({"text": TEXT}).encode()
        return request("POST", self.url, f"/webhooks/named/bench_{shape.name}/trigger", body)

    def is_right(self, answer: Answer) -> bool:
        """See `Subject`."""
        run: Any = answer.json()
        return answer.status == 200 and isinstance(run, dict) and run.get("result") == {"text": UPPER}
