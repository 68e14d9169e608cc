from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.config import RULES, ExportConfig
from exporters.declaration import Cache, Json
from exporters.league.arithmetic.numbers import rounded_fraction
from exporters.league.players.ratings import Rating, zone_tier
from exporters.league.players.shot_profile import BALANCED, INTERIOR, MID_RANGE, PERIMETER
from exporters.players.player_game_report import NO_ANGLE, PLAYER_GAME_REPORT, defense_angle, pace_angle, trend_angle
from pipeline.execution.in_process import run_in_process
from tests.support.nights import league as league_of
from tests.support.nights import player_document, player_documents, scanned
from tests.support.plans import plan_of
from tests.support.rows import (
    CHAMPION,
    LAST_GAME,
    PLAYER,
    TONIGHT,
    Row,
    accuracy_row,
    context_row,
    defense_row,
    game_log,
    game_row,
    prediction_row,
    registry_row,
    schedule_row,
    shot_zone_row,
)
from tests.support.stores import MemoryStore
from tests.support.warehouses import League
from tests.support.worlds import PROPERTY, any_rows, blemished, disordered

EVE = TONIGHT - timedelta(days=1)


def report(*rows: Row, **options: Any) -> Json:
    """Return the report of a registered player who is expected tonight."""
    return player_document(PLAYER_GAME_REPORT, registry_row(), context_row(), *rows, **options)


def final(**values: Any) -> Row:
    return schedule_row(game_status=3, home_team_score=101, away_team_score=99, **values)


def tonight(**values: Any) -> Row:
    return game_row(**{"game_date": TONIGHT, "opponent_team_abbr": "BOS", **values})


def graded(**values: Any) -> Row:
    return accuracy_row(**{"game_date": TONIGHT, "opponent_team_abbr": "BOS", **values})


class TestDeclaration:
    def test_path(self) -> None:
        assert PLAYER_GAME_REPORT.path_of(TONIGHT, PLAYER) == "players/lebronjames/game-report/2025-01-15.json"

    def test_meetings_are_read_from_the_whole_record_and_the_rest_from_what_it_needs(self) -> None:
        scans = plan_of("player-game-report", first=TONIGHT).scans_by_table
        assert {table.split(".")[1]: scan.first for table, scan in scans.items()} == {
            "nba_players_registry": None,
            "player_aliases": None,
            "player_game_summary": RULES.sources.first_date,
            "nbac_schedule": TONIGHT,
            "player_prop_predictions": TONIGHT,
            "prediction_accuracy": TONIGHT,
            "upcoming_player_game_context": TONIGHT,
            "player_shot_zone_analysis": TONIGHT - timedelta(days=90),
            "team_defense_zone_analysis": TONIGHT - timedelta(days=90),
        }

    @pytest.mark.parametrize(
        ("rows", "settled", "cache"),
        [
            ([schedule_row()], False, Cache.SHORT),
            ([tonight(), final(), prediction_row()], True, Cache.DAY),
            ([tonight(), final()], False, Cache.SHORT),
            ([final()], True, Cache.SHORT),
            ([final(), tonight(points=None, is_dnp=True)], True, Cache.DAY),
        ],
    )
    def test_only_a_report_that_waits_for_nothing_is_kept_for_long(
        self, rows: list[Row], settled: bool, cache: Cache
    ) -> None:
        assert PLAYER_GAME_REPORT.cache_of(report(*rows), settled=settled) is cache


