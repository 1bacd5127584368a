"""The shapes as workflows of DBOS over SQLite, behind Starlette. Usage: python dbos_app.py FOLDER PORT"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

import uvicorn
from dbos import DBOS
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


@DBOS.step()  # type: ignore[misc]
async def upper(text: str) -> str:
    return text.upper()


@DBOS.workflow()  # type: ignore[misc]
async def chain(text: str, steps: int) -> dict[str, str]:
    for _ in range(steps):
        text = await upper(text)
    return {"text": text}


@DBOS.workflow()  # type: ignore[misc]
async def fan(text: str, width: int) -> dict[str, str]:
    done = await asyncio.gather(*(upper(text) for _ in range(width)))
    return {"text": done[-1]}


def route(path: str, workflow: Callable[[str, int], Awaitable[dict[str, str]]], steps: int) -> Route:
    async def answer(request: Request) -> JSONResponse:
        return JSONResponse(await workflow((await request.json())["text"], steps))

    return Route(path, answer, methods=["POST"])


if __name__ == "__main__":
    folder, port = sys.argv[1], int(sys.argv[2])
    DBOS(config={"name": "bench", "system_database_url": f"sqlite:///{folder}/dbos.sqlite", "log_level": "WARNING"})
    DBOS.launch()
    chains = [("/chain", chain, 100), *((path, chain, 3) for path in ("/burst", "/trip", "/rested"))]
    shapes = [*chains, ("/fan", fan, 100)]
    uvicorn.run(Starlette(routes=[route(*shape) for shape in shapes]), port=port, log_level="warning")
