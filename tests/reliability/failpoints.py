"""Named points in the service at which it dies, as by `kill -9`, when it comes to one for the k-th time.

The product knows nothing of this: `install` puts a wrapper around one function of the process that it is called in, and
only the tests' own launcher (`launcher.py`) calls it. So it costs nothing in production, and no setting can reach it.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import itertools
import os
import signal
from collections.abc import Callable, Mapping
from typing import Any, Final

_ENGINE, _DISPATCH, _SQLITE = (
    f"cypher_executor.{name}" for name in ("engine", "adapters.dispatch_local", "adapters.sqlite")
)

POINTS: Final[Mapping[str, tuple[str, int]]] = {
    "hand_to_journal": (f"{_ENGINE}.disk:Disk._append", 60),
    "commit": (f"{_SQLITE}.writer:Writer._commit", 60),
    "write_group": (f"{_SQLITE}.journal:_append_all", 60),
    "confirm": (f"{_ENGINE}.turns:Turns.confirmed", 60),
    "apply": (f"{_ENGINE}.turns:Turns._apply", 400),
    "dispatch": (f"{_DISPATCH}.dispatcher:LocalDispatcher.run_many", 60),
    "execution_answered": (f"{_DISPATCH}.dispatcher:LocalDispatcher._on_answers", 60),
    "call": (f"{_ENGINE}.calls:Calls._answer", 60),
    "start_child": (f"{_ENGINE}.engine:Engine.start_child", 8),
    "tell_parents": (f"{_ENGINE}.children:Children._tell_parents", 40),
    "callback": (f"{_ENGINE}.steering:Steering.call_back", 4),
    "cancel": (f"{_ENGINE}.steering:Steering.cancel", 2),
    "timer": (f"{_ENGINE}.timers:Timers._fired", 15),
    "run_ended": (f"{_ENGINE}.engine:Engine._ended_on_disk", 50),
    "answer": ("starlette.responses:Response.__call__", 80),
    "open_journal": (f"{_SQLITE}.connection:_prepare", 1),
    "recover": (f"{_ENGINE}.engine:Engine._recover", 1),
    "take_up": (f"{_ENGINE}.turns:Turns.go_on", 10),
}
"""Each point stands for two, `.before` and `.after`: the function that it is around, and how often a life of the
service comes by there at least, roughly, under the load of `load.py`."""

NAMES: Final = tuple(f"{point}.{side}" for point in POINTS for side in ("before", "after"))


def install(name: str, count: int) -> None:
    """From now on, this process dies when it comes to this point for the `count`-th time."""
    point, side = name.split(".")
    owner, attribute = _owner(POINTS[point][0])
    hits = itertools.count(1)

    def hit() -> None:
        if next(hits) == count:
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, attribute, _wrapped(getattr(owner, attribute), hit, before=side == "before"))


def _owner(place: str) -> tuple[Any, str]:
    module, _, name = place.partition(":")
    *path, attribute = name.split(".")
    return functools.reduce(getattr, path, importlib.import_module(module)), attribute


def _wrapped(function: Callable[..., Any], hit: Callable[[], None], *, before: bool) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def later(*args: Any, **kwargs: Any) -> Any:
            if before:
                hit()
            result = await function(*args, **kwargs)
            if not before:
                hit()
            return result

        return later

    @functools.wraps(function)
    def at_once(*args: Any, **kwargs: Any) -> Any:
        if before:
            hit()
        result = function(*args, **kwargs)
        if not before:
            hit()
        return result

    return at_once
