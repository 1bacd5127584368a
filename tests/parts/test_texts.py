"""`markdown`, `csv` and `diff` against the specification, Python's `csv` and the texts that they were made from."""

from __future__ import annotations

import csv
import io
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MANY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SPEC = os.environ.get("COMMONMARK_SPEC")
PIECES = r"""
* ** _ ~~ ` ```\n [ ]( ) ![ ]:\s < > <!-- --> <script> \n \n\n \s\s\s\s \t -\s 1.\s >\s #\s --- a b\s \\ &amp; &#0; é
" ' & javascript:alert(1) <b\sonclick=x> </b> data:text/html,x JaVa\tscript:x http://a.b <http://x.y>
"""
MARKS = st.sampled_from([p.replace("\\s", " ").replace("\\n", "\n").replace("\\t", "\t") for p in PIECES.split()])


@pytest.mark.skipif(SPEC is None, reason="COMMONMARK_SPEC names no spec.txt (npm pack commonmark-spec)")
def test_every_example_of_the_specification_comes_out_as_it_says(call: Any) -> None:
    text = Path(str(SPEC)).read_text(encoding="utf-8").replace("→", "\t")
    examples = re.findall(r"^`{32} example\n(.*?)^\.\n(.*?)^`{32}$", text, re.S | re.M)
    assert len(examples) > 600
    wrong = [
        n for n, (given, html) in enumerate(examples, 1) if call("markdown", text=given, html="keep")["result"] != html
    ]
    assert wrong == []


class _Seen(HTMLParser):
    """What a browser would make of some HTML: its tags, and the addresses in it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert name in {"href", "src", "alt", "title", "class", "start"}, name
            if name in ("href", "src"):
                self.addresses.append(re.sub(r"[\s\x00-\x1f]", "", value or "").lower())


TAGS = "p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong del a img br hr"


@settings(MANY, max_examples=400)
@given(pieces=st.lists(MARKS, max_size=40))
def test_no_markdown_makes_html_that_could_run_something(pieces: list[str], call: Any) -> None:
    for raw in ("escape", "omit"):
        seen = _Seen()
        seen.feed(call("markdown", text="".join(pieces), html=raw)["result"])
        assert seen.tags <= set(TAGS.split())
        assert not [a for a in seen.addresses if a.startswith(("javascript:", "data:", "vbscript:"))]
    assert isinstance(call("markdown", text="".join(pieces), to="text")["result"], str)


@pytest.mark.parametrize("piece", ["> ", "- ", "[", "![", "*a ", "**a", "`", "<", "&", "[a](", "_a_ ", "\\"])
def test_long_repetitions_end_in_time_and_without_a_trap(piece: str, call: Any) -> None:
    got = call("markdown", text=piece * 2_000)
    assert "result" in got or got["error"]["code"] == "too_deep"


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), max_size=6)
TABLES = st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=5))


@MANY
@given(rows=TABLES, delimiter=st.sampled_from([",", ";", "\t", "|"]), quoting=st.sampled_from(["needed", "always"]))
def test_rows_come_back_from_csv_and_python_reads_them_too(
    rows: list[list[str]], delimiter: str, quoting: str, call: Any
) -> None:
    options = {"delimiter": delimiter, "header": False}
    text = call("csv", operation="stringify", rows=rows, quoting=quoting, **options)["result"]
    again = call("csv", operation="parse", text=text, skip_empty_lines=False, **options)["result"]
    assert again == rows
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) == rows


@MANY
@given(rows=TABLES, delimiter=st.sampled_from([",", ";"]))
def test_what_python_writes_as_csv_is_read(rows: list[list[str]], delimiter: str, call: Any) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    text = out.getvalue().removeprefix("\ufeff")
    if text != out.getvalue():
        return  # a byte order mark in the first cell is one to every reader
    given = {"header": False, "skip_empty_lines": False, "delimiter": delimiter}
    assert call("csv", operation="parse", text=text, **given)["result"] == rows


TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "d"]), max_size=14).map("".join)


@settings(MANY, max_examples=200)
@given(a=TEXTS, b=TEXTS, by=st.sampled_from(["lines", "words", "characters"]))
def test_changes_lead_from_one_text_to_the_other(a: str, b: str, by: str, call: Any) -> None:
    got = call("diff", **{"from": a, "to": b}, by=by)
    assert "".join(c["text"] for c in got["changes"] if c["kind"] != "insert") == a
    assert "".join(c["text"] for c in got["changes"] if c["kind"] != "delete") == b
    assert got["equal"] is (a == b)


def longest_common(a: str, b: str) -> int:
    """How many lines two texts share at most, in order."""
    left, right = a.splitlines(True), b.splitlines(True)
    row = [0] * (len(right) + 1)
    for line in left:
        row, above = [0], row
        for i, other in enumerate(right):
            row.append(above[i] + 1 if line == other else max(above[i + 1], row[i]))
    return row[-1]


@settings(MANY, max_examples=200)
@given(a=TEXTS, b=TEXTS)
def test_no_shorter_difference_exists(a: str, b: str, call: Any) -> None:
    got = call("diff", **{"from": a, "to": b})
    shared = longest_common(a, b)
    assert (got["removed"], got["added"]) == (
        len(a.splitlines(True)) - shared,
        len(b.splitlines(True)) - shared,
    )


@MANY
@given(a=TEXTS, b=TEXTS, context=st.integers(0, 3))
def test_a_unified_diff_applied_to_the_old_text_gives_the_new_one(a: str, b: str, context: int, call: Any) -> None:
    patch = call("diff", **{"from": a, "to": b}, context=context)["result"]
    assert applied(a, patch) == b


def applied(text: str, patch: str) -> str:
    """What `patch` would make of a text, strictly: every line has to be where the hunk says."""
    old, out, at = text.splitlines(True), list[str](), 0
    for mark, line in patch_lines(patch):
        if mark == "@":
            first, count = re.match(r"@ -(\d+)(?:,(\d+))? ", line).groups()  # type: ignore[union-attr]
            start = int(first) - (count != "0")
            out += old[at:start]
            at = start
        elif mark == "+":
            out.append(line)
        else:
            assert old[at] == line
            out += [line] if mark == " " else []
            at += 1
    return "".join(out + old[at:])


def patch_lines(patch: str) -> list[tuple[str, str]]:
    """The marks and lines behind the head; a line that the patch says to have no end has none."""
    found: list[tuple[str, str]] = []
    for line in patch.splitlines(True)[2:]:
        if line.startswith("\\"):
            found[-1] = (found[-1][0], found[-1][1].removesuffix("\n"))
        else:
            found.append((line[0], line[1:]))
    return found


def test_rows_that_share_no_columns_fit_into_the_memory(call: Any) -> None:
    rows = [{f"c{i}": i} for i in range(1_500)]
    lines = call("csv", operation="stringify", rows=rows, newline="lf")["result"].splitlines()
    assert (len(lines), lines[1], lines[2][:3]) == (1_501, "0" + "," * 1_499, ",1,")


def test_accents_go_whether_they_are_part_of_their_letter_or_follow_it(call: Any) -> None:
    for text, plain in (("é", "e"), ("e\u0301", "e"), ("Ǻ", "A"), ("ßÆœ", "ssAeoe"), ("日本 й", "日本 й"), ("", "")):
        assert call("string_ops", operation="remove_accents", text=text)["result"] == plain
