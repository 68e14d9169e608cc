"""A Prism process that this process starts, stops and reports on."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import deque

import grpc
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions, PrismRunnerOptions
from apache_beam.portability.api import beam_job_api_pb2_grpc
from apache_beam.runners.portability.job_server import JobServer
from apache_beam.runners.portability.prism_runner import PrismJobServer, PrismRunner

_KEPT_LINES = 200
_READY_SECONDS = 0.1
_END_SECONDS = 5.0
_KILLED = 137
_CHANNEL = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
]


class OwnPrism(PrismRunner):
    """Beam's Prism runner with a Prism process of its own, which runs for one job.

    Attributes:
        server: The process; None where a job server is given, or before the job is submitted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.server: PrismProcess | None = None

    def default_job_server(self, options: PipelineOptions) -> JobServer:
        """Return the process; Beam starts it."""
        self.server = PrismProcess(options)
        return self.server

    @property
    def has_started(self) -> bool:
        """Whether the process was started, also when it has ended."""
        return self.server is not None and self.server.has_started

    def stopped(self) -> str:
        """Return how the process ended; empty while it runs."""
        return "" if self.server is None else self.server.stopped()

    def close(self) -> None:
        """End the process."""
        if self.server is not None:
            self.server.stop()


class PrismProcess(JobServer):
    """A Prism process and the connection to it."""

    def __init__(self, options: PipelineOptions) -> None:
        self._location = PrismJobServer(options)
        self._seconds = options.view_as(PortableOptions).job_server_timeout
        self._shows = options.view_as(PrismRunnerOptions).prism_log_level != "info"
        self._process: subprocess.Popen[str] | None = None
        self._channel: grpc.Channel | None = None
        self._reader: threading.Thread | None = None
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)

    def start(self) -> beam_job_api_pb2_grpc.JobServiceStub:
        """Start the process, downloading it first where no location was given, and connect to it.

        Raises:
            RuntimeError: It did not start.
            OSError: Its file cannot be run.
        """
        command, endpoint = self._location.subprocess_cmd_and_endpoint()
        self._process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
        )
        self._reader = threading.Thread(target=self._read, name="prism_output", daemon=True)
        self._reader.start()
        self._channel = grpc.insecure_channel(endpoint, options=_CHANNEL)
        self._wait_until_ready(self._channel)
        return beam_job_api_pb2_grpc.JobServiceStub(self._channel)

    @property
    def has_started(self) -> bool:
        """Whether the process was started, also when it has ended."""
        return self._process is not None

    def stopped(self) -> str:
        """Return how the process ended, on one line; empty while it runs."""
        if self._process is None or self._process.poll() is None:
            return ""
        assert self._reader is not None
        self._reader.join(_END_SECONDS)
        code = self._process.returncode
        # As a shell counts: killed by signal 9 is 137.
        code = code if code >= 0 else 128 - code
        if code == _KILLED:
            return f"Prism stopped: exit {code} (killed, which usually means out of memory)"
        return f"Prism stopped: exit {code}" + (f" ({said})" if (said := self._last_line()) else "")

    def stop(self) -> None:
        """End the process and the connection."""
        if self._channel is not None:
            self._channel.close()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._reader is not None
        self._reader.join(_END_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _wait_until_ready(self, channel: grpc.Channel) -> None:
        ready = grpc.channel_ready_future(channel)
        until = time.monotonic() + self._seconds
        while True:
            try:
                ready.result(timeout=_READY_SECONDS)
                return
            except grpc.FutureTimeoutError:
                if stopped := self.stopped():
                    raise RuntimeError(stopped) from None
                if time.monotonic() > until:
                    raise RuntimeError(f"Prism did not answer within {self._seconds} s of its start") from None

    def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line.rstrip())
            if self._shows:
                sys.stderr.write(line)

    def _last_line(self) -> str:
        """Return the line in which Go reports the end of a process, or else the last one."""
        lines = [line for line in self._lines if line.strip()]
        fatal = [line for line in lines if line.startswith(("panic:", "fatal error:"))]
        return (fatal or lines or [""])[-1][:300]
