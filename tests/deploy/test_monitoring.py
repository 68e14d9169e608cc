"""Metrics, alert policies and the dashboard: every filter is evaluated on log lines that the code writes."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timezone
from io import StringIO
from typing import Any

import pytest

from pipeline.alerting.alerts import Alerts
from pipeline.alerting.heal import EmptyStage, Healer
from pipeline.alerting.incident import KINDS, Check, Trouble
from pipeline.alerting.log_lines import LABELS, STATUS_SEVERITY, LogLines
from pipeline.deployment.cron import last_time
from pipeline.deployment.live_schedules import PREFIX
from pipeline.deployment.settings import load_deployment
from pipeline.operations.command_options import VerifyOptions
from pipeline.options.flags import parse_options
from pipeline.version import ROOT
from tests.support.commands import FakeCommands
from tests.support.stores import MemoryStore
from tests.support.webhooks import Receiver

FOLDER = ROOT / "deploy" / "monitoring"
SCRIPT = FOLDER / "verify.sh"
TERRAFORM = json.loads((FOLDER / "monitoring.tf.json").read_text())
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
METRICS: dict[str, Any] = TERRAFORM["resource"]["google_logging_metric"]
POLICIES: dict[str, Any] = TERRAFORM["resource"]["google_monitoring_alert_policy"]
USER = "logging.googleapis.com/user/"
COUNTER = "dataflow.googleapis.com/job/user_counter"
COMPARISON = re.compile(r'([a-zA-Z_.]+)(!=|=)"([^"]*)"')
MATCHED = {
    "runs": {("run", status) for status in STATUS_SEVERITY},
    "verifications": {("verification", status) for status in ("fine", "different", "failed")},
    "incidents": {("incident", f"opened {kind}") for kind in KINDS},
    "critical": {("incident", f"opened {kind}") for kind, severity in KINDS.items() if severity.value == "CRITICAL"},
    "findings": {("finding", kind) for kind in KINDS},
    "undelivered": {("alert", "")},
    "unhealed": {("heal", "ERROR")},
}
"""Which lines each metric counts: the event, and what tells the line from others of it."""


def entry_of(line: dict[str, Any]) -> dict[str, Any]:
    """Return the log entry that the agent of Cloud Run makes of a line."""
    special = ("severity", "time", LABELS)
    payload = {key: value for key, value in line.items() if key not in special}
    return {"severity": line["severity"], "labels": line[LABELS], "jsonPayload": payload}


def value_at(entry: dict[str, Any], path: str) -> Any:
    for part in path.split("."):
        entry = entry[part]
    return entry


def comparisons(text: str) -> list[tuple[str, str, str]]:
    """Return the comparisons of a filter; one that is more than comparisons joined by AND is an error."""
    parts = text.split(" AND ")
    found = [COMPARISON.fullmatch(part) for part in parts]
    assert all(found), text
    return [match.groups() for match in found if match is not None]  # type: ignore[misc]


def matches(text: str, entry: dict[str, Any]) -> bool:
    """Whether a filter matches an entry; a path that an entry has not matches nothing."""
    for path, operator, value in comparisons(text):
        try:
            if (value_at(entry, path) == value) is not (operator == "="):
                return False
        except KeyError:
            return False
    return True


@pytest.fixture(scope="module")
def entries() -> list[dict[str, Any]]:
    """Every kind of line, as the code writes it."""
    out = StringIO()
    log = LogLines(out)
    for status in STATUS_SEVERITY:
        log.run("run-1", status, ["2026-02-11"], seconds=1.0, documents={"written": 3})
    log.verification(10, 0)
    log.verification(10, 2)
    log.verification_failed("x")
    alerts = Alerts(MemoryStore(), log=log)
    troubles = [Trouble(kind, ("results",), "2026-02-11", "x") for kind in KINDS]
    alerts.report(Check(troubles, lambda _incident: True))
    alerts.report(Check((), lambda _incident: True))
    log.alerts_failed("x")
    with Receiver() as endpoint:
        healer = Healer(MemoryStore(), endpoint.root, calls=1, log=log, token=lambda _audience: "x")
        for _ in range(2):
            healer.heal([EmptyStage("2026-02-11", "cache", 3)], datetime(2026, 2, 11, tzinfo=timezone.utc).date())
    return [entry_of(json.loads(line)) for line in out.getvalue().splitlines()]


def told(entry: dict[str, Any]) -> tuple[str, str]:
    payload = entry["jsonPayload"]
    by_event = {
        "incident": f"{payload.get('state')} {payload.get('kind')}",
        "finding": payload.get("kind"),
        "heal": entry["severity"],
        "alert": "",
    }
    return payload["event"], str(by_event.get(payload["event"], payload.get("status")))


class TestMetrics:
    @pytest.mark.parametrize("name", METRICS)
    def test_each_counts_the_lines_that_it_is_named_for_and_no_others(
        self, name: str, entries: list[dict[str, Any]]
    ) -> None:
        found = {told(entry) for entry in entries if matches(METRICS[name]["filter"], entry)}
        assert found == MATCHED[name]

    @pytest.mark.parametrize("name", METRICS)
    def test_each_label_is_a_field_of_every_line(self, name: str, entries: list[dict[str, Any]]) -> None:
        metric = METRICS[name]
        extractors = metric.get("label_extractors", {})
        assert {label["key"] for label in metric["metric_descriptor"][0].get("labels", ())} == extractors.keys()
        for entry in (entry for entry in entries if matches(metric["filter"], entry)):
            for extractor in extractors.values():
                match = re.fullmatch(r"EXTRACT\((.+)\)", extractor)
                assert match is not None
                assert isinstance(value_at(entry, match[1]), str)

    def test_every_event_is_counted(self, entries: list[dict[str, Any]]) -> None:
        counted = [entry for entry in entries if any(matches(metric["filter"], entry) for metric in METRICS.values())]
        assert {told(entry)[0] for entry in counted} == {told(entry)[0] for entry in entries}

    def test_names_are_different(self) -> None:
        assert len({metric["name"] for metric in METRICS.values()}) == len(METRICS)

    def test_a_filter_of_a_field_that_no_line_has_would_be_found(self, entries: list[dict[str, Any]]) -> None:
        wrong = METRICS["runs"]["filter"].replace("jsonPayload.event", "jsonPayload.evnt")
        assert not any(matches(wrong, entry) for entry in entries)


def conditions() -> Iterator[Any]:
    for name, policy in POLICIES.items():
        for condition in policy["conditions"]:
            for kind in ("condition_threshold", "condition_absent"):
                for body in condition.get(kind, ()):
                    yield pytest.param(body["filter"], id=name)


def charts() -> Iterator[Any]:
    for widget in DASHBOARD["gridLayout"]["widgets"]:
        for data in widget["xyChart"]["dataSets"]:
            yield pytest.param(data["timeSeriesQuery"]["timeSeriesFilter"]["filter"], id=widget["title"])


def counters_of_the_code() -> set[str]:
    """Return the names of the counters of the streaming job."""
    found = set()
    for path in (ROOT / "pipeline" / "stream").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "counter" and len(node.args) == 2:
                name = node.args[1]
                if isinstance(name, ast.Constant):
                    found.add(str(name.value))
    return found


class TestPolicies:
    def test_every_policy_has_one_condition_with_a_filter_and_says_what_to_do(self) -> None:
        assert len(list(conditions())) == len(POLICIES)
        for policy in POLICIES.values():
            assert policy["documentation"][0]["content"]
            assert policy["notification_channels"] == "${var.notification_channels}"
            assert policy["severity"] in ("CRITICAL", "ERROR", "WARNING")

    @pytest.mark.parametrize("text", [*conditions(), *charts()])
    def test_each_filter_is_of_a_metric_that_there_is(self, text: str) -> None:
        parts = {path: (operator, value) for path, operator, value in comparisons(text)}
        operator, kind = parts["metric.type"]
        assert operator == "="
        labels = {path.rpartition(".")[2]: value for path, (_, value) in parts.items() if ".labels." in path}
        if kind.startswith(USER):
            reference = re.fullmatch(r"\$\{google_logging_metric\.([a-z_]+)\.name\}", kind.removeprefix(USER))
            by_name = {metric["name"]: metric for metric in METRICS.values()}
            metric = METRICS[reference[1]] if reference else by_name[kind.removeprefix(USER)]
            assert labels.keys() <= metric.get("label_extractors", {}).keys()
            assert set(labels.values()) <= {*STATUS_SEVERITY, "fine", "different", "failed"}
            assert parts["resource.type"] == ("=", "cloud_run_job")
        elif kind == COUNTER:
            assert labels["metric_name"] in counters_of_the_code()
            assert parts["resource.type"] == ("=", "dataflow_job")
        else:
            assert kind == "pubsub.googleapis.com/subscription/oldest_unacked_message_age"
            assert labels["subscription_id"] == load_deployment().input_subscription.rpartition("/")[2]

    def test_every_metric_has_a_chart_or_a_policy(self) -> None:
        shown = json.dumps([param.values for param in (*conditions(), *charts())])
        for key, metric in METRICS.items():
            assert f'{metric["name"]}\\"' in shown or f"metric.{key}.name" in shown

    def test_the_dashboard_is_made_after_its_metrics(self) -> None:
        dashboard = TERRAFORM["resource"]["google_monitoring_dashboard"]["phase6"]
        assert dashboard["dashboard_json"] == '${file("${path.module}/dashboard.json")}'
        assert set(dashboard["depends_on"]) == {f"google_logging_metric.{key}" for key in METRICS}

    def test_variables_are_declared(self) -> None:
        used = set(re.findall(r"\$\{var\.([a-z_]+)\}", json.dumps(TERRAFORM)))
        assert used == TERRAFORM["variable"].keys()


def dry_run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "IMAGE_TAG": "0123456789ab", **variables}
    command = [shutil.which("bash") or "bash", str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


class TestVerifyJob:
    def test_its_dry_run_is_what_was_looked_at(self) -> None:
        ended = dry_run("--dry_run", EXECUTE="1")
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout == (ROOT / "tests" / "deploy" / "verify-job.txt").read_text(encoding="utf-8")

    def test_nothing_is_carried_out_without_execute(self, tmp_path: Any) -> None:
        commands = FakeCommands(tmp_path / "bin")
        commands.add("gcloud")
        for arguments, variables in (((), {}), (("--dry_run",), {"EXECUTE": "1"})):
            ended = commands.run("bash", str(SCRIPT), *arguments, IMAGE_TAG="0123456789ab", **variables)
            assert ended.returncode == 0, ended.stderr
        assert commands.calls == []

    @pytest.mark.parametrize("is_there", [False, True])
    def test_a_second_run_makes_nothing_twice(self, tmp_path: Any, is_there: bool) -> None:
        commands = FakeCommands(tmp_path / "bin")
        absent = [(f"{what} describe", 1, "") for what in ("iam service-accounts", "secrets", "scheduler jobs")]
        commands.add("gcloud", [] if is_there else absent)
        ended = commands.run("bash", str(SCRIPT), IMAGE_TAG="0123456789ab", EXECUTE="1")
        assert ended.returncode == 0, ended.stderr
        made = {" ".join(call[1:4]) for call in commands.calls if "create" in call}
        assert made == (
            set()
            if is_there
            else {"iam service-accounts create", "secrets create phase6-alerts", "scheduler jobs create"}
        )
        changed = [call for call in commands.calls if call[1:4] == ["scheduler", "jobs", "update"]]
        assert len(changed) == is_there
        grants = [call for call in commands.calls if "add-iam-policy-binding" in call]
        assert len(grants) == 10

    def test_another_option_is_rejected(self) -> None:
        ended = dry_run("--dry-run")
        assert ended.returncode == 2
        assert "--dry_run is the only one" in ended.stderr

    def test_the_job_verifies_with_options_that_there_are(self) -> None:
        line = next(line for line in dry_run().stdout.splitlines() if line.startswith("gcloud run jobs deploy"))
        match = re.search(r" --args=(\S+)", line)
        assert match is not None
        command, *arguments = match[1].split("\\,")
        assert command == "verify"
        options = parse_options(VerifyOptions, arguments)
        deployment = load_deployment()
        assert str(options.output) == deployment.output
        assert options.structured_logs
        assert options.alert_webhook.startswith("secret:")
        assert "COPY deploy/schedules.yaml schedules.yaml" in (ROOT / "deploy" / "Dockerfile").read_text()
        assert str(options.schedules) == "/template/schedules.yaml"
        assert "COPY deploy/settings.env settings.env" in (ROOT / "deploy" / "Dockerfile").read_text()
        assert str(options.launch_late) == "/template/settings.env"

    def test_it_runs_by_a_schedule_after_that_of_the_exports(self) -> None:
        line = next(line for line in dry_run().stdout.splitlines() if line.startswith("gcloud scheduler jobs"))
        match = re.search(r" --schedule=(.+?) --time-zone", line)
        assert match is not None
        cron = match[1].replace("\\", "")
        assert last_time(cron, datetime(2026, 2, 11, 17, 30, tzinfo=timezone.utc)) is not None

    def test_the_check_of_schedules_does_not_take_it_for_an_export(self) -> None:
        line = next(line for line in dry_run().stdout.splitlines() if line.startswith("gcloud scheduler jobs"))
        assert not line.split()[5].startswith(PREFIX)
