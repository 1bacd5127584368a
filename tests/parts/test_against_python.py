"""Parts against what Python knows: two programs that agree on thousands of cases are seldom wrong together."""

from __future__ import annotations

import base64
import decimal
import hashlib
import hmac
import json
import re
import statistics
import sys
import unicodedata
import urllib.parse
from datetime import date, timedelta
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher_executor.partkit.examples import failure_of

MANY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
BOUND = 10**25
NUMBERS = st.integers(-BOUND, BOUND) | st.decimals(-BOUND, BOUND, places=6).map(lambda d: d.normalize())
EXACT = decimal.Context(prec=200)


def number(call: Any, operation: str, value: Any, by: Any) -> decimal.Decimal:
    """Numbers go in and come out as text, so that no float stands between."""
    given = {"operation": operation, "value": 0, "by": 0}
    written = json.dumps(given).replace('"value": 0', f'"value": {value:f}').replace('"by": 0', f'"by": {by:f}')
    return json.loads(call(written), parse_int=decimal.Decimal, parse_float=decimal.Decimal)["result"]


@pytest.fixture(scope="session")
def raw_numbers(execute: Any, part: Any) -> Any:
    module = part("number_ops").module_path.read_bytes()
    return lambda written: execute(module, written.encode(), ())


@MANY
@given(a=NUMBERS.map(decimal.Decimal), b=NUMBERS.map(decimal.Decimal))
def test_arithmetic_is_that_of_exact_decimals(a: decimal.Decimal, b: decimal.Decimal, raw_numbers: Any) -> None:
    assert number(raw_numbers, "add", a, b) == EXACT.add(a, b)
    assert number(raw_numbers, "subtract", a, b) == EXACT.subtract(a, b)
    assert number(raw_numbers, "multiply", a, b) == EXACT.multiply(a, b)
    if b:
        assert number(raw_numbers, "divide", a, b) == decimal.Context(prec=34).divide(a, b)
        assert number(raw_numbers, "remainder", a, b) == EXACT.remainder(a, b)
        floored = EXACT.divide(a, b).to_integral_value(decimal.ROUND_FLOOR)
        assert number(raw_numbers, "whole_divide", a, b) == floored


ROUNDINGS = {
    "half_up": decimal.ROUND_HALF_UP,
    "half_even": decimal.ROUND_HALF_EVEN,
    "half_down": decimal.ROUND_HALF_DOWN,
    "up": decimal.ROUND_UP,
    "down": decimal.ROUND_DOWN,
    "ceiling": decimal.ROUND_CEILING,
    "floor": decimal.ROUND_FLOOR,
}


@MANY
@given(thousandths=st.integers(-10_000, 10_000), places=st.integers(-2, 4), mode=st.sampled_from(sorted(ROUNDINGS)))
def test_rounding_follows_its_rule(thousandths: int, places: int, mode: str, call: Any) -> None:
    value = decimal.Decimal(thousandths) / 1000
    got = call("number_ops", operation="round", value=float(value), places=places, mode=mode)["result"]
    assert got == float(value.quantize(decimal.Decimal(1).scaleb(-places), ROUNDINGS[mode], EXACT))


@MANY
@given(value=st.floats(0, 1e300))
def test_a_square_root_is_right_to_its_34_digits(value: float, call: Any) -> None:
    wanted = decimal.Context(prec=34).sqrt(decimal.Decimal(repr(value)))
    assert float(call("number_ops", operation="sqrt", value=value)["result"]) == float(wanted)


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="the tables are those of Unicode 14")
def test_case_is_that_of_unicode_for_every_character(call: Any) -> None:
    points = [chr(p) for p in range(sys.maxunicode + 1) if not 0xD800 <= p <= 0xDFFF]
    for operation, mapped in (("upper", str.upper), ("lower", str.lower)):
        single = [c for c in points if len(mapped(c)) == 1 and c not in "ßΣ"]
        for start in range(0, len(single), 100_000):
            some = single[start : start + 100_000]
            assert call("string_ops", operation=operation, text="".join(some))["result"] == "".join(map(mapped, some))


@MANY
@given(text=TEXTS, start=st.integers(-50, 50), end=st.integers(-50, 50))
def test_texts_are_cut_as_python_cuts_them(text: str, start: int, end: int, call: Any) -> None:
    assert call("string_ops", operation="slice", text=text, start=start, end=end)["result"] == text[start:end]
    assert call("string_ops", operation="length", text=text)["result"] == len(text)
    assert call("string_ops", operation="characters", text=text)["result"] == list(text)


