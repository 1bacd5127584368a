"""From text to syntax tree. The only module that knows lark.

The parser is lark's LALR(1) with its contextual lexer; `tree.Builder` is called at each reduction, so no parse tree is
made, nothing calls itself, and depth costs a stack entry and no Python frame.

A text with mistakes is read on: at a token that does not fit, `mistakes` says what is wrong, and parsing starts again
at the next clause. There is a statement only if there was no mistake. A text whose mistakes the grammar lets through
(`==`, `30s`) has a `draft`, in which they are mended; `salvage` gets a draft out of the others.

Making the tables takes most of a second, loading them a twentieth of that: `tables` says where they are kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken
from lark.parsers.lalr_analysis import Shift
from lark.utils import TextSlice

from cypher_executor.cypher import mistakes, syntax, tables
from cypher_executor.cypher.automaton import (
    END,
    Match,
    Misread,
    Reduction,
    Stretch,
    Tables,
    follow,
    inlining,
    token_matcher,
)
from cypher_executor.cypher.mending import Mended
from cypher_executor.cypher.places import Lines, at
from cypher_executor.cypher.problems import MAX_PROBLEMS
from cypher_executor.cypher.tree import Builder
from cypher_executor.cypher.undisturbed import undisturbed
from cypher_executor.errors import Diagnostic, Place, TextEdit
from cypher_executor.files import shipped

_HALVES = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text says. `statement` is None exactly if `diagnostics` has an error.

    `draft` is what was read although there were mistakes: None if reading had to stop somewhere. Where it stopped is in
    `stopped`, and what would have made it go on, as far as that is known, in `repairs`.
    """

    statement: syntax.Script | None
    diagnostics: tuple[Diagnostic, ...]
    comments: tuple[syntax.Comment, ...]
    draft: syntax.Script | None = None
    stopped: tuple[Place, ...] = ()
    repairs: tuple[TextEdit, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedExpression:
    """An expression on its own. `expression` is None exactly if `diagnostics` has an error."""

    expression: syntax.Expression | None
    diagnostics: tuple[Diagnostic, ...]


class _Misfit(Exception):
    """The parser met what it cannot use."""

    def __init__(self, misfit: mistakes.Misfit) -> None:
        self.misfit = misfit


class Parser:
    """The language, loaded. One parser reads one text at a time; threads take turns."""

    def __init__(self, cache: Path | None = None) -> None:
        self._lock = RLock()
        self._builder = Builder(self._expression_in_string)
        self._comments: list[syntax.Comment] = []
        self._silent = False
        self._where: mistakes.Where | None = None
        self._stopped: list[Place] = []
        self._repairs: list[TextEdit] = []
        self._lark = self._load(cache)
        parsing: Any = self._lark.parser
        self._table = parsing.parser.parser.parse_table
        self._tables = _tables(self._lark, self._builder)

    def parse(self, text: str) -> Parsed:
        """Reads a recipe or a query, and finds every mistake of syntax in it."""
        return self._parse(text, text, None)

    def parse_mended(self, mended: Mended) -> Parsed:
        """Reads a mended text; whatever is found has the place that it has in the original."""
        return self._parse(mended.text, mended.original, mended.place)

    def _parse(self, text: str, original: str, where: mistakes.Where | None) -> Parsed:
        with self._lock, undisturbed():
            self._begin(original, where, templates=True)
            self._refuse_halves(text, where)
            statement = self._script(text, where)
            ordered = sorted(self._builder.problems.found, key=lambda d: (d.place.line, d.place.column))
            diagnostics = tuple(ordered[:MAX_PROBLEMS])
            return Parsed(
                None if diagnostics else statement,
                diagnostics,
                tuple(self._comments),
                None if self._stopped else statement,
                tuple(self._stopped),
                tuple(self._repairs),
            )

    def parse_expression(self, text: str, place: Place | None = None, *, templates: bool = False) -> ParsedExpression:
        """Reads one expression. `place` is where its text begins, (1, 1) by default; with `templates`, `{{ }}` in its
        strings are read."""
        line, column = (place.line, place.column) if place else (1, 1)
        where = _mapped(_positions_from(text, line, column)) if (line, column) != (1, 1) else None
        with self._lock:
            self._begin(text, where, templates=templates)
            problems = self._builder.problems
            expression, more = self._expression(text, where)
            held = [d for _, found in self._builder.held.values() for d in found]
            diagnostics = (*problems.found, *held, *more)
            return ParsedExpression(None if diagnostics else expression, diagnostics)

    def _begin(self, text: str, where: mistakes.Where | None, *, templates: bool) -> None:
        self._builder.begin(text, templates=templates)
        self._where = where
        self._comments, self._stopped, self._repairs = [], [], []

    def _refuse_halves(self, text: str, where: mistakes.Where | None) -> None:
        """No UTF-8 holds half of a pair of surrogates, so nothing could keep a recipe with one."""
        for found in _HALVES.finditer(text):
            message = f"The character U+{ord(found[0]):04X} is half of a pair, and none on its own: remove it."
            self._builder.problems.add("unexpected_character", message, (where or Lines(text).place)(*found.span()))

    def _script(self, text: str, where: mistakes.Where | None) -> syntax.Script | None:
        start, problems = 0, self._builder.problems.found
        while not self._builder.problems.full:
            known = len(problems)
            try:
                return self._read(text, "script", start, where)  # type: ignore[no-any-return]
            except _Misfit as stopped:
                misfit = stopped.misfit
            if misfit.before is not None and "$END" in misfit.accepts:
                del problems[known:]
                self._read_again(text, start, misfit.before.end, where)
            self._explain(misfit, where or Lines(text).place)
            following = mistakes.next_clause(text, misfit)
            if following is None:
                return None
            start = following
        return None

    def _explain(self, misfit: mistakes.Misfit, where: mistakes.Where) -> None:
        """Notes what is wrong where reading stopped; its fix would make the text go on."""
        problems = self._builder.problems.found
        found = mistakes.explain(misfit, where)
        self._stopped.append(found.place)
        swallowed = misfit.found.kind == "$END" and any(d.code == "comment_unclosed" for d in problems)
        if not swallowed and (found.code != "empty_text" or not problems):
            problems.append(found)
        if found.fix is not None:
            self._repairs.append(found.fix)

    def _expression(
        self, text: str, where: mistakes.Where | None, first: tuple[int, int] | None = None
    ) -> tuple[syntax.Expression | None, Sequence[Diagnostic]]:
        try:
            return self._read(text, "expression", 0, None if first else where, None, first or (1, 1)), ()
        except _Misfit as stopped:
            return None, (mistakes.explain(stopped.misfit, where or Lines(text).place),)

    def _expression_in_string(
        self, text: str, positions: Sequence[tuple[int, int]]
    ) -> tuple[syntax.Expression | None, Sequence[Diagnostic]]:
        """Called by the builder in the middle of a text. Strings in a template have no templates of their own."""
        silent, self._silent = self._silent, True
        self._builder.templates = False
        try:
            (line, column), (end_line, end_column) = positions[0], positions[-1]
            straight = line == end_line and end_column - column == len(text)
            return self._expression(text, _mapped(positions), (line, column) if straight else None)
        finally:
            self._silent, self._builder.templates = silent, True

    def _read_again(self, text: str, start: int, end: int, where: mistakes.Where | None) -> None:
        """Reads clauses that are complete in themselves, so that what is wrong in the last of them is found, too."""
        silent, self._silent = self._silent, True
        try:
            self._read(text, "script", start, where, end)
        except _Misfit:
            pass  # a word at the end that only the text behind it made what it was
        finally:
            self._silent = silent

    def _read(
        self,
        text: str,
        rule: str,
        start: int,
        where: mistakes.Where | None = None,
        end: int | None = None,
        first: tuple[int, int] = (1, 1),
    ) -> Any:
        """The value of `text[start:end]` as a `rule`; `first` is line and column of the text. Raises _Misfit."""
        stop = len(text) if end is None else end
        line, line_start = first[0] + text.count("\n", 0, start), text.rfind("\n", 0, start) + 1
        table = self._table
        stretch = Stretch(
            text, start, stop, table.start_states[rule], table.end_states[rule],
            line, line_start if line_start else 1 - first[1],
        )  # fmt: skip
        before = self._builder.noted(), len(self._comments)
        try:
            return follow(self._tables, stretch, None if where is None else lambda token: _move(token, where))
        except Misread:
            self._builder.forget(before[0])
            del self._comments[before[1] :]
        return self._read_wrong(text, rule, start, where, stop)

    def _read_wrong(self, text: str, rule: str, start: int, where: mistakes.Where | None, end: int) -> Any:
        """Reads what does not fit once more, with lark's own loop, which says where it stopped and why."""
        parser = self._lark.parse_interactive(TextSlice(text, start, end), rule)
        state = parser.parser_state
        previous: Token | None = None
        try:
            for token in parser.lexer_thread.lex(state):  # type: ignore[no-untyped-call]
                if where is not None:
                    _move(token, where)
                state.feed_token(token)
                previous = token
            last = Token.new_borrow_pos("$END", "", previous) if previous else Token("$END", "", len(text), 1, 1)
            return state.feed_token(last, True)
        except (UnexpectedToken, UnexpectedCharacters) as stopped:
            accepts = self._accepted(text, rule, start, _offset(stopped, text))
            whole = "text" if rule == "script" else rule
            raise _Misfit(_misfit(text, start, stopped, previous, accepts, whole)) from None

    def _accepted(self, text: str, rule: str, start: int, stop: int) -> frozenset[str]:
        """What could stand at `stop`. A token that does not fit may have completed rules before it was refused, and
        so have spoilt the state; this reads the tokens before it once more, without building anything."""
        parser = self._lark.parse_interactive(TextSlice(text, start, len(text)), rule)
        state = parser.parser_state
        state.parse_conf = copy(state.parse_conf)
        state.parse_conf.callbacks = {}
        silent, self._silent = self._silent, True
        try:
            for token in parser.lexer_thread.lex(state):  # type: ignore[no-untyped-call]
                if token.start_pos >= stop:
                    break
                state.feed_token(token)
        except (UnexpectedToken, UnexpectedCharacters):
            pass  # where the first reading stopped: from here on nothing is lexed
        finally:
            self._silent = silent
        return frozenset(parser.accepts())  # type: ignore[no-untyped-call]

    def _load(self, cache: Path | None) -> Lark:
        grammar = (shipped("grammar") / "cypher.lark").read_text(encoding="utf-8")
        with undisturbed():
            return Lark(
                grammar,
                parser="lalr",
                lexer="contextual",
                start=["script", "expression"],
                keep_all_tokens=True,
                maybe_placeholders=False,
                transformer=self._builder,
                lexer_callbacks={"COMMENT": self._comment, "COMMENT_MISTAKE": self._unclosed_comment},
                cache=str(cache) if cache else False,
            )

    def _comment(self, token: Token) -> Token:
        if not self._silent:
            self._comments.append(syntax.Comment(at(token), str(token)))
        return token

    def _unclosed_comment(self, token: Token) -> Token:
        if not self._silent:
            start = token.start_pos or 0
            found = Place(token.line or 1, token.column or 1, token.line or 1, (token.column or 1) + 2)
            place = self._where(start, start + 2) if self._where else found
            self._builder.problems.add("comment_unclosed", "This comment is never closed: put `*/` at its end.", place)
        return token


def _tables(loaded: Lark, builder: Builder) -> Tables:
    """What lark has made, in the form that the loop follows."""
    parser: Any = loaded.parser
    states = parser.parser.parser.parse_table.states
    reductions: dict[int, Reduction] = {}
    actions: dict[int, dict[str, int | Reduction]] = {}
    gotos: dict[int, dict[str, int]] = {}
    for state, row in states.items():
        actions[state], gotos[state] = {}, {}
        for symbol, (action, target) in row.items():
            if action is Shift:
                (actions if symbol.isupper() or symbol == END else gotos)[state][symbol] = target
            else:
                if id(target) not in reductions:
                    reductions[id(target)] = _reduction(target, builder)
                actions[state][symbol] = reductions[id(target)]
    callbacks = parser.lexer_conf.callbacks
    ignored = {kind: callbacks[kind] for kind in parser.lexer_conf.ignore if kind in callbacks}
    return Tables(_Matchers(parser.lexer.lexers), actions, gotos, ignored)


class _Matchers(dict[int, Match]):
    """What finds the next token, by state; made when a text first comes to the state."""

    def __init__(self, lexers: Mapping[int, Any]) -> None:
        self._lexers = lexers
        self._made: dict[int, Match] = {}

    def __missing__(self, state: int) -> Match:
        lexer = self._lexers[state]  # which many states share
        if id(lexer) not in self._made:
            terminals = [(t.name, t.pattern.to_regexp()) for t in lexer.terminals if t.name != "SPACE"]
            self._made[id(lexer)] = token_matcher(terminals, lexer.g_regex_flags)
        self[state] = self._made[id(lexer)]
        return self[state]


def _reduction(rule: Any, builder: Builder) -> Reduction:
    name = rule.origin.name
    build = (lambda children: children) if name.startswith("_") else getattr(builder, rule.alias or name)
    inlined = [not symbol.is_term and symbol.name.startswith("_") for symbol in rule.expansion]
    return len(inlined), name, inlining(inlined, build)


def _offset(stopped: UnexpectedToken | UnexpectedCharacters, text: str) -> int:
    if isinstance(stopped, UnexpectedCharacters):
        return stopped.pos_in_stream or 0
    return len(text) if stopped.token.type == "$END" else stopped.token.start_pos or 0


def _misfit(
    text: str, start: int, stopped: UnexpectedToken | UnexpectedCharacters, previous: Token | None,
    accepts: frozenset[str], whole: str,
) -> mistakes.Misfit:  # fmt: skip
    before = mistakes.Piece(previous.type, previous.start_pos or 0, previous.end_pos or 0) if previous else None
    if isinstance(stopped, UnexpectedCharacters):
        at_sign = stopped.pos_in_stream or 0
        found = mistakes.Piece("", at_sign, at_sign + 1)
    elif stopped.token.type == "$END":
        found = mistakes.Piece("$END", len(text), len(text))
    else:
        found = mistakes.Piece(stopped.token.type, stopped.token.start_pos or 0, stopped.token.end_pos or 0)
    return mistakes.Misfit(text, start, found, before, accepts, whole)


def _move(token: Any, where: mistakes.Where) -> None:
    """Gives a token of a text within a text its place in the outer one."""
    assert token.start_pos is not None and token.end_pos is not None
    place = where(token.start_pos, token.end_pos)
    token.line, token.column, token.end_line, token.end_column = (
        place.line, place.column, place.end_line, place.end_column,
    )  # fmt: skip


def _mapped(positions: Sequence[tuple[int, int]]) -> mistakes.Where:
    return lambda start, end: Place(*positions[start], *positions[end])


def _positions_from(text: str, line: int, column: int) -> list[tuple[int, int]]:
    found = []
    for character in text:
        found.append((line, column))
        line, column = (line + 1, 1) if character == "\n" else (line, column + 1)
    return [*found, (line, column)]


_shared: Parser | None = None


def shared() -> Parser:
    """The parser that `parse` and `parse_expression` use, loaded at first use."""
    global _shared
    if _shared is None:
        _shared = Parser(tables.cache())
    return _shared


def parse(text: str) -> Parsed:
    """Reads a recipe or a query, and finds every mistake of syntax in it."""
    return shared().parse(text)


def parse_mended(mended: Mended) -> Parsed:
    """Reads a mended text; whatever is found has the place that it has in the original."""
    return shared().parse_mended(mended)


def parse_expression(text: str, place: Place | None = None, *, templates: bool = False) -> ParsedExpression:
    """Reads one expression whose text begins at `place`."""
    return shared().parse_expression(text, place, templates=templates)
