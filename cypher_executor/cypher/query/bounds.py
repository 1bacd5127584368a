"""What a WHERE says of single nodes, for the graph to use where it looks for them: `s:Failed`, `s.ended_at > $since`,
`id(n) IN $ids`.

It only tells a graph where to look: the condition itself is asked all the same. So what cannot be worked out before the
node is known is left out, and so is what would be drawn anew (`rand()`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cypher_executor.cypher import syntax
from cypher_executor.cypher.query.constants import draws
from cypher_executor.cypher.query.graph import Sign
from cypher_executor.cypher.query.host import Evaluator, Planning, compile_in
from cypher_executor.cypher.query.scope import Scope

_TURNED: Mapping[str, Sign] = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ASKING = (syntax.PatternPredicate, syntax.PatternComprehension, syntax.Subquery, syntax.CountStar)


@dataclass(frozen=True, slots=True)
class BoundSpec:
    """A bound whose value is worked out when the node is looked for. `key` None: of its id."""

    key: str | None
    sign: Sign
    value: Evaluator


@dataclass(slots=True)
class Said:
    """What is said of one node."""

    labels: list[str] = field(default_factory=list)
    bounds: list[BoundSpec] = field(default_factory=list)


@dataclass(slots=True)
class Sayings:
    """What conditions say of nodes, by name. `whole`: that is all that they say."""

    of: defaultdict[str, Said] = field(default_factory=lambda: defaultdict(Said))
    whole: bool = True


def said_of_nodes(conditions: Sequence[syntax.Expression], scope: Scope, planning: Planning) -> Sayings:
    """What those conditions say that all have to hold."""
    found = Sayings()
    for condition in conditions:
        match condition:
            case syntax.HasLabels(subject=syntax.Variable(name=name)):
                found.of[name].labels += [label.text for label in condition.labels]
            case syntax.Comparison():
                pairs = list(_compared(condition))
                found.whole = found.whole and len(pairs) == len(condition.operators)
                for pair in pairs:
                    _add(found, pair, scope, planning)
            case syntax.Tests(tests=(syntax.Test(kind="IN", operand=operand),)) if operand is not None:
                known = _property(condition.subject)
                found.whole = found.whole and known is not None
                if known is not None:
                    _add(found, (*known, "IN", operand), scope, planning)
            case _:
                found.whole = False
    return found


_Compared = tuple[str, str | None, Sign, syntax.Expression]


def _add(found: Sayings, pair: _Compared, scope: Scope, planning: Planning) -> None:
    name, key, sign, value = pair
    if any(_is_left_out(node) for node in syntax.walk(value)):
        found.whole = False
    else:
        found.of[name].bounds.append(BoundSpec(key, sign, compile_in(value, scope, planning)))


def _is_left_out(node: syntax.Syntax) -> bool:
    return isinstance(node, _ASKING) or draws(node)


def _compared(condition: syntax.Comparison) -> Iterator[_Compared]:
    """Each neighbouring pair of which one is a property: `a < n.x <= b` is two."""
    pairs = zip(condition.operands, condition.operands[1:], condition.operators, strict=False)
    for left, right, operator in pairs:
        if operator == "<>":
            continue
        for here, there, sign in ((left, right, operator), (right, left, _TURNED[operator])):
            known = _property(here)
            if known is not None:
                yield (*known, sign, there)


def _property(expression: syntax.Expression) -> tuple[str, str | None] | None:
    """The name and the key of `n.key`; the name and None of `id(n)` and `elementId(n)`."""
    match expression:
        case syntax.Access(subject=syntax.Variable(name=name), steps=(syntax.Property(key=key),)):
            return name, key.text
        case syntax.FunctionCall(name=called, arguments=(syntax.Variable(name=name),)):
            return (name, None) if called.text.lower() in ("id", "elementid") else None
        case _:
            return None
