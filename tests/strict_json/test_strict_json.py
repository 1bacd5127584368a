"""What is read, and what is refused with which code; `cases.txt` is the list, and everybody may add to it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher_executor import strict_json
from cypher_executor.errors import Place, RequestInvalid

LINES = (Path(__file__).parent / "cases.txt").read_text("utf-8").splitlines()
CASES = [
    (code.strip(), text.removeprefix(" ").encode().decode("unicode_escape").encode("latin-1"))
    for line in LINES
    if not line.startswith("#")
    for code, _, text in [line.partition("|")]
]
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)  # fmt: skip


def refusal(document: bytes | str, max_depth: int = 64) -> RequestInvalid:
    with pytest.raises(RequestInvalid) as refused:
        strict_json.loads(document, max_depth)
    return refused.value


@pytest.mark.parametrize(("code", "document"), CASES, ids=[repr(d)[2:-1] or "nothing" for _, d in CASES])
def test_a_document_is_read_or_refused_with_its_code(code: str, document: bytes) -> None:
    if code == "value":
        assert strict_json.loads(document) == json.loads(document)
    else:
        assert refusal(document).code == code


@given(values)
def test_what_is_written_is_read_again(value: Any) -> None:
    assert strict_json.loads(strict_json.dumps(value)) == value


@given(values, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_it_does_not_matter_how_a_value_is_spaced_and_escaped(value: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert strict_json.loads(text) == value
    assert strict_json.loads(text.encode()) == value


@given(st.binary(max_size=40))
def test_no_bytes_are_read_that_the_standard_library_refuses(noise: bytes) -> None:
    try:
        value = strict_json.loads(noise)
    except RequestInvalid:
        return
    assert value == json.loads(noise)


@pytest.mark.parametrize("depth", [65, 66, 1_000, 1_100, 10_000, 1_000_000])
@pytest.mark.parametrize("shape", ["[]", "{}", "open", "mixed", "spaced"])
def test_deep_nesting_is_refused_at_any_depth(shape: str, depth: int) -> None:
    document = {
        "[]": "[" * depth + "]" * depth,
        "{}": '{"a":' * depth + "1" + "}" * depth,
        "open": "[" * depth,
        "mixed": '[{"a":' * depth,
        "spaced": "[ " * depth + " ]" * depth,
    }[shape]
    error = refusal(document)
    assert error.code == "json_too_deep" and "64" in error.message


@pytest.mark.parametrize("depth", [1, 2, 64, 253, 254])
def test_the_limit_of_depth_is_exact(depth: int) -> None:
    for document in ("[" * depth + "]" * depth, "[ " * depth + "] " * depth, '{"a":' * depth + "1" + "}" * depth):
        assert strict_json.loads(document, depth) == json.loads(document)
        if depth > 1:
            assert refusal(document, depth - 1).code == "json_too_deep"


def test_many_brackets_side_by_side_are_not_deep() -> None:
    document = b"[" + b"[[]]," * 1_000 + b"[]]"
    assert strict_json.loads(document, 3) == json.loads(document)
    assert refusal(document, 2).code == "json_too_deep"


def test_brackets_inside_of_strings_are_not_deep() -> None:
    document = json.dumps(["[" * 500, '"[{' * 500])
    assert strict_json.loads(document) == json.loads(document)


@pytest.mark.parametrize("hidden", [10, 70, 900])
def test_nesting_cannot_hide_under_a_key_that_stands_twice(hidden: int) -> None:
    document = '{"a":' + "[" * hidden + "]" * hidden + ',"a":1}'
    assert refusal(document).code in ("json_duplicate_key", "json_too_deep")


def test_an_error_says_where() -> None:
    error = refusal('{\n  "é": 1,\n  "b": ?}')
    assert error.message.startswith("line 3, column 8: ")
    assert error.place == Place(3, 8, 3, 9)


def test_a_number_out_of_range_is_found_beside_strings_of_digits() -> None:
    error = refusal('["99999999999999999999",\n 99999999999999999999]')
    assert error.place == Place(2, 2, 2, 22)


def test_a_key_that_stands_twice_is_named_with_the_object_that_it_stands_in() -> None:
    assert refusal('{"a":[0,{"b":{"c":1,"ü":2,"ü":3}}]}').message == (
        'the key "ü" stands twice in the object at $.a[1].b'
    )


def test_a_lone_surrogate_in_a_python_string_is_refused() -> None:
    assert refusal('"\ud800"').code == "json_invalid"


def test_many_quotes_without_an_end_take_no_longer_than_their_length() -> None:
    assert refusal('"' + '\\"' * 1_000_000).code == "json_invalid"
    assert refusal('["' + "x" * 1_000_000).code == "json_invalid"


def test_an_integer_of_a_million_digits_is_out_of_range() -> None:
    assert refusal("-" + "9" * 1_000_000).code == "number_out_of_range"


def test_the_recursion_limit_of_the_caller_does_not_matter() -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        assert refusal("[" * 5_000 + "]" * 5_000).code == "json_too_deep"
        assert strict_json.loads("[ " * 64 + "]" * 64)
    finally:
        sys.setrecursionlimit(before)


@pytest.mark.parametrize(
    ("value", "code"), [(2**64, "number_out_of_range"), ({1}, "json_invalid"), ("\ud800", "json_invalid")]
)
def test_what_json_cannot_hold_is_not_written(value: Any, code: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        strict_json.dumps(value)
    assert refused.value.code == code


def test_a_value_that_is_too_deep_to_write_is_refused() -> None:
    value: Any = 1
    for _ in range(300):
        value = [value]
    with pytest.raises(RequestInvalid) as refused:
        strict_json.dumps(value)
    assert refused.value.code == "json_too_deep"
