"""A run goes from one journal into another as it is, and does nothing there."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cypher_executor.adapters.sqlite import Database, SqliteJournal
from cypher_executor.cli.app import app
from tests.core.record import HISTORIES
from tests.journal.support import damage, file_all, history

NAMES = sorted(path.stem for path in HISTORIES.glob("*.jsonl"))
ODD = {"url": "x" * 70_000, "n": [2**70, "half \ud800", 0.1, 1e300, -0.0, {"a": None, "": "é\u2028"}]}


def cyx(*words: object, stdin: bytes | None = None) -> Result:
    """A command, on a thread of its own because it may have an event loop of its own."""
    with ThreadPoolExecutor() as threads:
        return threads.submit(CliRunner().invoke, app, [str(word) for word in words], input=stdin).result()


def exported(folder: Path, run: str) -> bytes:
    result = cyx("runs", "export", run, "--data-dir", folder)
    assert result.exit_code == 0, result.stderr
    return result.stdout_bytes


@pytest.mark.parametrize("name", NAMES)
async def test_a_run_comes_back_byte_for_byte(tmp_path, name):
    await file_all(tmp_path / "here", [history(name, "run_1")])
    document = exported(tmp_path / "here", "run_1")
    result = cyx("runs", "import", "-", "--data-dir", tmp_path / "there", stdin=document)
    assert (result.exit_code, result.stderr) == (0, "")
    assert exported(tmp_path / "there", "run_1") == document


async def test_odd_and_large_values_come_back_byte_for_byte(tmp_path):
    await file_all(tmp_path / "here", [history("failing_fast", "run_1", 1, input=ODD)])
    (tmp_path / "run.json").write_bytes(exported(tmp_path / "here", "run_1"))
    assert cyx("runs", "import", tmp_path / "run.json", "--data-dir", tmp_path / "there").exit_code == 0
    assert exported(tmp_path / "there", "run_1") == (tmp_path / "run.json").read_bytes()
    journal = SqliteJournal(Database(tmp_path / "there"), lambda: 0)
    assert (await journal.read("run_1"))[0].input == ODD
    await journal.close()


async def test_an_export_holds_recipe_parts_and_tape(tmp_path):
    await file_all(tmp_path, [history("retries_calls_and_losses", "run_1")])
    document = json.loads(exported(tmp_path, "run_1"))
    assert (document["format"], document["version"], document["run"]) == ("cypher-executor run", 1, "run_1")
    assert document["recipe"]["text"] == (HISTORIES / "retries_calls_and_losses.cypher").read_text("utf-8")
    assert document["parts"]
    assert {"CallRequested", "CallAnswered"} <= {record["kind"] for record in document["events"]}


async def test_an_open_run_that_was_imported_is_never_executed(tmp_path):
    await file_all(tmp_path / "here", [history("turns", "run_1", 2)])
    document = exported(tmp_path / "here", "run_1")
    assert cyx("runs", "import", "-", "--data-dir", tmp_path / "there", stdin=document).exit_code == 0
    journal = SqliteJournal(Database(tmp_path / "there"), lambda: 0)
    assert await journal.open_runs() == []
    assert (await journal.summary("run_1")).imported
    await journal.close()
    assert cyx("doctor", "--deep", "--data-dir", tmp_path / "there").exit_code == 0


async def test_a_run_that_is_there_is_not_overwritten(tmp_path):
    await file_all(tmp_path, [history("turns", "run_1")])
    before = exported(tmp_path, "run_1")
    result = cyx("runs", "import", "-", "--data-dir", tmp_path, stdin=before.replace(b'"succeeded"', b'"failed"'))
    assert result.exit_code == 2
    assert "has a run run_1 already" in result.stderr
    assert exported(tmp_path, "run_1") == before


async def test_nothing_is_imported_into_a_folder_that_a_service_uses(tmp_path):
    await file_all(tmp_path / "here", [history("turns", "run_1")])
    document = exported(tmp_path / "here", "run_1")
    database = Database(tmp_path / "there")
    result = cyx("runs", "import", "-", "--data-dir", tmp_path / "there", stdin=document)
    await database.close()
    assert result.exit_code == 3
    assert "in use" in result.stderr and "--server" not in result.stderr, "import has no such option"


WRONG = {
    "not JSON": lambda d: b"{",
    "another document": lambda d: b"[]",
    "too deep": lambda d: b"[" * 100_000,
    "a newer format": lambda d: changed(d, version=2),
    "no events": lambda d: changed(d, events=[]),
    "no start": lambda d: changed(d, events=d["events"][1:]),
    "an unknown event": lambda d: changed(d, events=[*d["events"], {"kind": "RunTeleported", "event": {}}]),
    "an unknown field": lambda d: changed(d, events=[{"kind": "RunStarted", "event": {"warp": 9}}]),
    "another run": lambda d: changed(d, run="run_2"),
    "no id of a run": lambda d: changed(d, run="../../etc"),
    "other parts": lambda d: changed(d, parts={}),
    "another recipe": lambda d: changed(d, recipe={**d["recipe"], "text": "CREATE (a)"}),
    "no recipe": lambda d: changed(d, recipe={**d["recipe"], "text": "CREATE ("}),
    "a recipe that is a number": lambda d: changed(d, recipe={**d["recipe"], "text": 7}),
    "events that are text": lambda d: changed(d, events="RunStarted"),
}


def changed(document, **more) -> bytes:
    return json.dumps({**document, **more}).encode()


@pytest.mark.parametrize("name", list(WRONG))
async def test_what_is_no_exported_run_is_refused(tmp_path, name):
    await file_all(tmp_path / "here", [history("turns", "run_1")])
    wrong = WRONG[name](json.loads(exported(tmp_path / "here", "run_1")))
    result = cyx("runs", "import", "-", "--data-dir", tmp_path / "there", stdin=wrong)
    assert result.exit_code in (2, 5), result.output
    assert result.stderr.startswith("error: ")
    assert not (tmp_path / "there").exists()


async def test_a_run_that_contradicts_itself_is_taken_in_with_a_warning(tmp_path):
    await file_all(tmp_path / "here", [history("turns", "run_1")])
    document = json.loads(exported(tmp_path / "here", "run_1"))
    wrong = changed(document, events=[*document["events"], document["events"][-1]])
    result = cyx("runs", "import", "-", "--data-dir", tmp_path / "there", stdin=wrong)
    assert result.exit_code == 0
    assert "warning: event" in result.stderr


async def test_an_unknown_run_and_one_that_cannot_be_read_are_told(tmp_path):
    await file_all(tmp_path, [history("turns", "run_1")])
    damage(tmp_path, "DELETE FROM events WHERE seq = 2")
    assert cyx("runs", "export", "run_nobody", "--data-dir", tmp_path).exit_code == 4
    result = cyx("runs", "export", "run_1", "--data-dir", tmp_path)
    assert result.exit_code == 3
    assert "event 2 is missing" in result.stderr


async def test_an_export_goes_into_a_file_when_asked(tmp_path):
    await file_all(tmp_path / "data", [history("turns", "run_1")])
    assert cyx("runs", "export", "run_1", "-o", tmp_path / "r.json", "--data-dir", tmp_path / "data").exit_code == 0
    assert (tmp_path / "r.json").read_bytes() == exported(tmp_path / "data", "run_1")
    assert cyx("runs", "export", "run_1", "-o", tmp_path / "no" / "r", "--data-dir", tmp_path / "data").exit_code == 2
