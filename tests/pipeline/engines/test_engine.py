from __future__ import annotations

import pytest
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.runners.portability.portable_runner import PortableRunner

from pipeline.engines.engine import USE_ANOTHER, Engine, Kind, find_engine
from pipeline.options.command_line import OptionsError, parse_command_line
from pipeline.version import Build
from tests.support import engines
from tests.support.engines import runner

IMAGE = Build("1", "0123456789ab", "cd", "image:0123456789ab")
CHECKOUT = Build("1", "0123456789ab-01234567", "cd")
"""Of a checkout that differs from its commit, so that no image holds it."""
CLEAN = Build("1", "0123456789ab", "cd")
REMOTE = ("--runner=FlinkRunner", "--flink_master=http://flink:8081")


def find(*flags: str, build: Build = CHECKOUT, streaming: bool = False, no_wait: bool = False) -> Engine:
    return find_engine(PipelineOptions(list(flags)), build, streaming=streaming, no_wait=no_wait)


def refusal(*flags: str, build: Build = CHECKOUT, streaming: bool = False, no_wait: bool = False) -> str:
    with pytest.raises(OptionsError) as refused:
        find(*flags, build=build, streaming=streaming, no_wait=no_wait)
    [problem] = refused.value.problems
    assert problem.fix
    return str(problem)


class AnotherPortable(PortableRunner):
    """A portable runner that is not part of Beam."""


class TestWhich:
    @pytest.mark.parametrize(
        ("flags", "kind", "name"),
        [
            ((), Kind.LOCAL, "the local runner"),
            (("--runner=DirectRunner",), Kind.LOCAL, "the local runner"),
            # Beam takes a name in any case, in part, or with its module.
            (("--runner=direct",), Kind.LOCAL, "the local runner"),
            (("--runner=apache_beam.runners.direct.direct_runner.DirectRunner",), Kind.LOCAL, "the local runner"),
            (("--runner=SwitchingDirectRunner",), Kind.LOCAL, "the local runner"),
            (("--runner=BundleBasedDirectRunner",), Kind.LOCAL, "the local runner"),
            (("--runner=FnApiRunner",), Kind.LOCAL, "the local runner"),
            (("--runner=PrismRunner",), Kind.PRISM, "Prism"),
            (("--runner=prism",), Kind.PRISM, "Prism"),
            (("--runner=PrismRunner", "--job_endpoint=h:1"), Kind.JOB_SERVER, "Prism at h:1"),
            (("--runner=PortableRunner", "--job_endpoint=embed"), Kind.JOB_SERVER, "the embedded job server"),
            (("--runner=FlinkRunner",), Kind.JOB_SERVER, "Flink"),
            (("--runner=SparkRunner",), Kind.JOB_SERVER, "Spark"),
            (("--runner=DataflowRunner",), Kind.DATAFLOW, "Dataflow"),
            (("--runner=dataflow",), Kind.DATAFLOW, "Dataflow"),
            ((runner(engines.Done),), Kind.OTHER, "Done"),
        ],
    )
    def test_a_runner_option_names_an_engine(self, flags: tuple[str, ...], kind: Kind, name: str) -> None:
        found = find(*flags)
        assert (found.kind, found.name) == (kind, name)

    def test_a_portable_runner_of_another_project_has_a_job_server(self) -> None:
        assert find(runner(AnotherPortable), "--job_endpoint=embed").kind is Kind.JOB_SERVER

    @pytest.mark.parametrize("name", StandardOptions.KNOWN_RUNNER_NAMES)
    def test_every_runner_of_beam_is_known_or_refused(self, name: str) -> None:
        """A runner that a new release of Beam adds must be looked at."""
        flags = (f"--runner={name}", "--environment_type=LOOPBACK", "--job_endpoint=h:1")
        if name in ("InteractiveRunner", "TestDirectRunner", "TestDataflowRunner"):
            assert f"cannot run this pipeline: {name}" in refusal(*flags)
        else:
            assert find(*flags).kind is not Kind.OTHER

    @pytest.mark.parametrize(
        ("flags", "counts"),
        [
            ((), True),
            (("--direct_running_mode=multi_processing",), False),
            (("--runner=PrismRunner",), True),
            (("--runner=PrismRunner", "--experiments=use_loopback_process_worker=true"), False),
            (("--runner=PrismRunner", "--environment_type=DOCKER", "--environment_config=image:1"), False),
            (("--runner=DataflowRunner",), False),
            ((runner(engines.Done),), False),
        ],
    )
    def test_progress_is_counted_where_the_workers_are_in_this_process(
        self, flags: tuple[str, ...], counts: bool
    ) -> None:
        assert find(*flags).counts is counts


