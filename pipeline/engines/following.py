"""Follows a job until it is over, with one loop for every engine that runs jobs in another process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.engines.reasons import best_reason, plain_line

OVER = frozenset({"DONE", "FAILED", "CANCELLED", "UPDATED", "DRAINED"})
_SILENT = "not answering"
_FIRST_POLL_SECONDS = 0.2
_GROWTH = 1.5
_REASON_POLLS, _REASON_SECONDS = 10, 3.0
"""How often the messages of a failed job are read again: the last ones arrive after its last state."""


class EngineError(Exception):
    """An engine does not answer, or rejects a call. The message is one line.

    Attributes:
        is_final: The next call would get the same answer.
    """

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


@dataclass(frozen=True)
class JobMessage:
    """A message of a job.

    Attributes:
        key: Identifies it among the messages of its job.
        text: Its text, which may have many lines.
        is_error: Whether it reports an error.
        time: When it was written; None where the engine gives no time.
    """

    key: str
    text: str
    is_error: bool = False
    time: datetime | None = None

    def __str__(self) -> str:
        line = plain_line(self.text)
        return line if self.time is None else f"{self.time:%H:%M:%S} {line}"


class Job(Protocol):
    """A job on an engine.

    Attributes:
        name: Its name on the engine, and a link to it.
        poll_seconds: The longest time between two calls for its state.
        silent_seconds: The longest time without an answer.
    """

    name: str
    poll_seconds: float
    silent_seconds: float

    def state(self) -> str:
        """Return the state of the job, as Beam's ``PipelineState`` names it.

        Raises:
            EngineError: The engine does not answer, or has no such job.
        """

    def messages(self) -> Sequence[JobMessage]:
        """Return the messages of the job, oldest first; those that were returned before may be left out.

        Raises:
            EngineError: The engine does not answer, or this account may not read messages.
        """


@dataclass(frozen=True)
class Ended:
    """The end of a job.

    Attributes:
        state: Its last state.
        reason: The engine's reason on one line; empty where it gives none.
    """

    state: str
    reason: str = ""

    @property
    def is_done(self) -> bool:
        """Whether the job ended by itself and, by its state, without an error."""
        return self.state == "DONE"


def follow(
    job: Job,
    *,
    show: Callable[[str], None],
    show_state: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Ended:
    """Wait until a job is over.

    Args:
        job: The job.
        show: Takes each message, on one line.
        show_state: Takes each new state.
        sleep: Waits for some seconds.

    Raises:
        EngineError: The engine did not answer for too long, or its error is final.
    """
    messages = _Messages(job, show)
    pause, before, silent = min(_FIRST_POLL_SECONDS, job.poll_seconds), "", 0.0
    while True:
        asked = time.monotonic()
        try:
            state = job.state()
            silent = 0.0
        except EngineError as error:
            if error.is_final or silent >= job.silent_seconds:
                raise
            if before != _SILENT:
                show_state(_SILENT)
                before = _SILENT
            # A service that is down is not called more often than one that answers.
            pause = job.poll_seconds
            silent += time.monotonic() - asked + pause
            sleep(pause)
            continue
        messages.read()
        if state != before:
            show_state(state)
            before = state
        if state in OVER:
            if state == "FAILED":
                _wait_for_reason(messages, job, sleep)
            return Ended(state, best_reason(messages.errors) if state != "DONE" else "")
        sleep(pause)
        pause = min(pause * _GROWTH, job.poll_seconds)


def _wait_for_reason(messages: _Messages, job: Job, sleep: Callable[[float], None]) -> None:
    for _ in range(_REASON_POLLS):
        if messages.errors or messages.is_unreadable:
            return
        sleep(min(_REASON_SECONDS, job.poll_seconds))
        messages.read()


class _Messages:
    """The messages of a job so far. A job whose messages cannot be read is followed by its state alone."""

    def __init__(self, job: Job, show: Callable[[str], None]) -> None:
        self.errors: list[str] = []
        self.is_unreadable = False
        self._job = job
        self._show = show
        self._seen: set[str] = set()

    def read(self) -> None:
        if self.is_unreadable:
            return
        try:
            found = self._job.messages()
        except EngineError as error:
            self.is_unreadable = error.is_final
            return
        for message in found:
            if message.key in self._seen:
                continue
            self._seen.add(message.key)
            self._show(str(message))
            if message.is_error:
                self.errors.append(message.text)
