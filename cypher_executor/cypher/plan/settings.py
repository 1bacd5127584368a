"""Settings: the properties that are read when a recipe is planned, not when it runs.

A table says which settings a thing has and how each is read; `read_settings` does the rest the same way for the
:Recipe node, for `retry`, and for what steers a node: names that are not in the table, values that are computed from a
run and values that make no sense are reported, and all that is sound is handed back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cypher_executor.core.durations import duration_ms
from cypher_executor.core.recipe import Retry, Value
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan.constants import NotConstant, constant
from cypher_executor.cypher.report import Report, as_text
from cypher_executor.errors import TextEdit, nearest


@dataclass(frozen=True, slots=True)
class Setting:
    """How a setting is read: `read` raises ValueError with a sentence, which is reported as `code`."""

    read: Callable[[Value], Any]
    code: str = "invalid_setting"


class NotOneOf(ValueError):
    """A value that is none of a few texts."""

    def __init__(self, sentence: str, value: Value, allowed: Iterable[str]) -> None:
        super().__init__(sentence)
        self.meant = nearest(value, allowed) if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose settings are read, for the sentences: a noun phrase, the code for an unknown name, and the node, if any.
    `others` are names that it has beside those in the table."""

    phrase: str
    unknown: str = "unknown_setting"
    node: str | None = None
    others: tuple[str, ...] = ()


def read_settings(
    entries: Iterable[syntax.MapEntry], table: Mapping[str, Setting], owner: Owner, report: Report
) -> dict[str, Any]:
    """The settings that are sound, by name."""
    found: dict[str, Any] = {}
    for entry in entries:
        name = entry.key.text
        if name not in table:
            message = f"{owner.phrase} has no property `{name}`"
            known = (*owner.others, *table)
            if name in owner.others:
                report.add("property_twice", f"`{name}` is given twice.", entry.key.place, node=owner.node)
            else:
                report.add_unknown(owner.unknown, message, entry.key.place, name, known, node=owner.node)
        elif name in found:
            report.add("property_twice", f"`{name}` is given twice.", entry.key.place, node=owner.node)
        else:
            found[name] = read_setting(entry, table[name], report, owner.node)
    return {name: value for name, value in found.items() if value is not None}


def read_setting(entry: syntax.MapEntry, setting: Setting, report: Report, node: str | None = None) -> Any:
    """One setting; None when it is reported."""
    name, place = entry.key.text, entry.value.place
    try:
        return setting.read(constant(entry.value))
    except NotConstant as problem:
        sentence = f"`{name}` is read before the recipe runs, so it must be a constant{problem.why}."
        report.add("constant_expected", sentence, problem.place, node=node)
    except NotOneOf as problem:
        fix = TextEdit(place, as_text(problem.meant)) if problem.meant else None
        hint = f"; did you mean {as_text(problem.meant)}?" if problem.meant else "."
        report.add(setting.code, f"`{name}`: {problem}{hint}", place, node=node, did_you_mean=problem.meant, fix=fix)
    except ValueError as problem:
        report.add(setting.code, f"`{name}`: {problem}.", place, node=node)
    return None


# --- how values are read --------------------------------------------------------------------------------------------


def text(value: Value) -> str:
    if not isinstance(value, str):
        raise ValueError("this must be a text in quotes")
    return value


def name(value: Value) -> str:
    if not text(value):
        raise ValueError("a name must not be empty")
    return str(value)


def on_fail(value: Value) -> str:
    if value not in ("stop", "collect"):
        raise NotOneOf("this must be 'stop' or 'collect'", value, ("stop", "collect"))
    return str(value)


def boolean(value: Value) -> bool:
    if not isinstance(value, bool):
        raise ValueError("this must be true or false")
    return value


def count(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("this must be a whole number of at least 1")
    return value


def factor(value: Value) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not (1 <= value < math.inf):
        raise ValueError("this must be a number of at least 1")
    return float(value)


def texts(value: Value) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValueError("this must be a list of texts, like ['one', 'two']")
    return tuple(value)


def positive_duration(value: Value) -> int:
    ms = duration_ms(value)
    if ms == 0:
        raise ValueError("this must be longer than nothing")
    return ms


DURATION = Setting(duration_ms, "invalid_duration")
TIME_LIMIT = Setting(positive_duration, "invalid_duration")

RETRY = {
    "attempts": Setting(count),
    "delay": DURATION,
    "factor": Setting(factor),
    "max_delay": DURATION,
    "jitter": Setting(boolean),
    "on": Setting(texts),
}


def read_retry(entry: syntax.MapEntry, report: Report, node: str) -> Retry | None:
    """`retry: {attempts: 3, ...}`; None when it is reported."""
    if not isinstance(entry.value, syntax.MapLiteral):
        sentence = "`retry` takes a map, for example `{attempts: 3, delay: '1s'}`."
        report.add("invalid_setting", sentence, entry.value.place, node=node)
        return None
    found = read_settings(entry.value.entries, RETRY, Owner("`retry`", node=node), report)
    if not any(e.key.text == "attempts" for e in entry.value.entries):
        sentence = "`retry` needs `attempts`, which counts all of them, the first included."
        report.add("invalid_setting", sentence, entry.value.place, node=node)
    if "attempts" not in found:
        return None
    return Retry(**{_FIELDS.get(name, name): value for name, value in found.items()})


_FIELDS = {"delay": "delay_ms", "max_delay": "max_delay_ms"}
