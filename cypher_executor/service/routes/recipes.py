"""Recipes: check, store, look at, go back to an earlier version, forget."""

from __future__ import annotations

from starlette.responses import Response

from cypher_executor.core.recipe import Recipe
from cypher_executor.cypher.bill import bill_json, more_json
from cypher_executor.cypher.diagnostics import to_json
from cypher_executor.errors import Diagnostic, NotFound, RequestInvalid
from cypher_executor.library import agreed_name
from cypher_executor.ports import RecipeVersion
from cypher_executor.service import answers, requests
from cypher_executor.service.bodies import json_body, recipe_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, in_path, reply
from cypher_executor.service.forms import in_form
from cypher_executor.service.recipe_view import Reach, recipe_line, recipe_view, version_line
from cypher_executor.service.schedule_view import declared_view

FAMILY = "recipes"


async def check(exchange: Exchange) -> Response:
    """All that there is to say about a text; wrong recipes are answered with 200 too."""
    from cypher_executor.cypher.needs import needs_json

    body: requests.RecipeText = exchange.body
    library = exchange.house.library
    compiled = await library.check(body.cypher, _named(body.name), await library.names(exchange.caller.tenant))
    ok = compiled.recipe is not None and not any(d.severity == "error" for d in compiled.diagnostics)
    told = [to_json(d) for d in compiled.diagnostics]
    now_us = exchange.house.clock.now_us()
    answer = {"ok": ok, "diagnostics": told, "schedules": [], "needs": needs_json(compiled.needs)}
    if compiled.recipe is None:
        return reply(200, {**answer, "bill": None, "more": []})
    deploy = await library.reach(exchange.caller.tenant, compiled.recipe, _named(body.name))
    reached = {"bill": bill_json(deploy.bill), "more": more_json(deploy.more)}
    return reply(200, {**answer, "schedules": declared_view(compiled.recipe, now_us), **reached})


async def store(exchange: Exchange) -> Response:
    """A new version under the name that the query, the body or the text gives."""
    body, query = exchange.body, exchange.query
    if body.name is not None and query.name is not None and body.name != query.name:
        message = f"the body names the recipe {body.name!r}, the query {query.name!r}"
        raise RequestInvalid(message, code="name_mismatch")
    return await _store(exchange, _named(query.name if query.name is not None else body.name))


async def replace(exchange: Exchange) -> Response:
    """A new version under the name of the path."""
    name = exchange.path["name"]
    if exchange.body.name not in (None, name):
        message = f"the path names the recipe {name!r}, the body {exchange.body.name!r}"
        raise RequestInvalid(message, code="name_mismatch")
    return await _store(exchange, _named(name))


async def _store(exchange: Exchange, name: str | None) -> Response:
    library, text = exchange.house.library, exchange.body.cypher
    if exchange.query.dry_run:
        known = await library.names(exchange.caller.tenant)
        recipe, warnings = await library.compile(text, recipes=known)
        await library.refuse_forbidden(exchange.caller.tenant, agreed_name(recipe.name, name), text, recipe)
        return await _tried(exchange, recipe, warnings, name)
    recipe, _ = await library.compile(text)
    await exchange.hooks.refuse_taken(exchange.caller.tenant, agreed_name(recipe.name, name), recipe)
    since_us = exchange.house.clock.now_us()
    allow = exchange.query.allow or exchange.body.allow
    saved = await library.save(exchange.caller.tenant, text, name, allow=allow)
    version, reach = saved.version, Reach(saved.version.bill, saved.more)
    view = recipe_view(saved.recipe, version.name, version, saved.warnings, exchange.base_url, since_us, reach)
    status = 201 if version.created_us >= since_us else 200
    return reply(status, view, location=f"/recipes/{in_path(version.name)}")


async def _tried(exchange: Exchange, recipe: Recipe, warnings: tuple[Diagnostic, ...], name: str | None) -> Response:
    agreed = agreed_name(recipe.name, name)
    deploy = await exchange.house.library.reach(exchange.caller.tenant, recipe, agreed)
    reach, now_us = Reach(bill_json(deploy.bill), deploy.more), exchange.house.clock.now_us()
    return reply(200, recipe_view(recipe, agreed, None, warnings, exchange.base_url, now_us, reach))


async def list_all(exchange: Exchange) -> Response:
    """Every name."""
    current = await exchange.house.catalog.list_current(exchange.caller.tenant)
    return reply(200, {"recipes": [recipe_line(version, exchange.base_url) for version in current]})


async def show(exchange: Exchange) -> Response:
    """The current version of a name, or the one of the path."""
    number = _number(exchange.path["version"]) if "version" in exchange.path else None
    library, tenant = exchange.house.library, exchange.caller.tenant
    version = await library.version(tenant, exchange.path["name"], number)
    if exchange.query.format != "json":
        recipe = await library.by_digest(version.digest, version.text)
        return in_form(recipe, version.text, exchange.query.format)
    return await _stored(exchange, version)


async def versions(exchange: Exchange) -> Response:
    """Every version of a name."""
    name, tenant = exchange.path["name"], exchange.caller.tenant
    current = await exchange.house.library.version(tenant, name)
    found = await exchange.house.catalog.versions(tenant, name)
    return reply(200, {"name": name, "versions": [version_line(version, current) for version in found]})


async def delete(exchange: Exchange) -> Response:
    """Forget a name."""
    name, tenant = exchange.path["name"], exchange.caller.tenant
    await exchange.house.library.version(tenant, name)
    await exchange.house.catalog.delete(tenant, name)
    return Response(status_code=204)


