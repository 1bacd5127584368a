"""Fixtures: what has happened in the shop of `tests/graph/story.py`, asked over Bolt."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from cypher_executor.compat.desk import Desk
from tests.bolt.answering import Answering, answering
from tests.bolt.talking import Talk, talking
from tests.graph.story import told
from tests.graph.world import World


@pytest.fixture
async def answers() -> AsyncIterator[Answering]:
    world = World()
    found = await answering(world, await told(world))
    yield found
    await found.close()


@pytest.fixture
def desk(answers: Answering) -> Desk:
    return answers.desk


@pytest.fixture
async def talk(desk: Desk) -> AsyncIterator[Talk]:
    """A connection of Bolt 5.4 on which somebody has said who they are."""
    async with talking(desk) as made:
        yield made
