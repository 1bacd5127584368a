"""What belongs to another tenant answers exactly as what does not exist."""

from __future__ import annotations

import pytest

from cypher_executor.wiring import House
from tests.service.support import LASTS, Ask, body, refused


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/runs/{}"), ("GET", "/runs/{}/steps/pause"), ("GET", "/runs/{}/steps/none"), ("POST", "/runs/{}/cancel")],
)
async def test_the_run_of_another_tenant_is_not_found(ask: Ask, house: House, method: str, path: str) -> None:
    theirs = await house.engine.start(await house.library.prepare_text(LASTS, {}), tenant="another")
    told = refused(await ask.request(method, path.format(theirs.run)), 404, "unknown_run")
    unknown = refused(await ask.request(method, path.format("run_0")), 404, "unknown_run")
    assert told["detail"] == unknown["detail"].replace("run_0", theirs.run)
    assert theirs.run not in [run["id"] for run in body(await ask.get("/runs?limit=200"))["runs"]]
    assert await house.engine.cancel(theirs.run)


async def test_the_recipe_of_another_tenant_is_not_found(ask: Ask, house: House, name: str) -> None:
    await house.library.save("another", "CREATE (a)", name)
    refused(await ask.get(f"/recipes/{name}"), 404, "unknown_recipe")
    refused(await ask.post("/runs", {"recipe": name}), 404, "unknown_recipe")
    refused(await ask.post(f"/webhooks/named/{name}/trigger"), 404, "unknown_recipe")
    refused(await ask.request("DELETE", f"/recipes/{name}"), 404, "unknown_recipe")
    assert await house.catalog.current("another", name)
