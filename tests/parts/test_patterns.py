"""The operations of `string_ops` by regular expression: what they find is what JavaScript finds."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Call = Callable[..., Any]
MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def ask(call: Call) -> Call:
    def run(operation: str, text: str, pattern: str, **more: Any) -> Any:
        got = call("string_ops", operation=operation, text=text, pattern=pattern, **more)
        return got["result"] if "result" in got else got["error"]["message"]

    return run


@pytest.fixture
def javascript(call: Call) -> Call:
    """What the language finds whose patterns these are: `matchAll` for each text, places in code points."""
    code = """
        const size = (text) => [...text].length;
        return texts.map((text) => [...text.matchAll(new RegExp(pattern, `${flags}gu`))].map((found) => ({
            text: found[0],
            start: size(text.slice(0, found.index)),
            end: size(text.slice(0, found.index + found[0].length)),
            groups: found.slice(1).map((group) => group ?? null),
            named: Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, group]) => [name, group ?? null])),
        })))
    """
    return lambda pattern, flags, *texts: call(
        "js", code=code, values={"pattern": pattern, "flags": flags, "texts": texts}
    )


TEXTS = ["", "a", "aab abcd ABCD", "foo food\nFOO a\na", "me@here.org, 2026-12-01", "éÉà😀b\n\nab", "baac", "xyxx"]


@pytest.mark.parametrize("flags", ["", "i", "m", "s", "ims"])
@pytest.mark.parametrize(
    "pattern",
    [
        "a", "", "a*", "a*?", "a+?b", "(a)|b", "(a|ab)(c|bcd)?", "a{2}", "a{1,2}?", "[a-c]+", "[^a]", r"\bfoo\b",
        r"\w+@\w+\.\w+", "^a", "a$", "^$", ".", ".*", ".*?b", "(?<year>[0-9]{4})-(?<month>[0-9]{2})", "(a?)(b?)",
        r"\d+|[a-z]+", "x*|y", "é+", "(É)", "[à-ü]+", r"\s+", r"(\w)(\w)(\w)?", r"\B.", "[^A-Z]b|C",
        r"\p{Lu}", r"[\p{L}\p{N}_-]+", r"\P{L}+", r"[^\p{Ll}]", r"\p{gc=Nd}{2}", r"[\P{L}a]", r"\p{Punctuation}|\p{S}",
    ],
)  # fmt: skip
def test_what_is_found_is_what_javascript_finds(pattern: str, flags: str, ask: Call, javascript: Call) -> None:
    for text, found in zip(TEXTS, javascript(pattern, flags, *TEXTS), strict=True):
        assert ask("match_all", text, pattern, flags=flags) == found, text
        assert ask("match", text, pattern, flags=flags) == (found[0] if found else None)
        assert ask("test", text, pattern, flags=flags) is bool(found)
        assert ask("count", text, pattern, flags=flags) == len(found)
        assert ask("find_all", text, pattern, flags=flags) == [one["text"] for one in found]


def repeated(piece: tuple[str, bool], how: str) -> tuple[str, bool]:
    """Only what takes a character: engines differ in how often a repeated piece may take none."""
    pattern, empty = piece
    return piece if empty else (f"({pattern}){how}", not how.startswith(("+", "{2", "{1")))


PATTERNS = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "é"]).map(lambda one: (one, False))
    | st.sampled_from(["^", "$", r"\b", ""]).map(lambda one: (one, True)),
    lambda inner: (
        st.tuples(inner, inner).map(lambda two: (two[0][0] + two[1][0], two[0][1] and two[1][1]))
        | st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}|{two[1][0]})", two[0][1] or two[1][1]))
        | st.builds(repeated, inner, st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{0,2}", "{2}", "{1,}?"]))
    ),
    max_leaves=8,
)


@MANY
@given(piece=PATTERNS, text=st.text(alphabet="abé\n", max_size=12))
def test_any_pattern_finds_the_same_places(ask: Call, javascript: Call, piece: tuple[str, bool], text: str) -> None:
    [found] = javascript(piece[0], "", text)
    places = [(one["start"], one["end"]) for one in ask("match_all", text, piece[0])]
    assert places == [(one["start"], one["end"]) for one in found]


def test_every_character_is_of_its_category(ask: Call) -> None:
    points = [*range(0x20, 0x3000, 7), *range(0xA000, 0xD800, 97), *range(0xE000, 0x110000, 997)]
    text = "".join(map(chr, points))
    for name in ("L", "Lu", "Mn", "Nd", "P", "Sc", "Zs", "Cn", "Co"):
        wanted = [char for char in text if unicodedata.category(char).startswith(name)]
        assert ask("find_all", text, rf"\p{{{name}}}") == wanted, name


def test_long_texts_are_gone_through_in_blocks(ask: Call) -> None:
    text = "é😀x" * 3_000 + "end"
    assert ask("count", text, "😀x") == 3_000
    assert ask("match", text, "(?<all>.*)(end)")["named"] == {"all": "é😀x" * 3_000}
    assert ask("match", text, "end$") == {"text": "end", "start": 9_000, "end": 9_003, "groups": [], "named": {}}
    for size in (1_023, 1_024, 1_025, 2_048):
        assert ask("find_all", "a" * size, "a{500}|$") == ["a" * 500] * (size // 500) + [""]


@pytest.mark.parametrize(
    ("text", "pattern", "replacement", "output"),
    [
        ("2026-12-01", "([0-9]+)-([0-9]+)-([0-9]+)", "$3.$2.$1", "01.12.2026"),
        ("Ada Lovelace", r"(?<first>\w+) (?<last>\w+)", "$<last>, $<first>", "Lovelace, Ada"),
        ("a b", r"\w", "[$&]", "[a] [b]"),
        ("a1", "[0-9]", "$$$&$", "a$1$"),
        ("ab", "(a)|(b)", "<$1|$2>", "<a|><|b>"),
        ("abc", "", "-", "-a-b-c-"),
        ("abc", "x*", "-", "-a-b-c-"),
        ("é😀", ".", "<$&>", "<é><😀>"),
        ("aaa", "a", "", ""),
        ("ab", "(a)", "$10", "a0b"),
    ],
)
def test_replacements_may_hold_groups(text: str, pattern: str, replacement: str, output: str, ask: Call) -> None:
    assert ask("replace", text, pattern, replacement=replacement) == output


def test_only_the_first_ones_are_replaced_and_split_where_there_is_a_limit(ask: Call) -> None:
    assert ask("replace", "a1b2c3", "[0-9]", replacement="#", limit=2) == "a#b#c3"
    assert ask("replace", "a1b2c3", "[0-9]", replacement="#", limit=0) == "a1b2c3"
    assert ask("split", "a1b22c3", "[0-9]+") == ["a", "b", "c", ""]
    assert ask("split", "a1b22c3", "[0-9]+", limit=2) == ["a", "b22c3"]
    assert ask("split", "a, b;c", "[,;] *") == ["a", "b", "c"]
    assert ask("split", "abc", "") == ["a", "b", "c"]
    assert ask("split", "", ",") == [""]


def test_one_group_of_all_places(ask: Call) -> None:
    text, pattern = "k=v; x; a=b", r"(?<key>\w+)(?:=(?<value>\w+))?"
    assert ask("find_all", text, pattern, group="key") == ["k", "x", "a"]
    assert ask("find_all", text, pattern, group=2) == ["v", None, "b"]
    assert ask("find_all", text, pattern, group=0) == ["k=v", "x", "a=b"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"pattern": "("}, "`pattern` is not a regular expression"),
        ({"pattern": "a**"}, "`pattern` is not a regular expression"),
        ({"pattern": "[z-a]"}, "`pattern` is not a regular expression"),
        ({"pattern": r"(a)\1"}, "look-around and back references"),
        ({"pattern": r"\p{Script=Latin}"}, "\\p{...} knows general categories only"),
        ({"pattern": r"\p{Lu"}, "`pattern` is not a regular expression"),
        ({"pattern": r"\pL"}, "`pattern` is not a regular expression"),
        ({"pattern": r"[\p{X}]"}, "\\p{...} knows general categories only"),
        ({"pattern": "(?=a)"}, "look-around and back references"),
        ({"pattern": "(?<=a)b"}, "look-around and back references"),
        ({"pattern": "(?<a>x)(?<a>y)"}, "`pattern` is not a regular expression"),
        ({"pattern": "((a{1000}){1000}){1000}"}, "`pattern` is too large"),
        ({"pattern": "a", "flags": "gi"}, "unknown flag `g` in `flags`; known are: i"),
        ({"pattern": "(a)", "operation": "find_all", "group": 2}, "a number from 0 (all of it) to 1"),
        ({"pattern": "(a)", "operation": "find_all", "group": "x"}, "`group` must be the name of a group"),
        ({"pattern": "(a)", "operation": "replace", "replacement": "$2"}, "names the group `$2`"),
        ({"pattern": "(a)", "operation": "replace", "replacement": "$<x>"}, "names the group `$<x>`"),
        ({"pattern": "(a)", "operation": "replace", "replacement": "$<x"}, "names the group `$<x`"),
        ({"pattern": None}, "`pattern` is missing"),
        ({"pattern": 1}, "`pattern` must be a string"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(more: dict[str, Any], message: str, call: Call) -> None:
    got = call("string_ops", **{"operation": "match", "text": "a", **more})
    assert got["error"]["code"] == "bad_input"
    assert message in got["error"]["message"]
