"""The rules of retention as an operator writes them. What they do to a journal is tested with the journals."""

from __future__ import annotations

import pytest

from cypher_executor.core.retention import DAY_US, FOR_EVER, Keep, Retention, read_retention


def test_without_rules_the_usual_ones_hold():
    rules = read_retention("")
    assert rules == Retention()
    assert rules.of(None, "succeeded") == Keep(for_us=30 * DAY_US)
    assert rules.of("any", "failed") == Keep(for_us=90 * DAY_US)
    assert rules.of("any", "running") == FOR_EVER


@pytest.mark.parametrize(
    ("text", "recipe", "state", "keep"),
    [
        ("succeeded=1h30m", None, "succeeded", Keep(for_us=5_400_000_000)),
        ("succeeded=1h", "any", "failed", Keep(for_us=90 * DAY_US)),
        ("succeeded=PT1H", "any", "succeeded", Keep(for_us=3_600_000_000)),
        ("failed=500", "any", "failed", Keep(newest=500)),
        ("failed=0", "any", "failed", Keep(newest=0)),
        (" failed = 7d + 500 ,", "any", "failed", Keep(for_us=7 * DAY_US, newest=500)),
        ("*=forever", "any", "cancelled", FOR_EVER),
        ("*=1d, nightly/failed=forever", "nightly", "failed", FOR_EVER),
        ("*=1d, nightly/failed=forever", "nightly", "succeeded", Keep(for_us=DAY_US)),
        ("*=1d, nightly/failed=forever", None, "failed", Keep(for_us=DAY_US)),
        ("a/b/*=10", "a/b", "cancelled", Keep(newest=10)),
    ],
)
def test_a_rule_says_what_it_says(text, recipe, state, keep):
    assert read_retention(text).of(recipe, state) == keep


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("succeeded", "is not a rule"),
        ("/failed=1", "is not a rule"),
        ("running=1d", "'running' is not a state"),
        ("suceeded=1d", "'suceeded' is not a state"),
        ("failed=", "duration"),
        ("failed=-1", "duration"),
        ("failed=1 month", "duration"),
        ("failed=P1M", "year"),
    ],
)
def test_what_is_no_rule_is_told(text, said):
    with pytest.raises(ValueError, match=said):
        read_retention(text)
