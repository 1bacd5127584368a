"""`doctor` finds nothing in a sound journal, and each kind of damage in one that is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cypher_executor.adapters.sqlite import Database, SqliteParts
from cypher_executor.adapters.sqlite.inspecting import inspect, looking_into
from cypher_executor.adapters.sqlite.records import digest_of
from cypher_executor.cli.app import app
from cypher_executor.core.events import ChildEnded, ChildStarted, Parent, RunId
from cypher_executor.core.parts import Part
from cypher_executor.core.parts import digest_of as module_digest
from cypher_executor.ports import Entry
from tests.core.record import HISTORIES
from tests.journal.support import FILE, damage, file_all, history

NAMES = sorted(path.stem for path in HISTORIES.glob("*.jsonl"))
LARGE = "x" * 70_000
ABOVE, BELOW = RunId("run_above"), RunId("run_below")


def doctor(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["doctor", "--data-dir", str(folder), "--json", *words])
    return result.exit_code, json.loads(result.stdout)


def codes(folder: Path, *words: str) -> set[str]:
    return {finding["code"] for finding in doctor(folder, *words)[1]["findings"]}


async def sound(folder: Path) -> Path:
    """A journal with every recorded history, whole and cut off, a family, and a large value."""
    whole = [history(name, f"run_{n}whole") for n, name in enumerate(NAMES)]
    cut = [history(name, f"run_{n}cut", 1 + (name != "family_cancelled")) for n, name in enumerate(NAMES)]
    await file_all(folder, [*whole, *cut, history("failing_fast", "run_large", 1, input={"url": LARGE, "n": 1})])
    await file_all(folder, family())
    return folder


def family() -> list[Entry]:
    """A run that waits for a child, and that child, which goes on."""
    above = history("family_cancelled", ABOVE, 1)
    started = ChildStarted(at_us=1, node="held", attempt=1, child=BELOW, workflow="translate")
    parent = Parent(run=ABOVE, node="held", wait=True)
    return [above, Entry(ABOVE, 1, (started,)), history("turns", BELOW, 1, parent=parent, depth=1)]


async def test_nothing_is_wrong_with_a_sound_journal(tmp_path):
    folder = await sound(tmp_path)
    for words in ((), ("--deep",)):
        exit_code, told = doctor(folder, *words)
        wrong = [finding for finding in told["findings"] if finding["severity"] == "error"]
        assert (wrong, told["ok"], exit_code) == ([], True, 0)
    assert told["runs"] == 2 * len(NAMES) + 3
    assert told["open"] == len(NAMES) + 3


async def test_a_journal_is_examined_while_a_service_uses_it(tmp_path):
    folder = await sound(tmp_path)
    database = Database(folder)
    assert doctor(folder, "--deep")[0] == 0
    await database.close()


RUN = "(SELECT number FROM runs WHERE id = '{}')"
TURNS, SHORT = f"run_{NAMES.index('turns')}whole", "run_0cut"
BODY = "UPDATE events SET body = CAST(replace(CAST(body AS TEXT), '{}', '{}') AS BLOB) WHERE run = " + RUN
SHALLOW = {
    "incomplete": "DELETE FROM events WHERE seq = 2 AND run = " + RUN.format(TURNS),
    "dangling_row": "PRAGMA foreign_keys = OFF; DELETE FROM runs WHERE id = 'run_0cut'",
    "version_missing": "INSERT INTO recipes (tenant, name, current, last) VALUES ('default', 'r', 3, 3)",
    "version_number": "INSERT INTO recipes (tenant, name, current, last) VALUES ('default', 'r', NULL, 1);"
    "INSERT INTO recipe_versions (tenant, name, version, digest, text, created_us)"
    " VALUES ('default', 'r', 2, 'sha256:1', 'CREATE (a)', 0)",
    "recipe_text_missing": "DELETE FROM recipe_texts WHERE digest = (SELECT digest FROM runs WHERE id = 'run_0cut')",
}
DEEP = {
    "unreadable": "UPDATE events SET kind = 'RunTeleported' WHERE seq = 2 AND run = " + RUN.format(TURNS),
    "summary_differs": "UPDATE runs SET state = 'failed' WHERE id = '" + TURNS + "'",
    "blob_missing": "DELETE FROM blobs",
    "blob_damaged": "UPDATE blobs SET body = CAST('\"y\"' AS BLOB)",
    "blob_unused": f"INSERT INTO blobs VALUES ('{digest_of(b'7')}', CAST('7' AS BLOB))",
    "blob_use_missing": "DELETE FROM blob_uses",
    "module_damaged": "INSERT INTO part_modules VALUES ('sha256:1', CAST('x' AS BLOB))",
    "recipe_damaged": "UPDATE recipe_texts SET text = 'CREATE (a:'",
    "completed_twice": "INSERT INTO events (run, seq, kind, at_us, body) SELECT run, 3, kind, at_us, body FROM events"
    " WHERE kind = 'AttemptSucceeded' AND seq = 2 AND run = " + RUN.format(SHORT),
    "not_awaited": """INSERT INTO events (run, seq, kind, at_us, body) SELECT number, 2, 'TimerFired', 1,
        CAST('{"at_us": 1, "node": "", "item": [], "attempt": 7}' AS BLOB) FROM runs WHERE id = 'run_below'""",
    "goes_on_after_end": "INSERT INTO events (run, seq, kind, at_us, body) SELECT run, max(seq) + 1, 'CancelRequested',"
    " 1, CAST('{\"at_us\": 1}' AS BLOB) FROM events WHERE run = " + RUN.format(TURNS),
    "wrong_depth": BODY.format('"depth":1', '"depth":5', BELOW),
    "unknown_to_parent": BODY.format('"node":"held"', '"node":"clean"', BELOW)
    + ";"
    + "DELETE FROM events WHERE seq = 2 AND run = "
    + RUN.format(ABOVE),
    "missing_child": "DELETE FROM runs WHERE id = 'run_below';"
    "DELETE FROM events WHERE run NOT IN (SELECT number FROM runs)",
}


HARMLESS = {"not_awaited", "blob_unused"}


@pytest.mark.parametrize("code", list(SHALLOW))
async def test_damage_of_this_kind_is_found_at_once(tmp_path, code):
    folder = await sound(tmp_path)
    damage(folder, SHALLOW[code])
    assert code in codes(folder)
    exit_code, told = doctor(folder, "--deep")
    assert exit_code == 1
    assert code in {finding["code"] for finding in told["findings"]}


@pytest.mark.parametrize("code", list(DEEP))
async def test_damage_of_this_kind_is_found_by_looking_deep(tmp_path, code):
    folder = await sound(tmp_path)
    damage(folder, DEEP[code])
    exit_code, told = doctor(folder, "--deep")
    assert code in {finding["code"] for finding in told["findings"]}
    assert exit_code == (0 if code in HARMLESS else 1)


async def test_a_child_that_ended_otherwise_than_its_parent_was_told_is_found(tmp_path):
    ended = ChildEnded(at_us=2, node="held", attempt=1, child=BELOW, state="succeeded", result=1)
    await file_all(tmp_path, [*family(), Entry(ABOVE, 2, (ended,))])
    assert codes(tmp_path, "--deep") == {"child_end_differs"}


async def test_a_run_with_nothing_left_to_do_is_found(tmp_path, monkeypatch):
    """No journal that the engine writes has one, so the run machine is made to forget what it asked for."""
    from cypher_executor.core.run import Run

    await file_all(tmp_path, family())
    monkeypatch.setattr(Run, "outstanding", property(lambda self: ()))
    assert "stuck" in codes(tmp_path, "--deep")


async def test_a_run_that_breaks_the_run_machine_is_found(tmp_path, monkeypatch):
    from cypher_executor.core.run import Run

    def broken(self, event):
        raise KeyError("a bug")

    await file_all(tmp_path, family())
    monkeypatch.setattr(Run, "apply", broken)
    assert "cannot_apply" in codes(tmp_path, "--deep")


async def test_a_damaged_file_is_found(tmp_path):
    folder = await sound(tmp_path)
    with (folder / FILE).open("r+b") as file:
        file.seek(-3 * 4096, 2)
        file.write(b"\xff" * 8192)
    assert codes(folder) >= {"damaged_file"}
    assert doctor(folder, "--deep")[0] == 1


async def test_people_are_told_in_lines(tmp_path):
    folder = await sound(tmp_path)
    damage(folder, SHALLOW["incomplete"])
    result = CliRunner().invoke(app, ["doctor", "--data-dir", str(folder)])
    assert result.exit_code == 1
    assert f"error  incomplete  {TURNS}: it has" in result.stdout
    assert "1 errors, 0 warnings; `restore`" in result.stderr


async def test_what_parts_take_of_the_disk_is_told(tmp_path):
    database = Database(tmp_path / "data")
    store = SqliteParts(database)
    for code in (b"module one", b"module two"):
        await store.put(Part("mine", "1.0.0", "A part.", module_digest(code), pure=True), code, made=False, at_us=1)
    await store.let_go(3_600_000_000, 1)
    await database.close()
    cached = tmp_path / "data" / "parts" / "bucket"
    cached.mkdir(parents=True)
    (cached / "object").write_bytes(b"x" * 2048)
    told = doctor(tmp_path / "data")[1]["parts"]
    assert told["modules"] == {"count": 2, "bytes": 20}
    assert told["unneeded"] == told["may_go"] == {"count": 1, "bytes": 10}
    assert told["from_s3"] == {"count": 1, "bytes": 2048}
    lines = CliRunner().invoke(app, ["doctor", "--data-dir", str(tmp_path / "data")]).stdout
    assert "modules in the journal: 2 (20 bytes); nothing needs 1 (10 bytes), and 1 (10 bytes) of these go" in lines
    assert "files from S3: 1 (2.0 KiB)" in lines


def test_a_folder_without_a_journal_is_not_found(tmp_path):
    result = CliRunner().invoke(app, ["doctor", "--data-dir", str(tmp_path)])
    assert result.exit_code == 4
    assert "no journal" in result.stderr
    assert "--data-dir" in result.stderr and "cypher-executor serve" in result.stderr, "what to do about it"


async def test_a_service_starts_while_a_journal_is_being_examined(tmp_path):
    folder = await sound(tmp_path)
    with looking_into(folder) as connection:
        inspect(connection, None)
        database = Database(folder)
        await database.close()
