"""Every example of every shipped part holds in a real worker process, calls and failures included."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from cypher_executor.adapters.clock import SystemClock
from cypher_executor.adapters.dispatch_local.dispatcher import LocalDispatcher
from cypher_executor.adapters.parts_folder import PartsFolder
from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptFailed, AttemptSucceeded, CallRequested, Event, RunId
from cypher_executor.core.parts import Example, Part
from cypher_executor.files import shipped

Answers = dict[int, Event]
PARTS = PartsFolder([shipped("parts")])
EXAMPLES = [(part, example) for part in PARTS.all() if part.digest is not None for example in part.examples]


async def _execute_all(executes: Sequence[Execute]) -> Answers:
    answers: Answers = {}
    done = asyncio.Event()

    def inbox(events: Sequence[tuple[RunId, Event]]) -> None:
        answers.update({event.item[0]: event for _, event in events})  # type: ignore[union-attr]
        if len(answers) == len(executes):
            done.set()

    dispatcher = LocalDispatcher(PARTS, inbox, SystemClock(), workers=2)
    await dispatcher.start()
    dispatcher.run_many([(RunId("run_1"), execute) for execute in executes])
    await done.wait()
    await dispatcher.close()
    return answers


def _execute(index: int, part: Part, example: Example, calls: int) -> Execute:
    assert part.digest is not None
    return Execute(
        node=example.title,
        item=(index,),
        attempt=1,
        part=part.name,
        digest=part.digest,
        input=example.input,
        tape=tuple(example.calls[:calls]),
        clock_us=0,
        seed="seed",
    )


@pytest.fixture(scope="module")
def outcomes() -> Answers:
    """What came of every example with its whole tape."""
    return asyncio.run(_execute_all([_execute(i, p, e, len(e.calls)) for i, (p, e) in enumerate(EXAMPLES)]))


@pytest.mark.parametrize("index", range(len(EXAMPLES)), ids=[f"{p.name}: {e.title}" for p, e in EXAMPLES])
def test_an_example_holds_in_a_worker_process(outcomes: Answers, index: int) -> None:
    example, event = EXAMPLES[index][1], outcomes[index]
    if example.error is None:
        assert isinstance(event, AttemptSucceeded) and event.output == example.output
    else:
        assert isinstance(event, AttemptFailed)
        assert event.failure.code.removeprefix("part:") == example.error["code"]
        assert str(example.error.get("message", "")) in event.failure.message
        # An example may leave out what it is not about.
        assert event.failure.retry_after_ms == example.error.get("retry_after_ms", event.failure.retry_after_ms)


async def test_a_part_asks_for_each_call_of_its_examples_in_turn() -> None:
    wanted = [(p, e, number) for p, e in EXAMPLES for number in range(len(e.calls))]
    answers = await _execute_all([_execute(i, p, e, number) for i, (p, e, number) in enumerate(wanted)])
    assert wanted
    for index, (_, example, number) in enumerate(wanted):
        event = answers[index]
        assert isinstance(event, CallRequested)
        assert (event.number, event.request) == (number, example.calls[number][0])


def test_what_the_host_answered_is_passed_on_and_nothing_else_is(outcomes: Answers) -> None:
    failures = {
        (EXAMPLES[index][0].name, event.failure.code)
        for index, event in outcomes.items()
        if isinstance(event, AttemptFailed)
    }
    assert ("http_request", "http_4xx") in failures or ("http_request", "http_5xx") in failures
    for name, code in failures:
        part = PARTS.find(name)
        assert part is not None and (not part.pure or code.startswith("part:") or code == "invalid_output")
