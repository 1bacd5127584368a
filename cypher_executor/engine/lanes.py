"""Queues within queues, served in turn: the order in which those who share something are let go on.

Whoever waits stands in a lane, a lane within a wider lane, and so on: a step in its run, the run among those of its
recipe, the recipe among those of its tenant. At every level the lanes are served one after the other, so that a lane
with ten thousand in it delays another by one at a time. Adding, taking and removing cost the same however many wait.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_Lane = OrderedDict[Hashable, Any]
"""At the innermost level what waits, by its own key; elsewhere lanes by their names. A lane is never empty.

Ordered dictionaries, because to look for the first entry of a plain one that was emptied from its front is slow.
"""


class Lanes(Generic[T]):
    """Things that wait, each under the names of its lanes (widest first) and a key of its own in the innermost."""

    def __init__(self) -> None:
        self._widest: _Lane = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, names: Sequence[Hashable], key: Hashable, thing: T) -> None:
        """Let this wait at the end of its lane. What waits under the same key gives way to it."""
        lane = self._widest
        for name in names:
            lane = lane.setdefault(name, OrderedDict())
        self._count += key not in lane
        lane[key] = thing

    def take(self) -> T | None:
        """Whoever is next, who waits no more; None when nobody waits. For lanes that are all equally deep."""
        if not self._widest:
            return None
        path = [self._widest]
        while isinstance(inner := next(iter(path[-1].values())), OrderedDict):
            path.append(inner)
        _, thing = path[-1].popitem(last=False)
        self._served(path)
        return thing  # type: ignore[no-any-return]  # what is innermost is what was put there

    def remove(self, names: Sequence[Hashable], key: Hashable) -> T | None:
        """This one waits no more; gives it back if it did."""
        path = [self._widest]
        for name in names:
            if name not in path[-1]:
                return None
            path.append(path[-1][name])
        thing: T | None = path[-1].pop(key, None)
        if thing is not None:
            self._count -= 1
            self._close_empty(names, path)
        return thing

    def clear(self) -> None:
        """Nobody waits any more."""
        self._widest.clear()
        self._count = 0

    def _served(self, path: Sequence[_Lane]) -> None:
        """The first lane of every level had its turn: it goes to the end, or away when nothing is left in it."""
        self._count -= 1
        for outer, inner in reversed(list(pairwise(path))):
            name = next(iter(outer))
            if inner:
                outer.move_to_end(name)
            else:
                del outer[name]

    def _close_empty(self, names: Sequence[Hashable], path: Sequence[_Lane]) -> None:
        for outer, name in reversed(list(zip(path, names, strict=False))):
            if not outer[name]:
                del outer[name]
