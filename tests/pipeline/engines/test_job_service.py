"""Jobs of a job service: one in this test, over gRPC, with scripted answers, silences, lost jobs and ends."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc
from apache_beam.runners.portability.portable_runner import PipelineResult
from apache_beam.runners.worker import data_plane

from pipeline.engines.following import Ended, EngineError, follow
from pipeline.engines.job_service import ServedJob, quiet_workers

State = beam_job_api_pb2.JobState
Message = beam_job_api_pb2.JobMessage


class Service(beam_job_api_pb2_grpc.JobServiceServicer):
    """A job service with one job, ``job-1``.

    Attributes:
        state: The state of the job.
        failing: Codes that the next questions for the state are answered with, in turn.
        said: What the job has said.
        breaks: The stream of messages breaks this many times.
        cancelled: The job was cancelled.
    """

    def __init__(self) -> None:
        self.state = State.RUNNING
        self.failing: list[grpc.StatusCode] = []
        self.said: list[tuple[int, str]] = []
        self.breaks = 0
        self.cancelled = False

    def GetState(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        if request.job_id != "job-1":
            context.abort(grpc.StatusCode.UNKNOWN, f"job with id {request.job_id} not found")
        if self.failing:
            context.abort(self.failing.pop(0), "not now")
        return beam_job_api_pb2.JobStateEvent(state=self.state)

    def GetMessageStream(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: N802
        sent = 0
        while context.is_active():
            while sent < len(self.said):
                importance, text = self.said[sent]
                sent += 1
                message = Message(importance=importance, message_text=text)
                yield beam_job_api_pb2.JobMessagesResponse(message_response=message)
                if self.breaks:
                    self.breaks -= 1
                    context.abort(grpc.StatusCode.UNAVAILABLE, "broken")
            if self.state not in (State.RUNNING, State.STARTING):
                return
            time.sleep(0.01)

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        self.cancelled = True
        return beam_job_api_pb2.CancelJobResponse(state=State.CANCELLED)


class Served:
    """A service on a free port."""

    def __init__(self) -> None:
        self.service = Service()
        self._server = grpc.server(ThreadPoolExecutor(8))
        beam_job_api_pb2_grpc.add_JobServiceServicer_to_server(self.service, self._server)
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")

    def job(self, job_id: str = "job-1", **values: Any) -> ServedJob:
        stub = beam_job_api_pb2_grpc.JobServiceStub(self._channel)
        result = PipelineResult(stub, job_id, None, None)
        return ServedJob(result, "the job server at h:1", **{"poll_seconds": 0.05, "silent_seconds": 0.5, **values})

    def end(self) -> None:
        self._server.stop(0).wait()

    def close(self) -> None:
        self._channel.close()
        self.end()


@pytest.fixture
def served() -> Iterator[Served]:
    found = Served()
    yield found
    found.close()


def followed(job: ServedJob, shown: list[str] | None = None) -> Ended:
    return follow(job, show=lambda line: None, show_state=(shown if shown is not None else []).append)


def later(act: Callable[[], Any], seconds: float = 0.2) -> None:
    threading.Timer(seconds, act).start()


def test_it_is_named_after_its_server(served: Served) -> None:
    assert served.job().name == "job job-1 of the job server at h:1"


def test_a_job_is_followed_until_it_is_done(served: Served) -> None:
    later(lambda: setattr(served.service, "state", State.DONE))
    shown: list[str] = []
    assert followed(served.job(), shown) == Ended("DONE")
    assert shown == ["RUNNING", "DONE"]


def test_a_failed_job_gives_its_last_error(served: Served) -> None:
    def fail() -> None:
        served.service.said += [
            (Message.JOB_MESSAGE_BASIC, "starting"),
            (Message.JOB_MESSAGE_ERROR, "first"),
            (Message.JOB_MESSAGE_ERROR, "java.lang.OutOfMemoryError:\n Java heap space"),
        ]
        served.service.state = State.FAILED

    later(fail)
    assert followed(served.job()) == Ended("FAILED", "OutOfMemoryError: Java heap space")


def test_a_cancelled_job_is_not_done(served: Served) -> None:
    served.service.state = State.CANCELLED
    assert followed(served.job()).state == "CANCELLED"


def test_a_stream_of_messages_that_breaks_is_opened_again(served: Served) -> None:
    served.service.breaks = 2
    served.service.said = [(Message.JOB_MESSAGE_BASIC, "one"), (Message.JOB_MESSAGE_ERROR, "why")]
    later(lambda: setattr(served.service, "state", State.FAILED), 1.0)
    shown: list[str] = []
    ended = follow(served.job(), show=shown.append, show_state=lambda state: None)
    assert ended.reason == "why"
    assert shown == ["one", "why"]


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED])
def test_a_connection_that_breaks_for_a_moment_is_retried(served: Served, code: grpc.StatusCode) -> None:
    served.service.failing = [code] * 3
    later(lambda: setattr(served.service, "state", State.DONE), 0.5)
    assert followed(served.job()).is_done


def test_a_server_that_is_gone_is_given_up_after_a_while(served: Served) -> None:
    later(served.end)
    with pytest.raises(EngineError) as lost:
        followed(served.job())
    message = str(lost.value)
    assert message.startswith("it does not answer for job job-1 of the job server at h:1 (UNAVAILABLE: ")
    assert "\n" not in message


def test_a_job_that_the_server_does_not_find_ends_the_polling(served: Served) -> None:
    """A restarted server has no job that ran before."""
    started = time.monotonic()
    with pytest.raises(EngineError, match=r"UNKNOWN: job with id job-7 not found") as lost:
        followed(served.job("job-7", silent_seconds=600))
    assert lost.value.is_final
    assert time.monotonic() - started < 60


def test_the_exit_code_of_an_ended_server_is_the_reason(served: Served) -> None:
    stopped: list[str] = []
    later(lambda: (stopped.append("Prism stopped: exit 137"), served.end()))
    with pytest.raises(EngineError, match=r"^Prism stopped: exit 137$") as lost:
        followed(served.job(silent_seconds=600, stopped=lambda: "".join(stopped)))
    assert lost.value.is_final


class InProcess:
    """A service that is an object, as that of a Flink that gets its jobs as JARs over HTTP."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    def GetState(self, request: Any, context: Any = None) -> Any:  # noqa: N802
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return beam_job_api_pb2.JobStateEvent(state=answer)

    def GetMessageStream(self, request: Any, context: Any = None) -> Iterator[Any]:  # noqa: N802
        raise ConnectionError("refused")


