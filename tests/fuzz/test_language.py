"""The short tier of the fuzzer; the long one is `python -m tests.fuzz.language --seconds 600`."""

import pytest

from cypher_executor.cypher import compile
from tests.fuzz.corpus import texts
from tests.fuzz.language import hunt


def test_damaged_texts_are_answered() -> None:
    found = hunt(20_240_601, texts_tried=250)
    assert found.defects == {}


def test_the_corpus_has_all_kinds_of_texts() -> None:
    corpus = texts()
    assert len(corpus) > 800
    for kind in ("CREATE (", "MATCH (", "RETURN date", "=~", ":FOR_EACH", "'{{"):
        assert any(kind in text for text in corpus)


def test_the_hunt_finds_a_planted_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr(compile, "check_whole", broken)
    found = hunt(1, texts_tried=60)
    assert [where.split(" at ")[0] for where in found.defects] == ["KeyError"]
