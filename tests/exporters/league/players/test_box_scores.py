from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.config.calendar import LeagueCalendar
from exporters.config.leagues import NBA
from exporters.league.games.schedule import Schedule
from exporters.league.players.box_lines import made_of
from exporters.league.players.box_scores import BoxScores, Tally, outcome, played_at_home, was_played
from tests.support.rows import LAST_GAME, TONIGHT, Row, game_log, game_row, schedule_row
from tests.support.worlds import PROPERTY, disordered


def points(row: Row) -> int | None:
    return row.points


@pytest.mark.parametrize(
    ("scored", "line", "result"),
    [(23, 22.5, "OVER"), (22, 22.5, "UNDER"), (22, 22, None), (None, 22.5, None), (22, None, None), (0, 0.5, "UNDER")],
)
def test_b2_d20_the_outcome_is_recomputed_and_a_push_is_none(
    scored: int | None, line: float | None, result: str | None
) -> None:
    assert outcome(game_row(points=scored, points_line=line, over_under_result="OVER")) == result


@pytest.mark.parametrize(
    ("flags", "played"),
    [
        ({}, True),
        ({"is_dnp": None, "is_active": None}, True),
        ({"is_dnp": True}, False),
        ({"is_active": False, "is_dnp": None}, False),
        ({"points": None}, False),
        ({"points": 0}, True),
    ],
)
def test_b1_d9_played_is_not_dnp_active_and_with_points(flags: dict[str, Any], played: bool) -> None:
    assert was_played(game_row(**flags)) is played
    if not played:
        assert outcome(game_row(**flags)) is None


@pytest.mark.parametrize(
    ("game_id", "team", "at_home"),
    [
        ("20250113_CHI_LAL", "LAL", True),
        ("20250113_LAL_CHI", "LAL", False),
        ("20250113_CHI_BOS", "LAL", None),
        ("0022400001", "LAL", None),
        ("20250113_CHI_LAL", "", None),
    ],
)
def test_home_is_read_from_the_game_id_and_null_otherwise(game_id: str, team: str, at_home: bool | None) -> None:
    assert played_at_home(game_row(game_id=game_id, team_abbr=team)) is at_home


def test_home_of_an_official_id_is_looked_up_in_the_schedule() -> None:
    schedule = Schedule([schedule_row(game_date=LAST_GAME, away_team_tricode="CHI", game_id="0022400001")])
    row = game_row(game_id="0022400001")
    assert played_at_home(row) is None
    assert played_at_home(row, schedule) is True
    assert played_at_home(row._replace(team_abbr="CHI"), schedule) is False
    assert played_at_home(row._replace(game_id="unknown", team_abbr="DEN"), schedule) is None


@pytest.mark.parametrize(
    ("makes", "attempts", "text"), [(8, 15, "8/15"), (0, 5, "0/5"), (None, 5, None), (3, None, None), (0, 0, None)]
)
def test_b2_d9_shots_are_null_unless_both_sides_are_known(makes: int | None, attempts: int | None, text: str) -> None:
    assert made_of(makes, attempts) == text


def test_b1_d11_one_row_per_game_the_newest() -> None:
    rows = [
        game_row(points=10, processed_at="2025-01-14T06:00:00Z"),
        game_row(points=12, processed_at="2025-01-14T08:00:00Z"),
        game_row(points=99, processed_at=None),
    ]
    for order in (rows, rows[::-1]):
        assert BoxScores(order, NBA.calendar).last(10, TONIGHT, points) == [12]


def test_no_games() -> None:
    scores = BoxScores([], NBA.calendar)
    assert scores.last(10, TONIGHT, points) == []
    assert scores.on(TONIGHT) is None
    assert scores.season_span(TONIGHT) == (0, 0)
    assert scores.averages((0, 0)) == (None, None)
    assert scores.tally("home", TONIGHT) == Tally()


def test_tonights_own_game_is_not_among_those_before_it() -> None:
    scores = BoxScores([game_row(), game_row(game_date=TONIGHT, points=50)], NBA.calendar)
    assert scores.last(10, TONIGHT, points) == [20]
    assert scores.season_span(TONIGHT) == (0, 1)
    tonight = scores.on(TONIGHT)
    assert tonight is not None
    assert tonight.points == 50


def test_newest_first_with_did_not_play_rows() -> None:
    scores = BoxScores(game_log([None, 10, 20, None, 30]), NBA.calendar)
    assert scores.last(4, TONIGHT, points) == [None, 10, 20, None]
    assert scores.averages(scores.recent_span(2, TONIGHT)).ppg == Decimal("15.0")
    assert scores.averages(scores.season_span(TONIGHT)).ppg == Decimal("20.0")