class TestShape:
    KEYS = (
        "player_lookup",
        "player_full_name",
        "game_date",
        "game_id",
        "generated_at",
        "player_profile",
        "opponent_context",
        "moving_averages",
        "prop_line",
        "prediction_angles",
        "recent_games",
        "head_to_head",
        "result",
        "result_reason",
    )

    def test_a_worked_sample_before_the_game(self) -> None:
        made = report(
            schedule_row(),
            prediction_row(),
            *game_log([30, 24, 18], lines=[19.5, 19.5, 20]),
            game_row(game_date="2023-02-01", opponent_team_abbr="BOS", points=15, points_line=19.5, minutes_played=30),
            shot_zone_row(analysis_date=EVE, paint_rate_last_10=52),
            defense_row(analysis_date=EVE, defensive_rating_last_15=110.25, paint_defense_vs_league_avg=2.5),
            defense_row(analysis_date=EVE, team_abbr="CHI", defensive_rating_last_15=105),
        )
        assert tuple(made) == self.KEYS
        assert made == {
            "player_lookup": "lebronjames",
            "player_full_name": "LeBron James",
            "game_date": "2025-01-15",
            "game_id": "20250115_BOS_LAL",
            "generated_at": made["generated_at"],
            "player_profile": {"position": "F", "shot_profile": "interior", "season_ppg": 24.0},
            "opponent_context": {
                "opponent": "BOS",
                "opp_pace": 99.0,
                "opp_def_rating": 110.25,
                "opp_def_rank": 2,
                "opp_paint_defense": "weak",
                "opp_perimeter_defense": "average",
            },
            "moving_averages": {"l5": 24.0, "l10": 24.0, "l20": 24.0, "season": 24.0},
            "prop_line": {"line": 22.5, "recommendation": "OVER", "predicted": 24.5, "confidence": 85.0},
            "prediction_angles": {"supporting": ["Weak paint defense"], "against": []},
            "recent_games": [
                {
                    "date": "2025-01-13",
                    "opponent": "CHI",
                    "points": 30,
                    "line": 19.5,
                    "result": "OVER",
                    "minutes": 34.0,
                },
                {
                    "date": "2025-01-11",
                    "opponent": "CHI",
                    "points": 24,
                    "line": 19.5,
                    "result": "OVER",
                    "minutes": 34.0,
                },
                {
                    "date": "2025-01-09",
                    "opponent": "CHI",
                    "points": 18,
                    "line": 20.0,
                    "result": "UNDER",
                    "minutes": 34.0,
                },
                {
                    "date": "2023-02-01",
                    "opponent": "BOS",
                    "points": 15,
                    "line": 19.5,
                    "result": "UNDER",
                    "minutes": 30.0,
                },
            ],
            "head_to_head": {"games": 1, "avg_points": 15.0, "avg_line": 19.5, "over_rate": 0.0},
            "result": None,
            "result_reason": "scheduled",
        }

    def test_after_the_game_only_the_result_is_new(self) -> None:
        rows = [prediction_row(), *game_log([30, 24, 18]), shot_zone_row(paint_rate_last_10=99), defense_row()]
        before = report(*rows, schedule_row())
        after = report(*rows, final(), tonight(points=25))
        assert after == {
            **before,
            "result": {"actual": 25, "margin": 2.5, "correct": True, "outcome": "WIN"},
            "result_reason": None,
        }

    def test_with_nothing_known_every_key_is_there(self) -> None:
        made = report()
        assert tuple(made) == self.KEYS
        assert made["player_profile"] == {"position": "F", "shot_profile": "balanced", "season_ppg": None}
        assert made["opponent_context"] == {
            "opponent": "BOS",
            "opp_pace": None,
            "opp_def_rating": None,
            "opp_def_rank": None,
            "opp_paint_defense": "average",
            "opp_perimeter_defense": "average",
        }
        assert made["moving_averages"] == dict.fromkeys(("l5", "l10", "l20", "season"))
        assert made["prop_line"] is None
        assert made["prediction_angles"] == {"supporting": [], "against": []}
        assert made["recent_games"] == []
        assert made["head_to_head"] == {"games": 0, "avg_points": None, "avg_line": None, "over_rate": None}

    def test_a_player_without_registration_and_box_score_is_unknown(self) -> None:
        made = player_document(PLAYER_GAME_REPORT, context_row(), game_row(game_date=TONIGHT + timedelta(days=1)))
        assert [key for key in made if key != "error"] == list(self.KEYS)
        assert made["error"] == "Player not found"
        assert (made["player_full_name"], made["game_id"]) == (PLAYER, "20250115_BOS_LAL")
        nothing = ("player_profile", "opponent_context", "moving_averages", "prop_line", "head_to_head", "result")
        assert {made[key] for key in nothing} == {None}
        assert (made["prediction_angles"], made["recent_games"]) == ({"supporting": [], "against": []}, [])
        assert PLAYER_GAME_REPORT.cache_of(made, settled=True) is Cache.MINUTE


