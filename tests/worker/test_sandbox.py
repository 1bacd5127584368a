"""What a guest sees, and what it cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest

from cypher_executor.errors import ModuleRefused
from cypher_executor.worker import limits
from cypher_executor.worker.sandbox import Called, Failed, Output
from tests.worker.conftest import Run, compile_module
from tests.worker.modules import FOLDER, calling, module, printing

NOW = b'{"op":"now"}'
REFUSED = sorted((FOLDER / "refused").glob("*.wat"))


def test_input_comes_out_of_standard_output(run: Run) -> None:
    large = b"x" * 900_000
    assert run(module("echo"), input=b'{"a": 1}') == Output(b'{"a": 1}')
    assert run(module("echo"), input=large) == Output(large)
    assert run(module("echo"), input=b"") == Output(b"")


def test_nothing_survives_a_call(run: Run) -> None:
    assert [run(module("remember")) for _ in range(3)] == [Output(b"\1\1")] * 3


def test_memory_that_has_grown_between_two_calls_can_be_used_to_its_new_end_and_not_beyond(run: Run) -> None:
    assert [run(module("grows")), run(module("echo")), run(module("grows"))] == [
        Output(b"page\n" * 5),
        Output(b"{}"),
        Output(b"page\n" * 5),
    ]


@pytest.mark.parametrize("path", REFUSED, ids=[p.stem for p in REFUSED])
def test_a_module_that_breaks_the_rules_is_refused_by_name(path: Path) -> None:
    says = path.read_text("utf-8").partition("\n")[0].removeprefix(";; ")
    with pytest.raises(ModuleRefused) as refused:
        compile_module(module(f"refused/{path.stem}"))
    assert says in refused.value.message


@pytest.mark.parametrize("code", [b"", b"\0asm", b"not a module", b"\0asm\1\0\0\0" + b"\xff" * 100])
def test_what_is_no_module_is_refused(code: bytes) -> None:
    with pytest.raises(ModuleRefused):
        compile_module(code)


def test_a_damaged_module_is_refused_or_runs_within_its_limits(run: Run) -> None:
    whole = calling()
    for at in range(8, len(whole)):
        try:
            run(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :], timeout_ms=50)
        except ModuleRefused:
            continue


def test_a_module_larger_than_the_limit_is_refused_before_it_is_compiled() -> None:
    with pytest.raises(ModuleRefused, match="more than the limit"):
        compile_module(b"\0" * (limits.MAX_MODULE + 1))


# --- the tape ---------------------------------------------------------------------------------------------------------


def test_the_first_call_that_is_not_on_the_tape_ends_the_instance(run: Run) -> None:
    assert run(calling(times=3)) == Called(0, NOW)
    assert run(calling(times=3), tape=((NOW, b"1"),)) == Called(1, NOW)
    assert run(module("asks_in_start")) == Called(0, NOW)


def test_calls_on_the_tape_get_their_answers(run: Run) -> None:
    assert run(calling(times=2), tape=((NOW, b"1"), (NOW, b'{"ok": true}'))) == Output(b'{"ok": true}')


@pytest.mark.parametrize("times", [1, 2, 1000])
def test_asking_again_for_an_answer_that_did_not_fit_is_no_new_call(run: Run, times: int) -> None:
    answer = b'{"ok":true,"unix_ms":1}'
    assert run(module("asks_again", times=times), tape=((NOW, answer),)) == Output(answer)


def test_spaces_and_the_order_of_keys_do_not_make_another_request(run: Run) -> None:
    request, recorded = b'{"op": "kv_get", "key": "\xc3\xa9"}', b'{"key":"\\u00e9","op":"kv_get"}'
    assert run(calling(request), tape=((recorded, b"1"),)) == Output(b"1")


@pytest.mark.parametrize(
    "recorded", [b'{"op":"now","n":1}', b'{"op":"now","n":1.0}', b'{"op":"now","n":true}', b"[]", b"not json"]
)
def test_another_request_than_the_recorded_one_departs_from_the_tape(run: Run, recorded: bytes) -> None:
    result = run(calling(b'{"op":"now","n":2}'), tape=((recorded, b"1"),))
    assert isinstance(result, Failed)
    assert result.code == "nondeterministic" and result.details["call"] == 0


def test_one_is_not_the_same_as_one_point_zero_or_true(run: Run) -> None:
    for recorded in (b'{"n":1.0}', b'{"n":true}'):
        result = run(calling(b'{"n":1}'), tape=((recorded, b"1"),))
        assert isinstance(result, Failed) and result.code == "nondeterministic"


def test_ending_without_a_call_that_was_made_before_departs_from_the_tape(run: Run) -> None:
    result = run(printing(b"1"), tape=((NOW, b"1"),))
    assert isinstance(result, Failed)
    assert result.code == "nondeterministic" and "ended" in result.message


@pytest.mark.parametrize(
    "arguments",
    [
        "(i32.const -1) (i32.const 12) (i32.const 0) (i32.const 0)",
        "(i32.const 65530) (i32.const 12) (i32.const 0) (i32.const 0)",
        "(i32.const 0) (i32.const 65537) (i32.const 0) (i32.const 0)",
    ],
)
def test_a_request_outside_of_memory_is_a_trap(run: Run, arguments: str) -> None:
    result = run(module("asks_badly", arguments=arguments))
    assert isinstance(result, Failed)
    assert result.code == "trap" and "cypher.call" in result.message


def test_room_for_an_answer_outside_of_memory_is_a_trap_even_when_the_answer_would_fit(run: Run) -> None:
    arguments = "(i32.const 0) (i32.const 0) (i32.const 65000) (i32.const 1000)"
    result = run(module("asks_badly", arguments=arguments), tape=((b"", b"1"),))
    assert isinstance(result, Failed) and result.code == "trap"


def test_a_request_of_gigabytes_is_refused_without_being_read(run: Run) -> None:
    result = run(module("asks_badly", arguments="(i32.const 0) (i32.const -1) (i32.const 0) (i32.const 0)"))
    assert isinstance(result, Failed)
    assert result.code == "request_limit"
