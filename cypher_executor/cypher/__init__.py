"""The recipe language: from text to a checked recipe. Pure: no clock, no chance, and no I/O but loading the grammar.

    text --parse--> syntax tree --plan--> planned graph --assemble--> core.recipe.Recipe
                                               |
                                               +--checks--> diagnostics

`compile_recipe` goes all the way. It never raises for what stands in a text: problems are values, all at once.

The names are loaded when they are first used: parser, checks and functions take a quarter of a service's start, and
nothing of that is needed to begin.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cypher_executor.cypher.codes import CODES, Code
    from cypher_executor.cypher.compile import Compiled, compile_recipe
    from cypher_executor.cypher.diagnostics import render, to_json

__all__ = ["CODES", "Code", "Compiled", "compile_recipe", "render", "to_json"]

_HOMES = {
    "CODES": "codes",
    "Code": "codes",
    "Compiled": "compile",
    "compile_recipe": "compile",
    "render": "diagnostics",
    "to_json": "diagnostics",
}


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
