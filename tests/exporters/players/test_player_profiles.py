from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.config import RULES, ExportConfig
from exporters.declaration import Cache, Json
from exporters.league.forecasts.track_record import TrackRecord
from exporters.league.nights.night import PlayerNight
from exporters.players.player_profiles import PLAYER_INDEX, PLAYER_PROFILES, interpretation, rest_bucket
from exporters.registry import together
from tests.support.nights import GENERATED_AT, document, key_paths, night, player_document, player_documents, scanned
from tests.support.plans import plan_of
from tests.support.rows import (
    CHAMPION,
    LAST_GAME,
    PLAYER,
    TONIGHT,
    Row,
    accuracy_row,
    context_row,
    game_log,
    game_row,
    news_article_row,
    news_insight_row,
    news_link_row,
    prediction_row,
    registry_row,
    schedule_row,
    team_game_row,
)
from tests.support.worlds import PROPERTY, any_rows, blemished, disordered

LEAF = ["avg", "games", "vs_line_pct"]


def days_back(count: int, newest: date = LAST_GAME) -> list[date]:
    return [newest - timedelta(days=2 * i) for i in range(count)]


def grades(count: int, newest: date = LAST_GAME, **values: Any) -> list[Row]:
    """Return graded games, one every other day, newest first."""
    return [accuracy_row(game_date=day, **values) for day in days_back(count, newest)]


def profile(*rows: Row, **options: Any) -> Json:
    return player_document(PLAYER_PROFILES, *rows, **options)


def summary(*rows: Row, **options: Any) -> Json:
    """Return the summary of a profile that one graded game is enough for."""
    found: Json = profile(*rows, config=ExportConfig(min_profile_games=1), **options)["summary"]
    return found


class TestDeclaration:
    def test_paths_and_caches(self) -> None:
        assert PLAYER_PROFILES.path_of(TONIGHT, PLAYER) == "players/lebronjames.json"
        assert PLAYER_INDEX.path_of(TONIGHT) == "players/index.json"
        for export in (PLAYER_PROFILES, PLAYER_INDEX):
            assert export.cache_of({"total_players": 1}, settled=True) is Cache.HOUR

    def test_the_index_and_the_profiles_are_requested_together(self) -> None:
        assert together(["player-index"]) == together(["player-profiles"]) == {"player-index", "player-profiles"}
        assert together(["streaks"]) == {"streaks"}
        assert plan_of("player-profiles", first=TONIGHT).export_types == ("player-index", "player-profiles")

    def test_the_history_is_bounded_and_columns_are_pruned(self) -> None:
        scans = plan_of("player-profiles", first=TONIGHT).scans_by_table
        for table in ("nba_analytics.player_game_summary", "nba_predictions.prediction_accuracy"):
            assert (scans[table].first, scans[table].last) == (RULES.sources.first_date, TONIGHT)
        assert scans["nba_predictions.prediction_accuracy"].equals == {"system_id": (CHAMPION,)}
        assert scans["nba_analytics.news_player_links"].equals == {"sport": ("nba",)}
        assert scans["nba_analytics.upcoming_player_game_context"].first == TONIGHT
        assert scans["nba_analytics.upcoming_player_game_context"].last == TONIGHT + timedelta(days=14)
        assert "season_year" not in scans["nba_analytics.player_game_summary"].columns
        assert "win_flag" not in scans["nba_analytics.player_game_summary"].columns

    def test_a_range_makes_the_profiles_of_its_last_date(self) -> None:
        plan = plan_of("player-profiles", first=TONIGHT - timedelta(days=30), last=TONIGHT)
        assert [plan.document_dates(export) for export in plan.exports] == [(TONIGHT,)] * 2


