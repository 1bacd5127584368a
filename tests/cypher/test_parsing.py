"""Which texts parse, and what is said about those that do not."""

from __future__ import annotations

import pytest

from cypher_executor.cypher.parse import parse, parse_expression
from cypher_executor.errors import Diagnostic, Place
from tests.cypher.cases import Case, cases
from tests.cypher.fixes import mended


@pytest.mark.parametrize("case", cases("valid", "recipes.txt") + cases("valid", "queries.txt"), ids=str)
def test_a_valid_text_parses_without_a_word(case: Case) -> None:
    parsed = parse(case.text)
    assert parsed.diagnostics == ()
    assert parsed.statement is not None


@pytest.mark.parametrize("case", cases("invalid", "syntax.txt"), ids=str)
def test_every_mistake_is_named_at_its_place(case: Case) -> None:
    parsed = parse(case.text)
    assert [_line(d) for d in parsed.diagnostics] == list(case.expected)
    assert parsed.statement is None


@pytest.mark.parametrize("case", cases("invalid", "syntax.txt"), ids=str)
def test_the_fixes_of_a_text_together_mend_all_that_has_one(case: Case) -> None:
    told = parse(case.text).diagnostics
    left = parse(mended(case.text, *(d.fix for d in told if d.fix))).diagnostics
    assert [d.code for d in left if d.fix is None] == [d.code for d in told if d.fix is None]
    assert len([d for d in left if d.fix]) < max(1, len([d for d in told if d.fix]))


def _line(diagnostic: Diagnostic) -> str:
    hint = f" | {diagnostic.did_you_mean}" if diagnostic.did_you_mean else ""
    fix = f" ~> {diagnostic.fix.text}" if diagnostic.fix else ""
    return f"{diagnostic.place.line}:{diagnostic.place.column} {diagnostic.code}{hint}{fix}".strip()


def test_an_expression_is_parsed_at_the_place_that_it_is_said_to_have() -> None:
    parsed = parse_expression("a +\n b == 1", Place(5, 10, 5, 10))
    assert [(d.code, d.place) for d in parsed.diagnostics] == [("foreign_operator", Place(6, 4, 6, 6))]


def test_what_was_expected_is_said_in_words_of_people() -> None:
    (diagnostic,) = parse("RETURN 1 1").diagnostics
    assert diagnostic.message == (
        "Expected an operator, a clause such as CREATE or RETURN, AS, LIMIT, ORDER, SKIP, UNION, `,`, `;` "
        "or the end of the text behind `1`, and not `1`."
    )


def test_comments_are_kept_with_their_places() -> None:
    parsed = parse("// one\nCREATE (a) /* two\nlines */ RETURN a")
    assert [(c.text, c.place) for c in parsed.comments] == [
        ("// one", Place(1, 1, 1, 7)),
        ("/* two\nlines */", Place(2, 12, 3, 9)),
    ]


def test_a_text_full_of_mistakes_is_given_up_after_fifty() -> None:
    assert len(parse("CREATE (a b)\n" * 200).diagnostics) == 50