def test_two_games_of_one_date_are_ordered_by_id() -> None:
    rows = [game_row(game_id="20250113_CHI_LAL", points=1), game_row(game_id="20250113_DEN_LAL", points=2)]
    assert BoxScores(rows[::-1], NBA.calendar).last(10, TONIGHT, points) == [2, 1]
    newest = BoxScores(rows, NBA.calendar).on(LAST_GAME)
    assert newest is not None
    assert newest.points == 2


@pytest.mark.parametrize(
    ("scored", "average"), [((20, 20, 20, 21), "20.3"), ((20,) * 7 + (21,) * 13, "20.7"), ((20, 21), "20.5")]
)
def test_averages_are_rounded_once_ties_away_from_zero(scored: tuple[int, ...], average: str) -> None:
    scores = BoxScores(game_log(scored), NBA.calendar)
    assert str(scores.averages(scores.season_span(TONIGHT)).ppg) == average


def test_games_without_minutes_do_not_count_in_their_average() -> None:
    rows = [game_row(minutes_played=30.5), *game_log([8], newest="2025-01-11", minutes_played=None)]
    scores = BoxScores(rows, NBA.calendar)
    assert str(scores.averages(scores.season_span(TONIGHT)).mpg) == "30.5"
    assert str(scores.averages(scores.season_span(TONIGHT)).ppg) == "14.0"
    assert BoxScores(rows[1:], NBA.calendar).averages((0, 1)).mpg is None


def test_a_season_is_its_own_and_recent_games_cross_into_the_one_before_it_only() -> None:
    scores = BoxScores(
        [
            game_row(game_date="2024-10-22", points=30),
            game_row(game_date="2024-04-14", points=10),
            game_row(game_date="2023-10-01", points=11),
            game_row(game_date="2023-04-09", points=50),
        ],
        NBA.calendar,
    )
    assert str(scores.averages(scores.season_span(TONIGHT)).ppg) == "30.0"
    assert str(scores.averages(scores.recent_span(5, TONIGHT)).ppg) == "17.0"
    assert scores.last(10, TONIGHT, points) == [30, 10, 11]
    assert scores.last(10, date(2024, 4, 15), points) == [10, 11, 50]


def test_a_row_is_viewed_once_per_view() -> None:
    seen: list[date] = []

    def view(row: Row) -> date:
        seen.append(row.game_date)
        return row.game_date

    scores = BoxScores(game_log([1, 2, 3]), NBA.calendar)
    for day in (TONIGHT - timedelta(days=3), TONIGHT, TONIGHT):
        scores.last(10, day, view)
    assert sorted(seen) == sorted({row.game_date for row in scores.rows})
    assert scores.last(1, TONIGHT, points) == [1]


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("home", Tally(games=3, points=68, overs=1, decided=2)),
        ("away", Tally(games=2, points=40, overs=1, decided=2)),
        ("back_to_back", Tally(games=1, points=10, overs=0, decided=1)),
        ("normal", Tally(games=4, points=98, overs=2, decided=3)),
        ("rested", Tally(games=2, points=54, overs=1, decided=1)),
        ("vs:BOS", Tally(games=2, points=54, overs=1, decided=1)),
        ("vs:DEN", Tally()),
        ("unheard of", Tally()),
    ],
)
def test_splits_of_the_season(split: str, expected: Tally) -> None:
    rows = [
        game_row(game_date="2025-01-02", points=14, points_line=14.5),
        game_row(game_date="2025-01-03", points=10, points_line=14.5, at_home=False),
        game_row(game_date="2025-01-05", points=None, is_dnp=True),
        game_row(game_date="2025-01-06", points=30, points_line=14.5, opponent_team_abbr="BOS"),  # three days
        game_row(game_date="2025-01-08", points=30, points_line=14.5, at_home=False),
        game_row(game_date="2025-01-12", points=24, points_line=24, opponent_team_abbr="BOS"),  # a push, four days
        game_row(game_date="2024-04-01", points=99, points_line=1, opponent_team_abbr="DEN"),
        game_row(game_date=TONIGHT, points=99, points_line=1),
    ]
    assert BoxScores(rows, NBA.calendar).tally(split, TONIGHT) == expected


def test_b2_d6_rest_is_counted_from_the_last_game_that_was_played() -> None:
    rows = [
        game_row(game_date="2025-01-06"),
        game_row(game_date="2025-01-07", points=None, is_dnp=True),
        game_row(game_date="2025-01-08"),
    ]
    scores = BoxScores(rows, NBA.calendar)
    assert scores.tally("back_to_back", TONIGHT).games == 0
    assert scores.tally("rested", TONIGHT).games == 0
    assert scores.tally("normal", TONIGHT).games == 2


def test_rest_starts_anew_each_season() -> None:
    scores = BoxScores([game_row(game_date="2024-09-30"), game_row(game_date="2024-10-01")], NBA.calendar)
    assert scores.tally("back_to_back", TONIGHT).games == 0
    assert scores.tally("normal", TONIGHT).games == 1


