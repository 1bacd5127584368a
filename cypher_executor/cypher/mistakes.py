"""What is wrong where a text does not fit the grammar, in one sentence, with the fix where there is one.

Each function below knows one mistake that people make. It looks at the token that did not fit, at the one before it
and at what could have stood there, and answers None when the mistake is another one. The first answer counts, so the
order of `_KNOWN` is from the special to the general; `_unexpected` always has an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from cypher_executor.cypher import words
from cypher_executor.errors import Diagnostic, Place, TextEdit, nearest

Where = Callable[[int, int], Place]


@dataclass(frozen=True, slots=True)
class Piece:
    """A token: its kind, and where it is. Of a character that begins no token the kind is empty."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Misfit:
    """Where reading stopped: it began at `begin`, `before` was the last token that fitted, `found` did not."""

    text: str
    begin: int
    found: Piece
    before: Piece | None
    accepts: frozenset[str]

    @property
    def word(self) -> str:
        """What was found."""
        return self.text[self.found.start : self.found.end]

    @property
    def previous(self) -> str:
        """What stood before it."""
        return self.text[self.before.start : self.before.end] if self.before else ""

    @property
    def adjacent(self) -> bool:
        """Whether nothing lies between the two."""
        return self.before is not None and self.before.end == self.found.start

    @property
    def rest(self) -> str:
        """The text from the misfit on, as much as a look ahead needs."""
        return self.text[self.found.start : self.found.start + 200]

    @cached_property
    def open_brackets(self) -> list[int]:
        """Where the brackets stand that are open at the misfit, the innermost last."""
        found: list[int] = []
        for bracket in _BRACKETS.finditer(self.text, self.begin, self.found.start):
            if bracket[0] in CLOSING:
                found.append(bracket.start())
            elif bracket[0] in ")]}" and found:
                found.pop()
        return found


_BRACKETS = re.compile(
    r"""'(?:[^'\\]|\\[\s\S])*'?|"(?:[^"\\]|\\[\s\S])*"?|`[^`]*`?|//[^\r\n]*|/\*(?:[\s\S]*?\*/|[\s\S]*)|[()\[\]{}]"""
)
CLOSING = {"(": ")", "[": "]", "{": "}"}
_TYPOGRAPHIC = {"“": "”", "‘": "’", "„": "“", "‚": "‘", "”": "”", "’": "’", "«": "»"}


def explain(misfit: Misfit, where: Where) -> Diagnostic:
    """The diagnostic for a misfit; `where` turns offsets into places."""
    return next(d for known in _KNOWN if (d := known(misfit, where)) is not None)


# --- quotes and characters ------------------------------------------------------------------------------------------


def _unclosed_quote(m: Misfit, where: Where) -> Diagnostic | None:
    sign = m.text[m.found.start : m.found.start + 1]
    if m.found.kind or sign not in ("'", '"', "`"):
        return None
    what = ("name_unclosed", "name") if sign == "`" else ("string_unclosed", "string")
    return Diagnostic(what[0], f"This {what[1]} is never closed: {_quoted(sign)} is missing at its end.",
                      where(m.found.start, m.found.start + 1))  # fmt: skip


def _quote_in_string(m: Misfit, where: Where) -> Diagnostic | None:
    """`'it's'`: the string ends early, and a word follows at once; or `'it''s'`, as SQL writes it."""
    if m.before is None or m.before.kind != "STRING" or not m.adjacent or not re.match(r"[\w'\"]", m.rest):
        return None
    if "\n" in m.previous:
        message = f"This string is never closed: {_quoted(m.previous[0])} is missing in its line."
        return Diagnostic("string_unclosed", message, where(m.before.start, m.before.start + 1))
    quote = m.previous[-1]
    doubled = m.rest[0] == quote
    fix = TextEdit(where(m.before.end - 1, m.before.end + doubled), "\\" + quote)
    message = f"The string ends at this quote: write `\\{quote}` for a quote inside it."
    return Diagnostic("quote_in_string", message, fix.place, fix=fix)


def _typographic_quote(m: Misfit, where: Where) -> Diagnostic | None:
    sign = m.text[m.found.start : m.found.start + 1]
    if m.found.kind or sign not in _TYPOGRAPHIC:
        return None
    end = m.text.find(_TYPOGRAPHIC[sign], m.found.start + 1)
    message = f"{sign} is no quote of Cypher: strings stand in ' or in \"."
    if end < 0 or "\n" in m.text[m.found.start : end]:
        return Diagnostic("typographic_quote", message, where(m.found.start, m.found.start + 1))
    body = m.text[m.found.start + 1 : end].replace("\\", "\\\\").replace("'", "\\'")
    place = where(m.found.start, end + 1)
    return Diagnostic("typographic_quote", message, place, fix=TextEdit(place, f"'{body}'"))


