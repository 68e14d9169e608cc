from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import pytest

from exporters.league.forecasts.readiness import reads_of
from exporters.registry import exports
from exporters.warehouse.schema import Absent, Column, Instant, Numeric, Numeric41, Table
from exporters.warehouse.tables import DAILY_CACHE, TABLES, WAREHOUSE_TABLES
from tests.support.rows import FACTORIES


class ThingRow(NamedTuple):
    """A row with every kind of column."""

    name: str
    count: int | None
    ratio: float
    flag: bool | None
    day: date
    plain: Decimal | None
    line: Numeric41
    maybe_line: Numeric41 | None
    at: Instant | None
    weights: tuple[float, ...]
    spare: Annotated[int | None, Absent("nothing is spared")]
    maybe: Annotated[Numeric41 | None, Absent("no line")]


THINGS: Table[ThingRow] = Table("made.things", ThingRow, partition="day")

WAREHOUSE = {
    "nba_predictions.player_prop_predictions": """
        player_lookup STRING REQUIRED, game_id STRING REQUIRED, game_date DATE REQUIRED, system_id STRING REQUIRED,
        predicted_points NUMERIC(5,1) REQUIRED, confidence_score NUMERIC(5,2) REQUIRED, recommendation STRING REQUIRED,
        current_points_line NUMERIC(4,1) NULLABLE, pace_adjustment NUMERIC(5,2) NULLABLE,
        similar_games_count INT64 NULLABLE, is_active BOOL REQUIRED, created_at TIMESTAMP REQUIRED,
        updated_at TIMESTAMP NULLABLE, prediction_id STRING REQUIRED, prediction_version INT64 REQUIRED,
        model_version STRING NULLABLE, prediction_made_before_game BOOL NULLABLE, invalidation_reason STRING NULLABLE
    """,
    "nba_predictions.prediction_accuracy": """
        player_lookup STRING REQUIRED, game_id STRING REQUIRED, game_date DATE REQUIRED, system_id STRING REQUIRED,
        team_abbr STRING NULLABLE, opponent_team_abbr STRING NULLABLE, recommendation STRING NULLABLE,
        prediction_correct BOOL NULLABLE, is_voided BOOL NULLABLE, has_prop_line BOOL NULLABLE,
        line_source STRING NULLABLE, line_value NUMERIC(5,1) NULLABLE, graded_at TIMESTAMP NULLABLE
    """,
    "nba_reference.nba_players_registry": """
        player_lookup STRING REQUIRED, player_name STRING REQUIRED, season STRING REQUIRED, team_abbr STRING REQUIRED,
        last_gamebook_activity_date DATE NULLABLE, last_roster_activity_date DATE NULLABLE
    """,
    "nba_precompute.player_composite_factors": """
        player_lookup STRING REQUIRED, game_date DATE REQUIRED, fatigue_score INT64 NULLABLE,
        fatigue_context_json STRING NULLABLE, game_id STRING REQUIRED, processed_at TIMESTAMP NULLABLE
    """,
    "nba_analytics.upcoming_player_game_context": """
        player_lookup STRING REQUIRED, game_id STRING REQUIRED, game_date DATE REQUIRED, team_abbr STRING REQUIRED,
        opponent_team_abbr STRING REQUIRED, home_game BOOL NULLABLE, days_rest INT64 NULLABLE,
        back_to_back BOOL NULLABLE, processed_at TIMESTAMP NULLABLE
    """,
    "nba_analytics.player_game_summary": """
        player_lookup STRING REQUIRED, game_date DATE REQUIRED, game_id STRING REQUIRED, team_abbr STRING REQUIRED,
        opponent_team_abbr STRING REQUIRED, season_year INT64 REQUIRED, points INT64 NULLABLE,
        minutes_played NUMERIC(5,1) NULLABLE, fg_makes INT64 NULLABLE, fg_attempts INT64 NULLABLE,
        three_pt_makes INT64 NULLABLE, three_pt_attempts INT64 NULLABLE, ft_makes INT64 NULLABLE,
        ft_attempts INT64 NULLABLE, points_line NUMERIC(4,1) NULLABLE, over_under_result STRING NULLABLE,
        is_dnp BOOL NULLABLE, processed_at TIMESTAMP NULLABLE
    """,
    "nba_raw.nbac_schedule": """
        game_date DATE REQUIRED, away_team_tricode STRING REQUIRED, home_team_tricode STRING REQUIRED,
        game_status INT64 NULLABLE, game_date_est TIMESTAMP NULLABLE, home_team_score INT64 NULLABLE,
        away_team_score INT64 NULLABLE, game_id STRING REQUIRED
    """,
    "nba_raw.nbac_injury_report": """
        player_lookup STRING NULLABLE, injury_status STRING NULLABLE, reason STRING NULLABLE,
        report_date DATE NULLABLE, report_hour INT64 NULLABLE
    """,
    "nba_raw.bettingpros_player_points_props": """
        game_date DATE REQUIRED, player_lookup STRING REQUIRED, points_line FLOAT64 REQUIRED, bet_side STRING REQUIRED,
        odds_american INT64 REQUIRED, is_best_line BOOL REQUIRED
    """,
    "nba_precompute.team_defense_zone_analysis": """
        team_abbr STRING REQUIRED, analysis_date DATE REQUIRED, opponent_points_per_game NUMERIC(5,1) NULLABLE
    """,
}
"""The columns that the contract names for the tonight types, as the warehouse declares them."""