@MANY
@given(
    text=TEXTS,
    key=TEXTS.filter(bool),
    algorithm=st.sampled_from(["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]),
)
def test_hashes_are_those_of_hashlib(text: str, key: str, algorithm: str, call: Any) -> None:
    assert call("hash", text=text, algorithm=algorithm)["result"] == hashlib.new(algorithm, text.encode()).hexdigest()
    wanted = hmac.new(key.encode(), text.encode(), algorithm).digest()
    got = call("hash", text=text, key=key, algorithm=algorithm, encoding="base64")["result"]
    assert got == base64.b64encode(wanted).decode()


def _in_json(character: str) -> str:
    """One character inside a JSON string, as the part spells it: `\\b` and `\\f` by their numbers."""
    return {"\b": "\\u0008", "\f": "\\u000c"}.get(character) or json.dumps(character, ensure_ascii=False)[1:-1]


@MANY
@given(text=TEXTS)
def test_encodings_are_those_of_the_standard_library_and_lead_back(text: str, call: Any) -> None:
    spelled = {
        "base64": base64.b64encode(text.encode()).decode(),
        "base64url": base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
        "hex": text.encode().hex(),
        "url": urllib.parse.quote(text, safe="~"),
        "form": urllib.parse.quote_plus(text, safe="~"),
        "json": f'"{"".join(map(_in_json, text))}"',
    }
    for name, wanted in spelled.items():
        assert call("encode", operation=f"{name}_encode", text=text)["result"] == wanted
        assert call("encode", operation=f"{name}_decode", text=wanted)["result"] == text


@MANY
@given(numbers=st.lists(st.integers(-5, 5) | st.floats(-5, 5), max_size=30), order=st.sampled_from(["asc", "desc"]))
def test_sorting_is_stable_and_by_value(numbers: list[float], order: str, call: Any) -> None:
    items = [{"n": n, "i": i} for i, n in enumerate(numbers)]
    got = call("array_ops", operation="sort_by", items=items, by="n", order=order)["result"]
    sign = 1 if order == "asc" else -1
    assert [item["i"] for item in got] == [item["i"] for item in sorted(items, key=lambda item: sign * item["n"])]


PATTERNS = """
a*b ^a+$ (ab|a)(bc|c)?$ [a-c]{2,3} [^ab]c \\d+\\w* \\bab\\b ^(?:a|b)*c$ a.c (a*)*b ^$ x|^b a{2}$
[\\d-]+ (a|ab)(c|bcd)(d*)
^(a?){4}a{4}$ [\\]a] \\.\\* ()a ^[^\\s]+$ (?:) \\u0061 b?
"""


@MANY
@given(pattern=st.sampled_from(PATTERNS.split()), text=st.text("abcd 1-.*]\n", max_size=10))
def test_patterns_match_as_pythons_do(pattern: str, text: str, call: Any) -> None:
    expected = re.search(pattern.replace("$", "\\Z"), text, re.ASCII) is not None
    assert call("validate_json", value=text, schema={"pattern": pattern})["valid"] is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=a)",
        "(?<!a)",
        "\\1",
        "\\p{Script=Latin}",
        "a**",
        "(",
        ")",
        "[z-a]",
        "a{2,1}",
        "[",
        "\\",
        "+a",
        "(a{1000}){1000}",
    ],
)
def test_patterns_that_cannot_be_matched_are_refused(pattern: str, call: Any) -> None:
    assert failure_of(call("validate_json", value="a", schema={"pattern": pattern})) is not None


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-4, 4)
    | st.sampled_from([0.5, 1.5, 2.0])
    | st.sampled_from(["", "a", "ab", "1"])
)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=4) | st.dictionaries(st.sampled_from("abc"), v, max_size=3), max_leaves=10
)
TYPES = st.sampled_from(["null", "boolean", "object", "array", "number", "string", "integer"])
COUNTS = st.integers(0, 3)


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several, named = st.lists(inner, min_size=1, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    texts = st.lists(st.sampled_from("abc"), max_size=2, unique=True)
    rules: dict[str, st.SearchStrategy[Any]] = {
        **dict.fromkeys(
            ["items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"], inner
        ),
        **dict.fromkeys(["unevaluatedItems", "unevaluatedProperties"], st.just(False) | inner),
        **dict.fromkeys(["allOf", "anyOf", "oneOf", "prefixItems"], several),
        **dict.fromkeys(["properties", "patternProperties", "dependentSchemas"], named),
        **dict.fromkeys(["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"], COUNTS),
        **dict.fromkeys(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], st.integers(-3, 3)),
        **dict.fromkeys(["minContains", "maxContains"], COUNTS),
        "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "const": VALUES,
        "multipleOf": st.sampled_from([0.5, 1, 2, 1.5]),
        "uniqueItems": st.booleans(),
        "required": texts,
        "dependentRequired": st.dictionaries(st.sampled_from("abc"), texts, max_size=2),
        "pattern": st.sampled_from(["^a", "b$", "[0-9]"]),
        "$ref": st.sampled_from(["#/$defs/d", "#d", "inner", "inner#d", "#tree"]),
        "$dynamicRef": st.sampled_from(["#tree", "inner#tree", "#d"]),
    }
    return st.fixed_dictionaries({}, optional=rules).map(lambda rules: dict(list(rules.items())[:6]))


