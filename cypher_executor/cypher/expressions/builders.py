"""Makes the closure of each kind of expression out of the closures below it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cypher_executor.cypher import syntax
from cypher_executor.cypher.expressions import access, arithmetic, logic, loops, regex
from cypher_executor.cypher.expressions.calls import build_call
from cypher_executor.cypher.expressions.compiler import BUILDERS, Compiling, builds
from cypher_executor.cypher.expressions.frame import Closure, Frame, Value
from cypher_executor.cypher.expressions.text import in_template
from cypher_executor.cypher.expressions.values import equal, truth

BUILDERS[syntax.FunctionCall] = build_call


@builds(syntax.Literal)
def _literal(node: syntax.Literal, work: Compiling) -> Closure:
    value = node.value
    return lambda frame: value


@builds(syntax.Template)
def _template(node: syntax.Template, work: Compiling) -> Closure:
    if not work.templates:
        return lambda frame: node.value
    if len(node.parts) == 1 and isinstance(node.parts[0], syntax.Syntax):
        return work.closure(node.parts[0])
    parts: list[str | Closure] = [p if isinstance(p, str) else work.closure(p) for p in node.parts]

    def evaluate(frame: Frame) -> str:
        texts = [part if isinstance(part, str) else in_template(frame, part(frame)) for part in parts]
        frame.build(sum(map(len, texts)))
        return "".join(texts)

    return evaluate


@builds(syntax.Parameter)
def _parameter(node: syntax.Parameter, work: Compiling) -> Closure:
    name = node.name
    if name == "input":
        return lambda frame: frame.scope.input
    if name == "trigger":
        return lambda frame: frame.scope.trigger
    return lambda frame: frame.params.get(name)


@builds(syntax.Variable)
def _variable(node: syntax.Variable, work: Compiling) -> Closure:
    name = node.name
    slot = work.bound[id(node)].get(name)
    if slot is not None:
        return lambda frame: frame.slots[slot]
    work.names.add(name)
    return lambda frame: frame.value_of(name)


@builds(syntax.ListLiteral)
def _list(node: syntax.ListLiteral, work: Compiling) -> Closure:
    items = [work.closure(item) for item in node.items]

    def evaluate(frame: Frame) -> list[Value]:
        frame.build(8 * len(items))
        return [item(frame) for item in items]

    return evaluate


@builds(syntax.MapLiteral)
def _map(node: syntax.MapLiteral, work: Compiling) -> Closure:
    entries = [(entry.key.text, work.closure(entry.value)) for entry in node.entries]

    def evaluate(frame: Frame) -> dict[str, Value]:
        frame.build(8 * len(entries))
        return {key: value(frame) for key, value in entries}

    return evaluate


@builds(syntax.MapProjection)
def _projection(node: syntax.MapProjection, work: Compiling) -> Closure:
    subject = work.closure(node.subject)
    items = [_projected(item, work) for item in node.items]

    def evaluate(frame: Frame) -> dict[str, Value] | None:
        source = subject(frame)
        if source is None:
            return None
        found: dict[str, Value] = {}
        for add in items:
            add(frame, source, found)
        return found

    return evaluate


def _projected(item: syntax.Syntax, work: Compiling) -> Callable[[Frame, Value, dict[str, Value]], None]:
    match item:
        case syntax.PropertySelector(key=key):
            name = key.text
            return lambda frame, source, found: found.update({name: access.get_property(source, name)})
        case syntax.AllPropertiesSelector():
            return lambda frame, source, found: found.update(access.all_properties(source))
        case syntax.MapEntry(key=key, value=value):
            name, closure = key.text, work.closure(value)
        case syntax.Variable(name=name):
            closure = work.closure(item)
    return lambda frame, source, found: found.update({name: closure(frame)})


@builds(syntax.Access)
def _access(node: syntax.Access, work: Compiling) -> Closure:
    subject = work.closure(node.subject)
    if all(isinstance(step, syntax.Property) for step in node.steps):
        return access.property_path(subject, tuple(s.key.text for s in node.steps if isinstance(s, syntax.Property)))
    return access.steps(subject, [_step(step, work) for step in node.steps])


def _step(step: syntax.Property | syntax.Index | syntax.Slice, work: Compiling) -> access.Step:
    if isinstance(step, syntax.Property):
        return access.property_step(step.key.text)
    if isinstance(step, syntax.Index):
        return access.index_step(work.closure(step.index))
    return access.slice_step(work.optional(step.start), work.optional(step.stop))


@builds(syntax.Unary)
def _unary(node: syntax.Unary, work: Compiling) -> Closure:
    operand = work.closure(node.operand)
    by: dict[str, Callable[[Value], Value]] = {
        "NOT": logic.negation, "-": arithmetic.negative, "+": arithmetic.positive,
    }  # fmt: skip
    through = [by[operator] for operator in reversed(node.operators)]

    def evaluate(frame: Frame) -> Value:
        value = operand(frame)
        for apply in through:
            value = apply(value)
        return value

    return evaluate


@builds(syntax.Arithmetic)
def _arithmetic(node: syntax.Arithmetic, work: Compiling) -> Closure:
    first = work.closure(node.operands[0])
    rest = [
        (arithmetic.OPERATIONS[operator], work.closure(operand))
        for operator, operand in zip(node.operators, node.operands[1:], strict=True)
    ]

    def evaluate(frame: Frame) -> Value:
        value = first(frame)
        for apply, operand in rest:
            value = apply(frame, value, operand(frame))
        return value

    return evaluate


@builds(syntax.Logical)
def _logical(node: syntax.Logical, work: Compiling) -> Closure:
    join = {"AND": logic.conjunction, "OR": logic.disjunction, "XOR": logic.exclusive}[node.operator]
    return join([work.closure(operand) for operand in node.operands])


@builds(syntax.Comparison)
def _comparison(node: syntax.Comparison, work: Compiling) -> Closure:
    operators = [logic.COMPARISONS[operator] for operator in node.operators]
    return logic.comparison([work.closure(operand) for operand in node.operands], operators)


@builds(syntax.Tests)
def _tests(node: syntax.Tests, work: Compiling) -> Closure:
    subject = work.closure(node.subject)
    tests = [(_test(test, work), work.optional(test.operand)) for test in node.tests]

    def evaluate(frame: Frame) -> Value:
        value = subject(frame)
        for apply, operand in tests:
            value = apply(frame, value, operand(frame) if operand else None)
        return value

    return evaluate


def _test(test: syntax.Test, work: Compiling) -> logic.Comparison:
    """What applies a test. The pattern of `=~` is compiled here when it is known, and whenever it is met otherwise."""
    written = test.operand.value if isinstance(test.operand, syntax.Literal | syntax.Template) else None
    if test.kind != "=~":
        return logic.TESTS[test.kind]
    if not isinstance(written, str) or (isinstance(test.operand, syntax.Template) and work.templates):
        return regex.matches
    try:
        pattern = regex.pattern(written)
    except ValueError as problem:
        assert test.operand is not None
        work.problems.add("pattern_invalid", f"This is no pattern: {problem}.", test.operand.place)
        return regex.matches
    return lambda frame, value, _: pattern.matches(frame, value) if type(value) is str else None


@builds(syntax.Case)
def _case(node: syntax.Case, work: Compiling) -> Closure:
    subject, default = work.optional(node.subject), work.optional(node.default)
    whens = [(work.closure(when.condition), work.closure(when.result)) for when in node.whens]

    def searched(frame: Frame) -> Value:
        for condition, result in whens:
            if truth(condition(frame), "CASE WHEN") is True:
                return result(frame)
        return default(frame) if default else None

    def simple(frame: Frame) -> Value:
        assert subject is not None
        value = subject(frame)
        for condition, result in whens:
            if equal(frame, value, condition(frame)):
                return result(frame)
        return default(frame) if default else None

    return simple if subject else searched


@builds(syntax.ListComprehension)
def _comprehension(node: syntax.ListComprehension, work: Compiling) -> Closure:
    slot = _slot_of(node.variable, work)
    cost = work.size(node.where, node.projection)
    return loops.comprehension(
        slot, work.closure(node.source), work.optional(node.where), work.optional(node.projection), cost
    )


@builds(syntax.Quantifier)
def _quantifier(node: syntax.Quantifier, work: Compiling) -> Closure:
    slot = _slot_of(node.variable, work)
    return loops.quantifier(
        node.kind, slot, work.closure(node.source), work.optional(node.where), work.size(node.where)
    )


@builds(syntax.Reduce)
def _reduce(node: syntax.Reduce, work: Compiling) -> Closure:
    work.grows = True
    total, slot = _slot_of(node.accumulator, work), _slot_of(node.variable, work)
    source, body = work.closure(node.source), work.closure(node.body)
    return loops.reduction(total, work.closure(node.initial), slot, source, body, work.size(node.body))


def _slot_of(name: syntax.Name, work: Compiling) -> int:
    return work.bound[id(name)][name.text]


@builds(syntax.CountStar, syntax.HasLabels, syntax.PatternComprehension, syntax.PatternPredicate, syntax.Subquery)
def _of_graphs(node: Any, work: Compiling) -> Closure:
    if work.host is not None:
        return work.host.build(node, work)
    message = "This asks a graph, and a recipe has none to ask: use it in a query."
    work.problems.add("expression_refused", message, node.place)
    return lambda frame: None
