"""The reason why a job ended, in one line, from an exception, a stack trace, or an engine's messages."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Sequence

_MOST_CHARACTERS = 600
_TRACEBACK = "Traceback (most recent call last)"
_EXCEPTION = re.compile(r"(?:\w+\.)*([A-Z]\w*)(: .*)?")
"""The line of a stack trace that names the exception, with its module."""
_CAUSE = "Caused by: "
_BROKEN_CALL = re.compile(r'status = StatusCode\.(\w+)\s+details = "([^"\n]*)"')
"""How gRPC prints a call that failed, over several lines of which the last is a bracket."""


def reason_of(error: BaseException) -> str:
    """Return the reason that an exception gives."""
    # Only an error of gRPC needs it, and by then it has been imported.
    if (grpc := sys.modules.get("grpc")) is not None:
        if isinstance(error, grpc.RpcError) and callable(getattr(error, "code", None)):
            return plain_line(f"{error.code().name}: {error.details()}")
        if isinstance(error, grpc.FutureTimeoutError):
            return "there was no answer in time"
    text = str(error)
    # An engine sends the stack of its worker as the text of the exception.
    return plain_line(text if _TRACEBACK in text else "".join(traceback.format_exception_only(error)))


def best_reason(messages: Sequence[str]) -> str:
    """Return the reason of the most specific error message of an engine; empty when there is none.

    One with a stack trace comes from the code of the project. The last one counts: earlier ones may have been retried.
    """
    telling = [message for message in messages if _TRACEBACK in message]
    return plain_line((telling or list(messages) or [""])[-1])


def plain_line(text: str) -> str:
    """Return the line of a text that names the error, without a stack trace, or else all of it on one line."""
    if broken := _BROKEN_CALL.search(text):
        return _shortened(f"{broken[1]}: {broken[2]}")
    _, found, trace = text.partition(_TRACEBACK)
    lines = [line.rstrip() for line in trace.splitlines() if line[:1].strip()] if found else []
    named = [line for line in lines if _EXCEPTION.fullmatch(line)]
    causes = [line.partition(_CAUSE)[2] for line in text.splitlines() if line.strip().startswith(_CAUSE)]
    line = " ".join((named or causes or [text])[-1].split())
    match = _EXCEPTION.fullmatch(line)
    return _shortened(f"{match[1]}{match[2] or ''}" if match else line)


def _shortened(line: str) -> str:
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…"
