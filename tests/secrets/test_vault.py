"""Secrets at rest: sealed, bound to their names, opened by their keys alone, sealed again by a rotation."""

from __future__ import annotations

import base64
import logging
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.adapters.clock import SystemClock
from cypher_executor.adapters.secrets import Keyring, Vault, sealing
from cypher_executor.adapters.sqlite import Database, SqliteSecrets
from cypher_executor.errors import Conflict, RequestInvalid, Unavailable

VALUE = "correct horse 🔑 \n battery"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    one = Database(tmp_path)
    yield one
    await one.close()


def vault(database: Database, given: str | None = None) -> Vault:
    keyring = Keyring(database.path.parent, given)
    return Vault(SqliteSecrets(database), keyring, SystemClock())


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


async def value_of(one: Vault, name: str, tenant: str = "t") -> str | None:
    found = await one.reveal(tenant, [name])
    return found[name].value if name in found else None


async def test_a_secret_comes_out_as_it_went_in(database: Database) -> None:
    one = vault(database)
    stored = await one.put("t", "TOKEN", VALUE, ["https://api.example.com/*"])
    assert (stored.name, stored.hosts) == ("TOKEN", ("https://api.example.com/*",))
    assert await value_of(one, "TOKEN") == VALUE
    assert await one.list("t") == [stored] and await one.find("t", "TOKEN") == stored
    await one.put("t", "TOKEN", "another")
    assert await value_of(one, "TOKEN") == "another" and len(await one.list("t")) == 1
    assert await one.delete("t", "TOKEN") and not await one.delete("t", "TOKEN")
    assert await value_of(one, "TOKEN") is None and await one.find("t", "TOKEN") is None


async def test_another_tenant_has_no_such_secret(database: Database) -> None:
    one = vault(database)
    await one.put("a", "TOKEN", VALUE)
    assert await value_of(one, "TOKEN", "b") is None and await one.list("b") == []
    assert not await one.delete("b", "TOKEN")


async def test_a_secret_outlives_the_process(tmp_path: Path) -> None:
    database = Database(tmp_path)
    await vault(database).put("t", "TOKEN", VALUE)
    await database.close()
    database = Database(tmp_path)
    assert await value_of(vault(database), "TOKEN") == VALUE
    await database.close()


async def test_no_byte_on_disk_tells_the_value(database: Database) -> None:
    one = vault(database)
    for number in range(20):
        await one.put("t", f"S{number}", f"canary-{number}-value")
    await database.close()
    for path in database.path.parent.iterdir():
        assert b"canary-" not in path.read_bytes(), path


async def test_the_same_value_is_sealed_differently_each_time(database: Database) -> None:
    one = vault(database)
    await one.put("t", "A", VALUE)
    await one.put("t", "B", VALUE)
    first, second = await SqliteSecrets(database).of_tenant("t")
    assert first.sealed != second.sealed and first.nonce != second.nonce


@pytest.mark.parametrize(
    "changed", [{"name": "B"}, {"tenant": "u"}, {"hosts": ()}, {"sealed": b"\0" * 40}, {"nonce": b"\0" * 12}]
)
async def test_a_sealed_value_opens_only_where_it_was_put(database: Database, changed: dict[str, Any]) -> None:
    one, store = vault(database), SqliteSecrets(database)
    await one.put("t", "A", VALUE, ["https://a.test/*"])
    [sealed] = await store.of_tenant("t")
    await one.delete("t", "A")
    moved = replace(sealed, **changed)
    await store.put(moved)
    with pytest.raises(Unavailable) as refused:
        await one.reveal(moved.tenant, [moved.name])
    assert refused.value.code == "secret_damaged" and VALUE not in str(refused.value)


