"""`complete`: what may stand at a place of a recipe."""

import json
from pathlib import Path

import pytest

from tests.cli.support import invoke


def test_what_may_stand_at_a_place_is_listed() -> None:
    Path("new.cypher").write_text("CREATE (a:string_o")
    result = invoke("complete", "new.cypher:1:19")
    assert result.exit_code == 0
    assert "string_ops" in result.stdout and "array_ops" not in result.stdout


def test_programs_get_json_with_what_to_write_where() -> None:
    Path("new.cypher").write_text("CREATE (a)\nRET")
    result = invoke("complete", "new.cypher:2:4", "--json")
    (item,) = json.loads(result.stdout)["items"]
    assert (item["label"], item["kind"], item["insert"]) == ("RETURN", "clause", "RETURN")
    assert item["where"] == {"line": 2, "column": 1, "end_line": 2, "end_column": 4}


def test_a_text_from_standard_input_is_read() -> None:
    result = invoke("complete", "--json", "--", "-:1:17", stdin="CREATE (a)-[:COL")
    assert [item["label"] for item in json.loads(result.stdout)["items"]] == ["COLLECT"]


@pytest.mark.parametrize("place", ["new.cypher", "new.cypher:1", "new.cypher:x:1", ":1:1", "new.cypher:1:-1"])
def test_what_is_no_place_is_a_usage_error(place: str) -> None:
    assert invoke("complete", place).exit_code == 2


def test_a_file_that_there_is_not_is_told() -> None:
    assert invoke("complete", "missing.cypher:1:1").exit_code == 4
