from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from exporters.declaration import Cache, Follows, Grain, Json
from exporters.trends.trends_team import TEAM as EXPORT
from tests.support.nights import GENERATED_AT, document, key_paths, scanned
from tests.support.rows import LAST_GAME, TONIGHT, Row, defense_row, schedule_row, team_game_row

YESTERDAY = TONIGHT - timedelta(days=1)


def games(team: str, number: int = 5, *, newest: date = LAST_GAME, every: int = 3, **values: Any) -> list[Row]:
    """Return games of a team, newest first."""
    return [
        team_game_row(team_abbr=team, game_date=newest - timedelta(days=every * n), **values) for n in range(number)
    ]


def made(*rows: Row, **options: Any) -> Json:
    return document(EXPORT, *rows, **options)


def teams(found: Sequence[Json]) -> list[str]:
    return [entry["team"] for entry in found]


def place(team: str, home: int, away: int, number: int = 5, **values: Any) -> list[Row]:
    """Return games at home and as many on the road."""
    newest = values.pop("newest", LAST_GAME)
    return [
        *games(team, number, newest=newest, every=4, home_game=True, points_scored=home, **values),
        *games(team, number, newest=newest - timedelta(days=2), every=4, home_game=False, points_scored=away, **values),
    ]


def tired(team: str, second: int, others: int, number: int = 3) -> list[Row]:
    """Return back-to-backs, each four nights after the one before, and games after more rest."""
    return [
        row
        for n in range(number)
        for row in (
            team_game_row(team_abbr=team, game_date=LAST_GAME - timedelta(days=7 * n), points_scored=second),
            team_game_row(team_abbr=team, game_date=LAST_GAME - timedelta(days=7 * n + 1), points_scored=others),
            team_game_row(team_abbr=team, game_date=LAST_GAME - timedelta(days=7 * n + 4), points_scored=others),
        )
    ]


def analysis(team: str, paint: float | None = 0.58, three: float | None = 0.36, **values: Any) -> Row:
    return defense_row(
        team_abbr=team,
        paint_pct_allowed_last_15=paint,
        three_pt_pct_allowed_last_15=three,
        **{"analysis_date": YESTERDAY, **values},
    )


def test_the_declaration() -> None:
    assert (EXPORT.name, EXPORT.grain, EXPORT.gates) == ("trends-team", Grain.SEASON, frozenset())
    assert EXPORT.path == "trends/team-tendencies/{date}.json"
    assert EXPORT.cache.header == "public, max-age=3600"
    [pointer] = EXPORT.pointers
    assert (pointer.path, pointer.follows, pointer.cache) == (
        "trends/team-tendencies.json",
        Follows.TODAY,
        Cache.HALF_DAY,
    )
    assert str(EXPORT.results_in) == "nba_analytics.team_offense_game_summary"


def test_a_whole_document() -> None:
    """Two teams, so that each list has one."""
    rows = [
        *tired("LAL", 104, 115),
        *place("LAL", 118, 106, newest=date(2024, 12, 20)),
        *tired("BOS", 112, 110),
        *place("BOS", 110, 113, newest=date(2024, 12, 20)),
        analysis("LAL", 0.638, 0.33, opponent_points_per_game=121.4, games_in_sample=14),
        analysis("BOS", 0.524, 0.391, opponent_points_per_game=106.1),
    ]
    fast = [row._replace(pace=row.pace + Decimal("4.5")) for row in rows[:19]]
    rows = [*fast, *rows[19:]]
    assert {row.team_abbr for row in fast} == {"LAL"}
    found = made(*rows)
    assert (found["generated_at"], found["as_of_date"]) == (GENERATED_AT, "2025-01-15")
    assert found["pace"] == {
        "kings": [
            {
                "team": "LAL",
                "pace": 104.0,
                "games": 12,
                "avg_points": 112.0,
                "vs_league": 2.25,
                "insight": "Fast games, more shots for everybody",
            }
        ],
        "grinders": [
            {
                "team": "BOS",
                "pace": 99.5,
                "games": 12,
                "avg_points": 110.8,
                "vs_league": -2.25,
                "insight": "Slow games, fewer shots for everybody",
            }
        ],
        "league_average": 101.75,
    }
    assert found["defense_by_zone"] == {
        "paint": {
            "best": [
                {
                    "team": "BOS",
                    "dfg_pct": 52.4,
                    "opp_ppg": 106.1,
                    "games": 15,
                    "insight": "Hard to score against at the rim",
                }
            ],
            "worst": [
                {"team": "LAL", "dfg_pct": 63.8, "opp_ppg": 121.4, "games": 14, "insight": "Gives up points at the rim"}
            ],
        },
        "perimeter": {
            "best": [
                {
                    "team": "LAL",
                    "dfg_pct": 33.0,
                    "opp_ppg": 121.4,
                    "games": 14,
                    "insight": "Hard to score against from three",
                }
            ],
            "worst": [
                {"team": "BOS", "dfg_pct": 39.1, "opp_ppg": 106.1, "games": 15, "insight": "Gives up points from three"}
            ],
        },
    }
    assert [path for path in key_paths(found) if "[]" not in path] == [
        "generated_at",
        "as_of_date",
        "pace",
        "pace.kings",
        "pace.grinders",
        "pace.league_average",
        "defense_by_zone",
        "defense_by_zone.paint",
        "defense_by_zone.paint.best",
        "defense_by_zone.paint.worst",
        "defense_by_zone.perimeter",
        "defense_by_zone.perimeter.best",
        "defense_by_zone.perimeter.worst",
        "home_away",
        "home_away.home_dominant",
        "home_away.road_warriors",
        "back_to_back",
        "back_to_back.vulnerable",
        "back_to_back.resilient",
    ]


