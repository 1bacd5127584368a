"""The tape: what a part asked of the outside so far in this attempt, and what it was answered.

A part is written as if `cypher.call` answered at once. Here a call that is on the tape gets its recorded answer, and
the first one that is not ends the instance: it becomes the service's business, and the part is run again later with a
longer tape. That only works when the part does the same again, so every request is compared with the recorded one.

An answer that did not fit is not used up: asking again with the same request gets it again and is not another call.
"""

from __future__ import annotations

import json
from typing import Final

from cypher_executor.worker.limits import MAX_CALLS, MAX_REQUEST, LimitReached
from cypher_executor.worker.native import Memory, OutOfBounds

MODULE: Final = "cypher"
NAME: Final = "call"
PARAMETERS: Final = "iiii"
_SHOWN: Final = 200


class CallRequested(Exception):
    """The part made a call that is not on the tape."""

    def __init__(self, number: int, request: bytes) -> None:
        super().__init__(f"call {number}")
        self.number = number
        self.request = request


class Tape:
    """The tape of one execution, read from its beginning."""

    __slots__ = ("_calls", "_next", "_unread")

    def __init__(self, calls: tuple[tuple[bytes, bytes], ...]) -> None:
        self._calls = calls
        self._next = 0
        self._unread: bytes | None = None

    def call(self, memory: Memory, pointer: int, size: int, answer_at: int, capacity: int) -> int:
        """`cypher.call` as the guest sees it: the answer's length, or -1 - length when it does not fit.

        Raises CallRequested, LimitReached, OutOfBounds.
        """
        if size > MAX_REQUEST:
            raise LimitReached(
                "request_limit", f"a call's request has {size} bytes, more than {MAX_REQUEST}", bytes=MAX_REQUEST
            )
        request = memory.read(pointer, size)
        if request != self._unread:
            self._next += 1
        answer = self._answer(self._next - 1, request)
        if answer_at + capacity > memory.size:
            raise OutOfBounds
        if len(answer) > capacity:
            self._unread = request
            return -1 - len(answer)
        self._unread = None
        memory.write(answer_at, answer)
        return len(answer)

    def check_all_used(self) -> None:
        """A part that ends must have made every call that it made the last time. Raises LimitReached."""
        if self._next < len(self._calls):
            raise _departed(self._next, self._calls[self._next][0], None)

    def _answer(self, number: int, request: bytes) -> bytes:
        if number >= MAX_CALLS:
            raise LimitReached(
                "too_many_calls", f"the part made more than {MAX_CALLS} calls in one step", calls=MAX_CALLS
            )
        if number >= len(self._calls):
            raise CallRequested(number, request)
        recorded, answer = self._calls[number]
        if request != recorded and not _same(request, recorded):
            raise _departed(number, recorded, request)
        return answer


def _same(one: bytes, other: bytes) -> bool:
    """Whether two texts mean the same JSON: spaces and the order of keys do not matter, `1` is not `1.0` or `true`."""
    try:
        return _canonical(one) == _canonical(other)
    except (ValueError, RecursionError):
        return False


def _canonical(text: bytes) -> str:
    return json.dumps(json.loads(text), sort_keys=True)


def _departed(number: int, recorded: bytes, request: bytes | None) -> LimitReached:
    asked = "ended" if request is None else "asked for something else"
    details = {"call": number, "recorded": _shown(recorded)} | ({} if request is None else {"request": _shown(request)})
    return LimitReached(
        "nondeterministic",
        f"the part {asked} where it made call {number} the last time: the same answers must lead to the same calls",
        **details,
    )


def _shown(text: bytes) -> str:
    shown = text[:_SHOWN].decode("utf-8", "replace")
    return shown + "…" if len(text) > _SHOWN else shown
