"""A job of any other runner, followed by Beam's ``PipelineResult`` alone."""

from __future__ import annotations

from collections.abc import Sequence

import grpc
from apache_beam.runners.runner import PipelineResult, PipelineState

from pipeline.engines.following import EngineError, JobMessage
from pipeline.engines.reasons import reason_of

_LOST = (grpc.RpcError, grpc.FutureTimeoutError, OSError)
"""By Beam's contract, an ``IOError`` means that the state of the job cannot be read any more."""


class ResultJob:
    """A job whose runner waits for it, as :func:`pipeline.engines.following.follow` follows it."""

    poll_seconds = 1.0
    silent_seconds = 0.0

    def __init__(self, result: PipelineResult, engine: str) -> None:
        self.name = f"a job of {engine}"
        self._result = result
        self._engine = engine
        self._error = ""

    def state(self) -> str:
        """Wait until the job is over, and return its last state."""
        try:
            state = self._result.wait_until_finish() or self._result.state
        except NotImplementedError as error:
            raise EngineError(f"{self._engine} cannot wait for its jobs", is_final=True) from error
        except _LOST as error:
            raise EngineError(reason_of(error), is_final=True) from error
        except Exception as error:
            self._error = reason_of(error)
            state = self._result.state
            return str(state) if PipelineState.is_terminal(state) and state != PipelineState.DONE else "FAILED"
        if not PipelineState.is_terminal(state):
            raise EngineError(f"{self._engine} left its job in state {state}", is_final=True)
        return str(state)

    def messages(self) -> Sequence[JobMessage]:
        """Return the reason why the job failed, if its runner gives one."""
        return [JobMessage("error", self._error, is_error=True)] if self._error else []