def test_home_and_away() -> None:
    found = made(*place("LAL", 118, 106), *place("BOS", 110, 113))["home_away"]
    assert found == {
        "home_dominant": [
            {
                "team": "LAL",
                "home_ppg": 118.0,
                "away_ppg": 106.0,
                "differential": 12.0,
                "insight": "Scores more at home",
            }
        ],
        "road_warriors": [
            {
                "team": "BOS",
                "home_ppg": 110.0,
                "away_ppg": 113.0,
                "differential": -3.0,
                "insight": "Scores more on the road",
            }
        ],
    }


def test_back_to_backs() -> None:
    found = made(*tired("LAL", 104, 115), *tired("BOS", 112, 110))["back_to_back"]
    assert found == {
        "vulnerable": [
            {
                "team": "LAL",
                "b2b_ppg": 104.0,
                "rested_ppg": 115.0,
                "impact": -11.0,
                "b2b_games": 3,
                "insight": "Scores less on the second night",
            }
        ],
        "resilient": [
            {
                "team": "BOS",
                "b2b_ppg": 112.0,
                "rested_ppg": 110.0,
                "impact": 2.0,
                "b2b_games": 3,
                "insight": "Scores more on the second night",
            }
        ],
    }


def test_e8_9_without_rows_lists_are_empty_and_the_average_is_null() -> None:
    found = made(schedule_row())
    assert found["pace"] == {"kings": [], "grinders": [], "league_average": None}
    assert found["home_away"] == {"home_dominant": [], "road_warriors": []}
    assert EXPORT.is_empty(found)


# The lists


@pytest.mark.parametrize(("number", "listed"), [(1, 0), (2, 1), (3, 1), (9, 4), (10, 5), (30, 5)])
def test_e8_1_a_list_takes_half_of_the_teams_at_most(number: int, listed: int) -> None:
    rows = [row for n in range(number) for row in games(f"T{n:02d}", pace=90 + n / 2)]
    pace = made(*rows)["pace"]
    assert teams(pace["kings"]) == [f"T{n:02d}" for n in range(number - 1, number - 1 - listed, -1)]
    assert teams(pace["grinders"]) == [f"T{n:02d}" for n in range(listed)]


def test_e8_7_equal_teams_are_ordered_by_code_and_none_is_at_both_ends() -> None:
    rows = [row for team in ("DEN", "ATL", "CHI", "BOS") for row in games(team)]
    pace = made(*rows)["pace"]
    assert (teams(pace["kings"]), teams(pace["grinders"])) == (["ATL", "BOS"], ["CHI", "DEN"])


