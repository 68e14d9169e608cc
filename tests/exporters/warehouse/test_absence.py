from __future__ import annotations

from exporters.warehouse.absence import Absence, absences
from exporters.warehouse.tables import GAMES, NEWS_LINKS, TABLES


def test_an_absence_has_the_meaning_of_its_declaration() -> None:
    found = absences({NEWS_LINKS.name: ("",), GAMES.name: ("processed_at", "is_partial_game_data")})
    assert found == [
        Absence(NEWS_LINKS.name, None, "no player has news"),
        Absence(GAMES.name, "is_partial_game_data", "every box score counts as whole"),
        Absence(GAMES.name, "processed_at", GAMES.columns["processed_at"].absent or ""),
    ]
    assert [str(absence) for absence in found[:2]] == [
        "nba_analytics.news_player_links: no player has news",
        "nba_analytics.player_game_summary.is_partial_game_data: every box score counts as whole",
    ]


def test_every_optional_table_and_column_has_a_meaning_of_its_absence() -> None:
    optional = {
        table.name: [
            *([""] if table.absent is not None else []),
            *(name for name, column in table.columns.items() if column.absent is not None),
        ]
        for table in TABLES
    }
    found = absences(optional)
    assert len(found) == sum(map(len, optional.values())) > 20
    assert all(absence.meaning for absence in found)
    assert absences({}) == []
