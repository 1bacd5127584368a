"""What an expression refers to: the free variables, parameters and functions in it, each with its place.

A variable that a comprehension, a quantifier or `reduce` introduces is not free inside of it. The tree is followed
with a stack of our own, because its depth is the author's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from cypher_executor.cypher import syntax


@dataclass
class References:
    """In the order of the text."""

    variables: list[syntax.Variable] = field(default_factory=list)
    parameters: list[syntax.Parameter] = field(default_factory=list)
    functions: list[syntax.FunctionCall] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Bind:
    """From here on these names are bound (`by` 1) or no longer bound (`by` -1) by what stands around them."""

    names: tuple[str, ...]
    by: int


_Step = syntax.Syntax | _Bind


def references(expression: syntax.Syntax, *, templates: bool = False) -> References:
    """What `expression` refers to. With `templates`, the `{{ }}` in its texts are expressions."""
    found = References()
    if isinstance(expression, syntax.Literal):
        return found  # as most are
    bound: Counter[str] = Counter()
    todo: list[_Step] = [expression]
    while todo:
        step = todo.pop()
        if isinstance(step, _Bind):
            bound.update(dict.fromkeys(step.names, step.by))
        else:
            _note(step, bound, found)
            todo.extend(reversed(_below(step, templates)))
    return found


def _note(node: syntax.Syntax, bound: Counter[str], found: References) -> None:
    match node:
        case syntax.Variable():
            if not bound[node.name]:
                found.variables.append(node)
        case syntax.Parameter():
            found.parameters.append(node)
        case syntax.FunctionCall():
            found.functions.append(node)


def _below(node: syntax.Syntax, templates: bool) -> Sequence[_Step]:
    match node:
        case syntax.Template() if not templates:
            return ()
        case syntax.PatternComprehension() | syntax.PatternPredicate() | syntax.Subquery():
            return ()  # names of a pattern, which mean nothing where there is no graph
        case syntax.ListComprehension() | syntax.Quantifier():
            return _binding((node.source,), (node.variable.text,), node)
        case syntax.Reduce():
            return _binding((node.initial, node.source), (node.accumulator.text, node.variable.text), node)
    return syntax.children(node)


def _binding(outside: tuple[syntax.Syntax, ...], names: tuple[str, ...], node: syntax.Syntax) -> Sequence[_Step]:
    """The children of a node that binds names: first those that do not see them."""
    inside = [child for child in syntax.children(node) if child not in outside]
    return [*outside, _Bind(names, 1), *inside, _Bind(names, -1)]