def test_seasons_are_those_of_the_league() -> None:
    days = ("2023-04-30", "2023-05-01", "2024-04-30", "2024-05-01", "2024-10-01", "2024-10-02")
    scores = BoxScores([game_row(game_date=day) for day in days], LeagueCalendar(season_months=(5, 10)))
    assert scores.season_span(TONIGHT) == (3, 6)
    assert scores.recent_span(10, TONIGHT) == (1, 6), "this season and the one before"
    assert scores.tally("back_to_back", TONIGHT).games == 1, "not the first game of a season"


def test_a_tally_over_nothing_has_no_averages() -> None:
    assert Tally().ppg is Tally().over_rate is None
    assert str(Tally(games=3, points=67, overs=2, decided=3).ppg) == "22.3"
    assert str(Tally(games=3, points=67, overs=2, decided=3).over_rate) == "0.667"


GAMES = st.lists(
    st.builds(
        lambda back, scored, line, minutes, dnp, active, home, opponent: game_row(
            game_date=TONIGHT - timedelta(days=back),
            points=scored,
            points_line=line,
            minutes_played=minutes,
            is_dnp=dnp,
            is_active=active,
            at_home=home,
            opponent_team_abbr=opponent,
        ),
        st.integers(-3, 20) | st.integers(100, 480),
        st.none() | st.integers(0, 30),
        st.none() | st.sampled_from([10, 10.5, 20]),
        st.none() | st.sampled_from([0, 12.5, 36]),
        st.none() | st.booleans(),
        st.none() | st.booleans(),
        st.booleans(),
        st.sampled_from(["BOS", "CHI"]),
    ),
    max_size=25,
    unique_by=lambda row: row.game_date,
)
DAYS = st.integers(-500, 3).map(lambda days: TONIGHT + timedelta(days=days))


class Oracle:
    """Answers by looking at the rows before one date, one by one."""

    def __init__(self, rows: list[Row], day: date) -> None:
        year = day.year - (day.month < 10)
        before = sorted((row for row in rows if row.game_date < day), key=lambda row: row.game_date, reverse=True)
        self.newest = [row for row in before if row.game_date >= date(year - 1, 10, 1)]
        self.played = [row for row in self.newest if was_played(row)]
        self.season = [row for row in self.played if row.game_date >= date(year, 10, 1)]

    @staticmethod
    def mean(values: list[Any]) -> Decimal | None:
        known = [Fraction(value) for value in values if value is not None]
        if not known:
            return None
        tenth = sum(known) / len(known) * 10
        return Decimal(int(Decimal(tenth.numerator * 2 + tenth.denominator) // Decimal(tenth.denominator * 2))) / 10

    def split(self, name: str) -> list[Row]:
        found = []
        for i, row in enumerate(self.season):
            earlier = self.season[i + 1 : i + 2]
            gap = (row.game_date - earlier[0].game_date).days if earlier else None
            at_home = row.game_id.endswith(f"_{row.team_abbr}")
            member = {
                "home": at_home,
                "away": not at_home,
                "back_to_back": gap == 1,
                "normal": gap != 1,
                "rested": gap is not None and gap >= 3,
                "vs:BOS": row.opponent_team_abbr == "BOS",
            }
            if member[name]:
                found.append(row)
        return found


@PROPERTY
@given(rows=GAMES, days=st.lists(DAYS, min_size=1, max_size=4), data=st.data())
def test_every_window_equals_that_of_the_rows_before_the_date(
    rows: list[Row], days: list[date], data: st.DataObject
) -> None:
    swept = BoxScores(data.draw(disordered(rows)), NBA.calendar)
    for day in days:
        oracle = Oracle(rows, day)
        alone = BoxScores([row for row in rows if row.game_date < day], NBA.calendar)
        for scores in (swept, alone):
            assert scores.last(10, day, points) == [row.points for row in oracle.newest[:10]]
            for count in (5, 10):
                recent = scores.recent_span(count, day)
                assert scores.averages(recent).ppg == oracle.mean([row.points for row in oracle.played[:count]])
                assert scores.averages(recent).mpg == oracle.mean([row.minutes_played for row in oracle.played[:count]])
            first, end = scores.season_span(day)
            assert end - first == len(oracle.season)
            assert scores.averages((first, end)).ppg == oracle.mean([row.points for row in oracle.season])
            assert scores.averages((first, end)).mpg == oracle.mean([row.minutes_played for row in oracle.season])
            for name in ("home", "away", "back_to_back", "normal", "rested", "vs:BOS"):
                games = oracle.split(name)
                results = [outcome(row) for row in games]
                assert scores.tally(name, day) == Tally(
                    games=len(games),
                    points=sum(row.points for row in games),
                    overs=results.count("OVER"),
                    decided=len(results) - results.count(None),
                )


def test_the_oracle_rounds_ties_away_from_zero() -> None:
    assert Oracle.mean([20, 20, 20, 21]) == Decimal("20.25").quantize(Decimal("0.1"), ROUND_HALF_UP)
