"""What a run between two folders on this machine must not import: each module costs the start of every night."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.command_line import arguments_of
from tests.support.warehouses import League

ROOT = Path(__file__).parents[3]
CLIENTS = (
    "transforms.stores.gcs",
    "transforms.warehouses.bigquery",
    "transforms.live_feed.feed_key",
    "transforms.live_feed.http",
)
"""The modules, and those whose names begin with theirs, that speak to a service that a run between folders has not."""
OTHER_JOBS = (
    "apache_beam",
    "grpc",
    "pipeline.alerting",
    "pipeline.deployment",
    "pipeline.stream",
    "pipeline.verification",
    "google.cloud.secretmanager",
    "opentelemetry.exporter.otlp.proto.http",
    "opentelemetry.sdk.metrics",
)
RUN = """
import json, sys
from pipeline.cli import main
code = main(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]))
"""


def modules_of(*arguments: str) -> set[str]:
    """Return the modules that a successful ``phase6 export`` imports."""
    command = [sys.executable, "-c", RUN, "export", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.stdout, ended.stderr
    code, modules = json.loads(ended.stdout.splitlines()[-1])
    assert code == 0, ended.stdout + ended.stderr
    return set(modules)


@pytest.fixture(scope="module")
def imported(league: League, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    output = tmp_path_factory.mktemp("out")
    return modules_of(*arguments_of(league, output, "--export_types=predictions", "--target_date=today"))


@pytest.mark.parametrize("name", [*CLIENTS, *OTHER_JOBS])
def test_a_run_between_folders_imports_no_module_of_another_place_or_job(imported: set[str], name: str) -> None:
    assert "transforms.warehouses.parquet" in imported
    assert "transforms.stores.folder" in imported
    assert [module for module in imported if module.startswith(name)] == []


@pytest.mark.parametrize("name", [*CLIENTS, *OTHER_JOBS])
def test_every_forbidden_name_is_that_of_a_module(name: str) -> None:
    """A module that moved would otherwise be forbidden by a name that nothing has."""
    code = f"import importlib.util as i; print(i.find_spec({name!r}) is not None)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ended.stdout.strip() == "True"
