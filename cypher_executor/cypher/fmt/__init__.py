"""`fmt`: one canonical form of what authors write, with their comments.

    syntax tree --drawing--> pieces, marks and places --comments--> the same with comments --layout--> text

The form is decided by what the text says, not by how it was laid out: every pattern has a clause of its own, what fits
into a line stands in one, and what does not is broken at its outermost brackets. Of the author's layout three things
stay: comments, blank lines between clauses, and line breaks within strings.
"""

from __future__ import annotations

from cypher_executor.cypher.fmt.clauses import clauses
from cypher_executor.cypher.fmt.comments import with_comments
from cypher_executor.cypher.fmt.layout import lay_out
from cypher_executor.cypher.parse import parse
from cypher_executor.errors import RecipeInvalid


def format_recipe(text: str) -> str:
    """The canonical form of a recipe. Raises RecipeInvalid for what cannot be read.

    The text must be a recipe without errors: nobody can say what a wrong one should look like.
    """
    parsed = parse(text)
    if parsed.statement is None:
        raise RecipeInvalid(parsed.diagnostics)
    lines = text.split("\n")
    return lay_out(with_comments(clauses(parsed.statement, lines), parsed.comments, lines))
