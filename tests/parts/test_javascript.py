"""The part `js`: what its user's code may do, how it is waited for, what comes in and out of it, and how it fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cypher_executor.partkit.examples import Execute
from cypher_executor.partkit.manifest import PartFolder

Js = Callable[..., Any]


@pytest.fixture
def js(part: Callable[[str], PartFolder], execute: Execute) -> Js:
    """Runs code with names for values; the output may be no JSON that Python reads in another way."""

    def run(code: str, **given: Any) -> Any:
        return json.loads(execute(part("js").read_module(), json.dumps({"code": code, **given}).encode(), ()))

    return run


@pytest.mark.parametrize("value", [None, True, 0, -1.5, 10**15, "", "é😀\0\n\u2028", [], {}, [[{"a": [None]}]]])
def test_values_come_through_as_they_went_in(value: Any, js: Js) -> None:
    assert js("input", input=value) == value
    assert js("const x = v; return x", values={"v": value}) == value


@pytest.mark.parametrize(
    "code",
    ["", "}", "return (", "/*", "`", "throw null", "throw undefined", "throw new Proxy({}, {get() { throw 1 }})"],
)
def test_code_that_is_none_is_an_error_and_no_trap(code: str, js: Js) -> None:
    got = js(code)
    assert got is None or got["error"]["retryable"] is False


@pytest.mark.parametrize("line", [1, 2, 7])
@pytest.mark.parametrize("broken", ["input.x.y", "await input.x.y", "foo()", "1 +"])
def test_the_line_of_an_error_is_that_of_the_code(line: int, broken: str, js: Js) -> None:
    got = js("input;\n" * (line - 1) + f"let b = {broken};\nreturn b", input={})
    assert got["error"]["details"]["line"] - line in ((0, 1) if broken == "1 +" else (0,)), got


def test_the_codes_world_has_no_outside(js: Js) -> None:
    names = ["std", "os", "bjson", "process", "require", "fetch", "XMLHttpRequest", "scriptArgs", "print", "Worker"]
    names += ["execArgv", "argv0", "gc", "navigator"]
    assert js(f"{json.dumps(names)}.filter((name) => name in globalThis)") == []


def test_nothing_is_kept_between_calls(js: Js) -> None:
    assert js("globalThis.kept = (globalThis.kept ?? 0) + 1; return kept") == 1
    assert js("globalThis.kept = (globalThis.kept ?? 0) + 1; return kept") == 1


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("Promise.resolve(1)", 1),
        ("return await Promise.resolve(1)", 1),
        ("Promise.resolve(1)" + ".then((x) => x + 1)" * 50, 51),
        ("let all = 0; for (let i = 0; i < 20000; i++) all += await i; return all", 199990000),
        ("await Promise.all([1, 2, 3].map(async (x) => { await null; await null; await null; return x }))", [1, 2, 3]),
        ("(await Promise.all(Array.from({length: 5000}, async (_, i) => { await null; return i }))).length", 5000),
        ("await Promise.any([Promise.reject(1), (async () => { await null; return 2 })()])", 2),
        ("(await Promise.allSettled([Promise.reject(1), 2])).map((one) => one.status)", ["rejected", "fulfilled"]),
        (
            "async function* count() { for (let i = 0; i < 9; i++) { await null; yield i } }\n"
            "const all = []; for await (const i of count()) all.push(i); return all",
            list(range(9)),
        ),
        ("({then(done) { done(7) }})", 7),
        ("async () => { await null; return () => 1 }", None),
    ],
)
def test_promises_are_waited_for_until_they_settle(code: str, output: Any, js: Js) -> None:
    assert js(code) == output


@pytest.mark.parametrize(
    "code",
    [
        "new Promise(() => {})",
        "for (let i = 0; i < 5000; i++) await i; await new Promise(() => {})",
        "setTimeout(() => {}, 50); await new Promise(() => {})",
        "Promise.all([1, new Promise(() => {})])",
        "await {then() {}}",
        "const id = setTimeout(() => 1, 5); await new Promise((done) => { setTimeout(done, 9, clearTimeout(id)); "
        "clearTimeout(id + 1) })",
    ],
)
def test_what_nothing_can_settle_is_an_error_and_not_waited_for(code: str, js: Js) -> None:
    assert js(code)["error"]["code"] == "js_never_settles"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("Promise.reject(new Error('no'))", "Error: no (line 1"),
        ("(async () => { await null; throw new Error('no') })()", "Error: no (line 1"),
        ("Promise.reject(1)", "thrown: 1"),
        (
            "await null;\nreturn new Promise((_, no) => setTimeout(() => no(new Error('late')), 5))",
            "Error: late (line 2",
        ),
        ("setTimeout(() => { throw new Error('in a timer') }); await new Promise(() => {})", "Error: in a timer (line"),
        ("setTimeout('1 + 1'); await new Promise(() => {})", "TypeError: the first argument of setTimeout"),
    ],
)
def test_a_promise_that_is_rejected_is_the_error_that_it_is_rejected_with(code: str, message: str, js: Js) -> None:
    error = js(code)["error"]
    assert error["code"] == "js_error"
    assert error["message"].startswith(message)


def test_timers_fire_in_the_order_of_their_times_and_behind_all_promises(js: Js) -> None:
    code = """
        const seen = [];
        const see = (what) => () => { seen.push(what); Promise.resolve().then(() => seen.push(`after ${what}`)) };
        const gone = setTimeout(see("gone"), 1);
        setTimeout(see(3), 30); setTimeout(see(1), 10); setTimeout(see(2), 10); setTimeout(see(0));
        clearTimeout(gone); clearTimeout(undefined);
        for (let i = 0; i < 3000; i++) await null;
        seen.push("jobs");
        await new Promise((done) => setTimeout(done, 31));
        return seen
    """
    order = ["jobs", 0, "after 0", 1, "after 1", 2, "after 2", 3, "after 3"]
    assert js(code) == order


def test_a_timer_that_is_due_late_holds_up_no_promise_and_intervals_end(js: Js) -> None:
    started = "const begun = performance.now();"
    late = "new Promise((_, no) => setTimeout(no, 60000))"
    won = "(async () => { for (let i = 0; i < 2000; i++) await i; return performance.now() - begun < 30000 })()"
    assert js(f"{started} return await Promise.race([{late}, {won}])") is True
    assert (
        js(
            "let n = 0; return new Promise((done) => { const id = setInterval((by) => { n += by; "
            "if (n === 6) { clearInterval(id); setTimeout(() => done(n), 5) } }, 1, 2) })"
        )
        == 6
    )


@pytest.mark.parametrize("name", ["qjs:std", "qjs:os", "qjs:bjson", "./q:std", ".//q:os", "././q:std", "x/../q:std"])
@pytest.mark.parametrize(
    "code",
    [
        "await import(name)",
        "import(name).then((all) => all.exit(3))",
        "await eval(`import(${JSON.stringify(name)})`)",
        "await (0, eval)(`import(${JSON.stringify(name)})`)",
        "await new Function('name', 'return import(name)')(name)",
        "await eval(`//# sourceURL=./a/b\\n import(${JSON.stringify(name)})`)",
    ],
)
def test_no_module_can_be_imported_not_even_those_of_the_engine(name: str, code: str, js: Js) -> None:
    error = js(code, values={"name": name})["error"]
    assert error["code"] == "js_error"
    assert "there are no modules to import" in error["message"]


@pytest.mark.parametrize("number", [2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 9007199254740993, 2**63 - 1, -(2**63)])
def test_whole_numbers_that_no_double_holds_come_through_exactly(number: int, js: Js) -> None:
    assert js("input", input=number) == number
    assert js("({a: [v]})", values={"v": number}) == {"a": [number]}
    assert js("typeof input", input=number) == ("bigint" if abs(number) > 2**53 - 1 else "number")
    assert js(f"{number}n") == number


def test_texts_of_digits_stay_texts(js: Js) -> None:
    digits = ["9007199254740993", "\\9007199254740993", '"9007199254740993', "[9007199254740993]"]
    given = {"a": digits, "9007199254740993": 1.5, "b": 0.12345678901234567, "c": 1e300}
    assert js("input", input=given) == given


def test_numbers_that_no_one_else_could_read_are_refused(js: Js) -> None:
    assert "beyond 64 bits" in js("2n ** 63n")["error"]["message"]
    assert "beyond 64 bits" in js("[-(2n ** 63n) - 1n]")["error"]["message"]
    assert "BigInt" in js("input + 1", input=2**60)["error"]["message"]


@pytest.mark.parametrize(
    ("code", "where"),
    [
        ("0 / 0", "the output"),
        ("({a: [1, {b: 1 / 0}]})", "`a[1].b`"),
        ("[[0 / 0]]", "`[0][0]`"),
        ("'\\ud800'", "the output"),
        ("({a: {'\\ud800': 1}})", "a key in `a`"),
    ],
)
def test_what_json_does_not_have_is_refused_and_the_place_is_told(code: str, where: str, js: Js) -> None:
    error = js(code)["error"]
    assert error["code"] == "bad_output"
    assert error["message"].startswith(where)


@pytest.mark.parametrize(
    "nest", ["[one]", "({a: one})", "new Map([['a', one]])", "new Set([one])", "({toJSON: () => [one]})"]
)
def test_an_output_is_as_deep_as_all_may_read_and_deeper_is_an_error(nest: str, js: Js) -> None:
    build = f"let one = 1; for (let i = 0; i < depth; i++) {{ const inner = one; one = ((one) => {nest})(inner) }}"
    assert "error" not in js(f"{build} return [one]", values={"depth": 63})
    for depth in (64, 200, 20_000):
        error = js(f"{build} return [one]", values={"depth": depth})["error"]
        assert (error["code"], "64 levels" in error["message"]) == ("bad_output", True)
    assert js(f"{build} throw one", values={"depth": 20_000})["error"]["code"] == "js_error"
    assert js(f"{build} console.log(one); return 1", values={"depth": 20_000}) == 1


def test_siblings_add_nothing_to_the_depth(js: Js) -> None:
    assert js("Array.from({length: 300}, (_, i) => ({a: [i], b: {c: [i]}}))")[299] == {"a": [299], "b": {"c": [299]}}
    assert js("const one = {a: 1}; return [one, one, {one}, [one]]") == [
        {"a": 1},
        {"a": 1},
        {"one": {"a": 1}},
        [{"a": 1}],
    ]


def test_an_output_that_holds_itself_is_an_error(js: Js) -> None:
    assert js("const a = {}; a.a = a; return a")["error"]["code"] == "bad_output"


@pytest.mark.parametrize(
    "code",
    [
        "globalThis.Promise = null; return 1",
        "Promise.prototype.then = null; return 1",
        "JSON.stringify = null; return 1",
        "Array.prototype.map = null; String.prototype.split = null; return 1",
        "Map.prototype[Symbol.iterator] = null; return 1",
        "globalThis.setTimeout = globalThis.queueMicrotask = null; return 1",
    ],
)
def test_code_that_spoils_the_language_spoils_only_itself(code: str, js: Js) -> None:
    assert js(code) == 1
