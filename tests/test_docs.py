"""The pages of the documentation run, as the README does (`pages`)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.pages import DOCS, assert_goes_as_it_says, blocks

SESSIONS = [(page, n) for page in sorted(DOCS.glob("*.md")) for n in range(len(blocks(page, "console")))]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the sessions use curl")
@pytest.mark.parametrize(("page", "number"), SESSIONS, ids=lambda each: getattr(each, "stem", str(each)))
def test_a_session_of_a_page_goes_as_it_says(page: Path, number: int, tmp_path: Path) -> None:
    assert_goes_as_it_says(page, number, tmp_path)
