"""What goes through a part comes out as it was: numbers to the last digit, texts to the last code point."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher_executor.partkit.examples import Execute

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=12), max_leaves=40
)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(fields=st.dictionaries(TEXTS, VALUES, max_size=12), escaped=st.booleans())
def test_set_answers_every_map_unchanged(fields: dict[str, Any], escaped: bool, execute: Execute, part: Any) -> None:
    written = json.dumps(fields, ensure_ascii=escaped).encode()
    got = json.loads(execute(part("set").module_path.read_bytes(), written, ()))
    assert list(got) == list(fields)
    assert json.dumps(got) == json.dumps(fields)


@MANY
@given(value=VALUES)
def test_json_text_that_is_written_and_read_again_is_the_same_value(value: Any, call: Any) -> None:
    text = call("json_ops", operation="stringify", value=value, indent=1)["result"]
    assert json.dumps(json.loads(text)) == json.dumps(value)
    assert json.dumps(call("json_ops", operation="parse", value=text)["result"]) == json.dumps(value)


NUMBERS = st.sampled_from(
    [
        "-0",
        "0.10",
        "1e400",
        "-1E-400",
        "1.0",
        "12345678901234567890.123456789012345678901",
        "1" * 500,
        "5e+0",
        "9007199254740993",
    ]
)


@MANY
@given(number=NUMBERS)
def test_a_number_stays_the_text_that_it_was(number: str, execute: Execute, part: Any) -> None:
    written = f'{{"n":[{number}]}}'.encode()
    assert execute(part("set").module_path.read_bytes(), written, ()) == written


@MANY
@given(a=VALUES, b=VALUES)
def test_a_difference_applied_as_a_patch_gives_the_other_value(a: Any, b: Any, call: Any) -> None:
    patch = call("json_ops", operation="diff", value=a, **{"with": b})["result"]
    got = call("json_ops", operation="patch", value=a, patch=patch)["result"]
    assert call("json_ops", operation="equals", value=got, **{"with": b})["result"] is True