async def rollback(exchange: Exchange) -> Response:
    """Make a stored version the current one."""
    name, tenant, number = exchange.path["name"], exchange.caller.tenant, exchange.body.version
    library = exchange.house.library
    wanted = await library.version(tenant, name, number)
    recipe = await library.by_digest(wanted.digest, wanted.text)
    await exchange.hooks.refuse_taken(tenant, agreed_name(recipe.name, name), recipe)
    return await _stored(exchange, await library.point(tenant, name, number, allow=exchange.body.allow))


async def _stored(exchange: Exchange, version: RecipeVersion) -> Response:
    """A stored version, with what `check` says of it today: its parts may have changed since it was stored."""
    library = exchange.house.library
    recipe = await library.by_digest(version.digest, version.text)
    diagnostics = (await library.check(version.text)).diagnostics
    now_us = exchange.house.clock.now_us()
    reach = Reach(version.bill)
    return reply(200, recipe_view(recipe, version.name, version, diagnostics, exchange.base_url, now_us, reach))


def _named(name: str | None) -> str | None:
    """A name that a recipe may have."""
    if name is None:
        return None
    from cypher_executor.cypher.plan.recipe_node import recipe_name

    try:
        return recipe_name(name)
    except ValueError as wrong:
        raise RequestInvalid(f"{name!r} cannot be a name: {wrong}", code="invalid_name") from None


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise NotFound(f"{text!r} is not the number of a version", code="unknown_version")


_STORED = Told("stored; the text is a new version", answers.StoredRecipe, ("location",))
_KNOWN = Told("this text is the current version (again), or it was only tried", answers.StoredRecipe)
_ONE = {200: Told("the recipe", answers.StoredRecipe)}
_SHOWN = {200: Told("the recipe; or with `format` its graph form, or a picture", answers.StoredRecipe)}
_FORBIDDEN = ("policy_violated", "policy_invalid")
_WRONG_TEXT = ("recipe_invalid", "recipe_too_large", "invalid_name", "name_mismatch", "text_invalid")

ENDPOINTS = (
    Endpoint(
        name="check",
        method="POST",
        path="/check",
        summary="Everything that there is to say about a recipe, without storing it",
        family=FAMILY,
        handler=check,
        needs="read",
        body=recipe_body(),
        answers={200: Told("the diagnostics, of a wrong recipe too", answers.Checked)},
        errors=("recipe_too_large", "invalid_name", "text_invalid"),
    ),
    Endpoint(
        name="store_recipe",
        method="POST",
        path="/recipes",
        summary="Check a recipe and store it as the newest version of its name",
        family=FAMILY,
        handler=store,
        needs="write",
        query=requests.StoreQuery,
        body=recipe_body(),
        answers={201: _STORED, 200: _KNOWN},
        errors=(*_WRONG_TEXT, "name_missing", "hook_taken", "reaches_more", *_FORBIDDEN, "part_unavailable"),
    ),
    Endpoint(
        name="list_recipes",
        method="GET",
        path="/recipes",
        summary="Every recipe, with its current version",
        family=FAMILY,
        handler=list_all,
        needs="read",
        answers={200: Told("the recipes, by name", answers.RecipeList)},
    ),
    Endpoint(
        name="replace_recipe",
        method="PUT",
        path="/recipes/{name}",
        summary="Check a recipe and store it as the newest version of this name",
        family=FAMILY,
        handler=replace,
        needs="write",
        query=requests.ReplaceQuery,
        body=recipe_body(),
        answers={201: _STORED, 200: _KNOWN},
        errors=(*_WRONG_TEXT, "hook_taken", "reaches_more", *_FORBIDDEN, "part_unavailable"),
    ),
    Endpoint(
        name="show_recipe",
        method="GET",
        path="/recipes/{name}",
        summary="The current version of a recipe, with its text and its graph",
        family=FAMILY,
        handler=show,
        needs="read",
        query=requests.ShowQuery,
        answers=_SHOWN,
        errors=("unknown_recipe",),
    ),
    Endpoint(
        name="delete_recipe",
        method="DELETE",
        path="/recipes/{name}",
        summary="Forget a name; runs keep their recipes",
        family=FAMILY,
        handler=delete,
        needs="write",
        answers={204: Told("forgotten")},
        errors=("unknown_recipe",),
    ),
    Endpoint(
        name="list_versions",
        method="GET",
        path="/recipes/{name}/versions",
        summary="Every version of a recipe",
        family=FAMILY,
        handler=versions,
        needs="read",
        answers={200: Told("the versions, oldest first", answers.VersionList)},
        errors=("unknown_recipe",),
    ),
    Endpoint(
        name="show_version",
        method="GET",
        path="/recipes/{name}/versions/{version}",
        summary="One version of a recipe, with its text and its graph",
        family=FAMILY,
        handler=show,
        needs="read",
        query=requests.ShowQuery,
        answers=_SHOWN,
        errors=("unknown_recipe", "unknown_version"),
    ),
    Endpoint(
        name="rollback_recipe",
        method="POST",
        path="/recipes/{name}/rollback",
        summary="Make a stored version the current one",
        family=FAMILY,
        handler=rollback,
        needs="write",
        body=json_body(requests.Rollback),
        answers=_ONE,
        errors=("unknown_recipe", "unknown_version", "hook_taken", "reaches_more", *_FORBIDDEN, "part_unavailable"),
    ),
)