def _strange_character(m: Misfit, where: Where) -> Diagnostic | None:
    if m.found.kind:
        return None
    sign = m.word
    place = where(m.found.start, m.found.end)
    hints = {
        "#": "comments begin with `//`",
        "!": "write `NOT` for not and `<>` for unequal",
        "$": "a parameter needs a name, as in `$text`",
        "&": "write `AND`",
        ";": "one `;` ends the text",
    }
    if sign in hints:
        return Diagnostic("unexpected_character", f"`{sign}` does not fit here: {hints[sign]}.", place)
    shown = f"`{sign}`" if sign.isprintable() else f"The character U+{ord(sign):04X}"
    return Diagnostic("unexpected_character", f"{shown} has no meaning in Cypher outside of strings and names in "
                      "backticks.", place)  # fmt: skip


# --- clauses --------------------------------------------------------------------------------------------------------


def _empty(m: Misfit, where: Where) -> Diagnostic | None:
    if m.before is not None or m.found.kind != "$END" or "UNWIND" not in m.accepts:
        return None
    return Diagnostic("empty_text", "There is nothing here: write a pattern such as `CREATE (a)-[:ON_SUCCESS]->(b)`.",
                      where(m.found.start, m.found.end))  # fmt: skip


def _missing_expression(m: Misfit, where: Where) -> Diagnostic | None:
    if m.before is not None or m.found.kind != "$END" or "FLOAT" not in m.accepts:
        return None
    return Diagnostic("empty_text", "There is no expression here.", where(m.found.start, m.found.end))


def _second_statement(m: Misfit, where: Where) -> Diagnostic | None:
    if m.before is None or m.before.kind != "SEMICOLON":
        return None
    place = where(m.before.start, m.before.end)
    message = "One text holds one statement: remove this `;`, several clauses make one graph."
    return Diagnostic("second_statement", message, place, fix=TextEdit(place, ""))


def _unknown_clause(m: Misfit, where: Where) -> Diagnostic | None:
    """A word where a clause could begin: at the start, or at the start of a line behind a complete clause."""
    if m.found.kind not in ("NAME", "FUNCTION") or "UNWIND" not in m.accepts:
        return None
    word = m.word.split()[0]
    near = nearest(word.upper(), words.CLAUSES)
    line_start = not m.text[m.text.rfind("\n", 0, m.found.start) + 1 : m.found.start].strip()
    if near is None and not line_start:
        return None
    place = where(m.found.start, m.found.start + len(word))
    hint = f"; did you mean `{near}`?" if near else ": a clause begins with a word such as CREATE or RETURN."
    return Diagnostic("unknown_clause", f"`{word}` begins no clause{hint}", place, did_you_mean=near,
                      fix=TextEdit(place, near) if near else None)  # fmt: skip


# --- brackets -------------------------------------------------------------------------------------------------------


def _template_outside_string(m: Misfit, where: Where) -> Diagnostic | None:
    if m.word != "{" or m.previous != "{" or not m.adjacent:
        return None
    assert m.before is not None
    message = "`{{ }}` stands inside a string; without quotes an expression stands alone, as in `{text: $text}`."
    place = where(m.before.start, m.found.end)
    inside = _BRACED.match(m.text, m.found.end)
    if inside is None:
        return Diagnostic("template_outside_string", message, place)
    fix = TextEdit(where(m.before.start, inside.end()), inside[1])
    return Diagnostic("template_outside_string", message, place, fix=fix)


_BRACED = re.compile(r"""\s*((?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[^{}\n'"])+?)\s*\}\}""")
"""An expression without braces of its own, and the braces behind it."""


def _trailing_comma(m: Misfit, where: Where) -> Diagnostic | None:
    if m.previous != "," or m.word not in (")", "]", "}"):
        return None
    assert m.before is not None
    place = where(m.before.start, m.before.end)
    message = f"Nothing follows this comma: remove it, or put something in front of `{m.word}`."
    return Diagnostic("trailing_comma", message, place, fix=TextEdit(place, ""))


