"""The options of ``phase6 promote``, beside those of an export. Imports no Beam, so that help answers at once."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from pipeline.comparison.thresholds import NAMES, NEVER, THRESHOLD_PATTERN
from pipeline.operations.rollback_options import SHADOW_PATTERN
from pipeline.options.option import Group, options_of
from pipeline.options.option_table import EXPORT_OPTIONS
from pipeline.requests.field import STRICT, Described, whole

_NOT_TAKEN = ("champion_system_id", "fallback_system_ids", "no_wait", "dry_run", "write_subset_picks", "request")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PromoteOptions:
    """The model that is tried out, and how much of the champion's documents may differ."""

    system_id: Annotated[
        str, whole(SHADOW_PATTERN), Described("The model that is tried out.", example="ensemble_v1", metavar="ID")
    ]
    fail_on: Annotated[
        str,
        whole(f"(?:{THRESHOLD_PATTERN})(?:,(?:{THRESHOLD_PATTERN}))*"),
        Described(
            f"With which differences the exit code is 1, as for phase6 diff. Kinds: {', '.join(NAMES)}.",
            example="losses,players_lost:20%",
            metavar="LIST",
        ),
    ] = NEVER
    most: Annotated[int, Field(ge=0), Described("Differences that are listed; JSON lists all.", example="200")] = 40
    markdown: Annotated[bool, Described("Print Markdown, for the comment of a pull request.", example="true")] = False


PROMOTE_OPTIONS = (
    *options_of(PromoteOptions, Group.COMMAND),
    *(option for option in EXPORT_OPTIONS if option.name not in _NOT_TAKEN),
)
"""The options of ``phase6 promote``."""
