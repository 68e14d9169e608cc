from __future__ import annotations

from typing import Any

import pytest
from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    PortableOptions,
    SetupOptions,
    WorkerOptions,
)

from pipeline.engines.engine import find_engine
from pipeline.engines.job_options import job_options, label_job
from pipeline.version import Build

COMMIT = "0123456789ab"
IMAGE = f"us-west2-docker.pkg.dev/p/r/phase6-export:{COMMIT}"
SPARK = ("--runner=SparkRunner", "--spark_master_url=spark://spark:7077", "--job_endpoint=spark:8099")
FLINK = ("--runner=FlinkRunner", "--flink_master=http://flink:8081", "--job_endpoint=flink:8099")


def prepared(*flags: str, image: str = "") -> PipelineOptions:
    build = Build("1", COMMIT, "cd", image)
    options = PipelineOptions(list(flags))
    return job_options(options, find_engine(options, build), build)


@pytest.mark.parametrize(
    ("flags", "lock", "expected"),
    [
        ((), "cd", ["app=phase6-export", "commit=0123456789ab", "lock=cd"]),
        ((), "", ["app=phase6-export", "commit=0123456789ab"]),
        (("--labels=team=data",), "", ["team=data", "app=phase6-export", "commit=0123456789ab"]),
    ],
)
def test_a_job_is_labelled_with_its_code_version(flags: tuple[str, ...], lock: str, expected: list[str]) -> None:
    options = PipelineOptions(list(flags))
    label_job(options, Build("1", COMMIT, lock))
    assert options.view_as(GoogleCloudOptions).labels == expected


@pytest.mark.parametrize(
    ("flags", "image", "expected"),
    [
        (("--runner=DataflowRunner",), IMAGE, IMAGE),
        (("--runner=dataflow",), IMAGE, IMAGE),
        (("--runner=DataflowRunner", "--sdk_container_image=other:1"), IMAGE, "other:1"),
        (("--runner=DataflowRunner",), "", None),
        (("--runner=DirectRunner",), IMAGE, None),
        ((), IMAGE, None),
    ],
)
def test_workers_of_dataflow_run_what_the_launcher_runs(
    flags: tuple[str, ...], image: str, expected: str | None
) -> None:
    assert prepared(*flags, image=image).view_as(WorkerOptions).sdk_container_image == expected


@pytest.mark.parametrize(
    ("flags", "image", "expected"),
    [
        (FLINK, IMAGE, ("DOCKER", IMAGE)),
        # Of a checkout that does not differ from its commit: the image that deploy/ builds of it.
        (FLINK, "", ("DOCKER", f"us-west2-docker.pkg.dev/my-project/phase6/phase6-export:{COMMIT}")),
        (SPARK, IMAGE, ("DOCKER", IMAGE)),
        (("--runner=PortableRunner", "--job_endpoint=h:1"), IMAGE, ("DOCKER", IMAGE)),
        (("--runner=PrismRunner", "--environment_type=DOCKER"), IMAGE, ("DOCKER", IMAGE)),
        ((*FLINK, "--environment_type=beam:env:docker:v1"), IMAGE, ("DOCKER", IMAGE)),
        ((*FLINK, "--environment_config=other:1"), IMAGE, ("DOCKER", "other:1")),
        ((*FLINK, "--environment_options=docker_container_image=other:1"), IMAGE, ("DOCKER", None)),
        ((*FLINK, "--environment_type=EXTERNAL", "--environment_config=h:2"), IMAGE, ("EXTERNAL", "h:2")),
        ((*FLINK, "--environment_type=LOOPBACK"), IMAGE, ("LOOPBACK", None)),
        # Beam itself runs the workers of a Flink beside this process in this process.
        (("--runner=FlinkRunner",), IMAGE, (None, None)),
        (("--runner=FlinkRunner", "--job_endpoint=localhost:8099"), IMAGE, (None, None)),
        (("--runner=SparkRunner",), IMAGE, (None, None)),
        # Those of a job server elsewhere do not reach this process.
        (("--runner=FlinkRunner", "--job_endpoint=flink:8099"), IMAGE, ("DOCKER", IMAGE)),
        (("--runner=SparkRunner", "--job_endpoint=10.0.0.7:8099"), IMAGE, ("DOCKER", IMAGE)),
        (("--runner=PrismRunner",), IMAGE, (None, None)),
        (("--runner=PortableRunner", "--job_endpoint=embed"), "", ("LOOPBACK", None)),
        (("--runner=PortableRunner", "--job_endpoint=embed"), IMAGE, ("LOOPBACK", None)),
    ],
)
def test_workers_of_a_job_server_run_the_code_that_submits(
    flags: tuple[str, ...], image: str, expected: tuple[Any, Any]
) -> None:
    found = prepared(*flags, image=image).view_as(PortableOptions)
    assert (found.environment_type, found.environment_config) == expected


def test_the_main_session_is_saved_only_by_option() -> None:
    assert prepared().view_as(SetupOptions).save_main_session is False
    assert prepared("--save_main_session").view_as(SetupOptions).save_main_session is True


def test_the_given_options_stay_as_they_are() -> None:
    options = PipelineOptions(["--runner=DataflowRunner"])
    before = options.get_all_options()
    build = Build("1", COMMIT, "cd", IMAGE)
    job_options(options, find_engine(options, build), build)
    assert options.get_all_options() == before