class TestShape:
    def test_keys_come_in_the_order_of_the_contract(self) -> None:
        made = profile(
            *grades(5), registry_row(), *game_log([20, 24]), news_link_row(), news_article_row(), context_row()
        )
        assert list(made) == [
            "player_lookup",
            "player_full_name",
            "generated_at",
            "recent_news",
            "summary",
            "interpretation",
            "game_log",
            "splits",
            "our_track_record",
            "next_game",
        ]
        assert list(made["recent_news"][0]) == ["headline", "category", "source", "source_url", "published_at"]
        assert [path for path in key_paths(made) if path.startswith("summary.")] == [
            f"summary.{name}"
            for name in (
                "player_name",
                "team",
                "team_abbr",
                "games_predicted",
                "total_recommendations",
                "correct",
                "mae",
                "win_rate",
                "bias",
                "avg_confidence",
                "within_3_pct",
                "within_5_pct",
                "date_range",
                "date_range.first",
                "date_range.last",
            )
        ]
        assert list(made["game_log"][0]) == [
            "game_date",
            "opponent",
            "home_game",
            "team_result",
            "points",
            "minutes",
            *("fg", "fg_makes", "fg_attempts"),
            *("three", "three_makes", "three_attempts"),
            *("ft", "ft_makes", "ft_attempts"),
            "rebounds",
            "assists",
            "steals",
            "blocks",
            "turnovers",
            "line",
            "over_under",
            "margin",
            "did_not_play",
            "dnp_reason",
        ]
        assert {name: list(made["splits"][name]) for name in ("rest", "location")} == {
            "rest": ["b2b", "one_day", "two_day", "three_plus"],
            "location": ["home", "away"],
        }
        assert list(made["splits"]["rest"]["b2b"]) == LEAF
        assert list(made["splits"]["opponents"][0]) == ["team", *LEAF]
        assert list(made["our_track_record"]) == [
            "total_predictions",
            "overall",
            "over_calls",
            "under_calls",
            "avg_error",
            "bias",
            "within_3_pts",
            "within_5_pts",
        ]
        assert list(made["our_track_record"]["overall"]) == ["wins", "losses", "pct"]
        assert list(made["our_track_record"]["over_calls"]) == ["total", "wins", "losses", "pct"]
        assert list(made["next_game"]) == ["game_date", "game_id", "opponent", "home_game", "has_prediction"]

    def test_the_whole_document_of_a_worked_sample(self) -> None:
        made = profile(
            registry_row(),
            accuracy_row(game_date="2025-01-13", recommendation="OVER", actual_points=20, line_value=19.5),
            accuracy_row(
                game_date="2025-01-11",
                recommendation="UNDER",
                actual_points=21,
                line_value=19.5,
                prediction_correct=False,
                predicted_points=17,
                absolute_error=4,
                signed_error=-4,
                within_3_points=False,
                confidence_score=0.612,
            ),
            game_row(game_date="2025-01-13"),
            game_row(game_date="2025-01-12", opponent_team_abbr="BOS", at_home=False, points=31, points_line=None),
            team_game_row(game_date="2025-01-13"),
            schedule_row(
                game_date="2025-01-12",
                home_team_tricode="BOS",
                away_team_tricode="LAL",
                game_status=3,
                home_team_score=120,
                away_team_score=99,
            ),
            config=ExportConfig(min_profile_games=2),
        )
        assert made["summary"] == {
            "player_name": "LeBron James",
            "team": "LAL",
            "team_abbr": "LAL",
            "games_predicted": 2,
            "total_recommendations": 2,
            "correct": 1,
            "mae": 3.0,
            "win_rate": 0.5,
            "bias": -1.0,
            "avg_confidence": 73.1,
            "within_3_pct": 0.5,
            "within_5_pct": 1.0,
            "date_range": {"first": "2025-01-11", "last": "2025-01-13"},
        }
        assert made["interpretation"] == {
            "bias": "Our predictions are well-calibrated for this player (bias: -1)",
            "sample_size": "Limited sample size (fewer than 5 games)",
        }
        assert made["game_log"][0] == {
            "game_date": "2025-01-13",
            "opponent": "CHI",
            "home_game": True,
            "team_result": "W",
            "points": 20,
            "minutes": 34.0,
            "fg": "8/15",
            "fg_makes": 8,
            "fg_attempts": 15,
            "three": "1/4",
            "three_makes": 1,
            "three_attempts": 4,
            "ft": "3/4",
            "ft_makes": 3,
            "ft_attempts": 4,
            "rebounds": 7,
            "assists": 7,
            "steals": 1,
            "blocks": 1,
            "turnovers": 3,
            "line": 19.5,
            "over_under": "OVER",
            "margin": 0.5,
            "did_not_play": False,
            "dnp_reason": None,
        }
        assert made["game_log"][1]["team_result"] == "L"
        assert made["splits"] == {
            "rest": {
                "b2b": {"avg": 20.0, "games": 1, "vs_line_pct": 1.0},
                "one_day": {"avg": None, "games": 0, "vs_line_pct": None},
                "two_day": {"avg": None, "games": 0, "vs_line_pct": None},
                "three_plus": {"avg": None, "games": 0, "vs_line_pct": None},
            },
            "location": {
                "home": {"avg": 20.0, "games": 1, "vs_line_pct": 1.0},
                "away": {"avg": 31.0, "games": 1, "vs_line_pct": None},
            },
            "opponents": [],
        }
        assert made["our_track_record"] == {
            "total_predictions": 2,
            "overall": {"wins": 1, "losses": 1, "pct": 0.5},
            "over_calls": {"total": 1, "wins": 1, "losses": 0, "pct": 1.0},
            "under_calls": {"total": 1, "wins": 0, "losses": 1, "pct": 0.0},
            "avg_error": 3.0,
            "bias": -1.0,
            "within_3_pts": 0.5,
            "within_5_pts": 1.0,
        }
        assert made["next_game"] is None

    def test_a_player_without_box_scores_has_the_full_structure(self) -> None:
        made = profile(*grades(5))
        nothing = {"avg": None, "games": 0, "vs_line_pct": None}
        assert made["game_log"] == []
        assert made["splits"]["opponents"] == []
        assert [*made["splits"]["rest"].values(), *made["splits"]["location"].values()] == [nothing] * 6
        assert (made["player_full_name"], made["recent_news"], made["next_game"]) == (PLAYER, [], None)

    def test_nothing_is_added_that_the_reference_only_promises(self) -> None:
        assert not {"recent_predictions", "by_recommendation"} & set(profile(*grades(5)))


