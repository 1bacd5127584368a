"""The README runs (`pages`), and says what CI does."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.pages import ROOT, assert_goes_as_it_says, blocks

README = ROOT / "README.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's sessions use curl")
@pytest.mark.parametrize("number", range(len(blocks(README, "console"))))
def test_a_session_of_the_readme_goes_as_it_says(number: int, tmp_path: Path) -> None:
    assert_goes_as_it_says(README, number, tmp_path)


def test_ci_installs_and_tests_as_the_readme_says() -> None:
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    install, test = (block.text.strip() for block in blocks(README, "sh"))
    environment, pip, _demo = install.split(" && ")
    assert environment in ci and test in ci
    assert pip.replace("[dev]", "[dev,parts,arcadedb]").removeprefix(".venv/bin/pip install -q ") in ci


def test_the_files_that_the_readme_links_to_exist() -> None:
    text = README.read_text("utf-8")
    linked = re.findall(r"\]\((?!http)([^)#]+)", text)
    assert linked and all((ROOT / path).exists() for path in linked)
