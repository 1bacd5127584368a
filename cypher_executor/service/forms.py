"""Recipes in forms that are not JSON: the graph form, and pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.responses import Response

from cypher_executor.core.recipe import Recipe
from cypher_executor.cypher.drawing import to_mermaid, to_svg
from cypher_executor.cypher.graph_form.build import graph_form
from cypher_executor.cypher.graph_form.text import graph_text

_FORMS: Mapping[str, tuple[str, Callable[[Recipe, str], str]]] = {
    "graph": ("text/plain", lambda recipe, text: graph_text(graph_form(text))),
    "mermaid": ("text/plain", lambda recipe, text: to_mermaid(recipe)),
    "svg": ("image/svg+xml", lambda recipe, text: to_svg(recipe)),
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""A picture that is opened by itself loads nothing and runs nothing."""


def in_form(recipe: Recipe, text: str, form: str) -> Response:
    """The recipe, whose text is given too, in one of the forms."""
    media_type, write = _FORMS[form]
    return Response(write(recipe, text), media_type=media_type, headers={"content-security-policy": _POLICY})
