"""The inner loop of the parser: lark's tables, followed with nothing looked up that could be looked up beforehand.

Lark makes the tables (and keeps them in a file); most of the time of a parse would go into the calls between the
methods with which it follows them. So the tables are turned into plain dicts here, one for each state: what matches the
next token, what a token does, where a rule leads. This loop only reads what is right: where a text does not fit it
stops, and lark, which knows what could have stood there, reads it again.

What a rule is made of is handed to the builder at once, so there is no parse tree. Rules whose names begin with `_` are
no rules of their own: what they are made of becomes part of the rule around.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Children = list[Any]
Build = Callable[[Children], Any]
Match = Callable[[str, int, int], re.Match[str] | None]
Reduction = tuple[int, str, Build]
"""How many values a rule takes, its name, and what makes its value of them."""

END = "$END"
SPACE = r"[\s\u180E\uFEFF]*+"


class Token(str):
    """A token is its text, with its type and its place."""

    __slots__ = ("column", "end_column", "end_line", "end_pos", "line", "start_pos", "type", "value")

    type: str
    value: str
    line: int
    column: int
    end_line: int
    end_column: int
    start_pos: int
    end_pos: int


class Misread(Exception):
    """The text does not fit."""


@dataclass(frozen=True, slots=True)
class Tables:
    """For each state: the match of the next token (its type is the name of the group), what each type of token does
    (a state to go on in, or a reduction), and the state behind each rule."""

    match: Mapping[int, Match]
    actions: Mapping[int, Mapping[str, int | Reduction]]
    gotos: Mapping[int, Mapping[str, int]]
    ignored: Mapping[str, Callable[[Token], object]]
    """Types of tokens that are passed over, and who wants to know of them."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is read: `text[start:end]`, from the state `first` to the state `last`. Its first line has the number
    `line` and began at the offset `line_start`."""

    text: str
    start: int
    end: int
    first: int
    last: int
    line: int
    line_start: int


def token_matcher(terminals: Sequence[tuple[str, str]], flags: int) -> Match:
    """What finds the next of these terminals (pairs of name and regular expression), and the blanks before it."""
    return re.compile(SPACE + "(?:" + "|".join(f"(?P<{name}>{body})" for name, body in terminals) + ")", flags).match


def inlining(flags: Sequence[bool], build: Build) -> Build:
    """`build`, with those children that are lists of their own (as `flags` says) put in their place."""
    if not any(flags):
        return build
    if list(flags) == [True]:
        return lambda children: build(children[0])

    def flat(children: Children) -> Any:
        found: Children = children[0] if flags[0] else [children[0]]
        for child, inlined in zip(children[1:], flags[1:], strict=True):
            if inlined:
                found += child
            else:
                found.append(child)
        return build(found)

    return flat


def follow(tables: Tables, stretch: Stretch, move: Callable[[Token], None] | None = None) -> Any:
    """The value of the whole stretch; `move` may give each token another place. Raises Misread."""
    text, end, last = stretch.text, stretch.end, stretch.last
    match, actions, gotos, ignored = tables.match, tables.actions, tables.gotos, tables.ignored
    position, line, line_start = stretch.start, stretch.line, stretch.line_start
    states, values = [stretch.first], list[Any]()
    state, new = stretch.first, str.__new__
    while True:
        found = match[state](text, position, end)
        if found is None:
            if not _only_space(text, position, end):
                raise Misread
            kind, token = END, None
        else:
            kind = found.lastgroup or ""
            start, stop = found.span(kind)
            token = new(Token, text[start:stop])
            token.type = kind
            token.value = text[start:stop]
            token.start_pos, token.end_pos = start, stop
            if "\n" in found[0]:
                line, line_start = _next_line(text, position, start, line, line_start)
                token.line, token.column = line, start - line_start + 1
                line, line_start = _next_line(text, start, stop, line, line_start)
            else:
                token.line, token.column = line, start - line_start + 1
            token.end_line, token.end_column = line, stop - line_start + 1
            position = stop
            if kind in ignored:
                ignored[kind](token)
                continue
            if move is not None:
                move(token)
        while True:
            action = actions[state].get(kind)
            if type(action) is int:
                states.append(action)
                values.append(token)
                state = action
                break
            if action is None:
                raise Misread
            size, rule, build = action  # type: ignore[misc]
            if size:
                children = values[-size:]
                del values[-size:], states[-size:]
            else:
                children = []
            values.append(build(children))
            state = gotos[states[-1]][rule]
            states.append(state)
            if token is None and state == last:
                return values[-1]


_BLANK = re.compile(SPACE)


def _only_space(text: str, start: int, end: int) -> bool:
    found = _BLANK.match(text, start, end)
    return found is not None and found.end() == end


def _next_line(text: str, start: int, stop: int, line: int, line_start: int) -> tuple[int, int]:
    """Which line it is at `stop`, and where that began, when at `start` it was `line`."""
    count = text.count("\n", start, stop)
    return (line + count, text.rfind("\n", start, stop) + 1) if count else (line, line_start)
