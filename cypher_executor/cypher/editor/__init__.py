"""Help for whoever is writing a recipe, as data: what may stand at a place, and what stands there.

A text that is being written is wrong most of the time, so the parser is not asked. The help reads it loosely, in one
pass over its words, and keeps what it can make sense of:

    words        the text as words; nothing is ever an error
    reading      which brackets are open at the place, and in what they stand
    outline      which nodes the text draws, of which parts, and what leads to what
    candidates   what could stand at the place, from parts, tables, functions, and the outline
    helps        one line for every word of the language that is not a function or a part
    help         `complete` and `hover`, the two questions

What is offered fits, but not all that is offered is right: whether a text is a recipe is told by `check` alone.
"""

from cypher_executor.cypher.editor.help import complete, hover
from cypher_executor.cypher.editor.item import Item

__all__ = ["Item", "complete", "hover"]