class TestWhoHasAProfile:
    def test_distinct_dates_with_a_graded_forecast_are_counted(self) -> None:
        twice = [*grades(4), *grades(4, line_value=20.5)]
        assert player_documents(PLAYER_PROFILES, *twice) == {}
        assert list(player_documents(PLAYER_PROFILES, *grades(5))) == [PLAYER]

    def test_the_threshold_is_configured(self) -> None:
        for needed, count in ((1, 1), (8, 8)):
            config = ExportConfig(min_profile_games=needed)
            assert player_documents(PLAYER_PROFILES, *grades(count), config=config)
            assert not player_documents(PLAYER_PROFILES, *grades(count - 1), registry_row(), config=config)

    def test_missed_games_and_other_systems_do_not_count(self) -> None:
        assert not player_documents(PLAYER_PROFILES, *grades(4), *grades(9, newest=date(2024, 12, 1), is_voided=True))
        assert not player_documents(PLAYER_PROFILES, *grades(9, system_id="another"))
        made = player_documents(PLAYER_PROFILES, *grades(9, system_id="x"), config=ExportConfig(champion_system_id="x"))
        assert list(made) == [PLAYER]

    def test_neither_the_future_nor_what_is_off_the_record_counts(self) -> None:
        later = grades(5, newest=TONIGHT + timedelta(days=20))
        assert not player_documents(PLAYER_PROFILES, *grades(4), *later)
        assert not player_documents(PLAYER_PROFILES, *grades(4), accuracy_row(game_date="2021-09-30"))
        assert player_documents(PLAYER_PROFILES, *grades(4), accuracy_row(game_date="2021-10-01"))


