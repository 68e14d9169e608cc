"""Failures as records, so that none is dropped."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

MOST_TEXT = 500
"""Longest shown value or message."""
_STACK = 20_000


@dataclass(frozen=True)
class Failure:
    """One failure.

    Attributes:
        step: The step that failed, such as ``SweepHistories``.
        export: The export type that misses a document because of it; empty when it concerns all that read a table.
        key: What failed: a player id, a document path or a table.
        error: Type and message, one line.
        stack: The stack trace.
        payload: The input that failed, as far as it is known.
    """

    step: str
    export: str
    key: str
    error: str
    stack: str = ""
    payload: str = ""


@dataclass(frozen=True)
class SkippedRows(Failure):
    """Unusable rows of a table that were left out and share the values of all attributes.

    Attributes:
        column: The column whose value cannot be used.
        player: The player whose rows they are; empty for rows without a player, which any document may lack.
        day: Their partition date, ISO; empty when unknown.
        row: What names the rows in their table, besides player and date; that of the lowest when there are several.
        value: The value, shortened.
        rows: Number of rows.
    """

    column: str = ""
    player: str = ""
    day: str = ""
    row: str = ""
    value: str = ""
    rows: int = 1


def shortened(text: str, most: int = MOST_TEXT) -> str:
    """Return a text without its middle when it is long: values of the warehouse may have any length."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"


def failure_from(step: str, export: str, key: str, error: Exception, payload: str = "") -> Failure:
    """Return the record of an exception that is being handled."""
    message = shortened(" ".join(str(error).split()))
    return Failure(
        step=step,
        export=export,
        key=key,
        error=f"{type(error).__name__}: {message}",
        stack=shortened("".join(traceback.format_exception(type(error), error, error.__traceback__, limit=8)), _STACK),
        payload=shortened(payload),
    )
