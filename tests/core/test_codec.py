"""Events survive a journal: as JSON and back they are the same, and what is not known is refused."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher_executor.core import events
from cypher_executor.core.events import Event, Parent, from_record, kind_of
from cypher_executor.errors import Failure

KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}

numbers = st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
maps = st.dictionaries(texts, values, max_size=4)
items = st.lists(st.integers(0, 2**31), max_size=3).map(tuple)
failures = st.builds(Failure, texts, texts, st.booleans(), st.none() | maps, st.none() | st.integers(0, 2**40))
parents = st.builds(Parent, run=texts, node=texts, item=items, attempt=st.integers(1, 99), wait=st.booleans())

inherited = st.builds(
    events.Inherited, node=texts, item=items, output=values, failure=st.none() | failures, attempts=st.integers(0, 99)
)
origins = st.builds(
    events.Origin,
    run=st.none() | texts,
    node=st.none() | texts,
    item=items,
    only=st.none() | st.lists(texts, max_size=3).map(tuple),
    results=st.lists(inherited, max_size=2).map(tuple),
)

BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "item": items,
    "attempt": st.integers(0, 2**31),
    "number": st.integers(0, 255),
    "depth": st.integers(0, 32),
    "version": st.none() | st.integers(1, 2**31),
    "output": values,
    "input": values,
    "result": values,
    "request": maps,
    "answer": maps,
    "trigger": maps,
    "parts": st.dictionaries(texts, texts, max_size=3),
    "failure": st.none() | failures,
    "parent": st.none() | parents,
    "origin": st.none() | origins,
    "name": st.none() | texts,
    "state": st.sampled_from(get_args(events.RunState)),
    "at_us": numbers,
    "started_us": numbers,
}


def events_of(kind: type[Event]) -> st.SearchStrategy[Event]:
    """Any event of a kind. A field that is new to this test is a text, or fails here and is added above."""
    given_fields = {f.name: BY_NAME.get(f.name, texts) for f in fields(kind)}
    if kind is events.AttemptFailed:
        given_fields["failure"] = failures
    return st.builds(kind, **given_fields)


any_event = st.one_of([events_of(kind) for kind in KINDS.values()])


@given(any_event)
def test_an_event_comes_back_from_json_as_it_was(event: Event) -> None:
    record = orjson.loads(orjson.dumps(event))
    back = from_record(kind_of(event), record)
    assert back == event
    assert type(back) is type(event)
    assert orjson.dumps(back) == orjson.dumps(event)


@given(any_event, texts)
def test_a_field_that_is_not_known_is_refused(event: Event, name: str) -> None:
    record = orjson.loads(orjson.dumps(event))
    record[f"new {name}"] = 1
    with pytest.raises(ValueError, match="unknown fields"):
        from_record(kind_of(event), record)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_record_without_fields_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="lacks fields"):
        from_record(kind, {})


@pytest.mark.parametrize("kind", ["", "runstarted", "RunPaused", "Failure", "Parent", "__name__"])
def test_a_kind_that_is_not_known_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="unknown event"):
        from_record(kind, {"at_us": 1})


@pytest.mark.parametrize("failure", [{"code": "x", "message": "y", "severity": 3}, {"code": "x"}])
def test_a_failure_that_is_not_known_is_refused(failure: object) -> None:
    with pytest.raises(ValueError, match=r"unknown fields|lacks fields"):
        from_record("RunEnded", {"at_us": 1, "state": "failed", "failure": failure})


@pytest.mark.parametrize("parent", [{"run": "r", "node": "n", "since": 1}, {"run": "r"}])
def test_a_parent_that_is_not_known_is_refused(parent: object) -> None:
    started = {"at_us": 1, "run": "r", "recipe": "d", "name": None, "version": None, "input": None}
    with pytest.raises(ValueError, match=r"unknown fields|lacks fields"):
        from_record("RunStarted", {**started, "trigger": {}, "parts": {}, "parent": parent})


def test_fields_with_a_default_may_be_missing_so_that_old_journals_can_be_read() -> None:
    event = from_record("TimerFired", {"at_us": 1, "node": "a", "attempt": 1})
    assert event == events.TimerFired(at_us=1, node="a", item=(), attempt=1)