class TestRecord:
    def test_of_several_grades_of_a_date_the_newest_counts_then_the_lowest_line(self) -> None:
        regraded = [
            accuracy_row(graded_at="2025-01-14T12:00Z", prediction_correct=False, absolute_error=9, line_value=30),
            accuracy_row(graded_at="2025-01-15T12:00Z", absolute_error=2, line_value=21.5, prediction_correct=False),
            accuracy_row(graded_at="2025-01-15T12:00Z", absolute_error=1, line_value=20.5),
        ]
        made = summary(*regraded)
        assert (made["games_predicted"], made["mae"], made["win_rate"]) == (1, 1.0, 1.0)

    def test_a_push_is_neither_won_nor_lost(self) -> None:
        made = profile(*grades(4), accuracy_row(game_date="2024-12-01", line_value=20, prediction_correct=None))
        assert made["our_track_record"]["overall"] == {"wins": 4, "losses": 0, "pct": 1.0}
        assert made["our_track_record"]["over_calls"]["total"] == 5
        assert made["summary"]["win_rate"] == 1.0

    def test_only_picks_can_be_correct(self) -> None:
        passed = grades(3, newest=date(2024, 12, 1), recommendation="PASS", prediction_correct=True)
        made = summary(*passed, *grades(1))
        assert (made["total_recommendations"], made["correct"], made["games_predicted"]) == (1, 1, 4)

    def test_a_rate_over_nothing_is_unknown(self) -> None:
        made = summary(*grades(2, recommendation="PASS", prediction_correct=None))
        assert (made["win_rate"], made["total_recommendations"], made["correct"]) == (None, 0, 0)

    def test_means_are_rounded_once_from_the_exact_ratio(self) -> None:
        rows = grades(8)
        thirds = [row._replace(absolute_error=Decimal(i % 3), within_5_points=i < 1) for i, row in enumerate(rows)]
        made = summary(*thirds)
        assert (made["mae"], made["within_5_pct"]) == (0.88, 0.13)

    def test_errors_that_are_unknown_are_left_out(self) -> None:
        nothing = {"absolute_error": None, "signed_error": None, "confidence_score": None, "within_3_points": None}
        made = summary(*grades(2, **nothing))
        assert [made[name] for name in ("mae", "bias", "avg_confidence", "within_3_pct")] == [None, None, None, 0.0]

    def test_confidence_is_published_on_0_to_100(self) -> None:
        assert summary(accuracy_row(confidence_score=0.765))["avg_confidence"] == 76.5

    def test_the_team_is_that_of_the_newest_graded_game_then_the_registered_one(self) -> None:
        traded = [
            accuracy_row(game_date="2025-01-05", team_abbr="ATL"),
            accuracy_row(game_date="2024-12-01", team_abbr="UTA"),
            accuracy_row(game_date="2025-01-09", team_abbr=None),
        ]
        assert summary(*traded, registry_row(team_abbr="LAL"))["team"] == "ATL"
        assert summary(accuracy_row(team_abbr=None), registry_row(team_abbr="MEM"))["team_abbr"] == "MEM"
        assert summary(accuracy_row(team_abbr=None))["team"] is None

    def test_the_registered_team_is_the_most_recently_active_then_the_one_with_most_games(self) -> None:
        teams = [
            registry_row(team_abbr="AAA", last_gamebook_activity_date=None, last_roster_activity_date=None),
            registry_row(team_abbr="BBB", games_played=3),
            registry_row(team_abbr="CCC", games_played=9),
            registry_row(team_abbr="DDD", season="2025-26", games_played=0),
        ]
        for rows in (teams, teams[::-1]):
            assert summary(accuracy_row(team_abbr=None), *rows)["team"] == "CCC"