def test_a_service_in_this_process_is_followed_likewise() -> None:
    service = InProcess(State.RUNNING, ConnectionError("refused"), State.RUNNING, State.DONE)
    job = ServedJob(PipelineResult(service, "job-1", None, None), "Flink", poll_seconds=0.01)
    assert followed(job).is_done


def test_an_internal_error_of_a_service_is_not_retried() -> None:
    service = InProcess(LookupError("Job job-1 does not exist"))
    job = ServedJob(PipelineResult(service, "job-1", None, None), "Flink", poll_seconds=0.01)
    with pytest.raises(EngineError, match=r"it does not answer for job job-1 of Flink \(LookupError: Job job-1"):
        followed(job)


def test_it_can_be_cancelled_and_closed_without_a_server(served: Served) -> None:
    job = served.job()
    job.cancel()
    assert served.service.cancelled
    served.end()
    job.cancel()
    job.close()


class TestQuietWorkers:
    def raised_in_thread(self, error: BaseException) -> list[Any]:
        """What the hook of threads gets to see of an exception that ends a thread."""
        seen: list[Any] = []
        before, threading.excepthook = threading.excepthook, seen.append

        def fail() -> None:
            raise error

        try:
            with quiet_workers():
                thread = threading.Thread(target=fail)
                thread.start()
                thread.join()
        finally:
            threading.excepthook = before
        return seen

    def test_a_connection_that_the_engine_broke_is_left_out(self) -> None:
        assert self.raised_in_thread(grpc.RpcError("Socket closed")) == []

    def test_every_other_error_of_a_thread_is_shown(self) -> None:
        [seen] = self.raised_in_thread(ValueError("a defect"))
        assert seen.exc_type is ValueError

    def test_logged_errors_likewise(self, caplog: pytest.LogCaptureFixture) -> None:
        log = logging.getLogger(data_plane.__name__)
        for error in (grpc.RpcError("Socket closed"), ValueError("a defect")):
            with quiet_workers():
                log.error("Failed to read inputs in the data plane.", exc_info=error)
        [record] = caplog.records
        assert record.exc_info is not None
        assert record.exc_info[0] is ValueError
        log.error("outside", exc_info=grpc.RpcError("Socket closed"))
        assert len(caplog.records) == 2
