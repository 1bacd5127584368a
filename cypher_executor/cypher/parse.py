"""From text to syntax tree. The only module that knows lark.

The parser is lark's LALR(1) with its contextual lexer; `tree.Builder` is called at each reduction, so no parse tree is
made, nothing calls itself, and depth costs a stack entry and no Python frame.

A text with mistakes is read on: at a token that does not fit, `mistakes` says what is wrong, and parsing starts again
at the next clause. There is a statement only if there was no mistake. A text whose mistakes the grammar lets through
(`==`, `30s`) has a `draft`, in which they are mended; `salvage` gets a draft out of the others.

Making the tables takes most of a second, loading them a twentieth of that: `use_cache` names a file for them. The
file is a pickle, so the folder must be private to the user; choosing it is the caller's affair.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken
from lark.lexer import ContextualLexer
from lark.parsers.lalr_analysis import Shift
from lark.utils import TextSlice

from cypher_executor.cypher import mistakes, syntax
from cypher_executor.cypher.mending import Mended, repair
from cypher_executor.cypher.places import Lines, at
from cypher_executor.cypher.problems import MAX_PROBLEMS
from cypher_executor.cypher.tree import Builder
from cypher_executor.errors import Diagnostic, Place, TextEdit
from cypher_executor.files import shipped


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


class _Lexer(ContextualLexer):
    """lark's contextual lexer with its inner loop written out, because most of the time of a parse went into the calls
    between its methods. White space is skipped here; errors are left to the original."""

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        piece, counter, stack = lexer_state.text, lexer_state.line_ctr, parser_state.state_stack
        text, end = piece.text, piece.end
        while True:
            space = _SPACE(text, counter.char_pos, end)
            if space:
                counter.feed(space[0])
            lexer = self.lexers[stack[-1]]
            found = lexer.match(piece, counter.char_pos) if counter.char_pos < end else None  # type: ignore[attr-defined]
            if found is None:
                yield from super().lex(lexer_state, parser_state)
                return
            token = _token(counter, *found)
            callback = lexer.callback.get(token.type)  # type: ignore[attr-defined]
            if callback is not None:
                callback(token)
            if token.type not in lexer.ignore_types:  # type: ignore[attr-defined]
                lexer_state.last_token = token
                yield token


def _token(counter: Any, value: str, kind: str) -> Token:
    """The token that begins where `counter` is, which is moved to its end."""
    token = str.__new__(Token, value)
    token.type, token.value = kind, value
    token.start_pos, token.line, token.column = counter.char_pos, counter.line, counter.column
    counter.feed(value)
    token.end_pos, token.end_line, token.end_column = counter.char_pos, counter.line, counter.column
    return token


_SPACE = re.compile(r"\s+").match


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
        self._rules = _rules_by_identity(self._lark)

    def parse(self, text: str) -> Parsed:
        """Reads a recipe or a query, and finds every mistake of syntax in it."""
        return self._parse(text, text, None)

    def parse_mended(self, mended: Mended) -> Parsed:
        """Reads a mended text; whatever is found has the place that it has in the original."""
        return self._parse(mended.text, mended.original, mended.place)

    def _parse(self, text: str, original: str, where: mistakes.Where | None) -> Parsed:
        with self._lock:
            self._begin(original, where, templates=True)
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
        """Notes what is wrong where reading stopped, and what would mend it."""
        problems = self._builder.problems.found
        found = mistakes.explain(misfit, where)
        self._stopped.append(found.place)
        if found.code != "empty_text" or not problems:
            problems.append(found)
        mending = repair(misfit, found, where)
        if mending is not None:
            self._repairs.append(mending)

    def _expression(
        self, text: str, where: mistakes.Where | None
    ) -> tuple[syntax.Expression | None, Sequence[Diagnostic]]:
        try:
            return self._read(text, "expression", 0, where), ()
        except _Misfit as stopped:
            return None, (mistakes.explain(stopped.misfit, where or Lines(text).place),)

    def _expression_in_string(
        self, text: str, positions: Sequence[tuple[int, int]]
    ) -> tuple[syntax.Expression | None, Sequence[Diagnostic]]:
        """Called by the builder in the middle of a text. Strings in a template have no templates of their own."""
        silent, self._silent = self._silent, True
        self._builder.templates = False
        try:
            return self._expression(text, _mapped(positions))
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
    ) -> Any:
        parser = self._lark.parse_interactive(TextSlice(text, start, len(text) if end is None else end), rule)
        state = parser.parser_state
        previous: Token | None = None
        try:
            for token in parser.lexer_thread.lex(state):  # type: ignore[no-untyped-call]
                if where is not None:
                    _move(token, where)
                self._feed(state, token)
                previous = token
            last = Token.new_borrow_pos("$END", "", previous) if previous else Token("$END", "", len(text), 1, 1)
            return state.feed_token(last, True)
        except (UnexpectedToken, UnexpectedCharacters) as stopped:
            accepts = self._accepted(text, rule, start, _offset(stopped, text))
            raise _Misfit(_misfit(text, start, stopped, previous, accepts)) from None

    def _feed(self, state: Any, token: Token) -> None:
        """What lark's own `feed_token` does, with all that it looks up for each rule looked up beforehand."""
        states, values, table, rules = state.state_stack, state.value_stack, state.parse_conf.states, self._rules
        while True:
            found = table[states[-1]].get(token.type)
            if found is None:
                state.feed_token(token)  # raises UnexpectedToken
                raise AssertionError("lark accepted a token that is not in its table")
            action, target = found
            rule = rules.get(id(target)) if action is not Shift else None
            if rule is None:
                states.append(target)
                values.append(token)
                return
            size, origin, build = rule
            start = len(values) - size  # not `-size`, which for an empty rule would be everything
            value = build(values[start:])
            del states[start + 1 :]  # below the first value there is a state
            del values[start:]
            states.append(table[states[-1]][origin][1])
            values.append(value)

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
        collecting = gc.isenabled()
        gc.disable()  # loading makes many objects that all stay
        try:
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
                _plugins={"ContextualLexer": _Lexer},
            )
        finally:
            if collecting:
                gc.enable()

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