class TestInterpretation:
    @pytest.mark.parametrize(
        ("tenths", "text"),
        [
            ([-30] * 9 + [-31], "We significantly under-predict this player (bias: -3.01)"),
            ([-30], "We slightly under-predict this player (bias: -3)"),
            ([-12], "We slightly under-predict this player (bias: -1.2)"),
            ([-10] * 9 + [-11], "We slightly under-predict this player (bias: -1.01)"),
            ([-10], "Our predictions are well-calibrated for this player (bias: -1)"),
            ([0], "Our predictions are well-calibrated for this player (bias: 0)"),
            ([10], "Our predictions are well-calibrated for this player (bias: 1)"),
            ([10] * 9 + [11], "We slightly over-predict this player (bias: 1.01)"),
            ([20], "We slightly over-predict this player (bias: 2)"),
            ([30], "We slightly over-predict this player (bias: 3)"),
            ([30] * 9 + [31], "We significantly over-predict this player (bias: 3.01)"),
        ],
    )
    def test_bias(self, tenths: Sequence[int], text: str) -> None:
        rows = [accuracy_row(signed_error=Decimal(value) / 10) for value in tenths]
        assert interpretation(TrackRecord(rows))["bias"] == text

    @pytest.mark.parametrize(
        ("wins", "losses", "text"),
        [
            (17, 3, "Excellent track record (85% win rate)"),
            (84, 16, "Good track record (84% win rate)"),
            (7, 3, "Good track record (70% win rate)"),
            (5, 3, "Average track record (63% win rate)"),
            # 0.545 is published as 0.55, and so it is classed (contract P10).
            (109, 91, "Average track record (55% win rate)"),
            (54, 46, "Below average track record (54% win rate)"),
            (0, 5, "Below average track record (0% win rate)"),
        ],
    )
    def test_accuracy(self, wins: int, losses: int, text: str) -> None:
        rows = [accuracy_row(prediction_correct=i < wins) for i in range(wins + losses)]
        assert interpretation(TrackRecord(rows))["accuracy"] == text

    def test_accuracy_needs_five_picks_and_a_decided_one(self) -> None:
        assert "accuracy" not in interpretation(TrackRecord(grades(4)))
        assert "accuracy" in interpretation(TrackRecord(grades(5)))
        pushed = grades(5, prediction_correct=None, line_value=20)
        assert list(interpretation(TrackRecord(pushed))) == ["bias", "sample_size"]

    @pytest.mark.parametrize(
        ("games", "text"),
        [
            (4, "Limited sample size (fewer than 5 games)"),
            (5, "Moderate sample size"),
            (14, "Moderate sample size"),
            (15, "Large sample size"),
        ],
    )
    def test_sample_size(self, games: int, text: str) -> None:
        assert interpretation(TrackRecord(grades(games, signed_error=None)))["sample_size"] == text


class TestGameLog:
    def log(self, *rows: Row, **options: Any) -> list[Json]:
        found: list[Json] = profile(*grades(5), *rows, **options)["game_log"]
        return found

    def test_the_newest_fifty_games_newest_first(self) -> None:
        made = self.log(*game_log(range(60)))
        assert [game["points"] for game in made] == list(range(50))

    def test_games_of_one_day_are_ordered_by_id(self) -> None:
        made = self.log(game_row(opponent_team_abbr="ATL"), game_row(opponent_team_abbr="BKN"))
        assert [game["opponent"] for game in made] == ["BKN", "ATL"]

    def test_a_game_that_was_not_played_is_marked_and_shows_no_numbers(self) -> None:
        (game,) = self.log(game_row(points=0, is_dnp=True, is_active=False, dnp_reason="DNP - Coach's Decision"))
        assert (game["did_not_play"], game["dnp_reason"]) == (True, "DNP - Coach's Decision")
        shown = {name for name, value in game.items() if value is not None}
        assert shown == {"game_date", "opponent", "home_game", "line", "did_not_play", "dnp_reason"}

    def test_a_push_is_neither_over_nor_under(self) -> None:
        (game,) = self.log(game_row(points=20, points_line=20, over_under_result="OVER"))
        assert (game["over_under"], game["margin"]) == (None, 0.0)

    def test_shots_need_makes_and_attempts(self) -> None:
        (game,) = self.log(
            game_row(fg_makes=None, fg_attempts=5, three_pt_makes=0, three_pt_attempts=0, ft_attempts=None)
        )
        assert (game["fg"], game["fg_attempts"]) == (None, 5)
        assert (game["three"], game["three_makes"], game["three_attempts"]) == (None, 0, 0)
        assert (game["ft"], game["ft_makes"]) == (None, 3)

    def test_rebounds_need_both_kinds(self) -> None:
        assert self.log(game_row(defensive_rebounds=None))[0]["rebounds"] is None

    def test_the_newest_row_of_a_game_counts(self) -> None:
        rows = [game_row(points=9, processed_at="2025-01-14T00:00Z"), game_row(processed_at="2025-01-14T09:00Z")]
        assert [game["points"] for game in self.log(*rows)] == [20]

    @pytest.mark.parametrize(
        ("rows", "result"),
        [
            ([], None),
            ([team_game_row(win_flag=True)], "W"),
            ([team_game_row(win_flag=False)], "L"),
            ([team_game_row(win_flag=None)], None),
            ([team_game_row(team_abbr="CHI", win_flag=False)], None),
        ],
    )
    def test_the_winner_comes_from_the_team_s_own_record(self, rows: list[Row], result: str | None) -> None:
        assert self.log(game_row(win_flag=False), *rows)[0]["team_result"] == result

    @pytest.mark.parametrize(
        ("values", "result"),
        [
            ({"game_status": 3, "home_team_score": 110, "away_team_score": 100}, "W"),
            ({"game_status": 3, "home_team_score": 100, "away_team_score": 110}, "L"),
            ({"game_status": 2, "home_team_score": 110, "away_team_score": 100}, None),
            ({"game_status": 3, "home_team_score": None, "away_team_score": 100}, None),
        ],
    )
    def test_else_the_score_does(self, values: dict[str, Any], result: str | None) -> None:
        game = schedule_row(game_date=LAST_GAME, away_team_tricode="CHI", **values)
        assert self.log(game_row(), team_game_row(win_flag=None), game)[0]["team_result"] == result

    def test_the_schedule_resolves_an_official_id(self) -> None:
        official = game_row(game_id="0022400551", at_home=True)
        assert self.log(official)[0]["home_game"] is None
        for teams, at_home in ((("CHI", "LAL"), True), (("LAL", "CHI"), False), (("CHI", "UTA"), None)):
            away, home = teams
            game = schedule_row(
                game_date=LAST_GAME, game_id="0022400551", away_team_tricode=away, home_team_tricode=home
            )
            assert self.log(official, game)[0]["home_game"] is at_home

    def test_tonight_s_game_counts_once_it_is_final(self) -> None:
        played = game_row(game_date=TONIGHT, opponent_team_abbr="BOS", points=40)
        for status, shown in ((3, [40]), (2, []), (1, [])):
            assert [game["points"] for game in self.log(played, schedule_row(game_status=status))] == shown
        assert self.log(played) == []


