"""What of a question the tables answer by an index: label, key, name, part, state, and the times of begin and end.

More may be found than fits, never less: the query looks at everything again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from cypher_executor.adapters.sqlite.graph.bodies import nanoseconds
from cypher_executor.adapters.sqlite.statements import statements
from cypher_executor.cypher.query.graph import Bound
from cypher_executor.cypher.temporal.instants import DateTime
from cypher_executor.graph.model import KEY, LABELS, STATES

_SQL = statements("graph")
_STATE_OF = {label: state for state, label in STATES.items()}
_STATEFUL = frozenset({"Run", "Step", "Attempt"})
_KEYS = frozenset({("Run", "id"), ("Part", "name"), ("Host", "name"), ("Secret", "name")})
"""Properties that are the key under their label."""
_TEXTS = {"name": "of_names", "state": "of_states"}
"""Properties that have a column. Attempts are not found by name: all of them have one of a few."""
_TIMES = {
    ("started_at", ">"): "started_from",
    ("started_at", ">="): "started_from",
    ("started_at", "<"): "started_until",
    ("started_at", "<="): "started_until",
    ("ended_at", ">"): "ended_from",
    ("ended_at", ">="): "ended_from",
    ("ended_at", "<"): "ended_until",
    ("ended_at", "<="): "ended_until",
}


class Asked:
    """The SELECT for a question and its values, but for the tenant."""

    def __init__(self, labels: Sequence[str], properties: Mapping[str, Any], bounds: Iterable[Bound]) -> None:
        self.values: dict[str, Any] = {}
        self._conditions: dict[str, None] = {}
        self._label = next((one for one in labels if one in LABELS), None)
        if self._label is not None:
            self._add("of_label", label=self._label)
        if self._label in (None, "Host", "Secret"):
            self._add("reached")
        if self._label is None or self._label in _STATEFUL:
            for state in filter(None, map(_STATE_OF.get, labels)):
                self._among("of_states", [state])
        for key, value in properties.items():
            self._equal(key, [value])
        for bound in bounds:
            self._bound(bound)

    @property
    def statement(self) -> str:
        """The SELECT."""
        return "\n".join([_SQL["nodes"], *(_SQL[name] for name in self._conditions)])

    def _bound(self, bound: Bound) -> None:
        key, sign, value = bound
        among = [value] if sign == "=" else value if sign == "IN" and isinstance(value, list) else None
        if key is None:
            if among is not None:
                self._known_by(among)
        elif among is not None:
            self._equal(key, among)
        elif isinstance(value, DateTime) and (key, sign) in _TIMES:
            self._time(_TIMES[key, sign], nanoseconds(value))

    def _known_by(self, among: Sequence[Any]) -> None:
        """Ids are numbers, or these as text, as `elementId` gives them."""
        numbers = [int(v) if isinstance(v, str) and v.isascii() and v.isdigit() and len(v) < 19 else v for v in among]
        self._among("of_ids", [v for v in numbers if type(v) is int])

    def _equal(self, key: str, among: Sequence[Any]) -> None:
        texts = [value for value in among if isinstance(value, str)]
        if key == KEY or (self._label, key) in _KEYS:
            self._among("of_keys", texts)
        elif key == "part" and self._label == "Node":
            self._among("of_node_parts", texts)
        elif (key == "state" and self._label in _STATEFUL) or (key == "name" and self._label not in (None, "Attempt")):
            self._among(_TEXTS[key], texts)

    def _among(self, name: str, values: Sequence[Any]) -> None:
        """One of these; of several such conditions on one column any is right, and the first is taken."""
        try:
            self._add(name, **{name: orjson.dumps(values).decode()})
        except orjson.JSONEncodeError:  # half a surrogate pair, or no number of 64 bits: nothing is called so
            self._add(name, **{name: "[]"})

    def _time(self, name: str, at_ns: int) -> None:
        """To the microsecond, so that no node is lost by rounding. What is beyond every time there is finds all."""
        at_us = at_ns // 1_000 + name.endswith("until")
        if abs(at_us) < 2**62:
            self._add(name, **{name: at_us})

    def _add(self, name: str, **given: Any) -> None:
        if name not in self._conditions:
            self._conditions[name] = None
            self.values.update(given)
