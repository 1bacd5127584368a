"""The headers of a request are those of Starlette, whichever way they are asked for."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from cypher_executor.service.headers import received

RAW = [(b"host", b"here"), (b"prefer", b"wait=1"), (b"prefer", b"respond-async"), (b"x-odd", b"\xe9")]


@pytest.mark.parametrize("name", ["host", "Host", "prefer", "PREFER", "x-odd", "absent", ""])
def test_they_are_those_of_starlette(name: str) -> None:
    ours, theirs = received({"type": "http", "headers": RAW}), Headers(raw=RAW)
    assert ours.get(name) == theirs.get(name) and ours.get(name, "none") == theirs.get(name, "none")
    assert (name in ours) == (name in theirs)
    assert ours.getlist(name) == theirs.getlist(name)
    assert ours.items() == theirs.items() and len(ours) == len(theirs)
    if name in theirs:
        assert ours[name] == theirs[name]
    else:
        with pytest.raises(KeyError):
            ours[name]


def test_they_are_read_once_a_request() -> None:
    scope = {"type": "http", "headers": RAW}
    assert received(scope) is received(scope)
    assert received({"type": "http", "headers": RAW}) is not received(scope)
