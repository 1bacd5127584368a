"""A protection that is switched off turns these modules red: each defect is planted, and its case does not hold.

Not here, because a second wall stands behind it: tables, which the engine's pool bounds, too. Elsewhere: the digest of
compiled modules (`test_dispatcher_artifacts`), and what the process gives up (`tests/worker/test_confine`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cypher_executor.errors import ModuleRefused
from cypher_executor.worker import admission, limits, native, tape, wasi
from cypher_executor.worker.limits import Watchdog
from cypher_executor.worker.sandbox import Called, Failed, Output
from tests.hostile.cases import ANSWER, NOW, Case, agrees, cases
from tests.worker.conftest import Run

CASES = {case.name: case for case in cases()}
Plant = Callable[[pytest.MonkeyPatch], None]


def found(run: Run, case: Case) -> tuple[str, str]:
    """How a case ends in a sandbox in this process, in the words of its head."""
    recorded = tuple((json.dumps(NOW).encode(), json.dumps(ANSWER).encode()) for _ in case.tape)
    given = {"memory_mb": case.limits.memory_mb, "output_kb": case.limits.output_kb}
    try:
        match run(case.code, timeout_ms=case.limits.timeout_ms, tape=recorded, **given):
            case Output() as output:
                return "output", output.data[:100].decode("utf-8", "replace")
            case Called():
                return "called", ""
            case Failed() as failed:
                return "failed", failed.code
            case other:
                return "dropped", str(other)
    except ModuleRefused as refused:
        return "refused", refused.message


def _limiter_without(number: int) -> Plant:
    """The store's limits without the one that stands there."""

    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        real = native._store_limiter
        monkeypatch.setattr(
            native, "_store_limiter", lambda *given: real(*(-1 if i == number else v for i, v in enumerate(given)))
        )

    return plant


def _set(owner: Any, name: str, value: Any) -> Plant:
    return lambda monkeypatch: monkeypatch.setattr(owner, name, value)


def _unchecked_read(memory: native.Memory, pointer: int, size: int) -> bytes:
    return bytes(size) if pointer + size > memory.size else memory._view[pointer : pointer + size].tobytes()


DEFECTS: dict[str, tuple[str, Plant]] = {
    "the memory limit is off": ("memory_limit_lies", _limiter_without(1)),
    "the deadline is off": ("long_computation", _set(Watchdog, "_end_what_is_over", lambda _self: None)),
    "the deadline is far away": ("long_computation", _set(limits.time, "monotonic", lambda: 0.0)),
    "the output limit is off": ("output_flood_at_once", _set(wasi.World, "emit", lambda *_: None)),
    "any import is allowed": ("import_module", _set(admission, "_check_imports", lambda _: None)),
    "types of imports are not compared": ("import_many_results", _set(admission, "_check_types", lambda *_: None)),
    "exports are not looked at": ("export_no_start", _set(admission, "_check_exports", lambda _: None)),
    "modules of any size are let in": ("bomb_module_too_large", _set(limits, "MAX_MODULE", 1 << 30)),
    "requests of any size are read": ("call_too_large", _set(tape, "MAX_REQUEST", 1 << 32)),
    "calls are not counted": ("call_storm", _set(tape, "MAX_CALLS", 1 << 30)),
    "requests are not compared": ("call_departs", _set(tape, "_same", lambda *_: True)),
    "the end of the tape is not looked at": ("call_forgotten", _set(tape.Tape, "check_all_used", lambda _self: None)),
    "pointers are not checked": ("call_pointer", _set(native.Memory, "read", _unchecked_read)),
    "exit codes are ignored": (
        "exit_minus_one",
        _set(wasi.Exited, "__init__", lambda self, _: setattr(self, "code", 0)),
    ),
    "any amount of randomness": ("wasi_random_of_everything", _set(wasi, "_MAX_RANDOM", 1 << 32)),
    "any number of vectors": ("wasi_vectors_wrap", _set(wasi, "_MAX_VECTORS", 1 << 32)),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_protection_that_is_off_is_noticed(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    defect: str,
) -> None:
    name, plant = DEFECTS[defect]
    assert agrees(found(run, CASES[name]), CASES[name].expect)
    plant(monkeypatch)
    assert not agrees(found(run, CASES[name]), CASES[name].expect), "the defect was not noticed"
