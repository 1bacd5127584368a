"""The recipe language: from text to a checked recipe. Pure: no clock, no chance, and no I/O but loading the grammar.

    text --parse--> syntax tree --plan--> planned graph --assemble--> core.recipe.Recipe
                                               |
                                               +--checks--> diagnostics

`compile_recipe` goes all the way. It never raises for what stands in a text: problems are values, all at once.
"""

from cypher_executor.cypher.codes import CODES, Code
from cypher_executor.cypher.compile import Compiled, compile_recipe
from cypher_executor.cypher.diagnostics import render, to_json

__all__ = ["CODES", "Code", "Compiled", "compile_recipe", "render", "to_json"]
