"""Jobs of Beam's job service, which Prism, Flink and Spark run: their states, their messages, and their workers here.

Beam's own waiting is not used. It ends after ``--job_server_timeout`` seconds where a job can be read before it runs,
as on Prism. It does not detect a server that is gone but not disconnected. And it ends at the first broken connection.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import grpc
from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc
from apache_beam.runners.portability.portable_runner import PipelineResult
from apache_beam.runners.worker import data_plane

from pipeline.engines.following import OVER, EngineError, JobMessage
from pipeline.engines.reasons import reason_of

_CALL_SECONDS = 15.0
_LAST_MESSAGES_SECONDS = 5.0
_TRANSIENT = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
)
_WORKER_THREADS = ("run_worker_", "read_state", "read_grpc_client_inputs")
"""The names that Beam gives to threads of a worker that read from the engine."""
_WORKERS_END_SECONDS = 2.0


def _never() -> str:
    return ""


class ServedJob:
    """A job of a job service, as :func:`pipeline.engines.following.follow` follows it."""

    def __init__(
        self,
        result: PipelineResult,
        server: str,
        *,
        poll_seconds: float = 2.0,
        silent_seconds: float = 60.0,
        stopped: Callable[[], str] = _never,
    ) -> None:
        """Follow the job that Beam has submitted.

        Args:
            result: The result that Beam returned.
            server: The name of the job server in messages.
            poll_seconds: The longest time between two calls for its state.
            silent_seconds: The longest time without an answer.
            stopped: Returns the reason why the server has ended; empty while it runs.
        """
        self.name = f"job {result._job_id} of {server}"
        self.poll_seconds = poll_seconds
        self.silent_seconds = silent_seconds
        self._result = result
        self._stopped = stopped
        # Inside this process, the service is an object and no connection, which takes no time limit.
        is_remote = isinstance(result._job_service, beam_job_api_pb2_grpc.JobServiceStub)
        self._limit = {"timeout": _CALL_SECONDS} if is_remote else {}
        self._said: list[JobMessage] = []
        self._reader: threading.Thread | None = None

    def state(self) -> str:
        """Return the state of the job."""
        if stopped := self._stopped():
            raise EngineError(stopped, is_final=True)
        request = beam_job_api_pb2.GetJobStateRequest(job_id=self._result._job_id)
        try:
            found = self._result._job_service.GetState(request, **self._limit).state
        except Exception as error:
            # A server that ends breaks the connection a moment before its process is gone.
            stopped = self._stopped()
            raise EngineError(
                stopped or f"it does not answer for {self.name} ({reason_of(error)})",
                is_final=bool(stopped) or not _is_transient(error),
            ) from error
        state = str(beam_job_api_pb2.JobState.Enum.Name(found))
        if state in OVER and self._reader is not None:
            # A server sends its last messages, and closes their stream, after the last state.
            self._reader.join(_LAST_MESSAGES_SECONDS)
        return state

    def messages(self) -> Sequence[JobMessage]:
        """Return the messages of the job so far."""
        if self._reader is None or not self._reader.is_alive():
            self._reader = threading.Thread(target=self._read_messages, name="job_messages", daemon=True)
            self._reader.start()
        return list(self._said)

    def close(self) -> None:
        """Stop the workers of this process."""
        with suppress(Exception):
            self._result._cleanup()

    def cancel(self) -> None:
        """Cancel the job, if the service still answers."""
        request = beam_job_api_pb2.CancelJobRequest(job_id=self._result._job_id)
        with suppress(Exception):
            self._result._job_service.Cancel(request, **self._limit)

    def _read_messages(self) -> None:
        request = beam_job_api_pb2.JobMessagesRequest(job_id=self._result._job_id)
        said: list[JobMessage] = []
        # A stream that breaks is opened again by the next call, and then begins anew.
        with suppress(Exception):
            for response in self._result._job_service.GetMessageStream(request):
                if response.HasField("message_response"):
                    said.append(_message(len(said), response.message_response))
                    self._said = said if len(said) >= len(self._said) else self._said


def _is_transient(error: Exception) -> bool:
    """Whether the next call may get another answer. A service in this process calls its engine over HTTP."""
    if isinstance(error, grpc.RpcError):
        return error.code() in _TRANSIENT
    return isinstance(error, OSError)


def _message(number: int, message: Any) -> JobMessage:
    is_error = message.importance == beam_job_api_pb2.JobMessage.JOB_MESSAGE_ERROR
    return JobMessage(message.message_id or f"{number} {message.message_text[:80]}", message.message_text, is_error)


@contextmanager
def quiet_workers() -> Iterator[None]:
    """Suppress the output of worker threads in this process when the engine breaks their connection.

    The engine's end is reported once, with its reason.
    """
    before = threading.excepthook
    connections = logging.getLogger(data_plane.__name__)

    def hook(broken: threading.ExceptHookArgs) -> None:
        if not issubclass(broken.exc_type, grpc.RpcError):
            before(broken)

    threading.excepthook = hook
    connections.addFilter(_is_not_of_a_broken_connection)
    try:
        yield
    finally:
        _join_workers()
        threading.excepthook = before
        connections.removeFilter(_is_not_of_a_broken_connection)


def _join_workers() -> None:
    until = time.monotonic() + _WORKERS_END_SECONDS
    for thread in threading.enumerate():
        if thread.name.startswith(_WORKER_THREADS):
            thread.join(max(0.0, until - time.monotonic()))


def _is_not_of_a_broken_connection(record: logging.LogRecord) -> bool:
    raised = record.exc_info[0] if record.exc_info else None
    return raised is None or not issubclass(raised, grpc.RpcError)
