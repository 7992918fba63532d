"""The page of metrics, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import get_args

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from rocktag import __version__
from rocktag.db.alerts import AlertKind
from rocktag.exposing.lookout import Lookout, Sight
from rocktag.health import Health
from rocktag.vitals import BATCH_SECONDS, Counted, Vitals

_ENDS = ("succeeded", "failed")  # of a run


class Page:
    """Metrics of a registry of their own: nothing that a library counts comes in."""

    def __init__(self, vitals: Vitals, lookout: Lookout, jobs: Sequence[str]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Worker(vitals, lookout, jobs))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Return the page as it is now."""
        return generate_latest(self._registry)


class _Worker(Collector):
    """What the database says of all workers, and what this one counted."""

    def __init__(self, vitals: Vitals, lookout: Lookout, jobs: Sequence[str]) -> None:
        self._vitals = vitals
        self._lookout = lookout
        self._jobs = jobs

    def collect(self) -> Iterator[Metric]:
        """Return every metric with its value of now."""
        sight = self._lookout.sight()
        yield _gauge("database_up", "Whether the database answers.", sight.is_up)
        yield _information(sight)
        if sight.health is not None:
            yield from _of_database(sight.health)
            yield _open_alerts(sight.health)
            yield from _of_last_runs(sight.health)
        counted = self._vitals.counted()
        yield from _of_process(counted)
        yield _runs(counted, self._jobs)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"rocktag_{name}", text, value=value)


def _information(sight: Sight) -> InfoMetricFamily:
    model = sight.health.model if sight.health else None
    return InfoMetricFamily(
        "rocktag",
        "The version of rocktag, and the model that is chosen.",
        value={"version": __version__, "model": model or ""},
    )


def _of_database(health: Health) -> Iterator[Metric]:
    oldest = health.oldest_waiting
    age = (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0
    yield _gauge(
        "headlines_waiting", "Headlines to be tagged, or in work.", health.waiting
    )
    yield _gauge(
        "oldest_waiting_age_seconds",
        "Since the oldest new headline came in that is not tagged; 0 for none.",
        max(age, 0.0),
    )
    yield _gauge("headlines_failed", "Headlines that cannot be tagged.", health.failed)
    yield _gauge(
        "overdue_leases",
        "Headlines whose worker let the lease run out.",
        health.overdue_leases,
    )
    yield _gauge(
        "silent_runs", "Runs whose worker has fallen silent.", health.silent_runs
    )


def _open_alerts(health: Health) -> Metric:
    found = GaugeMetricFamily(
        "rocktag_open_alerts", "Alerts that are open.", labels=["kind"]
    )
    kinds = [alert.kind for alert in health.alerts]
    for kind in sorted({*get_args(AlertKind), *kinds}):
        found.add_metric([kind], kinds.count(kind))
    return found


def _of_last_runs(health: Health) -> Iterator[Metric]:
    began = GaugeMetricFamily(
        "rocktag_last_run_start_timestamp_seconds",
        "When the last run began.",
        labels=["job"],
    )
    success = GaugeMetricFamily(
        "rocktag_last_run_success",
        "0 where the last run failed, else 1, also while it goes on.",
        labels=["job"],
    )
    for run in health.runs:
        began.add_metric([run.job], run.started_at.timestamp())
        success.add_metric([run.job], run.status != "failed")
    yield began
    yield success


def _of_process(counted: Counted) -> Iterator[Metric]:
    bounds = [*map(floatToGoString, BATCH_SECONDS), "+Inf"]
    yield CounterMetricFamily(
        "rocktag_batches", "Batches tagged.", value=sum(counted.batches)
    )
    yield CounterMetricFamily(
        "rocktag_headlines_tagged",
        "Headlines tagged and written.",
        value=counted.headlines,
    )
    yield HistogramMetricFamily(
        "rocktag_batch_duration_seconds",
        "From the claim of a batch to its tags in the database.",
        buckets=list(zip(bounds, accumulate(counted.batches), strict=True)),
        sum_value=counted.batch_seconds,
    )
    yield _gauge(
        "last_beat_timestamp_seconds",
        "When the worker last showed that it is alive.",
        counted.last_beat,
    )
    if counted.last_batch is not None:
        yield _gauge(
            "last_batch_timestamp_seconds",
            "When a batch was last tagged; absent before the first.",
            counted.last_batch,
        )


def _runs(counted: Counted, jobs: Sequence[str]) -> Metric:
    found = CounterMetricFamily(
        "rocktag_runs", "Runs that have ended.", labels=["job", "status"]
    )
    for job in jobs:
        for status in _ENDS:
            found.add_metric([job, status], counted.runs.get((job, status), 0))
    return found
