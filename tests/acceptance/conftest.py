"""Fixtures of the acceptance tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.support import Sink


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A server on loopback for parts to call."""
    one = Sink()
    yield one
    one.close()