SCHEMAS = st.recursive(st.booleans() | st.builds(lambda t: {"type": t}, TYPES), schemas, max_leaves=6)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(schema=SCHEMAS, definition=st.builds(lambda t: {"type": t}, TYPES), value=VALUES)
def test_a_value_fits_a_schema_exactly_when_another_validator_says_so(
    schema: Any, definition: Any, value: Any, call: Any
) -> None:
    inner = {"$id": "inner", "$anchor": "d", "$dynamicAnchor": "tree", "minProperties": 1, "maxItems": 1}
    tree = {"$dynamicAnchor": "tree", "required": ["a"]}
    whole = {"$id": "https://example.com/outer", "allOf": [schema]}
    whole["$defs"] = {"d": {"$anchor": "d", **definition}, "i": inner, "t": tree}
    draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    got = call("validate_json", value=value, schema=whole)
    assert got["valid"] is jsonschema_rs.is_valid({**draft, **whole}, value)
    assert got["valid"] is (got["errors"] == [])


FORMATS = {
    "date": (["2024-02-29", "2000-12-31"], ["2023-02-29", "2024-13-01", "24-01-01", "2024-1-1"]),
    "time": (["10:00:00Z", "23:59:60Z", "22:59:60.5-01:00", "00:00:00+05:30"], ["10:00:00", "24:00:00Z", "12:00:60Z"]),
    "date-time": (["2024-01-01T00:00:00Z", "2024-01-01t00:00:00.1+01:00"], ["2024-01-01 00:00:00Z", "2024-01-01T"]),
    "email": (["a@b.c", "a.b+c@d-e.org"], ["a", "@b.c", "a@", "a..b@c.d", "a b@c.d", "a@-b.c"]),
    "hostname": (["a", "a-b.c", "1.2"], ["", "-a", "a-", "a..b", "a_b", "x" * 64]),
    "ipv4": (["0.0.0.0", "255.1.2.3"], ["256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4.5", "1.2.3.x"]),
    "ipv6": (
        ["::", "::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "fe80::1"],
        [":", "1::2::3", "1:2:3:4:5:6:7", "12345::", "1.2.3.4::"],
    ),
    "uri": (["http://a/b?c#d", "urn:x:y"], ["/a/b", "a b:c", "http://a b", "1a:b", "a:%zz"]),
    "uri-reference": (["/a/b", "#x", ""], ["a b", "\\"]),
    "uuid": (
        ["2eb8aa08-aa98-11ea-b4aa-73b441d16380"],
        ["2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08aa9811eab4aa73b441d16380"],
    ),
    "json-pointer": (["", "/a/~0~1", "/"], ["a", "/~2", "/~"]),
    "regex": (["^a+$"], ["a("]),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_asserted(name: str, call: Any) -> None:
    good, bad = FORMATS[name]
    for value in good:
        assert call("validate_json", value=value, schema={"format": name})["valid"] is True, value
    for value in bad:
        assert call("validate_json", value=value, schema={"format": name})["valid"] is False, value


def test_a_schema_that_refers_to_itself_without_end_is_refused(call: Any) -> None:
    error = failure_of(call("validate_json", value=1, schema={"$ref": "#"}))
    assert error is not None
    assert "refers to itself without end" in error["message"]


@pytest.mark.parametrize("junk", [{"type": 5}, {"allOf": 1}, {"pattern": "("}, {"$ref": 1}, 7, "x", [1], None])
def test_what_a_reference_leads_to_is_checked_as_a_schema_wherever_it_stands(junk: Any, call: Any) -> None:
    schema = {"$ref": "#/properties/a/default", "properties": {"a": {"default": junk}}}
    assert failure_of(call("validate_json", value={}, schema=schema)) is not None


@pytest.mark.parametrize(
    ("base", "reference", "address"),
    [
        ("https://e.com/a/b", "c", "https://e.com/a/c"),
        ("https://e.com/a/b", "../c", "https://e.com/c"),
        ("https://e.com/a/b", "/c/./d/../e", "https://e.com/c/e"),
        ("https://e.com", "c", "https://e.com/c"),
        ("https://e.com/a?q=1", "?r=2", "https://e.com/a?r=2"),
        ("https://e.com/a", "//f.org/x", "https://f.org/x"),
        ("https://e.com/a", "urn:x:y", "urn:x:y"),
        ("", "c", "c"),
    ],
)
def test_an_id_is_worked_out_against_the_address_above_it(base: str, reference: str, address: str, call: Any) -> None:
    schema = {"$id": base, "$defs": {"x": {"$id": reference, "type": "string"}}, "$ref": address}
    assert call("validate_json", value="a", schema=schema)["valid"] is True
    assert call("validate_json", value=1, schema=schema)["valid"] is False


def test_references_that_multiply_end(call: Any) -> None:
    """Ten levels that each refer to the next one twice: the value is looked at a thousand times, not for ever."""
    definitions = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(10)}
    schema = {"$ref": "#/$defs/d0", "$defs": {**definitions, "d10": {"type": "string"}}}
    assert len(call("validate_json", value=1, schema=schema)["errors"]) == 1000


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("duration", "P4DT12H30M5S P1Y2M3D PT1H P3W P1M", "P PT P1D2H P1YT 1D P1.5D P2W1D PT1S2H"),
        ("iri", "http://ƒøø.ßår/?∂éœ=πîx#πîüx http://a.b/c", "/abc ƒøø http://a.b/<c> http://a.b/%zz"),
        ("iri-reference", "âππ #ƒrägmênt http://a.b/é", "a\\b %é"),
        ("idn-email", "실례@실례.테스트 joe@example.com", "2962 @x.y a@b@"),
        ("idn-hostname", "실례.테스트 münchen.de example.com", "-é.de é..de é_a.de"),
        ("uri-template", "http://a.b/{term}/{?q*,n:3} /a{;x} {+a.b}", "http://a.b/{term {} a} {?q,} {x:0}"),
        ("relative-json-pointer", "0 1/a/0 0# 2/~01 0-1/x 12+3#", "/a -1/a 01/a 0## 1~ 0/~2"),
    ],
)
def test_formats_for_which_python_has_no_function(name: str, good: str, bad: str, call: Any) -> None:
    def fits(value: str) -> Any:
        return call("validate_json", value=value, schema={"format": name})["valid"]

    assert [value for value in good.split() if not fits(value)] == []
    assert [value for value in bad.split() if fits(value)] == []


