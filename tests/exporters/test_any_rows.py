"""What must hold of every document, whatever the warehouse holds: null columns, duplicated rows, any order."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.config import ExportConfig
from exporters.declaration import Cache, Export, Grain, Json
from exporters.league.forecasts.readiness import ScanCounts
from exporters.league.nights.slate import Season, Slate
from exporters.registry import exports
from tests.exporters.bets.test_predictions import KEYS as PREDICTION_KEYS
from tests.exporters.tonight.test_streaks import KEYS as STREAK_KEYS
from tests.exporters.tonight.test_tonight import CARD_KEYS
from tests.exporters.tonight.test_tonight import KEYS as TONIGHT_KEYS
from tests.exporters.tonight.test_tonight_players import KEYS as PLAYER_KEYS
from tests.support.nights import GENERATED_AT, cards, declared, document, key_paths, player_documents, scanned
from tests.support.rows import (
    LAST_GAME,
    TONIGHT,
    Row,
    accuracy_row,
    by_table,
    context_row,
    defense_rows,
    factors_row,
    game_log,
    game_row,
    injury_row,
    player_rows,
    prediction_row,
    registry_row,
    schedule_row,
    table_of,
)
from tests.support.worlds import PROPERTY, any_rows, blemished, contradicted, disordered

EXPORTS = ("predictions", "tonight", "tonight-players", "streaks")
FACTOR_KEYS = (
    "factor",
    "direction",
    "impact",
    "vs_line_pct",
    "defense_rank",
    "defense_tier",
    "ppg_allowed",
    "description",
)
EVERY_KEY = {
    "predictions": PREDICTION_KEYS,
    "tonight": (*TONIGHT_KEYS, *(f"games[].players[].{key}" for key in CARD_KEYS)),
    "tonight-players": (*PLAYER_KEYS, *(f"tonights_factors[].{key}" for key in FACTOR_KEYS)),
    "streaks": STREAK_KEYS,
}

VISITOR = {"team_abbr": "BOS", "opponent_team_abbr": "LAL", "home_game": False, "days_rest": 1, "back_to_back": True}
HOME_RUN = [26, 27, 25, 30, 21, 22, 29, 18, 24, 24, 26]
NIGHT = (
    schedule_row(game_status=3, home_team_score=110, away_team_score=105),
    schedule_row(home_team_tricode="DEN", away_team_tricode="UTA", game_date_est=None),
    *player_rows("ann", points=HOME_RUN, days_rest=3),
    injury_row(player_lookup="ann"),
    *(accuracy_row(player_lookup="ann", game_date=game.game_date) for game in game_log(HOME_RUN)),
    game_row(player_lookup="ann", game_date=TONIGHT, opponent_team_abbr="BOS", points=40),
    *player_rows("bob", points=[None, 12, 14, 11, 10, None, 9], **VISITOR),
    game_row(player_lookup="bob", game_date=LAST_GAME - timedelta(days=1), points=8),
    prediction_row(player_lookup="bob", prediction_version=2, recommendation="UNDER", predicted_points=17),
    injury_row(player_lookup="bob", injury_status="out", report_hour=None),
    factors_row(player_lookup="bob", fatigue_score=60, processed_at=None),
    context_row(player_lookup="cem", team_abbr="UTA", opponent_team_abbr="DEN", home_game=None, back_to_back=True),
    prediction_row(player_lookup="cem", game_id="0022400551", current_points_line=None, recommendation="NO_LINE"),
    registry_row(player_lookup="cem", season="2023-24"),
    *defense_rows({"BOS": 104, "LAL": 118, "DEN": 110}),
)
"""A night with a bit of everything, that of three players."""
SHOWN = {name: declared(exports()[name], NIGHT) for name in EXPORTS}
BLEMISHED = {name: blemished(rows) for name, rows in SHOWN.items()}
CONTRADICTED = {name: contradicted(rows) for name, rows in SHOWN.items()}
CONTRADICTED_WHOLE = contradicted(NIGHT)


def everything(export: Export, rows: list[Row]) -> Any:
    """Build what an export makes of rows: its document, its players' documents, or the error that it gives."""
    if export.grain is Grain.PLAYER:
        return player_documents(export, *rows)
    try:
        return document(export, *rows)
    except ValueError as error:
        if "players are in no scheduled game" not in str(error):
            raise
        return str(error)


def documents(export: Export, rows: list[Row]) -> list[Json]:
    return list(player_documents(export, *rows).values()) if export.grain is Grain.PLAYER else [document(export, *rows)]


def objects(value: Any, path: str = "") -> list[tuple[str, list[str]]]:
    """Return every object of a document: its path and its keys."""
    if isinstance(value, dict):
        inner = [found for key, item in value.items() for found in objects(item, f"{path}{key}.")]
        return [(path, list(value)), *inner]
    if isinstance(value, list):
        return [found for item in value for found in objects(item, f"{path[:-1]}[].")]
    return []


def parts_of(export: Export, rows: list[Row], player: str) -> list[Json]:
    """Return what the documents of an export say of one player."""
    if export.grain is Grain.PLAYER:
        return [made for who, made in player_documents(export, *rows).items() if who == player]

    def walk(value: Any) -> list[Json]:
        if isinstance(value, list):
            return [found for item in value for found in walk(item)]
        if not isinstance(value, dict):
            return []
        return [value] if value.get("player_lookup") == player else [f for item in value.values() for f in walk(item)]

    return walk(document(export, *rows))