class TestSplits:
    def splits(self, *rows: Row) -> Json:
        found: Json = profile(*grades(5), *rows)["splits"]
        return found

    @pytest.mark.parametrize(
        ("gap", "bucket"),
        [(None, None), (0, None), (1, "b2b"), (2, "one_day"), (3, "two_day"), (4, "three_plus"), (90, "three_plus")],
    )
    def test_rest_buckets(self, gap: int | None, bucket: str | None) -> None:
        assert rest_bucket(gap) == bucket

    def test_gaps_count_played_games_of_one_season(self) -> None:
        rows = [
            game_row(game_date="2025-01-10", points=10),
            game_row(game_date="2025-01-11", points=0, is_dnp=True),
            game_row(game_date="2025-01-12", points=20),
            game_row(game_date="2024-04-14", points=30),
        ]
        rest = self.splits(*rows)["rest"]
        assert {bucket: leaf["games"] for bucket, leaf in rest.items()} == {
            "b2b": 0,
            "one_day": 1,
            "two_day": 0,
            "three_plus": 0,
        }

    def test_all_seasons_on_record_count_and_no_others(self) -> None:
        rows = [game_row(game_date=day) for day in ("2021-09-30", "2021-10-01", "2023-01-01", "2025-01-13")]
        assert self.splits(*rows)["location"]["home"]["games"] == 3

    def test_games_at_an_unknown_place_are_in_neither_split(self) -> None:
        rows = [game_row(), game_row(game_date="2025-01-11", game_id="0022400551")]
        assert [leaf["games"] for leaf in self.splits(*rows)["location"].values()] == [1, 0]

    def test_pushes_do_not_count_against_the_line(self) -> None:
        rows = game_log([20, 21, 18, 30], lines=[20, 20, 20, None])
        assert self.splits(*rows)["location"]["home"] == {"avg": 22.3, "games": 4, "vs_line_pct": 0.5}

    def test_opponents_need_two_games_and_are_ordered(self) -> None:
        def against(team: str, *points: int) -> list[Row]:
            return [
                game_row(
                    game_date=LAST_GAME - timedelta(days=10 * i + ord(team[0]) % 7),
                    points=scored,
                    opponent_team_abbr=team,
                )
                for i, scored in enumerate(points)
            ]

        rows = [
            *against("UTA", 10, 20),
            *against("ATL", 10, 20),
            *against("MEM", 18, 20),
            *against("BKN", 1, 2, 3),
            *against("ORL", 50),
        ]
        made = self.splits(*rows)["opponents"]
        assert [(leaf["team"], leaf["games"]) for leaf in made] == [("BKN", 3), ("MEM", 2), ("ATL", 2), ("UTA", 2)]


