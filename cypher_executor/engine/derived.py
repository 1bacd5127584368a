"""Runs that begin with results of another run: forks, and runs of a part of a recipe.

What they have is worked out from the other run as it is on disk, and stands in their own first event. So they begin as
every run does - in one transaction, with the claim of their key - and owe nothing to the other run from then on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from cypher_executor.core.events import Item, Origin, RunId, RunStarted
from cypher_executor.core.forking import fork_of, part_of, settled
from cypher_executor.core.recipe import Recipe
from cypher_executor.core.run import Run
from cypher_executor.errors import NotFound

T = TypeVar("T")


class Inspect(Protocol):
    """Looks at a run, once all that is seen of it is on disk; None for an unknown one."""

    def __call__(self, run: RunId, look: Callable[[Run], T]) -> Awaitable[T | None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """How a run comes from another one. `trigger` and, with `same_parts`, the digests of parts are that run's."""

    source: RunId | None
    node: str | None = None
    item: Item = ()
    only: tuple[str, ...] | None = None
    same_parts: bool = False

    async def begun(self, first: RunStarted, recipe: Recipe, inspect: Inspect) -> RunStarted:
        """The first event, with what it has of the other run.

        Raises NotFound (`unknown_run`, `unknown_step`), and RequestInvalid (`fork_misfit`, `value_missing`,
        `nothing_runs`, `origin_too_large`) with the sentence that says what does not fit.
        """
        if self.source is None:
            return self._beginning(first, recipe, None)
        begun = await inspect(self.source, lambda source: self._beginning(first, recipe, source))
        if begun is None:
            raise NotFound(f"there is no run {self.source}", code="unknown_run")
        return begun

    def _beginning(self, first: RunStarted, recipe: Recipe, source: Run | None) -> RunStarted:
        if source is not None and source.started is not None:
            about = source.started
            if about.tenant != first.tenant:
                raise NotFound(f"there is no run {about.run}", code="unknown_run")
            parts = {**first.parts, **about.parts} if self.same_parts else first.parts
            first = replace(first, trigger=about.trigger, parts=parts)
        return settled(recipe, replace(first, origin=self._origin(recipe, source)), source)

    def _origin(self, recipe: Recipe, source: Run | None) -> Origin:
        if self.only is not None or source is None:
            return part_of(source, recipe, self.only or ())
        return fork_of(source, recipe, self.node, self.item)
