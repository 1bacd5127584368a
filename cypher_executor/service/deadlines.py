"""Time-outs by the thousand, nearly all of which are taken back.

A caller who waits, headers that must arrive, a connection that may stay open: each request has several limits that
hardly ever pass. A timer of the event loop for each of them costs more than some requests do. Here all limits that pass
in the same moment share one, and taking one back is removing an entry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary, ref

GRAIN_S: Final = 0.05
"""A limit passes so much later than it says, at most."""


class Deadline:
    """One limit, which may be taken back."""

    __slots__ = ("_moment",)

    def __init__(self, moment: dict[Deadline, Callable[[], object]]) -> None:
        self._moment = moment

    def cancel(self) -> None:
        """Nothing happens when it passes."""
        self._moment.pop(self, None)


class Deadlines:
    """The limits of one event loop, to be set on it. `of` gives them."""

    _all: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Deadlines]] = WeakKeyDictionary()

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = ref(loop)
        self._moments: dict[int, dict[Deadline, Callable[[], object]]] = {}

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> Deadlines:
        """Those of this loop."""
        found = cls._all.get(loop)
        if found is None:
            found = cls._all[loop] = cls(loop)
        return found

    def after(self, limit_s: float, passed: Callable[[], object]) -> Deadline:
        """Call this once when the limit has passed."""
        loop = self._loop()
        assert loop is not None, "who sets a limit runs on the loop"
        number = int((loop.time() + limit_s) / GRAIN_S) + 1
        moment = self._moments.get(number)
        if moment is None:
            moment = self._moments[number] = {}
            loop.call_at(number * GRAIN_S, self._pass, number)
        deadline = Deadline(moment)
        moment[deadline] = passed
        return deadline

    def _pass(self, number: int) -> None:
        moment = self._moments.pop(number)
        while moment:  # one may take others back
            moment.popitem()[1]()


class Unhurried:
    """An event loop whose `call_later` is `Deadlines.after`, for who asks it for nothing but limits of this kind."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.call_later = Deadlines.of(loop).after
        self.create_task = loop.create_task

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)
