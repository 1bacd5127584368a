"""What `:webhook` and `:cron` say: their properties, read into the records of `core.triggers`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import get_args

from cypher_executor.core.grants import SECRET_NAME
from cypher_executor.core.recipe import Value
from cypher_executor.core.triggers import Auth, Overlap, Schedule, SignatureForm, Webhook
from cypher_executor.cypher import syntax
from cypher_executor.cypher.plan import settings
from cypher_executor.cypher.plan.draft import DraftNode
from cypher_executor.cypher.plan.settings import NotOneOf, Owner, Setting, read_settings
from cypher_executor.cypher.report import Report
from cypher_executor.cypher.temporal.zones import zone
from cypher_executor.errors import ExpressionError
from cypher_executor.triggers.cron import canonical

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
MOST_CAUGHT_UP = 1_000
"""How many missed times of a schedule are made up for at most."""

_SEGMENT = re.compile(r"[^\s/?#%\\{}*\x00-\x1f\x7f]+")
_LONGEST_PATH = 200


def _one_of(*allowed: str) -> Setting:
    def read(value: Value) -> str:
        if value not in allowed:
            *others, last = (f"'{each}'" for each in allowed)
            raise NotOneOf(f"this must be {', '.join(others)} or {last}", value, allowed)
        return str(value)

    return Setting(read)


def hook_path(value: Value) -> str:
    """A path below `/hooks/`, without the slash at its beginning."""
    path = settings.text(value).removeprefix("/")
    segments = path.split("/")
    if not all(_SEGMENT.fullmatch(segment) and segment not in (".", "..") for segment in segments):
        raise ValueError("a path is names with `/` between them, like 'orders/paid', without spaces and ?#%{}*\\")
    if len(path) > _LONGEST_PATH:
        raise ValueError(f"a path may have {_LONGEST_PATH} characters at most")
    return path


def _methods(value: Value) -> tuple[str, ...]:
    given = {value} if isinstance(value, str) else set(settings.texts(value))
    wanted = {each.upper() for each in given}
    if not wanted or not wanted <= {*METHODS, "ANY"}:
        raise NotOneOf(f"this must be 'ANY', or one or several of {', '.join(METHODS)}", value, (*METHODS, "ANY"))
    return METHODS if "ANY" in wanted else tuple(sorted(wanted))


def _secret_name(value: Value) -> str:
    if not isinstance(value, str) or not SECRET_NAME.fullmatch(value):
        raise ValueError("this must be the name of a secret: letters, digits and `_`, 64 at most")
    return value


def _timezone(value: Value) -> str:
    try:
        zone(settings.text(value))
    except ExpressionError:
        raise ValueError(f"no time zone is called '{value}': write a name like 'Europe/Zurich' or 'UTC'") from None
    return str(value)


def _catch_up(value: Value) -> int:
    words: Mapping[Value, int] = {"none": 0, "last": 1, "all": MOST_CAUGHT_UP}
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value in words:
        return words[value]
    if isinstance(value, int) and 0 <= value <= MOST_CAUGHT_UP:
        return value
    raise ValueError(f"this must be false, true, 'none', 'last', 'all', or a number up to {MOST_CAUGHT_UP}")


def _input(value: Value) -> Mapping[str, Value]:
    if not isinstance(value, dict):
        raise ValueError("this must be a map, the input of the runs")
    return value


WEBHOOK: Mapping[str, Setting] = {
    "path": Setting(hook_path),
    "method": Setting(_methods),
    "auth": _one_of(*get_args(Auth)),
    "secret": Setting(_secret_name),
    "signature": _one_of(*get_args(SignatureForm)),
    "tolerance": settings.TIME_LIMIT,
    "respond": _one_of("accepted", "result"),
}
CRON: Mapping[str, Setting] = {
    "schedule": Setting(lambda value: canonical(settings.text(value)), "invalid_schedule"),
    "timezone": Setting(_timezone, "invalid_schedule"),
    "overlap": _one_of(*get_args(Overlap)),
    "catch_up": Setting(_catch_up),
    "jitter": settings.DURATION,
    "input": Setting(_input),
}
TABLES: Mapping[str, Mapping[str, Setting]] = {"webhook": WEBHOOK, "cron": CRON}
"""The properties of each kind of trigger, by its label."""

_FIELDS = {"method": "methods", "tolerance": "tolerance_ms", "schedule": "cron", "jitter": "jitter_ms"}
_ONLY_SIGNED = ("secret", "signature", "tolerance")


def read_trigger(drawn: DraftNode, report: Report) -> Webhook | Schedule | None:
    """What a trigger says; None when it is reported."""
    assert drawn.part is not None
    kind, entries = drawn.part.text, drawn.properties.entries if drawn.properties is not None else ()
    owner = Owner(f"`:{kind}`", node=drawn.name)
    found = read_settings(map(_plain_secret, entries), TABLES[kind], owner, report)
    given = {entry.key.text: entry for entry in entries}
    return _READERS[kind](drawn, given, {_FIELDS.get(name, name): value for name, value in found.items()}, report)


def _plain_secret(entry: syntax.MapEntry) -> syntax.MapEntry:
    """`secret: secret('NAME')` says the same as `secret: 'NAME'`."""
    call = entry.value
    is_call = isinstance(call, syntax.FunctionCall) and call.name.text.lower() == "secret" and len(call.arguments) == 1
    if entry.key.text == "secret" and is_call and isinstance(call, syntax.FunctionCall):
        return replace(entry, value=call.arguments[0])
    return entry


_Given = Mapping[str, syntax.MapEntry]


def _webhook(drawn: DraftNode, given: _Given, found: dict[str, Value], report: Report) -> Webhook | None:
    _need(drawn, given, "path", "path: 'orders'", report)
    signed = found.get("auth") == "hmac"
    if signed:
        _need(drawn, given, "secret", "secret: 'NAME'", report)
    elif "auth" in found or "auth" not in given:
        _tell_idle(drawn, (given[name] for name in _ONLY_SIGNED if name in given), report)
    return Webhook(**found) if "path" in found else None


def _schedule(drawn: DraftNode, given: _Given, found: dict[str, Value], report: Report) -> Schedule | None:
    _need(drawn, given, "schedule", "schedule: '30 6 * * MON-FRI'", report)
    return Schedule(**found) if "cron" in found else None


_READERS: Mapping[str, Callable[[DraftNode, _Given, dict[str, Value], Report], Webhook | Schedule | None]] = {
    "webhook": _webhook,
    "cron": _schedule,
}


def _need(drawn: DraftNode, given: _Given, name: str, example: str, report: Report) -> None:
    if name not in given and drawn.part is not None:
        sentence = f"this `:{drawn.part.text}` needs `{name}`, for example `{example}`."
        report.add("missing_setting", sentence, drawn.part.place, node=drawn.name)


def _tell_idle(drawn: DraftNode, entries: Iterable[syntax.MapEntry], report: Report) -> None:
    for entry in entries:
        name = entry.key.text
        sentence = f"`{name}` is about deliveries that are signed, and without `auth: 'hmac'` none is."
        report.add("setting_without_effect", sentence, entry.key.place, node=drawn.name)
