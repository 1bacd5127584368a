"""Keys over Bolt and the Query API: where clients of Neo4j have a password. A tenant sees its own, and nothing else."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from cypher_executor.bolt.handshake import Version
from cypher_executor.service.app import create_app
from cypher_executor.service.hooks import Hooks
from cypher_executor.service.neo4j_clients import bolt_server, desk_of
from cypher_executor.settings import Settings
from cypher_executor.wiring import House, open_house
from tests.bolt.talking import FAILURE, HELLO, LOGON, NEWEST, Talk, enter, offers
from tests.service.support import Ask

SECRET = "CREATE (:Recipe {name: 'theirs'}) CREATE (a {x: 'nobody elses business'})"
NAMES = "MATCH (r:Recipe) RETURN r.name AS name ORDER BY name"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def locked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    data_dir = tmp_path_factory.mktemp("locked")
    settings = Settings(data_dir=data_dir, workers=1, seeds=False, drain_s=0.0, _env_file=None)  # type: ignore[call-arg]
    async with open_house(settings) as house:
        await house.keys.make("default", "first", ["admin"])
        await house.library.save("other", SECRET)
        await house.engine.start(await house.library.prepare("other", "theirs", {}), tenant="other")
        yield house


async def key(house: House, *scopes: str, tenant: str = "default") -> str:
    return (await house.keys.make(tenant, "test", scopes))[1]


@asynccontextmanager
async def connected(house: House, who: str, version: Version = NEWEST) -> AsyncIterator[Talk]:
    server = bolt_server(house, desk_of(house, Hooks(house.catalog, house.library)))
    talk = Talk(server)
    talk.say(offers((version.major, version.minor, 0)))
    await talk.exactly(4)
    await enter(talk, version, who)
    yield talk
    await server.close()


@pytest.mark.parametrize("who", ["", "neo4j", "cx_aaaaaaaaaa_" + "a" * 32])
async def test_without_a_key_nobody_gets_in(locked: House, who: str) -> None:
    talk = Talk(bolt_server(locked, desk_of(locked, Hooks(locked.catalog, locked.library))))
    talk.say(offers((5, 4, 0)))
    await talk.exactly(4)
    await talk.told(HELLO, {})
    told = await talk.told(LOGON, {"scheme": "basic", "principal": "neo4j", "credentials": who})
    assert (told.tag, told.fields[0]["code"]) == (FAILURE, "Neo.ClientError.Security.Unauthorized")
    await talk.ended()


@pytest.mark.parametrize("version", [Version(5, 4), Version(5, 0), Version(4, 4)], ids=str)
async def test_a_key_is_its_tenants(locked: House, version: Version) -> None:
    async with connected(locked, await key(locked, "read", tenant="other"), version) as talk:
        assert await talk.run(NAMES) == [["theirs"]]
    async with connected(locked, await key(locked, "read"), version) as talk:
        assert ["theirs"] not in await talk.run(NAMES)
        assert await talk.run("MATCH (n) WHERE n.x = 'nobody elses business' RETURN n") == []


async def test_deeds_need_their_scopes(locked: House) -> None:
    async with connected(locked, await key(locked, "read")) as talk:
        for text in ("CALL executor.run('CREATE (a)', {})", "CALL executor.save('CREATE (a)')"):
            assert (await talk.refused(text))["code"] == "Neo.ClientError.Security.Forbidden"
    async with connected(locked, await key(locked, "read", "run")) as talk:
        assert await talk.run("CALL executor.run('CREATE (a)', {}) YIELD run RETURN run STARTS WITH 'run_'") == [[True]]
        assert (await talk.refused("CALL executor.save('CREATE (a)')"))["code"].endswith("Security.Forbidden")
    async with connected(locked, await key(locked, "read", "write", tenant="third")) as talk:
        saved = "CALL executor.save(\"CREATE (:Recipe {name: 'mine'}) CREATE (a)\") YIELD name, version RETURN *"
        assert await talk.run(saved) == [["mine", 1]]
    assert (await locked.library.version("third", "mine")).version == 1


async def test_a_recipe_that_reaches_more_is_stored_when_that_is_allowed(locked: House) -> None:
    text = "CREATE (:Recipe {name: 'net'}) CREATE (a:http_request {url: 'https://HOST.example/'})"
    async with connected(locked, await key(locked, "read", "write")) as talk:
        save = "CALL executor.save($text) YIELD version RETURN version"
        assert await talk.run(save, {"text": text.replace("HOST", "a")}) == [[1]]
        more = {"text": text.replace("HOST", "b")}
        told = await talk.refused(save, more)
        assert told["code"] == "Neo.ClientError.Statement.ArgumentError"
        assert "https://b.example" in told["message"]
        assert "{allow: true}" in told["message"]
        allowed = save.replace("$text", "$text, {allow: true}")
        assert await talk.run(allowed, more) == [[2]]


async def test_a_key_without_the_scope_to_read_opens_nothing(locked: House) -> None:
    talk = Talk(bolt_server(locked, desk_of(locked, Hooks(locked.catalog, locked.library))))
    talk.say(offers((5, 4, 0)))
    await talk.exactly(4)
    await talk.told(HELLO, {})
    told = await talk.told(LOGON, {"scheme": "bearer", "credentials": await key(locked, "run")})
    assert told.fields[0]["code"] == "Neo.ClientError.Security.Unauthorized"


async def test_a_key_that_is_revoked_opens_nothing_from_then_on(locked: House) -> None:
    who = await key(locked, "read")
    async with connected(locked, who) as talk:
        assert await talk.run("RETURN 1 AS one") == [[1]]
        await locked.keys.revoke(None, who.split("_")[1])
        assert (await talk.refused("RETURN 1 AS one"))["code"] == "Neo.ClientError.Security.Unauthorized"


async def test_what_others_ask_is_not_shown(locked: House) -> None:
    desk = desk_of(locked, Hooks(locked.catalog, locked.library))
    server = bolt_server(locked, desk)
    talks = []
    for tenant in ("default", "other"):
        talks.append(talk := Talk(server))
        talk.say(offers((5, 4, 0)))
        await talk.exactly(4)
        await enter(talk, Version(5, 4), await key(locked, "read", tenant=tenant))
    talks[0].ask(0x10, "RETURN 'a secret of mine' AS x", {}, {})
    await talks[0].reply()
    shown = await talks[1].run("SHOW TRANSACTIONS YIELD currentQuery AS q RETURN q")
    assert len(shown) == 1
    assert "secret of mine" not in str(shown)
    await server.close()
    await desk.close()


async def test_a_key_is_the_password_of_the_query_api(locked: House) -> None:
    who = await key(locked, "read", tenant="other")
    basic = "Basic " + base64.b64encode(f"neo4j:{who}".encode()).decode()
    transport = httpx2.ASGITransport(app=create_app(locked.settings, house=locked))
    async with httpx2.AsyncClient(transport=transport, base_url="http://executor.example") as client:
        ask = Ask(client)

        async def names(**headers: str) -> Any:
            return await ask.post("/db/executor/query/v2", {"statement": NAMES}, **headers)

        for given in ({"authorization": basic}, {"authorization": f"Bearer {who}"}, {"x_api_key": who}):
            assert (await names(**given)).json()["data"]["values"] == [["theirs"]]
        assert (await names()).status_code == 401
        assert (await names(authorization="Basic ???")).status_code == 401
        borrowed = await names(authorization=basic, origin="https://elsewhere.example")
        assert borrowed.status_code == 403
        deed = await ask.post(
            "/db/executor/query/v2", {"statement": "CALL executor.run('CREATE (a)', {})"}, authorization=basic
        )
        assert (deed.status_code, deed.json()["errors"][0]["code"]) == (403, "Neo.ClientError.Security.Forbidden")
        assert (await client.get("/runs", headers={"authorization": basic})).status_code == 401
