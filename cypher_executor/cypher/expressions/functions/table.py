"""What a function is: a record. The records together are the table that calls, checks and completions look into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cypher_executor.cypher.expressions.values import wrong_type


@dataclass(frozen=True, slots=True)
class Function:
    """A function by its proper name; it is found in any case of letters.

    `call` gets the arguments. A null among them gives null without a call, unless `takes_null`. With `needs_frame` the
    frame comes first, for what counts against the budget or depends on the run. `foreign` says that it makes values
    that JSON does not have.
    """

    name: str
    signature: str
    help: str
    call: Callable[..., Any]
    minimum: int
    maximum: int | None
    takes_null: bool = False
    needs_frame: bool = False
    foreign: bool = False

    @property
    def arity(self) -> str:
        """How many arguments it takes, in words."""
        if self.maximum is None:
            return f"at least {_arguments(self.minimum)}"
        if self.minimum == self.maximum:
            return _arguments(self.minimum)
        return f"{self.minimum} to {_arguments(self.maximum)}"


def _arguments(number: int) -> str:
    return "no arguments" if number == 0 else "1 argument" if number == 1 else f"{number} arguments"


def function(
    signature: str,
    help_text: str,
    call: Callable[..., Any],
    *,
    takes_null: bool = False,
    needs_frame: bool = False,
    foreign: bool = False,
) -> Function:
    """A record from a signature such as `substring(text, start, [length])`; `...` stands for any number more."""
    name, _, rest = signature.partition("(")
    parameters = [p.strip() for p in rest.rstrip(")").split(",") if p.strip()]
    named = [p for p in parameters if p != "..."]
    minimum = sum(not p.startswith("[") for p in named)
    maximum = None if "..." in parameters else len(named)
    return Function(name, signature, help_text, call, minimum, maximum, takes_null, needs_frame, foreign)


def text(value: Any, what: str) -> str:
    """`value`, if it is a string."""
    if type(value) is str:
        return value
    raise wrong_type(f"{what}()", "a string", value)


def whole(value: Any, what: str) -> int:
    """`value`, if it is an integer."""
    if type(value) is int:
        return value
    raise wrong_type(f"{what}()", "an integer", value)


def number(value: Any, what: str) -> int | float:
    """`value`, if it is a number."""
    if type(value) is int or type(value) is float:
        return value
    raise wrong_type(f"{what}()", "a number", value)
