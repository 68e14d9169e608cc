"""What could not be done, as a record: nothing that fails is dropped."""

from __future__ import annotations

import traceback
from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """One thing that failed.

    Attributes:
        step: The step that failed, such as ``SweepHistories``.
        export: The export type that misses something because of it; empty when it concerns all that read a table.
        key: What failed: a player id, a document path or a table.
        error: Type and message, one line.
        stack: The stack, for whoever mends it.
        payload: The input that failed, as far as it is known.
    """

    step: str
    export: str
    key: str
    error: str
    stack: str = ""
    payload: str = ""


def failure_from(step: str, export: str, key: str, error: Exception, payload: str = "") -> Failure:
    """Return the record of an exception that is being handled."""
    message = " ".join(str(error).split())
    return Failure(
        step=step,
        export=export,
        key=key,
        error=f"{type(error).__name__}: {message}",
        stack="".join(traceback.format_exception(type(error), error, error.__traceback__, limit=8)),
        payload=payload,
    )
