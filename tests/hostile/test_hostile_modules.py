"""Modules that mean harm: each ends as its head says, the neighbour behind it gets its answer, the worker lives on.

That each also ends in time is measured by `python -m tests.hostile.measured`, because times are not for a unit test.
"""

from __future__ import annotations

import asyncio

import pytest

from cypher_executor.adapters.dispatch_local.compilers import CompileLimits
from cypher_executor.core.events import AttemptFailed, AttemptSucceeded
from cypher_executor.core.parts import Limits
from cypher_executor.errors import LONGEST_REFUSAL, ModuleRefused
from cypher_executor.partkit.module import admit
from tests.hostile.cases import Case, agrees, cases
from tests.hostile.house import ECHO, House, Outcome, kind_of
from tests.worker.modules import printing

CASES = cases()


async def _try_all() -> dict[str, Outcome]:
    house = House()
    await house.dispatcher.start()
    try:
        return {case.name: await house.try_(case) for case in CASES}
    finally:
        await house.dispatcher.close()


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """All cases, one after the other, in one worker process."""
    return asyncio.run(_try_all())


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_hostile_module_ends_as_it_must_and_harms_nobody(outcomes: dict[str, Outcome], case: Case) -> None:
    outcome = outcomes[case.name]
    assert agrees(outcome.kind, case.expect), outcome.event
    assert isinstance(outcome.neighbour, AttemptSucceeded) and outcome.neighbour.output == {"i": "am well"}
    assert outcome.survived


def test_there_are_many_of_them_and_each_says_what_it_attacks() -> None:
    assert len(CASES) >= 240
    assert len({case.attack for case in CASES}) == len(CASES)


def test_what_a_limit_ended_names_the_limit_and_its_value(outcomes: dict[str, Outcome]) -> None:
    for case in CASES:
        event = outcomes[case.name].event
        if case.expect[1] in ("timeout", "memory_limit", "output_limit", "out_of_fuel"):
            assert isinstance(event, AttemptFailed) and event.failure.details
            [value] = {
                v for k, v in event.failure.details.items() if k in ("timeout_ms", "memory_mb", "output_kb", "fuel")
            }
            assert str(value) in event.failure.message


def test_no_name_in_a_module_steers_a_terminal_through_what_is_said_of_it(outcomes: dict[str, Outcome]) -> None:
    messages = [o.event.failure.message for o in outcomes.values() if isinstance(o.event, AttemptFailed)]
    assert len(messages) >= 100
    assert [message for message in messages if not message.isprintable() or len(message) > 1100] == []


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_is_read_of_a_module_without_compiling_it_is_read_or_refused(case: Case) -> None:
    """As a service does with what was sent to it; compilers look at the rest."""
    try:
        admit(case.code, len(case.code))
    except ModuleRefused as refused:
        assert refused.message.isprintable() and len(refused.message) <= LONGEST_REFUSAL
        assert case.expect[0] == "refused", refused.message


@pytest.mark.parametrize(
    ("limits", "kind"),
    [
        (Limits(timeout_ms=-5), ("output", "1")),
        (Limits(timeout_ms=10**15), ("output", "1")),
        (Limits(memory_mb=10**12), ("output", "1")),
        (Limits(memory_mb=-1), ("failed", "memory_limit")),
        (Limits(output_kb=10**12), ("output", "1")),
        (Limits(output_kb=-1), ("failed", "output_limit")),
        (Limits(fuel=1 << 64), ("output", "1")),
        (Limits(fuel=-1), ("failed", "out_of_fuel")),
    ],
    ids=str,
)
async def test_limits_that_no_wire_can_hold_stop_nobody_else(limits: Limits, kind: tuple[str, str]) -> None:
    house = House()
    await house.dispatcher.start()
    try:
        assert kind_of(await house.one(printing(b"1"), limits)) == kind
        assert isinstance(await house.one(ECHO), AttemptSucceeded)
    finally:
        await house.dispatcher.close()


async def test_a_module_that_takes_too_long_to_compile_is_refused_while_others_run() -> None:
    house = House(compile_limits=CompileLimits(cpu_s=1))
    await house.dispatcher.start()
    try:
        slow = next(case for case in CASES if case.name == "bomb_straight_line").text.replace("(10000)", "(150000)")
        outcome = await house.try_(Case("slow", "", ("failed", "compile_limit"), Limits(), (), slow))
        assert outcome.kind == ("failed", "compile_limit")
        assert isinstance(outcome.neighbour, AttemptSucceeded)
    finally:
        await house.dispatcher.close()
