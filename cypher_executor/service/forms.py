"""Recipes in forms that are not JSON: the graph form, and pictures.

What writes them is imported when somebody asks: the service starts the faster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.responses import Response

from cypher_executor.core.recipe import Recipe


def _graph(recipe: Recipe, text: str) -> str:
    from cypher_executor.cypher.graph_form.build import graph_form
    from cypher_executor.cypher.graph_form.text import graph_text

    return graph_text(graph_form(text))


def _mermaid(recipe: Recipe, text: str) -> str:
    from cypher_executor.cypher.drawing import to_mermaid

    return to_mermaid(recipe)


def _svg(recipe: Recipe, text: str) -> str:
    from cypher_executor.cypher.drawing import to_svg

    return to_svg(recipe)


_FORMS: Mapping[str, tuple[str, Callable[[Recipe, str], str]]] = {
    "graph": ("text/plain", _graph),
    "mermaid": ("text/plain", _mermaid),
    "svg": ("image/svg+xml", _svg),
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""A picture that is opened by itself loads nothing and runs nothing."""


def in_form(recipe: Recipe, text: str, form: str) -> Response:
    """The recipe, whose text is given too, in one of the forms."""
    media_type, write = _FORMS[form]
    return Response(write(recipe, text), media_type=media_type, headers={"content-security-policy": _POLICY})