class TestUnregistered:
    def test_box_scores_make_up_for_the_registry(self) -> None:
        rows = [context_row(), *game_log([20, 30])]
        registered = player_document(PLAYER_GAME_REPORT, registry_row(), *rows)
        made = player_document(PLAYER_GAME_REPORT, *rows)
        assert made == {**registered, "player_full_name": PLAYER, "player_profile": made["player_profile"]}
        assert made["player_profile"] == {**registered["player_profile"], "position": None}

    def test_the_name_is_that_of_the_box_score(self) -> None:
        made = player_document(PLAYER_GAME_REPORT, context_row(), *game_log([20, 30], player_full_name="Box Score"))
        assert made["player_full_name"] == "Box Score"

    def test_the_box_score_of_the_game_itself_is_enough(self) -> None:
        made = player_document(PLAYER_GAME_REPORT, tonight(player_full_name="First Game"), final())
        assert "error" not in made
        assert made["player_full_name"] == "First Game"


class TestWhoHasAReport:
    def test_players_who_are_expected_or_in_the_box_score(self) -> None:
        known = registry_row()
        assert list(player_documents(PLAYER_GAME_REPORT, known, context_row())) == [PLAYER]
        assert list(player_documents(PLAYER_GAME_REPORT, known, tonight())) == [PLAYER]
        others = [prediction_row(), graded(), *game_log([20])]
        assert player_documents(PLAYER_GAME_REPORT, known, *others) == {}

    def test_the_game_of_a_box_score_alone(self) -> None:
        made = player_document(PLAYER_GAME_REPORT, registry_row(), tonight(game_id="0022400551"), final())
        assert (made["game_id"], made["opponent_context"]["opponent"]) == ("20250115_BOS_LAL", "BOS")


class TestAverages:
    def test_spans_of_the_season_s_played_games(self) -> None:
        points = [10] * 5 + [20] * 5 + [30] * 10 + [40] * 5
        rows = [
            *game_log([*points[:3], None, *points[3:]]),
            tonight(points=99),
            *game_log([90] * 5, newest="2024-09-30"),
        ]
        made = report(*rows, final())
        assert made["moving_averages"] == {"l5": 10.0, "l10": 15.0, "l20": 22.5, "season": 26.0}

    def test_the_season_s_mean_is_one_number(self) -> None:
        made = report(*game_log([20, 21, 21]))
        assert made["player_profile"]["season_ppg"] == made["moving_averages"]["season"] == 20.7

    def test_the_newest_five_played_games_of_any_season(self) -> None:
        rows = [
            *game_log([20, None, 21], lines=[20, 19.5, None]),
            *game_log([1, 2, 3, 4], newest="2022-01-01"),
            game_row(game_date="2021-09-30"),
            tonight(),
        ]
        made = report(*rows)["recent_games"]
        assert [game["points"] for game in made] == [20, 21, 1, 2, 3]
        assert [game["result"] for game in made][:2] == [None, None]

    def test_only_rows_on_record_are_recent(self) -> None:
        assert report(game_row(game_date="2021-09-30"))["recent_games"] == []


class TestHeadToHead:
    def test_played_games_against_the_opponent_before_the_date(self) -> None:
        rows = [
            *game_log([20, None, 25, 30], lines=[20, 20, 20, None], newest="2023-03-01", opponent_team_abbr="BOS"),
            *game_log([1, 2]),
            tonight(points=99),
            game_row(game_date="2021-09-30", opponent_team_abbr="BOS"),
        ]
        assert report(*rows)["head_to_head"] == {"games": 3, "avg_points": 25.0, "avg_line": 20.0, "over_rate": 1.0}

    def test_six_overs_of_eight(self) -> None:
        rows = game_log([25] * 6 + [10] * 2, newest="2024-12-01", opponent_team_abbr="BOS")
        assert report(*rows)["head_to_head"]["over_rate"] == 0.75


