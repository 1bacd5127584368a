"""Which recipe a call to `/hooks/{path}` starts, and what becomes of a delivery: whether it is let in, and its input.

Hooks are what the current versions of the stored recipes declare (`:webhook`), whosever they are: a delivery says only
which path it is for, so a path has one owner. They are kept by their paths until the catalog tells of a change: a
recipe that is stored, rolled back or forgotten changes them at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import Headers

from cypher_executor import strict_json
from cypher_executor.core.recipe import Recipe, Value
from cypher_executor.core.triggers import Webhook
from cypher_executor.errors import Conflict
from cypher_executor.library import Library
from cypher_executor.schedules import AnnouncedCatalog
from cypher_executor.service.auth import WITHHELD_HEADERS
from cypher_executor.service.bodies import RawBody
from cypher_executor.service.onlooking import Onlookers
from cypher_executor.service.problems import Refusal
from cypher_executor.service.queries import MOST_FIELDS

_SIGNATURES = frozenset({"webhook-signature", "x-hub-signature", "x-hub-signature-256", "stripe-signature"})
"""Whoever has one of these, and the body, could send the delivery again."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook as a recipe declares it; `node` is the name of the trigger."""

    tenant: str
    recipe: str
    node: str
    settings: Webhook


_ByPath = Mapping[str, Sequence[Hook]]


class Hooks:
    """The hooks of the stored recipes, and those who look on when one is called."""

    def __init__(self, catalog: AnnouncedCatalog, library: Library) -> None:
        self.onlookers = Onlookers()
        self._catalog = catalog
        self._library = library
        self._kept: tuple[int, _ByPath] | None = None
        """As of which change of the catalog."""

    async def at(self, path: str) -> Sequence[Hook]:
        """The hooks of this path, of all methods. Should two recipes declare the same, the first by name has it."""
        return (await self._by_path()).get(path, ())

    async def refuse_taken(self, tenant: str, name: str, recipe: Recipe) -> None:
        """One address starts one recipe. Raises Conflict (`hook_taken`) where this one would have that of another."""
        taken = await self.taken(tenant, name, recipe)
        if taken is not None:
            other, hook = taken
            whose = f"the recipe {other.recipe!r}" if other.tenant == tenant else "somebody else"
            message = f"{whose} has the hook {' '.join(hook.methods)} /hooks/{hook.path} already"
            raise Conflict(message, code="hook_taken")

    async def all(self, tenant: str) -> Sequence[Hook]:
        """Every hook of a tenant, by path."""
        by_path = await self._by_path()
        return [hook for _, hooks in sorted(by_path.items()) for hook in hooks if hook.tenant == tenant]

    async def taken(self, tenant: str, name: str, recipe: Recipe) -> tuple[Hook, Webhook] | None:
        """A hook of another recipe that is also one of those that `recipe` would have under this name, and that one."""
        for _, wanted in hooks_in(recipe):
            for other in await self.at(wanted.path):
                mine = (other.tenant, other.recipe) == (tenant, name)
                if not mine and set(other.settings.methods) & set(wanted.methods):
                    return other, wanted
        return None

    async def _by_path(self) -> _ByPath:
        changes = self._catalog.changes
        if self._kept is not None and self._kept[0] == changes:
            return self._kept[1]
        found: dict[str, list[Hook]] = {}
        for tenant in await self._catalog.tenants():
            for version in await self._catalog.list_current(tenant):
                for node, hook in hooks_in(await self._library.by_digest(version.digest, version.text)):
                    found.setdefault(hook.path, []).append(Hook(tenant, version.name, node, hook))
        self._kept = (changes, found)  # as of before it was read: a change meanwhile has it read again
        return found


def hooks_in(recipe: Recipe) -> list[tuple[str, Webhook]]:
    """The hooks that a recipe declares, by the names of their triggers."""
    return [(each.name, each.settings) for each in recipe.triggers if isinstance(each.settings, Webhook)]


def harmless_headers(headers: Headers) -> dict[str, Value]:
    """The headers that a run may see: those that neither say who called nor let anybody send it again."""
    return {name: value for name, value in headers.items() if name not in WITHHELD_HEADERS | _SIGNATURES}


def input_of(body: RawBody, query: dict[str, Value]) -> Value:
    """The input that a delivery becomes: its fields over those of the query, or the value that is no object.

    JSON is read whatever the content type says, fields of a form where it says so, other text as it stands. Raises
    Refusal or RequestInvalid for what is none of these.
    """
    value = _value(body)
    if value is None:
        return query
    return {**query, **value} if isinstance(value, dict) else value


def _value(body: RawBody) -> Value:
    raw, media_type = body.raw, body.media_type
    if not raw.strip():
        return None
    is_text = media_type.startswith("text/") or media_type == "application/x-www-form-urlencoded"
    if not is_text or raw.lstrip()[:1] in (b"{", b"["):
        return strict_json.loads(raw)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Refusal(f"the body is not UTF-8: byte {wrong.start} does not fit", code="text_invalid") from None
    return text if media_type.startswith("text/") else _form(text)


def _form(text: str) -> dict[str, Value]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as wrong:
        raise Refusal(f"the form cannot be read: {wrong}", code="text_invalid") from None
    fields: dict[str, list[Value]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
