"""Promises of Bolt that are kept by tests: each defect planted here must turn a test red."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis.errors import HypothesisException

from cypher_executor.bolt import chunks, connection, parameters, server, session, unpacking, values, waiting
from cypher_executor.bolt.session import Session
from cypher_executor.bolt.structure import Structure
from cypher_executor.compat import deeds, desk
from cypher_executor.compat.desk import Desk
from cypher_executor.cypher.query import compile_query
from cypher_executor.queries import questions
from cypher_executor.queries.table import Table
from tests.bolt import test_chunks, test_hostile, test_packing, test_server, test_session, test_values
from tests.bolt.answering import Answering
from tests.bolt.talking import COMMIT, Talk
from tests.compat import test_deeds

Plant = Callable[[pytest.MonkeyPatch], None]


def declared_sizes_are_believed(patch: pytest.MonkeyPatch) -> None:
    """Room is made for as many items as a list says that it has."""
    opened = unpacking._Reader._opened

    def believing(self: Any, kind: str, size: int, depth: int) -> Any:
        bytearray(min(size, 50_000_000))
        return opened(self, kind, size, depth)

    patch.setattr(unpacking._Reader, "_opened", believing)


def nesting_has_no_limit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(unpacking, "MAX_DEPTH", 10**9)


def keys_may_stand_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(unpacking, "_map", lambda items: dict(zip(items[::2], items[1::2], strict=True)))


def chunks_are_counted_one_by_one(patch: pytest.MonkeyPatch) -> None:
    """Each chunk is short enough, however many there are."""
    feed = chunks.Dechunker.feed

    def counting(self: Any, data: bytes) -> Any:
        self.limit = max(self.limit, len(self._message) + 0xFFFF)
        return feed(self, data)

    patch.setattr(chunks.Dechunker, "feed", counting)


def strangers_may_send_what_others_may(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(connection, "ENTERING_BYTES", connection.MESSAGE_BYTES)


def strangers_are_waited_for(patch: pytest.MonkeyPatch) -> None:
    async def patient(self: Any, due: float) -> bytes:
        found: bytes = await self._pipe.receive()
        return found

    patch.setattr(connection.Connection, "_received", patient)


def slow_clients_are_waited_for(patch: pytest.MonkeyPatch) -> None:
    async def flush(self: Any) -> None:
        data, self._out = bytes(self._out), bytearray()
        await self._pipe.send(data)

    patch.setattr(connection.Connection, "flush", flush)


def everything_is_read_ahead(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(waiting, "MESSAGES", 10**9)
    patch.setattr(waiting, "BYTES", 10**12)


def nobody_waits_until_the_client_takes(patch: pytest.MonkeyPatch) -> None:
    async def flush(self: Any) -> None:
        self._pipe.told += self._out
        self._out.clear()
        self._pipe.stirred.set()

    patch.setattr(connection.Connection, "flush", flush)


def connections_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    room = server.BoltServer._room

    def endless(self: Any, client: str) -> Any:
        self._most = 10**9
        return room(self, client)

    patch.setattr(server.BoltServer, "_room", endless)


def any_page_may_connect(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(server, "allowed", lambda origin, others: True)


def any_name_is_this_machine(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(server, "is_loopback", lambda host: True)


def all_is_possible_always(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(session, "possible", lambda state, request, version: True)


def resets_wait_their_turn(patch: pytest.MonkeyPatch) -> None:
    async def note(self: Any, message: bytes) -> None:
        await self._waiting.put(message)

    patch.setattr(connection.Connection, "_note", note)


def tenants_are_ignored(patch: pytest.MonkeyPatch) -> None:
    ask = questions.Questions.ask

    async def of_everybody(self: Any, text: str, given: Any = None, **more: Any) -> Table:
        return await ask(self, text, given, **{**more, "tenant": "default"})

    patch.setattr(questions.Questions, "ask", of_everybody)


def whoever_was_let_in_once_stays(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks at the credentials again after a LOGOFF and a LOGON."""

    def kept(self: Any, extra: Any) -> None:
        self._credentials = self._credentials or session.credentials({})

    patch.setattr(Session, "_enter", kept)