class TestOpponent:
    def context(self, *rows: Row) -> Json:
        found: Json = report(*rows)["opponent_context"]
        return found

    def test_thirty_teams_are_ranked_by_their_newest_rating(self) -> None:
        teams = [
            defense_row(
                team_abbr=f"T{i:02d}", analysis_date=EVE - timedelta(days=age), defensive_rating_last_15=100 + i
            )
            for i in range(29)
            for age in range(40)
        ]
        stale = [defense_row(analysis_date=EVE - timedelta(days=age), defensive_rating_last_15=90) for age in (1, 2)]
        newest = defense_row(analysis_date=EVE, defensive_rating_last_15=115.5)
        assert self.context(*teams, *stale, newest)["opp_def_rank"] == 17

    def test_equal_ratings_share_a_rank(self) -> None:
        rows = [
            defense_row(team_abbr=team, analysis_date=EVE, defensive_rating_last_15=rating)
            for team, rating in (("AAA", 105), ("BBB", 110), ("BOS", 110), ("CCC", 111))
        ]
        assert self.context(*rows)["opp_def_rank"] == 2

    def test_rows_without_a_rating_do_not_count(self) -> None:
        placeholder = {"analysis_date": EVE, "defensive_rating_last_15": None, "opponent_pace": 88}
        assert self.context(defense_row(**placeholder))["opp_def_rank"] is None
        older = defense_row(analysis_date="2025-01-10", defensive_rating_last_15=108)
        others = [defense_row(**{**placeholder, "team_abbr": f"T{i}"}) for i in range(5)]
        made = self.context(defense_row(**placeholder), older, *others)
        assert (made["opp_def_rating"], made["opp_def_rank"], made["opp_pace"]) == (108.0, 1, 99.0)

    def test_an_analysis_of_the_date_may_hold_its_games(self) -> None:
        assert self.context(defense_row(analysis_date=TONIGHT))["opp_def_rating"] is None
        assert self.context(defense_row(analysis_date=TONIGHT - timedelta(days=90)))["opp_def_rating"] == 112.0
        assert self.context(defense_row(analysis_date=TONIGHT - timedelta(days=91)))["opp_def_rating"] is None

    def test_the_newest_row_of_a_date_counts(self) -> None:
        rows = [
            defense_row(analysis_date=EVE, defensive_rating_last_15=120, processed_at="2025-01-14T01:00Z"),
            defense_row(analysis_date=EVE, defensive_rating_last_15=107, processed_at="2025-01-14T08:00Z"),
        ]
        assert self.context(*rows)["opp_def_rating"] == 107.0

    @pytest.mark.parametrize(
        ("points", "tier"),
        [
            (None, "average"),
            ("-2.01", "strong"),
            ("-2.00", "strong"),
            ("-1.99", "average"),
            ("0", "average"),
            ("1.99", "average"),
            ("2.00", "weak"),
            ("6.5", "weak"),
        ],
    )
    def test_zone_tiers(self, points: str | None, tier: str) -> None:
        assert zone_tier(None if points is None else Decimal(points)) == tier

    def test_shares_allowed_do_not_make_a_tier(self) -> None:
        row = defense_row(analysis_date=EVE, paint_pct_allowed_last_15=0.6, three_pt_pct_allowed_last_15=0.3)
        made = self.context(row)
        assert (made["opp_paint_defense"], made["opp_perimeter_defense"]) == ("average", "average")

    def test_no_team_no_rating(self) -> None:
        assert dict(league_of(defense_row()).ratings.before(TONIGHT)) == {}


class TestProp:
    def prop(self, *rows: Row, **options: Any) -> Json | None:
        found: Json | None = report(*rows, **options)["prop_line"]
        return found

    def test_before_grading_the_champion_s_standing_forecast(self) -> None:
        rows = [
            prediction_row(prediction_id="a", prediction_version=2, confidence_score=0.9, recommendation="UNDER"),
            prediction_row(prediction_id="b", predicted_points=30),
            prediction_row(prediction_id="c", prediction_version=3, is_active=False),
            prediction_row(prediction_id="d", prediction_version=3, system_id="another"),
        ]
        assert self.prop(*rows) == {"line": 22.5, "recommendation": "UNDER", "predicted": 24.5, "confidence": 90.0}
        other = self.prop(*rows, config=ExportConfig(champion_system_id="another"))
        assert other is not None
        assert other["confidence"] == 85.0

    def test_after_grading_the_graded_one(self) -> None:
        rows = [
            prediction_row(),
            graded(line_value=21.5, graded_at="2025-01-16T12:00Z", predicted_points=23, confidence_score=0.712),
            graded(line_value=20.5, graded_at="2025-01-16T12:00Z", predicted_points=23, confidence_score=0.712),
            graded(line_value=10.5, graded_at="2025-01-16T11:00Z"),
        ]
        assert self.prop(*rows) == {"line": 20.5, "recommendation": "OVER", "predicted": 23.0, "confidence": 71.2}

    def test_a_voided_grade_is_none(self) -> None:
        assert self.prop(graded(is_voided=True)) is None
        kept = self.prop(prediction_row(), graded(is_voided=True))
        assert kept is not None
        assert kept["line"] == 22.5

    def test_a_forecast_without_a_line(self) -> None:
        row = prediction_row(recommendation="NO_LINE", current_points_line=None)
        assert self.prop(row) == {"line": None, "recommendation": "NO_LINE", "predicted": 24.5, "confidence": 85.0}


