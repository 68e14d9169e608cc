"""Metrics of runs and of a published tree, sent by OTLP over HTTP once a run or a verification is over.

===========================  =========  =============================================================  =========
metric                       kind       attributes                                                     unit
===========================  =========  =============================================================  =========
``phase6.runs``              counter    ``outcome``: the status of the run                             runs
``phase6.run.seconds``       histogram  ``outcome``                                                    seconds
``phase6.documents``         counter    ``export_type``; ``outcome``: written, unchanged, kept,        documents
                                        failed, held (a date on which the type was held back)
``phase6.export.seconds``    histogram  ``export_type``: time of all workers together                  seconds
``phase6.age``               gauge      ``export_type``: since the newest run that made it began       seconds
``phase6.findings``          gauge      ``kind``: findings of a verification                           findings
===========================  =========  =============================================================  =========

The SDK of OpenTelemetry is imported when something is sent, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.alerting.log_lines import APP
from pipeline.reporting.terminal import complain
from pipeline.version import current_build

SECONDS = 5
"""Metrics that cannot be sent in this time are lost; they never hold a run up."""
METRICS_PATH = "/v1/metrics"
_TIMES = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0, 7200.0)
"""Bounds of the buckets of seconds: the SDK's own are those of milliseconds."""


@dataclass
class Measured:
    """What is sent of a run or of a verification.

    Attributes:
        status: How the run ended; empty for a verification.
        seconds: How long it took.
        documents: By export type and outcome.
        export_seconds: By export type.
        ages: Seconds by export type.
        findings: By kind; None for a run.
    """

    status: str = ""
    seconds: float = 0.0
    documents: Mapping[tuple[str, str], int] = field(default_factory=dict)
    export_seconds: Mapping[str, float] = field(default_factory=dict)
    ages: Mapping[str, float] = field(default_factory=dict)
    findings: Mapping[str, int] | None = None


def send_metrics(endpoint: str, measured: Measured) -> None:
    """Send metrics; never raises, and takes a few seconds at most.

    Args:
        endpoint: URL of a collector, as in ``OTEL_EXPORTER_OTLP_ENDPOINT``.
        measured: What to send.
    """
    try:
        _send(endpoint, measured)
    except Exception as error:
        complain(f"metrics were not sent to {endpoint}: {type(error).__name__}: {error}")


def _send(endpoint: str, measured: Measured) -> None:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
    from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader, MetricExportResult
    from opentelemetry.sdk.resources import Resource

    # A process measures one run: what it counts is added up by whoever receives it.
    reader = InMemoryMetricReader(
        preferred_temporality={Counter: AggregationTemporality.DELTA, Histogram: AggregationTemporality.DELTA}
    )
    build = current_build()
    resource = Resource.create({"service.name": APP, "service.version": build.version, "phase6.commit": build.commit})
    provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    try:
        _record(provider.get_meter(APP), measured)
        data = reader.get_metrics_data()
        if data is None:
            return
        exporter = OTLPMetricExporter(endpoint=f"{endpoint.rstrip('/')}{METRICS_PATH}", timeout=SECONDS)
        try:
            if exporter.export(data) is not MetricExportResult.SUCCESS:
                complain(f"metrics were not sent to {endpoint}: it does not take them")
        finally:
            exporter.shutdown()
    finally:
        provider.shutdown()


def _record(meter: Any, measured: Measured) -> None:
    if measured.status:
        outcome = {"outcome": measured.status}
        meter.create_counter("phase6.runs", "{run}").add(1, outcome)
        seconds = meter.create_histogram("phase6.run.seconds", "s", explicit_bucket_boundaries_advisory=_TIMES)
        seconds.record(measured.seconds, outcome)
    if measured.documents:
        documents = meter.create_counter("phase6.documents", "{document}")
        for (name, what), count in measured.documents.items():
            documents.add(count, {"export_type": name, "outcome": what})
    if measured.export_seconds:
        each = meter.create_histogram("phase6.export.seconds", "s", explicit_bucket_boundaries_advisory=_TIMES)
        for name, spent in measured.export_seconds.items():
            each.record(spent, {"export_type": name})
    if measured.ages:
        age = meter.create_gauge("phase6.age", "s")
        for name, old in measured.ages.items():
            age.set(old, {"export_type": name})
    if measured.findings is not None:
        findings = meter.create_gauge("phase6.findings", "{finding}")
        # Also none: a gauge that is not sent looks as it did before.
        for kind, count in (measured.findings or {"none": 0}).items():
            findings.set(count, {"kind": kind})
