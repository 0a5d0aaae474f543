"""What Prometheus may ask of a server."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .jobs import Job, JobStore

_BUCKETS = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600)  # seconds of work


class Metrics(Collector):
    """Counts and times of one server.

    Parameters
    ----------
    store : JobStore
        Asked for the number of jobs in each state whenever they are read.
    """

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._registry = CollectorRegistry()
        known = self._registry
        self.ended = Counter("avaffect_jobs_ended", "Jobs that came to their end.", ["state"], registry=known)
        self.seconds = Histogram(
            "avaffect_job_seconds",
            "Seconds of work on a job that was done.",
            buckets=_BUCKETS,
            registry=known,
        )
        self.recorded = Counter(
            "avaffect_recorded_seconds", "Seconds of recordings that were read.", registry=known
        )
        self.received = Counter("avaffect_received_bytes", "Bytes of uploads.", registry=known)
        self.deaths = Counter(
            "avaffect_process_deaths", "Processes that ended amid their work.", registry=known
        )
        self._registry.register(self)

    def finished(self, job: Job) -> None:
        """Count a job that has its last state."""
        self.ended.labels(state=job.state.value).inc()
        if job.error is None and job.started is not None and job.finished is not None:
            self.seconds.observe(max(0.0, job.finished - job.started))
            self.recorded.inc(job.duration or 0.0)

    def collect(self) -> Iterable[Metric]:
        """The number of jobs in each state, now."""
        jobs = GaugeMetricFamily("avaffect_jobs", "Jobs that are kept, by state.", labels=["state"])
        for state, count in self._store.counts().items():
            jobs.add_metric([state.value], count)
        yield jobs

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)
