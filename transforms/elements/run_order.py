"""Which of two runs shows the newer picture of the warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

AS_OF, EXECUTION_ID = "as_of", "execution_id"
"""Keys of the metadata of every object, and of manifests."""
RESTORED_FROM = "restored_from"
"""Key of the metadata of a document that a rollback brought back: the execution that wrote its content."""


class RunOrder(NamedTuple):
    """What orders runs: the instant whose picture of the warehouse a run reads, then its execution.

    Execution ids begin with the instant at which the execution was planned, so that of two runs with the same picture
    the one that was planned later counts as the newer one, for every document alike. What tells neither comes before
    everything that does.

    Attributes:
        as_of: ISO 8601, UTC, with microseconds, so that texts sort like instants.
        execution_id: Unique per execution.
    """

    as_of: str = ""
    execution_id: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> RunOrder:
        """Return the order that the metadata of an object, or the section of a manifest, tells."""
        return cls(str(told.get(AS_OF) or ""), str(told.get(EXECUTION_ID) or ""))

    def metadata(self) -> dict[str, str]:
        """Return it as metadata of an object."""
        return {AS_OF: self.as_of, EXECUTION_ID: self.execution_id}


def as_of_text(instant: datetime) -> str:
    """Return an aware instant in the form in which runs are compared, for example ``2026-02-11T18:04:11.000000Z``."""
    return f"{instant.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}"
