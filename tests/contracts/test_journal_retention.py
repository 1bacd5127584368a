"""Forgetting runs, and runs that were brought from elsewhere: the contract of `ports.Journal`, for every adapter."""

from __future__ import annotations

import pytest

from cypher_executor.core.events import ChildStarted, RunId
from cypher_executor.core.retention import DAY_US, FOR_EVER, Keep, Retention
from cypher_executor.ports import Appended, Claim, Claimed, Entry, Opening, RunFilter, Stale

NOTHING = Retention({state: Keep(newest=0) for state in ("succeeded", "failed", "cancelled")})


def keeping(**rules: Keep) -> Retention:
    return Retention({"succeeded": FOR_EVER}, {name: {"succeeded": rule} for name, rule in rules.items()})


async def ended(journal, make, *, at_us: int = 9000, state: str = "succeeded", **more) -> RunId:
    """A run that has ended."""
    run = make.opening(**more)
    assert await journal.append([run, make.end(run.run, 1, state, at_us)]) == [Appended()] * 2
    return run.run


async def left(journal) -> list[RunId]:
    return [one.id for one in await journal.list_runs(RunFilter(limit=1000))][::-1]


# --- the end of a run -------------------------------------------------------------------------------------------------


async def test_the_end_of_a_run_can_be_read_alone(journal, make):
    open_run, run = make.opening(), make.opening()
    await journal.append([open_run, run, make.step(run.run, 1), make.end(run.run, 2, "failed")])
    assert await journal.end(open_run.run) is None
    assert await journal.end(RunId("run_nobody")) is None
    assert await journal.end(run.run) == (await journal.read(run.run))[-1]


# --- forgetting -------------------------------------------------------------------------------------------------------


async def test_a_run_is_forgotten_when_it_is_older_than_its_rule_and_not_before(journal, make):
    old, young = await ended(journal, make, name="a", at_us=1000), await ended(journal, make, name="a", at_us=1001)
    assert await journal.expire(keeping(a=Keep(for_us=DAY_US)), 999 + DAY_US) == 0
    assert await journal.expire(keeping(a=Keep(for_us=DAY_US)), 1000 + DAY_US) == 1
    assert await left(journal) == [young]
    assert await journal.read(old) == []
    assert await journal.summary(old) is None
    assert await journal.end(old) is None


async def test_the_newest_of_each_recipe_and_state_are_kept(journal, make):
    a = [await ended(journal, make, name="a", at_us=n) for n in range(5)]
    b = [await ended(journal, make, name="b", at_us=n) for n in range(2)]
    failed = [await ended(journal, make, name="a", at_us=n, state="failed") for n in range(3)]
    rules = {"succeeded": Keep(newest=2), "failed": Keep(newest=1)}
    assert await journal.expire(Retention(rules), 100) == 5
    assert await left(journal) == [*a[3:], *b, failed[2]]


async def test_tenants_do_not_push_out_each_others_runs(journal, make):
    runs = [await ended(journal, make, tenant=tenant, at_us=n) for n in range(3) for tenant in ("default", "other")]
    assert await journal.expire(Retention({"succeeded": Keep(newest=1)}), 100) == 4
    assert await left(journal) == [runs[4]]
    assert len(await journal.list_runs(RunFilter(tenant="other"))) == 1


async def test_a_recipe_has_rules_of_its_own_and_the_others_have_the_usual(journal, make):
    runs = {name: await ended(journal, make, name=name, at_us=0) for name in ("short", "usual", "for_ever")}
    rules = Retention(recipes={"short": {"succeeded": Keep(for_us=1)}, "for_ever": {"succeeded": FOR_EVER}})
    assert await journal.expire(rules, DAY_US) == 1
    assert await left(journal) == [runs["usual"], runs["for_ever"]]
    assert await journal.expire(rules, 31 * DAY_US) == 1
    assert await left(journal) == [runs["for_ever"]]


async def test_a_run_that_failed_is_usually_kept_longer(journal, make):
    await ended(journal, make, at_us=0)
    failed = await ended(journal, make, at_us=0, state="failed")
    await journal.expire(Retention(), 31 * DAY_US)
    assert await left(journal) == [failed]
    await journal.expire(Retention(), 91 * DAY_US)
    assert await left(journal) == []


async def test_an_open_run_is_never_forgotten(journal, make):
    run = make.opening()
    await journal.append([run, make.step(run.run, 1)])
    assert await journal.expire(NOTHING, 10**18) == 0
    assert len(await journal.read(run.run)) == 2
    assert await journal.append([make.step(run.run, 2)]) == [Appended()]


