"""What functions take and give, as far as a query can be refused for it before it runs.

Only what tells a node from a relationship, a path or a plain value, and what cannot be read in any other way: the
functions themselves look at every argument when they are called.
"""

from __future__ import annotations

from collections.abc import Mapping

from cypher_executor.cypher.query import types as t
from cypher_executor.cypher.query.types import Type

_ELEMENTS = ("node", "relationship")

TAKES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "labels": (("node",),),
    "type": (("relationship",),),
    "id": (_ELEMENTS,),
    "elementid": (_ELEMENTS,),
    "startnode": (("relationship",),),
    "endnode": (("relationship",),),
    "nodes": (("path",),),
    "relationships": (("path",),),
    "length": (("path", "list", "string"),),
    "size": (("list", "string"),),
    "properties": (("map", *_ELEMENTS),),
    "keys": (("map", *_ELEMENTS),),
    "head": (("list",),),
    "last": (("list",),),
    "tail": (("list",),),
}
"""For each function, the types that each of its arguments may have."""

RESULTS: Mapping[str, Type] = {
    "labels": t.list_of(t.STRING),
    "type": t.STRING,
    "startnode": t.NODE,
    "endnode": t.NODE,
    "nodes": t.list_of(t.NODE),
    "relationships": t.list_of(t.RELATIONSHIP),
    "length": t.INTEGER,
    "size": t.INTEGER,
    "properties": t.MAP,
    "keys": t.list_of(t.STRING),
    "exists": t.BOOLEAN,
    "isempty": t.BOOLEAN,
    "range": t.list_of(t.INTEGER),
    "split": t.list_of(t.STRING),
    "tostring": t.STRING,
    "tointeger": t.INTEGER,
    "tofloat": t.FLOAT,
    "toboolean": t.BOOLEAN,
    "rand": t.FLOAT,
}
"""The types of results that depend on nothing."""