def writes_are_let_through(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(desk, "rewritten", lambda text, kinds: "RETURN 1" if "CREATE" in text else None)


def readers_may_do_things(patch: pytest.MonkeyPatch) -> None:
    deed_of = deeds.deed_of
    everything = frozenset({"executor.run", "executor.save"})
    patch.setattr(desk, "deed_of", lambda text, **_: deed_of(text, may_write=True, allowed=everything))


def deeds_are_done_for_each_row(patch: pytest.MonkeyPatch) -> None:
    """Whatever calls one, wherever."""

    def anywhere(text: str, **_: Any) -> Any:
        return next((one for one in deeds.DEEDS if one.name in text), None)

    patch.setattr(desk, "deed_of", anywhere)


def deeds_are_of_the_first_tenant(patch: pytest.MonkeyPatch) -> None:
    done = deeds.done
    patch.setattr(desk, "done", lambda deed, doing, tenant, given: done(deed, doing, "default", given))


def queries_go_on_when_nobody_waits(patch: pytest.MonkeyPatch) -> None:
    """For seconds, and not for ever, because this test has to end."""
    patch.setattr(Table, "stop", lambda self: threading.Timer(4.0, self._watch.stop).start())


def time_outs_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    table = Desk.table

    async def patient(self: Any, question: Any, query: str, known: Any) -> Table:
        return await table(self, replace(question, timeout_s=None), query, known)

    patch.setattr(Desk, "table", patient)


def moments_are_those_of_the_wall(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(values._WRITERS, values.DateTime, lambda value, dialect: values._date_time(value, WALL))  # type: ignore[arg-type]


def nanoseconds_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(parameters, "_of_second", lambda nanoseconds: nanoseconds)


WALL = values.Dialect(element_ids=True, utc=False)
CREATES = "CREATE (a:X)"


async def a_write_is_refused(talk: Talk) -> None:
    assert compile_query(CREATES).query is None
    assert (await talk.refused(CREATES))["code"] == "Neo.ClientError.Statement.AccessMode"


CAUGHT: list[tuple[Plant, Callable[..., Any], tuple[Any, ...]]] = [
    (declared_sizes_are_believed, test_packing.test_a_declared_size_costs_nothing, (0xD6, 2**31 - 1)),
    (nesting_has_no_limit, test_packing.test_nesting_has_a_limit, (b"\x91",)),
    (keys_may_stand_twice, test_packing.test_what_is_malformed_is_refused, ("A2 8161 01 8161 02",)),
    (chunks_are_counted_one_by_one, test_chunks.test_a_flood_of_small_chunks_is_refused_when_it_is_too_long, ()),
    (strangers_may_send_what_others_may, test_hostile.test_somebody_unknown_may_not_send_long_messages, ()),
    (strangers_are_waited_for, test_hostile.test_somebody_who_says_nothing_is_not_waited_for_long, ()),
    (slow_clients_are_waited_for, test_hostile.test_whoever_does_not_take_what_it_asked_for_is_let_go_of, ()),
    (everything_is_read_ahead, test_hostile.test_a_flood_of_requests_is_read_no_faster_than_it_is_answered, ()),
    (nobody_waits_until_the_client_takes, test_hostile.test_rows_are_worked_out_no_faster_than_they_are_taken, ()),
    (connections_are_not_counted, test_hostile.test_there_are_not_too_many_connections, ()),
    (any_page_may_connect, test_server.test_pages_from_elsewhere_may_not, ("https://elsewhere.example",)),
    (any_name_is_this_machine, test_server.test_without_keys_only_who_names_this_machine_may, ()),
    (all_is_possible_always, test_session.test_what_is_not_possible_now_ends_the_connection, ([], COMMIT, [])),
    (resets_wait_their_turn, test_session.test_a_reset_interrupts_what_takes_long, ()),
    (tenants_are_ignored, test_session.test_another_may_log_on_after_a_log_off, ()),
    (whoever_was_let_in_once_stays, test_session.test_another_may_log_on_after_a_log_off, ()),
    (writes_are_let_through, a_write_is_refused, ()),
    (readers_may_do_things, test_deeds.test_a_reading_session_does_nothing, ()),
    (
        deeds_are_done_for_each_row,
        test_deeds.test_nothing_is_done_when_the_question_is_wrong,
        ("MATCH (r:Run) CALL executor.run('a', {}) YIELD run RETURN run", "Statement.SyntaxError"),
    ),
    (deeds_are_of_the_first_tenant, test_deeds.test_a_deed_is_of_the_tenant_who_asks, ()),
    (queries_go_on_when_nobody_waits, test_session.test_whoever_goes_while_rows_are_worked_out_is_not_waited_for, ()),
    (time_outs_are_forgotten, test_session.test_a_time_out_of_the_client_holds, ()),
    (
        moments_are_those_of_the_wall,
        test_values.test_moments_are_of_the_world_since_bolt_5,
        test_values.MOMENTS[0],
    ),
    (
        nanoseconds_are_not_looked_at,
        test_values.test_what_is_no_value_of_a_parameter_is_refused,
        (Structure(0x64, (0, 1_000_000_000)),),
    ),
]


@pytest.mark.parametrize(("plant", "test", "given"), CAUGHT, ids=lambda each: getattr(each, "__name__", ""))
async def test_a_planted_defect_turns_a_test_red(
    plant: Plant,
    test: Callable[..., Any],
    given: tuple[Any, ...],
    answers: Answering,
    talk: Talk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant(monkeypatch)
    fixtures = {"answers": answers, "desk": answers.desk, "talk": talk, "monkeypatch": monkeypatch}
    names = list(inspect.signature(test).parameters)
    rest = iter(given)
    wants = [fixtures[name] if name in fixtures else next(rest) for name in names]
    with pytest.raises((Exception, pytest.fail.Exception)) as red:
        async with asyncio.timeout(3):
            outcome = test(*wants)
            if inspect.isawaitable(outcome):
                await outcome
    assert not isinstance(red.value, HypothesisException | StopIteration | TypeError)
