"""The options of ``phase6 rollback``. Imports no Beam, so that help answers at once."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from exporters.config.leagues import NBA
from pipeline.options.locations import FOLDER_PATTERN, GCS_PATTERN, OutputPlace
from pipeline.options.option import Group, options_of
from pipeline.options.tree_options import GcsEndpointOption, LeagueOption, LeaguesOption, OutputOption
from pipeline.requests.field import STRICT, Described, whole_or_empty
from pipeline.requests.request_message import DAY_TEXT, Day
from transforms.stores.control import KEPT_DAYS

SHADOW_PATTERN = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}"
"""A model whose name is a folder."""
RUN_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,199}"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RollbackOptions:
    """The date, and the run whose documents are brought back."""

    output: OutputOption
    league: LeagueOption = NBA.name
    leagues: LeaguesOption = ""
    date: Annotated[
        Day, Described("The date, or a league day: today or yesterday.", "2026-02-11", metavar="DATE", pattern=DAY_TEXT)
    ]
    to: Annotated[
        str,
        whole_or_empty(RUN_PATTERN),
        Described(
            "The run: its execution id, as --list shows it, or its run id.",
            example="20260211T180411.000000Z-1f6c02aa",
            default_help="the runs are listed",
            metavar="RUN",
        ),
    ] = ""
    list: Annotated[
        bool, Described("List the runs of the date, and what of each can still be brought back.", example="true")
    ] = False
    dry_run: Annotated[bool, Described("Print what would change for readers, and write nothing.", example="true")] = (
        False
    )
    by: Annotated[
        str,
        whole_or_empty(r"[^\x00-\x1f\x7f]{1,100}"),
        Described(
            "Who brings the documents back, as the manifest names them.",
            example="ana@example.com, incident 214",
            default_help="the user of this machine",
            metavar="NAME",
        ),
    ] = ""
    control_output: Annotated[
        OutputPlace | None,
        Described(
            "Where its manifests and its history are.",
            example="gs://my-bucket-control/v1",
            default_help="beside the output: PATH-control, or gs://BUCKET-control/PREFIX",
            metavar="PATH|gs://BUCKET/PREFIX",
            pattern=f"{GCS_PATTERN}|{FOLDER_PATTERN}",
        ),
    ] = None
    lease_wait: Annotated[
        int,
        Field(ge=0, le=86_400),
        Described("Seconds to wait for a run that is publishing the date.", example="600", metavar="SECONDS"),
    ] = 300
    history_days: Annotated[
        int,
        Field(ge=0, le=3650),
        Described(
            "With 0, what is replaced is not kept, and the rollback cannot be undone.", example="0", metavar="DAYS"
        ),
    ] = KEPT_DAYS
    most: Annotated[int, Field(ge=0), Described("Differences that a dry run lists; JSON lists all.", example="200")] = (
        40
    )
    gcs_endpoint: GcsEndpointOption = ""
    json: Annotated[bool, Described("Report the result as JSON, for programs.", example="true")] = False


ROLLBACK_OPTIONS = options_of(RollbackOptions, Group.COMMAND)
"""The options of ``phase6 rollback``."""