def test_e8_2_the_insight_goes_with_the_sign_whatever_the_list() -> None:
    """Both teams score more at home, and both score less on back-to-backs."""
    found = made(*place("LAL", 118, 106), *place("BOS", 112, 110))["home_away"]
    assert found["road_warriors"][0]["insight"] == "Loses little on the road"
    found = made(*place("LAL", 100, 106), *place("BOS", 110, 110))["home_away"]
    assert found["home_dominant"][0]["insight"] == "Scores as much on the road"
    found = made(*place("LAL", 100, 106), *place("BOS", 109, 110))["home_away"]
    assert found["home_dominant"][0]["insight"] == "Scores more on the road"
    rest = made(*tired("LAL", 104, 115), *tired("BOS", 109, 110))["back_to_back"]
    assert rest["resilient"][0]["insight"] == "Loses little on the second night"
    rest = made(*tired("LAL", 116, 115), *tired("BOS", 119, 110))["back_to_back"]
    assert rest["vulnerable"][0]["insight"] == "Scores more on the second night"


# Windows and rows


@pytest.mark.parametrize(("days", "counts"), [(30, True), (31, False)])
def test_pace_looks_at_30_days(days: int, counts: bool) -> None:
    old = team_game_row(team_abbr="LAL", game_date=TONIGHT - timedelta(days=days), pace=120)
    found = made(*games("LAL"), old, *games("BOS"))["pace"]["kings"][0]
    assert found["games"] == 5 + counts


def test_pace_needs_five_games_of_known_pace() -> None:
    """A team without any is left out, and does not fail the others (contract E8-5)."""
    others = [*games("BOS"), *games("CHI")]
    unknown = [*games("LAL", 9, pace=None), *games("DEN", 4)]
    assert made(*others, *unknown)["pace"] == made(*others)["pace"]
    assert len(made(*others)["pace"]["kings"]) == 1


def test_e8_10_the_league_s_pace_is_the_mean_of_exact_means() -> None:
    """Two teams of 99.125, which are shown as 99.13, and one of 99."""

    def paced(team: str, newest: float) -> list[Row]:
        return [*games(team, 7, pace=99), *games(team, 1, newest=YESTERDAY, pace=newest)]

    found = made(*paced("LAL", 100), *paced("BOS", 100), *paced("CHI", 99))["pace"]
    assert found["league_average"] == 99.08
    assert (found["kings"][0]["pace"], found["kings"][0]["vs_league"]) == (99.13, 0.04)


@pytest.mark.parametrize(
    "values",
    [{"is_partial_game_data": True}, {"processed_at": 0, "points_scored": 10, "pace": 50, "home_game": True}],
)
def test_unfinished_games_and_older_rows_of_a_game_do_not_count(values: dict[str, Any]) -> None:
    rows = [*place("LAL", 118, 106), *place("BOS", 110, 113)]
    if "is_partial_game_data" in values:
        more = [team_game_row(team_abbr="LAL", game_date=LAST_GAME - timedelta(days=1), points_scored=9, **values)]
    else:
        more = [row._replace(**values) for row in rows]
    assert made(*rows, *more)["home_away"] == made(*rows)["home_away"]
    assert made(*rows, *more)["pace"] == made(*rows)["pace"]


def test_games_of_the_date_and_after_it_do_not_count() -> None:
    rows = [*place("LAL", 118, 106), *place("BOS", 110, 113), *tired("CHI", 90, 100), *tired("DEN", 100, 90)]
    late = [
        team_game_row(team_abbr=team, game_date=day, points_scored=1)
        for team in ("LAL", "CHI")
        for day in (TONIGHT, TONIGHT + timedelta(days=1))
    ]
    assert made(*rows, *late, analysis("LAL", analysis_date=TONIGHT)) == made(*rows)


@pytest.mark.parametrize(("number", "listed"), [(5, 1), (4, 0)])
def test_a_place_needs_five_games_there_of_60_days(number: int, listed: int) -> None:
    rows = [*place("LAL", 118, 106, number), *place("BOS", 110, 113)]
    old = place("LAL", 130, 100, 1, newest=TONIGHT - timedelta(days=61))
    assert len(made(*rows, *old)["home_away"]["home_dominant"]) == listed


def test_points_and_places_that_are_unknown_do_not_count() -> None:
    rows = [*place("LAL", 118, 106), *place("BOS", 110, 113)]
    more = [
        team_game_row(team_abbr="LAL", game_date=LAST_GAME - timedelta(days=1), points_scored=None, home_game=True),
        team_game_row(team_abbr="LAL", game_date=LAST_GAME - timedelta(days=3), points_scored=9, home_game=None),
    ]
    assert made(*rows, *more)["home_away"] == made(*rows)["home_away"]