def _wrong_bracket(m: Misfit, where: Where) -> Diagnostic | None:
    if m.word not in (")", "]", "}"):
        return None
    place = where(m.found.start, m.found.end)
    if not m.open_brackets:
        return Diagnostic("bracket_unopened", f"This `{m.word}` closes nothing.", place, fix=TextEdit(place, ""))
    innermost = m.text[m.open_brackets[-1]]
    if CLOSING[innermost] == m.word:
        return None
    opened = where(m.open_brackets[-1], m.open_brackets[-1] + 1)
    wanted = CLOSING[innermost]
    message = (
        f"`{wanted}` is missing before this `{m.word}`: "
        f"the `{innermost}` in line {opened.line}, column {opened.column} is still open."
    )
    return Diagnostic("bracket_unclosed", message, place,
                      fix=TextEdit(where(m.found.start, m.found.start), wanted))  # fmt: skip


def _unclosed_bracket(m: Misfit, where: Where) -> Diagnostic | None:
    """The text, or the clause, ends within brackets."""
    ended = m.found.kind == "$END" or (m.word.upper() in words.CLAUSES and _closable(m))
    if not ended or not m.open_brackets:
        return None
    start = m.open_brackets[-1]
    bracket = m.text[start]
    message = f"This `{bracket}` is never closed: `{CLOSING[bracket]}` is missing."
    return Diagnostic("bracket_unclosed", message, where(start, start + 1))


def _closable(m: Misfit) -> bool:
    return bool(m.accepts & {"RPAR", "RSQB", "RBRACE"})


# --- commas, names, arrows ------------------------------------------------------------------------------------------


def _missing_comma(m: Misfit, where: Where) -> Diagnostic | None:
    if "COMMA" not in m.accepts or m.before is None or not m.open_brackets or m.found.kind == "$END":
        return None
    inside = m.text[m.open_brackets[-1]]
    if inside == "{" and not re.match(r"(?:\w+|`[^`]*`|'[^']*'|\"[^\"]*\")\s*:", m.rest):
        return None
    if inside in "([" and not re.match(r"[\w'\"`$({\[]", m.rest):
        return None
    place = where(m.found.start, m.found.end)
    fix = TextEdit(where(m.before.end, m.before.end), ",")
    return Diagnostic("comma_missing", f"A comma is missing before `{_short(m.word)}`.", place, fix=fix)


def _hyphenated_name(m: Misfit, where: Where) -> Diagnostic | None:
    """`(my-node:part)`, `(:http-request)`, `[:ON-FAIL]`."""
    if m.before is None or m.before.kind != "NAME" or not m.adjacent or not m.open_brackets:
        return None
    name = re.compile(r"[\w-]+").match(m.text, m.before.start)
    if m.found.kind != "MINUS" or name is None or name.end() <= m.found.end or name[0].endswith("-"):
        return None
    place = where(m.before.start, name.end())
    message = f"A name with `-` in it stands in backticks: `{name[0]}`."
    return Diagnostic("name_needs_backticks", message, place, did_you_mean=name[0].replace("-", "_"),
                      fix=TextEdit(place, f"`{name[0]}`"))  # fmt: skip


def _keyword_as_name(m: Misfit, where: Where) -> Diagnostic | None:
    if m.before is None or m.before.kind not in ("CASE", "NOT", "NULL", "TRUE", "FALSE", "DISTINCT"):
        return None
    if m.found.kind != "$END" and m.word not in (".", ",", ")", "}", "]", ":", "="):
        return None
    place = where(m.before.start, m.before.end)
    message = f"`{m.previous}` is a keyword: in backticks it is a name."
    return Diagnostic("keyword_as_name", message, place, fix=TextEdit(place, f"`{m.previous}`"))


