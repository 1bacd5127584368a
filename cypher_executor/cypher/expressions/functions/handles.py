"""Functions whose value stands for something that an expression does not get to see: a secret, a waiting step."""

from __future__ import annotations

from typing import Any

from cypher_executor.cypher.expressions.frame import Frame
from cypher_executor.cypher.expressions.functions.table import Function, function, text


def _secret(frame: Frame, name: Any) -> str:
    return frame.scope.handle_of(text(name, "secret"))


def _callback_url(frame: Frame, node: Any) -> str:
    return frame.scope.callback_of(text(node, "callbackUrl"))


HANDLES: tuple[Function, ...] = (
    function("secret(name)", "A handle of this secret, which is filled in where a granted request leaves the host.",
             _secret, needs_frame=True),
    function("callbackUrl(node)", "The address that ends the wait of this waiting node in this run.", _callback_url,
             needs_frame=True),
)  # fmt: skip
"""For recipes only: a query has no run that these could be about."""
