"""What must hold of the documents of every export type, whatever rows there are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.declaration import Export, Grain, Json, WouldBeEmpty
from exporters.registry import exports
from tests.support.nights import census_of, declared, document, key_paths, night, player_documents
from tests.support.rows import (
    FACTORIES,
    LAST_GAME,
    TONIGHT,
    Row,
    accuracy_row,
    defense_rows,
    game_log,
    game_row,
    player_rows,
    prediction_row,
    schedule_row,
    subset_definition_row,
    subset_pick_row,
    table_of,
)
from tests.support.worlds import PROPERTY, any_rows, blemished, disordered
from transforms.elements.validation import require_valid

NAMES = tuple(exports())
FEW = settings(PROPERTY, max_examples=15)
PLAYERS = ("ann", "bob", "cem")
BEFORE = TONIGHT - timedelta(days=1)


def _of_player(player: str, points: list[int | None], **values: Any) -> list[Row]:
    """Return everything that there can be of a player: tonight, his games, grades, frozen picks and news."""
    teams = {key: values[key] for key in ("team_abbr", "opponent_team_abbr") if key in values}
    played = game_log(points, player_lookup=player, **teams)
    made = [
        *player_rows(player, points=points, **values),
        *(accuracy_row(player_lookup=player, game_date=game.game_date, game_id=game.game_id) for game in played),
        accuracy_row(player_lookup=player, game_date=TONIGHT),
        game_row(player_lookup=player, game_date=TONIGHT, points=25, **teams),
        prediction_row(player_lookup=player, game_date=BEFORE),
        *(
            subset_pick_row(player_lookup=player, game_date=day, subset_id="all_picks")
            for day in (LAST_GAME, BEFORE, TONIGHT)
        ),
    ]
    had = {table_of(row).name for row in made}
    others = (make for name, make in FACTORIES.items() if name not in had and make.table.player is not None)
    return [*made, *(make(**{make.table.player or "": player}) for make in others)]


NIGHT = (
    schedule_row(game_status=3, home_team_score=110, away_team_score=105),
    *(schedule_row(game_date=day, game_status=3) for day in (BEFORE, LAST_GAME)),
    *defense_rows({"BOS": 104, "LAL": 118}),
    subset_definition_row(subset_id="all_picks", min_edge=0, top_n=None),
    *(make() for make in FACTORIES.values() if make.table.player is None and "schedule" not in make.table.name),
    *_of_player("ann", [5, 19, 19, 19, *[30] * 8]),
    *_of_player(
        "bob",
        [None, 2, 14, 11, 10, None, *[28] * 8],
        team_abbr="BOS",
        opponent_team_abbr="LAL",
        home_game=False,
    ),
    *_of_player("cem", [5, 18, 29, 24, 24, 33, *[30] * 6]),
)
"""A night of three players, of whom there is a row in every table; each has a run and a bad game behind him."""
SHOWN = {name: blemished(declared(export, NIGHT)) for name, export in exports().items()}


def documents(export: Export, rows: list[Row]) -> dict[str, Json]:
    """Return the documents that an export makes of rows, by player; nothing when it raises."""
    if export.grain is Grain.PLAYER:
        return player_documents(export, *rows)
    try:
        return {"": document(export, *rows)}
    except WouldBeEmpty:
        return {}
    except ValueError as error:
        if "players are in no scheduled game" not in str(error):
            raise
        return {}


def said_of(export: Export, rows: list[Row], player: str) -> list[Json]:
    """Return whatever the documents of an export say of a player."""
    if export.grain is Grain.PLAYER:
        return [made for who, made in player_documents(export, *rows).items() if who == player]
    return list(_about(document(export, *rows), player))


def _about(value: Any, player: str) -> list[Json]:
    if isinstance(value, list):
        return [found for item in value for found in _about(item, player)]
    if not isinstance(value, dict):
        return []
    if value.get("player_lookup") == player:
        # A place among others is theirs as well.
        return [{key: told for key, told in value.items() if key != "rank"}]
    return [found for item in value.values() for found in _about(item, player)]


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(data=st.data())
def test_any_rows_make_the_same_document_in_any_order(name: str, data: st.DataObject) -> None:
    export = exports()[name]
    rows = data.draw(any_rows(export))
    assert documents(export, data.draw(disordered(rows))) == documents(export, rows)


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(data=st.data())
def test_nulls_duplicates_and_disorder_make_a_valid_document(name: str, data: st.DataObject) -> None:
    export = exports()[name]
    rows = data.draw(SHOWN[name])
    made = documents(export, rows)
    for player, value in made.items():
        require_valid(export, player, orjson.dumps(value))
    assert documents(export, data.draw(disordered(rows))) == made


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(data=st.data())
def test_another_player_changes_no_other_player_s_entry(name: str, data: st.DataObject) -> None:
    export = exports()[name]
    rows = data.draw(SHOWN[name])
    fewer = [row for row in rows if getattr(row, "player_lookup", "") != "bob"]
    for player in ("ann", "cem"):
        assert said_of(export, fewer, player) == said_of(export, rows, player)


APPEARING = tuple(name for name, export in exports().items() if export.appears_in)


@pytest.mark.parametrize("name", APPEARING)
@FEW
@given(data=st.data())
def test_who_appears_in_none_of_the_declared_tables_is_not_shown(name: str, data: st.DataObject) -> None:
    """The player stage does not build their nights."""
    export = exports()[name]
    rows = data.draw(SHOWN[name])
    of_the_date = {table.name for table in export.appears_in}
    others = [row for row in rows if table_of(row).name not in of_the_date or row.game_date != TONIGHT]
    function = export.build if export.grain is Grain.PLAYER else export.make_card
    assert function is not None
    census = census_of(rows)
    for player in PLAYERS:
        assert function(night(*others, player=player, scan_counts=census)) is None


@pytest.mark.parametrize("name", APPEARING)
def test_each_declared_table_is_read_and_dated(name: str) -> None:
    export = exports()[name]
    for table in export.appears_in:
        assert "game_date" in {column for read in export.reads if read.table is table for column in read.columns}
        assert table.player is not None


SAYS_NOTHING_OF_PLAYERS = (
    "calendar",
    "daily-signals",
    "performance",
    "season-game-counts",
    "subset-definitions",
    "subset-performance",
    "trends-quick-hits",
    "trends-team",
    "trends-what-matters",
)


@pytest.mark.parametrize("name", NAMES)
def test_every_player_of_the_night_has_a_document(name: str) -> None:
    export = exports()[name]
    said = {player: said_of(export, declared(export, NIGHT), player) for player in PLAYERS}
    assert {player for player, found in said.items() if found} == (
        set() if name in SAYS_NOTHING_OF_PLAYERS else set(PLAYERS)
    )
    assert any(key_paths(value) for value in documents(export, declared(export, NIGHT)).values())