def test_a_row_class_is_the_schema() -> None:
    assert [str(column) for column in THINGS.columns.values()] == [
        "name STRING REQUIRED",
        "count INT64 NULLABLE",
        "ratio FLOAT64 REQUIRED",
        "flag BOOL NULLABLE",
        "day DATE REQUIRED",
        "plain NUMERIC NULLABLE",
        "line NUMERIC(4,1) REQUIRED",
        "maybe_line NUMERIC(4,1) NULLABLE",
        "at TIMESTAMP NULLABLE",
        "weights FLOAT64 REPEATED",
        "spare INT64 NULLABLE",
        "maybe NUMERIC(4,1) NULLABLE",
    ]
    assert THINGS.columns["line"] == Column("line", "NUMERIC", "REQUIRED", Numeric(4, 1))
    assert THINGS.columns["maybe"] == Column("maybe", "NUMERIC", "NULLABLE", Numeric(4, 1), "no line")
    assert [column.name for column in THINGS.columns.values() if column.absent] == ["spare", "maybe"]


@pytest.mark.parametrize("kind", [Annotated[int, Absent("none")], Annotated[tuple[str, ...], Absent("none")]])
def test_what_may_be_absent_may_be_null(kind: Any) -> None:
    class Row(NamedTuple):
        day: date

    Row.__annotations__["odd"] = kind
    with pytest.raises(TypeError, match="column odd may be absent but not null"):
        _ = Table("made.odd", Row).columns


def test_a_table_goes_by_its_name() -> None:
    assert str(THINGS) == "made.things"
    assert {THINGS: 1}[THINGS] == 1
    assert THINGS.player is None
    assert not THINGS.filter_required


@pytest.mark.parametrize("name", WAREHOUSE)
def test_tables_are_declared_as_the_warehouse_has_them(name: str) -> None:
    (table,) = (table for table in TABLES if table.name == name)
    declared = {column.name: str(column) for column in table.columns.values()}
    for expected in WAREHOUSE[name].replace(",\n", ", ").split(", "):
        assert declared[expected.split()[0]] == " ".join(expected.split())


def test_every_table_is_listed_once_in_name_order() -> None:
    names = [table.name for table in TABLES]
    assert names == sorted(set(names))
    assert len({table.row for table in TABLES}) == len(TABLES)
    assert set(FACTORIES) == set(names)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_special_columns_of_a_table_exist(table: Table[object]) -> None:
    if table.partition is not None:
        assert table.columns[table.partition].type in ("DATE", "TIMESTAMP")
    if table.player is not None:
        assert table.columns[table.player].type == "STRING"
    assert table.partition is not None or not (table.filter_required or table.expiration_days)
    for name in (table.partition, table.player):
        assert name is None or table.columns[name].absent is None, "no row can be found without it"
    assert set(table.key) <= table.columns.keys()
    assert all(table.columns[name].absent is None for name in table.key)


