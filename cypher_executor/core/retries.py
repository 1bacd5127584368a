"""Whether and when a failed attempt is tried again. Pure: the jitter comes from the seed of the step."""

from __future__ import annotations

import hashlib

from cypher_executor.core.recipe import Retry
from cypher_executor.errors import Failure


def retry_delay_us(policy: Retry | None, attempt: int, failure: Failure, seed: str) -> int | None:
    """Microseconds until the attempt after number `attempt`, or None when there is none to be."""
    if policy is None or attempt >= policy.attempts or not _covers(policy, failure):
        return None
    delay_ms = _backoff_ms(policy, attempt)
    if policy.jitter:
        delay_ms = delay_ms / 2 + delay_ms / 2 * _fraction(f"{seed}:{attempt}")
    return int(max(delay_ms, failure.retry_after_ms or 0) * 1000)


def _covers(policy: Retry, failure: Failure) -> bool:
    return failure.retryable if policy.on is None else failure.code in policy.on


def _backoff_ms(policy: Retry, attempt: int) -> float:
    """The delay grows by `factor` up to `max_delay_ms`; a power too large for a float is simply the maximum."""
    if policy.delay_ms == 0:
        return 0
    try:
        return min(policy.delay_ms * policy.factor ** (attempt - 1), policy.max_delay_ms)
    except OverflowError:
        return policy.max_delay_ms


def _fraction(seed: str) -> float:
    """A number in [0, 1) that only depends on the seed."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big") / 2**64
