"""What of a question the tables answer by an index: label, key, name, part, state, and the times of begin and end.

More may be found than fits, never less: the query looks at everything again. `exact` says that it is neither, so that
counting is enough where only numbers are asked for.
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
_STATEFUL = ("Run", "Step", "Attempt")
SHARED = frozenset({"Part", "Host", "Secret"})
"""What belongs to no tenant."""
_KEYS = frozenset({("Run", "id"), ("Part", "name"), ("Host", "name"), ("Secret", "name")})
"""Properties that are the key under their label."""
_COLUMNS: Mapping[str, frozenset[str]] = {
    "Run": frozenset({"name", "state"}),
    "Step": frozenset({"name", "part", "state"}),
    "Attempt": frozenset({"state"}),
}
"""Properties that are the column of their name, for every node of the label."""
_NONE: frozenset[str] = frozenset()
_TIMES = {"started_at": "started", "ended_at": "ended"}
_ENDS = {">": "after", ">=": "from", "<": "before", "<=": "until"}


class Asked:
    """The SELECT for a question and its values, but for the tenant. Nodes of recipes have tags, which may be called
    like anything: those are looked for beside (`tagged`)."""

    def __init__(self, labels: Sequence[str], properties: Mapping[str, Any], bounds: Iterable[Bound]) -> None:
        self.exact = True
        self.values: dict[str, Any] = {}
        self._conditions: dict[str, None] = {}
        self._label = next((one for one in labels if one in LABELS), None)
        states = [_STATE_OF[one] for one in labels if one in _STATE_OF]
        self.tagged = bool(labels) and self._label != "Node"
        self.nothing_else = self.tagged and self._label is None and not states
        self._whose(states)
        self._inexact_unless(len(states) + (self._label is not None) == len(set(labels)) and len(states) < 2)
        for state in states:
            self._among("of_states", [state])
        for key, value in properties.items():
            self._equal(key, [value])
        for bound in bounds:
            self._bound(bound)

    def statement(self, beginning: str) -> str:
        """The SELECT that begins like this."""
        return "\n".join([_SQL[beginning], *(_SQL[name] for name in self._conditions)])

    def groups(self, keys: Sequence[str]) -> bool:
        """Whether nodes may be counted by these properties, and what is counted is what was asked for."""
        return self.exact and self._label is not None and _COLUMNS.get(self._label, _NONE).issuperset(keys)

    def _whose(self, states: Sequence[str]) -> None:
        """By label and by whom they belong to, which every index begins with."""
        if self._label in SHARED:
            self._add("of_shared_label", label=self._label)
            self._add("reached")
        elif self._label is not None:
            self._add("of_label", label=self._label)
        elif states:
            self._add("of_stateful_labels")
        else:
            self._add("of_any_label")
            self._add("reached")

    def _bound(self, bound: Bound) -> None:
        key, sign, value = bound
        among = [value] if sign == "=" else value if sign == "IN" and isinstance(value, list) else None
        if key is None:
            self._known_by(among)
        elif among is not None:
            self._equal(key, among)
        elif key in _TIMES and self._label in _STATEFUL and isinstance(value, DateTime):
            self._time(_TIMES[key], sign, value)
        else:
            self.exact = False

    def _known_by(self, among: Sequence[Any] | None) -> None:
        """Ids are numbers, or these as text, as `elementId` gives them."""
        self.exact = False
        if among is not None:
            given = [int(v) if isinstance(v, str) and v.isascii() and v.isdigit() and len(v) < 19 else v for v in among]
            self._among("of_ids", [v for v in given if type(v) is int])

    def _equal(self, key: str, among: Sequence[Any]) -> None:
        texts = [value for value in among if isinstance(value, str)]
        if key == KEY or (self._label, key) in _KEYS:
            self._among("of_keys", texts)
        elif len(texts) < len(among) and self._label not in _COLUMNS:
            self.exact = False  # nodes of recipes may have names that are no texts: those have no column
        elif key == "part" and self._label == "Node":
            self._among("of_node_parts", texts)
        elif key in ("name", "state") and self._label not in (None, "Attempt", *SHARED):
            self._inexact_unless(self._label in _COLUMNS)
            self._among("of_names" if key == "name" else "of_states", texts)
        else:
            self.exact = False

    def _among(self, name: str, values: Sequence[Any]) -> None:
        """One of these; of several such conditions on one column any is right, and the first is taken."""
        try:
            self._add(name, **{name: orjson.dumps(values).decode()})
        except orjson.JSONEncodeError:  # half a surrogate pair, or no number of 64 bits: nothing is called so
            self._add(name, **{name: "[]"})

    def _time(self, column: str, sign: str, value: DateTime) -> None:
        """Times are kept to the microsecond, in UTC. Of two that are equal, but elsewhere on the earth, one comes
        before the other: then the query looks again."""
        at_ns = nanoseconds(value)
        down, up = at_ns // 1_000, -(-at_ns // 1_000)
        if value.offset_s or value.zone is not None:
            self.exact = False
            sign = ">=" if sign in (">", ">=") else "<="
            at_us = down if sign == ">=" else up
        else:
            at_us = down if sign in (">", "<=") else up
        if abs(at_us) >= 2**62:
            self.exact = False
        else:
            name = f"{column}_{_ENDS[sign]}"
            self._add(name, **{name: at_us})

    def _inexact_unless(self, condition: bool) -> None:
        self.exact = self.exact and condition

    def _add(self, name: str, **given: Any) -> None:
        if name in self._conditions:
            self.exact = False
        else:
            self._conditions[name] = None
            self.values.update(given)
