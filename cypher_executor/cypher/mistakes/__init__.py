"""What is wrong where a text does not fit the grammar, in one sentence, with the fix where there is one.

Each function in the modules below knows one mistake that people make. It looks at the token that did not fit, at the
one before it and at what could have stood there, and answers None when the mistake is another one. The first answer
counts, so the order of `_KNOWN` is from the special to the general; `_unexpected` always has an answer.

misfit     where reading stopped, and what can be seen from there
quotes     strings that never end, or end too early
clauses    where clauses begin, and where to read on
names      names and numbers
patterns   arrows and nodes
brackets   brackets, and commas within them
signs      characters that Cypher does not use
"""

from __future__ import annotations

from cypher_executor.cypher import words
from cypher_executor.cypher.mistakes import brackets, clauses, names, patterns, quotes, signs
from cypher_executor.cypher.mistakes.clauses import next_clause
from cypher_executor.cypher.mistakes.misfit import Known, Misfit, Piece, Where, short
from cypher_executor.errors import Diagnostic

__all__ = ["Misfit", "Piece", "Where", "explain", "next_clause"]


def explain(misfit: Misfit, where: Where) -> Diagnostic:
    """The diagnostic for a misfit; `where` turns offsets into places."""
    return next((d for known in _KNOWN if (d := known(misfit, where)) is not None), None) or _unexpected(misfit, where)


def _unexpected(m: Misfit, where: Where) -> Diagnostic:
    found = f"the end of the {m.whole}" if m.found.kind == "$END" else f"`{short(m.word)}`"
    wanted = words.joined(words.expected(m.accepts) or ["something else"])
    behind = f" behind `{short(m.previous)}`" if m.before else ""
    message = f"Expected {wanted}{behind}, and not {found}."
    return Diagnostic("syntax_error", message, where(m.found.start, m.found.end))


_KNOWN: tuple[Known, ...] = (
    *quotes.KNOWN, *clauses.KNOWN, *names.KNOWN, *patterns.KNOWN, *brackets.KNOWN, *signs.KNOWN,
)  # fmt: skip
