"""The recipes that this service knows: from text, name or digest to a recipe that can be run.

Compiling is cheap but not free, so compiled recipes are kept by their text and by their digest. The compiler is loaded
when it is first used, or by `load`: a service begins without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import unicodedata
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from cypher_executor.bills import Current, Deploy, Known, ReachesMore, bill_among
from cypher_executor.core.parts import Part
from cypher_executor.core.recipe import Digest, Recipe, Value
from cypher_executor.cypher.bill import More, bill_json
from cypher_executor.errors import (
    CypherExecutorError,
    Diagnostic,
    NotFound,
    RecipeInvalid,
    RequestInvalid,
    Unavailable,
    nearest,
)
from cypher_executor.inputs import admit, schema_problem
from cypher_executor.ports import Catalog, Clock, PartStore, Prepared, RecipeVersion

if TYPE_CHECKING:
    from cypher_executor.cypher import Compiled

K = TypeVar("K")
V = TypeVar("V")

KEPT = 1_024
"""How many compiled recipes are kept."""

SHORT_TEXT = 2_000
"""Texts up to this many characters are compiled where they are: they take a few milliseconds."""

_Asked = tuple[str, str | None, frozenset[str] | None]

MAX_TEXT_BYTES = 256 * 1024
"""The longest recipe that is read."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A stored version, the recipe that it is, and what `check` had to say that refused nothing.

    `more` says what it reaches that the last version did not.
    """

    version: RecipeVersion
    recipe: Recipe
    warnings: tuple[Diagnostic, ...]
    more: tuple[More, ...] = ()


Keep = Callable[[Mapping[str, Digest]], Awaitable[None]]
"""Has to see to it that these modules, by the names of their parts, stay there whatever becomes of the parts."""


class Guard(Protocol):
    """What is asked before a recipe is stored under a name, whoever allows what."""

    async def obey(
        self,
        tenant: str,
        current: Current,
        name: str,
        text: str,
        recipe: Recipe,
        read: Callable[[Digest, str], Awaitable[Recipe]],
    ) -> None:
        """Raises an error of ours when this recipe may not be stored among the current ones."""
        ...


class Library:
    """Recipes by name (per tenant), text and digest. The engine sees it as `ports.Recipes`.

    `keep` is told the modules of what is stored, and `guard` is asked before. The parts named in `developed` are being
    worked at: stored recipes run with what these are now, not with what they were when the recipe was stored. Until it
    is known of all places what parts they have (`complete`), a part that is not known may be there later.
    """

    def __init__(
        self,
        catalog: Catalog,
        parts: PartStore,
        clock: Clock,
        *,
        keep: Keep | None = None,
        guard: Guard | None = None,
        developed: Container[str] = frozenset(),
        complete: Callable[[], bool] = lambda: True,
    ) -> None:
        self._catalog = catalog
        self._parts = parts
        self._clock = clock
        self._keep_modules = keep
        self._guard = guard
        self._developed = developed
        self._complete = complete
        self._deploying = asyncio.Lock()
        """Held while something is stored: between looking at what others reach and changing it, nobody else does."""
        self._by_digest: OrderedDict[Digest, Recipe] = OrderedDict()
        self._by_text: OrderedDict[_Asked, Compiled] = OrderedDict()

    def load(self) -> None:
        """Load what compiling needs. Without this, the first recipe does; it takes some tenths of a second.

        To be called on the thread of the event loop: modules that import each other in a circle must not be loaded by
        two threads at once, because one of them would see them half made.
        """
        self.check_now("CREATE (a)")

    def parts_changed(self) -> None:
        """There are other parts than before: what was said about texts need not hold any more."""
        self._by_text.clear()

    # --- from text ----------------------------------------------------------------------------------------------------

    def check_now(self, text: str, name: str | None = None, recipes: frozenset[str] | None = None) -> Compiled:
        """The recipe that a text draws, if it draws one, and every problem that it has.

        With `recipes` (see `names`), workflows that nobody has stored are told too.
        """
        key = (text, name, recipes)
        kept = self._by_text.get(key)
        if kept is None:
            from cypher_executor.cypher import compile_recipe

            kept = compile_recipe(
                _bounded(text), parts=self.known_parts(), name=name, recipes=recipes, schema_problem=schema_problem
            )
            _keep(self._by_text, key, kept)
        return kept

    async def check(self, text: str, name: str | None = None, recipes: frozenset[str] | None = None) -> Compiled:
        """As `check_now`, beside the event loop where the text is long: nobody else's run waits for it."""
        if len(text) <= SHORT_TEXT or (text, name, recipes) in self._by_text:
            return self.check_now(text, name, recipes)
        self.load()
        return await asyncio.to_thread(self.check_now, text, name, recipes)

    async def compile(
        self, text: str, name: str | None = None, recipes: frozenset[str] | None = None
    ) -> tuple[Recipe, tuple[Diagnostic, ...]]:
        """The recipe and its warnings. Raises RecipeInvalid with all problems when there is an error among them."""
        compiled = await self.check(text, name, recipes)
        if compiled.recipe is None:
            self._refuse_for_now(compiled.diagnostics)
            raise RecipeInvalid(compiled.diagnostics, name=name)
        _keep(self._by_digest, compiled.recipe.digest, compiled.recipe)
        return compiled.recipe, compiled.diagnostics

    def _refuse_for_now(self, found: Iterable[Diagnostic]) -> None:
        """Raise Unavailable when all that is wrong is a part that may be in a place which cannot be asked yet."""
        wrong = [one for one in found if one.severity == "error"]
        if all(one.code == "unknown_part" for one in wrong) and not self._complete():
            message = f"{wrong[0].message} One of the places for parts could not be asked yet."
            raise Unavailable(message, code="part_unavailable")

    async def prepare_text(self, text: str, given: Value, name: str | None = None) -> Prepared:
        """A recipe that was sent along with the request, which may name it when it does not name itself.

        Raises RecipeInvalid or RequestInvalid.
        """
        recipe, _ = await self.compile(text)
        if recipe.name is None and name is not None:
            recipe, _ = await self.compile(text, name)
        prepared = Prepared(recipe, admit(recipe.input_schema, given), recipe.name, pins=self._pins(recipe))
        with contextlib.suppress(Unavailable):  # Then the step fails that needs it, and may be tried again.
            await self._keep(prepared.pins)
        return prepared

    # --- by name ------------------------------------------------------------------------------------------------------

    async def save(self, tenant: str, text: str, name: str | None = None, *, allow: bool = False) -> Saved:
        """Store a text as the newest version of its recipe.

        The name is given, or stands in the recipe; both must agree. Raises RecipeInvalid or RequestInvalid, and
        `ReachesMore` when this version reaches what the last one did not, unless `allow` says that it may.
        """
        recipe, _ = await self.compile(text)
        name = agreed_name(recipe.name, name)
        async with self._deploying:
            current = await self._current(tenant)
            recipe, warnings = await self.compile(text, recipes=frozenset({*current, name}))
            pins = self._pins(recipe)
            deploy = await self._deploy(current, name, recipe, pins, allow=allow)
            await self._obey(tenant, current, name, text, recipe)
            await self._keep(pins)
            now_us = self._clock.now_us()
            version = await self._catalog.save(
                tenant, name, recipe.digest, text, now_us, pins=pins, bill=bill_json(deploy.bill)
            )
            await self._change_above(deploy)
        return Saved(version, recipe, warnings, deploy.more)

    async def point(self, tenant: str, name: str, number: int, *, allow: bool = False) -> RecipeVersion:
        """Make a stored version the current one. Raises NotFound, and `ReachesMore` as `save` does."""
        async with self._deploying:
            wanted = await self.version(tenant, name, number)
            recipe, current = await self.by_digest(wanted.digest, wanted.text), await self._current(tenant)
            deploy = await self._deploy(current, name, recipe, wanted.pins, allow=allow)
            await self._obey(tenant, current, name, wanted.text, recipe)
            await self._catalog.set_bill(tenant, name, number, bill_json(deploy.bill))
            version = await self._catalog.point(tenant, name, number)
            if version is None:
                raise NotFound(f"recipe {name!r} has no version {number}", code="unknown_version")
            await self._change_above(deploy)
        return version

    async def reach(self, tenant: str, recipe: Recipe, name: str | None = None) -> Deploy:
        """What a recipe can reach with those that it starts, and what of it would be more if it were stored now."""
        name, current = name or recipe.name, await self._current(tenant)
        known = Known(recipe, self.parts_of(recipe, self._pins(recipe)))
        if name is None:
            return Deploy(await bill_among(self, current, known), (), ())
        return await Deploy.of(self, current, name, known)

    async def refuse_forbidden(self, tenant: str, name: str, text: str, recipe: Recipe) -> None:
        """What storing this recipe now would be refused for by whoever guards."""
        await self._obey(tenant, await self._current(tenant), name, text, recipe)

    async def _obey(self, tenant: str, current: Current, name: str, text: str, recipe: Recipe) -> None:
        if self._guard is not None:
            await self._guard.obey(tenant, current, name, text, recipe, self.by_digest)

    async def _deploy(
        self, current: Current, name: str, recipe: Recipe, pins: Mapping[str, Digest], *, allow: bool
    ) -> Deploy:
        deploy = await Deploy.of(self, current, name, Known(recipe, self.parts_of(recipe, pins)))
        if deploy.more and not allow:
            raise ReachesMore(name, deploy.more)
        return deploy

    async def bills_anew(self, tenant: str) -> None:
        """What a part asks for is not what it was: work out again what the current recipes can reach."""
        async with self._deploying:
            current = await self._current(tenant)
            for version in current.values():
                with contextlib.suppress(CypherExecutorError):  # One that can be read no more does not run either.
                    recipe = await self.by_digest(version.digest, version.text)
                    known = Known(recipe, self.parts_of(recipe, version.pins))
                    bill = bill_json(await bill_among(self, current, known, version.name))
                    if bill != version.bill:
                        await self._catalog.set_bill(tenant, version.name, version.version, bill)

    async def _keep(self, pins: Mapping[str, Digest]) -> None:
        if self._keep_modules is not None:
            await self._keep_modules(pins)

    async def _change_above(self, deploy: Deploy) -> None:
        for above, bill in deploy.above:
            await self._catalog.set_bill(above.tenant, above.name, above.version, bill_json(bill))

    async def _current(self, tenant: str) -> dict[str, RecipeVersion]:
        return {version.name: version for version in await self._catalog.list_current(tenant)}

    def _pins(self, recipe: Recipe) -> dict[str, Digest]:
        found = ((name, self._parts.find(name)) for name in recipe.parts)
        return {name: part.digest for name, part in found if part is not None and part.digest is not None}

    def _running(self, pins: Mapping[str, Digest]) -> dict[str, Digest]:
        """The pins that count: a part that is being worked at is what it is now."""
        return {part: digest for part, digest in pins.items() if part not in self._developed}

    def parts_of(self, recipe: Recipe, pins: Mapping[str, Digest]) -> Mapping[str, Part]:
        """The parts of a recipe, by name: those that are pinned, and for others what they are now."""
        running = self._running(pins)
        found = {n: self._parts.by_digest(running[n], n) if n in running else self._parts.find(n) for n in recipe.parts}
        return {name: part for name, part in found.items() if part is not None}

    async def names(self, tenant: str) -> frozenset[str]:
        """The names of all stored recipes."""
        return frozenset(version.name for version in await self._catalog.list_current(tenant))

    async def prepare(self, tenant: str, name: str, given: Value) -> Prepared:
        """The current version of `name`, with this input. Raises NotFound (`unknown_recipe`) or RequestInvalid."""
        version = await self.version(tenant, composed(name))
        recipe = await self.by_digest(version.digest, version.text)
        pins = self._running(version.pins)
        return Prepared(recipe, admit(recipe.input_schema, given), version.name, version.version, pins)

    async def version(self, tenant: str, name: str, number: int | None = None) -> RecipeVersion:
        """A stored version, the current one unless a number is given. Raises NotFound with the nearest name."""
        if number is None:
            found = await self._catalog.current(tenant, name)
        else:
            found = next((v for v in await self._catalog.versions(tenant, name) if v.version == number), None)
        if found is not None:
            return found
        names = [v.name for v in await self._catalog.list_current(tenant)]
        if number is not None and name in names:
            raise NotFound(f"recipe {name!r} has no version {number}", code="unknown_version")
        raise NotFound(f"there is no recipe {name!r}", code="unknown_recipe", did_you_mean=nearest(name, names))

    # --- by digest ----------------------------------------------------------------------------------------------------

    async def by_digest(self, digest: Digest, text: str | None = None) -> Recipe:
        """A recipe that was accepted before. It is not checked again: its parts may have changed, its meaning not."""
        recipe = self._by_digest.get(digest)
        if recipe is not None:
            return recipe
        text = text if text is not None else await self._catalog.text(digest)
        if text is None:
            raise NotFound(f"no recipe has the digest {digest}", code="unknown_recipe")
        from cypher_executor.cypher import compile_recipe

        compiled = compile_recipe(text, parts=None, trusted=True)
        if compiled.recipe is None:
            raise RecipeInvalid(compiled.diagnostics)
        _keep(self._by_digest, digest, compiled.recipe)
        return compiled.recipe

    def known_parts(self) -> Mapping[str, Part]:
        """Every part by its name."""
        return {part.name: part for part in self._parts.all()}


def composed(name: str) -> str:
    """A name as it is kept, however its characters were written: in Unicode's composed form (NFC)."""
    return unicodedata.normalize("NFC", name)


def _bounded(text: str) -> str:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        limit = f"{MAX_TEXT_BYTES // 1024} KiB"
        raise RequestInvalid(f"a recipe may have at most {limit}", code="recipe_too_large")
    return text


def agreed_name(inside: str | None, given: str | None) -> str:
    """The name of a recipe, from its text or the request. Raises RequestInvalid when there is none, or they differ."""
    name = given or inside
    if name is None:
        message = "the recipe has no name: write (:Recipe {name: '...'}) into it, or give ?name=..."
        raise RequestInvalid(message, code="name_missing")
    if inside is not None and inside != name:
        message = f"the recipe calls itself {inside!r}, but the request says {name!r}"
        raise RequestInvalid(message, code="name_mismatch")
    return name


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > KEPT:
        kept.popitem(last=False)