RATING = Rating(Decimal(110), 5, Decimal(99), "average", "average")


class TestAngles:
    def angles(self, *rows: Row) -> Json:
        found: Json = report(*rows)["prediction_angles"]
        return found

    @pytest.mark.parametrize(
        ("points", "lines", "angle"),
        [
            ([25, 25, 25, 9], 19.5, "Hot streak (3G OVER)"),
            ([9, 9, 9, 9, 25], 19.5, "Cold streak (4G UNDER)"),
            ([25, 25, 9, 25, 25], 19.5, None),
            ([25, 20, 25, 30, 25, 9], [19.5, 20, 19.5, None, 19.5, 19.5], "Hot streak (3G OVER)"),
            ([25, 25], 19.5, None),
            ([25] * 23 + [9], 19.5, "Hot streak (23G OVER)"),  # as long as player-season says
        ],
    )
    def test_streaks_are_consecutive_line_games(self, points: list[int], lines: Any, angle: str | None) -> None:
        made = self.angles(*game_log(points, lines=lines))
        found = [label for labels in made.values() for label in labels if "streak" in label]
        assert found == ([] if angle is None else [angle])

    def test_streaks_end_with_the_season(self) -> None:
        assert self.angles(*game_log([25] * 2, newest="2024-10-03"), *game_log([25] * 9, newest="2024-09-30")) == {
            "supporting": [],
            "against": [],
        }

    @pytest.mark.parametrize(
        ("profile", "zone", "tier", "angle"),
        [
            (PERIMETER, "perimeter", "weak", (True, "Weak perimeter defense")),
            (PERIMETER, "perimeter", "strong", (False, "Strong perimeter defense")),
            (INTERIOR, "paint", "weak", (True, "Weak paint defense")),
            (INTERIOR, "paint", "strong", (False, "Strong paint defense")),
            (PERIMETER, "paint", "weak", NO_ANGLE),
            (INTERIOR, "perimeter", "strong", NO_ANGLE),
            (BALANCED, "paint", "weak", NO_ANGLE),
            (MID_RANGE, "perimeter", "weak", NO_ANGLE),
            (INTERIOR, "paint", "average", NO_ANGLE),
        ],
    )
    def test_defense(self, profile: str, zone: str, tier: str, angle: tuple[bool, str]) -> None:
        assert defense_angle(profile, replace(RATING, **{zone: tier})) == angle
        assert defense_angle(profile, None) == NO_ANGLE

    @pytest.mark.parametrize(
        ("last_5", "season", "angle"),
        [
            ("23", "20", (True, "Trending up (+15% L5)")),
            ("11.5", "10", (True, "Trending up (+15% L5)")),
            ("13.8", "12", (True, "Trending up (+15% L5)")),
            ("9.2", "8", (True, "Trending up (+15% L5)")),
            ("18.4", "16", (True, "Trending up (+15% L5)")),
            ("20.7", "18", (True, "Trending up (+15% L5)")),
            ("22.9", "20", NO_ANGLE),
            ("17", "20", (False, "Trending down (-15% L5)")),
            ("16.9", "20", (False, "Trending down (-16% L5)")),
            ("17.1", "20", NO_ANGLE),
            ("0", "20", NO_ANGLE),
            ("20", "0", NO_ANGLE),
            (None, "20", NO_ANGLE),
            ("20", None, NO_ANGLE),
        ],
    )
    def test_trends_are_compared_exactly(self, last_5: str | None, season: str | None, angle: tuple[bool, str]) -> None:
        means = (None if value is None else Decimal(value) for value in (last_5, season))
        assert trend_angle(*means) == angle

    @given(st.integers(1, 999), st.integers(1, 999))
    def test_a_trend_is_at_least_its_share_of_the_season(self, last_5: int, season: int) -> None:
        """Both means in tenths of a point."""
        share = Fraction(last_5 - season, season)
        is_over, label = trend_angle(Decimal(last_5) / 10, Decimal(season) / 10)
        assert bool(label) == (abs(share) >= Fraction(15, 100))
        if label:
            assert is_over == (share > 0)
            assert f"({rounded_fraction(100 * share, 0):+}% L5)" in label

    @pytest.mark.parametrize(
        ("pace", "angle"),
        [
            (None, NO_ANGLE),
            ("0", NO_ANGLE),
            ("96.0", (False, "Slow-paced opponent")),
            ("96.1", NO_ANGLE),
            ("101.9", NO_ANGLE),
            ("102.0", (True, "Fast-paced opponent")),
        ],
    )
    def test_pace(self, pace: str | None, angle: tuple[bool, str]) -> None:
        assert pace_angle(replace(RATING, pace=None if pace is None else Decimal(pace))) == angle

    FOUR = (
        *game_log([30, 30, 30, 30, 30, 10, 10, 10]),
        shot_zone_row(analysis_date=EVE, paint_rate_last_10=60),
        defense_row(analysis_date=EVE, paint_defense_vs_league_avg=3, opponent_pace=103),
    )
    LABELS = ("Hot streak (5G OVER)", "Weak paint defense", "Trending up (+33% L5)")

    @pytest.mark.parametrize("recommendation", ["OVER", "PASS", "NO_LINE"])
    def test_at_most_three_in_order(self, recommendation: str) -> None:
        made = self.angles(*self.FOUR, prediction_row(recommendation=recommendation))
        assert made == {"supporting": list(self.LABELS), "against": []}
        assert self.angles(*self.FOUR) == made

    def test_for_an_under_the_sides_are_swapped(self) -> None:
        made = self.angles(*self.FOUR, prediction_row(recommendation="UNDER"))
        assert made == {"supporting": [], "against": list(self.LABELS)}


