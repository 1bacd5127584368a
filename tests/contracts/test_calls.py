"""The ops that need nothing but this process."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest

from cypher_executor.adapters.calls import log, now, random
from cypher_executor.core.events import RunId
from cypher_executor.ports import CallContext

CONTEXT = CallContext(run=RunId("run_1"), node="n", item=(2,), attempt=1, part="p", key="k")


class FixedClock:
    """A clock that stands still."""

    def now_us(self) -> int:
        return 1_700_000_000_123_456

    def new_run_id(self) -> RunId:
        return RunId("run_1")


async def test_now_is_the_clock_in_milliseconds() -> None:
    assert await now(FixedClock())({"op": "now"}, CONTEXT) == {"ok": True, "unix_ms": 1_700_000_000_123}


async def test_random_gives_as_many_bytes_as_asked_for_and_others_each_time() -> None:
    one, two = [await random()({"bytes": 32}, CONTEXT) for _ in range(2)]
    assert one["ok"] is True and len(base64.b64decode(one["base64"])) == 32 and one != two


@pytest.mark.parametrize("size", [0, -1, 65_537, "5", None, True, 1.5])
async def test_random_refuses_a_size_that_it_does_not_give(size: Any) -> None:
    answer = await random()({"bytes": size}, CONTEXT)
    assert answer["ok"] is False and answer["error"]["code"] == "request_invalid"


async def test_a_line_of_log_says_where_it_comes_from(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert await log()({"message": "100 %s\n", "level": "warning"}, CONTEXT) == {"ok": True}
    [record] = caplog.records
    assert (record.getMessage(), record.levelname, record.run, record.item) == ("100 %s\n", "WARNING", "run_1", (2,))  # type: ignore[attr-defined]


async def test_a_long_line_of_log_is_cut_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await log()({"message": "x" * 20_000}, CONTEXT)
    assert caplog.records[0].getMessage() == "x" * 16_384 + " [cut]"


@pytest.mark.parametrize(
    "request_", [{}, {"message": 5}, {"message": "", "level": "loud"}, {"message": "", "level": []}]
)
async def test_log_refuses_what_it_does_not_know(request_: dict[str, Any]) -> None:
    answer = await log()(request_, CONTEXT)
    assert answer["ok"] is False and answer["error"]["code"] == "request_invalid"
