"""Engines for tests: runners that execute the graph or not, and whose jobs end as scripted."""

from __future__ import annotations

from typing import Any

import grpc
from apache_beam.options.pipeline_options import GoogleCloudOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.runner import PipelineResult, PipelineRunner, PipelineState


class Scripted(PipelineRunner):
    """A runner whose job ends as its class defines; subclasses are named by ``--runner``.

    Attributes:
        publishes: The graph is carried out.
        ending: The last state, or what waiting raises.
        after: The state that the result shows once waiting has raised.
    """

    publishes = True
    ending: str | BaseException = PipelineState.DONE
    after = PipelineState.RUNNING

    def run_pipeline(self, pipeline: Any, options: Any) -> PipelineResult:
        """Carry out the graph at once, or leave it."""
        # A runner names the job in its options, as Dataflow's does.
        assert options.view_as(GoogleCloudOptions).job_name is None
        options.view_as(GoogleCloudOptions).job_name = "beamapp-1"
        if self.publishes:
            FnApiRunner().run_pipeline(pipeline, options).wait_until_finish()
        return _Result(self.ending, self.after)


class _Result(PipelineResult):
    def __init__(self, ending: str | BaseException, after: str) -> None:
        super().__init__(after)
        self._ending = ending

    def wait_until_finish(self, duration: int | None = None) -> str:
        if isinstance(self._ending, BaseException):
            raise self._ending
        self._state = self._ending
        return self._ending


class Done(Scripted):
    """Carries out the graph."""


class DoneAndWroteNothing(Scripted):
    """Reports the job as done, although it wrote nothing."""

    publishes = False


class Failed(Scripted):
    """Fails as Beam's portable runners do: with the stack of a worker as the text of an exception."""

    publishes = False
    ending = RuntimeError(
        "Pipeline job-1 failed in state FAILED: bundle inst046 stage-046 failed:Traceback (most recent call last):\n"
        '  File "transforms/stores/gcs.py", line 1, in write\n'
        "    raise StoreError(...)\n"
        "transforms.stores.protocol.StoreError: cannot write out/a.json: no space left; free some\n"
        "\n"
        "During handling of the above exception, another exception occurred:\n"
        "\n"
        "Traceback (most recent call last):\n"
        '  File "apache_beam/runners/common.py", line 1, in process\n'
        "transforms.stores.protocol.StoreError: cannot write out/a.json: no space left; free some "
        "[while running 'Publish/WriteDocuments']\n\n"
    )
    after = PipelineState.FAILED


class LostWorker(Failed):
    """Fails as Prism does when a worker process is killed."""

    ending = RuntimeError(
        "bundle inst037 stage-038 failed:SDK worker disconnected: worker[job-001[job]_ref_Environment_default], "
        "2 active instructions, error: context canceled"
    )


class NoWorker(Failed):
    """Fails as Prism does when a worker process ends before it connects."""

    ending = RuntimeError(
        "jobFailed job-001[job]: prism worker[job-001[job]_ref_Environment_default] didn't get control connection "
        "to localhost:38395 after 1m0s"
    )


class FailedAfterPublishing(Failed):
    """Publishes everything, and is then killed: what counts is what is there, and the run still broke off."""

    publishes = True


class Cancelled(Scripted):
    """Ends as a job that is cancelled from outside."""

    publishes = False
    ending = PipelineState.CANCELLED


class _Unavailable(grpc.RpcError):
    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        return "Socket closed"


class Lost(Scripted):
    """Loses the connection."""

    publishes = False
    ending = _Unavailable()


class LostWithoutWords(Scripted):
    """Loses the connection, and has no word for it, as :class:`grpc.FutureTimeoutError`."""

    publishes = False
    ending = grpc.FutureTimeoutError()


class Unfinished(Scripted):
    """Stops waiting before the job is over."""

    publishes = False
    ending = PipelineState.RUNNING


class Interrupted(Scripted):
    """Ends the wait with Ctrl-C."""

    publishes = False
    ending = KeyboardInterrupt()


class InterruptedEarly(Scripted):
    """Ends the submission with Ctrl-C."""

    def run_pipeline(self, pipeline: Any, options: Any) -> PipelineResult:
        """Be interrupted."""
        raise KeyboardInterrupt


class CannotWait(Scripted):
    """Cannot wait: Beam's own result of a job that runs."""

    def run_pipeline(self, pipeline: Any, options: Any) -> PipelineResult:
        """Take the graph."""
        return PipelineResult(PipelineState.RUNNING)


class TakesNothing(Scripted):
    """Takes no job."""

    def run_pipeline(self, pipeline: Any, options: Any) -> PipelineResult:
        """Refuse the graph."""
        raise RuntimeError("There is already active job named nightly")


class Launcher(Scripted):
    """Writes the job into a file, as Dataflow's runner in the launcher of a template does."""

    def run_pipeline(self, pipeline: Any, options: Any) -> PipelineResult:
        """Take the graph."""
        result = PipelineResult(PipelineState.DONE)
        result.has_job = False
        return result


def runner(declared: type[PipelineRunner]) -> str:
    """Return the option that names a runner."""
    return f"--runner={declared.__module__}.{declared.__name__}"
