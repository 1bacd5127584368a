"""From syntax to closures.

Two passes, neither of which calls itself. The first goes down the tree and notes, for each node, which names are bound
there and to which slots. The second goes through the same nodes backwards, so that the closures of everything below a
node exist when its own is built.

At run time a closure does call the closures below it, so the depth of an expression is limited here, to `MAX_DEPTH`.
What repeats without brackets is flat in the tree and does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cypher_executor.core.recipe import Scope
from cypher_executor.cypher import syntax
from cypher_executor.cypher.expressions.frame import Closure, Frame, Value
from cypher_executor.cypher.expressions.functions.table import Function
from cypher_executor.cypher.expressions.text import as_json, check_json
from cypher_executor.cypher.printing import print_expression
from cypher_executor.cypher.problems import Problems
from cypher_executor.errors import Diagnostic, ExpressionError

MAX_DEPTH = 100
"""How deep brackets may nest in one expression."""

Slots = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CompiledExpression:
    """A `core.recipe.Expression`. `closure` is for evaluators that have frames of their own."""

    text: str
    names: frozenset[str]
    closure: Closure
    slots: int
    grows: bool
    """Whether a value may become larger than the text suggests, so that it is looked over before it leaves."""

    foreign: bool = False
    """Whether a value may be one that JSON does not have, which leaves as its text."""

    def evaluate(self, scope: Scope) -> Value:
        """Its value in JSON's terms. Raises ExpressionError and nothing else."""
        frame = Frame(scope, self.slots)
        try:
            value = self.closure(frame)
        except RecursionError:
            raise ExpressionError("the expression is nested too deep", code="nested_too_deep") from None
        if self.grows or frame.not_finite or self.foreign:
            check_json(frame, value)
        return as_json(value) if self.foreign else value


class Host(Protocol):
    """What is around an expression, where that has more to offer than a step's view of its run: a query."""

    @property
    def functions(self) -> Mapping[str, Function]:
        """The functions that may be called, by name in lower case."""
        ...

    @property
    def columns(self) -> Mapping[int, str]:
        """Nodes of the tree, by id, whose value is a name's: what is below them is not looked at."""
        ...

    @property
    def constants(self) -> frozenset[int]:
        """Nodes of the tree, by id, whose value is worked out once for all evaluations."""
        ...

    def build(self, node: Any, work: Compiling) -> Closure:
        """The closure of a form of expression that asks a graph."""
        ...

    def once(self, closure: Closure) -> Closure:
        """The closure of a constant, from the one that works it out."""
        ...


GRAPH_FORMS = (syntax.PatternComprehension, syntax.PatternPredicate, syntax.Subquery)
"""Forms with names of their own inside, which are compiled by the host."""


class Compiling:
    """One expression while it is compiled."""

    def __init__(self, *, templates: bool, host: Host | None = None) -> None:
        self.templates = templates
        self.host = host
        self.columns: Mapping[int, str] = host.columns if host else {}
        self.problems = Problems()
        self.closures: dict[int, Closure] = {}
        self.bound: dict[int, Slots] = {}
        self.sizes: dict[int, int] = {}
        self.names: set[str] = set()
        self.slots = 0
        self.grows = False
        self.foreign = False

    def closure(self, node: syntax.Syntax) -> Closure:
        """What was built for a node below."""
        return self.closures[id(node)]

    def optional(self, node: syntax.Syntax | None) -> Closure | None:
        return None if node is None else self.closures[id(node)]

    def size(self, *below: syntax.Syntax | None) -> int:
        """How much is evaluated in one turn of a loop over these."""
        return 1 + sum(self.sizes[id(node)] for node in below if node is not None)

    def bind(self, slots: Slots, *names: str) -> Slots:
        """`slots` with these names added, in slots of their own."""
        bound = {**slots, **{name: _next_slot(slots) + i for i, name in enumerate(names)}}
        self.slots = max(self.slots, _next_slot(bound))
        return bound


def _next_slot(slots: Slots) -> int:
    return max(slots.values(), default=-1) + 1


Build = Callable[[Any, Compiling], Closure]
BUILDERS: dict[type[syntax.Syntax], Build] = {}


def builds(*kinds: type[syntax.Syntax]) -> Callable[[Build], Build]:
    """Registers the function that makes closures of nodes of these kinds."""

    def register(build: Build) -> Build:
        BUILDERS.update(dict.fromkeys(kinds, build))
        return build

    return register


def compile_expression(
    expression: syntax.Expression, *, templates: bool = False, host: Host | None = None
) -> tuple[CompiledExpression | None, tuple[Diagnostic, ...]]:
    """The closure of `expression`, or what is wrong with it. With `templates`, `{{ }}` in its strings are evaluated;
    without, they are text. Names are not checked: whoever evaluates knows which there are. Without a `host` there is
    no graph to ask."""
    work = Compiling(templates=templates, host=host)
    order = list(_down(expression, work))
    if not work.problems.found:
        for node in reversed(order):
            build = _column if id(node) in work.columns else BUILDERS.get(type(node))
            if build is not None:
                closure = build(node, work)
                once = host is not None and id(node) in host.constants
                work.closures[id(node)] = host.once(closure) if once and host is not None else closure
            work.sizes[id(node)] = 1 + sum(work.sizes[id(child)] for child in below(node, work))
    if work.problems.found:
        return None, tuple(work.problems.found)
    text = "" if host else print_expression(expression, templates=templates)
    closure = work.closure(expression)
    return CompiledExpression(text, frozenset(work.names), closure, work.slots, work.grows, work.foreign), ()


def below(node: syntax.Syntax, work: Compiling) -> list[syntax.Syntax]:
    """The nodes below that are compiled here: not those of a template that is only text, and not what the host does."""
    if isinstance(node, syntax.Template) and not work.templates:
        return []
    if id(node) in work.columns or (work.host is not None and isinstance(node, GRAPH_FORMS)):
        return []
    return syntax.children(node)


def _column(node: syntax.Syntax, work: Compiling) -> Closure:
    name = work.columns[id(node)]
    work.names.add(name)
    return lambda frame: frame.value_of(name)


def _down(expression: syntax.Expression, work: Compiling) -> Iterator[syntax.Syntax]:
    """Every node, parents first, noting what is bound where."""
    todo: list[tuple[syntax.Syntax, Slots, int]] = [(expression, {}, 0)]
    while todo:
        node, slots, depth = todo.pop()
        if depth > MAX_DEPTH:
            work.problems.add("nested_too_deep", f"Expressions may nest {MAX_DEPTH} deep, and this one nests deeper.",
                              node.place)  # fmt: skip
            return
        work.bound[id(node)] = slots
        yield node
        deeper = depth + (type(node) in BUILDERS)
        todo.extend((child, inside, deeper) for child, inside in _scoped(node, slots, work))


def _scoped(node: syntax.Syntax, slots: Slots, work: Compiling) -> Iterator[tuple[syntax.Syntax, Slots]]:
    """Each child with what is bound in it: the variable of a loop is bound in its body, not in its source."""
    inner = slots
    outside: list[syntax.Expression] = []
    if isinstance(node, syntax.ListComprehension | syntax.Quantifier):
        inner, outside = work.bind(slots, node.variable.text), [node.source]
    elif isinstance(node, syntax.Reduce):
        inner, outside = work.bind(slots, node.accumulator.text, node.variable.text), [node.initial, node.source]
    for child in below(node, work):
        yield child, slots if any(child is o for o in outside) else inner
