"""The progress of the run in this process, for display. Approximate, and never part of a result."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Progress:
    """Counts that only grow.

    Attributes:
        rows: Rows read.
        documents: Documents published, unchanged ones included.
        dates: Dates whose manifest is written.
    """

    rows: int = 0
    documents: int = 0
    dates: int = 0


PROGRESS = Progress()
"""The progress of this process."""
