"""What a monitor may read of the service, in the text format of Prometheus.

Everything is looked up when it is asked for, from what the service knows anyway: nothing is counted for a monitor
alone, so a step costs the same with one and without. There are no labels, so the number of series is fixed whatever
recipes, runs and tenants there are; who wants to know more of runs asks the graph (`POST /query`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from cypher_executor.service.waiting import Waiting
from cypher_executor.wiring import House

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

PREFIX: Final = "cypher_executor_"


@dataclass(frozen=True, slots=True)
class Metered:
    """One metric. `value` is None for what this service has not, such as a mirror: then it is left out."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    value: Callable[[House, Waiting], float | None]


METRICS: Final[Sequence[Metered]] = (
    Metered("ready", "gauge", "1 while new runs are taken on", lambda house, _: _ready(house)),
    Metered("open_runs", "gauge", "runs that have not ended", lambda house, _: house.engine.open_runs),
    Metered(
        "unreadable_runs",
        "gauge",
        "open runs that stay as they are on disk, because they cannot be read",
        lambda house, _: len(house.engine.unreadable),
    ),
    Metered(
        "runs_waiting_for_a_place",
        "gauge",
        "runs that wait for their turn (`concurrency_limit` of their recipe)",
        lambda house, _: house.engine.load.waiting_runs,
    ),
    Metered(
        "executions_in_workers",
        "gauge",
        "executions of parts that the workers have",
        lambda house, _: house.engine.load.executing,
    ),
    Metered(
        "executions_queued", "gauge", "executions that wait for a worker", lambda house, _: house.engine.load.queued
    ),
    Metered(
        "attempts_waiting_for_a_place",
        "gauge",
        "attempts that wait for a place of their node (`concurrency_limit`)",
        lambda house, _: house.engine.load.without_place,
    ),
    Metered(
        "cache_hits", "counter", "executions that the cache has answered", lambda house, _: house.engine.load.cache_hits
    ),
    Metered("cached_outputs", "gauge", "outputs in the cache", lambda house, _: house.engine.load.cached),
    Metered(
        "waits_for_callbacks", "gauge", "steps that wait to be called back", lambda house, _: len(house.engine.waits())
    ),
    Metered("callers_waiting", "gauge", "requests that wait for a run to end", lambda _, waiting: waiting.count),
    Metered(
        "journal_healthy",
        "gauge",
        "1 while the journal can be written",
        lambda house, _: float(house.journal.healthy),
    ),
    Metered(
        "journal_commits",
        "counter",
        "transactions of the journal, each with one sync",
        lambda house, _: getattr(house.journal, "commits", None),
    ),
    Metered(
        "graph_lag_seconds",
        "gauge",
        "for how long the graph for queries has not told everything; not there before it is followed",
        lambda house, _: None if house.asking.made is None else house.asking.made.lag_s,
    ),
    Metered(
        "mirror_lag_seconds",
        "gauge",
        "for how long the mirror in Neo4j has not told everything; not there without a mirror",
        lambda house, _: None if house.mirror is None else house.mirror.status.lag_s(house.clock.now_us()),
    ),
    Metered(
        "mirror_failures",
        "gauge",
        "how often in a row Neo4j could not be reached; not there without a mirror",
        lambda house, _: None if house.mirror is None else house.mirror.status.failures,
    ),
)


def exposed(house: House, waiting: Waiting) -> tuple[bytes, str]:
    """All of them as they are now, with those of the process, and the media type of that."""
    from prometheus_client import CollectorRegistry, ProcessCollector
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Now(house, waiting))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Now:
    """A collector of `prometheus_client`."""

    def __init__(self, house: House, waiting: Waiting) -> None:
        self._house = house
        self._waiting = waiting

    def describe(self) -> Sequence[Any]:
        return ()

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

        for one in METRICS:
            value = one.value(self._house, self._waiting)
            if value is not None:
                family = CounterMetricFamily if one.kind == "counter" else GaugeMetricFamily
                yield family(f"{PREFIX}{one.name}", one.help, value=value)


def _ready(house: House) -> float:
    return float(house.engine.accepting and house.journal.healthy)
