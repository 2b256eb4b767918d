"""GET /metrics: the system's figures for Prometheus, read from the store when asked. No key.

A scrape must cost next to nothing on a store of any size. So counters rise by what is new since
the scrape before (they start at 0 with the process, as Prometheus expects), gauges are steps down
an index, and what waits for a target is counted at most every few seconds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from store.activity_view import Mark, activity_since, last_arrivals, newest_mark
from store.engine import reading
from store.health_view import newest_backup
from store.relay.view import TargetNow, targets_now

_BACKLOG_AGE = timedelta(seconds=10)
"""For how long a count of what waits is good: it costs as much as the backlog is long."""


class HostFigure(NamedTuple):
    """A figure of the host that the interface runs on."""

    name: str
    """Of _HOST_FIGURES."""
    labels: Mapping[str, str]
    value: float


HostFigures = Callable[[], Iterable[HostFigure]]

_HOST_FIGURES = {
    "disk_free_bytes": "What qttd may still write on the disk of its journal, or of its store.",
    "disk_least_free_bytes": "With less free uploads are refused (intake.min_free_mib).",
    "quota_refusals_today": "Uploads of an account that were refused today for its quota.",
    "certificate_expires_timestamp_seconds": "Until when a door's certificate is valid.",
}

Backlog = Callable[[], int | None]
"""How many arrivals are in the intake journal and not in the ledger yet; None: not to be known here."""


class StoreCollector(Collector):
    """The figures, by name. One instance a process: it remembers up to where it has counted."""

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime],
        backlog: Backlog,
        version: str,
        host: HostFigures = tuple,
    ) -> None:
        self._engine = engine
        self._now = now
        self._backlog = backlog
        self._version = version
        self._host = host
        self._lock = Lock()
        self._files: Counter[tuple[str, str]] = Counter()
        self._attempts: Counter[tuple[str, str]] = Counter()
        self._readings = 0
        self._targets: list[TargetNow] = []
        self._targets_at: datetime | None = None
        self._mark: Mark | None = None

    def begin(self) -> None:
        """Starts counting from here. Without it, or when it raised, the first scrape does."""
        with reading(self._engine) as connection:
            self._mark = newest_mark(connection)

    def collect(self) -> Iterator[Metric]:
        """Reads what is new and yields every figure. Raises what the store raises."""
        now = self._now()
        with self._lock, reading(self._engine) as connection:
            activity = activity_since(connection, self._mark or newest_mark(connection))
            if self._targets_at is None or not timedelta() <= now - self._targets_at < _BACKLOG_AGE:
                self._targets, self._targets_at = targets_now(connection), now
            arrivals = last_arrivals(connection)
            backup = newest_backup(connection)
            self._mark = activity.mark
            self._files.update(activity.files)
            self._attempts.update(activity.attempts)
            self._readings += activity.readings
            files, attempts, readings = dict(self._files), dict(self._attempts), self._readings
            targets = list(self._targets)
        yield InfoMetricFamily("qttd_build", "The running version.", {"version": self._version})
        yield from _counters(files, attempts, readings)
        yield from _relay(targets, now)
        yield _arrivals(arrivals)
        if backup is not None:
            yield GaugeMetricFamily(
                "qttd_newest_backup_timestamp_seconds",
                "When `qttd backup` last ended well.",
                backup.timestamp(),
            )
        yield from _of_host(self._host())
        waiting = self._backlog()
        if waiting is not None:
            yield GaugeMetricFamily(
                "qttd_journal_backlog_files",
                "Arrivals in the intake journal that are not in the ledger yet.",
                waiting,
            )


def _counters(
    files: dict[tuple[str, str], int], attempts: dict[tuple[str, str], int], readings: int
) -> Iterator[Metric]:
    taken = CounterMetricFamily(
        "qttd_files", "Files that reached the ledger, by the state they had then.", labels=("door", "state")
    )
    for labels, count in sorted(files.items()):
        taken.add_metric(labels, count)
    yield taken
    yield CounterMetricFamily("qttd_readings", "Readings in the files that reached the ledger.", readings)
    tried = CounterMetricFamily(
        "qttd_relay_attempts", "Attempts to relay a file, by how they ended.", labels=("target", "outcome")
    )
    for labels, count in sorted(attempts.items()):
        tried.add_metric(labels, count)
    yield tried


def _relay(targets: list[TargetNow], now: datetime) -> Iterator[Metric]:
    items = GaugeMetricFamily(
        "qttd_relay_items", "Items of the outbox not sent yet.", labels=("target", "state")
    )
    age = GaugeMetricFamily(
        "qttd_relay_oldest_waiting_seconds",
        "How long the first waiting item has been queued.",
        labels=("target",),
    )
    for target in targets:
        for state, count in (("waiting", target.waiting), ("held", target.held), ("blocked", target.blocked)):
            items.add_metric((target.name, state), count)
        since = target.oldest_queued_at
        age.add_metric((target.name,), 0 if since is None else max(0.0, (now - since).total_seconds()))
    yield items
    yield age


def _arrivals(arrivals: dict[str, datetime]) -> Metric:
    family = GaugeMetricFamily(
        "qttd_station_last_arrival_timestamp_seconds",
        "When the station's newest file arrived.",
        labels=("station",),
    )
    for code, moment in sorted(arrivals.items()):
        family.add_metric((code,), moment.timestamp())
    return family


def _of_host(figures: Iterable[HostFigure]) -> Iterator[Metric]:
    families: dict[str, GaugeMetricFamily] = {}
    for figure in figures:
        family = families.setdefault(
            figure.name,
            GaugeMetricFamily(f"qttd_{figure.name}", _HOST_FIGURES[figure.name], labels=tuple(figure.labels)),
        )
        family.add_metric(tuple(figure.labels.values()), figure.value)
    yield from families.values()


def metrics_router(collector: StoreCollector) -> APIRouter:
    """The route; the text format is the one that the scraper asks for."""
    registry = CollectorRegistry()
    registry.register(collector)
    router = APIRouter(tags=["health"])

    @router.get("/metrics", response_class=Response)
    def metrics(request: Request) -> Response:
        """The figures in Prometheus' text format."""
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"Content-Type": content_type})

    return router
