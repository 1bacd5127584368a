"""Names of properties in the graph form, where `name` and `part` belong to the node itself, and names that begin with
`cx.` to whoever mirrors recipes into a database."""

from __future__ import annotations

import re

NODE_LABEL = "Node"
NAME, PART, RETURNS = "name", "part", "returns"

OWN = "cx."
"""What the names of a mirror's own properties begin with."""

NO_INPUTS = "in."
"""The property that says: this node has a map of inputs, and it is empty."""

_CLASHES = re.compile(r"(?:in\.)*(?:name|part|cx\.[\s\S]*)|(?:in\.)+")
_ESCAPED = re.compile(r"(?:in\.)+(?:name|part|cx\.[\s\S]*)|(?:in\.){2,}")


def encode_key(key: str) -> str:
    """The name of the property for what authors call `key`."""
    return NO_INPUTS + key if _CLASHES.fullmatch(key) else key


def decode_key(key: str) -> str:
    """The other way round."""
    return key.removeprefix(NO_INPUTS) if _ESCAPED.fullmatch(key) else key
