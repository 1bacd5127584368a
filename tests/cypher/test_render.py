from cypher_executor.cypher.diagnostics import render, to_json
from cypher_executor.errors import Diagnostic, Place, TextEdit


def rendered(line: str, start: int, end: int, message: str = "this is wrong.") -> list[str]:
    """The line and the caret line of a diagnostic in a text of one line."""
    text = render(line, [Diagnostic("unknown_part", message, Place(1, start, 1, end))])
    return text.splitlines()[3:5]


def test_a_diagnostic_shows_its_line_a_caret_and_the_fix() -> None:
    place = Place(2, 4, 2, 15, "a")
    fix = TextEdit(place, "http_request")
    wrong = Diagnostic("unknown_part", "no part `htp_request`.", place, did_you_mean="http_request", fix=fix)
    assert render("CREATE\n(a:htp_request)\n", [wrong], file="x.cypher") == (
        "error[unknown_part]: no part `htp_request`.\n"
        " --> x.cypher:2:4\n"
        "  |\n"
        "2 | (a:htp_request)\n"
        "  |    ^^^^^^^^^^^\n"
        "  = fix: write `http_request`\n"
    )


def test_several_diagnostics_are_told_one_after_the_other() -> None:
    two = [Diagnostic("cycle", f"problem {n}.", Place(n, 1, n, 2)) for n in (1, 2)]
    assert render("a\nb", two).count("\n\n") == 1
    assert render("a\nb", []) == ""


def test_a_caret_stands_below_wide_characters() -> None:
    assert rendered("(摘要:部品)", 5, 7) == ["1 | (摘要:部品)", "  |       ^^^^"]


def test_a_caret_stands_below_combining_marks_as_one() -> None:
    assert rendered("(e\u0301:x)", 5, 6) == ["1 | (e\u0301:x)", "  |    ^"]


def test_a_tab_is_one_column_of_the_place_and_several_cells_of_the_line() -> None:
    assert rendered("\t(a)", 2, 5) == ["1 |     (a)", "  |     ^^^"]
    assert rendered("ab\t(a)", 4, 7) == ["1 | ab  (a)", "  |     ^^^"]


def test_a_place_of_several_lines_is_underlined_to_the_end_of_its_first() -> None:
    text = render("(a\n)", [Diagnostic("cycle", "x.", Place(1, 2, 2, 2))])
    assert "1 | (a\n  |  ^\n" in text


def test_an_empty_place_still_gets_a_caret() -> None:
    assert rendered("(a)", 4, 4) == ["1 | (a)", "  |    ^"]
    assert render("", [Diagnostic("empty_recipe", "x.", Place(1, 1, 1, 1))]).endswith("| ^\n")


def test_a_place_behind_the_last_line_is_shown_as_an_empty_line() -> None:
    assert "3 |\n" in render("a\nb", [Diagnostic("syntax_error", "x.", Place(3, 1, 3, 1))])


def test_of_a_long_line_only_what_is_around_the_place_is_shown() -> None:
    line, caret = rendered("x" * 5_000 + "HERE" + "y" * 5_000, 5_001, 5_005)
    assert len(line) < 140
    assert line[caret.index("^") : caret.rindex("^") + 1] == "HERE"
    assert line.endswith("…")


def test_what_could_steer_a_terminal_is_shown_and_not_obeyed() -> None:
    hostile = "(a\x1b[2J\u202e\x9b:b)"
    text = render(hostile, [Diagnostic("unknown_part", f"no part `{hostile}`.", Place(1, 2, 1, 3))], file=hostile)
    assert not any(c in text for c in "\x1b\u202e\x9b")
    assert "␛" in text


def test_a_line_may_end_with_a_carriage_return() -> None:
    text = render("(a)\r\n(b)\r\n", [Diagnostic("cycle", "x.", Place(1, 2, 1, 3))])
    assert "1 | (a)\n" in text


def test_an_insertion_and_a_removal_are_told_in_words() -> None:
    place = Place(1, 2, 1, 3)
    insert = Diagnostic("cycle", "x.", place, fix=TextEdit(Place(1, 3, 1, 3), ":"))
    remove = Diagnostic("cycle", "x.", place, fix=TextEdit(place, ""))
    assert "= fix: insert `:` at line 1, column 3" in render("(a)", [insert])
    assert "= fix: remove this" in render("(a)", [remove])


def test_json_has_the_shape_of_the_check_endpoint() -> None:
    place = Place(1, 4, 1, 15, "a")
    found = Diagnostic("unknown_part", "no part.", place, "error", "http_request", TextEdit(place, "http_request"))
    where = {"line": 1, "column": 4, "end_line": 1, "end_column": 15, "node": "a"}
    assert to_json(found) == {
        "severity": "error",
        "code": "unknown_part",
        "message": "no part.",
        "where": where,
        "did_you_mean": "http_request",
        "fix": {"where": where, "text": "http_request"},
    }
    assert to_json(Diagnostic("cycle", "x.", Place(1, 1, 1, 2)))["fix"] is None
