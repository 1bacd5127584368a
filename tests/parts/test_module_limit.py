"""How large a module may be: 4 MiB, or what the setting says, in every place where a module comes in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cypher_executor.adapters.dispatch_local.compilers import CompileLimits, Compilers
from cypher_executor.adapters.parts_folder import PartsFolder
from cypher_executor.errors import ModuleRefused, RequestInvalid
from cypher_executor.settings import load_settings
from tests.cli.support import invoke
from tests.hostile.leb import unsigned
from tests.worker.modules import module

MIB = 1 << 20
SETTING = "CYPHER_EXECUTOR_MAX_MODULE_MB"


def large(size: int) -> bytes:
    """A module of exactly this size that gives its input back."""
    code = module("echo")
    room = size - len(code) - 5
    section = b"\0" + bytes((*((room >> shift & 0x7F | 0x80) for shift in (0, 7, 14)), room >> 21)) + b"\1x"
    made = code + section + bytes(size - len(code) - len(section))
    assert len(made) == size and unsigned(room) == section[1:5]
    return made


def folder_with(folder: Path, code: bytes) -> Path:
    (folder / "large").mkdir(parents=True)
    (folder / "large" / "large.wasm").write_bytes(code)
    manifest = 'name = "large"\nversion = "1.0.0"\nsummary = "Large."\nadditional = true\n'
    (folder / "large" / "part.toml").write_text(manifest)
    return folder


def said(message: str, size: int, limit: int) -> bool:
    """Whether people are told the size, the limit and the setting."""
    return all(word in message for word in (str(size), str(limit), SETTING))


@pytest.mark.parametrize("mb", [4, 5])
def test_a_folder_takes_what_the_setting_admits_and_tells_of_the_rest(tmp_path: Path, mb: int) -> None:
    fits, beyond = folder_with(tmp_path / "a", large(mb * MIB)), folder_with(tmp_path / "b", large(mb * MIB + 1))
    more = {} if mb == 4 else {"most_module_bytes": mb * MIB}
    assert PartsFolder([fits], **more).disabled == {}
    assert said(PartsFolder([beyond], **more).disabled["large"], mb * MIB + 1, mb * MIB)


def test_commands_take_what_the_setting_admits_and_refuse_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, size = folder_with(tmp_path, large(4 * MIB + 1)), 4 * MIB + 1
    for command in (
        ("parts", "inspect", own / "large" / "large.wasm"),
        ("parts", "push", "large", "--dir", own, "--server", "http://127.0.0.1:1"),
        ("parts", "call", "large", "--dir", own, "-d", "a=1"),
    ):
        refused = invoke(*command)
        assert refused.exit_code != 0 and said(refused.stderr, size, 4 * MIB), refused.stderr
    monkeypatch.setenv(SETTING, "5")
    assert invoke("parts", "inspect", own / "large" / "large.wasm").exit_code == 0
    called = invoke("parts", "call", "large", "--dir", own, "-d", "a=1")
    assert (called.exit_code, "".join(called.stdout.split())) == (0, '{"a":1}'), called.stderr


async def test_compilers_take_what_they_are_told() -> None:
    async def refused(made: Compilers, code: bytes) -> str:
        with pytest.raises(ModuleRefused) as error:
            await made.compile(code, fuel=False)
        return error.value.message

    usual, more = (Compilers(asyncio.ensure_future, limits) for limits in (CompileLimits(), CompileLimits(module_mb=5)))  # type: ignore[arg-type]
    assert said(await refused(usual, large(4 * MIB + 1)), 4 * MIB + 1, 4 * MIB)
    assert (await more.compile(large(5 * MIB), fuel=False)).code
    assert said(await refused(more, large(5 * MIB + 1)), 5 * MIB + 1, 5 * MIB)
    for made in (usual, more):
        await made.close()


@pytest.mark.parametrize("given", ["0", "17", "1.5", "large"])
def test_a_limit_that_nobody_can_have_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(SETTING, given)
    with pytest.raises(RequestInvalid, match=SETTING):
        load_settings()
