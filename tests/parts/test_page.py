"""The page about the parts says what the manifests and examples say, and nothing else."""

from __future__ import annotations

from pathlib import Path

from cypher_executor import files
from cypher_executor.partkit.build import part_folders
from cypher_executor.partkit.pages import PAGE, page_of


def test_the_page_is_the_one_that_the_manifests_and_examples_make() -> None:
    written = Path(files.__file__).with_name("docs") / PAGE
    assert written.read_text(encoding="utf-8") == page_of(files.shipped("parts")), "run `cypher-executor parts docs`"


def test_every_part_has_a_section_with_its_examples() -> None:
    page = page_of(files.shipped("parts"))
    for folder in part_folders(files.shipped("parts")):
        assert f"\n## {folder.name}\n" in page
    assert page.count("```text") == page.count("```") / 2
