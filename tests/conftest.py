"""What holds for every test: each recovery in it is looked at (`recoveries.py`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import recoveries


def pytest_configure(config: pytest.Config) -> None:
    config.add_cleanup(recoveries.watch())


@pytest.fixture(autouse=True)
def every_recovery_is_looked_at(request: pytest.FixtureRequest) -> Iterator[None]:
    on_purpose = request.node.get_closest_marker(recoveries.MARK) is not None
    with recoveries.of_one_test(on_purpose=on_purpose):
        yield
