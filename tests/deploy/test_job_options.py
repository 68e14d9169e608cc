"""Every threshold and the interval of the watch change with the next launch: none of them is part of the image."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from exporters.config import ExportConfig
from pipeline.deployment.settings import SETTINGS, load_deployment
from pipeline.deployment.template_metadata import BATCH, STREAMING, template_metadata
from pipeline.options.guard_options import GuardOptions
from pipeline.options.option import Group, Kind
from pipeline.options.option_table import CLIENT_OPTIONS, OPTIONS, RuleOptions
from pipeline.options.stream_options import StreamOptions
from pipeline.version import ROOT
from tests.deploy.places import settle, settled
from tests.support.commands import FakeCommands

THRESHOLDS = [
    option
    for option in OPTIONS
    if option.group in (Group.RULES, Group.STREAM) and (option.kind is Kind.INTEGER or option.is_list or option.default)
]
OF_STREAM = {field.name for field in fields(StreamOptions)}
RULES = [option for option in OPTIONS if option.group is Group.RULES]


def test_the_thresholds_are_those_of_the_options() -> None:
    names = {option.name for option in THRESHOLDS}
    assert {"watch_seconds", "quiet_seconds", "request_timeout", "min_context_rows", "max_lost_percent"} <= names
    assert {option.name for option in RULES} == {
        field.name for kind in (RuleOptions, GuardOptions) for field in fields(kind)
    }
    # Those of the configuration whose name says what they are.
    numbers = {name for name, value in vars(ExportConfig()).items() if name.startswith("min_") and type(value) is int}
    assert len(numbers) > 2
    assert numbers & names == {"min_context_rows", "min_active_predictions", "min_streak_length"}


@pytest.mark.parametrize("option", THRESHOLDS, ids=lambda option: option.name)
def test_every_threshold_is_a_parameter_of_its_templates(option: object) -> None:
    name = option.name
    streaming = {found["name"]: found for found in template_metadata(STREAMING)["parameters"]}
    batch = {found["name"]: found for found in template_metadata(BATCH)["parameters"]}
    assert streaming[name]["isOptional"]
    assert name in OF_STREAM or batch[name] == streaming[name]


@pytest.mark.parametrize("option", THRESHOLDS, ids=lambda option: option.name)
def test_every_threshold_may_be_set_for_the_jobs_of_a_deployment(option: object, tmp_path: Path) -> None:
    name, example = option.name, option.example
    setting = "STREAM_OPTIONS" if name in OF_STREAM else "JOB_OPTIONS"
    file = tmp_path / "settings.env"
    file.write_text(SETTINGS.read_text(encoding="utf-8"), encoding="utf-8")
    deployment = load_deployment(settle(file, **{setting: f"{name}={example}"}))
    assert f"{name}={example}" in (deployment.job_options, deployment.stream_options)
    if setting == "JOB_OPTIONS":
        assert deployment.parameters[name] == example


def test_they_reach_the_streaming_job_and_its_update(tmp_path: Path) -> None:
    given = {"JOB_OPTIONS": "min_lost=5 max_lost_percent=20,streaks:50", "STREAM_OPTIONS": "watch_seconds=30"}
    script = settled(tmp_path, "stream.sh", **given)
    commands = FakeCommands(tmp_path / "bin")
    commands.add("gcloud")
    assert commands.run("bash", script, EXECUTE="1", UPDATE="1").returncode == 0
    [parameters] = [word for word in commands.calls[0] if word.startswith("--parameters=")]
    assert {"min_lost=5", "max_lost_percent=20,streaks:50", "watch_seconds=30"} <= set(parameters.split("|"))


def test_the_image_sets_none() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert [option.name for option in OPTIONS if option.name in text and option.name not in ("request", "output")] == []


def test_a_message_is_answered_exactly_once() -> None:
    """A request that is answered twice would publish twice, and hand on two jobs."""
    for found in (template_metadata(STREAMING), json.loads((ROOT / "deploy" / STREAMING).read_text(encoding="utf-8"))):
        assert found["supportsAtLeastOnce"] is False
        assert found["supportsExactlyOnce"] is True
        assert found["defaultStreamingMode"] == "EXACTLY_ONCE"


def test_no_option_of_the_submitting_process_is_a_setting() -> None:
    assert not {option.name for option in CLIENT_OPTIONS} & {option.name for option in THRESHOLDS}
