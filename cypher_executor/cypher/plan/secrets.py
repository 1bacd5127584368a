"""The secrets that a recipe names: in `secret('NAME')`, wherever that stands, and for its hooks."""

from __future__ import annotations

from collections.abc import Iterator

from cypher_executor.core.triggers import Webhook
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.planned import Planned, Reading


def secrets_of(planned: Planned) -> set[str]:
    """The names of all of them."""
    hooks = (trigger.settings for trigger in planned.triggers.values())
    of_hooks = {hook.secret for hook in hooks if isinstance(hook, Webhook) and hook.secret is not None}
    named = (constant_argument(call) for _, call in calls_of(planned, "secret"))
    return of_hooks | {name for name in named if name is not None}


def calls_of(planned: Planned, function: str) -> Iterator[tuple[Reading, syntax.FunctionCall]]:
    """Every call of a function (its name in lower case), with the expression that it stands in."""
    for reading in (*planned.readings(), *planned.conditions_of_starts()):
        for call in reading.references.functions:
            if call.name.text.lower() == function:
                yield reading, call


def constant_argument(call: syntax.FunctionCall) -> str | None:
    """The text that a function of one argument is given; None when it is computed, or is no text."""
    argument = call.arguments[0] if len(call.arguments) == 1 else None
    value = argument.value if isinstance(argument, syntax.Literal) else None
    return value if isinstance(value, str) else None
