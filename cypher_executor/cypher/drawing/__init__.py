"""A recipe as a picture: for documents (Mermaid), for the page and for files (SVG), for a terminal (a tree).

All three show nodes with their parts, and of a relationship what is worth saying: nothing of a plain ON_SUCCESS, else
its type and its condition. What takes a failure further is dashed. Each is as long as the recipe is large, and none
calls itself.
"""

from __future__ import annotations

from cypher_executor.cypher.drawing.mermaid import to_mermaid
from cypher_executor.cypher.drawing.svg import to_svg
from cypher_executor.cypher.drawing.tree import to_tree

__all__ = ["to_mermaid", "to_svg", "to_tree"]
