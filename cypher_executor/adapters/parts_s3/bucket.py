"""The way to a bucket. aioboto3 is loaded when it is first used, and used in a thread with an event loop of its own.

Making a client reads megabytes of descriptions, which takes tenths of a second: no run waits for that. Where the server
is and who asks is said as everywhere in that world: `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, `AWS_PROFILE` and so on.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

from cypher_executor.errors import Unavailable

T = TypeVar("T")

_ADDRESS: Final = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[A-Za-z0-9!_.*'()/-]*))?"
)
PAGE: Final = 1000
"""How many names are listed at a time; S3 gives no more."""
_CONNECT_S: Final = 3
_READ_S: Final = 10
_WHOLE_S: Final = 60.0
_MISSING: Final = frozenset({"NoSuchKey", "404", "NotFound"})


@dataclass(frozen=True, slots=True)
class S3Address:
    """A bucket, and what the names in it begin with: empty, or ending with a slash."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


def read_address(text: str) -> S3Address:
    """`s3://bucket/prefix`. Raises ValueError."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not like s3://bucket/prefix")
    prefix = (found["prefix"] or "").strip("/")
    return S3Address(found["bucket"], f"{prefix}/" if prefix else "")


class Objects:
    """The objects under a prefix, while a client is open. Names are without the prefix."""

    def __init__(self, client: Any, address: S3Address) -> None:
        self._client = client
        self._address = address

    async def get(self, name: str, most_bytes: int) -> bytes | None:
        """The bytes of an object; None when there is none, or it is larger than that."""
        from botocore.exceptions import ClientError

        try:
            answer = await self._client.get_object(**self._named(name))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                return None
            raise
        pieces, size = [], 0
        async with answer["Body"]:
            while size <= most_bytes and (piece := await answer["Body"].read(most_bytes + 1 - size)):
                pieces.append(piece)
                size += len(piece)
        return b"".join(pieces) if size <= most_bytes else None

    async def size(self, name: str) -> int | None:
        """How many bytes an object has; None when there is none."""
        from botocore.exceptions import ClientError

        try:
            answer = await self._client.head_object(**self._named(name))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                return None
            raise
        return int(answer["ContentLength"])

    async def put(self, name: str, data: bytes) -> None:
        """Write an object."""
        await self._client.put_object(**self._named(name), Body=data)

    async def tags(self, under: str) -> Mapping[str, str]:
        """The names that begin like this, each with a tag that changes when what is there does."""
        found: dict[str, str] = {}
        more: dict[str, str] = {}
        while True:
            page = await self._client.list_objects_v2(
                Bucket=self._address.bucket, Prefix=self._address.prefix + under, MaxKeys=PAGE, **more
            )
            for one in page.get("Contents", ()):
                found[one["Key"].removeprefix(self._address.prefix)] = one["ETag"]
            if not page.get("IsTruncated"):
                return found
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _named(self, name: str) -> dict[str, str]:
        return {"Bucket": self._address.bucket, "Key": self._address.prefix + name}


class Bucket:
    """Where `Objects` are."""

    def __init__(self, address: S3Address) -> None:
        self.address = address

    async def use(self, work: Callable[[Objects], Awaitable[T]]) -> T:
        """Do this with a client. Raises Unavailable (`part_unavailable`) for whatever goes wrong on the way."""
        begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = []
        unwanted = False

        async def main() -> T:
            begun.append((asyncio.get_running_loop(), asyncio.current_task()))
            if unwanted:
                raise asyncio.CancelledError
            return await self._use(work)

        try:
            return await asyncio.to_thread(lambda: asyncio.run(main()))
        except asyncio.CancelledError:  # Nobody waits for the answer, so the thread must not either.
            unwanted = True
            for loop, task in begun:
                with contextlib.suppress(RuntimeError):  # It has ended meanwhile.
                    loop.call_soon_threadsafe(task.cancel if task is not None else loop.stop)
            raise

    async def _use(self, work: Callable[[Objects], Awaitable[T]]) -> T:
        import aioboto3
        import aiohttp
        from aiobotocore.session import AioSession
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        config = Config(
            connect_timeout=_CONNECT_S, read_timeout=_READ_S, retries={"mode": "standard", "max_attempts": 2}
        )
        session = AioSession()
        session.register_component("data_loader", _descriptions())
        connecting = aioboto3.Session(botocore_session=session).client("s3", config=config)
        try:
            async with asyncio.timeout(_WHOLE_S), connecting as client:
                return await work(Objects(client, self.address))
        except TimeoutError:
            raise self._unavailable(f"no answer within {_WHOLE_S:g} s") from None
        except (BotoCoreError, ClientError, aiohttp.ClientError, OSError, ValueError) as error:
            raise self._unavailable(str(error)) from None

    def _unavailable(self, why: str) -> Unavailable:
        return Unavailable(f"{self.address} cannot be used: {why}", code="part_unavailable", retry_after_s=5.0)


@cache
def _descriptions() -> Any:
    """What clients are made from, read once."""
    from botocore.loaders import create_loader

    return create_loader()
