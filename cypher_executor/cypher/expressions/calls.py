"""Makes closures of function calls, with their arity checked once."""

from __future__ import annotations

from typing import Any

from cypher_executor.cypher import syntax
from cypher_executor.cypher.expressions.compiler import Compiling
from cypher_executor.cypher.expressions.frame import Closure, Frame, Value
from cypher_executor.cypher.expressions.functions import AGGREGATES, DRAWN_NAMES, FUNCTIONS, Function
from cypher_executor.cypher.expressions.values import finite
from cypher_executor.errors import TextEdit, nearest


def build_call(node: syntax.FunctionCall, work: Compiling) -> Closure:
    """The closure of a call; what is wrong with it goes to the problems."""
    name = node.name.text.lower()
    functions = work.host.functions if work.host is not None else FUNCTIONS
    found = functions.get(name)
    if found is None:
        return _unknown(node, work)
    if node.distinct:
        work.problems.add("distinct_refused", "DISTINCT belongs in functions over rows, and this is none.", node.place)
    count = len(node.arguments)
    if count < found.minimum or (found.maximum is not None and count > found.maximum):
        message = f"{found.signature} takes {found.arity}, and here are {count}."
        work.problems.add("wrong_arguments", message, node.place)
    work.foreign = work.foreign or found.foreign
    arguments = [work.closure(argument) for argument in node.arguments]
    if name in DRAWN_NAMES:
        where = f"{node.place.line}:{node.place.column}"
        return lambda frame: found.call(frame, where)
    return _call(found, arguments)


def _unknown(node: syntax.FunctionCall, work: Compiling) -> Closure:
    name = node.name.text
    if name.lower() in AGGREGATES:
        work.problems.add("return_one_row", f"`{name}()` goes over rows, and a run gives one row.", node.place)
    else:
        near = nearest(name, (f.name for f in (work.host.functions if work.host else FUNCTIONS).values()))
        hint = f"; did you mean `{near}`?" if near else "."
        work.problems.add("unknown_function", f"There is no function `{name}()`{hint}", node.name.place,
                          did_you_mean=near, fix=TextEdit(node.name.place, near) if near else None)  # fmt: skip
    return lambda frame: None


def _call(function: Function, arguments: list[Closure]) -> Closure:
    call, takes_null, needs_frame = function.call, function.takes_null, function.needs_frame

    def evaluate(frame: Frame) -> Value:
        values: list[Any] = [argument(frame) for argument in arguments]
        if not takes_null and None in values:
            return None
        found = call(frame, *values) if needs_frame else call(*values)
        return finite(frame, found) if type(found) is float else found

    return evaluate
