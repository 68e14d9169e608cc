"""Faults of single values for every column of every table, and a league of two games that shows what depends on them.

``league()`` holds rows of every declared table that is read: two games tonight, one player a team, and one earlier
night. ``faults_of(column)`` lists what may be wrong with a value or with the type of its column, ``broken(...)`` is the
Arrow table with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from exporters.config import ExportConfig, FunnelRules, PerName
from exporters.warehouse.schema import Column, Table
from exporters.warehouse.tables import WAREHOUSE_TABLES
from tests.support.plans import NO_GATES
from tests.support.rows import (
    CHAMPION,
    TONIGHT,
    Row,
    accuracy_row,
    by_table,
    context_row,
    daily_cache_row,
    defense_row,
    factors_row,
    feature_row,
    feed_player_row,
    game_row,
    gamebook_row,
    halt_row,
    injury_row,
    manual_pick_row,
    news_article_row,
    news_insight_row,
    news_link_row,
    player_alias_row,
    prediction_row,
    props_row,
    published_pick_row,
    registry_row,
    schedule_row,
    shot_zone_row,
    signal_pick_row,
    signal_row,
    subset_definition_row,
    subset_pick_row,
    subset_version_row,
    system_day_row,
    team_game_row,
)
from tests.support.warehouses import arrow_rows
from transforms.elements.tables import arrow_field

PLAYED = TONIGHT - timedelta(days=2)
GAMES = (("LAL", "BOS"), ("CHI", "NYK"))
"""Home and visiting team of each game, the same two on both nights."""
PLAYERS = {f"player{team.lower()}{number}": team for game in GAMES for team in game for number in "1"}
"""Player to team."""
VICTIM = "playerlal1"
"""The player whose rows break."""
SUBSET = "all_picks"
EASY_GATES = ExportConfig(
    min_context_rows=1,
    min_active_predictions=1,
    min_profile_games=1,
    gates=NO_GATES,
    funnel=FunnelRules(percent=PerName(0), through_percent=0),
)
HUGE = "x" * 10_000_000
"""A huge text; one for all faults, since each would take ten megabytes."""


def league() -> list[Row]:
    """Return the rows of every table; the victim's come first in each."""
    return [*_games(), *(row for player, team in PLAYERS.items() for row in _player(player, team))]


def _games() -> Iterator[Row]:
    for home, away in GAMES:
        yield schedule_row(home_team_tricode=home, away_team_tricode=away)
        yield schedule_row(
            home_team_tricode=home,
            away_team_tricode=away,
            game_date=PLAYED,
            game_status=3,
            home_team_score=110,
            away_team_score=104,
            winning_team_tricode=home,
        )
        for team in (home, away):
            yield team_game_row(game_date=PLAYED, team_abbr=team, win_flag=team == home)
            yield defense_row(team_abbr=team, analysis_date=TONIGHT - timedelta(days=1))
    for night in (TONIGHT, PLAYED):
        yield signal_row(game_date=night)
        yield halt_row(effective_date=night)
        yield subset_version_row(game_date=night, version_id=_version(night))
    yield system_day_row(game_date=PLAYED)
    yield subset_definition_row(subset_id=SUBSET)
    yield player_alias_row(alias_lookup="nobody", nba_canonical_lookup="noone")


def _player(player: str, team: str) -> Iterator[Row]:
    home, away = next(game for game in GAMES if team in game)
    opponent, at_home = (away if team == home else home), team == home
    teams = {"team_abbr": team, "opponent_team_abbr": opponent}
    for night in (TONIGHT, PLAYED):
        forecast = f"{CHAMPION}-{player}-{night}"
        yield context_row(player_lookup=player, game_date=night, home_game=at_home, **teams)
        yield prediction_row(player_lookup=player, game_date=night, prediction_id=forecast, predicted_points=28.5)
        yield factors_row(player_lookup=player, game_date=night)
        yield feature_row(player_lookup=player, game_date=night, is_home=at_home)
        yield daily_cache_row(player_lookup=player, cache_date=night)
        yield subset_pick_row(
            player_lookup=player,
            game_date=night,
            subset_id=SUBSET,
            prediction_id=forecast,
            version_id=_version(night),
        )
        yield injury_row(player_lookup=player, report_date=night, game_date=night, injury_status="questionable")
        for make in (signal_pick_row, published_pick_row, manual_pick_row):
            yield make(player_lookup=player, game_date=night, at_home=at_home, **teams)
        for side in ("over", "under"):
            yield props_row(player_lookup=player, game_date=night, bet_side=side)
    yield registry_row(player_lookup=player, player_name=f"Player {player.removeprefix('player')}", team_abbr=team)
    yield shot_zone_row(player_lookup=player, analysis_date=TONIGHT - timedelta(days=1))
    yield feed_player_row(player_lookup=player, game_date=PLAYED)
    yield game_row(player_lookup=player, game_date=PLAYED, points=25, minutes_played=30, at_home=at_home, **teams)
    yield gamebook_row(player_lookup=player, game_date=PLAYED)
    yield accuracy_row(player_lookup=player, game_date=PLAYED, actual_points=25, at_home=at_home, **teams)
    article = f"article-{player}"
    yield news_link_row(player_lookup=player, article_id=article)
    yield news_insight_row(article_id=article)
    yield news_article_row(article_id=article)


