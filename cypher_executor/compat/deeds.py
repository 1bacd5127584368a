"""The only questions that do something: `CALL executor.run(recipe, input)` and `CALL executor.save(text, options)`.

A query is carried out on a graph that does not change, and may be carried out in part or not at all; a deed is neither.
So a deed must be what the text begins with, which makes it happen exactly once: carrying out the query finds out its
arguments, and stops there (`Wanted`); the deed is done; and the query is carried out again with what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn, Protocol

from cypher_executor.compat.refusals import FORBIDDEN, READ_ONLY, SYNTAX, Refused
from cypher_executor.compat.scanning import words
from cypher_executor.cypher.query import Procedure
from cypher_executor.cypher.query import types as t
from cypher_executor.errors import RequestInvalid

Outcome = tuple[Any, ...]


class Doing(Protocol):
    """Who does it. Both raise `errors.CypherExecutorError` when it cannot be done."""

    async def run(self, tenant: str, recipe: str, input: Any) -> Outcome:
        """Start a run of a recipe, by its name or as a text: its id, the recipe's name, its state."""
        ...

    async def save(self, tenant: str, text: str, *, allow: bool = False) -> Outcome:
        """Store a recipe: its name, version and digest. With `allow` it may reach more than its last version did."""
        ...


class Wanted(Exception):
    """A deed, found while a query was carried out that has not done it."""

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        super().__init__()
        self.arguments = arguments


def _find_out(context: Any, arguments: tuple[Any, ...]) -> NoReturn:
    raise Wanted(arguments)


RUN = Procedure(
    "executor.run",
    (("recipe", t.STRING), ("input", t.MAP)),
    (("run", t.STRING), ("recipe", t.STRING), ("state", t.STRING)),
    _find_out,
    "Start a run of a recipe, by its name or as a text.",
)
SAVE = Procedure(
    "executor.save",
    (("text", t.STRING), ("options", t.MAP)),
    (("name", t.STRING), ("version", t.INTEGER), ("digest", t.STRING)),
    _find_out,
    "Store a recipe. {allow: true} lets it reach more than its last version did.",
    optional=1,
)
DEEDS = (RUN, SAVE)
_BY_NAME: Mapping[str, Procedure] = {one.name: one for one in DEEDS}
_DO: Mapping[str, Callable[..., Any]] = {
    "executor.run": lambda doing, tenant, given: doing.run(tenant, *given),
    "executor.save": lambda doing, tenant, given: doing.save(tenant, given[0], allow=_allowed(given[1])),
}


def _allowed(options: Mapping[str, Any] | None) -> bool:
    """The one option that there is. Raises RequestInvalid: one that is mistyped must not be taken for a no."""
    given = dict(options or {})
    allow = given.pop("allow", False)
    if isinstance(allow, bool) and not given:
        return allow
    raise RequestInvalid("executor.save has the option `allow`, which is true or false: {allow: true}")


def deed_of(text: str, *, may_write: bool, allowed: frozenset[str]) -> Procedure | None:
    """The deed that a text begins with, if any. Raises Refused for deeds elsewhere, and where nothing may be done."""
    found = [word.text for word in words(text)]
    named = [index for index in range(len(found) - 1) if f"{found[index]}.{found[index + 1]}".lower() in _BY_NAME]
    called = [index for index in named if index and found[index - 1] == "CALL"]
    if not called:
        return None
    if called != [1]:
        raise Refused(SYNTAX, "CALL executor.run and executor.save begin a query, and stand in it once")
    deed = _BY_NAME[f"{found[1]}.{found[2]}".lower()]
    if deed.name not in allowed:
        raise Refused(FORBIDDEN, f"this key may not call {deed.name}: that needs one with another scope")
    if not may_write:
        raise Refused(READ_ONLY, "Writing in read access mode not allowed. Open the session for writing.")
    return deed


async def done(deed: Procedure, doing: Doing, tenant: str, arguments: tuple[Any, ...]) -> Procedure:
    """Do it; the procedure as it is after that, which gives what came of it and does nothing."""
    outcome = await _DO[deed.name](doing, tenant, arguments)
    return replace(deed, rows=lambda context, given: [outcome])
