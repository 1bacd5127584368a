"""The contract of `ports.Journal`, for every adapter."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher_executor import errors
from cypher_executor.core.events import (
    AttemptFailed,
    AttemptLost,
    AttemptSucceeded,
    CallAnswered,
    CallRequested,
    CancelRequested,
    ChildEnded,
    ChildStarted,
    Parent,
    RunEnded,
    RunId,
    TimerFired,
)
from cypher_executor.errors import Failure
from cypher_executor.ports import Appended, Claim, Claimed, Entry, RunFilter, Stale

NOBODY = RunId("run_nobody")
HOUR_US = 3_600_000_000
EVERY_KIND = (
    AttemptSucceeded(at_us=2, node="价格", item=(0, 3), attempt=1, output={"n": [1, 2.5, None, "é😀"]}, started_us=1),
    AttemptFailed(
        at_us=3, node="b", attempt=2, failure=Failure("part:x", "no", True, {"status": 503}, 250), started_us=2
    ),
    AttemptLost(at_us=4, node="b", attempt=3),
    CallRequested(at_us=5, node="c", attempt=1, number=0, request={"op": "http_request"}, started_us=4),
    CallAnswered(at_us=6, node="c", attempt=1, number=0, answer={"ok": True, "status": 200}),
    TimerFired(at_us=7, node="", attempt=1),
    ChildStarted(at_us=8, node="d", attempt=1, child=RunId("run_child"), workflow="another"),
    ChildEnded(
        at_us=9, node="d", attempt=1, child=RunId("run_child"), state="failed", result=None, failure=Failure("c", "m")
    ),
    CancelRequested(at_us=10, reason="enough"),
    RunEnded(at_us=11, state="cancelled", result=[1], failure=Failure("cancelled", "enough")),
)


# --- appending and reading --------------------------------------------------------------------------------------------


async def test_every_kind_of_event_is_read_as_it_was_written(journal, make):
    parent = Parent(run=RunId("run_above"), node="t", item=(1,), attempt=2, wait=True)
    opening = make.opening(name="n", version=3, input={"x": 1}, parts={"p": "sha256:1"}, parent=parent, depth=4)
    entry = replace(opening, events=opening.events + EVERY_KIND)
    assert await journal.append([entry]) == [Appended()]
    assert tuple(await journal.read(entry.run)) == entry.events


async def test_reading_can_leave_out_the_events_that_are_known(journal, make):
    run = make.opening()
    await journal.append([run, make.step(run.run, 1, "first"), make.step(run.run, 2, "second")])
    assert [event.output for event in await journal.read(run.run, after=1)] == ["first", "second"]
    assert await journal.read(run.run, after=3) == []


async def test_many_runs_can_be_read_at_once(journal, make):
    one, other = make.opening(input=1), make.opening(input=2)
    await journal.append([one, other, make.step(one.run, 1, "x")])
    many = await journal.read_many([other.run, NOBODY, one.run])
    assert many == [await journal.read(other.run), [], await journal.read(one.run)]
    assert [len(events) for events in many] == [1, 0, 2]


async def test_an_unknown_run_has_nothing(journal):
    assert await journal.read(NOBODY) == []
    assert await journal.summary(NOBODY) is None
    assert await journal.children(NOBODY) == []


async def test_appending_nothing_is_allowed(journal):
    assert await journal.append([]) == []


async def test_entries_are_written_in_the_order_in_which_they_were_queued(journal, make):
    run = make.opening()
    queued = [journal.append([run])] + [journal.append([make.step(run.run, n, n)]) for n in range(1, 50)]
    assert [await outcome for outcome in queued] == [[Appended()]] * 50
    assert [event.output for event in await journal.read(run.run, after=1)] == list(range(1, 50))


@pytest.mark.parametrize("after", [1, 3, 9])
async def test_an_entry_that_does_not_follow_the_last_event_is_stale(journal, make, after):
    run = make.opening()
    await journal.append([run, make.step(run.run, 1)])
    assert await journal.append([make.step(run.run, after)]) == [Stale(2)]
    assert len(await journal.read(run.run)) == 2


async def test_an_entry_of_a_run_that_never_began_is_stale(journal, make):
    assert await journal.append([make.step(NOBODY, 1)]) == [Stale(0)]


async def test_a_run_begins_once(journal, make):
    run = make.opening()
    assert await journal.append([run, run]) == [Appended(), Stale(1)]
    assert await journal.append([run]) == [Stale(1)]


async def test_a_refused_entry_does_not_hold_up_the_others_but_its_followers_are_refused_too(journal, make):
    one, other = make.opening(), make.opening()
    await journal.append([one, other])
    entries = [make.step(one.run, 7), make.step(other.run, 1), make.step(one.run, 8), make.step(other.run, 2)]
    assert await journal.append(entries) == [Stale(1), Appended(), Stale(1), Appended()]


async def test_values_are_kept_to_the_last_bit(journal, make):
    output = {
        "ints": [2**63 - 1, -(2**63), 2**53 + 1],
        "floats": [0.1, 1e308, 5e-324, -0.0],
        "text": "a\u0000b\u2028 ﷽ 👩‍👩‍👧 \U0010ffff",
        "名": {"": None, "\u0000": [], "nested": [[[[{}]]]]},
    }
    run = make.opening(name="工作流程 🚀", input=output)
    await journal.append([run, make.step(run.run, 1, output, node="節點 🎉")])
    started, step = await journal.read(run.run)
    assert (started.name, started.input, step.node, repr(step.output)) == (
        "工作流程 🚀",
        output,
        "節點 🎉",
        repr(output),
    )


async def test_odd_values_do_not_hold_up_anybody(journal, make):
    deep: list[object] = []
    for _ in range(500):
        deep = [deep]
    for value in (deep, "half a pair: \ud800", 2**64, -(10**30), {"\udfff": 1}):
        odd, other = make.opening(input=value), make.opening()
        failed = AttemptFailed(
            at_us=2, node="n", attempt=1, failure=Failure("c", "m", details={"v": value}), started_us=1
        )
        assert await journal.append([odd, other, Entry(odd.run, 1, (failed,))]) == [Appended()] * 3
        started, failure = await journal.read(odd.run)
        assert (started.input, failure) == (value, failed)


async def test_large_values_come_back_whole(journal, make):
    large = {"text": "é" * 1_500_000, "list": list(range(100_000))}
    run = make.opening(input=large)
    await journal.append([run, make.step(run.run, 1, large), make.step(run.run, 2, "small")])
    started, step, small = await journal.read(run.run)
    assert started.input == large
    assert step.output == large
    assert small.output == "small"


async def test_those_who_follow_see_all_events_of_all_runs_once_and_in_order(journal, make):
    one, other = make.opening(), make.opening()
    await journal.append([one, other, make.step(one.run, 1, "x"), make.step(other.run, 7), make.step(other.run, 1)])
    seen, position = [], 0
    while batch := await journal.follow(position, 2):
        seen += batch
        position = batch[-1][0]
    assert [(run, seq) for _, run, seq, _ in seen] == [(one.run, 1), (other.run, 1), (one.run, 2), (other.run, 2)]
    assert seen[2][3].output == "x"
    assert await journal.still_there([one.run, RunId("run_0"), other.run]) == {one.run, other.run}
    assert await journal.still_there([]) == frozenset()


# --- keys -------------------------------------------------------------------------------------------------------------

KEY = Claim("tenant/recipe", "order-17 🛒", "f1")


async def test_the_same_key_gives_the_run_that_has_it(journal, make):
    first = make.opening(claim=KEY)
    assert await journal.append([first]) == [Appended()]
    again, different = make.opening(claim=KEY), make.opening(claim=replace(KEY, fingerprint="f2"))
    assert await journal.append([again, different]) == [Claimed(first.run, True), Claimed(first.run, False)]
    assert await journal.read(again.run) == []
    assert await journal.open_runs() == [first.run]


async def test_of_many_at_the_same_moment_one_gets_the_key(journal, make):
    entries = [make.opening(claim=KEY) for _ in range(50)]
    queued = [journal.append([entry]) for entry in entries]
    outcomes = [(await outcome)[0] for outcome in queued]
    assert outcomes == [Appended()] + [Claimed(entries[0].run, True)] * 49
    assert len(await journal.list_runs(RunFilter())) == 1


async def test_later_entries_of_a_run_whose_key_was_taken_are_stale(journal, make):
    await journal.append([make.opening(claim=KEY)])
    late = make.opening(claim=KEY)
    outcomes = await journal.append([late, make.step(late.run, 1)])
    assert isinstance(outcomes[0], Claimed)
    assert outcomes[1] == Stale(0)


@pytest.mark.parametrize("other", [replace(KEY, scope="another"), replace(KEY, key="order-18"), replace(KEY, key="")])
async def test_another_scope_or_key_is_free(journal, make, other):
    await journal.append([make.opening(claim=KEY)])
    assert await journal.append([make.opening(claim=other)]) == [Appended()]


async def test_a_key_is_free_again_when_its_time_is_over_and_not_before(journal, make):
    brief = replace(KEY, keep_us=HOUR_US)
    first, second = make.opening(claim=brief, at_us=10), make.opening(claim=brief, at_us=10 + HOUR_US)
    early = make.opening(claim=brief, at_us=9 + HOUR_US)
    assert await journal.append([first, early]) == [Appended(), Claimed(first.run, True)]
    assert await journal.append([second]) == [Appended()]
    late = make.opening(claim=brief, at_us=11 + HOUR_US)
    assert await journal.append([late]) == [Claimed(second.run, True)]


async def test_a_key_without_a_time_stays_after_the_end_of_its_run(journal, make):
    run = make.opening(claim=KEY)
    await journal.append([run, make.end(run.run, 1)])
    assert await journal.append([make.opening(claim=KEY, at_us=10**15)]) == [Claimed(run.run, True)]


async def test_a_clock_that_is_set_back_finds_the_keys_as_they_were(journal, make):
    brief = replace(KEY, keep_us=HOUR_US)
    run = make.opening(claim=brief, at_us=0)
    await journal.append([run, make.opening(claim=replace(KEY, key="another"), at_us=2 * HOUR_US)])
    assert await journal.append([make.opening(claim=brief, at_us=1)]) == [Claimed(run.run, True)]


async def test_many_expired_keys_do_not_hide_one_that_holds(journal, make):
    brief = [make.opening(claim=Claim("s", f"k{n}", "f", keep_us=5), at_us=0) for n in range(20)]
    lasting = make.opening(claim=Claim("s", "lasting", "f", keep_us=HOUR_US), at_us=0)
    await journal.append([*brief, lasting])
    again = [make.opening(claim=Claim("s", f"k{n}", "f", keep_us=5), at_us=100) for n in range(20)]
    assert await journal.append(again) == [Appended()] * 20
    assert await journal.append([make.opening(claim=Claim("s", "lasting", "g"), at_us=100)]) == [
        Claimed(lasting.run, False)
    ]


async def test_a_refused_start_binds_no_key(journal, make):
    run = make.opening()
    await journal.append([run])
    assert await journal.append([make.opening(run.run, claim=KEY)]) == [Stale(1)]
    assert await journal.claimed(KEY) is None
    assert await journal.append([make.opening(claim=KEY)]) == [Appended()]


async def test_one_can_ask_who_has_a_key(storage, make):
    journal, claim = storage.journal, replace(KEY, keep_us=HOUR_US)
    assert await journal.claimed(claim) is None
    run = make.opening(claim=claim, at_us=storage.time.us)
    await journal.append([run])
    assert await journal.claimed(claim) == Claimed(run.run, True)
    assert await journal.claimed(replace(claim, fingerprint="f2")) == Claimed(run.run, False)
    storage.time.us += HOUR_US
    assert await journal.claimed(claim) is None


# --- lists ------------------------------------------------------------------------------------------------------------


async def test_a_summary_says_what_the_run_is_and_how_it_ended(journal, make):
    run = make.opening(name="n", version=2, tenant="acme", parent=make.child_of(NOBODY), at_us=5)
    await journal.append([run])
    running = await journal.summary(run.run)
    assert (running.id, running.recipe, running.version, running.digest) == (run.run, "n", 2, run.events[0].recipe)
    assert (running.state, running.started_us, running.ended_us) == ("running", 5, None)
    assert (running.tenant, running.parent) == ("acme", NOBODY)
    await journal.append([make.end(run.run, 1, "failed", at_us=77)])
    assert await journal.summary(run.run) == replace(running, state="failed", ended_us=77)


async def test_open_runs_are_those_without_an_end_in_the_order_in_which_they_began(journal, make):
    ids = ["run_c", "run_a", "run_b"]
    await journal.append([make.opening(run) for run in ids])
    await journal.append([make.end(RunId("run_a"), 1)])
    assert await journal.open_runs() == ["run_c", "run_b"]


async def test_a_run_that_ends_in_its_first_entry_is_not_open(journal, make):
    run = make.opening()
    await journal.append([replace(run, events=(*run.events, RunEnded(at_us=1, state="succeeded")))])
    assert await journal.open_runs() == []
    assert (await journal.summary(run.run)).state == "succeeded"


async def test_children_are_those_that_a_run_started_oldest_first(journal, make):
    parent = make.opening()
    children = [make.opening(parent=make.child_of(parent.run)) for _ in range(3)]
    await journal.append([parent, *children, make.opening()])
    assert [child.id for child in await journal.children(parent.run)] == [child.run for child in children]


async def twenty_runs(journal, make):
    """Runs of two tenants, two recipes and three states, every third a child."""
    await journal.append([make.opening("run_parent", tenant="other")])
    for n in range(20):
        parent = make.child_of(RunId("run_parent")) if n % 3 == 0 else None
        entry = make.opening(
            f"run_{n:02}", name=("a", "b", None)[n % 3], tenant=("default", "x")[n % 5 == 4], parent=parent
        )
        await journal.append([entry])
        if n % 4:
            await journal.append([make.end(entry.run, 1, ("succeeded", "failed")[n % 4 == 3])])


@pytest.mark.parametrize(
    ("which", "numbers"),
    [
        (RunFilter(), [18, 17, 16, 15, 13, 12, 11, 10, 8, 7, 6, 5, 3, 2, 1, 0]),
        (RunFilter(tenant="x"), [19, 14, 9, 4]),
        (RunFilter(recipe="a"), [18, 15, 12, 6, 3, 0]),
        (RunFilter(recipe="none such"), []),
        (RunFilter(states=frozenset({"failed"})), [15, 11, 7, 3]),
        (RunFilter(states=frozenset({"failed", "running"})), [16, 15, 12, 11, 8, 7, 3, 0]),
        (RunFilter(states=frozenset({"running"}), recipe="b"), [16]),
        (RunFilter(states=frozenset({"waiting"})), []),
        (RunFilter(parent=RunId("run_parent")), [18, 15, 12, 6, 3, 0]),
        (RunFilter(parent=RunId("run_parent"), states=frozenset({"failed"}), recipe="a"), [15, 3]),
        (RunFilter(parent=RunId("run_parent"), recipe="b"), []),
        (RunFilter(limit=3), [18, 17, 16]),
        (RunFilter(limit=3, before=RunId("run_16")), [15, 13, 12]),
        (RunFilter(limit=2, before=RunId("run_12"), recipe="a"), [6, 3]),
        (RunFilter(limit=2, before=RunId("run_12"), parent=RunId("run_parent")), [6, 3]),
        (RunFilter(before=RunId("run_14a")), [13, 12, 11, 10, 8, 7, 6, 5, 3, 2, 1, 0]),
        (RunFilter(limit=0), []),
        (RunFilter(first=RunId("run_16")), [18, 17, 16]),
        (RunFilter(first=RunId("run_14a"), before=RunId("run_17"), limit=2), [16, 15]),
        (RunFilter(first=RunId("run_11"), recipe="a"), [18, 15, 12]),
        (RunFilter(first=RunId("run_11"), states=frozenset({"failed", "running"})), [16, 15, 12, 11]),
        (RunFilter(first=RunId("run_12"), parent=RunId("run_parent")), [18, 15, 12]),
        (RunFilter(first=RunId("run_12"), before=RunId("run_12")), []),
    ],
)
async def test_lists_hold_the_runs_that_fit_newest_first(journal, make, which, numbers):
    await twenty_runs(journal, make)
    assert [summary.id for summary in await journal.list_runs(which)] == [f"run_{n:02}" for n in numbers]


async def test_paging_shows_every_run_once_while_new_ones_arrive(journal, make):
    expected = [make.opening() for _ in range(25)]
    await journal.append(expected)
    seen, page = [], await journal.list_runs(RunFilter(limit=10))
    while page:
        seen += page
        await journal.append([make.opening()])
        page = await journal.list_runs(RunFilter(limit=10, before=page[-1].id))
    assert [summary.id for summary in seen] == [entry.run for entry in reversed(expected)]


async def test_the_text_of_the_recipe_is_kept_with_the_run(storage, make):
    await storage.journal.append([make.opening(text="// 說明\nRETURN 1"), make.opening(text="RETURN 1")])
    assert await storage.catalog.text(make.opening().events[0].recipe) == "// 說明\nRETURN 1"


# --- failures ---------------------------------------------------------------------------------------------------------


async def test_what_was_queued_before_closing_is_written_and_nothing_after_it(journal, make):
    run = make.opening()
    queued = journal.append([run])
    await journal.close()
    assert await queued == [Appended()]
    with pytest.raises(errors.Unavailable) as refused:
        await journal.append([make.opening()])
    assert refused.value.code == "journal_unavailable"
    await journal.close()


async def test_a_journal_is_healthy_and_can_be_opened_again_at_any_time(journal, make):
    run = make.opening()
    await journal.append([run])
    assert journal.healthy
    await journal.reopen()
    assert journal.healthy
    assert await journal.append([make.step(run.run, 1)]) == [Appended()]


# --- one stands in for the other --------------------------------------------------------------------------------------

MOVES = st.lists(
    st.tuples(
        st.sampled_from(["open", "step", "end"]),
        st.integers(0, 3),
        st.integers(0, 4),
        st.sampled_from([None, "k1", "k2"]),
        st.sampled_from(["f1", "f2"]),
        st.sampled_from([None, 5]),
        st.integers(0, 12),
    ),
    max_size=25,
)


def entry_of(make, move) -> Entry:
    """Entries of four runs, right ones and wrong ones."""
    what, number, after, key, fingerprint, keep_us, at_us = move
    run = RunId(f"run_{number}")
    if what == "open":
        claim = Claim("s", key, fingerprint, keep_us) if key else None
        return make.opening(run, claim=claim, at_us=at_us)
    return make.end(run, max(1, after)) if what == "end" else make.step(run, max(1, after), after)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(MOVES, max_size=4))
async def test_the_durable_journal_and_the_one_in_memory_never_differ(make, tmp_path_factory, kinds, groups):
    journals = [open_kind(tmp_path_factory.mktemp("j")).journal for open_kind in kinds]
    entries = [[entry_of(make, move) for move in group] for group in groups]
    answers = [[await journal.append(group) for group in entries] for journal in journals]
    states = [await everything(journal) for journal in journals]
    for journal in journals:
        await journal.close()
    assert answers[0] == answers[1]
    assert states[0] == states[1]


async def everything(journal):
    runs = [RunId(f"run_{number}") for number in range(4)]
    followed = [(run, seq, event) for _, run, seq, event in await journal.follow(0, 1000)]
    histories = [list(await journal.read(run)) for run in runs]
    return followed, histories, await journal.open_runs(), await journal.list_runs(RunFilter())