def _rules_by_identity(loaded: Lark) -> dict[int, tuple[int, str, Callable[[list[Any]], Any]]]:
    """For each rule in the parser's tables: how much it takes from the stack, its name, and what builds its value."""
    parser: Any = loaded.parser
    callbacks = parser.parser.parser.callbacks
    table = parser.parser.parser.parse_table.states
    rules = {id(target): target for row in table.values() for action, target in row.values() if action is not Shift}
    return {key: (len(rule.expansion), rule.origin.name, callbacks[rule]) for key, rule in rules.items()}


def _offset(stopped: UnexpectedToken | UnexpectedCharacters, text: str) -> int:
    if isinstance(stopped, UnexpectedCharacters):
        return stopped.pos_in_stream or 0
    return len(text) if stopped.token.type == "$END" else stopped.token.start_pos or 0


def _misfit(
    text: str, start: int, stopped: UnexpectedToken | UnexpectedCharacters, previous: Token | None,
    accepts: frozenset[str],
) -> mistakes.Misfit:  # fmt: skip
    before = mistakes.Piece(previous.type, previous.start_pos or 0, previous.end_pos or 0) if previous else None
    if isinstance(stopped, UnexpectedCharacters):
        at_sign = stopped.pos_in_stream or 0
        found = mistakes.Piece("", at_sign, at_sign + 1)
    elif stopped.token.type == "$END":
        found = mistakes.Piece("$END", len(text), len(text))
    else:
        found = mistakes.Piece(stopped.token.type, stopped.token.start_pos or 0, stopped.token.end_pos or 0)
    return mistakes.Misfit(text, start, found, before, accepts)


def _move(token: Token, where: mistakes.Where) -> None:
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
_cache: Path | None = None


def use_cache(file: Path) -> None:
    """Where `parse` and `parse_expression` keep the grammar's tables. To be called before their first use."""
    global _cache
    _cache = file


def shared() -> Parser:
    """The parser that `parse` and `parse_expression` use, loaded at first use."""
    global _shared
    if _shared is None:
        _shared = Parser(_cache)
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