async def test_the_key_is_made_once_for_this_user_alone_and_the_log_says_so(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    path, one = database.path.parent / "secret.key", vault(database)
    assert await one.reveal("t", ["TOKEN"]) == {} and await one.list("t") == []
    assert not path.exists()
    with caplog.at_level(logging.WARNING):
        await one.put("t", "TOKEN", VALUE)
        await one.put("t", "OTHER", VALUE)
    key = path.read_text().strip()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and len(base64.b64decode(key)) == 32
    [warning] = caplog.records
    assert str(path) in warning.getMessage() and key not in warning.getMessage()


async def test_a_key_that_others_can_read_is_not_used(database: Database) -> None:
    one = vault(database)
    await one.put("t", "TOKEN", VALUE)
    (database.path.parent / "secret.key").chmod(0o644)
    with pytest.raises(Unavailable) as refused:
        await one.reveal("t", ["TOKEN"])
    assert refused.value.code == "secret_key_exposed"


async def test_a_given_key_is_used_and_nothing_is_written(database: Database) -> None:
    key = new_key()
    await vault(database, key).put("t", "TOKEN", VALUE)
    assert not (database.path.parent / "secret.key").exists()
    assert await value_of(vault(database, key), "TOKEN") == VALUE
    with pytest.raises(Unavailable) as refused:
        await value_of(vault(database, new_key()), "TOKEN")
    assert refused.value.code == "secret_key_missing"


@pytest.mark.parametrize("key", ["", " ", "short", "A" * 43, base64.b64encode(bytes(31)).decode(), "ключ" * 11])
def test_a_key_that_is_none_is_refused_without_being_quoted(tmp_path: Path, key: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        Keyring(tmp_path, key)
    assert refused.value.code == "setting_invalid"
    assert not key.strip() or key not in str(refused.value)


async def test_a_rotation_seals_everything_anew_and_forgets_the_old_key(database: Database) -> None:
    path, one = database.path.parent / "secret.key", vault(database)
    await one.put("t", "A", VALUE, ["https://a.test/*"])
    await one.put("u", "B", "another")
    old = path.read_text()
    assert await one.rotate() == 2
    assert path.read_text() != old and len(path.read_text().split()) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (await value_of(one, "A"), await value_of(one, "B", "u")) == (VALUE, "another")
    with pytest.raises(Unavailable):
        await value_of(vault(database, old.strip()), "A")


async def test_a_rotation_that_is_broken_off_is_finished_by_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = vault(database)
    for name in ("A", "B", "C"):
        await one.put("t", name, VALUE)
    replace_ = SqliteSecrets.replace
    calls: list[str] = []

    async def breaks(self: SqliteSecrets, old: Any, new: Any) -> bool:
        calls.append(old.name)
        if len(calls) == 2:
            raise Unavailable("the power has gone")
        return await replace_(self, old, new)

    monkeypatch.setattr(SqliteSecrets, "replace", breaks)
    with pytest.raises(Unavailable):
        await one.rotate()
    monkeypatch.undo()
    assert [await value_of(one, name) for name in ("A", "B", "C")] == [VALUE] * 3
    await one.rotate()
    assert len((database.path.parent / "secret.key").read_text().split()) == 1
    assert [await value_of(one, name) for name in ("A", "B", "C")] == [VALUE] * 3


async def test_what_cannot_be_opened_stops_a_rotation_and_no_key_is_lost(database: Database) -> None:
    one = vault(database)
    await one.put("t", "A", VALUE)
    await vault(database, new_key()).put("t", "B", VALUE)
    with pytest.raises(Unavailable):
        await one.rotate()
    assert await value_of(one, "A") == VALUE


async def test_the_operator_rotates_by_putting_a_key_in_front(database: Database) -> None:
    old, new = new_key(), new_key()
    await vault(database, old).put("t", "A", VALUE)
    both = vault(database, f"{new},{old}")
    assert await value_of(both, "A") == VALUE
    assert await both.rotate() == 1 and await both.rotate() == 0
    assert await value_of(vault(database, new), "A") == VALUE
    with pytest.raises(Conflict):
        Keyring(database.path.parent, new).begin_rotation()


async def test_a_secret_that_is_changed_while_all_are_sealed_anew_keeps_the_change(database: Database) -> None:
    store, one = SqliteSecrets(database), vault(database)
    await one.put("t", "A", VALUE)
    [before] = await store.all()
    await one.put("t", "A", "changed")
    assert not await store.replace(before, sealing.seal(sealing.Key(bytes(32)), "t", "A", VALUE, (), 1))
    assert await value_of(one, "A") == "changed"


@pytest.mark.parametrize("name", ["", "a-b", "1A", "a b", "ä", "A" * 65, "a/b", "A\n"])
async def test_a_name_that_no_handle_could_carry_is_refused(database: Database, name: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        await vault(database).put("t", name, VALUE)
    assert refused.value.code == "invalid_name"


@pytest.mark.parametrize("value", ["", "abc", "x" * (16 * 1024 + 1), "half \ud800"])
async def test_a_value_that_is_too_short_too_long_or_no_text_is_refused(database: Database, value: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        await vault(database).put("t", "A", value)
    assert not value or value not in str(refused.value)


async def test_hosts_that_are_no_patterns_are_refused(database: Database) -> None:
    with pytest.raises(RequestInvalid, match="hosts"):
        await vault(database).put("t", "A", VALUE, ["api.example.com"])


async def test_an_opened_secret_does_not_show_itself(database: Database) -> None:
    one = vault(database)
    await one.put("t", "A", VALUE)
    found = await one.reveal("t", ["A"])
    assert VALUE not in repr(found) and "horse" not in repr(found)


async def test_the_database_has_no_column_for_a_value(database: Database) -> None:
    await vault(database).put("t", "A", VALUE)
    await database.close()
    with sqlite3.connect(database.path) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(secrets)")]
    connection.close()
    assert columns == ["tenant", "name", "key_id", "nonce", "sealed", "hosts", "changed_us"]