@pytest.mark.parametrize("name", EXPORTS)
@PROPERTY
@given(data=st.data())
def test_order_and_duplicates_of_any_rows_change_nothing(name: str, data: st.DataObject) -> None:
    export = exports()[name]
    rows = data.draw(any_rows(export))
    assert everything(export, data.draw(disordered(rows))) == everything(export, rows)


@pytest.mark.parametrize("name", EXPORTS)
@PROPERTY
@given(data=st.data())
def test_rows_outside_the_declared_windows_and_filters_change_nothing(name: str, data: st.DataObject) -> None:
    export = exports()[name]
    rows = data.draw(any_rows(export))
    assert everything(export, scanned(export, rows)) == everything(export, rows)


@pytest.mark.parametrize("name", EXPORTS)
@PROPERTY
@given(data=st.data())
def test_contradicting_rows_are_settled_alike_in_any_order(name: str, data: st.DataObject) -> None:
    export = exports()[name]
    rows = data.draw(CONTRADICTED[name])
    assert everything(export, data.draw(disordered(rows))) == everything(export, rows)


@pytest.mark.parametrize("name", EXPORTS)
@PROPERTY
@given(data=st.data())
def test_contradicting_rows_are_settled_alike_whatever_other_exports_have_scanned(
    name: str, data: st.DataObject
) -> None:
    export = exports()[name]
    reads = [replace(read, columns=tuple(read.table.columns)) for read in export.reads]
    wide = Export(name, export.grain, reads, "", Cache.LIVE)
    wide.make_card, wide.build = export.make_card, export.build
    rows = data.draw(CONTRADICTED_WHOLE)
    assert everything(wide, rows) == everything(export, rows)


@pytest.mark.parametrize("name", EXPORTS)
def test_the_night_shows_a_bit_of_everything(name: str) -> None:
    export = exports()[name]
    shown = {path for made in documents(export, list(NIGHT)) for path in key_paths(made)}
    assert set(EVERY_KEY[name]) - shown == set()


@pytest.mark.parametrize("name", EXPORTS)
@PROPERTY
@given(data=st.data())
def test_with_any_columns_null_documents_keep_their_keys_and_finite_numbers(name: str, data: st.DataObject) -> None:
    export = exports()[name]
    rows = data.draw(BLEMISHED[name])
    for made in documents(export, rows):
        json.dumps(made, allow_nan=False)
        for path, keys in objects(made):
            order = [key for key in EVERY_KEY[name] if key.startswith(path) and "." not in key[len(path) :]]
            names = [key[len(path) :] for key in order if not key.endswith("[]")]
            assert keys == [key for key in names if key in keys], path


@pytest.mark.parametrize("name", EXPORTS)
@PROPERTY
@given(data=st.data())
def test_with_any_columns_null_order_and_duplicates_change_nothing(name: str, data: st.DataObject) -> None:
    export = exports()[name]
    rows = data.draw(BLEMISHED[name])
    assert documents(export, data.draw(disordered(rows))) == documents(export, rows)


@pytest.mark.parametrize("name", EXPORTS)
@PROPERTY
@given(data=st.data())
def test_one_more_player_changes_no_other_ones_part(name: str, data: st.DataObject) -> None:
    export = exports()[name]
    rows = data.draw(BLEMISHED[name])
    others = [row for row in rows if getattr(row, "player_lookup", "") != "bob"]
    for player in ("ann", "cem"):
        assert parts_of(export, others, player) == parts_of(export, rows, player)


@pytest.mark.parametrize("name", ["predictions", "tonight", "streaks"])
def test_players_who_tie_are_ordered_by_id_however_their_cards_arrive(name: str) -> None:
    export = exports()[name]
    players = [f"player{n}" for n in range(4)]
    rows = [schedule_row(), *(row for player in players for row in player_rows(player, points=[30] * 5))]
    made = cards(export, rows)
    assert len(made) == len(players)
    built = []
    for order in permutations(made):
        given = (TONIGHT, GENERATED_AT, ExportConfig(), ScanCounts(), {name: order}, by_table([schedule_row()]))
        subject = Slate(*given) if export.grain is Grain.SLATE else Season(*given, {})
        assert export.build is not None
        built.append(export.build(subject))
    assert all(document == built[0] for document in built)


@pytest.mark.parametrize("name", EXPORTS)
def test_a_decimal_is_a_number_whatever_its_scale(name: str) -> None:
    export = exports()[name]

    def widened(row: Row) -> Row:
        wide = {
            column.name: value.quantize(Decimal("0.000000001"))
            for column in table_of(row).columns.values()
            if column.type == "NUMERIC" and (value := getattr(row, column.name)) is not None
        }
        return row._replace(**wide)

    wide = [widened(row) for row in NIGHT]
    assert json.dumps(documents(export, wide)) == json.dumps(documents(export, list(NIGHT)))


@pytest.mark.parametrize("column", ["points", "days_rest", "opponent_points_per_game", "fatigue_context_json"])
def test_a_column_that_is_not_declared_does_not_exist(column: str) -> None:
    whole = exports()["tonight-players"]
    reads = [replace(read, columns=tuple(name for name in read.columns if name != column)) for read in whole.reads]
    less = Export("less", Grain.PLAYER, reads, whole.path, whole.cache)
    less.builder(whole.build)
    with pytest.raises(AttributeError, match=column):
        player_documents(less, *NIGHT)
