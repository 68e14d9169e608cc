"""The metrics that a collector receives, decoded from what is sent over the wire."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality

from pipeline.alerting.runs import alert_of_run
from pipeline.alerting.telemetry import METRICS_PATH, SECONDS, Measured, send_metrics
from pipeline.execution.in_process import run_in_process
from pipeline.operations.verify import main as verify
from pipeline.options.alert_options import AlertOptions
from pipeline.planning.planner import begun
from tests.support.plans import plan_of
from tests.support.stores import published_in
from tests.support.warehouses import League
from tests.support.webhooks import Receiver, closed_port


@pytest.fixture
def collector() -> Iterator[Receiver]:
    with Receiver() as found:
        yield found


def received(collector: Receiver) -> dict[str, dict[tuple[str, ...], Any]]:
    """Return the data points by metric and by values of attributes."""
    found: dict[str, dict[tuple[str, ...], Any]] = {}
    for body in collector.bodies:
        request = ExportMetricsServiceRequest.FromString(body)
        for metric in request.resource_metrics[0].scope_metrics[0].metrics:
            points = getattr(metric, metric.WhichOneof("data")).data_points
            for point in points:
                key = tuple(value.value.string_value for value in sorted(point.attributes, key=lambda each: each.key))
                found.setdefault(metric.name, {})[key] = point
    return found


def test_a_run_sends_its_outcome_documents_and_seconds(league: League, collector: Receiver, tmp_path: Path) -> None:
    store = published_in(tmp_path / "out")
    plan = begun(plan_of("predictions", "tonight", first=league.today), datetime.now(timezone.utc))
    run_in_process(plan, league.warehouse, store)
    alert_of_run(AlertOptions(otlp_endpoint=collector.root), plan, store, "success", [], output="out")
    assert collector.paths == [METRICS_PATH]
    metrics = received(collector)
    assert metrics["phase6.runs"]["success",].as_int == 1
    assert {key: point.as_int for key, point in metrics["phase6.documents"].items()} == {
        ("predictions", "written"): 1,
        ("tonight", "written"): 1,
    }
    assert metrics["phase6.run.seconds"]["success",].count == 1
    assert metrics["phase6.run.seconds"]["success",].sum > 0
    assert metrics["phase6.export.seconds"]["tonight",].sum > 0


def test_what_is_counted_may_be_added_up_over_processes(collector: Receiver) -> None:
    send_metrics(collector.root, Measured("failed", 1.0))
    request = ExportMetricsServiceRequest.FromString(collector.bodies[0])
    names = {
        attribute.key: attribute.value.string_value for attribute in request.resource_metrics[0].resource.attributes
    }
    assert names["service.name"] == "phase6-export"
    for metric in request.resource_metrics[0].scope_metrics[0].metrics:
        kind = getattr(metric, metric.WhichOneof("data"))
        assert kind.aggregation_temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA


def test_a_verification_sends_ages_and_findings(league: League, collector: Receiver, tmp_path: Path) -> None:
    store, now = published_in(tmp_path / "out"), datetime.now(timezone.utc)
    plan = begun(plan_of("predictions", "tonight", first=league.today), now - timedelta(hours=3))
    run_in_process(plan, league.warehouse, store)
    arguments = [f"--output={tmp_path / 'out'}", f"--target_date={league.today}", f"--otlp_endpoint={collector.root}"]
    assert verify(arguments, now=now) == 0
    metrics = received(collector)
    assert metrics["phase6.age"].keys() == {("predictions",), ("tonight",)}
    assert metrics["phase6.age"]["tonight",].as_double == pytest.approx(3 * 3600, abs=1)
    assert {key: point.as_int for key, point in metrics["phase6.findings"].items()} == {("none",): 0}
    (tmp_path / "out" / f"predictions/{league.today}.json").unlink()
    assert verify(arguments, now=now) == 1
    assert received(collector)["phase6.findings"]["missing",].as_int >= 1


def test_the_environment_names_the_collector_where_no_option_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert AlertOptions().collector == ""
    assert not AlertOptions().has_alerts
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
    assert AlertOptions().collector == "http://collector:4318"
    assert AlertOptions().has_alerts
    assert AlertOptions(otlp_endpoint="http://localhost:4318").collector == "http://localhost:4318"


@pytest.mark.parametrize("status", [400, 503])
def test_a_collector_that_refuses_costs_nothing_but_a_line(
    collector: Receiver, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.answers = [status] * 50
    started = time.monotonic()
    send_metrics(collector.root, Measured("success", 1.0))
    assert time.monotonic() - started < 2 * SECONDS
    assert "metrics were not sent" in capsys.readouterr().err


def test_a_collector_that_is_not_there_costs_nothing_but_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with closed_port() as url:
        started = time.monotonic()
        send_metrics(url.partition("/services")[0], Measured("success", 1.0))
    assert time.monotonic() - started < 2 * SECONDS
    assert "metrics were not sent" in capsys.readouterr().err