def _version(night: Any) -> str:
    return f"v_{night:%Y%m%d}_120000"


@lru_cache(maxsize=1)
def tables() -> Mapping[Table[Any], pa.Table]:
    """Return the league as Arrow tables; none is empty."""
    grouped = by_table(league())
    return {table: arrow_rows(table, grouped[table.name]) for table in WAREHOUSE_TABLES}


class Promise(Enum):
    """What a run owes after a fault."""

    SAME = "every document is as without it"
    SKIPPED = "the row is left out and named"
    ALONE = "only documents that depend on the row may differ"
    TABLE = "the table is broken and named, and only its readers suffer"


@dataclass(frozen=True)
class Fault:
    """One thing that may be wrong with a column.

    Attributes:
        name: What it is.
        promise: What a run owes after it.
        value: The value of the broken row, in the stored type; None is null.
        kind: The Arrow type that the column is stored in; None for the declared one.
        copied: The broken row is an additional copy of its row.
    """

    name: str
    promise: Promise
    value: Any = None
    kind: pa.DataType | None = None
    copied: bool = False


AS_IT_IS = object()
"""Stands for the value that the row has."""
_TEXT = Fault("text instead", Promise.TABLE, AS_IT_IS, pa.string())
_INFINITE = float("inf")
_NAN = float("nan")


def faults_of(column: Column) -> list[Fault]:
    """Return the faults of a column, by what its type can hold."""
    required = column.mode == "REQUIRED"
    missing = Promise.SKIPPED if required else Promise.ALONE
    found = [Fault("null", missing), Fault("duplicate", Promise.SAME, AS_IT_IS, copied=True)]
    if column.mode == "REPEATED":
        large = pa.large_list(arrow_field(column).type.value_type)
        return [
            Fault("null", Promise.ALONE),
            *found[1:],
            Fault("large list", Promise.SAME, AS_IT_IS, large),
            _no_elements(column),
        ]
    if column.type == "STRING":
        return [
            *found,
            Fault("empty", Promise.ALONE, ""),
            Fault("huge", Promise.SKIPPED, HUGE),
            Fault("unknown", Promise.ALONE, "sideways"),
            Fault("unreadable", Promise.ALONE, "no such word ../\u2028\x00"),
            Fault("contradiction", Promise.ALONE, "sideways", copied=True),
            Fault("dictionary", Promise.SAME, AS_IT_IS, pa.dictionary(pa.int32(), pa.string())),
            Fault("large text", Promise.SAME, AS_IT_IS, pa.large_string()),
            Fault("number instead", Promise.TABLE, 1, pa.int64()),
        ]
    if column.type == "INT64":
        return [
            *found,
            Fault("fraction", Promise.SKIPPED, 1.5, pa.float64()),
            Fault("infinite", Promise.SKIPPED, _INFINITE, pa.float64()),
            Fault("nan", missing, _NAN, pa.float64()),
            Fault("beyond int64", Promise.SKIPPED, 1e30, pa.float64()),
            Fault("greatest", Promise.ALONE, 2**63 - 1),
            Fault("least", Promise.ALONE, -(2**63)),
            Fault("doubles", Promise.SAME, AS_IT_IS, pa.float64()),
            Fault("decimals", Promise.SAME, AS_IT_IS, pa.decimal128(38, 9)),
            _TEXT,
        ]
    if column.type == "FLOAT64":
        return [
            *found,
            Fault("infinite", missing, _INFINITE),
            Fault("nan", missing, _NAN),
            Fault("greatest", Promise.ALONE, 1.7e308),
            Fault("decimals", Promise.SAME, AS_IT_IS, pa.decimal128(38, 9)),
            _TEXT,
        ]
    if column.type == "NUMERIC":
        assert column.numeric is not None
        most = 10 ** (column.numeric.precision - column.numeric.scale)
        return [
            *found,
            Fault("too great", Promise.SKIPPED, Decimal(most), pa.decimal128(38, 9)),
            Fault("too fine", Promise.SKIPPED, Decimal("0.000000001"), pa.decimal128(38, 9)),
            Fault("infinite", Promise.SKIPPED, _INFINITE, pa.float64()),
            Fault("nan", missing, _NAN, pa.float64()),
            Fault("doubles", Promise.SAME, AS_IT_IS, pa.float64()),
            Fault("bignumeric", Promise.SAME, AS_IT_IS, pa.decimal256(76, 38)),
            _TEXT,
        ]
    if column.type == "BOOL":
        return [*found, Fault("integers instead", Promise.TABLE, AS_IT_IS, pa.int8())]
    if column.type == "DATE":
        return [
            *found,
            Fault("time of day", Promise.SKIPPED, np.datetime64("2025-01-15T13:45", "ns"), pa.timestamp("ns")),
            Fault("first of all", Promise.ALONE, date.min),
            Fault("last of all", Promise.ALONE, date.max),
            Fault("before all", missing, -(2**31), pa.int32()),
            Fault("timestamps", Promise.SAME, AS_IT_IS, pa.timestamp("ns")),
            Fault("date64", Promise.SAME, AS_IT_IS, pa.date64()),
            _TEXT,
        ]
    assert column.type == "TIMESTAMP", column
    return [
        *found,
        Fault("far seconds", Promise.SKIPPED, 2**53, pa.timestamp("s", "UTC")),
        Fault("last of all", Promise.ALONE, 253_402_300_799_999_999),
        Fault("first of all", Promise.ALONE, -(2**63)),
        Fault("nanoseconds", Promise.SAME, AS_IT_IS, pa.timestamp("ns")),
        Fault("another zone", Promise.SAME, AS_IT_IS, pa.timestamp("us", "Asia/Tokyo")),
        _TEXT,
    ]