@MANY
@given(
    values=st.lists(st.integers(-1000, 1000) | st.decimals(-99, 99, places=2), min_size=2, max_size=9),
    by=st.integers(0, 100),
)
def test_statistics_are_those_of_python(values: list[Any], by: int, call: Any) -> None:
    numbers = [float(one) for one in values]

    def of(operation: str, **more: Any) -> float:
        return float(call("number_ops", operation=operation, values=numbers, **more)["result"])

    assert of("variance") == pytest.approx(statistics.variance(numbers))
    assert of("variance", population=True) == pytest.approx(statistics.pvariance(numbers))
    assert of("standard_deviation") == pytest.approx(statistics.stdev(numbers))
    cuts = [min(numbers), *statistics.quantiles(numbers, n=100, method="inclusive"), max(numbers)]
    assert of("percentile", by=by) == pytest.approx(cuts[by])


def test_nothing_is_said_of_no_numbers(call: Any) -> None:
    for operation in ("variance", "standard_deviation", "percentile"):
        assert call("number_ops", operation=operation, values=[], by=50)["result"] is None
    assert call("number_ops", operation="variance", values=[3])["result"] is None
    assert call("number_ops", operation="variance", values=[3], population=True)["result"] == 0
    assert call("number_ops", operation="percentile", values=[3], by=12.5)["result"] == 3
    assert call("number_ops", operation="percent_change", value=-4, by=-2)["result"] == 50
    assert call("number_ops", operation="percent_change", value=0, by=2)["error"]["code"] == "division_by_zero"


@pytest.mark.parametrize(
    ("value", "patch", "output"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a"], ["c", None], ["c", None]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": "foo"}, None, None),
    ],
)
def test_merge_patches_are_those_of_the_specification(value: Any, patch: Any, output: Any, call: Any) -> None:
    assert call("json_ops", operation="merge_patch", value=value, **{"with": patch})["result"] == output


DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 1, 1))


@MANY
@given(start=DAYS, end=DAYS, holidays=st.lists(DAYS, max_size=5), weekday=st.integers(1, 7))
def test_business_days_between_lead_back(start: date, end: date, holidays: list[date], weekday: int, call: Any) -> None:
    def ask(operation: str, **more: Any) -> Any:
        return call("date_ops", operation=operation, holidays=[str(day) for day in holidays], **more)["result"]

    count = ask("diff_business_days", value=str(start), **{"with": str(end)})
    low, high = (start, end) if start <= end else (end - timedelta(1), start - timedelta(1))
    between = (low + timedelta(i + 1) for i in range((high - low).days))
    expected = sum(1 for day in between if day.isoweekday() <= 5 and day not in holidays)
    assert count == (expected if start <= end else -expected)
    before = date.fromisoformat(ask("previous_weekday", value=str(start), weekday=weekday)[:10])
    assert before.isoweekday() == weekday
    assert 1 <= (start - before).days <= 7
