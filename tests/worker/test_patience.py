"""Looking before sleeping: only while waits are short, and never with a single processor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cypher_executor.worker import patience
from cypher_executor.worker.patience import Patience


class Scene:
    """A clock that looking and sleeping move on, and what was done."""

    def __init__(self) -> None:
        self.now_us = 0
        self.done: list[str] = []

    def looking(self, *finds: str | None) -> Iterator[str | None]:
        for found in finds:
            self.now_us += 10
            self.done.append("look")
            yield found

    def sleeping(self, us: int) -> str:
        self.now_us += us
        self.done.append("sleep")
        return "slept"


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    scene = Scene()
    monkeypatch.setattr(patience, "monotonic_ns", lambda: scene.now_us * 1000)
    monkeypatch.setattr(patience, "_processors", lambda: 2)
    return scene


def test_what_has_not_come_soon_yet_is_slept_for(scene: Scene) -> None:
    assert Patience(100).wait(lambda: "there", lambda: scene.sleeping(50)) == "slept"


def test_after_a_short_wait_it_is_looked_for(scene: Scene) -> None:
    waits = Patience(100)
    waits.wait(lambda: None, lambda: scene.sleeping(50))
    finds = scene.looking(None, None, "found")
    assert waits.wait(lambda: next(finds), lambda: scene.sleeping(50)) == "found"
    assert scene.done == ["sleep", "look", "look", "look"]


def test_looking_ends_in_sleep_and_a_long_wait_ends_looking(scene: Scene) -> None:
    waits = Patience(100)
    waits.wait(lambda: None, lambda: scene.sleeping(50))
    finds = scene.looking(*[None] * 20)
    assert waits.wait(lambda: next(finds), lambda: scene.sleeping(50)) == "slept"
    assert scene.done == ["sleep", *["look"] * 10, "sleep"]
    assert waits.wait(lambda: "there", lambda: scene.sleeping(50)) == "slept"


def test_with_one_processor_nobody_looks(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_processors", lambda: 1)
    waits = Patience(100)
    waits.wait(lambda: None, lambda: scene.sleeping(0))
    assert waits.wait(lambda: "there", lambda: scene.sleeping(0)) == "slept"