OPTIONAL_TABLES = {
    "nba_analytics.news_insights",
    "nba_analytics.news_player_links",
    "nba_predictions.current_subset_versions",
    "nba_raw.bdl_player_boxscores",
    "nba_raw.news_articles_raw",
    "nba_reference.player_aliases",
}
OPTIONAL_COLUMNS = {
    "nba_analytics.player_game_summary": {"is_partial_game_data", "processed_at", "player_full_name"},
    "nba_analytics.team_offense_game_summary": {"is_partial_game_data", "processed_at"},
    "nba_analytics.upcoming_player_game_context": {"context_version", "processed_at"},
    "nba_analytics.news_insights": {"extracted_at"},
    "nba_analytics.news_player_links": {"mention_role"},
    "nba_raw.news_articles_raw": {"summary"},
    "nba_precompute.player_composite_factors": {"processed_at", "created_at"},
    "nba_precompute.team_defense_zone_analysis": {
        "processed_at",
        "early_season_flag",
        "paint_defense_vs_league_avg",
        "three_pt_defense_vs_league_avg",
    },
    "nba_predictions.current_subset_picks": {"prediction_created_at"},
    "nba_predictions.daily_prediction_signals": {"calculated_at"},
    "nba_predictions.ml_feature_store_v2": {"created_at", "updated_at"},
    "nba_predictions.player_prop_predictions": {
        "pace_adjustment",
        "similar_games_count",
        "updated_at",
        "invalidation_reason",
    },
    "nba_predictions.prediction_accuracy": {"graded_at"},
    "nba_predictions.system_daily_performance": {"computed_at"},
    "nba_raw.nbac_injury_report": {"processed_at"},
    "nba_raw.nbac_schedule": {"processed_at"},
    "nba_reference.player_aliases": {"processed_at"},
}


def test_what_is_optional_is_listed_with_the_meaning_of_its_absence() -> None:
    assert {table.name for table in TABLES if table.absent is not None} == OPTIONAL_TABLES
    found = {
        table.name: {name for name, column in table.columns.items() if column.absent is not None} for table in TABLES
    }
    assert {name: columns for name, columns in found.items() if columns} == OPTIONAL_COLUMNS
    texts = [table.absent for table in TABLES] + [one.absent for table in TABLES for one in table.columns.values()]
    assert all(text is None or (len(text) > 10 and text[-1] != ".") for text in texts)


def test_every_declared_table_is_read() -> None:
    read = {read.table.name for export in exports().values() for read in reads_of(export)}
    # The cache is for the funnel, which is no export type.
    assert {table.name for table in TABLES} - read <= {DAILY_CACHE.name}


def test_a_stand_in_has_the_key_of_what_it_stands_in_for() -> None:
    by_name = {table.name: table for table in TABLES}
    for table in TABLES:
        if table.stand_in is None:
            assert table.source == table.name
            continue
        lacking, source = by_name[table.stand_in.table], by_name[table.stand_in.source]
        assert lacking.columns[table.stand_in.column].absent is not None
        assert table.stand_in.key in lacking.columns.keys() & table.columns.keys()
        assert all(source.columns[name] == column for name, column in table.columns.items())
        assert (table.partition, table.player, table.filter_required) == (
            source.partition,
            source.player,
            source.filter_required,
        )
        assert table not in WAREHOUSE_TABLES


@pytest.mark.parametrize(
    ("name", "required", "days"),
    [
        ("nba_predictions.player_prop_predictions", True, 365),
        ("nba_predictions.prediction_accuracy", True, None),
        ("nba_raw.nbac_schedule", True, None),
        ("nba_raw.bettingpros_player_points_props", True, None),
        ("nba_precompute.team_defense_zone_analysis", False, 90),
        ("nba_precompute.player_daily_cache", False, 30),
        ("nba_analytics.team_offense_game_summary", True, None),
        ("nba_analytics.player_game_summary", False, None),
    ],
)
def test_partition_filters_and_retention(name: str, required: bool, days: int | None) -> None:
    (table,) = (table for table in TABLES if table.name == name)
    assert (table.filter_required, table.expiration_days) == (required, days)
