"""Parts that are brought to a running service: looked at, approved, listed, tried, used, and let go."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.core.parts import digest_of
from cypher_executor.service.auth import Caller
from cypher_executor.service.problems import Refusal
from cypher_executor.settings import Settings
from cypher_executor.wiring import House
from tests.parts.test_module_limit import large
from tests.service.support import Ask, body, refused
from tests.service.test_life import living
from tests.worker.modules import calling, module, printing

ECHO = module("echo")
ASKS = calling(b'{"op":"http_request","method":"GET","url":"https://api.example.com/"}')
MANIFEST = """
name = "{name}"
version = "{version}"
summary = "Echoes."
additional = true
[input.text]
type = "string"
description = "A text."
"""
GRANTS = '[grants]\nhttp = ["https://api.example.com/*"]\n'


def wasm(code: bytes) -> dict[str, Any]:
    return {"content": code, "headers": {"content-type": "application/wasm"}}


def form(
    code: bytes, name: str, more: str = "", *, version: str = "1.0.0", examples: str | None = None
) -> dict[str, Any]:
    files = {
        "module": ("part.wasm", code, "application/wasm"),
        "manifest": (None, MANIFEST.format(name=name, version=version) + more),
    }
    if examples is not None:
        files["examples"] = (None, examples)
    return {"files": files}


# --- coming -----------------------------------------------------------------------------------------------------------


async def test_a_module_alone_becomes_a_part_with_a_manifest_that_was_made(ask: Ask, name: str) -> None:
    answer = await ask.request("PUT", f"/parts/{name}", **wasm(ECHO))
    assert (answer.status_code, answer.headers["location"]) == (201, f"/parts/{name}")
    taken = body(answer)
    assert (taken["number"], taken["version"], taken["made"], taken["pure"]) == (1, "0.0.1", True, True)
    assert taken["digest"] == digest_of(ECHO)
    assert taken["grants"] == {"http": [], "kv": False, "secrets": [], "callback": False}
    run = body(await ask.post("/runs", {"cypher": f"CREATE (a:{name} {{x: [1, 'ü']}}) RETURN a"}, prefer="wait=20"))
    assert (run["state"], run["result"]) == ("succeeded", {"a": {"x": [1, "ü"]}})
    again = await ask.request("PUT", f"/parts/{name}", **wasm(ECHO))
    assert (again.status_code, body(again)["number"]) == (200, 1)


async def test_a_part_comes_with_its_manifest_and_its_examples(ask: Ask, name: str) -> None:
    examples = "[[example]]\ntitle = 'One'\ninput = {text = 'x'}\noutput = {text = 'x'}\n"
    answer = await ask.request("PUT", f"/parts/{name}", **form(ECHO, name, examples=examples))
    assert answer.status_code == 201, answer.text
    shown = body(await ask.get(f"/parts/{name}"))
    assert (shown["version"], shown["summary"]) == ("1.0.0", "Echoes.")
    assert shown["input"]["properties"]["text"] == {"type": "string", "description": "A text."}
    assert [e["title"] for e in shown["examples"]] == ["One"]
    assert name in [part["name"] for part in body(await ask.get("/parts"))["parts"]]
    checked = body(await ask.send("/check", f"CREATE (a:{name} {{text: 1}})"))
    assert checked["ok"] is False and "text" in checked["diagnostics"][0]["message"]


async def test_binary_bytes_survive_a_form(ask: Ask, name: str) -> None:
    code = printing(b'"\\r\\n--\\u0000 \xc3\xbc"')
    taken = body(await ask.request("PUT", f"/parts/{name}", **form(code, name)))
    assert taken["digest"] == digest_of(code)


async def test_versions_are_listed_and_recipes_keep_theirs(ask: Ask, name: str) -> None:
    await ask.request("PUT", f"/parts/{name}", **wasm(printing(b'"one"')))
    await ask.store(name, f"CREATE (a:{name}) RETURN a")
    taken = body(await ask.request("PUT", f"/parts/{name}", **wasm(printing(b'"two"'))))
    assert (taken["number"], taken["version"]) == (2, "0.0.2")
    listed = body(await ask.get(f"/parts/{name}/versions"))["versions"]
    assert [(v["number"], v["current"]) for v in listed] == [(1, False), (2, True)]
    assert body(await ask.get(f"/parts/{name}/versions/1"))["digest"] == listed[0]["digest"]
    refused(await ask.get(f"/parts/{name}/versions/3"), 404, "unknown_part_version")
    assert (await ask.run(name))["result"] == {"a": "one"}
    stored = await ask.store(name, f"CREATE (a:{name}) RETURN a")
    assert (stored["version"], stored["pins"]) == (2, {name: taken["digest"]})
    assert (await ask.run(name))["result"] == {"a": "two"}


async def test_a_part_that_is_being_worked_at_is_used_at_once(ask: Ask, name: str) -> None:
    await ask.request("PUT", f"/parts/{name}", **wasm(printing(b'"one"')))
    await ask.store(name, f"CREATE (a:{name}) RETURN a")
    await ask.request("PUT", f"/parts/{name}?develop=1", **wasm(printing(b'"two"')))
    assert (await ask.run(name))["result"] == {"a": "two"}
    await ask.request("PUT", f"/parts/{name}", **wasm(printing(b'"two"')))
    assert (await ask.run(name))["result"] == {"a": "one"}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (b"", "WebAssembly"),
        (b"<html>", "WebAssembly"),
        (ECHO[:-3], ""),
        (ECHO + b"\x00", ""),
        (module("echo").replace(b"_start", b"_begin"), "_start"),
    ],
    ids=["empty", "no module", "cut", "more", "no start"],
)
async def test_what_cannot_be_a_part_is_refused_before_anything_is_stored(
    ask: Ask, name: str, code: bytes, said: str
) -> None:
    problem = refused(await ask.request("PUT", f"/parts/{name}", **wasm(code)), 422, "module_refused")
    assert said in problem["detail"]
    refused(await ask.get(f"/parts/{name}"), 404, "unknown_part")


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("name = ", "not TOML"),
        ('name = "other"\nversion = "1.0.0"\nsummary = "x"', "is of the part 'other'"),
        ('version = "1.0.0"\nsummary = "x"', "name: Field required"),
        ('name = "{name}"\nversion = "1"\nsummary = ""', "version"),
        ('name = "{name}"\nversion = "1.0.0"\nsummary = "x"\nengine = true', "may not have `engine`"),
        ('name = "{name}"\nversion = "1.0.0"\nsummary = "x"\n[grants]\nhttp = ["nowhere"]', "nowhere"),
        (
            'name = "{name}"\nversion = "1.0.0"\nsummary = "x"\n[input.retry]\ntype="string"\ndescription="x"',
            "reserved",
        ),
    ],
)
async def test_a_wrong_manifest_is_refused(ask: Ask, name: str, manifest: str, said: str) -> None:
    files = {"module": ECHO, "manifest": (None, manifest.replace("{name}", name))}
    answer = await ask.request("PUT", f"/parts/{name}", files=files)
    assert answer.status_code == 422 and said in body(answer)["detail"]
    assert body(answer)["code"] == "manifest_invalid"


async def test_a_form_that_is_none_is_refused(ask: Ask, name: str) -> None:
    kind = {"content-type": "multipart/form-data"}
    for content_type, content in (
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=a", b"x"),
        ("multipart/form-data; boundary=a", b'--a\r\nContent-Disposition: form-data; name="module"\r\n\r\nx'),
        ("multipart/form-data; boundary=a", b"--a\r\n\r\nx\r\n--a--\r\n"),
    ):
        kind = {"content-type": content_type}
        answer = await ask.request("PUT", f"/parts/{name}", content=content, headers=kind)
        refused(answer, 400, "multipart_invalid")
    problem = refused(await ask.request("PUT", f"/parts/{name}", files={"modul": ECHO}), 400, "multipart_invalid")
    assert problem["did_you_mean"] == "module"
    refused(
        await ask.request("PUT", f"/parts/{name}", content=ECHO, headers={"content-type": "text/html"}),
        415,
        "media_type_unsupported",
    )


@pytest.mark.parametrize("name", ["a-b", "1a", "ü", "a.b", "x" * 65, "a b"])
async def test_a_name_that_cannot_be_a_label_is_refused(ask: Ask, name: str) -> None:
    refused(await ask.request("PUT", f"/parts/{name}", **wasm(ECHO)), 422, "invalid_name")


async def test_modules_may_be_larger_than_other_bodies_and_not_too_large(ask: Ask, name: str) -> None:
    section = b"\x00" + leb(2_000_001 + 0) + b"\x00" + bytes(2_000_000)
    assert (await ask.request("PUT", f"/parts/{name}", **wasm(ECHO + section))).status_code == 201
    large = ECHO + b"\x00" + leb(4_300_001) + b"\x00" + bytes(4_300_000)
    problem = refused(await ask.request("PUT", f"/parts/{name}", **wasm(large)), 422, "module_refused")
    assert f"{len(large)} bytes, more than the limit of 4194304 (4 MiB)" in problem["detail"]
    assert "CYPHER_EXECUTOR_MAX_MODULE_MB" in problem["detail"]
    problem = refused(await ask.request("PUT", f"/parts/{name}", **wasm(bytes(5_000_000))), 413, "body_too_large")
    assert "5000000 bytes, more than 4352 KiB, as CYPHER_EXECUTOR_MAX_MODULE_MB says" in problem["detail"]


async def test_an_operator_may_admit_larger_modules(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, workers=1, seeds=False, drain_s=0.0, max_module_mb=16, _env_file=None)  # type: ignore[call-arg]
    async with living(settings) as larger:
        code = large(16 << 20)
        assert (await larger.request("PUT", "/parts/mine", **wasm(code))).status_code == 201
        asked = {"cypher": "CREATE (a:mine {x: 1}) RETURN a"}
        assert body(await larger.post("/runs", asked, prefer="wait=20"))["result"] == {"a": {"x": 1}}
        assert body(await larger.post("/parts/mine/call", {"input": {"x": 2}}))["output"] == {"x": 2}
        problem = refused(await larger.request("PUT", "/parts/mine", **wasm(code + b"\0")), 422, "module_refused")
        assert "more than the limit of 16777216 (16 MiB)" in problem["detail"]


def leb(number: int) -> bytes:
    out = bytearray()
    while True:
        byte, number = number & 0x7F, number >> 7
        out.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(out)


async def test_the_names_of_shipped_parts_cannot_be_taken(ask: Ask) -> None:
    for name in ("set", "http_request", "wait"):
        refused(await ask.request("PUT", f"/parts/{name}", **wasm(ECHO)), 409, "part_name_taken")
        refused(await ask.request("DELETE", f"/parts/{name}"), 404, "unknown_part")


# --- approval ---------------------------------------------------------------------------------------------------------


async def test_what_a_part_asks_for_must_be_approved(ask: Ask, name: str) -> None:
    problem = refused(await ask.request("PUT", f"/parts/{name}", **form(ASKS, name, GRANTS)), 409, "approval_needed")
    assert "http https://api.example.com/*" in problem["detail"]
    refused(await ask.get(f"/parts/{name}"), 404, "unknown_part")
    taken = await ask.request("PUT", f"/parts/{name}?approve=1", **form(ASKS, name, GRANTS))
    assert (taken.status_code, body(taken)["grants"]["http"]) == (201, ["https://api.example.com/*"])


async def test_a_new_version_that_asks_for_more_is_refused_until_it_is_approved(ask: Ask, name: str) -> None:
    await ask.request("PUT", f"/parts/{name}?approve=1", **form(ASKS, name, GRANTS))
    narrower = GRANTS.replace("https", "GET https")
    for more in (GRANTS, narrower):
        answer = await ask.request("PUT", f"/parts/{name}", **form(ASKS, name, more, version="1.1.0"))
        assert answer.status_code == 201, answer.text
    for more, asked in (
        (GRANTS, "http https://api.example.com/*"),
        ("[grants]\nkv = true\n", "the key-value store"),
        ("[grants]\ncallback = true\n", "callbacks"),
        ('[grants]\nsecrets = ["A", "B"]\n', "the secret A; the secret B"),
        ('[grants]\nsecrets = ["*"]\n', "every secret"),
    ):
        answer = await ask.request("PUT", f"/parts/{name}", **form(ASKS, name, more, version="2.0.0"))
        assert asked in refused(answer, 409, "approval_needed")["detail"]
    assert body(await ask.get(f"/parts/{name}"))["grants"]["http"] == ["GET https://api.example.com/*"]


async def test_a_part_that_was_forgotten_asks_anew(ask: Ask, name: str) -> None:
    await ask.request("PUT", f"/parts/{name}?approve=1", **form(ASKS, name, GRANTS))
    assert (await ask.request("DELETE", f"/parts/{name}")).status_code == 204
    refused(await ask.request("PUT", f"/parts/{name}", **form(ASKS, name, GRANTS)), 409, "approval_needed")


def test_approving_needs_the_scope_admin() -> None:
    Caller("default").must("admin")
    with pytest.raises(Refusal) as refusal:
        Caller("default", scopes=frozenset({"read", "run", "write"})).must("admin")
    assert refusal.value.code == "scope_missing"


def test_parts_belong_to_all_tenants_and_are_changed_by_the_operator() -> None:
    Caller("default").must_operate("parts")
    with pytest.raises(Refusal) as refusal:
        Caller("another").must_operate("parts")
    assert refusal.value.code == "scope_missing"


async def test_two_parts_with_one_module_have_the_grants_of_their_own(ask: Ask, name: str, house: House) -> None:
    """The bytes of a part that may do more, under another name, may do no more than that name was granted."""
    shipped = house.parts.find("http_request")
    assert shipped is not None and shipped.digest is not None
    code = await house.parts.module(shipped.digest)
    taken = body(await ask.request("PUT", f"/parts/{name}", **wasm(code)))
    assert taken["digest"] == shipped.digest
    text = f"""
    CREATE (a:{name} {{method: 'GET', url: 'http://127.0.0.1:9/'}})
    CREATE (a)-[:ON_FAIL]->(b {{code: a.error.code, m: a.error.message}}) RETURN b
    """
    run = body(await ask.post("/runs", {"cypher": text}, prefer="wait=20"))
    assert run["result"]["b"]["code"] == "grant_missing"
    assert f"the part '{name}' was not granted" in run["result"]["b"]["m"]


async def test_grants_that_are_approved_for_the_same_module_change_the_bills_of_recipes(ask: Ask, name: str) -> None:
    await ask.request("PUT", f"/parts/{name}", **form(ASKS, name))
    await ask.store(name, f"CREATE (:Recipe {{grants: {{http: ['https://*.example.com/*']}}}}) CREATE (a:{name})")
    assert body(await ask.get(f"/recipes/{name}"))["bill"]["hosts"] == []
    await ask.request("PUT", f"/parts/{name}?approve=1", **form(ASKS, name, GRANTS, version="1.0.1"))
    (host,) = body(await ask.get(f"/recipes/{name}"))["bill"]["hosts"]
    assert host["pattern"] == "https://api.example.com/*"


async def test_storing_a_recipe_again_with_a_part_that_reaches_more_is_a_deploy_that_does(ask: Ask, name: str) -> None:
    await ask.request("PUT", f"/parts/{name}", **form(ASKS, name))
    text = f"CREATE (:Recipe {{grants: {{http: ['https://*.example.com/*']}}}}) CREATE (a:{name})"
    await ask.store(name, text)
    other = calling(b'{"op":"http_request","method":"GET","url":"https://api.example.com/other"}')
    await ask.request("PUT", f"/parts/{name}?approve=1", **form(other, name, GRANTS, version="2.0.0"))
    assert body(await ask.get(f"/recipes/{name}"))["bill"]["hosts"] == []
    problem = refused(await ask.request("PUT", f"/recipes/{name}", content=text), 409, "reaches_more")
    assert problem["more"][0]["what"] == "https://api.example.com/*"


# --- going ------------------------------------------------------------------------------------------------------------


async def test_a_part_that_recipes_use_stays(ask: Ask, name: str) -> None:
    await ask.request("PUT", f"/parts/{name}", **wasm(ECHO))
    await ask.store(name, f"CREATE (a:{name} {{x: 1}}) RETURN a")
    problem = refused(await ask.request("DELETE", f"/parts/{name}"), 409, "part_in_use")
    assert name in problem["detail"]
    await ask.store(name, "CREATE (a {x: 2}) RETURN a")
    assert (await ask.request("DELETE", f"/parts/{name}")).status_code == 204
    refused(await ask.get(f"/parts/{name}"), 404, "unknown_part")
    refused(await ask.request("DELETE", f"/parts/{name}"), 404, "unknown_part")
    refused(await ask.get(f"/parts/{name}/versions"), 404, "unknown_part")
    back = await ask.post(f"/recipes/{name}/rollback", {"version": 1})
    assert back.status_code == 200
    assert (await ask.run(name))["result"] == {"a": {"x": 1}}


# --- trying -----------------------------------------------------------------------------------------------------------


async def test_a_part_is_tried_alone(ask: Ask) -> None:
    tried = body(await ask.post("/parts/string_ops/call", {"input": {"operation": "trim", "text": " x "}}))
    assert (tried["state"], tried["output"], tried["error"], tried["asks"]) == (
        "succeeded",
        {"result": "x"},
        None,
        None,
    )
    assert (tried["calls"], tried["executions"]) == ([], 1)
    assert 0 < tried["duration_ms"] < 5000 and tried["digest"].startswith("sha256:")


async def test_a_part_that_fails_is_an_answer(ask: Ask) -> None:
    tried = body(await ask.post("/parts/string_ops/call", {"input": {"operation": "trimm", "text": " x "}}))
    assert (tried["state"], tried["output"]) == ("failed", None)
    assert tried["error"]["code"].startswith("part:") and "trim" in tried["error"]["message"]


async def test_a_trial_ends_at_a_call_that_nothing_answers_and_goes_on_with_a_tape(ask: Ask) -> None:
    given = {"input": {"url": "https://api.example.com/"}}
    first = body(await ask.post("/parts/http_request/call", given))
    assert (first["state"], first["asks"]["op"], first["asks"]["url"]) == (
        "asks",
        "http_request",
        given["input"]["url"],
    )
    answer = {"ok": True, "status": 200, "headers": {}, "body": "hello"}
    second = body(
        await ask.post("/parts/http_request/call", {**given, "tape": [{"request": first["asks"], "answer": answer}]})
    )
    assert (second["state"], second["output"]["body"]) == ("succeeded", "hello")
    assert second["calls"] == [{"request": first["asks"], "answer": answer}]
    other = {**first["asks"], "url": "https://other.example.com/"}
    third = body(await ask.post("/parts/http_request/call", {**given, "tape": [{"request": other, "answer": answer}]}))
    assert (third["state"], third["error"]["code"]) == ("failed", "nondeterministic")


@pytest.mark.parametrize("op", ["now", "random", "log", "sleep"])
async def test_calls_that_concern_nobody_are_answered(ask: Ask, name: str, op: str) -> None:
    more = {"random": ',"bytes":4', "log": ',"message":"x"', "sleep": ',"ms":60000'}.get(op, "")
    code = calling(f'{{"op":"{op}"{more}}}'.encode(), times=3)
    await ask.request("PUT", f"/parts/{name}", **wasm(code))
    tried = body(await ask.post(f"/parts/{name}/call", {}))
    assert (tried["state"], tried["executions"], len(tried["calls"])) == ("succeeded", 4, 3)
    if op == "random":
        assert len(base64.b64decode(tried["output"]["base64"])) == 4


async def test_what_a_part_writes_to_its_log_is_answered_and_harmless(ask: Ask, name: str) -> None:
    code = module("log_lines", text="one\\0atwo\\1b[31m\\0a", size=12)
    await ask.request("PUT", f"/parts/{name}", **wasm(code))
    assert body(await ask.post(f"/parts/{name}/call", {}))["log"] == ["one", "two\ufffd[31m"]


async def test_a_part_that_never_ends_ends_at_its_limit(ask: Ask, name: str) -> None:
    await ask.request("PUT", f"/parts/{name}", **wasm(module("loop")))
    tried = body(await ask.post(f"/parts/{name}/call", {"timeout_ms": 50}))
    assert (tried["state"], tried["error"]["code"], tried["error"]["details"]["timeout_ms"]) == (
        "failed",
        "timeout",
        50,
    )


async def test_fuel_is_counted_for_a_part_that_has_a_budget_and_is_always_the_same(ask: Ask, name: str) -> None:
    await ask.request("PUT", f"/parts/{name}", **form(ECHO, name, "[limits]\nfuel = 1_000_000\n"))
    used = [body(await ask.post(f"/parts/{name}/call", {"input": {"x": "y" * n}}))["fuel_used"] for n in (1, 1, 500)]
    assert 0 < used[0] == used[1] <= used[2] < 1_000_000
    await ask.request("PUT", f"/parts/{name}", **form(ECHO, name, "[limits]\nfuel = 3\n", version="1.0.1"))
    tried = body(await ask.post(f"/parts/{name}/call", {"input": {"x": "y"}}))
    assert (tried["error"]["code"], tried["error"]["details"]["fuel"], tried["fuel_used"]) == ("out_of_fuel", 3, None)
    assert body(await ask.post("/parts/set/call", {}))["fuel_used"] is None


async def test_what_cannot_be_tried_is_refused(ask: Ask, name: str) -> None:
    refused(await ask.post("/parts/wait/call", {}), 422, "part_without_module")
    assert refused(await ask.post("/parts/strng_ops/call", {}), 404, "unknown_part")["did_you_mean"] == "string_ops"
    refused(await ask.post("/parts/set/call", {"inputs": 1}), 422, "request_invalid")
    refused(await ask.post("/parts/set/call", {"timeout_ms": 0}), 422, "request_invalid")
    refused(await ask.post("/parts/set/call", {"tape": [{"request": 1}]}), 422, "request_invalid")
    refused(await ask.post("/parts/set/call", {"number": 1}), 404, "unknown_part")


async def test_an_earlier_version_can_be_tried(ask: Ask, name: str) -> None:
    for text in (b'"one"', b'"two"'):
        await ask.request("PUT", f"/parts/{name}", **wasm(printing(text)))
    outputs = [body(await ask.post(f"/parts/{name}/call", {"number": n}))["output"] for n in (1, 2)]
    assert outputs == ["one", "two"]
    refused(await ask.post(f"/parts/{name}/call", {"number": 3}), 404, "unknown_part_version")
