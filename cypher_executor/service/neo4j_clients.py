"""Clients of Neo4j around an open house: the desk that answers them, who is let in, and what their deeds do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cypher_executor import __version__
from cypher_executor.bills import ReachesMore
from cypher_executor.bolt.extras import Credentials
from cypher_executor.bolt.server import BoltServer
from cypher_executor.bolt.session import Guest
from cypher_executor.compat.deeds import Outcome
from cypher_executor.compat.desk import Desk
from cypher_executor.compat.procedures import About
from cypher_executor.compat.refusals import UNAUTHORIZED, Refused
from cypher_executor.core.keys import OPERATOR, Scope
from cypher_executor.errors import Conflict
from cypher_executor.keys import Keys
from cypher_executor.library import agreed_name
from cypher_executor.mirror.source import source_of
from cypher_executor.service.hooks import Hooks
from cypher_executor.service.neo4j_address import NEO4J_VERSION, bolt_address
from cypher_executor.service.times import iso
from cypher_executor.wiring import House


class Deeds:
    """What `CALL executor.run` and `CALL executor.save` do."""

    def __init__(self, house: House, hooks: Hooks) -> None:
        self._house = house
        self._hooks = hooks

    async def run(self, tenant: str, recipe: str, input: Any) -> Outcome:
        """See `compat.deeds.Doing`. Every recipe has a bracket in it; a name that has one, too, is a name first."""
        library, given = self._house.library, {} if input is None else input
        if "(" in recipe and recipe not in await library.names(tenant):
            prepared = await library.prepare_text(recipe, given)
        else:
            prepared = await library.prepare(tenant, recipe, given)
        trigger = {"kind": "bolt", "time": iso(self._house.clock.now_us())}
        started = await self._house.engine.start(prepared, tenant=tenant, trigger=trigger)
        state = await self._house.engine.inspect(started.run, lambda run: run.state)
        return started.run, prepared.name or prepared.recipe.name, state

    async def save(self, tenant: str, text: str, *, allow: bool = False) -> Outcome:
        """See `compat.deeds.Doing`."""
        library = self._house.library
        recipe, _ = await library.compile(text)
        await self._hooks.refuse_taken(tenant, agreed_name(recipe.name, None), recipe)
        try:
            version = (await library.save(tenant, text, allow=allow)).version
        except ReachesMore as more:
            message = f"{more.message}. If it may, CALL executor.save(text, {{allow: true}})"
            raise Conflict(message, code=more.code) from None
        return version.name, version.version, version.digest


def desk_of(house: House, hooks: Hooks) -> Desk:
    """The desk of this house."""
    about = About(
        version=__version__,
        neo4j_version=NEO4J_VERSION,
        source=source_of(house.settings.data_dir),
        begun=iso(house.clock.now_us()),
        address=lambda: bolt_address(house.settings),
        secured=lambda: house.keys.exist,
        now_us=house.clock.now_us,
        running=lambda: (),
    )
    return Desk(house.questions, Deeds(house, hooks), about)


def bolt_server(house: House, desk: Desk) -> BoltServer:
    """Bolt for this house."""

    def admit(credentials: Credentials) -> Guest:
        return guest(house.keys, credentials)

    return BoltServer(desk, admit, local=lambda: not house.keys.exist, origins=house.settings.bolt_origins)


def guest(keys: Keys, credentials: Credentials) -> Guest:
    """Who this is. While no key was made, that is the operator, whatever they say; after that a key stands where
    clients have a password or a token. Raises Refused."""
    if not keys.exist:
        return Guest(OPERATOR, frozenset(deeds_of(lambda scope: True)))
    key = keys.find(credentials.credentials)
    if key is None or not key.may("read"):
        raise Refused(UNAUTHORIZED, "the client is unauthorized: give a key with the scope `read` as the password")
    return Guest(key.tenant, frozenset(deeds_of(key.may)))


def deeds_of(may: Callable[[Scope], bool]) -> Iterator[str]:
    """The deeds that are open to somebody who may do what these scopes allow."""
    return (deed for deed, scope in _SCOPES.items() if may(scope))


_SCOPES: Mapping[str, Scope] = {"executor.run": "run", "executor.save": "write"}
