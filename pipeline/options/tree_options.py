"""The options that every command about a published tree has: where it is, where its manifests are, where tables are."""

from __future__ import annotations

from typing import Annotated

from exporters.config.leagues import NAME_PATTERN, NBA
from pipeline.options.locations import (
    BIGQUERY_PATTERN,
    FOLDER_PATTERN,
    GCS_PATTERN,
    URL_PATTERN,
    LeaguesPlace,
    OutputPlace,
    WarehousePlace,
)
from pipeline.requests.field import Described, whole, whole_or_empty

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
GcsEndpointOption = Annotated[
    str,
    whole_or_empty(URL_PATTERN),
    Described("A GCS emulator, called without credentials.", example="http://localhost:4443", metavar="URL"),
]
