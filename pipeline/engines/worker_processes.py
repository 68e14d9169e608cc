"""Watches the worker processes of the local runner: a run whose worker process ends fails with an error that names it.

By default, Beam's runner waits for the response of a process that is gone: for ever, if it ended before it connected,
or after it had sent all of its output. Here each missing response of an ended process is an error.
"""

from __future__ import annotations

import os
import threading
from typing import Any
from uuid import uuid4

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import python_urns
from apache_beam.portability.api import beam_fn_api_pb2, beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.portability.fn_api_runner.worker_handlers import SubprocessSdkWorkerHandler, WorkerHandler
from apache_beam.runners.portability.local_job_service import SubprocessSdkWorker

WATCHED_PROCESS = "phase6:env:watched_process:v1"
_ANSWER_SECONDS = 0.1

_LOST: dict[str, list[str]] = {}
"""The causes of ended processes, by the name of the run: Beam makes the handlers and passes them no arguments."""


class WatchedRunner(FnApiRunner):
    """The Fn API runner, which detects the end of a worker process.

    Attributes:
        lost: The cause of each process that ended, one line each.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lost: list[str] = []

    def run_via_runner_api(self, pipeline_proto: beam_runner_api_pb2.Pipeline, options: PipelineOptions) -> Any:
        """Run a pipeline and watch its processes."""
        run = uuid4().hex
        _LOST[run] = self.lost
        try:
            for environment in pipeline_proto.components.environments.values():
                if environment.urn == python_urns.SUBPROCESS_SDK:
                    environment.urn = WATCHED_PROCESS
                    environment.payload = run.encode() + b"\n" + environment.payload
            return super().run_via_runner_api(pipeline_proto, options)
        finally:
            del _LOST[run]


@WorkerHandler.register_environment(WATCHED_PROCESS, bytes)
class _WatchedProcess(SubprocessSdkWorkerHandler):
    """Runs one worker process, and fails its open requests when it ends."""

    def __init__(self, payload: bytes, *beams: Any) -> None:
        run, _, command = payload.partition(b"\n")
        # The shell that Beam starts becomes the worker. Otherwise a signal to the shell leaves the worker running.
        super().__init__(b"exec " + command if os.name == "posix" else command, *beams)
        self._lost = _LOST[run.decode()]
        self._closing = threading.Event()
        self._is_lost = False

    def start_worker(self) -> None:
        """Start the process and watch it."""
        self.worker = SubprocessSdkWorker(
            self._worker_command_line, self.control_address, self.provision_info, self.worker_id
        )
        self.worker_thread = threading.Thread(name="watch_worker", target=self._watch)
        self.worker_thread.start()

    def close(self) -> None:
        """Stop the process, or clean up after it."""
        self._closing.set()
        try:
            super().close()
        except Exception:
            # A connection that broke with its process raises once more when it is closed.
            if not self._is_lost:
                raise
        self.worker_thread.join()

    def _watch(self) -> None:
        ending = "it ended by itself"
        try:
            self.worker.run()
        except Exception as error:
            ending = str(error)
        if self._closing.is_set():
            return
        self._is_lost = True
        reason = f"a worker process died ({ending}); if memory ran out, use fewer --direct_num_workers"
        self._lost.append(reason)
        # Later requests fail as well, until the run has ended.
        while not self._closing.wait(_ANSWER_SECONDS):
            for instruction, future in list(self.control_conn._futures_by_id.items()):
                future.set(beam_fn_api_pb2.InstructionResponse(instruction_id=instruction, error=reason))
