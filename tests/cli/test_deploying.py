"""`recipes save`, `versions`, `rollback`, `bill` and `delete`: over real HTTP, to a real process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.support import Serving, invoke

GET = "CREATE (ask:http_request {url: 'https://api.example.com/orders'})"
POST = "CREATE (ask:http_request {method: 'POST', url: 'https://api.example.com/orders'})"


def asked(server: Serving, *words: object, code: int = 0) -> Any:
    result = invoke("recipes", *words, "--server", server.url)
    assert result.exit_code == code, result.stderr
    return result.stderr if code else result.stdout


def test_a_recipe_is_saved_under_the_name_of_its_file_and_told_with_what_it_reaches(server: Serving) -> None:
    Path("from_file.cypher").write_text(GET)
    said = asked(server, "save", "from_file.cypher")
    assert said == "from_file is stored as version 1\n  reaches the host GET https://api.example.com/*, through ask\n"
    Path("x.cypher").write_text("CREATE (:Recipe {name: 'has_a_name'}) CREATE (a)")
    assert asked(server, "save", "x.cypher") == "has_a_name is stored as version 1\n"


def test_reaching_more_wants_allow(server: Serving) -> None:
    Path("grows.cypher").write_text(GET)
    asked(server, "save", "grows.cypher")
    Path("grows.cypher").write_text(POST)
    refused = asked(server, "save", "grows.cypher", code=2)
    assert "the host POST https://api.example.com/*, through ask" in refused and "--allow" in refused
    tried = asked(server, "save", "grows.cypher", "--dry-run")
    assert "more than before: the host POST https://api.example.com/*, through ask" in tried
    assert "stored as version 2" in asked(server, "save", "grows.cypher", "--allow")
    assert "--allow" in asked(server, "rollback", "grows", 1, code=2)
    assert asked(server, "rollback", "grows", 1, "--allow") == "grows is version 1 again\n"
    lines = asked(server, "versions", "grows").splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["1", "2"] and lines[1].endswith("current")


def test_a_wrong_recipe_is_shown_with_its_places(server: Serving) -> None:
    Path("wrong.cypher").write_text("CREATE (a:strng_ops)")
    shown = asked(server, "save", "wrong.cypher", code=5)
    assert "wrong.cypher:1:11" in shown and "^^^" in shown and "did you mean `string_ops`?" in shown


def test_the_bill_is_told_with_the_modules(server: Serving) -> None:
    Path("told.cypher").write_text(GET)
    asked(server, "save", "told.cypher", "--name", "told_as")
    shown = asked(server, "bill", "told_as")
    assert "reaches the host GET https://api.example.com/*" in shown and "runs http_request sha256:" in shown
    assert json.loads(asked(server, "bill", "told_as", "--json"))["bill"]["complete"] is True
    asked(server, "delete", "told_as")
    asked(server, "bill", "told_as", code=4)


def test_check_with_a_server_means_its_recipes_and_tells_what_is_more(server: Serving) -> None:
    Path("checked.cypher").write_text(GET)
    asked(server, "save", "checked.cypher")
    Path("checked.cypher").write_text(POST)
    Path("starts.cypher").write_text("CREATE (go:trigger_workflow {workflow: 'checked'})")
    Path("wrong.cypher").write_text("CREATE (a:strng_ops)")
    result = invoke("check", "checked.cypher", "starts.cypher", "wrong.cypher", "--server", server.url)
    assert result.exit_code == 5
    assert "more than its stored version: the host POST https://api.example.com/*, through ask" in result.stdout
    assert "reaches the host GET https://api.example.com/*, through go > ask" in result.stdout
    assert "did you mean `string_ops`?" in result.stdout and "wrong.cypher:1:11" in result.stdout
