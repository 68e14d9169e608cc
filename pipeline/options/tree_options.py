"""The options that commands about a published tree share: where it is, its manifests and tables are, which dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from exporters.config.leagues import NAME_PATTERN, NBA
from pipeline.options.locations import (
    BIGQUERY_PATTERN,
    FOLDER_PATTERN,
    GCS_PATTERN,
    URL_PATTERN,
    GcsPrefix,
    LeaguesPlace,
    LocalFolder,
    OutputPlace,
    WarehousePlace,
)
from pipeline.requests.field import Described, whole, whole_or_empty
from pipeline.requests.request_message import DAY_TEXT, Day

OUTPUT_PATTERN = f"{GCS_PATTERN}|{FOLDER_PATTERN}"
WAREHOUSE_PATTERN = f"{BIGQUERY_PATTERN}|{FOLDER_PATTERN}"

OutputOption = Annotated[
    OutputPlace,
    Described(
        "Place of the documents: a folder, or a prefix of a bucket.",
        example="gs://my-bucket/v1",
        metavar="PATH|gs://BUCKET/PREFIX",
        pattern=OUTPUT_PATTERN,
    ),
]
ControlOutputOption = Annotated[
    OutputPlace | None,
    Described(
        "Where its manifests are.",
        example="gs://my-bucket-control/v1",
        default_help="beside the output: PATH-control, or gs://BUCKET-control/PREFIX",
        metavar="PATH|gs://BUCKET/PREFIX",
        pattern=OUTPUT_PATTERN,
    ),
]
WarehouseOption = Annotated[
    WarehousePlace,
    Described(
        "Where the tables are: BigQuery, or a folder of Parquet files.",
        example="bigquery:my-project",
        metavar="PATH|bigquery:PROJECT",
        pattern=WAREHOUSE_PATTERN,
    ),
]
LeaguesOption = Annotated[
    LeaguesPlace,
    Described(
        "The leagues besides the default one: a JSON file with the tables, calendar, champions and rules of each.",
        example="gs://my-bucket-control/leagues.json",
        default_help="there is one league",
        metavar="FILE|gs://BUCKET/OBJECT",
        pattern=f"{GCS_PATTERN}|{FOLDER_PATTERN}",
        remote_pattern=GCS_PATTERN,
        remote_reason="is a file of this machine, which the launcher of a template does not have",
    ),
]
LeagueOption = Annotated[
    str,
    whole(NAME_PATTERN),
    Described("The league whose tree it is, by its name in the leagues file.", example=NBA.name),
]
TargetDateOption = Annotated[
    Day | None,
    Described("One date, or a league day: today or yesterday.", "2026-02-11", metavar="DATE", pattern=DAY_TEXT),
]
StartDateOption = Annotated[
    Day | None,
    Described("First date of a range; replaces target_date.", "2025-10-21", metavar="DATE", pattern=DAY_TEXT),
]
EndDateOption = Annotated[
    Day | None, Described("Last date of a range, inclusive.", "yesterday", metavar="DATE", pattern=DAY_TEXT)
]
GcsEndpointOption = Annotated[
    str,
    whole_or_empty(URL_PATTERN),
    Described("A GCS emulator, called without credentials.", example="http://localhost:4443", metavar="URL"),
]


@dataclass(frozen=True)
class TreeOptions:
    """A published tree of a league, as the options of a command name it.

    Attributes:
        output: Place of the documents of the default league.
        league: The league, by its name in the file of the leagues.
        leagues: That file; empty without one.
        control_output: Place of the manifests; beside the output when it is None.
    """

    output: LocalFolder | GcsPrefix
    league: str
    leagues: str
    control_output: LocalFolder | GcsPrefix | None = None
