"""How a text is damaged: tokens are lost, doubled, swapped and taken from other texts, numbers and strings go to their
extremes, brackets nest, characters are broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Tokens = list[str]

_TOKEN = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`[^`\n]*`|//[^\n]*|\w+|\s+|=~|<>|[<>]=|\.\.|[\s\S]""")
_EXTREMES = (
    "0", "-1", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e308", "1e309", "0x", "30s",
    "0.1", "null", "true", "$x", "$input", "[]", "{}", "''", "'{{ $x }}'", "'{{'", "'\\{{'", "'(a'", "'P1Y'",
    "'\ud800'",
    "range(1, 1000000000)", "date('2020-01-31')", "duration('P1M')", "[1, null, 'a', 1.5, [2], {k: 3}]", "a.b.c",
    "{k: 1, l: [2]}", "'12:00:00[Europe/Berlin]'", "NaN", "\u00e9", "e\u0301", "\U0001f600", "\u200d", "\x00",
    "\u2028",
)  # fmt: skip
_SNIPPETS = (
    "(", ")", "[", "]", "{", "}", "{{", "}}", "'", '"', "`", "/*", "*/", "//", "\\", ";", ",", ":", "|", "=", "==",
    "->",
    "<-", "--", "=>", "..", "$", "*", "=~", " IN ", " NOT ", " CASE ", " WHEN ", " THEN ", " END ", " IS NULL ",
    " WHERE ",
    " RETURN ", " CREATE ", " MATCH ", " WITH ", " UNION ", " EXISTS {", " COUNT {", " UNWIND ", " AS ", " DISTINCT ",
    "-[:ON_SUCCESS]->", "-[ON_FAIL]->", "-[:FOR_EACH {in: a}]->", "(:Recipe {name: 'x'})", "(a:wait {seconds: -1})",
    "retry: {attempts: 0}", "join: 3", "for_each: [1]", "repeat: {until: true}", "reduce(s = 0, x IN xs | s + x)",
    "[x IN [1] WHERE x | x]", "any(x IN [1] WHERE x)", "shortestPath((a)-[*]->(b))", " ORDER BY ", " LIMIT ", " CALL ",
)  # fmt: skip
_NESTS = (("(", ")"), ("[", "]"), ("{k: ", "}"), ("NOT ", ""), ("-", ""), ("CASE WHEN true THEN ", " END"),
          ("coalesce(", ")"), ("a[", "]"), ("[x IN ", "]"), ("EXISTS { MATCH (n) WHERE ", " }"))  # fmt: skip


def damaged(random: Random, texts: tuple[str, ...]) -> str:
    """One text with a few things done to it."""
    tokens = _TOKEN.findall(random.choice(texts))
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        random.choice(_WAYS)(random, tokens, texts)
    return "".join(tokens)


def _at(random: Random, tokens: Tokens) -> int:
    return random.randrange(len(tokens) + 1)


def _lose(random: Random, tokens: Tokens, texts: tuple[str, ...]) -> None:
    start = _at(random, tokens)
    del tokens[start : start + random.choice((1, 1, 2, 8))]


def _double(random: Random, tokens: Tokens, texts: tuple[str, ...]) -> None:
    start = _at(random, tokens)
    tokens[start:start] = tokens[start : start + random.randint(1, 12)] * random.choice((1, 1, 2, 30))


def _swap(random: Random, tokens: Tokens, texts: tuple[str, ...]) -> None:
    if tokens:
        one, other = random.randrange(len(tokens)), random.randrange(len(tokens))
        tokens[one], tokens[other] = tokens[other], tokens[one]


def _borrow(random: Random, tokens: Tokens, texts: tuple[str, ...]) -> None:
    others = _TOKEN.findall(random.choice(texts))
    start, first = _at(random, tokens), random.randrange(len(others))
    tokens[start : start + random.choice((0, 1, 4))] = others[first : first + random.randint(1, 15)]


def _extreme(random: Random, tokens: Tokens, texts: tuple[str, ...]) -> None:
    words = [i for i, token in enumerate(tokens) if re.match(r"[\w'\"$]", token)]
    start = random.choice(words) if words else _at(random, tokens)
    tokens[start : start + 1] = [random.choice(_EXTREMES)]


def _insert(random: Random, tokens: Tokens, texts: tuple[str, ...]) -> None:
    start = _at(random, tokens)
    tokens[start:start] = [random.choice(_SNIPPETS)]


def _nest(random: Random, tokens: Tokens, texts: tuple[str, ...]) -> None:
    opening, closing = random.choice(_NESTS)
    start, depth = _at(random, tokens), random.choice((1, 3, 60, 120, 400))
    tokens[start : start + 1] = [opening * depth, *tokens[start : start + 1], closing * depth]


def _break(random: Random, tokens: Tokens, texts: tuple[str, ...]) -> None:
    text = "".join(tokens)
    start = random.randrange(len(text) + 1)
    sign = chr(random.choice((0, 9, 10, 13, 39, 92, 0x301, 0xD800, 0xFEFF, 0x2028, random.randrange(0x110000))))
    tokens[:] = _TOKEN.findall(text[:start] + sign + text[start + random.randint(0, 1) :])


_WAYS: tuple[Callable[[Random, Tokens, tuple[str, ...]], None], ...] = (
    _lose, _double, _swap, _borrow, _borrow, _extreme, _extreme, _insert, _insert, _nest, _break,
)  # fmt: skip
