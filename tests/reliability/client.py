"""The outside client: it asks until it is answered, and writes down every request and every answer.

No answer, an answer that breaks off, 429 and 503 mean "unknown": it asks again, under the same key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp

from tests.reliability.diary import Diary
from tests.reliability.lives import Service
from tests.reliability.load import Request

ANSWERED_S = 30.0
_UNKNOWN = frozenset({429, 503})


class Client:
    """Callers of one service. Made and used inside of one event loop."""

    def __init__(self, service: Service, diary: Diary, session: aiohttp.ClientSession) -> None:
        self.accepted: dict[int, str] = {}
        """The run of each request that was accepted."""
        self._service = service
        self._diary = diary
        self._session = session

    async def start(self, request: Request) -> None:
        """All callers of a request at once, until each is answered; then the cancel, if there is to be one."""
        await asyncio.gather(*(self._start(request, caller) for caller in range(request.callers)))
        if request.cancelled and request.number in self.accepted:
            await self._insist("cancel", request.number, f"/runs/{self.accepted[request.number]}/cancel", {})

    async def _start(self, request: Request, caller: int) -> None:
        body = {"recipe": request.recipe, "input": {"n": request.number}}
        headers = {"Idempotency-Key": request.key}
        answer = await self._insist("start", request.number, "/runs", body, headers)
        if answer is not None:
            self.accepted[request.number] = answer["id"]

    async def call_back(self, number: int, address: str, callers: int = 2) -> None:
        """Several callers call the address of a wait, each with a body of its own."""
        path = "/" + address.split("/", 3)[3]
        bodies = [{"n": number, "by": caller} for caller in range(callers)]
        await asyncio.gather(*(self._insist("callback", number, path, body) for body in bodies))

    async def get(self, path: str) -> Any:
        """Look at something; nothing of it is written down."""
        while True:
            await self._service.up.wait()
            try:
                async with self._session.get(self._service.url + path) as response:
                    if response.status == 200:
                        return await response.json()
            except (aiohttp.ClientError, TimeoutError, ValueError):
                pass
            await asyncio.sleep(0.02)

    async def status(self, path: str) -> int:
        """How a look at something is answered, once; 0 when it is not."""
        try:
            async with self._session.get(self._service.url + path) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def put(self, path: str, text: str) -> None:
        """Store a recipe."""
        while True:
            await self._service.up.wait()
            try:
                async with self._session.put(
                    self._service.url + path, data=text.encode(), headers={"Content-Type": "text/plain"}
                ) as response:
                    assert response.status in (200, 201), await response.text()
                    return
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.02)

    async def _insist(
        self, what: str, number: int, path: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Ask until there is an answer; its body if that is a good one."""
        while True:
            await self._service.up.wait()
            self._diary.write("asked", request=what, n=number, path=path, body=body)
            status, answer = await self._ask(path, body, headers)
            self._diary.write("answered", request=what, n=number, path=path, body=body, status=status, answer=answer)
            if status and status not in _UNKNOWN:
                return answer if status < 300 else None
            await asyncio.sleep(0.02)

    async def _ask(self, path: str, body: Any, headers: Mapping[str, str] | None) -> tuple[int, Any]:
        """Status and body; 0 where there was no answer."""
        try:
            async with self._session.post(self._service.url + path, json=body, headers=headers) as response:
                return response.status, await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return 0, type(error).__name__


def session() -> aiohttp.ClientSession:
    """Connections for many callers."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=128), timeout=aiohttp.ClientTimeout(total=ANSWERED_S)
    )
