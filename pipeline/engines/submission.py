"""Runs a graph on an engine: submits it, waits until it is over, and gives the reason of a failure in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import apache_beam as beam
import grpc
from apache_beam.internal.gcp.auth import get_service_credentials
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions, PortableOptions
from apache_beam.runners.portability.portable_runner import PipelineResult as ServedResult
from apache_beam.runners.runner import PipelineResult

from pipeline.engines.dataflow_jobs import DataflowJob, DataflowJobs
from pipeline.engines.engine import Engine, Kind
from pipeline.engines.errors import RunError, RunInterrupted, SubmissionError
from pipeline.engines.following import Ended, EngineError, Job, follow
from pipeline.engines.job_service import ServedJob, quiet_workers
from pipeline.engines.prism import OwnPrism
from pipeline.engines.reasons import reason_of
from pipeline.engines.result_job import ResultJob
from pipeline.engines.worker_processes import WatchedRunner
from pipeline.reporting.progress import Watch

NO_JOB = "its launcher sends the job"
"""In the launcher of a template, the job has no id yet."""
_ENDED = {
    "FAILED": "the job failed",
    "CANCELLED": "the job was cancelled",
    "UPDATED": "the job was replaced by another one",
    "DRAINED": "the job was drained",
}
_LOST_WORKER = "SDK worker disconnected"
"""In the reason of Prism when a worker process ends before its bundle does."""
_NO_WORKER = "didn't get control connection"
"""In the reason of Prism when a worker process ends before it connects."""

BuildGraph = Callable[[beam.Pipeline], Any]
"""Adds a graph to a pipeline."""


def run_here(build: BuildGraph, options: PipelineOptions) -> None:
    """Run a graph in this process, or in worker processes of it.

    Raises:
        RunError: It broke off.
    """
    runner = WatchedRunner()
    pipeline = _pipeline(options, runner)
    build(pipeline)
    try:
        pipeline.run().wait_until_finish()
    except BaseException as error:
        if _was_interrupted(error):
            raise RunInterrupted("it was interrupted") from error
        if not isinstance(error, Exception):
            raise
        raise RunError(runner.lost[0] if runner.lost else reason_of(error)) from error


def submit(engine: Engine, build: BuildGraph, options: PipelineOptions) -> str:
    """Submit a graph to an engine whose jobs go on by themselves, and return the name of the job.

    Raises:
        SubmissionError: The engine rejected it.
    """
    with _submitted(engine, build, options) as job:
        return NO_JOB if job is None else job.name


def run_elsewhere(
    engine: Engine,
    build: BuildGraph,
    options: PipelineOptions,
    progress: Watch,
    *,
    check: str,
    out_of_memory: str,
) -> bool:
    """Submit a graph to an engine, and wait until its job is done.

    Args:
        engine: The engine.
        build: Adds the graph to a pipeline.
        options: The options of the job.
        progress: Shows the messages of the job.
        check: How an operator finds out whether a job that cannot be followed any more is done.
        out_of_memory: The option to change when memory ran out.

    Returns:
        False when there is no job to wait for, as in the launcher of a template.

    Raises:
        SubmissionError: The engine rejected the job.
        RunError: The job failed or was cancelled, or its state cannot be read any more.
    """
    with quiet_workers(), _submitted(engine, build, options) as job:
        if job is None:
            return False
        shows = engine.kind is Kind.DATAFLOW
        if shows:
            progress.say(f"submitted {job.name}")
        going_on = f"the job may go on: {check}"
        try:
            ended = follow(job, show=progress.say if shows else _ignore, show_state=progress.show_state)
        except EngineError as error:
            if not engine.ends_with_client:
                raise RunError(
                    f"the job on {engine.name} cannot be followed: {error}", fix=going_on, may_go_on=True
                ) from error
            again = f"run it again {out_of_memory}" if "out of memory" in str(error) else "run it again"
            raise RunError(str(error), fix=f"what it published is safe, {again} to complete it") from error
        except KeyboardInterrupt as error:
            if not engine.ends_with_client:
                raise RunInterrupted(f"stopped waiting for {job.name}", fix=going_on, may_go_on=True) from error
            if isinstance(job, ServedJob):
                job.cancel()
            raise RunInterrupted("it was interrupted") from error
    if not ended.is_done:
        raise _not_done(engine, ended, out_of_memory)
    return True


def _was_interrupted(error: BaseException) -> bool:
    """Whether an error began as Ctrl-C: the local runner turns the error of a step into text."""
    return isinstance(error, KeyboardInterrupt) or f"RuntimeError: {KeyboardInterrupt.__name__}" in reason_of(error)


def _not_done(engine: Engine, ended: Ended, out_of_memory: str) -> RunError:
    """Return the error of a job that did not end by itself."""
    if _LOST_WORKER in ended.reason:
        return RunError(
            f"a worker of {engine.name} ended (killed, which usually means out of memory)",
            fix=f"what it published is safe, run it again {out_of_memory} to complete it",
        )
    if _NO_WORKER in ended.reason:
        return RunError(f"no worker of {engine.name} connected within a minute; look at the log of the workers")
    return RunError(_words(engine, ended))


def _words(engine: Engine, ended: Ended) -> str:
    what = f"{_ENDED.get(ended.state, f'the job is {ended.state}')} on {engine.name}"
    return f"{what}: {ended.reason}" if ended.reason else what


def _ignore(_line: str) -> None:
    return


@contextmanager
def _submitted(engine: Engine, build: BuildGraph, options: PipelineOptions) -> Iterator[Job | None]:
    """Submit a graph; processes that were started for the job end with the block."""
    with ExitStack() as ending:
        runner = OwnPrism() if engine.kind is Kind.PRISM else None
        if runner is not None:
            ending.callback(runner.close)
        pipeline = _pipeline(options, runner)
        build(pipeline)
        try:
            result = pipeline.run()
        except Exception as error:
            raise SubmissionError(_refusal(engine, error, options, runner)) from error
        except KeyboardInterrupt as error:
            raise RunInterrupted("it was interrupted while it was submitted") from error
        try:
            job = _job(engine, result, options, runner)
        except EngineError as error:
            raise RunError(f"the job was submitted, but {error}", fix="the job may go on", may_go_on=True) from error
        if isinstance(job, ServedJob) and engine.ends_with_client:
            ending.callback(job.close)
        yield job


def _pipeline(options: PipelineOptions, runner: Any) -> beam.Pipeline:
    try:
        return beam.Pipeline(runner=runner, options=options)
    except ValueError as error:
        # The options that the runner requires, one line each.
        raise SubmissionError(" ".join(str(error).split())) from error


def _refusal(engine: Engine, error: Exception, options: PipelineOptions, runner: OwnPrism | None) -> str:
    if isinstance(error, grpc.FutureTimeoutError):
        seconds = options.view_as(PortableOptions).job_server_timeout
        return f"{engine.name} does not answer within {seconds} s; start its job server, or give another --job_endpoint"
    reason = reason_of(error)
    if runner is None:
        return reason
    if stopped := runner.stopped():
        return stopped
    return reason if runner.has_started else f"{reason}; give a Prism binary with --prism_location=PATH"


def _job(engine: Engine, result: PipelineResult, options: PipelineOptions, runner: OwnPrism | None) -> Job | None:
    # The launcher of a Flex Template sends the job itself.
    if not getattr(result, "has_job", True):
        return None
    if engine.kind is Kind.DATAFLOW:
        return _dataflow_job(result, options)
    if isinstance(result, ServedResult):
        if runner is not None:
            return ServedJob(result, engine.name, poll_seconds=0.5, stopped=runner.stopped)
        return ServedJob(result, engine.name)
    return ResultJob(result, engine.name)


def _dataflow_job(result: Any, options: PipelineOptions) -> DataflowJob:
    cloud = options.view_as(GoogleCloudOptions)
    # The credentials of the submission, which may be those of an impersonated account.
    found = get_service_credentials(options)
    credentials = None if found is None else found.get_google_auth_credentials()
    endpoint = cloud.dataflow_endpoint or ""
    return DataflowJob(
        DataflowJobs(cloud.project, cloud.region, endpoint=endpoint, credentials=credentials), result.job_id()
    )