async def test_the_child_of_an_open_run_is_kept_until_that_has_ended(journal, make):
    above = make.opening()
    await journal.append([above])
    child = await ended(journal, make, parent=make.child_of(above.run))
    assert await journal.expire(NOTHING, 10**18) == 0
    await journal.append([make.end(above.run, 1)])
    assert await journal.expire(NOTHING, 10**18) == 2
    assert await journal.read(child) == []


async def test_a_run_that_an_open_run_found_by_its_key_is_kept_too(journal, make):
    found, above = await ended(journal, make), make.opening()
    event = ChildStarted(at_us=1, node="t", attempt=1, child=found, workflow="w")
    await journal.append([above, Entry(above.run, 1, (event,))])
    assert await journal.expire(NOTHING, 10**18) == 0
    await journal.append([make.end(above.run, 2)])
    assert await journal.expire(NOTHING, 10**18) == 2


async def test_a_run_is_kept_while_its_key_is_remembered(storage, make):
    journal, claim = storage.journal, Claim("s", "k", "f", keep_us=72 * DAY_US // 24)
    run = await ended(journal, make, claim=claim, at_us=0)
    storage.time.us = 3 * DAY_US - 1
    assert await journal.expire(NOTHING, storage.time.us) == 0
    assert await journal.claimed(claim) == Claimed(run, True)
    storage.time.us = 3 * DAY_US
    assert await journal.expire(NOTHING, storage.time.us + 1000) == 1
    assert await journal.append([make.opening(claim=claim, at_us=storage.time.us)]) == [Appended()]


async def test_a_key_that_lasts_as_long_as_its_run_goes_with_it(journal, make):
    claim = Claim("children", "run_1:t", "f")
    run = await ended(journal, make, claim=claim)
    assert await journal.expire(NOTHING, 10**18) == 1
    assert await journal.claimed(claim) is None
    again = make.opening(claim=claim)
    assert await journal.append([again]) == [Appended()]
    assert again.run != run


async def test_a_clock_that_is_set_back_forgets_nothing_early(journal, make):
    await ended(journal, make, at_us=10 * DAY_US)
    assert await journal.expire(Retention({"succeeded": Keep(for_us=DAY_US)}), DAY_US) == 0


async def test_those_who_follow_never_see_a_run_that_was_forgotten(journal, make):
    await ended(journal, make)
    run = make.opening()
    await journal.append([run])
    await journal.expire(NOTHING, 10**18)
    assert [(run, seq) for _, run, seq, _ in await journal.follow(0, 100)] == [(run.run, 1)]
    later = make.opening()
    await journal.append([later])
    position = (await journal.follow(0, 100))[0][0]
    assert [run for _, run, _, _ in await journal.follow(position, 100)] == [later.run]


@pytest.mark.parametrize(
    ("age_us", "newer", "wanted"), [(9, 0, True), (10, 0, False), (0, 2, True), (0, 3, False), (-5, 0, True)]
)
def test_a_rule_is_two_limits_and_either_is_enough(age_us, newer, wanted):
    assert Keep(for_us=10, newest=3).wants(age_us, newer) is wanted
    assert FOR_EVER.wants(age_us, newer)


# --- runs from elsewhere ----------------------------------------------------------------------------------------------


async def test_an_imported_run_is_listed_and_read_but_never_open(journal, make):
    run = make.opening(name="a")
    events = run.events + make.step(run.run, 1, "out").events
    assert await journal.append([Entry(run.run, 0, events, Opening("RETURN 1", imported=True))]) == [Appended()]
    assert await journal.open_runs() == []
    assert tuple(await journal.read(run.run)) == events
    assert (await journal.summary(run.run)).imported
    assert [one.imported for one in await journal.list_runs(RunFilter(recipe="a"))] == [True]
    assert await journal.append([Entry(run.run, 0, events, Opening("RETURN 1", imported=True))]) == [Stale(2)]


async def test_an_imported_run_is_not_forgotten_and_keeps_nobody(journal, make):
    run = make.opening()
    await journal.append([Entry(run.run, 0, run.events, Opening("RETURN 1", imported=True))])
    whole = make.opening()
    events = whole.events + make.end(whole.run, 1).events
    await journal.append([Entry(whole.run, 0, events, Opening("RETURN 1", imported=True))])
    await ended(journal, make, parent=make.child_of(run.run))
    assert await journal.expire(NOTHING, 10**18) == 1
    assert await left(journal) == [run.run, whole.run]