class TestRefused:
    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("RayFnApiRunner", "calls itself a proof of concept"),
            ("ray_beam_runner.portability.ray_fn_runner.RayFnApiRunner", "calls itself a proof of concept"),
            ("DaskRunner", "drops the tags of a step's outputs"),
            ("dask", "drops the tags of a step's outputs"),
            ("apache_beam.runners.dask.dask_runner.DaskRunner", "drops the tags of a step's outputs"),
            ("InteractiveRunner", "the cache of a notebook"),
            ("RenderRunner", "draws the graph and runs nothing"),
            ("TestDirectRunner", "runs the tests of Beam itself"),
            ("TestDataflowRunner", "cancels the job of a client that leaves"),
        ],
    )
    def test_an_engine_that_cannot_work_is_refused_by_name(self, name: str, reason: str) -> None:
        line = refusal(f"--runner={name}")
        assert line.startswith(f'--runner: "{name}" cannot run this pipeline: ')
        assert line.endswith(USE_ANOTHER)
        assert reason in line

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("DataflowRuner", "did you mean DataflowRunner?"),
            ("PrismRunnr", "did you mean PrismRunner?"),
            ("no.such.module.Runner", "cannot be used: No module named 'no'"),
            ("tests.support.engines.NoSuchRunner", "has no attribute 'NoSuchRunner'"),
            ("tests.support.engines.runner", "is no runner of Beam"),
        ],
    )
    def test_a_name_that_is_no_runner(self, name: str, reason: str) -> None:
        assert reason in refusal(f"--runner={name}")

    def test_a_dask_that_is_not_installed_is_refused_like_any_other(self) -> None:
        options = parse_command_line(["--runner=DaskRunner"])
        with pytest.raises(OptionsError, match="DaskRunner drops the tags"):
            find_engine(options, CHECKOUT)

    def test_portable_runner_needs_its_job_server(self) -> None:
        assert refusal("--runner=PortableRunner").startswith("--job_endpoint: is missing")

    def test_a_jar_is_no_run(self) -> None:
        line = refusal("--runner=FlinkRunner", "--output_executable_path=a.jar")
        assert line.startswith('--output_executable_path: "a.jar" makes a JAR instead of running the job')

    def test_the_switch_of_beam_is_rejected_in_favour_of_no_wait(self) -> None:
        assert "write --no_wait" in refusal("--no_wait_until_finish")

    @pytest.mark.parametrize(
        ("flags", "name"),
        [
            ((*REMOTE, "--job_endpoint=flink:8099"), "Flink at flink:8099"),
            ((*REMOTE, "--job_endpoint=flink:8099", "--environment_type=DOCKER"), "Flink at flink:8099"),
            (("--runner=SparkRunner", "--spark_master_url=spark://spark:7077"), "Spark"),
            (("--runner=PortableRunner", "--job_endpoint=h:1"), "the job server at h:1"),
            (("--runner=PrismRunner", "--environment_type=DOCKER"), "Prism"),
        ],
    )
    def test_workers_of_a_stock_image_lack_this_project(self, flags: tuple[str, ...], name: str) -> None:
        line = refusal(*flags)
        assert f"--environment_config: is missing: the workers of {name} would start from Beam's" in line
        assert "no image is known that holds 0123456789ab-01234567" in line

    @pytest.mark.parametrize(
        ("flags", "build"),
        [
            ((), IMAGE),
            ((), CLEAN),
            (("--environment_type=DOCKER",), CLEAN),
            (("--environment_type=LOOPBACK",), CHECKOUT),
            (("--environment_type=PROCESS", '--environment_config={"command": "boot"}'), CHECKOUT),
            (("--environment_config=image:1",), CHECKOUT),
            (("--environment_options=docker_container_image=image:1",), CHECKOUT),
        ],
    )
    def test_workers_that_have_this_project(self, flags: tuple[str, ...], build: Build) -> None:
        assert find(*REMOTE, "--job_endpoint=flink:8099", *flags, build=build).kind is Kind.JOB_SERVER

    @pytest.mark.parametrize(
        ("flag", "is_seen"),
        [
            ("--warehouse=.demo/warehouse", False),
            ("--warehouse=/data/warehouse", False),
            ("--warehouse=bigquery:my-project", True),
            ("--output=out", False),
            ("--output=gs://my-bucket/v1", True),
            ("--control_output=/data/control", False),
            ("--control_output=gs://my-bucket-control/v1", True),
            ("--live_feed=feed.json", False),
            ("--live_feed=https://api.balldontlie.io", True),
            ("--live_feed_key=env:KEY", False),
        ],
    )
    @pytest.mark.parametrize("container", [(), ("--environment_type=DOCKER",), ("--environment_config=image:1",)])
    def test_a_place_of_this_machine_is_refused_where_workers_are_containers(
        self, flag: str, is_seen: bool, container: tuple[str, ...]
    ) -> None:
        flags = (*REMOTE, "--job_endpoint=flink:8099", flag)
        if is_seen:
            assert find(*flags, *container, build=CLEAN).kind is Kind.JOB_SERVER
        else:
            name = flag.partition("=")[0]
            line = refusal(*flags, *container, build=CLEAN)
            assert line.startswith(f"{name}: ")
            assert "is on this machine, and a worker in a container does not see it; write it like" in line
        shared = ("--environment_type=PROCESS", '--environment_config={"command": "boot"}')
        for elsewhere in (shared, ("--environment_type=LOOPBACK",), ("--environment_type=EXTERNAL",)):
            assert find(*flags, *elsewhere, build=CHECKOUT).kind is Kind.JOB_SERVER

    def test_every_place_of_this_machine_is_named_at_once(self) -> None:
        with pytest.raises(OptionsError) as refused:
            find(*REMOTE, "--warehouse=w", "--output=o", build=CLEAN)
        assert [problem.key for problem in refused.value.problems] == ["--warehouse", "--output"]


