"""Commands that other compilers made, brought as they are over HTTP, used by recipes, and told apart when they fail.

None of them knows of parts, and nobody wrote a manifest for them.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.support import Ask, body
from tests.service.test_parts import wasm
from tests.worker.modules import module, printing
from tests.worker.other_compilers import FOLDER, INPUT, OUTPUT

MADE = sorted(path.parent.name for path in FOLDER.glob("*/words.wasm"))


async def brought(ask: Ask, name: str, code: bytes) -> None:
    answer = await ask.request("PUT", f"/parts/{name}", **wasm(code))
    assert (answer.status_code, body(answer)["made"]) == (201, True), answer.text


async def failure(ask: Ask, name: str, code: bytes, given: Any) -> dict[str, Any]:
    """How the step of a run fails; a trial of the part alone says the same."""
    await brought(ask, name, code)
    tried = body(await ask.post(f"/parts/{name}/call", {"input": given}))
    run = body(await ask.post("/runs", {"cypher": f"CREATE (a:{name})", "input": given}, prefer="wait=20"))
    assert (run["state"], tried["state"]) == ("failed", "failed")
    [step] = [step for step in run["steps"] if step["name"] == "a"]
    error: dict[str, Any] = step["error"]
    assert tried["error"] == {name: error[name] for name in tried["error"]}
    return error


@pytest.mark.parametrize("language", MADE)
async def test_a_command_of_another_compiler_is_brought_and_used_by_a_recipe(
    ask: Ask, name: str, language: str
) -> None:
    await brought(ask, name, (FOLDER / language / "words.wasm").read_bytes())
    await ask.store(name, f"CREATE (a:{name} {{words: $words}}) RETURN a.counts AS counts, a.sorted[0] AS first")
    run = await ask.run(name, {"words": ["Pear", "apple", "pear"]})
    assert (run["state"], run["result"]) == ("succeeded", {"counts": {"apple": 1, "pear": 2}, "first": "apple"})


def test_there_are_commands_of_several_compilers() -> None:
    assert len(MADE) >= 3


C, ZIG = ((FOLDER / language / "words.wasm").read_bytes() for language in ("c", "zig"))


@pytest.mark.parametrize(
    ("code", "exit_code", "stderr"),
    [(C, 2, "no list of words\n"), (ZIG, 1, "error: MissingField\n")],
    ids=["c", "zig"],
)
async def test_a_command_that_misses_its_input_fails_with_its_exit_code_and_what_it_said(
    ask: Ask, name: str, code: bytes, exit_code: int, stderr: str
) -> None:
    error = await failure(ask, name, code, {})
    assert (error["code"], error["retryable"]) == ("exit_code", False)
    assert error["message"] == f"the part ended with exit code {exit_code}"
    assert (error["details"]["exit_code"], error["details"]["stderr"]) == (exit_code, stderr)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            b"hello world\n",
            "line 1, column 1: unexpected character, expected a JSON value; it begins 'hello world', and is",
        ),
        (b"{'a': 1}", "line 1, column 2: unexpected character, expected a string key; it begins \"{'a': 1}\", and is"),
        (
            b'{"a": 1}\ndone\n',
            "line 2, column 1: unexpected content after document; it begins '{\"a\": 1} done', and is",
        ),
        (b"\xff\xfe", "not valid UTF-8"),
        (b"<html>\x1b[31m" + b"x" * 100, f"it begins '<html>\ufffd[31m{'x' * 29}...', and is"),
    ],
    ids=["plain text", "python", "text behind", "bytes", "html"],
)
async def test_output_that_is_no_json_is_told_with_what_it_is(ask: Ask, name: str, written: bytes, said: str) -> None:
    error = await failure(ask, name, printing(written), {})
    assert (error["code"], error["retryable"]) == ("invalid_output", False)
    assert said in error["message"]
    assert error["message"].endswith("is to be one JSON value. Text for people goes to standard error")
    assert error["details"]["bytes"] == len(written)


async def test_a_command_that_writes_nothing_is_told_so(ask: Ask, name: str) -> None:
    error = await failure(ask, name, printing(b""), {})
    assert error["message"] == "the part wrote nothing to its output, which is to be one JSON value"


async def test_output_beyond_the_limit_ends_the_command(ask: Ask, name: str) -> None:
    error = await failure(ask, name, module("flood", fd=1, times=100), {})
    assert (error["code"], error["details"]) == ("output_limit", {"output_kb": 1024})
    assert "more than its limit of 1024 KiB" in error["message"]


async def test_output_and_input_of_the_largest_size_go_through(ask: Ask, name: str) -> None:
    given = {"text": "ü" * 400_000}
    await brought(ask, name, module("echo"))
    assert body(await ask.post(f"/parts/{name}/call", {"input": given}))["output"] == given


async def test_what_a_command_says_beside_its_output_is_its_log(ask: Ask, name: str) -> None:
    await brought(ask, name, module("flood", fd=2, times=2))
    tried = body(await ask.post(f"/parts/{name}/call", {"input": {}}))
    assert (tried["state"], tried["output"], len(tried["log"])) == ("succeeded", None, 2)
    assert tried["log"][1] == "[cut at 65536 bytes]"


async def test_a_command_knows_its_name_and_nothing_else_of_where_it_is(ask: Ask, name: str) -> None:
    await brought(ask, name, C)
    output = body(await ask.post(f"/parts/{name}/call", {"input": INPUT}))["output"]
    assert output == OUTPUT
    assert (output["args"], output["home"], output["missing"]) == (1, "", True)


async def test_commands_that_never_end_do_not_stand_before_those_that_do(ask: Ask, name: str) -> None:
    """A dozen at once, on a service with one worker."""
    await brought(ask, name, module("loop"))
    await brought(ask, f"{name}_short", module("echo"))
    loops = [body(await ask.post("/runs", {"cypher": f"CREATE (a:{name})"}))["id"] for _ in range(12)]
    for number in range(8):
        text = f"CREATE (a:{name}_short {{n: $n}}) RETURN a.n AS n"
        run = body(await ask.post("/runs", {"cypher": text, "input": {"n": number}}, prefer="wait=20"))
        assert (run["state"], run["result"]) == ("succeeded", {"n": number})
    states = [body(await ask.get(f"/runs/{loop}"))["state"] for loop in loops]
    assert states == ["running"] * 12, "none of them has come to its limit meanwhile"
    for loop in loops:
        assert (await ask.post(f"/runs/{loop}/cancel")).status_code in (200, 202)
