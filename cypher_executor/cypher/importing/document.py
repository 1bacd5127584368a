"""The parts of an older document: its name, its triplets, and the configuration of its nodes.

Data comes as plain maps and lists. Those that know their places in a file (`Placed`) make better notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from cypher_executor.cypher.importing.notes import Notes

_FLOWS = ("flow", "triplets", "edges", "relations")
_CONFIGS = ("config", "configs", "nodes")
_ENDS = (("from", "source", "start"), ("relation", "type", "label", "on"), ("to", "target", "end"))
_SEPARATOR = ">>"
PART_KEYS = ("component", "part", "componentId", "component_id")
"""What names the part of a node; in graphs `type` does, too."""
_INPUTS = ("config", "inputs", "params", "parameters", "properties", "data")
"""Where the nodes of graphs keep their inputs."""
_OF_DRAWINGS = frozenset({"position", "x", "y", "width", "height", "label", "title", "description", "style", "color"})
"""What else the nodes of graphs have, which no part is given."""


class WrongDocument(ValueError):
    """This is no recipe of the older kind. The message is a sentence."""


@runtime_checkable
class Placed(Protocol):
    """A map or a list that knows the lines of what is in it, by key or by number."""

    lines: Mapping[Any, int]


@dataclass(frozen=True, slots=True)
class Triplet:
    source: str
    relation: str
    target: str
    line: int | None

    def __str__(self) -> str:
        return f"{self.source} >> {self.relation} >> {self.target}"


@dataclass
class Document:
    """What was found. `lines` are those of the configs."""

    settings: dict[str, Any] = field(default_factory=dict)
    triplets: list[Triplet] = field(default_factory=list)
    configs: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int | None] = field(default_factory=dict)


def read_document(data: Any, notes: Notes) -> Document:
    """The document in `data`. Raises WrongDocument when it has no triplets."""
    if not isinstance(data, Mapping):
        raise WrongDocument("a recipe of the older kind is a map with `flow` and `config`")
    flow = next((key for key in _FLOWS if key in data), None)
    if flow is None or not isinstance(data[flow], Sequence) or isinstance(data[flow], str):
        raise WrongDocument("there is no `flow`, a list of triplets such as `a >> ON_SUCCESS >> b`")
    document = Document()
    for number, item in enumerate(data[flow]):
        document.triplets += _triplets(item, line_of(data[flow], number), notes)
    for key, value in data.items():
        if key in _CONFIGS:
            _add_configs(document, value, line_of(data, key), notes)
        elif key != flow:
            document.settings[str(key)] = value
            document.lines[str(key)] = line_of(data, key)
    return document


def line_of(holder: Any, key: Any) -> int | None:
    """The line of something in a map or a list."""
    return holder.lines.get(key) if isinstance(holder, Placed) else None


def _triplets(item: Any, line: int | None, notes: Notes) -> Iterator[Triplet]:
    words = _words(item)
    if words is None or len(words) < 3 or len(words) % 2 == 0 or not all(words):
        notes.note("lost", f"`{item}`", "this is no triplet `source >> relation >> target`", line)
        return
    if len(words) > 3:
        notes.note("changed", f"`{item}`", "a chain, taken apart into triplets", line)
    for start in range(0, len(words) - 2, 2):
        yield Triplet(words[start], words[start + 1], words[start + 2], line)


def _words(item: Any) -> list[str] | None:
    if isinstance(item, str):
        return [word.strip() for word in item.split(_SEPARATOR)]
    if isinstance(item, Mapping):
        found = [next((item[key] for key in keys if key in item), "") for keys in _ENDS]
        return [str(word).strip() for word in found] if len(item.keys() - {"id"}) == 3 else None
    if isinstance(item, Sequence) and all(isinstance(word, str) for word in item):
        return [word.strip() for word in item]
    return None


def _add_configs(document: Document, configs: Any, line: int | None, notes: Notes) -> None:
    """`config: {name: {...}}`, or `nodes: [{id: name, ...}]` as graphs in JSON have it."""
    named = configs if isinstance(configs, Mapping) else None
    if isinstance(configs, Sequence) and not isinstance(configs, str):
        named = {}
        for number, node in enumerate(configs):
            name = _identity(node)
            if name is None or name in named:
                notes.note("lost", f"node {number + 1}", "it has no `id` of its own", line_of(configs, number))
            else:
                document.lines[name] = line_of(configs, number)
                named[name] = _config(name, node, document.lines[name], notes)
    if named is None:
        notes.note("lost", "`config`", "it is neither a map nor a list of nodes", line)
        return
    for name, config in named.items():
        document.configs[str(name)] = config
        document.lines.setdefault(str(name), line_of(configs, name))


def _config(name: str, node: Mapping[Any, Any], line: int | None, notes: Notes) -> dict[Any, Any]:
    """The config of a node of a graph: its inputs stand beside its `id`, or in a map of their own."""
    config = {key: value for key, value in node.items() if key not in ("id", "name")}
    if isinstance(config.get("type"), str) and not any(key in config for key in PART_KEYS):
        config[PART_KEYS[0]] = config.pop("type")
    inside = next((key for key in _INPUTS if isinstance(config.get(key), Mapping)), None)
    beside = config.keys() - {inside, *PART_KEYS, "limits"}
    if inside is None or not beside <= _OF_DRAWINGS:
        return config
    for key in sorted(beside):
        notes.note("lost", f"`{key}` of node `{name}`", "it says how the graph was drawn", line)
    return {**{key: value for key, value in config.items() if key not in (inside, *beside)}, **config[inside]}


def _identity(node: Any) -> str | None:
    name = (node.get("id") or node.get("name")) if isinstance(node, Mapping) else None
    return name if isinstance(name, str) else None
