"""What the help answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from cypher_executor.errors import Place

Kind = Literal[
    "part", "trigger", "recipe", "property", "setting", "value",
    "name", "function", "type", "keyword", "parameter", "clause",
]  # fmt: skip
"""What a word is. A `property` is an input of a part or of a value, a `setting` a word that the language reserves."""


@dataclass(frozen=True, slots=True)
class Item:
    """A word that may stand somewhere. `insert` is what to write, `detail` its type or signature, `help` a sentence.

    `schema` is the JSON Schema of its value where one is known, `place` what it stands for or is to be put in for.
    """

    label: str
    kind: Kind
    detail: str = ""
    help: str = ""
    insert: str = ""
    schema: Mapping[str, Any] | None = None
    place: Place | None = None

    def at(self, place: Place) -> Item:
        """The same for a place, with its text."""
        return replace(self, place=place, insert=self.insert or self.label)

    def to_json(self) -> dict[str, Any]:
        """As the HTTP interface and the command line answer it."""
        assert self.place is not None
        place = self.place
        where = {"line": place.line, "column": place.column, "end_line": place.end_line, "end_column": place.end_column}
        return {
            "label": self.label,
            "kind": self.kind,
            "detail": self.detail,
            "help": self.help,
            "insert": self.insert,
            "schema": self.schema,
            "where": where,
        }