class TestNews:
    def news(self, *rows: Row, **options: Any) -> list[Json]:
        found: list[Json] = profile(*grades(5), *rows, **options)["recent_news"]
        return found

    def test_a_story(self) -> None:
        insight = news_insight_row(headline="LeBron rests", category="injury")
        assert self.news(news_link_row(), news_article_row(), insight) == [
            {
                "headline": "LeBron rests",
                "category": "injury",
                "source": "ESPN",
                "source_url": "https://example.com/article-1",
                "published_at": "2025-01-14T12:00:00+00:00",
            }
        ]

    def test_without_an_insight_the_title_and_a_default_category(self) -> None:
        (story,) = self.news(news_link_row(), news_article_row(title="Short"))
        assert (story["headline"], story["category"]) == ("Short", "other")
        (story,) = self.news(news_link_row(), news_article_row(title="Short"), news_insight_row(headline=""))
        assert (story["headline"], story["category"]) == ("Short", "other")

    @pytest.mark.parametrize(
        ("title", "headline"),
        [
            ("x" * 50, "x" * 50),
            ("x" * 51, "x" * 47 + "..."),
            ("a" * 30 + " " + "b" * 30, "a" * 30 + " " + "b" * 16 + "..."),
            ("a" * 31 + " " + "b" * 30, "a" * 31 + "..."),
            (
                "LeBron James is listed as questionable for tonight's game",
                "LeBron James is listed as questionable for...",
            ),
        ],
    )
    def test_long_titles_are_cut_between_words(self, title: str, headline: str) -> None:
        assert self.news(news_link_row(), news_article_row(title=title))[0]["headline"] == headline

    @pytest.mark.parametrize(
        ("source", "shown"),
        [
            ("espn_mlb", "ESPN"),
            ("cbs_nba", "CBS Sports"),
            ("rotowire_nba", "RotoWire"),
            ("yahoo_mlb", "Yahoo Sports"),
            ("courtside_wire", "courtside_wire"),
        ],
    )
    def test_sources_have_display_names(self, source: str, shown: str) -> None:
        assert self.news(news_link_row(), news_article_row(source=source))[0]["source"] == shown

    def test_the_newest_insight_of_an_article_counts_and_an_article_shows_once(self) -> None:
        rows = [
            news_link_row(),
            news_link_row(),
            news_article_row(),
            news_article_row(),
            news_insight_row(category="new", extracted_at="2025-01-14T13:00Z"),
            news_insight_row(category="old", extracted_at="2025-01-14T12:00Z"),
            news_insight_row(category="unknown", extracted_at=None),
        ]
        assert [story["category"] for story in self.news(*rows)] == ["new"]

    def test_namesakes_of_other_sports_are_left_out(self) -> None:
        assert self.news(news_link_row(sport="mlb"), news_article_row()) == []
        assert self.news(news_link_row(sport=None), news_article_row()) == []

    def test_five_newest_first_then_by_article(self) -> None:
        times = {"d": 9, "b": 12, "a": 12, "c": 11, "e": 8, "f": 7}
        rows = [
            row
            for name, hour in times.items()
            for row in (
                news_link_row(article_id=name),
                news_article_row(article_id=name, title=name, published_at=f"2025-01-14T{hour:02d}:00Z"),
            )
        ]
        assert [story["headline"] for story in self.news(*rows)] == ["a", "b", "c", "d", "e"]

    @pytest.mark.parametrize(
        ("published", "shown"),
        [
            ("2025-01-16T04:59:00Z", True),
            ("2025-01-16T05:00:00Z", False),
            ("2024-01-16T05:00:00Z", True),
            ("2024-01-15T04:00:00Z", False),
        ],
    )
    def test_what_was_known_on_the_date_by_new_york_s_calendar(self, published: str, shown: bool) -> None:
        assert bool(self.news(news_link_row(), news_article_row(published_at=published))) is shown


