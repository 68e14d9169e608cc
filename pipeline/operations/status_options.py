"""The options of ``phase6 status``. Imports no Beam, so that help answers at once."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from exporters.config.leagues import NBA
from pipeline.options.locations import FOLDER_PATTERN, GCS_PATTERN, LocalFolder, OutputPlace
from pipeline.options.option import Group, options_of
from pipeline.options.tree_options import GcsEndpointOption, LeagueOption, LeaguesOption
from pipeline.requests.field import STRICT, Described


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StatusOptions:
    """The published tree whose status is shown, and how."""

    output: Annotated[
        OutputPlace,
        Described(
            "Place of the documents: a folder, or a prefix of a bucket.",
            example="gs://my-bucket/v1",
            default_help="out",
            metavar="PATH|gs://BUCKET/PREFIX",
            pattern=f"{GCS_PATTERN}|{FOLDER_PATTERN}",
        ),
    ] = LocalFolder("out")
    league: LeagueOption = NBA.name
    leagues: LeaguesOption = ""
    most: Annotated[int, Field(ge=1), Described("Dates that are listed, the newest ones; JSON lists all.", "30")] = 14
    serve: Annotated[
        bool, Described("Offer the page of a folder to browsers on this machine, until Ctrl-C.", example="true")
    ] = False
    port: Annotated[
        int, Field(ge=0, le=65535), Described("With serve: the port; 0 takes a free one.", example="8000")
    ] = 0
    gcs_endpoint: GcsEndpointOption = ""
    json: Annotated[bool, Described("Print status/data.json, for programs.", example="true")] = False


STATUS_OPTIONS = options_of(StatusOptions, Group.COMMAND)
"""The options of ``phase6 status``."""
