"""A request needs the grant of the operator and that of the recipe, and a refusal says what to write where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cypher_executor.adapters.egress import Egress, connection
from cypher_executor.core.grants import RecipeGrants, read_grants
from cypher_executor.core.parts import Grants
from cypher_executor.ports import CallContext
from tests.egress.conftest import CONTEXT, Canary


def granted(part: list[str], recipe: list[str]) -> CallContext:
    return replace(CONTEXT, grants=Grants(http=tuple(part)), allowed=read_grants({"http": recipe}))


async def ask(egress: Egress, url: str, context: CallContext, **more: Any) -> Any:
    return await egress.http_request({"op": "http_request", "url": url, **more}, context)


async def test_both_grants_let_a_request_through(opened: Egress, canary: Canary) -> None:
    site = f"http://127.0.0.1:{canary.port}/*"
    assert (await ask(opened, canary.url(), granted(["*"], [site])))["status"] == 200
    assert (await ask(opened, canary.url(), granted([site], ["*"])))["status"] == 200


@pytest.mark.parametrize(
    ("part", "recipe", "says"),
    [
        ([], ["*"], "under [grants] in its part.toml"),
        (["https://127.0.0.1:{port}/*"], ["*"], "under [grants] in its part.toml"),
        (["*"], [], "(:Recipe {grants: {http: ['http://127.0.0.1:{port}/*']}})"),
        (["*"], ["http://127.0.0.2:{port}/*"], "(:Recipe {grants: {http: ['http://127.0.0.1:{port}/*']}})"),
        (["*"], ["http://127.0.0.1/*"], "(:Recipe {grants:"),
        (["*"], ["POST http://127.0.0.1:{port}/*"], "(:Recipe {grants:"),
        (["*"], ["http://127.0.0.1:{port}/other/*"], "(:Recipe {grants:"),
    ],
)
async def test_a_grant_that_is_missing_is_refused_before_anything_is_connected_to(
    opened: Egress, canary: Canary, part: list[str], recipe: list[str], says: str
) -> None:
    context = granted(
        [p.replace("{port}", str(canary.port)) for p in part], [r.replace("{port}", str(canary.port)) for r in recipe]
    )
    answer = await ask(opened, canary.url("/x"), context)
    assert answer["error"]["code"] == "grant_missing" and answer["error"]["retryable"] is False
    assert says.replace("{port}", str(canary.port)) in answer["error"]["message"]
    assert canary.connections == 0


async def test_a_grant_opens_no_address_that_the_operator_keeps_closed(closed: Egress, canary: Canary) -> None:
    assert (await ask(closed, canary.url(), granted(["*"], ["*"])))["error"]["code"] == "egress_refused"
    assert canary.connections == 0


async def test_a_recipe_without_grants_reaches_nothing(opened: Egress, canary: Canary) -> None:
    context = replace(CONTEXT, allowed=RecipeGrants())
    assert (await ask(opened, canary.url(), context))["error"]["code"] == "grant_missing"


async def test_without_the_check_the_canary_would_be_reached(
    opened: Egress, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted defect: the tests above see it."""
    monkeypatch.setattr(connection, "check_granted", lambda _wanted, _context: None)
    await ask(opened, canary.url(), granted([], []))
    assert canary.connections == 1