def _no_elements(column: Column) -> Fault:
    """Return the fault of a list whose elements are no values."""
    value: list[Any] = [HUGE] if column.type == "STRING" else [_NAN, _INFINITE, None]
    return Fault("bad elements", Promise.SKIPPED if column.type == "STRING" else Promise.ALONE, value)


def broken(table: Table[Any], rows: pa.Table, column: str, fault: Fault, at: int = 0) -> pa.Table:
    """Return the rows with a fault in a column of the one at a position."""
    declared = arrow_field(table.columns[column]).type
    if fault.copied:
        rows = pa.concat_tables([rows, rows.slice(at, 1)])
        at = rows.num_rows - 1
    found = rows.column(column)
    cells = found.combine_chunks()
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.chunk(0)
    kind = fault.kind or declared
    if fault.name == "before all":
        days = cells.cast(pa.int32()).to_pylist()
        days[at] = fault.value
        made = pa.array(days, pa.int32()).cast(pa.date32())
    elif pa.types.is_dictionary(kind):
        made = cells.dictionary_encode()
    elif pa.types.is_timestamp(kind) and kind.tz and fault.value is AS_IT_IS:
        made = cells.cast(kind)
    else:
        stored = cells if kind == declared else _cast(cells, kind)
        made = stored if fault.value is AS_IT_IS else _replaced(stored, at, fault.value)
    return rows.set_column(rows.schema.get_field_index(column), column, made)


def _cast(cells: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_decimal(cells.type) and pa.types.is_floating(kind):
        return pa.array([None if value is None else float(value) for value in cells.to_pylist()], kind)
    if pa.types.is_string(kind):
        return pa.array([None if value is None else str(value) for value in cells.to_pylist()], kind)
    if pa.types.is_integer(kind) and pa.types.is_string(cells.type):
        return pa.array([1] * len(cells), kind)
    if pa.types.is_timestamp(kind) and kind.tz is None and pa.types.is_timestamp(cells.type):
        return cells.cast(pa.timestamp(cells.type.unit)).cast(kind)
    if pa.types.is_decimal(kind) and (pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type)):
        return pa.array([None if value is None else Decimal(str(value)) for value in cells.to_pylist()], kind)
    return cells.cast(kind)


def _replaced(cells: pa.Array, at: int, value: Any) -> pa.Array:
    one = pa.array([value], cells.type)
    return pa.concat_arrays([cells.slice(0, at), one, cells.slice(at + 1)])