@pytest.mark.parametrize(("number", "listed"), [(3, 1), (2, 0)])
def test_back_to_backs_need_three_games_of_their_kind(number: int, listed: int) -> None:
    rows = [*tired("LAL", 104, 115, number), *tired("BOS", 112, 110)]
    assert len(made(*rows)["back_to_back"]["vulnerable"]) == listed


def test_e8_8_the_night_before_is_known_by_the_schedule() -> None:
    """The team has no row of the game of the night before; the preseason and unplayed games do not count."""
    second = team_game_row(team_abbr="LAL", game_date=LAST_GAME - timedelta(days=30), points_scored=80)
    rows = [*tired("LAL", 104, 115), *tired("BOS", 112, 110), second]

    def games_of(**values: Any) -> int:
        night = schedule_row(game_date=second.game_date - timedelta(days=1), **{"game_status": 3, **values})
        found = made(*rows, night)["back_to_back"]
        return next(int(one["b2b_games"]) for one in found["vulnerable"] if one["team"] == "LAL")

    assert games_of() == 4
    assert games_of(game_status=1) == 3
    assert games_of(game_id="0012400009") == 3
    assert games_of(home_team_tricode="CHI") == 3


def test_the_first_game_of_a_season_has_no_gap() -> None:
    october = date(2024, 10, 1)
    rows = [*tired("LAL", 104, 115), *tired("BOS", 112, 110)]
    opening = [team_game_row(team_abbr="LAL", game_date=october - timedelta(days=n), points_scored=9) for n in (0, 1)]
    assert made(*rows, *opening, day="2024-12-20") == made(*rows, day="2024-12-20")


# Defences


def test_e8_3_the_newest_usable_analysis_before_the_date() -> None:
    other = analysis("BOS", 0.6)

    def shown(*rows: Row) -> list[float]:
        paint = made(*rows, other)["defense_by_zone"]["paint"]
        return [entry["dfg_pct"] for entry in paint["best"] if entry["team"] == "LAL"]

    newer, older = analysis("LAL", 0.5), analysis("LAL", 0.4, analysis_date=YESTERDAY - timedelta(days=1))
    assert shown(newer, older) == [50.0]
    assert shown(newer._replace(early_season_flag=True), older) == [40.0]
    assert shown(newer._replace(early_season_flag=None), older) == [50.0]
    assert shown(analysis("LAL", 0.4, analysis_date=TONIGHT - timedelta(days=30))) == [40.0]
    assert shown(analysis("LAL", 0.4, analysis_date=TONIGHT - timedelta(days=31))) == []
    assert shown(
        newer, newer._replace(processed_at=0, paint_pct_allowed_last_15=newer.paint_pct_allowed_last_15 / 2)
    ) == [50.0]


def test_e8_4_a_team_without_a_percentage_is_left_out_of_that_zone() -> None:
    rows = [analysis("LAL", None, 0.33), analysis("BOS"), analysis("CHI", 0.5)]
    zones = made(*rows)["defense_by_zone"]
    assert teams(zones["paint"]["best"] + zones["paint"]["worst"]) == ["CHI", "BOS"]
    assert teams(zones["perimeter"]["best"]) == ["LAL"]


def test_a_percentage_of_zero_is_one() -> None:
    zones = made(analysis("LAL", 0), analysis("BOS"))["defense_by_zone"]
    assert zones["paint"]["best"][0] == {
        "team": "LAL",
        "dfg_pct": 0.0,
        "opp_ppg": 112.0,
        "games": 15,
        "insight": "Hard to score against at the rim",
    }


def test_the_declared_windows_hold_all_that_is_shown() -> None:
    rows = [
        *tired("LAL", 104, 115, 13),
        *place("LAL", 118, 106, newest=date(2024, 12, 20)),
        *tired("BOS", 112, 110, 13),
        *place("BOS", 110, 113, newest=date(2024, 12, 20)),
        *(schedule_row(game_date=LAST_GAME - timedelta(days=n), game_status=3) for n in range(100)),
        *(analysis(team, analysis_date=TONIGHT - timedelta(days=n)) for n in range(40) for team in ("LAL", "BOS")),
    ]
    assert made(*scanned(EXPORT, rows)) == made(*rows)