class TestResult:
    def result(self, *rows: Row) -> tuple[Json | None, str | None]:
        made = report(*rows)
        return made["result"], made["result_reason"]

    @pytest.mark.parametrize(
        ("rows", "reason"),
        [
            ([schedule_row(game_status=1)], "scheduled"),
            ([schedule_row(game_status=2)], "in_progress"),
            ([schedule_row(game_status=2), tonight()], "in_progress"),
            ([final()], "no_box_score"),
            ([], "no_box_score"),
            ([final(), tonight(points=None, is_dnp=True, minutes_played=None)], "did_not_play"),
            ([final(), tonight(points=0, is_active=False)], "did_not_play"),
            ([final(), tonight(is_partial_game_data=True)], "partial_box_score"),
            ([final(), tonight(points=None)], "no_box_score"),
            ([final(), graded(is_voided=True, prediction_correct=None)], "did_not_play"),
        ],
    )
    def test_why_there_is_none(self, rows: list[Row], reason: str) -> None:
        assert self.result(*rows) == (None, reason)

    @pytest.mark.parametrize(("points", "correct", "outcome"), [(23, True, "WIN"), (22, False, "LOSS")])
    def test_before_grading_the_box_score_decides(self, points: int, correct: bool, outcome: str) -> None:
        made, reason = self.result(final(), tonight(points=points), prediction_row())
        assert made == {"actual": points, "margin": points - 22.5, "correct": correct, "outcome": outcome}
        assert reason is None

    def test_the_grade_decides_once_there_is_one(self) -> None:
        row = graded(line_value=19.5, actual_points=20, prediction_correct=False)
        made, _ = self.result(final(), tonight(points=20), row, prediction_row())
        assert made == {"actual": 20, "margin": 0.5, "correct": False, "outcome": "LOSS"}

    def test_a_push_a_pass_and_no_line_differ_from_pending(self) -> None:
        for values, outcome in (
            ({"line_value": 20, "prediction_correct": None}, "PUSH"),
            ({"recommendation": "PASS", "prediction_correct": None}, "PASS"),
            ({"recommendation": "NO_LINE", "line_value": None, "prediction_correct": None}, "NO_LINE"),
        ):
            made, _ = self.result(final(), tonight(points=20), graded(**values))
            assert made is not None
            assert (made["correct"], made["outcome"]) == (None, outcome)

    def test_a_game_without_forecast_has_a_result_all_the_same(self) -> None:
        made, _ = self.result(final(), tonight(points=20))
        assert made == {"actual": 20, "margin": None, "correct": None, "outcome": None}

    def test_a_line_of_zero_is_none(self) -> None:
        made, _ = self.result(final(), tonight(points=20), graded(line_value=0))
        assert made is not None
        assert made["margin"] is None

    def test_zero_points_are_points(self) -> None:
        made, _ = self.result(final(), tonight(points=0), prediction_row(recommendation="UNDER"))
        assert made == {"actual": 0, "margin": -22.5, "correct": True, "outcome": "WIN"}

    def test_the_newest_box_score_counts(self) -> None:
        rows = [
            tonight(points=9, processed_at="2025-01-16T01:00Z"),
            tonight(points=31, processed_at="2025-01-16T09:00Z"),
        ]
        made, _ = self.result(final(), *rows)
        assert made is not None
        assert made["actual"] == 31

    def test_the_box_score_overrides_the_grade(self) -> None:
        made, _ = self.result(final(), tonight(points=28), graded(actual_points=27))
        assert made is not None
        assert made["actual"] == 28

    def test_a_grade_supplies_the_points_where_the_box_score_is_missing(self) -> None:
        made, _ = self.result(final(), graded(actual_points=27))
        assert made is not None
        assert (made["actual"], made["correct"]) == (27, True)

    def test_a_game_that_the_schedule_has_lost(self) -> None:
        made, _ = self.result(tonight(points=20))
        assert made is not None
        assert made["actual"] == 20


