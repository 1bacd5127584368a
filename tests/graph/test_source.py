"""The name of a journal, and how far it goes."""

from __future__ import annotations

from pathlib import Path

from cypher_executor.mirror.source import source_of
from tests.contracts.conftest import STORAGES, Time, Writing


def test_a_journal_keeps_its_name_and_two_have_two(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    assert source_of(one) == source_of(one) != source_of(other)


async def test_the_head_of_a_journal_is_the_greatest_position_that_was_given(tmp_path: Path) -> None:
    for name, make in STORAGES.items():
        storage, writing = make(tmp_path / name, Time()), Writing()
        assert await storage.journal.head() == 0
        run = writing.opening()
        await storage.journal.append([run, writing.step(run.run, 1)])
        assert await storage.journal.head() == (await storage.journal.follow(0, 10))[-1][0] == 2
        await storage.journal.close()
