"""Clients that mean no good, or that are slow: what they cost has limits, and others are served meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher_executor.bolt import connection, session
from cypher_executor.bolt.chunks import chunked
from cypher_executor.bolt.messages import request_of
from cypher_executor.bolt.packing import packed
from cypher_executor.bolt.structure import Structure
from cypher_executor.bolt.unpacking import Malformed
from cypher_executor.compat.desk import Answer, Desk
from tests.bolt.answering import Answering
from tests.bolt.talking import ALL, FAILURE, HELLO, LOGON, PULL, RUN, SUCCESS, Talk, offers, serving, talking

MANY = "UNWIND range(1, 1000) AS a UNWIND range(1, 1000) AS b RETURN a, b, 'a text that takes some room' AS text"


async def test_somebody_unknown_may_not_send_long_messages(desk: Desk) -> None:
    async with talking(desk, entered=False) as talk:
        talk.ask(HELLO, {"user_agent": "x" * 200_000})
        told = await talk.reply()
        assert (told.tag, told.fields[0]["message"]) == (FAILURE, "a message is longer than 131,072 bytes")
        await talk.ended()


async def test_a_message_has_a_limit(talk: Talk) -> None:
    assert await talk.run("RETURN size($x) AS n", {"x": "x" * 1_000_000}) == [[1_000_000]]
    talk.ask(RUN, "RETURN size($x) AS n", {"x": "x" * 1_100_000}, {})
    assert (await talk.reply()).fields[0]["message"] == "a message is longer than 1,048,576 bytes"
    await talk.ended()


async def test_somebody_who_says_nothing_is_not_waited_for_long(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ENTER_S", 0.05)
    silent = Talk(serving(desk))
    await silent.ended()
    begun = Talk(serving(desk))
    begun.say(offers((5, 4, 0))[:-1])
    await begun.ended()
    async with talking(desk, entered=False) as shaken:
        await shaken.ended()
    async with talking(desk, entered=False) as greeted:
        assert (await greeted.told(HELLO, {})).tag == SUCCESS
        await greeted.ended()


async def test_somebody_known_may_be_silent_for_longer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ENTER_S", 0.05)
    async with talking(desk) as talk:
        await asyncio.sleep(0.15)
        assert await talk.run("RETURN 1 AS one") == [[1]]


async def test_nobody_may_be_silent_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ENTER_S", 0.05)
    monkeypatch.setattr(connection, "IDLE_S", 0.05)
    monkeypatch.setattr(connection, "HELD_S", 0.05)
    async with talking(desk) as talk:
        await talk.ended()


async def test_whoever_does_not_take_what_it_asked_for_is_let_go_of(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TAKE_S", 0.05)
    async with talking(desk) as talk:
        talk.pipe.taking.clear()
        talk.ask(RUN, MANY, {}, {})
        talk.ask(PULL, ALL)
        await talk.ended()


async def test_rows_are_worked_out_no_faster_than_they_are_taken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, take = 0, Answer.take

    async def counting(self: Answer, count: int) -> Any:
        nonlocal taken
        found = await take(self, count)
        taken += len(found[0])
        return found

    monkeypatch.setattr(Answer, "take", counting)
    async with talking(desk) as talk:
        talk.ask(RUN, MANY, {}, {})
        assert (await talk.reply()).tag == SUCCESS
        talk.pipe.taking.clear()
        talk.ask(PULL, ALL)
        while taken == 0:
            await asyncio.sleep(0)
        await asyncio.sleep(0.5)
        assert taken < 2_000


async def test_a_flood_of_requests_is_read_no_faster_than_it_is_answered(desk: Desk) -> None:
    async with talking(desk) as talk:
        talk.pipe.taking.clear()
        flood = chunked(packed(Structure(RUN, ("RETURN 1", {"x": "x" * 10_000}, {})))) + chunked(
            packed(Structure(PULL, (ALL,)))
        )
        for _ in range(1_000):
            talk.say(flood)
        await asyncio.sleep(0.3)
        read = 1_000 - talk.pipe.said.qsize()
        assert read < 500  # small answers go out together, so some hundreds are answered before the first is sent


async def test_there_are_not_too_many_connections(desk: Desk) -> None:
    server = serving(desk, most=3)
    kept = [Talk(server) for _ in range(3)]
    for talk in kept:
        talk.say(offers((5, 4, 0)))
        await talk.exactly(4)
    refused = Talk(server)
    await refused.ended()
    assert refused.pipe.closed
    kept[0].say(b"")
    await kept[0].ended()
    again = Talk(server)
    again.say(offers((5, 4, 0)))
    assert await again.exactly(4)
    await server.close()


async def test_what_is_large_is_read_and_written_beside_the_loop(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: dict[str, set[str]] = {}

    def noted(place: Any, name: str) -> None:
        work = getattr(place, name)

        def noting(*given: Any) -> Any:
            threads.setdefault(name, set()).add(threading.current_thread().name)
            return work(*given)

        monkeypatch.setattr(place, name, noting)

    noted(connection, "request_of")
    noted(session, "received")
    noted(session, "record")
    talk.ask(RUN, "RETURN $x AS x", {"x": [1] * 50_000}, {})
    assert (await talk.reply()).tag == SUCCESS
    assert threading.current_thread().name not in threads["request_of"] | threads["received"]
    talk.ask(PULL, ALL)
    assert len((await talk.rows())[0][0][0]) == 50_000
    assert threading.current_thread().name not in threads["record"]


def noise(random_: random.Random) -> bytes:
    """A message that was whole once."""
    made = bytearray(
        packed(random_.choice([
            Structure(RUN, ("RETURN $x", {"x": [1, {"a": [None, 2.5, "x"]}]}, {"db": "neo4j", "tx_timeout": 5})),
            Structure(PULL, ({"n": -1, "qid": 0},)),
            Structure(0x11, ({"mode": "r"},)),
            Structure(0x66, ({"address": "a:1"}, [], {"db": None})),
            Structure(0x12),
            Structure(0x0F),
        ]))
    )  # fmt: skip
    for _ in range(random_.choice([0, 0, 1, 1, 3])):
        at = random_.randrange(len(made) + 1)
        made[at : at + random_.choice([0, 1, 1, 2])] = random_.randbytes(random_.choice([0, 1, 1, 4]))
    return bytes(made)


@given(st.binary(max_size=200) | st.randoms(use_true_random=False).map(noise))
@settings(max_examples=500)
def test_any_bytes_are_a_request_or_malformed(message: bytes) -> None:
    try:
        request_of(message)
    except Malformed as malformed:
        assert str(malformed)


async def _survives(answers: Answering, seed: int) -> None:
    """A connection on which anything may be said: it ends or goes on, and the next client is served."""
    random_ = random.Random(seed)
    talk = Talk(serving(answers.desk))
    said = bytearray(offers((5, 4, 0))) if random_.random() < 0.9 else bytearray(random_.randbytes(20))
    said += chunked(packed(Structure(HELLO, ({},)))) + chunked(packed(Structure(LOGON, ({},))))
    for _ in range(random_.randrange(1, 15)):
        said += chunked(noise(random_))
        if random_.random() < 0.1:
            said += random_.randbytes(random_.randrange(1, 8))
    while said:
        size = random_.randrange(1, 80)
        talk.say(bytes(said[:size]))
        del said[:size]
    talk.say(b"")
    await talk.ended()
    async with talking(answers.desk) as other:
        assert await other.run("RETURN 1 AS one") == [[1]]


@pytest.mark.parametrize("seed", range(60))
async def test_whatever_is_said_the_next_client_is_served(
    answers: Answering, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    await _survives(answers, seed)
    assert not caplog.records


@pytest.mark.long
@pytest.mark.timeout(3_600)
async def test_whatever_is_said_for_a_long_time(answers: Answering, caplog: pytest.LogCaptureFixture) -> None:
    for seed in range(1_000, 21_000):
        await _survives(answers, seed)
        assert not caplog.records, seed


@pytest.mark.long
@given(st.binary(max_size=2_000) | st.randoms(use_true_random=False).map(noise))
@settings(max_examples=200_000, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.timeout(3_600)
def test_any_bytes_for_a_long_time(message: bytes) -> None:
    with contextlib.suppress(Malformed):
        request_of(message)
