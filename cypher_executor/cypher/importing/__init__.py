"""Recipes of the older kind, made into Cypher: triplets in a `flow`, the inputs of nodes in a `config`.

    data --document--> name, triplets, configs --relations, nodes--> patterns --fmt--> text

Nothing is dropped in silence: whatever is read leaves a `Note` that says whether it was carried over as it was, was
changed, or is lost, and where it stood. What is lost also stands as a comment in the recipe.
"""

from __future__ import annotations

from cypher_executor.cypher.importing.document import WrongDocument
from cypher_executor.cypher.importing.notes import Note
from cypher_executor.cypher.importing.recipe import Imported, import_recipe

__all__ = ["Imported", "Note", "WrongDocument", "import_recipe"]
