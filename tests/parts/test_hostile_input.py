"""Whatever comes in, a part answers with a value or an error; it never traps and never answers with broken JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cypher_executor.files import shipped
from cypher_executor.partkit.build import part_folders
from cypher_executor.partkit.examples import Execute, failure_of
from cypher_executor.partkit.manifest import PartFolder, read_folder

# Those out of a package read JSON as their engine does; test_packaged is about them.
MODULES = [p for p in map(read_folder, part_folders(shipped("parts"))) if not p.engine and p.package is None]
EACH = pytest.mark.parametrize("folder", MODULES, ids=lambda p: p.part.name)

NO_INPUTS = {
    "nothing": b"",
    "white space": b" \n\t ",
    "not JSON": b"{'a': 1}",
    "cut off": b'{"a": [1, {"b": "c',
    "something behind the value": b"{} {}",
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "overlong UTF-8": b'{"a": "\xc0\xaf"}',
    "half a surrogate pair": b'{"a": "\\ud83d"}',
    "the wrong half first": b'{"a": "\\ude00\\ud83d"}',
    "an encoded surrogate": b'{"a": "\xed\xa0\x80"}',
    "a BOM": b'\xef\xbb\xbf{"a": 1}',
    "a key twice": b'{"a": 1, "a": 2}',
    "a control character": b'{"a": "\x01"}',
    "a number with a leading zero": b'{"a": 012}',
    "a number without a fraction": b'{"a": 1.}',
    "an unknown word": b'{"a": NaN}',
    "a list": b"[1]",
    "a string": b'"text"',
    "null": b"null",
    "nested 65 deep": b'{"a":' + b"[" * 64 + b"]" * 64 + b"}",
    "nested 10000 deep": b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "maps nested 10000 deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
}


def answer_of(folder: PartFolder, given: bytes, execute: Execute) -> Any:
    return json.loads(execute(folder.read_module(), given, ()))


@EACH
@pytest.mark.parametrize("given", NO_INPUTS.values(), ids=NO_INPUTS.keys())
def test_what_is_no_input_is_refused_with_a_reason(folder: PartFolder, given: bytes, execute: Execute) -> None:
    error = failure_of(answer_of(folder, given, execute))
    assert error is not None
    assert error["code"] == "bad_input"
    assert error["message"].startswith("the input")
    assert error["retryable"] is False


WRONG_VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "0": 0,
    "a negative number": -1,
    "a fraction": 0.5,
    "a huge integer": 10**400,
    "a tiny number": 1e-300,
    "a text": "text",
    "an empty text": "",
    "emoji": "😀👨‍👩‍👧é́",
    "a control character": "\0\x1f\x7f",
    "braces": "{{ {{ }} \\{{",
    "brackets": "[[]]..[0",
    "an empty list": [],
    "a list": [1, "a", None, [2], {"b": 3}],
    "a map": {"path": "a", "op": "eq", "value": 1, "key": "k"},
    "an empty map": {},
    "a long text": "a😀 b. " * 2_000,
}


@EACH
@pytest.mark.parametrize("wrong", WRONG_VALUES.values(), ids=WRONG_VALUES.keys())
def test_no_field_of_any_example_makes_a_part_trap(folder: PartFolder, wrong: Any, execute: Execute) -> None:
    """Each field of each example, one after the other, with a value that it was not made for."""
    for example in folder.part.examples:
        for field in example.input if isinstance(example.input, dict) else ():
            given = json.dumps({**example.input, field: wrong}).encode()
            if not folder.part.pure and failure_of(answer_before_any_call(folder, given, execute)) is None:
                continue
            answer_before_any_call(folder, given, execute)


def answer_before_any_call(folder: PartFolder, given: bytes, execute: Execute) -> Any:
    """The answer; for a part that calls out, a call is an answer too."""
    try:
        return answer_of(folder, given, execute)
    except RuntimeError as off_tape:
        assert "asks for" in str(off_tape)
        return None


@EACH
def test_a_text_of_a_megabyte_is_an_input_like_any_other(folder: PartFolder, execute: Execute) -> None:
    example = next(e for e in folder.part.examples if isinstance(e.input, dict) and e.error is None)
    for field in example.input:
        for text in ("x" * 1_000_000, "好 " * 250_000, "word. " * 1_900):
            if folder.part.pure:
                answer_of(folder, json.dumps({**example.input, field: text}, ensure_ascii=False).encode(), execute)


def test_nesting_of_64_passes_and_what_would_be_deeper_is_an_error(execute: Execute, part: Any) -> None:
    module = part("set").module_path.read_bytes()
    deep = b'{"a":' + b"[" * 63 + b"]" * 63 + b"}"
    assert execute(module, deep, ()) == deep
    wrapped = {"operation": "set", "value": None, "path": ["a"] * 64, "new": 1}
    error = failure_of(json.loads(execute(part("json_ops").module_path.read_bytes(), json.dumps(wrapped).encode(), ())))
    assert error is not None
    assert error["code"] == "too_deep"


def test_what_does_not_fit_into_memory_is_an_error_and_no_trap(execute: Execute, part: Any) -> None:
    given = json.dumps({"operation": "repeat", "items": ["x" * 1000], "count": 100_000}).encode()
    error = failure_of(json.loads(execute(part("array_ops").module_path.read_bytes(), given, ())))
    assert error is not None
    assert error["code"] == "out_of_memory"
