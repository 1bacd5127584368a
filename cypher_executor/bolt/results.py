"""The answers that are open on a connection. Outside of a transaction there is one; within, each has a number."""

from __future__ import annotations

from cypher_executor.compat.desk import Answer
from cypher_executor.compat.refusals import INVALID_REQUEST, Refused

MOST = 64
"""Answers that may be open in one transaction."""
LAST = -1
"""The number that stands for the answer to the last question."""


class Results:
    """Open answers by their numbers, which begin anew with each transaction."""

    def __init__(self) -> None:
        self._open: dict[int, Answer] = {}
        self._last = -1

    def __bool__(self) -> bool:
        return bool(self._open)

    def check_room(self) -> None:
        """Raises Refused when too many are open."""
        if len(self._open) >= MOST:
            raise Refused(INVALID_REQUEST, f"a transaction has at most {MOST} results that are not read to their end")

    def add(self, answer: Answer) -> int:
        """The number of a new one."""
        self._last += 1
        self._open[self._last] = answer
        return self._last

    def get(self, number: int) -> tuple[int, Answer]:
        """One that is open. Raises Refused for any other number."""
        wanted = self._last if number == LAST else number
        if wanted not in self._open:
            raise Refused(INVALID_REQUEST, f"no result {number} is open")
        return wanted, self._open[wanted]

    def done(self, number: int) -> None:
        """One that was read to its end."""
        del self._open[number]

    async def close(self) -> None:
        """Let go of all."""
        answers, self._open, self._last = list(self._open.values()), {}, -1
        for answer in answers:
            await answer.close()