def _arrow(m: Misfit, where: Where) -> Diagnostic | None:
    """`(a)->(b)`, `(a)-[:X]>(b)`, `(a)-ON_FAIL->(b)`, `(a)=>(b)`."""
    place = where(m.found.start, m.found.end)
    named = re.match(r"(:?)(\w+)\s*-+>", m.rest)
    if named and m.before is not None and m.before.kind == "MINUS":
        whole = where(m.found.start, m.found.start + len(named[1]) + len(named[2]))
        fix = TextEdit(whole, f"[:{named[2]}]")
        return Diagnostic("arrow_malformed", f"The type of a relationship stands in brackets: `-[:{named[2]}]->`.",
                          whole, did_you_mean=f"[:{named[2]}]", fix=fix)  # fmt: skip
    if m.found.kind == "GREATER" and m.before is not None and m.before.kind == "MINUS" and _draws(m):
        fix = TextEdit(place, "[:ON_SUCCESS]->")
        return Diagnostic("arrow_malformed", "An arrow is written `-[:TYPE]->`: the type is missing.", place, fix=fix)
    if m.found.kind == "GREATER" and m.accepts & {"MINUS"}:
        fix = TextEdit(where(m.found.start, m.found.start), "-")
        return Diagnostic("arrow_malformed", "An arrow is written `-[:TYPE]->`: a `-` is missing.", place, fix=fix)
    double = re.match(r"=+>", m.rest)
    if double and "MINUS" in m.accepts:
        whole = where(m.found.start, m.found.start + double.end())
        fix = TextEdit(whole, "-[:ON_SUCCESS]->" if _draws(m) else "-->")
        return Diagnostic("arrow_malformed", "An arrow is written `-[:TYPE]->`.", whole, fix=fix)
    return None


def _draws(m: Misfit) -> bool:
    """Whether the clause draws relationships, which need a type, and does not look for them."""
    words_before = _CLAUSE_WORD.findall(m.text, m.begin, m.found.start)
    return not words_before or words_before[-1].upper() in ("CREATE", "MERGE")


_CLAUSE_WORD = re.compile(rf"(?<![\w.:$`])(?:{'|'.join(words.CLAUSES)})\b(?!\s*:)", re.IGNORECASE)


def _bare_node(m: Misfit, where: Where) -> Diagnostic | None:
    """`CREATE a`."""
    if m.before is None or m.before.kind != "NAME" or m.accepts != {"EQUAL"}:
        return None
    place = where(m.before.start, m.before.end)
    return Diagnostic("node_needs_brackets", f"A node stands in round brackets: `({m.previous})`.", place,
                      fix=TextEdit(place, f"({m.previous})"))  # fmt: skip


def _unexpected(m: Misfit, where: Where) -> Diagnostic:
    found = "the end of the text" if m.found.kind == "$END" else f"`{_short(m.word)}`"
    wanted = words.joined(words.expected(m.accepts) or ["something else"])
    behind = f" behind `{_short(m.previous)}`" if m.before else ""
    message = f"Expected {wanted}{behind}, and not {found}."
    return Diagnostic("syntax_error", message, where(m.found.start, m.found.end))


def _quoted(sign: str) -> str:
    return f"a `{sign}`" if sign != "`" else "a backtick"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 30 else text[:29] + "…"


_KNOWN: tuple[Callable[[Misfit, Where], Diagnostic | None], ...] = (
    _unclosed_quote, _quote_in_string, _typographic_quote, _empty, _missing_expression, _second_statement,
    _unknown_clause, _template_outside_string, _hyphenated_name, _trailing_comma, _keyword_as_name, _arrow, _bare_node,
    _wrong_bracket, _unclosed_bracket, _missing_comma, _strange_character, _unexpected,
)  # fmt: skip


# --- reading on -----------------------------------------------------------------------------------------------------

_CLAUSE = r"(?:CREATE|MERGE|MATCH|OPTIONAL\s+MATCH|UNWIND|WITH|RETURN|SET|REMOVE|DELETE|DETACH|CALL|FOREACH)\b(?!\s*:)"
_NEXT_CLAUSE = re.compile(
    rf"""'[^'\n]*'|"[^"\n]*"|`[^`\n]*`|//[^\n]*"""
    rf"""|(?P<line>(?:^|(?<=\n))[ \t]*(?:{_CLAUSE}|\())"""
    rf"""|(?P<inline>(?<![\w.:$`])(?:(?:CREATE|MERGE)\s*\(|(?:RETURN|MATCH)\b(?!\s*:)))""",
    re.IGNORECASE,
)


def next_clause(text: str, misfit: Misfit) -> int | None:
    """Where to read on: the next place that looks like the start of a clause."""
    start = misfit.found.start
    if misfit.word.upper() in words.CLAUSES and start > misfit.begin:
        return start
    if misfit.before is not None and misfit.before.kind == "SEMICOLON":
        return start if start > misfit.begin and misfit.found.kind != "SEMICOLON" else start + 1
    for found in _NEXT_CLAUSE.finditer(text, max(start, misfit.begin + 1)):
        if found.lastgroup:
            return found.start() + len(found[0]) - len(found[0].lstrip())
    return None
