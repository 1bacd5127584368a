"""All mistakes of a clause are told in one answer, and nothing that only follows from another.

The cases that people meet are in `fixtures/diagnostics/many.txt`; here mistakes of all kinds are combined at random.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher import salvage as salvaging
from cypher_executor.cypher.mending import Edit, Mended
from cypher_executor.cypher.parse import Parsed, parse
from cypher_executor.errors import Place
from tests.cypher.known_parts import PARTS

ENTRIES = {
    "{k}: 1 == 2": "foreign_operator",
    "{k}: true && false": "foreign_operator",
    "{k} = 1": "colon_for_equals",
    '"{k}": 1': "quoted_key",
    "{k}: 'it's'": "quote_in_string",
    "{k}: “a”": "typographic_quote",
    "{k}: 30s": "duration_without_quotes",
    "{k}: 12ab": "number_malformed",
    "{k}: {{{{ $x }}}}": "template_outside_string",
    "{k}: 'a {{{{ }}}}'": "template_empty",
    "{k}: '{{{{ nobody }}}}'": "unknown_name",
    "{k}: [1, 2,]": "trailing_comma",
    "{k}: [1 2]": "comma_missing",
    "{k}: NOT": "keyword_as_name",
    "{k}: nobody.x": "unknown_name",
    "{k}: upcase('a')": "unknown_function",
    "{k}: substring('a')": "wrong_arguments",
    "{k}: 99999999999999999999": "number_out_of_range",
    "{k}: '\\q'": "bad_escape",
    "{k}: sum(1 WHERE 2)": "not_a_quantifier",
    "{k}: [1 | 2]": "not_a_comprehension",
    "{k}: max(*)": "star_argument",
    "{k}: 'a' =~ '('": "pattern_invalid",
    "{k}: count(1)": "return_one_row",
    "{k}: [(1 + 2]": "bracket_unclosed",
}
RELATIONSHIPS = {
    "-[ON_SUCCESS]->": ["colon_missing"],
    "-[ON_FAILURE]->": ["colon_missing", "unknown_relationship_type"],
    "-[:ON_SUCESS]->": ["unknown_relationship_type"],
    "-[:ON_SUCCESS {{wenn: true}}]->": ["unknown_relationship_property"],
    "-[:ON_SUCCESS]-": ["relationship_direction"],
    "-->": ["missing_relationship_type"],
    "->": ["arrow_malformed"],
    "=>": ["arrow_malformed"],
    "-ON_SUCCESS->": ["arrow_malformed"],
}
OTHERS = ["(b:htp_request {url: 'x'})", "(b:http-request {url: 'x'})", "(b:string_ops {operation: 'uper', text: 'x'})"]
OTHER_CODES = ["unknown_part", "name_needs_backticks", "input_type"]


def codes(text: str) -> list[str]:
    return [d.code for d in compile_recipe(text, parts=PARTS).diagnostics]


@given(
    st.lists(st.sampled_from(sorted(ENTRIES)), min_size=3, max_size=8),
    st.sampled_from(sorted(RELATIONSHIPS)),
    st.integers(0, 2),
)
@settings(deadline=None, max_examples=150)
def test_mistakes_of_different_kinds_in_one_clause_give_exactly_their_diagnostics(
    entries: list[str], relationship: str, other: int
) -> None:
    written = [entry.format(k=f"k{number}") for number, entry in enumerate(entries)]
    text = f"CREATE (a:set {{{', '.join(written)}}}){relationship.format()}{OTHERS[other]}"
    wanted = [*(ENTRIES[entry] for entry in entries), *RELATIONSHIPS[relationship], OTHER_CODES[other]]
    assert sorted(codes(text)) == sorted(wanted), text


@given(st.sampled_from(sorted(ENTRIES)), st.sampled_from(sorted(ENTRIES)))
@settings(deadline=None, max_examples=100)
def test_two_clauses_do_not_hide_each_others_mistakes(one: str, other: str) -> None:
    text = f"CREATE (a:set {{{one.format(k='k')}}})\nCREATE (b:set {{{other.format(k='k')}}})\nRETURN c"
    assert sorted(codes(text)) == sorted([ENTRIES[one], ENTRIES[other], "unknown_name"]), text


def test_a_clause_that_cannot_be_mended_does_not_make_the_names_of_others_unknown() -> None:
    assert codes("CREATE (a:set {x: 'abc\nCREATE (b:set {y: a.x})") == ["string_unclosed"]


def test_a_text_is_read_again_only_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = []

    def counted(mended: Mended) -> Parsed:
        readings.append(len(mended.text))
        return parse(mended.text)

    monkeypatch.setattr(salvaging, "parse_mended", counted)
    text = "\n".join(f"CREATE (n{i}:set {{x: 'it's', y: {{{{ a }}}}, z: [1 2]}})" for i in range(3000))
    compile_recipe(text, parts=PARTS)
    assert len(readings) <= 6


def test_a_mended_text_knows_where_everything_came_from() -> None:
    original = "one two\nthree"
    mended = Mended(original, [Edit(3, 3, ","), Edit(4, 7, "`two`"), Edit(8, 13, "3")])
    assert mended.text == "one, `two`\n3"
    assert mended.place(0, 3) == Place(1, 1, 1, 4)
    assert mended.place(3, 4) == Place(1, 4, 1, 4)
    assert mended.place(5, 10) == Place(1, 5, 1, 8)
    assert mended.place(11, 12) == Place(2, 1, 2, 1)
    assert mended.place(12, 12) == Place(2, 1, 2, 1) or mended.place(12, 12) == Place(2, 6, 2, 6)


@given(st.text("ab\n", min_size=1, max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4)), max_size=4))
def test_what_is_kept_stays_where_it_was(original: str, cuts: list[tuple[int, int]]) -> None:
    edits = [Edit(min(s, len(original)), min(s + n, len(original)), "XYZ") for s, n in cuts]
    mended = Mended(original).with_edits(edits)
    lines = original.split("\n")
    for offset, sign in enumerate(mended.text):
        place = mended.place(offset, offset + 1)
        assert 1 <= place.line <= len(lines)
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1
        if sign in "ab":
            assert lines[place.line - 1][place.column - 1] == sign
