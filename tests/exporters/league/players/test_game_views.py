from __future__ import annotations

import pytest

from exporters.config.leagues import NBA
from exporters.league.players.box_scores import BoxScores
from exporters.league.players.game_views import GameViews
from exporters.warehouse.league_rows import GameRow
from tests.support.rows import game_log

GAMES = BoxScores(game_log(list(range(10, 30))), NBA.calendar).rows


class Counter:
    def __init__(self) -> None:
        self.seen: list[int | None] = []

    def points(self, row: GameRow) -> int | None:
        self.seen.append(row.points)
        return row.points


@pytest.mark.parametrize(
    "spans",
    [
        [(15, 20), (14, 19), (0, 3), (10, 10)],
        [(0, 2), (18, 20), (5, 9)],
        [(8, 12), (12, 16), (4, 8), (0, 20)],
        [(20, 20), (0, 0), (7, 8)],
    ],
)
def test_a_span_shows_its_games_newest_first_whatever_was_shown_before(spans: list[tuple[int, int]]) -> None:
    counter = Counter()
    views = GameViews(counter.points, GAMES, spans[0][1])
    for first, end in spans:
        assert views.newest_first(first, end) == [row.points for row in reversed(GAMES[first:end])]
    assert len(set(counter.seen)) == len(counter.seen), "each game is viewed once"


def test_the_caller_s_list_is_its_own() -> None:
    views = GameViews(Counter().points, GAMES, 3)
    views.newest_first(0, 3).clear()
    assert len(views.newest_first(0, 3)) == 3
