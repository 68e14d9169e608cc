"""Command lines in documents, scripts and schedules: each names a command that there is, and options that it has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.commands.catalogue import COMMANDS
from pipeline.version import ROOT

BY_NAME = {command.name: command for command in COMMANDS}
OF_BEAM = {"direct_num_workers", "direct_running_mode", "project", "region", "runner", "temp_location"}
OF_JOB_SERVERS = {"environment_config", "environment_type", "job_endpoint", "parallelism", "prism_location"}
OF_CLUSTERS = {"flink_master", "flink_submit_uber_jar", "flink_version", "spark_master_url"}
"""Of Beam as well; ``tests/deploy/test_engines_page.py`` reads them with Beam's own parser."""
ALL_OF_BEAM = OF_BEAM | OF_JOB_SERVERS | OF_CLUSTERS
OF_RELEASES = {"pipeline.reference.released_schemas", "pipeline.reference.released_stream"}
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "docs/**/*.md", "deploy/*", "Makefile")
    for path in ROOT.glob(pattern)
    if path.is_file()
)
LINES = [
    pytest.param(path, name, line, id=f"{path.name}-{name}")
    for path in dict.fromkeys(DOCUMENTS)
    # A line ends where its quotes do, or where the shell starts another command.
    for line in re.findall(r"(?:^|[\s`/])phase6 ([^`|]*)", path.read_text(encoding="utf-8").replace("\\\n", " "), re.M)
    if (name := " ".join(re.match(r"(schedules \w+|[a-z]+)?", line)[0].split()))  # type: ignore[index]
    and (name in BY_NAME or "--" in line.splitlines()[0])
]


def test_there_are_some() -> None:
    assert {path.name for path, *_ in (param.values for param in LINES)} >= {"README.md", "Makefile", "schedules.yaml"}
    assert {name for _, name, _ in (param.values for param in LINES)} >= {"export", "stream", "backfill", "verify"}


@pytest.mark.parametrize(("path", "name", "line"), LINES)
def test_a_command_line_of_a_document_is_understood(path: Path, name: str, line: str) -> None:
    assert name in BY_NAME, f"{path}: phase6 {line.splitlines()[0]}"
    known = {option.name for option in BY_NAME[name].load_options()} | (ALL_OF_BEAM if BY_NAME[name].is_job else set())
    assert set(re.findall(r"(?:^|\s)--([a-z_]+)", line.splitlines()[0])) <= known, f"{path}: phase6 {line}"


def test_no_document_names_a_module_that_is_no_command() -> None:
    for path in DOCUMENTS:
        modules = re.findall(r"python -m (pipeline\.[a-z_.]+)", path.read_text(encoding="utf-8"))
        assert set(modules) <= {"pipeline.main", "pipeline.deployment.stamp", *OF_RELEASES}, path