class TestStreaming:
    @pytest.mark.parametrize("flags", [(), ("--runner=DirectRunner",), ("--runner=DataflowRunner",)])
    def test_the_engines_that_read_pubsub(self, flags: tuple[str, ...]) -> None:
        assert find(*flags, streaming=True).kind in (Kind.LOCAL, Kind.DATAFLOW)

    @pytest.mark.parametrize(
        "flags",
        [
            ("--runner=PrismRunner",),
            ("--runner=PortableRunner", "--job_endpoint=embed"),
            REMOTE,
            (runner(engines.Done),),
        ],
    )
    def test_the_others_are_refused(self, flags: tuple[str, ...]) -> None:
        assert "cannot run the streaming job: Beam's Python SDK reads Pub/Sub on" in refusal(*flags, streaming=True)


class TestNoWait:
    @pytest.mark.parametrize(
        "flags",
        [
            ("--runner=DataflowRunner",),
            (*REMOTE, "--job_endpoint=flink:8099", "--environment_config=image:1"),
            (*REMOTE, "--flink_submit_uber_jar", "--environment_config=image:1"),
            ("--runner=PortableRunner", "--job_endpoint=h:1", "--environment_config=image:1"),
            ("--runner=PrismRunner", "--job_endpoint=h:1", "--environment_type=DOCKER", "--environment_config=image:1"),
            (runner(engines.Done),),
        ],
    )
    def test_engines_that_outlive_their_client(self, flags: tuple[str, ...]) -> None:
        assert find(*flags, no_wait=True).ends_with_client == ""

    @pytest.mark.parametrize(
        ("flags", "reason"),
        [
            ((), "the local runner works in this process"),
            (("--runner=PrismRunner",), "this process starts Prism"),
            (("--runner=PrismRunner", "--job_endpoint=h:1"), "its workers run in this process"),
            (("--runner=PortableRunner", "--job_endpoint=embed"), "the embedded job server works in this process"),
            (
                ("--runner=PortableRunner", "--job_endpoint=h:1", "--environment_type=LOOPBACK"),
                "its workers run in this process",
            ),
            (("--runner=FlinkRunner",), "its workers run in this process"),
            ((*REMOTE, "--environment_config=image:1"), "this process starts the job server of Flink"),
            (
                ("--runner=FlinkRunner", "--flink_submit_uber_jar", "--environment_type=DOCKER"),
                "this process starts the job server of Flink",
            ),
            (("--runner=SparkRunner",), "its workers run in this process"),
        ],
    )
    def test_engines_that_end_with_it(self, flags: tuple[str, ...], reason: str) -> None:
        line = refusal(*flags, no_wait=True)
        assert line.startswith(f"--no_wait: would publish nothing: {reason}")
        assert line.endswith("; leave it out, and the command waits")

    def test_a_local_streaming_job_ends_with_it_too(self) -> None:
        assert "--no_wait" in refusal(streaming=True, no_wait=True)
        assert find("--runner=DataflowRunner", streaming=True, no_wait=True).kind is Kind.DATAFLOW
