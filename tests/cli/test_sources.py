"""Recipe files, standard input, names."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from cypher_executor.cli.sources import Source, read_source, source_of
from cypher_executor.errors import NotFound, RequestInvalid


def test_what_looks_like_no_file_is_a_name() -> None:
    assert source_of("parallel_fanout") == "parallel_fanout"


def test_a_file_without_an_ending_is_a_file() -> None:
    Path("recipe").write_text("CREATE (a)")
    assert source_of("recipe") == Source("recipe", "CREATE (a)", "recipe")


@pytest.mark.parametrize("given", ["nowhere.cypher", "some/where"])
def test_a_path_that_leads_nowhere_is_not_taken_for_a_name(given: str) -> None:
    with pytest.raises(NotFound, match="there is no file"):
        source_of(given)


def test_a_misspelt_file_is_pointed_to_its_neighbour() -> None:
    Path("fanout.cypher").write_text("CREATE (a)")
    with pytest.raises(NotFound) as caught:
        source_of("fanuot.cypher")
    assert caught.value.did_you_mean == "fanout.cypher"


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("CREATE (ä)".encode())))
    assert source_of("-") == Source("standard input", "CREATE (ä)")


def test_a_byte_order_mark_is_not_part_of_the_recipe() -> None:
    Path("marked.cypher").write_bytes(b"\xef\xbb\xbfCREATE (a)")
    assert read_source("marked.cypher").text == "CREATE (a)"


def test_a_file_that_is_not_text_is_refused_with_the_byte() -> None:
    Path("binary.cypher").write_bytes(b"ab\xff")
    with pytest.raises(RequestInvalid, match="byte 2"):
        read_source("binary.cypher")


def test_a_folder_is_refused() -> None:
    Path("folder.cypher").mkdir()
    with pytest.raises(RequestInvalid, match="cannot read"):
        read_source("folder.cypher")
