from __future__ import annotations

from datetime import date

from exporters.warehouse.tables import CONTEXT, GAMES
from tests.support.nights import history, league
from tests.support.rows import LAST_GAME, TONIGHT, context_row, game_row, registry_row, subset_version_row


def test_rows_of_a_table_by_date() -> None:
    player = history(context_row(), context_row(game_date="2025-01-16"), game_row())
    assert [row.game_date for row in player.on(CONTEXT, TONIGHT)] == [TONIGHT]
    assert list(player.on(CONTEXT, LAST_GAME)) == []
    assert list(player.rows(GAMES)) == [game_row()]


def test_the_registry_entry_is_the_same_all_season_long() -> None:
    player = history(registry_row(season="2023-24", player_name="Old"), registry_row(player_name="New"))
    entry = player.registry(TONIGHT)
    assert entry is not None
    assert entry.player_name == "New"
    assert player.registry(date(2025, 4, 1)) is entry
    assert player.registry(date(2024, 3, 1)) is not entry


def test_only_complete_versions_freeze_a_date() -> None:
    rows = (subset_version_row(), subset_version_row(game_date=LAST_GAME, is_complete=False))
    assert league(*rows).frozen_dates == {TONIGHT}
