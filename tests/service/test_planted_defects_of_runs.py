"""What is promised of runs, and is kept by the service itself: each defect planted here turns a test red."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cypher_executor.core.values import Values
from cypher_executor.engine import Engine
from cypher_executor.engine.admission import Admission
from cypher_executor.engine.steering import Called, Steering
from cypher_executor.graph import selecting
from cypher_executor.schedules import beginning
from cypher_executor.service import deliveries, deriving, looking, run_view, starts, wait_view
from cypher_executor.service.hooks import Hooks
from cypher_executor.service.onlooking import Onlookers
from cypher_executor.service.room import LARGEST_SUM, Room
from cypher_executor.service.routes import callbacks, hooks, runs, schedules
from cypher_executor.wiring import House
from tests.service import (
    test_callbacks,
    test_forks,
    test_hook_tests,
    test_hooks,
    test_overload,
    test_room,
    test_runs,
    test_schedules,
    test_steering,
)
from tests.service.support import Ask

Plant = Callable[[pytest.MonkeyPatch], None]


# --- what is told of runs ---------------------------------------------------------------------------------------------


def large_values_are_shown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Room, "shown", lambda self, value, step: value)


def what_is_large_together_is_shown(patch: pytest.MonkeyPatch) -> None:
    shown = Room.shown

    def generous(self: Any, value: Any, step: Any) -> Any:
        self._left = LARGEST_SUM
        return shown(self, value, step)

    patch.setattr(Room, "shown", generous)


def results_are_left_out(patch: pytest.MonkeyPatch) -> None:
    view_of = looking.run_view

    def small(run: Any, address: str) -> dict[str, Any]:
        view = view_of(run, address)
        return {**view, "result": Room(view["id"]).shown(view["result"], next(run.steps_in_order()))}

    patch.setattr(looking, "run_view", small)


def origins_are_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(run_view, "_origin", lambda origin: None)


def spans_of_time_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(runs, "_span", lambda query, now_us: (None, query.before))


def a_span_has_one_page(patch: pytest.MonkeyPatch) -> None:
    span = runs._span
    patch.setattr(runs, "_span", lambda query, now_us: span(query, now_us) if query.before is None else ("z", "a"))


def what_cannot_be_read_is_not_listed(patch: pytest.MonkeyPatch) -> None:
    line_of = runs._line

    async def readable(exchange: Any, summary: Any) -> Any:
        line = await line_of(exchange, summary)
        return None if line["state"] == "running" else line

    patch.setattr(runs, "_line", readable)


# --- callbacks --------------------------------------------------------------------------------------------------------


def addresses_lead_nowhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(wait_view, "callback_path", lambda token: "/callbacks/nobody")


def addresses_begin_anywhere(patch: pytest.MonkeyPatch) -> None:
    wait = wait_view._wait
    patch.setattr(wait_view, "_wait", lambda run, command, due_us, _: wait(run, command, due_us, "http://localhost"))


def callback_url_is_that_of_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Values, "_callback_url", lambda self, within, node: "http://127.0.0.1:8080/callbacks/nobody")


def waits_of_loops_are_not_listed(patch: pytest.MonkeyPatch) -> None:
    listed = callbacks.listed_waits
    patch.setattr(callbacks, "listed_waits", lambda *given: [one for one in listed(*given) if not one["item"]])


def who_is_too_late_is_accepted(patch: pytest.MonkeyPatch) -> None:
    call_first = Steering._call_first

    async def polite(self: Any, live: Any, wait: Any, body: Any) -> Called:
        try:
            return await call_first(self, live, wait, body)
        except Exception:
            return Called(0, fresh=True)

    patch.setattr(Steering, "_call_first", polite)


# --- runs that go on from others --------------------------------------------------------------------------------------


def other_texts_are_ignored(patch: pytest.MonkeyPatch) -> None:
    version = deriving._version

    async def same(exchange: Any, body: Any, *more: Any) -> Any:
        return await version(exchange, body.model_copy(update={"cypher": None}), *more)

    patch.setattr(deriving, "_version", same)


def other_inputs_are_ignored(patch: pytest.MonkeyPatch) -> None:
    version = deriving._version

    async def same(exchange: Any, body: Any, about: Any, recipe: Any) -> Any:
        return dataclasses.replace(await version(exchange, body, about, recipe), input=about.input)

    patch.setattr(deriving, "_version", same)


def all_of_the_recipe_is_selected(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deriving, "_selected", lambda tenant, prepared, query: tuple(prepared.recipe.nodes))


def any_query_selects(patch: pytest.MonkeyPatch) -> None:
    selected = selecting.selected

    def forgiving(query: str, version: Any, recipe: Any) -> Any:
        try:
            return selected(query, version, recipe)
        except Exception:
            return tuple(recipe.nodes)

    patch.setattr(selecting, "selected", forgiving)


# --- starts -----------------------------------------------------------------------------------------------------------


def keys_are_not_looked_up_first(patch: pytest.MonkeyPatch) -> None:
    async def nobody(*_: Any) -> None: ...

    patch.setattr(starts, "begun_before", nobody)


def starts_are_refused_once_they_have_begun(patch: pytest.MonkeyPatch) -> None:
    begin, admit = Engine._begin, Admission.admit

    async def late(self: Any, prepared: Any, first: Any, claim: Any) -> Any:
        begun = await begin(self, prepared, first, claim)
        admit(self._admission, first, prepared.recipe.max_runs)
        return begun

    patch.setattr(Admission, "admit", lambda *_: None)
    patch.setattr(Engine, "_begin", late)


# --- triggers ---------------------------------------------------------------------------------------------------------


def the_query_is_over_the_body(patch: pytest.MonkeyPatch) -> None:
    input_of = deliveries.input_of
    patch.setattr(deliveries, "input_of", lambda body, query: {**input_of(body, {}), **query})


def bodies_are_dropped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deliveries, "input_of", lambda body, query: query)


def all_headers_are_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deliveries, "harmless_headers", dict)


def hooks_tell_their_callers_everything(patch: pytest.MonkeyPatch) -> None:
    told = hooks._told
    patch.setattr(hooks, "_told", lambda view, *, with_result: told(view, with_result=True))


def addresses_have_two_owners(patch: pytest.MonkeyPatch) -> None:
    async def nobody(*_: Any) -> None: ...

    patch.setattr(Hooks, "taken", nobody)


def nobody_is_shown_what_came(patch: pytest.MonkeyPatch) -> None:
    show = Onlookers.show
    patch.setattr(Onlookers, "show", lambda self, tenant, path, view: show(self, tenant, path, dict))


def hooks_are_not_listed(patch: pytest.MonkeyPatch) -> None:
    async def none(*_: Any) -> list[Any]:
        return []

    patch.setattr(Hooks, "all", none)


def what_is_run_now_looks_like_any_run(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(beginning, "trigger_of", lambda *_, **__: {"kind": "api", "node": None})


def schedules_are_listed_without_their_times(patch: pytest.MonkeyPatch) -> None:
    view = schedules.schedule_view
    patch.setattr(schedules, "schedule_view", lambda kept, now_us, times=0: view(kept, now_us, 0))


def pages_of_schedules_have_no_next(patch: pytest.MonkeyPatch) -> None:
    answer = schedules.reply

    def last(status: int, told: Any) -> Any:
        return answer(status, {**told, "next_after": None} if "next_after" in told else told)

    patch.setattr(schedules, "reply", last)


Test = Callable[..., Awaitable[None]]
BODY = {"content": b"[1, 2]", "content_type": "application/json", "given": [1, 2]}
CAUGHT: list[tuple[Plant, Test, dict[str, Any]]] = [
    (large_values_are_shown, test_room.test_a_large_value_of_a_step_is_pointed_at_and_read_where_the_pointer_leads, {}),
    (what_is_large_together_is_shown, test_room.test_many_values_that_are_large_together_are_pointed_at_too, {}),
    (results_are_left_out, test_room.test_what_a_run_was_given_and_what_it_gives_back_is_never_left_out, {}),
    (origins_are_not_told, test_forks.test_a_fork_has_the_results_before_its_step_and_another_input, {}),
    (spans_of_time_are_not_looked_at, test_runs.test_runs_of_a_span_of_time_are_listed_in_full_pages, {}),
    (a_span_has_one_page, test_runs.test_runs_of_a_span_of_time_are_listed_in_full_pages, {}),
    (
        what_cannot_be_read_is_not_listed,
        test_steering.test_readiness_tells_how_many_open_runs_cannot_be_read,
        {},
    ),
    (addresses_lead_nowhere, test_callbacks.test_a_callback_is_the_output_of_its_wait_and_the_run_goes_on, {}),
    (addresses_begin_anywhere, test_callbacks.test_the_wait_of_a_step_is_told_with_the_address_that_answers_it, {}),
    (callback_url_is_that_of_nobody, test_callbacks.test_an_early_callback_is_kept_for_the_wait, {}),
    (waits_of_loops_are_not_listed, test_callbacks.test_all_waits_are_listed_with_their_items_and_addresses, {}),
    (who_is_too_late_is_accepted, test_callbacks.test_after_a_cancel_the_wait_is_over, {}),
    (who_is_too_late_is_accepted, test_callbacks.test_after_its_time_the_wait_is_over_while_the_run_goes_on, {}),
    (other_texts_are_ignored, test_forks.test_a_fork_may_bring_its_recipe, {}),
    (other_inputs_are_ignored, test_forks.test_a_fork_has_the_results_before_its_step_and_another_input, {}),
    (all_of_the_recipe_is_selected, test_forks.test_a_part_of_a_recipe_runs_with_the_values_of_another_run, {}),
    (any_query_selects, test_forks.test_what_cannot_be_a_part_is_refused, {}),
    (
        keys_are_not_looked_up_first,
        test_overload.test_a_key_that_was_accepted_is_answered_by_a_service_that_is_full,
        {},
    ),
    (starts_are_refused_once_they_have_begun, test_overload.test_a_refused_start_binds_no_key, {}),
    (the_query_is_over_the_body, test_hooks.test_a_hook_answers_with_the_result_of_what_it_starts, {}),
    (bodies_are_dropped, test_hooks.test_what_is_sent_becomes_the_input, BODY),
    (all_headers_are_seen, test_hooks.test_neither_a_key_nor_a_signature_is_seen_by_the_run, {}),
    (hooks_tell_their_callers_everything, test_hooks.test_a_hook_that_accepts_tells_the_run_and_nothing_else, {}),
    (addresses_have_two_owners, test_hooks.test_one_address_starts_one_recipe, {}),
    (hooks_are_not_listed, test_hook_tests.test_hooks_are_listed_with_what_a_sender_has_to_know, {}),
    (nobody_is_shown_what_came, test_hook_tests.test_whoever_looks_on_sees_a_real_delivery_and_its_run, {}),
    (what_is_run_now_looks_like_any_run, test_schedules.test_a_run_begins_now_as_the_schedule_would_begin_it, {}),
    (
        schedules_are_listed_without_their_times,
        test_schedules.test_a_schedule_tells_when_it_fires_and_how_far_it_has_come,
        {},
    ),
    (pages_of_schedules_have_no_next, test_schedules.test_schedules_are_listed_in_pages_and_by_recipe, {}),
]
full = test_overload.full
"""The fixture that one of these tests asks for."""


@pytest.mark.parametrize(("plant", "test", "more"), CAUGHT, ids=[plant.__name__ for plant, _, _ in CAUGHT])
async def test_a_planted_defect_turns_a_test_red(
    ask: Ask,
    house: House,
    name: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    plant: Plant,
    test: Test,
    more: dict[str, Any],
) -> None:
    given = {"ask": ask, "house": house, "name": name, "request": request, "monkeypatch": monkeypatch, **more}
    wanted = inspect.signature(test).parameters
    if "first" in wanted:
        await ask.store(name, test_forks.UPPER)
        given["first"] = await ask.run(name, {"x": "one", "y": 1})
    plant(monkeypatch)
    with pytest.raises((AssertionError, KeyError, ValueError)):
        await test(**{key: value for key, value in given.items() if key in wanted})
