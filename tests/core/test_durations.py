"""Durations: what is one, what is none, and that nobody reads them in another way."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher_executor.core.durations import LONGEST_MS, duration_ms
from cypher_executor.core.orchestration import MAX_WAIT_MS, Delay, orchestrate


@pytest.mark.parametrize(
    ("written", "ms"),
    [
        (0, 0),
        (90, 90_000),
        (0.5, 500),
        (0.1, 100),
        (1e3, 1_000_000),
        ("200ms", 200),
        ("30s", 30_000),
        ("1h30m", 5_400_000),
        ("2d", 172_800_000),
        ("1w", 604_800_000),
        ("1.5h", 5_400_000),
        ("1m200ms", 60_200),
        ("PT1H30M", 5_400_000),
        ("PT0.5S", 500),
        ("P1D", 86_400_000),
        ("P2W", 1_209_600_000),
        ("P1DT2H", 93_600_000),
    ],
)
def test_a_duration_is_seconds_or_units_or_iso_8601(written: object, ms: int) -> None:
    assert duration_ms(written) == ms


@pytest.mark.parametrize(("written", "ms"), [("0.1ms", 1), (0.0001, 1), ("1.0005s", 1001)])
def test_part_of_a_millisecond_is_rounded_up_because_a_timer_is_never_early(written: object, ms: int) -> None:
    assert duration_ms(written) == ms


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", "is not a duration"),
        ("30", "is not a duration"),
        ("soon", "is not a duration"),
        ("1 hour", "is not a duration"),
        ("1h30", "is not a duration"),
        ("1h 30m", "is not a duration"),
        (" 1h", "is not a duration"),
        ("pt5s", "is not a duration"),
        ("1h-30m", "is not a duration"),
        ("P", "is not a duration"),
        ("PT", "is not a duration"),
        ("P1DT", "is not a duration"),
        ("١٢s", "is not a duration"),
        ("P1M", "no fixed length"),
        ("P1Y2M", "no fixed length"),
        (-1, "negative"),
        ("-1s", "negative"),
        ("-PT1S", "negative"),
        (float("inf"), "finite"),
        (float("nan"), "finite"),
        (10**12, "100 years"),
        ("9" * 18 + "w", "100 years"),
        (True, "not a duration"),
        (None, "not a duration"),
        ([1], "not a duration"),
    ],
)
def test_what_is_no_duration_is_refused_with_a_sentence(written: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        duration_ms(written)


@given(st.integers(0, LONGEST_MS))
def test_every_number_of_milliseconds_can_be_written(ms: int) -> None:
    assert duration_ms(f"{ms}ms") == ms
    assert duration_ms(f"PT{ms // 1000}.{ms % 1000:03}S") == ms


@given(st.text(alphabet="0123456789.wdhms PT-", max_size=40))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert 0 <= duration_ms(text) <= LONGEST_MS


@given(st.from_regex(r"(P|T|[0-9.]{1,4}(ms|[wdhmsWDHMS])|-| ){1,4}", fullmatch=True) | st.floats(0, 1e6))
def test_a_setting_and_the_part_that_waits_read_the_same_durations(written: str | float) -> None:
    try:
        ms: int | None = duration_ms(written)
    except ValueError:
        ms = None
    waited = orchestrate("wait", {"seconds": written})
    assert (ms is not None and ms <= MAX_WAIT_MS) == (waited == Delay(ms or 0))


def test_a_long_text_that_is_no_duration_is_refused_at_once() -> None:
    for text in ("1" * 100_000, "1s" * 50_000 + "x", "1h" + " " * 100_000 + "x", "P" + "1" * 100_000):
        with pytest.raises(ValueError, match="duration"):
            duration_ms(text)