class TestNextGame:
    def next_game(self, *rows: Row) -> Json | None:
        found: Json | None = profile(*grades(5), *rows)["next_game"]
        return found

    def test_tonight(self) -> None:
        assert self.next_game(context_row(), schedule_row(), prediction_row()) == {
            "game_date": "2025-01-15",
            "game_id": "20250115_BOS_LAL",
            "opponent": "BOS",
            "home_game": True,
            "has_prediction": True,
        }

    def test_the_game_id_is_canonical_and_the_place_is_looked_up(self) -> None:
        game = schedule_row(game_id="0022400551", home_team_tricode="BOS", away_team_tricode="LAL")
        made = self.next_game(context_row(game_id="0022400551", home_game=None), game)
        assert made is not None
        assert (made["game_id"], made["home_game"]) == ("20250115_LAL_BOS", False)

    def test_a_game_that_is_over_is_not_the_next(self) -> None:
        over = [context_row(), schedule_row(game_status=3)]
        assert self.next_game(*over) is None
        made = self.next_game(*over, context_row(game_date="2025-01-17", opponent_team_abbr="MIA"))
        assert made is not None
        assert (made["game_date"], made["opponent"]) == ("2025-01-17", "MIA")

    def test_one_that_is_on_still_is(self) -> None:
        made = self.next_game(context_row(), context_row(game_date="2025-01-17"), schedule_row(game_status=2))
        assert made is not None
        assert made["game_date"] == "2025-01-15"

    def test_neither_the_past_nor_the_far_future(self) -> None:
        assert self.next_game(context_row(game_date="2025-01-14"), context_row(game_date="2025-01-30")) is None
        assert self.next_game(context_row(game_date="2025-01-29")) is not None

    @pytest.mark.parametrize(
        "values",
        [
            {"is_active": False},
            {"system_id": "another"},
            {"invalidation_reason": "traded"},
            {"game_date": "2025-01-16"},
        ],
    )
    def test_a_prediction_that_does_not_stand_is_none(self, values: dict[str, Any]) -> None:
        made = self.next_game(context_row(), schedule_row(), prediction_row(**values))
        assert made is not None
        assert made["has_prediction"] is False


def sample() -> list[Row]:
    return [
        *grades(6),
        accuracy_row(game_date="2024-11-02", recommendation="UNDER", line_value=20, prediction_correct=None),
        registry_row(),
        *game_log([20, None, 24, 19], lines=[19.5, 20, None, 19]),
        team_game_row(),
        schedule_row(),
        context_row(),
        prediction_row(),
        news_link_row(),
        news_article_row(),
        news_insight_row(),
    ]


def made_of_rows(rows: Sequence[Row]) -> Any:
    return player_documents(PLAYER_PROFILES, *rows), document(PLAYER_INDEX, *rows)


@PROPERTY
@given(data=st.data())
def test_nulls_duplicates_and_disorder_break_nothing(data: st.DataObject) -> None:
    rows = data.draw(blemished(sample()))
    assert made_of_rows(rows) == made_of_rows(sorted(rows, key=repr))


@settings(PROPERTY, max_examples=25)
@given(data=st.data())
def test_any_rows_make_the_same_document_in_any_order(data: st.DataObject) -> None:
    config = ExportConfig(min_profile_games=1)
    rows = data.draw(any_rows(PLAYER_PROFILES))
    made = player_documents(PLAYER_PROFILES, *rows, config=config)
    assert player_documents(PLAYER_PROFILES, *data.draw(disordered(rows)), config=config) == made
    assert player_documents(PLAYER_PROFILES, *scanned(PLAYER_PROFILES, rows), config=config) == made


def test_the_same_rows_make_the_same_document_at_any_time() -> None:
    one, two = profile(*sample()), profile(*sample(), generated_at="2025-02-01T00:00:00+00:00")
    assert one["generated_at"] == GENERATED_AT
    assert {**one, "generated_at": ""} == {**two, "generated_at": ""}


def test_cards_and_documents_share_every_figure() -> None:
    subject: PlayerNight = night(*sample())
    assert PLAYER_PROFILES.build is not None
    assert PLAYER_INDEX.make_card is not None
    made, entry = PLAYER_PROFILES.build(subject), PLAYER_INDEX.make_card(subject)
    assert made is not None
    assert entry["mae"] == made["our_track_record"]["avg_error"] == made["summary"]["mae"]
