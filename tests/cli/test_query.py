"""`query`, and `runs ... --where`: over real HTTP to a real process, and in a data folder that nobody uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2

from tests.cli.recipes import FAILS, WAITS
from tests.cli.support import Serving, invoke, serving


def started(server: Serving, text: str, name: str) -> str:
    body = {"cypher": text, "name": name}
    return str(httpx2.post(f"{server.url}/runs", json=body, headers={"Prefer": "wait=1"}).json()["id"])


def asked(server: Serving, *words: str) -> Any:
    result = invoke("query", *words, "--json", "--server", server.url)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_question_is_answered_as_a_table_and_as_json(server: Serving) -> None:
    run = started(server, FAILS, "asked")
    text = "MATCH (r:Run {id: $run}) RETURN r.state AS state, r AS run, 1 AS n"
    told = invoke("query", text, "-p", f"run={run}", "--server", server.url)
    assert told.exit_code == 0, told.stderr
    first, second = told.stdout.splitlines()
    assert first.split() == ["state", "run", "n"]
    assert second.split() == ["failed", "asked:Run:Failed", "1"]
    assert asked(server, text, "--param", f"run={run}")["rows"][0][0] == "failed"
    more = invoke("query", "UNWIND [1, 2, 3] AS x RETURN x", "--limit", "2", "--server", server.url)
    assert more.stdout.split() == ["x", "1", "2"] and "more rows" in more.stderr


def test_a_question_comes_from_a_file_or_standard_input(server: Serving, tmp_path: Path) -> None:
    file = tmp_path / "question.cypher"
    file.write_text("RETURN $n + 1 AS n")
    assert asked(server, f"@{file}", "-p", "n=1")["rows"] == [[2]]
    told = invoke("query", "-", "--server", server.url, stdin="RETURN 7 AS seven")
    assert told.stdout.split() == ["seven", "7"]
    assert invoke("query", "@no-such-file", "--server", server.url).exit_code == 4


def test_a_graph_is_drawn_and_a_plan_is_shown(server: Serving) -> None:
    run = started(server, FAILS, "drawn [x]")
    text = "MATCH p = (r:Run {id: $run})-[:RAN]->(s) RETURN p"
    told = invoke("query", text, "-p", f"run={run}", "--graph", "--server", server.url)
    assert (
        told.stdout.startswith("graph LR") and "drawn #91;x#93;:Run:Failed" in told.stdout and '|"RAN"|' in told.stdout
    )
    graph = asked(server, text, "-p", f"run={run}", "--graph")
    assert {node["labels"][0] for node in graph["nodes"]} == {"Run", "Step"} and graph["relationships"]
    plan = invoke("query", text, "--explain", "--server", server.url)
    assert plan.exit_code == 0 and "every node (r:Run) by id" in plan.stdout


def test_what_is_no_question_ends_with_2_and_its_places(server: Serving) -> None:
    told = invoke("query", "MATCH (n) SET n.x = y.z", "--server", server.url)
    assert told.exit_code == 2 and "SET changes the graph" in told.stderr and "line 1, column 11" in told.stderr
    assert invoke("query", "RETURN 1", "--server", "http://127.0.0.1:1").exit_code == 3


def test_a_data_folder_is_asked_without_a_service(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert invoke("query", "RETURN 1", "--data-dir", folder).exit_code == 4
    text = "MATCH (r:Run) RETURN r.id AS id, r.state AS state"
    with serving(folder) as one:
        run = started(one, WAITS, "waits")
        told = invoke("query", text, "--data-dir", folder, "--json")  # the service that holds it answers
        assert json.loads(told.stdout)["rows"] == [[run, "waiting"]]
    for _ in range(2):  # the run goes on in no service: it waits as it did
        told = invoke("query", text, "--data-dir", folder, "--json")
        assert told.exit_code == 0, told.stderr
        assert json.loads(told.stdout)["rows"] == [[run, "waiting"]]


def test_runs_that_a_query_finds_are_shown_first_and_then_cancelled(server: Serving) -> None:
    runs = [started(server, WAITS, "many") for _ in range(2)]
    where = "MATCH (r:Run {name: $name}) RETURN r ORDER BY r.id"
    words = ("runs", "cancel", "--where", where, "-p", "name=many", "--server", server.url)
    shown = invoke(*words)
    assert shown.exit_code == 0, shown.stderr
    assert [line.split()[0] for line in shown.stdout.splitlines()] == ["RUN", *runs]
    assert "2 runs found: 2 would be cancelled; nothing was done: add --yes to do it" in shown.stderr
    done = invoke(*words, "--yes")
    assert done.exit_code == 0 and "2 runs found: 2 cancelled" in done.stderr
    assert "2 left as they are" in invoke(*words, "--yes").stderr
    refused = invoke("runs", "pause", *words[2:], "--yes", "--json")
    assert refused.exit_code == 1 and json.loads(refused.stdout)["counts"] == {"refused": 2}


def test_one_run_or_several_but_not_both(server: Serving) -> None:
    for words in (("cancel",), ("retry", "run_0", "--where", "MATCH (r:Run) RETURN r")):
        assert invoke("runs", *words, "--server", server.url).exit_code == 2


def test_impact_and_policies_are_told(server: Serving) -> None:
    httpx2.put(f"{server.url}/recipes/below_us", content="CREATE (w:wait {seconds: 1})")
    httpx2.put(f"{server.url}/recipes/above_it", content="CREATE (t:trigger_workflow {workflow: 'below_us'})")
    told = invoke("impact", "--part", "wait", "--server", server.url)
    assert told.exit_code == 0, told.stderr
    rows = {line.split()[0]: line for line in told.stdout.splitlines()}
    assert "below_us > w" in rows["below_us"] and "above_it > below_us > w" in rows["above_it"]
    assert invoke("impact", "--server", server.url).exit_code == 2
    assert invoke("policies", "check", "--server", server.url).exit_code == 0
    folder = server.data_dir / "policies"
    folder.mkdir()
    (folder / "no-waits.cypher").write_text(
        "// Nobody waits.\nMATCH p = (n:Node)-[:USES]->(:Part {name: 'wait'}) RETURN p"
    )
    try:
        listed = invoke("policies", "list", "--server", server.url)
        assert listed.stdout.split() == ["POLICY", "ABOUT", "no-waits", "Nobody", "waits."]
        checked = invoke("policies", "check", "--server", server.url)
        assert checked.exit_code == 1 and "(w:Node)-[:USES]->(wait:Part)" in checked.stdout
        assert json.loads(invoke("policies", "check", "--json", "--server", server.url).stdout)["violations"]
    finally:
        (folder / "no-waits.cypher").unlink()
