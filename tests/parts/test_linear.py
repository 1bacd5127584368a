"""The work of a part grows with its input, not with its square: counted in fuel, which is the same on every machine.

Each case is the input that is worst for what it is about. Ten times the input may cost at most thirteen times the
fuel: sorting and hash maps are a little more than linear, squares are a hundred times. A megabyte of nothing but
marks of Markdown does not fit into a part's memory, which it says as soon as it knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import wasmtime

from cypher_executor.files import shipped
from tests.parts.conftest import MEMORY_LIMIT

ENOUGH: Final = 100_000_000_000
MOST: Final = 13

Case = tuple[str, Callable[[int], dict[str, Any]]]
"""The name of a part, and its input of about so many bytes."""


def text(operation: str, **given: Callable[[int], Any]) -> Case:
    return "string_ops", lambda n: {"operation": operation, **{key: make(n) for key, make in given.items()}}


def markdown(piece: str) -> Case:
    return "markdown", lambda n: {"text": "a " + piece * (n // len(piece))}


def unwritten(piece: str) -> str:
    return piece.replace("\\s", " ").replace("\\n", "\n")


def numbers(n: int) -> list[int]:
    return list(range(n // 7))


def negative(n: int) -> list[int]:
    return [-i for i in numbers(n)]


def items(n: int) -> list[dict[str, Any]]:
    return [{"id": i, "name": f"x{i}"} for i in range(n // 28)]


MARKS: Final = r"""
_a_\s **a a**b *a\s**b\s *a_\s ~a~~\s ***a**\s ***\sa*** [ ![ [a]( [a](b\s [a](b\s" [a](<b [a]\s [a]:\sb\n ] [a](b)\s
![a](b)\s [[a](b) ![[a](b) ` ``a` < <a\s <a\sb='" <!-- <? <!A <![CDATA[ <a: <a@ & &amp \ a\n >\sa\n -\sa\n 1.\sa\n ***
#\n \` a\s\s\n é
"""

ALMOST: Final[dict[str, Callable[[int], Any]]] = {"text": lambda n: "a" * n, "search": lambda n: "a" * (n // 2) + "b"}

CASES: Final[dict[str, Case]] = {
    "contains": text("contains", **ALMOST),
    "count": text("count", **ALMOST),
    "index_of": text("index_of", **ALMOST),
    "last_index_of": text("last_index_of", text=lambda n: "a" * n, search=lambda n: "b" + "a" * (n // 2)),
    "replace": text("replace", **ALMOST),
    "replace many": text("replace", text=lambda n: "ab" * (n // 2), search=lambda n: "ab" * 40),
    "split": text("split", text=lambda n: "a" * n, separator=lambda n: "a" * (n // 2) + "b"),
    **{
        f"{operation} {pattern}": text(operation, text=lambda n: "a" * n, pattern=lambda _, pattern=pattern: pattern)
        for operation in ("test", "match", "find_all", "count", "replace", "split")
        for pattern in ("a.*z|a", "(a*)*b", "(a|aa)+$", "(?:a?){20}a{20}", "a*?$|a", "")
    },
    "match_all": text("match_all", text=lambda n: "aé" * (n // 3), pattern=lambda _: "(a)|(é)"),
    "unflatten": (
        "json_ops",
        lambda n: {"operation": "unflatten", "value": {"a" * (n // 2): 1}, "separator": "a" * (n // 4) + "b"},
    ),
    "patch": (
        "json_ops",
        lambda n: {
            "operation": "patch",
            "value": {f"k{i}": i for i in numbers(n // 8)},
            "patch": [{"op": "replace", "path": f"/k{i}", "value": 0} for i in numbers(n // 8)],
        },
    ),
    "unflatten many": (
        "json_ops",
        lambda n: {"operation": "unflatten", "value": {f"a.b{i}": i for i in numbers(n // 2)}},
    ),
    "uniqueItems": ("validate_json", lambda n: {"value": items(n), "schema": {"uniqueItems": True}}),
    "uniqueItems of numbers": ("validate_json", lambda n: {"value": numbers(n), "schema": {"uniqueItems": True}}),
    "enum": (
        "validate_json",
        lambda n: {"value": numbers(n // 2), "schema": {"items": {"enum": [i + 0.5 for i in numbers(n // 2)]}}},
    ),
    "in": (
        "filter",
        lambda n: {"items": numbers(n // 2), "where": {"op": "in", "value": negative(n // 2)}},
    ),
    "not_in": ("filter", lambda n: {"items": items(n), "where": {"path": "name", "op": "not_in", "value": numbers(n)}}),
    "matches": ("filter", lambda n: {"items": ["ab" * 20] * (n // 44), "where": {"op": "matches", "value": "(a|b)*c"}}),
    "join_by": ("array_ops", lambda n: {"operation": "join_by", "items": items(n), "with": items(n), "by": "id"}),
    "contains a long text": (
        "filter",
        lambda n: {"items": ["a" * (n // 2)], "where": {"op": "contains", "value": "a" * (n // 4) + "b"}},
    ),
    "union of lists": (
        "merge",
        lambda n: {
            "inputs": [{"a": numbers(n // 2)}, {"a": negative(n // 2)}],
            "deep": True,
            "lists": "union",
        },
    ),
    "text_split": ("text_split", lambda n: {"text": "a" * n, "by": "separator", "separator": "a" * (n // 2) + "b"}),
    **{f"markdown {piece!r}": markdown(unwritten(piece)) for piece in MARKS.split()},
    "markdown references": (
        "markdown",
        lambda n: {
            "text": "".join(f"[r{i}]: /x\n" for i in range(n // 20))
            + "\n"
            + "".join(f"[r{i}] " for i in range(n // 20))
        },
    ),
    "markdown ticks of every length": ("markdown", lambda n: {"text": ticks(n)}),
    "markdown brackets and links": ("markdown", lambda n: {"text": "[" * (n // 2) + "[a](b)" * (n // 12)}),
    "markdown marks and their ends": ("markdown", lambda n: {"text": "*a **b " * 90 + "_a_ " * (n // 4) + "** *" * 90}),
    "markdown marks that all close": ("markdown", lambda n: {"text": "*a " + "_b" * (n // 4) + " c*" * (n // 6)}),
    "markdown < and an end": ("markdown", lambda n: {"text": "<" * n + ">"}),
}


def many(piece: str, count: int) -> str:
    return "".join(piece.format(i) for i in range(count))


def ticks(n: int) -> str:
    """No two runs are as long as each other."""
    longest = int((2 * n) ** 0.5)
    return "a" + "a".join("`" * length for length in range(1, longest))


@pytest.fixture(scope="module")
def fuel() -> Iterator[Callable[[str, dict[str, Any], Path], int]]:
    """How much fuel a part needs for an input; its answer must be no error."""
    config = wasmtime.Config()
    config.consume_fuel = True
    engine = wasmtime.Engine(config)

    @cache
    def module(name: str) -> wasmtime.Module:
        return wasmtime.Module(engine, (shipped("parts") / name / f"{name}.wasm").read_bytes())

    def run(name: str, given: dict[str, Any], folder: Path) -> int:
        (folder / "input").write_text(json.dumps(given))
        wasi = wasmtime.WasiConfig()
        wasi.stdin_file, wasi.stdout_file = str(folder / "input"), str(folder / "output")
        store = wasmtime.Store(engine)
        store.set_limits(memory_size=MEMORY_LIMIT)
        store.set_wasi(wasi)
        store.set_fuel(ENOUGH)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        linker.instantiate(store, module(name)).exports(store)["_start"](store)
        answer = json.loads((folder / "output").read_bytes())
        assert "error" not in answer or answer["error"]["code"] in ("out_of_memory", "too_deep"), answer
        return ENOUGH - store.get_fuel()

    yield run
    module.cache_clear()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_ten_times_the_input_costs_ten_times_the_work(case: Case, fuel: Any, tmp_path: Path) -> None:
    name, given = case
    small, large = (fuel(name, given(size), tmp_path) for size in (5_000, 50_000))
    assert large <= MOST * small


@pytest.mark.long
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_so_it_goes_on_up_to_a_megabyte(case: Case, fuel: Any, tmp_path: Path) -> None:
    name, given = case
    small, large = (fuel(name, given(size), tmp_path) for size in (10_000, 1_000_000))
    assert large <= MOST**2 * small
