"""Defects planted into what keys promise: each turns a test of keys red."""

from __future__ import annotations

import hmac
from pathlib import Path

import pytest

from cypher_executor.core.keys import Key
from cypher_executor.keys import Keys
from cypher_executor.wiring import House
from tests.service import test_keys
from tests.service.test_keys import locked

__all__ = ["locked"]


async def test_a_secret_that_is_not_compared(locked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: True)
    with pytest.raises(AssertionError):
        await test_keys.test_a_key_that_is_wrong_anywhere_opens_nothing(locked)


async def test_a_scope_that_is_not_asked(locked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Key, "may", lambda self, scope: True)
    with pytest.raises(AssertionError):
        await test_keys.test_a_key_does_what_its_scopes_say(locked, "read", "POST", "/runs", allowed=False)


async def test_a_revocation_that_is_not_looked_at(locked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Key, "usable", lambda self, now_us: True)
    with pytest.raises(AssertionError):
        await test_keys.test_a_revoked_key_opens_nothing_from_then_on(locked)


async def test_a_service_that_opens_when_all_keys_are_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Keys, "exist", property(lambda self: any(k.revoked_us is None for k in self.all())))
    with pytest.raises(BaseExceptionGroup) as told:
        await test_keys.test_keys_are_still_there_after_a_restart(tmp_path)
    assert told.group_contains(AssertionError)
