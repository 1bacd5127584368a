"""How the classes of the syntax tree are made."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from inspect import get_annotations
from typing import Any, dataclass_transform


@dataclass_transform(frozen_default=True, eq_default=False)
def node(kind: type[Any]) -> Any:
    """A class of nodes: a dataclass that only mypy keeps from being changed, because making a node that guards itself
    takes several times as long, and a text makes thousands of them."""
    kind.__doc__ = kind.__doc__ or f"`{kind.__name__}`, as the grammar has it."
    made: Any = dataclass(slots=True, eq=False, repr=False, init=False)(kind)
    made.__init__ = _initialiser(made.__match_args__)
    made._BELOW = tuple(name for name in made.__match_args__[1:] if _holds_nodes(made, name))
    return made


def _initialiser(fields: tuple[str, ...]) -> Callable[..., None]:
    body = "".join(f"    self.{name} = {name}\n" for name in fields)
    namespace: dict[str, Any] = {}
    exec(f"def __init__(self, {', '.join(fields)}):\n{body}", namespace)
    return namespace["__init__"]  # type: ignore[no-any-return]


def _holds_nodes(kind: type[Any], field: str) -> bool:
    """Whether a field may hold nodes, by its type."""
    written = next(found[field] for found in map(get_annotations, kind.__mro__) if field in found)
    return _PLAIN.fullmatch(written) is None


_PLAIN = re.compile(r"(?:str|int|bool|float|None|OneOf\[[^]]*\]|tuple\[(?:bool|OneOf.*), \.\.\.\]|[ |])+")
"""The types of fields that hold none: words of Python, one of a few words, and tuples of these."""
