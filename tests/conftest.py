"""What holds for every test: each recovery in it is looked at (`recoveries.py`), and so is each connection that it
leaves open (`connections.py`)."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests import connections, recoveries


def pytest_configure(config: pytest.Config) -> None:
    config.add_cleanup(recoveries.watch())
    config.add_cleanup(connections.watch())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """Around all fixtures, because the loop of a test is one, and the last to end."""
    try:
        yield
    finally:
        left = connections.left_open()
    if left:
        pytest.fail("a connection was left open:\n  " + "\n  ".join(left), pytrace=False)


@pytest.fixture(autouse=True)
def every_recovery_is_looked_at(request: pytest.FixtureRequest) -> Iterator[None]:
    on_purpose = request.node.get_closest_marker(recoveries.MARK) is not None
    with recoveries.of_one_test(on_purpose=on_purpose):
        yield
