"""Policies: kept when a recipe is stored, with the path that offends; and impact: who depends on what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cypher_executor
from cypher_executor import policies
from cypher_executor.core.recipe import Recipe
from cypher_executor.graph.recipes import Version, version_rows
from cypher_executor.graph.rows import Rows
from cypher_executor.library import Library
from cypher_executor.settings import Settings
from cypher_executor.wiring import House
from tests.service.support import LASTS, Ask, body, refused

RULE = """// Nobody may reach the metadata service.
MATCH p = (r:Recipe)-[:REACHES]->(h:Host) WHERE h.name = '169.254.169.254' RETURN p
"""
BAD = "CREATE (ask:http_request {url: 'http://169.254.169.254/latest'})"


@pytest.fixture
def folder(settings: Settings) -> Iterator[Path]:
    settings.policies.mkdir(exist_ok=True)
    yield settings.policies
    for file in settings.policies.iterdir():
        file.unlink()


async def forbidden(ask: Ask, name: str, text: str, **more: Any) -> dict[str, Any]:
    return refused(await ask.request("PUT", f"/recipes/{name}", content=text, **more), 422, "policy_violated")


async def test_a_recipe_that_matches_is_refused_with_the_path(ask: Ask, folder: Path, name: str) -> None:
    (folder / "no-metadata.cypher").write_text(RULE)
    told = await forbidden(ask, name, BAD)
    path = f"({name}:Recipe)-[:REACHES]->(169.254.169.254:Host)"
    assert path in told["detail"] and "Nobody may reach the metadata service" in told["detail"]
    assert told["problems"] == [{"path": path, "message": "no-metadata: Nobody may reach the metadata service."}]
    await forbidden(ask, name, BAD, params={"dry_run": "1"})
    refused(await ask.get(f"/recipes/{name}"), 404, "unknown_recipe")
    await ask.store(name, "CREATE (ask:http_request {url: 'http://example.com/'})")
    await forbidden(ask, name, BAD, params={"allow": "1"})  # nobody allows what a policy forbids
    assert body(await ask.get(f"/recipes/{name}"))["version"] == 1


async def test_what_is_stored_is_read_once_however_often_others_are_stored(
    ask: Ask, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Counter[tuple[str | None, str]]()

    def counted(version: Version, recipe: Recipe) -> Rows:
        read[version.name, version.text] += 1
        return version_rows(version, recipe)

    monkeypatch.setattr(policies, "version_rows", counted)
    first, second = "CREATE (a {x: 1})", "CREATE (a {x: 2})"
    await ask.store(f"{name}_old", first)
    (folder / "no-metadata.cypher").write_text(RULE)
    for number in range(3):
        await ask.store(f"{name}_{number}", "CREATE (b {x: 1})")
    assert read[f"{name}_old", first] == 1
    await ask.store(f"{name}_old", second)
    await forbidden(ask, f"{name}_old", BAD, params={"allow": "1"})
    await ask.store(f"{name}_3", "CREATE (b {x: 1})")
    assert read[f"{name}_old", first] == 1 and read[f"{name}_old", second] == 2, "as it is stored, and where it stands"


async def test_what_was_stored_before_is_told_and_holds_up_nobody_else(ask: Ask, folder: Path, name: str) -> None:
    await ask.store(f"{name}_old", BAD)
    (folder / "no-metadata.cypher").write_text(RULE)
    found = body(await ask.get("/policies/violations"))["violations"]
    assert {"policy": "no-metadata", "about": "Nobody may reach the metadata service."}.items() <= found[0].items()
    assert [f"{name}_old"] in [one["recipes"] for one in found]
    await ask.store(f"{name}_other", "CREATE (a {x: 1})")
    await ask.request("DELETE", f"/recipes/{name}_old")
    assert [f"{name}_old"] not in [one["recipes"] for one in body(await ask.get("/policies/violations"))["violations"]]


async def test_going_back_to_a_version_is_looked_at_too(ask: Ask, folder: Path, house: House, name: str) -> None:
    await ask.store(name, BAD)
    await ask.store(name, "CREATE (a {x: 1})")
    (folder / "no-metadata.cypher").write_text(RULE)
    answer = await ask.post(f"/recipes/{name}/rollback", {"version": 1, "allow": True})
    refused(answer, 422, "policy_violated")
    await ask.request("DELETE", f"/recipes/{name}")


async def test_a_policy_over_several_recipes_is_kept(ask: Ask, folder: Path, name: str) -> None:
    (folder / "one-level.cypher").write_text(
        "MATCH p = (n:Node {part: 'trigger_workflow'}), q = (r:Recipe {current: true})-[:HAS]->"
        "(:Node {part: 'trigger_workflow'}) WHERE r.name = n.workflow RETURN p, q"
    )
    await ask.store(f"{name}_c", "CREATE (a {x: 1})")
    await ask.store(f"{name}_b", f"CREATE (s:trigger_workflow {{workflow: '{name}_c'}})")
    told = await forbidden(ask, f"{name}_a", f"CREATE (t:trigger_workflow {{workflow: '{name}_b'}})")
    assert f"(t:Node), ({name}_b:Recipe)-[:HAS]->(s:Node)" in told["detail"]


@pytest.mark.parametrize(
    "text", ["MATCH (n", "MATCH (n) SET n.x = 1", "MATCH (n) WHERE n.name = $x RETURN n", "MATCH (a)-[*]->(b) RETURN b",
             "MATCH (n:Recipe) RETURN 1 / 0", "UNWIND range(1, 100000000) AS x RETURN count(x)"],
)  # fmt: skip
async def test_a_policy_that_cannot_be_kept_refuses_everything(ask: Ask, folder: Path, name: str, text: str) -> None:
    await ask.store(f"{name}_before", "CREATE (a {x: 1})")
    (folder / "broken.cypher").write_text(text)
    told = refused(await ask.request("PUT", f"/recipes/{name}", content="CREATE (a {x: 1})"), 503, "policy_invalid")
    assert "broken" in told["detail"] and told["next_actions"]
    await ask.request("DELETE", f"/recipes/{name}_before")


async def test_policies_are_listed(ask: Ask, folder: Path) -> None:
    assert body(await ask.get("/policies")) == {"policies": []}
    (folder / "b.cypher").write_text(RULE)
    (folder / "a.cypher").write_text("MATCH (n:Nothing) RETURN n")
    (folder / "notes.txt").write_text("no policy")
    assert [(p["name"], p["about"]) for p in body(await ask.get("/policies"))["policies"]] == [
        ("a", "a"),
        ("b", "Nobody may reach the metadata service."),
    ]


async def test_a_planted_guard_that_sleeps(ask: Ask, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleeps(*_: Any) -> None: ...

    monkeypatch.setattr(Library, "_obey", sleeps)
    with pytest.raises(AssertionError):
        await test_a_recipe_that_matches_is_refused_with_the_path(ask, folder, name)


def test_the_policy_of_the_page_is_one(tmp_path: Path) -> None:
    page = (Path(cypher_executor.__file__).parent / "docs" / "graph.md").read_text("utf-8")
    shown = re.search(r"```cypher\n(// No recipe[\s\S]+?)```", page)
    assert shown is not None
    (tmp_path / "shown.cypher").write_text(shown[1])
    (policy,) = policies._read(tmp_path)
    assert policy.about == "No recipe may both send a secret and reach any host."


# --- impact -----------------------------------------------------------------------------------------------------------


async def test_impact_goes_up_through_recipes_that_start_others(ask: Ask, name: str) -> None:
    low, middle, top, free = (f"{name}_{level}" for level in ("low", "middle", "top", "free"))
    host = f"{name.replace('_', '-')}.example.com"
    await ask.store(
        low, f"CREATE (get:http_request {{url: 'https://{host}/x'}})-[:ON_SUCCESS]->(w:wait {{seconds: 3600}})"
    )
    await ask.store(middle, f"CREATE (s:trigger_workflow {{workflow: '{low}'}})")
    await ask.store(top, f"CREATE (:Recipe {{name: '{top}'}}) CREATE (t:trigger_workflow {{workflow: '{middle}'}})")
    await ask.store(free, "CREATE (t:trigger_workflow {workflow: $which})")
    run = body(await ask.post("/runs", {"recipe": top}))["id"]
    found = body(await ask.get("/impact", params={"host": host}))
    mine = [recipe for recipe in found["recipes"] if recipe["name"].startswith(f"{name}_")]  # others may reach any host
    assert [(r["name"], r["through"], r["what"]) for r in mine] == [
        (low, [low], host),
        (middle, [middle, low], host),
        (top, [top, middle, low], host),
    ]
    assert free in found["could"]
    assert sum(mine[2]["last_month"].values()) == 1
    nobody = body(await ask.get("/impact", params={"host": "nobody.example.org"}))["recipes"]
    assert not {low, middle, top} & {recipe["name"] for recipe in nobody}
    parts = body(await ask.get("/impact", params={"part": "wait"}))["recipes"]
    assert {low, middle, top} <= {r["name"] for r in parts}
    await ask.post(f"/runs/{run}/cancel")


async def test_waiting_runs_are_counted(ask: Ask, name: str) -> None:
    await ask.store(name, LASTS)
    run = body(await ask.post("/runs", {"recipe": name}))["id"]
    (line,) = [r for r in body(await ask.get("/impact?part=wait"))["recipes"] if r["name"] == name]
    assert (line["open"], line["last_month"]) == ({"waiting": 1}, {"waiting": 1})
    await ask.post(f"/runs/{run}/cancel")
    (line,) = [r for r in body(await ask.get("/impact?part=wait"))["recipes"] if r["name"] == name]
    assert (line["open"], line["last_month"]) == ({}, {"cancelled": 1})


async def test_patterns_of_hosts_cover_hosts_and_secrets_are_found(ask: Ask, name: str) -> None:
    grants = "{http: ['https://*.covered.example/*'], secrets: ['IMPACT_KEY']}"
    await ask.store(name, f"CREATE (:Recipe {{grants: {grants}}}) CREATE (a:http_request {{url: $url}})")
    covered = body(await ask.get("/impact?host=api.covered.example"))["recipes"]
    assert [(r["name"], r["what"]) for r in covered] == [(name, "*.covered.example")]
    assert [r["name"] for r in body(await ask.get("/impact?secret=IMPACT_KEY"))["recipes"]] == [name]


async def test_impact_wants_just_one_thing(ask: Ask) -> None:
    refused(await ask.get("/impact"), 422, "request_invalid")
    refused(await ask.get("/impact?part=a&host=b"), 422, "request_invalid")
