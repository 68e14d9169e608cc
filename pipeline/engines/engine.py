"""The engines: which one ``--runner`` names, what it cannot run, and whether its jobs outlive the client."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from enum import Enum

from apache_beam.options.pipeline_options import (
    DebugOptions,
    DirectOptions,
    FlinkRunnerOptions,
    PipelineOptions,
    PortableOptions,
    SparkRunnerOptions,
    StandardOptions,
)
from apache_beam.runners.portability.flink_runner import MAGIC_HOST_NAMES
from apache_beam.runners.portability.portable_runner import PortableRunner
from apache_beam.runners.portability.spark_runner import LOCAL_MASTER_PATTERN
from apache_beam.runners.runner import PipelineRunner

from pipeline.engines.containers import given_image, is_container, own_image, unseen_places
from pipeline.options.flags import OptionsError
from pipeline.requests.problems import Problem, nearest, show
from pipeline.version import Build

EMBEDDED = "embed"
"""The job endpoint of a job server inside this process."""
LOOPBACK = "LOOPBACK"
"""The environment whose workers run in the process that submits."""
_HERE = ("", "localhost", "127.0.0.1", "[::1]")
"""The hosts of a job server on this machine; empty where this process starts it."""
USE_ANOTHER = "use --runner=DataflowRunner, --runner=PrismRunner or FlinkRunner, or leave it out to run in this process"


class Kind(Enum):
    """How a job is submitted and followed."""

    LOCAL = "in this process"
    PRISM = "by a Prism process that this process starts"
    JOB_SERVER = "by a job server"
    DATAFLOW = "by Dataflow"
    OTHER = "by a runner of another project"


@dataclass(frozen=True)
class Engine:
    """An engine that runs jobs.

    Attributes:
        kind: How a job is submitted and followed.
        name: Its name in messages.
        ends_with_client: The reason why a job cannot outlive the process that submits it; empty when it can.
        counts: The workers share this process, so its counters show their progress.
    """

    kind: Kind
    name: str
    ends_with_client: str = ""
    counts: bool = False


_LOCAL = ("DirectRunner", "SwitchingDirectRunner", "BundleBasedDirectRunner", "FnApiRunner")
"""Names of the local runner. All run on the Fn API runner, because Beam's switch first tries to download Prism."""
_REFUSED = {
    "DaskRunner": "drops the tags of a step's outputs, so documents and failures would mix",
    "RayFnApiRunner": "calls itself a proof of concept, on internals of Beam that have changed since",
    "InteractiveRunner": "keeps what each step made in the cache of a notebook, and needs one",
    "RenderRunner": "draws the graph and runs nothing",
    "TestDirectRunner": "runs the tests of Beam itself, which end with a matcher",
    "TestDataflowRunner": "runs the tests of Beam itself, and cancels the job of a client that leaves",
}
_JOB_SERVERS = {
    "FlinkRunner": "Flink",
    "KafkaStreamsRunner": "Kafka Streams",
    "PortableRunner": "the job server",
    "PrismRunner": "Prism",
    "SparkRunner": "Spark",
}
_OTHERS = ("DataflowRunner",)
_NAMES = {name.lower(): name for name in (*_LOCAL, *_REFUSED, *_JOB_SERVERS, *_OTHERS)}


def find_engine(options: PipelineOptions, build: Build, *, streaming: bool = False, no_wait: bool = False) -> Engine:
    """Return the engine that the options name.

    Args:
        options: The options of the job.
        build: The code that runs.
        streaming: The job answers messages until it is ended.
        no_wait: Whether the client leaves once the job is submitted.

    Raises:
        OptionsError: It cannot run the job, or its job would end with the client that leaves.
    """
    given = options.view_as(StandardOptions).runner
    name = _canonical(given)
    if name in _REFUSED:
        raise _refused("--runner", given, f"cannot run this pipeline: {name} {_REFUSED[name]}", USE_ANOTHER)
    engine = _engine(name, given, options)
    if streaming and engine.kind not in (Kind.LOCAL, Kind.DATAFLOW):
        reason = "cannot run the streaming job: Beam's Python SDK reads Pub/Sub on Dataflow and the local runner only"
        raise _refused("--runner", given, reason, "use --runner=DataflowRunner, or leave it out to run in this process")
    if options.view_as(StandardOptions).no_wait_until_finish:
        raise _refused("--no_wait_until_finish", None, "means nothing to this command", "write --no_wait")
    if no_wait and engine.ends_with_client:
        reason = f"would publish nothing: {engine.ends_with_client}"
        raise _refused("--no_wait", None, reason, "leave it out, and the command waits")
    if engine.kind is Kind.JOB_SERVER:
        _check_job_server(engine, options)
    if engine.kind in (Kind.JOB_SERVER, Kind.PRISM):
        _check_containers(engine, options, build)
    return engine


