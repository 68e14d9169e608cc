"""``deploy/engines.md``: our parser and Beam's accept each command line, and the graph has the image that it says.

No job server is needed: what a runner would submit is made, and read.
"""

from __future__ import annotations

import re
import shlex
from datetime import datetime, timezone
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import common_urns, python_urns
from apache_beam.portability.api import beam_runner_api_pb2

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.engines.engine import Engine, find_engine
from pipeline.engines.job_options import job_options
from pipeline.options.configuration import RunConfig, parse_job
from pipeline.options.flags import OptionsError
from pipeline.planning.graph import build
from pipeline.planning.planner import make_plan
from pipeline.version import ROOT, Build
from tests.support.stores import ForbiddenStore
from tests.support.warehouses import ForbiddenWarehouse

COMMIT = "0123456789ab"
CLEAN = Build("1", COMMIT, "cd")
CHANGED = Build("1", f"{COMMIT}-01234567", "cd")
OWN = f"us-west2-docker.pkg.dev/my-project/phase6/phase6-export:{COMMIT}"
NOW = datetime(2026, 11, 27, tzinfo=timezone.utc)
PAGE = (ROOT / "deploy" / "engines.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```$", PAGE, re.M | re.S)
LINES = [
    line for block in BLOCKS for line in block.replace("\\\n", " ").splitlines() if line.startswith("phase6 export ")
]


def of(line: str, build: Build = CLEAN) -> tuple[Engine, PipelineOptions, RunConfig]:
    """Return engine, options of the job and configuration of a command line."""
    argv = shlex.split(line)[2:]
    options, config = parse_job(argv, known_types=tuple(exports()), groups=groups(), now=NOW, player_types=PLAYER_TYPES)
    assert isinstance(config, RunConfig)
    engine = find_engine(options, build, no_wait=config.no_wait)
    return engine, job_options(options, engine, build), config


def submitted(options: PipelineOptions, config: RunConfig) -> list[beam_runner_api_pb2.Environment]:
    """Return the environments of the graph that the runner of the options would submit."""
    root = beam.Pipeline(options=options)
    plan = make_plan(config.request, config.export_config, shards=config.shards)
    warehouse: Any = ForbiddenWarehouse()
    store: Any = ForbiddenStore()
    build(root, plan, warehouse, store, output=str(config.output))
    proto = root.to_runner_api(default_environment=root.runner.default_environment(options))
    used = {transform.environment_id for transform in proto.components.transforms.values()} - {""}
    assert used
    return [proto.components.environments[name] for name in used]


def test_the_page_has_a_line_for_each_engine() -> None:
    named = {name for line in LINES for name in re.findall(r"--runner=(\w+)", line)}
    assert named == {"PrismRunner", "FlinkRunner", "SparkRunner"}
    assert len(LINES) == 6


@pytest.mark.parametrize("line", LINES)
def test_a_command_line_submits_workers_that_hold_this_project(line: str) -> None:
    _, options, config = of(line)
    if "EXTERNAL" in line:
        expected = (common_urns.environments.EXTERNAL.urn, b"localhost:50000")
    elif "PrismRunner" in line:
        expected = (python_urns.EMBEDDED_PYTHON_LOOPBACK, b"")
    else:
        expected = (common_urns.environments.DOCKER.urn, OWN.encode())
    for environment in submitted(options, config):
        assert environment.urn == expected[0]
        assert expected[1] in environment.payload


CONTAINERS = [line for line in LINES if "EXTERNAL" not in line and "Prism" not in line]


def test_some_lines_start_containers() -> None:
    assert {re.search(r"--runner=(\w+)", line)[1] for line in CONTAINERS} == {"FlinkRunner", "SparkRunner"}  # type: ignore[index]


@pytest.mark.parametrize("build", [CLEAN, CHANGED])
def test_another_image_is_the_one_that_is_named(build: Build) -> None:
    _, options, config = of(f"{CONTAINERS[0]} --environment_config=other:1", build)
    for environment in submitted(options, config):
        payload = beam_runner_api_pb2.DockerPayload.FromString(environment.payload)
        assert payload.container_image == "other:1"


@pytest.mark.parametrize("line", CONTAINERS)
def test_a_checkout_that_no_image_holds_is_refused(line: str) -> None:
    with pytest.raises(OptionsError, match="stock image, which lacks this project"):
        of(line, CHANGED)


@pytest.mark.parametrize("line", CONTAINERS)
def test_a_folder_of_this_machine_is_refused(line: str) -> None:
    with pytest.raises(OptionsError, match=r'--warehouse: "\.demo/warehouse" is on this machine'):
        of(line.replace("bigquery:my-project", ".demo/warehouse"))


def test_the_stock_image_would_be_taken_without_our_options() -> None:
    """What is guarded against: what Beam itself does with the same command line."""
    [line, *_] = CONTAINERS
    _, _, config = of(line)
    options, _ = parse_job(
        shlex.split(line)[2:], known_types=tuple(exports()), groups=groups(), now=NOW, player_types=PLAYER_TYPES
    )
    for environment in submitted(options, config):
        assert b"apache/beam_python" in environment.payload
