"""What the tests of the language share."""

from __future__ import annotations

import pytest

from cypher_executor.core.recipe import Scope


@pytest.fixture
def scope() -> Scope:
    """A step's view of a run: a few outputs, parameters, a time and a seed."""
    outputs = {
        "fetch": {"status": 200, "body": {"items": [{"title": "one"}, {"title": "two"}], "total": 2}},
        "failed": {"error": {"code": "timeout", "message": "too slow"}},
        "skipped": None,
        "numbers": [1, 2, 3, None],
        "word": "héllo",
    }
    return Scope(
        value_of=outputs.get,
        params={"text": "hi", "n": 3, "flag": True, "list": [3, 1, 2]},
        input={"text": "hi", "n": 3},
        trigger={"kind": "api", "query": {"q": "x"}},
        at_us=1_700_000_000_123_456,
        seed="run:step",
    )
