"""The recipes that ship: each has no problem, runs on real input in real workers, and gives what it says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cypher_executor import files
from cypher_executor.core.keys import OPERATOR
from cypher_executor.core.run import Run
from cypher_executor.cypher.fmt import format_recipe
from cypher_executor.settings import Settings
from cypher_executor.wiring import House, checker, open_house
from tests.acceptance.support import Sink

TEXT = (
    "The train to the old harbour is late again. Passengers wait at the station, and the airport bus is full. "
    "A baker sells bread. The new railway station opens in March, and every passenger will have a ticket for the train."
)
SEEDS = sorted(path.name for path in files.shipped("seeds").glob("*.cypher"))


@pytest.fixture
def sink() -> Any:
    one = Sink()
    yield one
    one.close()


@pytest.fixture
async def house(tmp_path: Path, sink: Sink) -> AsyncIterator[House]:
    async with open_house(Settings(data_dir=tmp_path, workers=2, egress_allow=(sink.address,))) as opened:
        yield opened


async def ended(house: House, run: Any) -> Run:
    assert await house.engine.wait(run, 30)
    found = await house.engine.inspect(run, lambda run: run)
    assert found is not None
    return found


async def result(house: House, name: str, **given: Any) -> Any:
    started = await house.engine.start(await house.library.prepare(OPERATOR, name, given))
    run = await ended(house, started.run)
    assert run.ended is not None and run.ended.state == "succeeded", run.ended
    return run.ended.result


@pytest.mark.parametrize("name", SEEDS)
def test_a_seed_has_no_problem_and_is_named_like_its_file(name: str, tmp_path: Path) -> None:
    compiled = checker(Settings(data_dir=tmp_path)).check_now((files.shipped("seeds") / name).read_text("utf-8"))
    assert compiled.diagnostics == ()
    assert compiled.recipe is not None and f"{compiled.recipe.name}.cypher" == name


@pytest.mark.parametrize("name", SEEDS)
def test_a_seed_is_laid_out_as_fmt_would(name: str) -> None:
    text = (files.shipped("seeds") / name).read_text("utf-8")
    assert format_recipe(text) == text


async def test_parallel_fanout_starts_three_children_that_do_their_work(house: House) -> None:
    children = await result(house, "parallel_fanout", text=TEXT, target_lang="de")
    assert list(children) == ["summary", "english", "topic"]
    summary, german, topic = [(await ended(house, child)).ended.result for child in children.values()]  # type: ignore[union-attr]
    sentences = " ".join(TEXT.split())
    assert 0 < len(summary["summary"]) < len(sentences)
    assert all(sentence in sentences for sentence in summary["summary"].split(". "))
    assert german["language"] == "de" and "Bahnhof" in german["text"]
    assert topic["topic"] == "travel"


async def test_the_children_run_at_the_same_time(house: House) -> None:
    children = await result(house, "parallel_fanout", text=TEXT, target_lang="fr")
    runs = [await ended(house, child) for child in children.values()]
    began = [run.started.at_us for run in runs if run.started]
    finished = [run.ended.at_us for run in runs if run.ended]
    assert max(began) < min(finished)


@pytest.mark.parametrize(
    ("given", "desk"),
    [
        ({"kind": "invoice", "amount": 1200}, "management"),
        ({"kind": "invoice"}, "accounting"),
        ({"kind": "complaint"}, "support"),
        ({"kind": "greeting"}, "archive"),
    ],
)
async def test_conditional_join_goes_on_whichever_way_was_taken(house: House, given: Any, desk: str) -> None:
    answer = await result(house, "conditional_join", **given)
    assert answer["desk"] == desk and given["kind"] in answer["text"]


async def test_error_retry_calls_once_when_all_is_well(house: House, sink: Sink) -> None:
    answer = await result(house, "error_retry", url=f"{sink.url}/ok", pause="10ms")
    assert answer["status"] == 200 and answer["message"] is None
    assert sink.paths == {"/ok": 1}


async def test_error_retry_heals_after_a_pause(house: House, sink: Sink) -> None:
    sink.failures["/flaky"] = 1
    answer = await result(house, "error_retry", url=f"{sink.url}/flaky", pause="10ms")
    assert answer["status"] == 200 and answer["message"] is None
    assert sink.paths == {"/flaky": 2}


async def test_error_retry_tells_a_human_in_the_end(house: House, sink: Sink) -> None:
    sink.failures["/down"] = 99
    answer = await result(house, "error_retry", url=f"{sink.url}/down", pause="10ms")
    assert answer["status"] is None and "/down" in answer["message"] and "503" in answer["message"]
    assert sink.paths == {"/down": 3}