def works_in_this_process(options: PipelineOptions) -> bool:
    """Whether the workers of a job server run in the process that submits, by option or by default."""
    portable = options.view_as(PortableOptions)
    if portable.environment_type:
        return str(portable.environment_type).upper() == LOOPBACK
    name = _canonical(options.view_as(StandardOptions).runner)
    if portable.job_endpoint == EMBEDDED or name in ("PrismRunner", "KafkaStreamsRunner"):
        return True
    # Beam starts the workers of a cluster here when no cluster is named. The workers of a job server elsewhere do not
    # reach this process, whatever its cluster is.
    if (portable.job_endpoint or "").rpartition(":")[0] not in _HERE:
        return False
    if name == "FlinkRunner":
        return options.view_as(FlinkRunnerOptions).flink_master in MAGIC_HOST_NAMES
    spark = options.view_as(SparkRunnerOptions)
    return name == "SparkRunner" and bool(re.match(LOCAL_MASTER_PATTERN, spark.spark_master_url))


def _canonical(given: str | None) -> str:
    """Return the class name of a runner of Beam from a part of it in any case; an unknown name as given."""
    if given is None:
        return "DirectRunner"
    last = given.rpartition(".")[2] if given.lower().startswith(("apache_beam.", "ray_beam_runner.")) else given
    return _NAMES.get(last.lower()) or _NAMES.get(f"{last.lower()}runner") or given


def _engine(name: str, given: str | None, options: PipelineOptions) -> Engine:
    if name in _LOCAL:
        threads = options.view_as(DirectOptions).direct_running_mode != "multi_processing"
        return Engine(
            Kind.LOCAL, "the local runner", "the local runner works in this process and ends with it", threads
        )
    if name in _JOB_SERVERS:
        return _job_server(_JOB_SERVERS[name], options)
    if name == "DataflowRunner":
        return Engine(Kind.DATAFLOW, "Dataflow")
    declared = _load(name, given)
    if issubclass(declared, PortableRunner):
        return _job_server(declared.__name__, options)
    return Engine(Kind.OTHER, declared.__name__)


def _job_server(name: str, options: PipelineOptions) -> Engine:
    endpoint = options.view_as(PortableOptions).job_endpoint
    loopback = works_in_this_process(options)
    counts = loopback and not options.view_as(DebugOptions).lookup_experiment("use_loopback_process_worker", False)
    if endpoint == EMBEDDED:
        reason = "the embedded job server works in this process and ends with it"
        return Engine(Kind.JOB_SERVER, "the embedded job server", reason, counts)
    if not endpoint and name == "Prism":
        return Engine(Kind.PRISM, name, "this process starts Prism, which ends with it", counts)
    reason = ""
    if loopback:
        reason = f"its workers run in this process (--environment_type={LOOPBACK}) and end with it"
    elif not endpoint and not _submits_jar(name, options):
        reason = f"this process starts the job server of {name}, which ends with it"
    shown = f"{name} at {endpoint}" if endpoint else name
    return Engine(Kind.JOB_SERVER, shown, reason, counts)


def _submits_jar(name: str, options: PipelineOptions) -> bool:
    """Whether the job goes to the cluster itself, as a JAR, instead of to a job server beside this process."""
    if name == "Flink":
        flink = options.view_as(FlinkRunnerOptions)
        return bool(flink.flink_submit_uber_jar) and flink.flink_master not in MAGIC_HOST_NAMES
    return name == "Spark" and bool(options.view_as(SparkRunnerOptions).spark_submit_uber_jar)


def _check_job_server(engine: Engine, options: PipelineOptions) -> None:
    portable = options.view_as(PortableOptions)
    if portable.output_executable_path:
        reason = "makes a JAR instead of running the job"
        raise _refused("--output_executable_path", portable.output_executable_path, reason, "leave it out")
    if engine.name == _JOB_SERVERS["PortableRunner"]:
        fix = "add --job_endpoint=HOST:PORT, or name the engine: --runner=FlinkRunner"
        raise _refused("--job_endpoint", None, "is missing: PortableRunner starts no job server", fix)


def _check_containers(engine: Engine, options: PipelineOptions, build: Build) -> None:
    if works_in_this_process(options) or not is_container(options):
        return
    if not given_image(options) and not own_image(build):
        reason = (
            f"is missing: the workers of {engine.name} would start from Beam's stock image, which lacks this project, "
            f"and no image is known that holds {build.commit}"
        )
        fix = (
            "name the image with --environment_config=IMAGE, run from a commit whose image make template has built, "
            f"or give --environment_type={LOOPBACK} where the workers can reach this machine"
        )
        raise _refused("--environment_config", None, reason, fix)
    if problems := unseen_places(options):
        raise OptionsError(problems)


def _load(name: str, given: str | None) -> type[PipelineRunner]:
    module, _, last = name.rpartition(".")
    if not module:
        meant = nearest(name, _NAMES.values())
        raise _refused("--runner", given, "is no runner of Beam", f"did you mean {meant}?" if meant else USE_ANOTHER)
    try:
        found = getattr(importlib.import_module(module), last)
    except (ImportError, AttributeError) as error:
        raise _refused("--runner", given, f"cannot be used: {error}", USE_ANOTHER) from error
    if not (isinstance(found, type) and issubclass(found, PipelineRunner)):
        raise _refused("--runner", given, "is no runner of Beam", USE_ANOTHER)
    return found


def _refused(flag: str, value: str | None, reason: str, fix: str) -> OptionsError:
    return OptionsError([Problem(flag, "" if value is None else show(value), reason, fix)])
