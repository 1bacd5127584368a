"""The proof by simulation: many stories, one seed each; and now and then one of them twice, which must be the same."""

from __future__ import annotations

from tests.reliability.proofs import Task, Verdict
from tests.reliability.simulation.story import Told, tell

SHORT, FULL = 500, 10_000
"""How many seeds the two measures have."""
TWICE_EVERY = 25
SAID_EVERY = 1_000


def carry_out(task: Task) -> Verdict:
    """Tell the stories of so many seeds."""
    verdict = Verdict()
    count = FULL if task.full else SHORT
    for number in range(count):
        told = tell(task.seed * FULL + number)
        verdict.count(_figures(told))
        verdict.problems += [f"seed {told.seed}: {problem}" for problem in told.problems]
        if number % TWICE_EVERY == 0:
            verdict.count({"told twice": 1})
            again = tell(told.seed).journal
            verdict.problems += [] if again == told.journal else [f"seed {told.seed}: told again, the journal differs"]
        if number % SAID_EVERY == SAID_EVERY - 1:
            task.say(f"{number + 1:,} seeds, {len(verdict.problems)} broken promises")
    return verdict


def _figures(told: Told) -> dict[str, float]:
    report = told.report
    return {
        "seeds": 1,
        "deaths": told.deaths,
        "failures of the disk": told.outages,
        "runs": report.runs,
        "events": report.events,
        "effects": report.effects,
        "unanswered requests": report.unknown,
    }
