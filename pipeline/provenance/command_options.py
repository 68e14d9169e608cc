"""The options of the commands that explain documents. Imports no Beam, so that help answers at once."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from exporters.config import ExportConfig
from exporters.config.leagues import NBA
from pipeline.options.locations import (
    BIGQUERY_PATTERN,
    FOLDER_PATTERN,
    WarehousePlace,
)
from pipeline.options.option import Group, options_of
from pipeline.options.tree_options import (
    ControlOutputOption,
    EndDateOption,
    GcsEndpointOption,
    LeagueOption,
    LeaguesOption,
    OutputOption,
    StartDateOption,
    WarehouseOption,
)
from pipeline.requests.field import STRICT, Described
from pipeline.requests.request_message import DAY_TEXT, Day

_WAREHOUSE = f"{BIGQUERY_PATTERN}|{FOLDER_PATTERN}"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ImpactOptions:
    """Rows of a table, what happens to them, and the documents that are looked at."""

    table: Annotated[
        str,
        Described(
            "The table: dataset.table, or its name alone. The first argument without a flag is the same.",
            example="nba_predictions.player_prop_predictions",
            metavar="TABLE",
        ),
    ]
    where: Annotated[
        str,
        Described(
            "The rows: column = literal, also with !=, <, <=, > and >=, joined by and.",
            example="game_date = '2026-02-11' and player_lookup = 'lebronjames'",
            default_help="all rows",
            metavar="CONDITION",
        ),
    ] = ""
    set: Annotated[
        str,
        Described(
            "What they change to: column = literal, joined by and.",
            example="predicted_points = 21.5",
            default_help="the rows are gone",
            metavar="VALUES",
        ),
    ] = ""
    exact: Annotated[
        bool,
        Described(
            "Export the dates twice in memory, with the rows as they are and as they would be, and compare.",
            example="true",
        ),
    ] = False
    warehouse: Annotated[
        WarehousePlace | None,
        Described(
            "With --exact: where tables are read.",
            example="bigquery:my-project",
            metavar="PATH|bigquery:PROJECT",
            pattern=_WAREHOUSE,
        ),
    ] = None
    export_types: Annotated[
        list[str],
        Described(
            "Export types and groups to look at, separated by commas.",
            example="predictions,best-bets",
            default_help="all",
            metavar="LIST",
        ),
    ] = Field(default_factory=lambda: ["all"])
    target_date: Annotated[
        Day | None,
        Described("The date of the documents.", "2026-02-11", metavar="DATE", pattern=DAY_TEXT),
    ] = None
    start_date: StartDateOption = None
    end_date: EndDateOption = None
    champion_system_id: Annotated[
        str, Described("The model whose forecasts are published.", example=ExportConfig().champion_system_id)
    ] = ExportConfig().champion_system_id
    most: Annotated[int, Field(ge=0), Described("Differences that are listed; JSON lists all.", example="200")] = 40
    json: Annotated[bool, Described("Report the result as JSON, for programs.", example="true")] = False


IMPACT_OPTIONS = options_of(ImpactOptions, Group.COMMAND)
"""The options of ``phase6 impact``."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ExplainOptions:
    """A published value, and the tables that it was made of."""

    path: Annotated[
        str,
        Described(
            "The published path. The first argument without a flag is the same.",
            example="predictions/2026-02-11.json",
            metavar="PATH",
        ),
    ]
    field: Annotated[
        str,
        Described(
            "The value: a JSON pointer, or keys with dots, and items by index or by a value. The second argument "
            "without a flag is the same.",
            example="games.0.predictions[player_lookup=lebronjames].prediction.points",
            default_help="the whole document",
            metavar="FIELD",
        ),
    ] = ""
    output: OutputOption
    warehouse: WarehouseOption
    control_output: ControlOutputOption = None
    league: LeagueOption = NBA.name
    leagues: LeaguesOption = ""
    seconds: Annotated[
        int,
        Field(ge=1, le=3600),
        Described("How long rows are tried; what is left untried is told.", example="120"),
    ] = 30
    most: Annotated[int, Field(ge=0), Described("Rows that are listed; JSON lists all.", example="200")] = 20
    gcs_endpoint: GcsEndpointOption = ""
    json: Annotated[bool, Described("Report the result as JSON, for programs.", example="true")] = False


EXPLAIN_OPTIONS = options_of(ExplainOptions, Group.COMMAND)
"""The options of ``phase6 explain``."""