class TestSeasonBoundary:
    def test_the_calendar_decides(self) -> None:
        rows = [registry_row(), context_row(game_date="2024-10-01"), *game_log([20], newest="2024-09-30")]
        made = player_document(PLAYER_GAME_REPORT, *rows, day="2024-10-01")
        assert made["moving_averages"]["season"] is None
        assert len(made["recent_games"]) == 1


def test_a_range_of_the_league_equals_its_nights(league: League) -> None:
    first = league.today - timedelta(days=2)
    together, alone = MemoryStore(), MemoryStore()
    run_in_process(plan_of("player-game-report", first=first, last=league.today), league.warehouse, together)
    for i in range(3):
        run_in_process(plan_of("player-game-report", first=first + timedelta(days=i)), league.warehouse, alone)
    paths = [shown.path for shown in together.list("players/")]
    assert paths == [shown.path for shown in alone.list("players/")]
    assert len(paths) > 60
    assert [content(together, path) for path in paths] == [content(alone, path) for path in paths]


def content(store: MemoryStore, path: str) -> bytes:
    found = store.read(path)
    assert found is not None, path
    return found[0]


def sample(day: date = TONIGHT) -> list[Row]:
    return [
        registry_row(),
        context_row(),
        final(),
        tonight(),
        graded(),
        prediction_row(),
        *game_log([20, None, 24, 19, 30], lines=[19.5, 20, None, 19, 25], newest=LAST_GAME),
        game_row(game_date="2024-02-01", opponent_team_abbr="BOS"),
        shot_zone_row(analysis_date=EVE),
        defense_row(analysis_date=EVE),
        accuracy_row(system_id="another", game_date=day),
    ]


@settings(PROPERTY, max_examples=40)
@given(data=st.data())
def test_nulls_duplicates_and_disorder_break_nothing(data: st.DataObject) -> None:
    rows = data.draw(blemished(sample()))
    made = player_documents(PLAYER_GAME_REPORT, *rows)
    assert list(made) == [PLAYER]
    assert player_documents(PLAYER_GAME_REPORT, *sorted(rows, key=repr)) == made


@settings(PROPERTY, max_examples=25)
@given(data=st.data())
def test_any_rows_make_the_same_document_in_any_order(data: st.DataObject) -> None:
    rows: Sequence[Row] = data.draw(any_rows(PLAYER_GAME_REPORT))
    made = player_documents(PLAYER_GAME_REPORT, *rows)
    assert player_documents(PLAYER_GAME_REPORT, *data.draw(disordered(rows))) == made
    assert player_documents(PLAYER_GAME_REPORT, *scanned(PLAYER_GAME_REPORT, rows)) == made


def test_no_model_but_the_champion_is_looked_at() -> None:
    another = [prediction_row(system_id="another"), graded(system_id="another")]
    assert report(*another)["prop_line"] is None
    assert CHAMPION != "another"
