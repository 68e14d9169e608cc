from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.config import RULES, ExportConfig
from exporters.config.leagues import NBA
from exporters.declaration import Cache, Json
from exporters.league.arithmetic.numbers import label_of
from exporters.league.forecasts.heat import Heat, heat, hit_rate
from exporters.league.forecasts.runs import LineRun
from exporters.league.forecasts.track_record import TrackRecord
from exporters.league.players.box_scores import Tally
from exporters.league.players.shot_profile import BALANCED, INTERIOR, MID_RANGE, PERIMETER, shot_profile
from exporters.players.player_season import PLAYER_SEASON, Splits, player_tier, prop_hit_rates
from exporters.warehouse.tables import TABLES
from pipeline.execution.in_process import run_in_process
from tests.support.nights import night, player_document, player_documents, scanned
from tests.support.plans import plan_of
from tests.support.rows import (
    LAST_GAME,
    PLAYER,
    TONIGHT,
    Row,
    accuracy_row,
    by_table,
    context_row,
    game_log,
    game_row,
    gamebook_row,
    registry_row,
    schedule_row,
    shot_zone_row,
    team_game_row,
)
from tests.support.stores import MemoryStore
from tests.support.warehouses import League, MemoryWarehouse
from tests.support.worlds import PROPERTY, any_rows, blemished, disordered
from transforms.publishing.pointers import without_order


def season(*rows: Row, **options: Any) -> Json:
    """Return the season of a registered player who has a game tonight."""
    return player_document(PLAYER_SEASON, registry_row(), context_row(), *rows, **options)


class TestDeclaration:
    def test_path_and_cache(self) -> None:
        assert (
            PLAYER_SEASON.path_of(TONIGHT, PLAYER, calendar=NBA.calendar) == "players/lebronjames/season/2024-25.json"
        )
        assert (
            PLAYER_SEASON.path_of(date(2025, 10, 1), PLAYER, calendar=NBA.calendar)
            == "players/lebronjames/season/2025-26.json"
        )
        assert PLAYER_SEASON.cache_of({}, settled=True) is Cache.HOUR

    def test_everything_is_read_over_the_season(self) -> None:
        scans = plan_of("player-season", first=TONIGHT).scans_by_table
        whole = {"nba_analytics.player_game_summary", "nba_predictions.prediction_accuracy", "nba_raw.nbac_schedule"}
        whole |= {"nba_raw.nbac_gamebook_player_stats", "nba_analytics.team_offense_game_summary"}
        assert {scans[table].first for table in whole} == {date(2024, 10, 1)}
        assert {scan.last for scan in scans.values()} == {TONIGHT, None}


class TestWhoHasADocument:
    def test_players_who_have_a_game_on_the_date(self) -> None:
        registered = registry_row()
        assert list(player_documents(PLAYER_SEASON, registered, context_row())) == [PLAYER]
        assert list(player_documents(PLAYER_SEASON, registered, game_row(game_date=TONIGHT))) == [PLAYER]
        assert player_documents(PLAYER_SEASON, registered, *game_log([20, 30])) == {}

    def test_a_player_without_registration_and_box_score_is_unknown(self) -> None:
        of_the_season_before = game_row(game_date="2024-04-10")
        unknown = player_document(PLAYER_SEASON, context_row(), of_the_season_before)
        known = season()
        assert unknown == {
            "player_lookup": PLAYER,
            "player_full_name": PLAYER,
            "season": "2024-25",
            "generated_at": known["generated_at"],
            "error": "Player not found",
            "player_profile": None,
            "averages": {},
            "current_form": {},
            "key_patterns": [],
            "prop_hit_rates": {},
            "game_log": [],
            "splits": {},
            "monthly": [],
        }
        assert [key for key in unknown if key != "error"] == list(known)
        assert PLAYER_SEASON.cache_of(unknown, settled=True) is Cache.MINUTE

    def test_box_scores_make_up_for_the_registry(self) -> None:
        """The player has the document of a registered one, but for the fields that only the registry has."""
        played = game_log([20, 30])
        registered = player_document(PLAYER_SEASON, context_row(), registry_row(), *played)
        made = player_document(PLAYER_SEASON, context_row(), *played)
        profile = {**registered["player_profile"], "position": None, "team_abbr": None}
        assert made == {**registered, "player_full_name": PLAYER, "player_profile": profile}

    def test_the_name_is_that_of_the_registry_else_of_the_newest_box_score_else_the_id(self) -> None:
        played = game_log([20, 30])
        named = [
            row._replace(player_full_name=name) for row, name in zip(played, ("New Name", "Old Name"), strict=True)
        ]

        def name(*rows: Row) -> str:
            return str(player_document(PLAYER_SEASON, context_row(), *rows)["player_full_name"])

        assert name(*named, registry_row(player_name="Registered")) == "Registered"
        assert name(*named, registry_row(season="2025-26", player_name="Of a later season")) == "New Name"
        assert name(*named) == "New Name"
        assert name(played[0], named[1]) == "Old Name"
        assert name(*played) == PLAYER
        assert name(*played, game_row(game_date="2024-04-10", player_full_name="Last Season")) == PLAYER

    def test_a_player_without_games_has_the_empty_sections(self) -> None:
        made = season()
        nothing = {"games": 0, "ppg": None, "over_rate": None}
        assert made["player_profile"] == {
            "position": "F",
            "team_abbr": "LAL",
            "player_tier": "role_player",
            "shot_profile": None,
        }
        assert made["averages"] == made["current_form"] == made["prop_hit_rates"] == {}
        assert made["key_patterns"] == made["game_log"] == made["monthly"] == []
        assert made["splits"] == dict.fromkeys(("home", "away", "rested", "back_to_back"), nothing)
        assert list(made["splits"]) == ["home", "away", "rested", "back_to_back"]


class TestWorkedSample:
    def test_a_season_of_four_games(self) -> None:
        made = season(
            game_row(game_date="2024-10-30", points=30, points_line=None, at_home=False, opponent_team_abbr="BOS"),
            game_row(game_date="2025-01-10", points=10, points_line=14.5, assists=None, minutes_played=20),
            game_row(game_date="2025-01-11", points=25, points_line=20),
            game_row(game_date="2025-01-13", points=20, points_line=20, fg_makes=10, fg_attempts=16),
            accuracy_row(game_date="2025-01-11", line_value=20, actual_points=25),
            accuracy_row(
                game_date="2025-01-10",
                line_value=14.5,
                actual_points=10,
                recommendation="PASS",
                prediction_correct=None,
            ),
            team_game_row(game_date="2025-01-13", win_flag=True),
            shot_zone_row(analysis_date="2025-01-14", paint_rate_last_10=55),
        )
        assert made["player_profile"] == {
            "position": "F",
            "team_abbr": "LAL",
            "player_tier": "starter",
            "shot_profile": "interior",
        }
        assert made["averages"] == {
            "games": 4,
            "ppg": 21.3,
            "rpg": 7.0,
            "apg": 7.0,
            "spg": 1.0,
            "bpg": 1.0,
            "topg": 3.0,
            "fg_pct": 0.557,
            "three_pct": 0.25,
            "ft_pct": 0.75,
            "minutes": 30.5,
            "three_pct_games": 4,
        }
        # Over 1 of 2, one over in a row, +0.17 points a game: 2.5 + 0.25 + 1.2708.
        assert made["current_form"] == {
            "heat_score": 4.0,
            "temperature": "cool",
            "current_streak": 1,
            "streak_direction": "over",
            "l5_avg": 21.25,
            "l10_avg": 21.25,
            "hit_rate_l10": 0.5,
        }
        assert made["key_patterns"] == []
        assert made["prop_hit_rates"] == {
            "points": {"games": 2, "overs": 1, "unders": 1, "over_rate": 0.5},
            "total_recommendations": 1,
            "correct": 1,
            "win_rate": 1.0,
        }
        assert made["game_log"][0] == {
            "date": "2025-01-13",
            "opponent": "CHI",
            "is_home": True,
            "points": 20,
            "rebounds": 7,
            "assists": 7,
            "minutes": 34.0,
            "line": 20.0,
            "result": None,
            "team_won": True,
            "did_not_play": False,
            "dnp_reason": None,
        }
        assert [game["result"] for game in made["game_log"]] == [None, "OVER", "UNDER", None]
        assert made["splits"] == {
            "home": {"games": 3, "ppg": 18.3, "over_rate": 0.5},
            "away": {"games": 1, "ppg": 30.0, "over_rate": None},
            "rested": {"games": 2, "ppg": 15.0, "over_rate": 0.0},
            "back_to_back": {"games": 1, "ppg": 25.0, "over_rate": 1.0},
        }
        assert made["monthly"] == [
            {"month": "Oct", "games": 1, "ppg": 30.0, "over_rate": None},
            {"month": "Jan", "games": 3, "ppg": 18.3, "over_rate": 0.5},
        ]


class TestProfile:
    @pytest.mark.parametrize(
        ("ppg", "tier"), [("25.0", "elite"), ("24.9", "starter"), ("15.0", "starter"), ("14.9", "role_player")]
    )
    def test_tiers(self, ppg: str, tier: str) -> None:
        tiers = ExportConfig().result_tiers.player
        assert player_tier(Decimal(ppg), tiers) == tier
        assert player_tier(None, tiers) == "role_player"

    @pytest.mark.parametrize(
        ("paint", "three", "mid", "profile"),
        [
            ("0.55", "0.20", "0.15", INTERIOR),
            ("0.20", "0.55", "0.15", PERIMETER),
            ("0.35", "0.30", "0.30", MID_RANGE),
            ("0.452", "0.35", "0.198", BALANCED),
            (None, "0.5", "0.3", PERIMETER),
            ("0.49", "0.49", "0.3", MID_RANGE),
            ("0.5", "0.5", "0.3", INTERIOR),
            (None, None, None, BALANCED),
        ],
    )
    def test_shot_profiles_of_shares(self, paint: str | None, three: str | None, mid: str | None, profile: str) -> None:
        shares = (None if share is None else Decimal(share) for share in (paint, three, mid))
        assert shot_profile(*shares) == profile

    @pytest.mark.parametrize(
        ("values", "profile"),
        [
            ({"paint_rate_last_10": 45.2, "three_pt_rate_last_10": 35, "mid_range_rate_last_10": 19.8}, BALANCED),
            ({"paint_rate_last_10": 50}, INTERIOR),
            ({"paint_rate_last_10": 0.6}, BALANCED),
            ({"paint_rate_last_10": 0, "three_pt_rate_last_10": 0, "mid_range_rate_last_10": 0}, BALANCED),
        ],
    )
    def test_stored_rates_are_percentages(self, values: dict[str, float], profile: str) -> None:
        row = shot_zone_row(analysis_date="2025-01-14", **values)
        assert season(row)["player_profile"]["shot_profile"] == profile

    def test_an_analysis_may_hold_the_games_of_its_date(self) -> None:
        row, old = shot_zone_row(paint_rate_last_10=60), shot_zone_row(analysis_date="2024-10-16")
        assert season(row)["player_profile"]["shot_profile"] is None
        assert season(row, schedule_row(game_status=3))["player_profile"]["shot_profile"] == INTERIOR
        assert season(old)["player_profile"]["shot_profile"] is None

    def test_position_and_team_are_those_of_the_season(self) -> None:
        rows = [
            registry_row(season="2023-24", team_abbr="OLD", position="G"),
            registry_row(season="2025-26", team_abbr="NEW", position="C"),
            registry_row(season="2022-23", team_abbr="OLDER", position="C"),
            context_row(),
        ]
        made = player_document(PLAYER_SEASON, *rows)
        assert (made["player_profile"]["team_abbr"], made["player_profile"]["position"]) == ("OLD", "G")

    def test_a_player_of_later_seasons_only_is_known_but_not_placed(self) -> None:
        made = player_document(PLAYER_SEASON, registry_row(season="2025-26"), context_row())
        assert "error" not in made
        assert (made["player_full_name"], made["player_profile"]["position"]) == (PLAYER, None)


class TestAverages:
    def test_only_games_of_the_season_that_were_played_count(self) -> None:
        rows = [
            *game_log([20, None, 30]),
            game_row(game_date="2024-12-01", points=0, is_active=False),
            game_row(game_date="2024-09-30", points=99),
            game_row(game_date="2025-01-16", points=99),
        ]
        made = season(*rows)
        assert (made["averages"]["games"], made["averages"]["ppg"]) == (2, 25.0)
        assert len(made["game_log"]) == 4
        assert [game["did_not_play"] for game in made["game_log"]] == [False, True, False, True]

    def test_nulls_are_left_out_of_a_mean(self) -> None:
        rows = [
            game_row(game_date="2025-01-13", offensive_rebounds=None),
            game_row(game_date="2025-01-12", offensive_rebounds=4, defensive_rebounds=8, steals=None),
        ]
        averages = season(*rows)["averages"]
        assert (averages["rpg"], averages["spg"]) == (12.0, 1.0)
        assert season(game_row(steals=None))["averages"]["spg"] is None

    def test_percentages_have_three_decimals_and_need_makes_and_attempts(self) -> None:
        rows = [
            game_row(game_date="2025-01-13", fg_makes=97, fg_attempts=200, three_pt_makes=None, three_pt_attempts=None),
            game_row(game_date="2025-01-12", fg_makes=None, fg_attempts=50, ft_makes=0, ft_attempts=0),
            game_row(game_date="2025-01-11", fg_makes=0, fg_attempts=0, ft_makes=0, ft_attempts=0),
        ]
        averages = season(*rows)["averages"]
        assert averages["fg_pct"] == 0.485
        assert averages["three_pct_games"] == 2
        assert season(game_row(ft_makes=0, ft_attempts=0))["averages"]["ft_pct"] is None

    def test_the_game_book_fills_in_missing_minutes(self) -> None:
        rows = [
            game_row(game_date="2025-01-13", minutes_played=None),
            game_row(game_date="2025-01-11", minutes_played=20),
            game_row(game_date="2025-01-09", minutes_played=None),
            game_row(game_date="2025-01-07", points=None, is_dnp=True, minutes_played=None),
            *[gamebook_row(game_date="2025-01-13", minutes_decimal=34.256)] * 2,
            gamebook_row(game_date="2025-01-13", game_id="0022400551", minutes_decimal=40),
            gamebook_row(game_date="2025-01-11", minutes_decimal=1),
            gamebook_row(game_date="2025-01-07", minutes_decimal=1),
        ]
        made = season(*rows)
        assert [game["minutes"] for game in made["game_log"]] == [34.26, 20.0, None, None]
        assert (made["averages"]["minutes"], made["averages"]["games"]) == (27.1, 3)

    def test_tonight_s_game_counts_once_it_is_final(self) -> None:
        rows = [*game_log([20]), game_row(game_date=TONIGHT, opponent_team_abbr="BOS", points=40)]
        graded = accuracy_row(game_date=TONIGHT, opponent_team_abbr="BOS")
        for status, games in ((1, 1), (2, 1), (3, 2)):
            made = season(*rows, graded, schedule_row(game_status=status))
            assert (made["averages"]["games"], len(made["game_log"])) == (games, games)
            assert bool(made["prop_hit_rates"]) is (status == 3)


def lined(*margins: float) -> list[Row]:
    """Return games with a line, newest first: points above or below a line of 20.5."""
    return [
        game_row(game_date=LAST_GAME - timedelta(days=2 * i), points=30, points_line=30 - margin)
        for i, margin in enumerate(margins)
    ]


def run_of(kind: str | None, length: int) -> LineRun:
    return LineRun(kind, lined(*[1.5] * length))


class TestHeat:
    """The reference's vectors, by the corrected rule: against the line, overs only (contract S11)."""

    def test_hot(self) -> None:
        # 8 of 10 over: 4; five in a row: 1.25; mean margin (8 x 6.5 - 2 x 1.0) / 10 = 5: 1.875.
        games = lined(*[6.5] * 8, -1, -1)
        assert heat(games, run_of("OVER", 5)) == Heat(Decimal("7.1"), "warm")

    def test_cold(self) -> None:
        # 2 of 10 over: 1; four unders in a row warm nobody: 0; mean margin -5: 0.625.
        games = lined(*[-6.5] * 8, 1, 1)
        assert heat(games, run_of("UNDER", 4)) == Heat(Decimal("1.6"), "cold")
        assert heat(games, run_of("OVER", 4)).score == Decimal("2.6")

    def test_everything_and_nothing(self) -> None:
        assert heat(lined(*[15.5] * 10), run_of("OVER", 12)) == Heat(Decimal("10.0"), "hot")
        assert heat(lined(*[-15.5] * 10), run_of("UNDER", 12)) == Heat(Decimal("0.0"), "cold")

    def test_pushes_are_games_without_a_verdict(self) -> None:
        assert hit_rate(lined(1, 0, -1, 0)) == Fraction(1, 2)
        assert hit_rate(lined(0, 0, 0)) is None
        assert heat(lined(0, 0, 0), run_of(None, 0)) == Heat(Decimal("3.8"), "cool")

    def test_fewer_than_three_games_with_a_line_have_no_score(self) -> None:
        assert heat(lined(5, 5), run_of("OVER", 2)) == Heat(None, None)
        assert heat(lined(5, 5, 5), run_of("OVER", 3)).score is not None

    @pytest.mark.parametrize(
        ("score", "temperature"),
        [
            ("10.0", "hot"),
            ("8.0", "hot"),
            ("7.9", "warm"),
            ("6.5", "warm"),
            ("6.4", "neutral"),
            ("4.5", "neutral"),
            ("4.4", "cool"),
            ("3.0", "cool"),
            ("2.9", "cold"),
            ("0.0", "cold"),
        ],
    )
    def test_temperatures(self, score: str, temperature: str) -> None:
        assert label_of(Decimal(score), RULES.heat.temperatures) == temperature


class TestForm:
    def form(self, *rows: Row, **options: Any) -> Json:
        found: Json = season(*rows, **options)["current_form"]
        return found

    def test_games_without_a_line_neither_count_nor_break(self) -> None:
        # The reference gives a streak of ten without direction (contract S10).
        made = self.form(*game_log([9, 25, 25, 9, 25, 25], lines=[None, 20, 20, 9, 20, 30]))
        assert (made["current_streak"], made["streak_direction"]) == (3, "over")

    def test_a_streak_has_no_end_but_the_season(self) -> None:
        made = self.form(*game_log([25] * 30), *game_log([25] * 9, newest="2024-09-30"))
        assert (made["current_streak"], made["streak_direction"]) == (30, "over")

    def test_no_line_no_streak(self) -> None:
        made = self.form(*game_log([25] * 4, lines=None))
        assert made == {
            "heat_score": None,
            "temperature": None,
            "current_streak": 0,
            "streak_direction": None,
            "l5_avg": 25.0,
            "l10_avg": 25.0,
            "hit_rate_l10": None,
        }

    def test_ten_newest_games_with_a_line_make_the_hit_rate(self) -> None:
        points = [25] * 2 + [9] * 8 + [25] * 5
        assert self.form(*game_log(points))["hit_rate_l10"] == 0.2
        spaced = [value for pair in zip([25] * 2 + [9] * 8, [50] * 10, strict=True) for value in pair]
        assert self.form(*game_log(spaced, lines=[19.5, None] * 10))["hit_rate_l10"] == 0.2

    def test_recent_means_have_two_decimals_and_skip_games_not_played(self) -> None:
        made = self.form(*game_log([20, None, 21, 23, 20, 20, 90]))
        assert (made["l5_avg"], made["l10_avg"]) == (20.8, 32.33)

    def test_on_the_first_of_october_nothing_is_left_of_the_old_season(self) -> None:
        rows = [registry_row(), context_row(game_date="2024-10-01"), *game_log([25] * 5, newest="2024-09-30")]
        made = player_document(PLAYER_SEASON, *rows, day="2024-10-01")
        assert (made["averages"], made["current_form"], made["game_log"]) == ({}, {}, [])


class TestPatterns:
    def patterns(self, **sides: tuple[int, float]) -> list[Json]:
        """Return the patterns of a player by the games and the mean of each side of his splits."""
        splits = Splits(night(), [])
        for name, (games, mean) in sides.items():
            setattr(splits, name, Tally(games=games, points=round(games * mean)))
        return splits.patterns()

    def test_rested_and_at_home(self) -> None:
        assert self.patterns(home=(10, 28), away=(10, 25.5), well_rested=(10, 28), back_to_back=(10, 24)) == [
            {"pattern": "rest_sensitive", "description": "+4.0 PPG on 2+ days rest", "strength": "strong"},
            {"pattern": "home_performer", "description": "+2.5 PPG at home", "strength": "moderate"},
        ]

    def test_tired_and_away(self) -> None:
        assert self.patterns(home=(10, 22), away=(10, 28), well_rested=(10, 23), back_to_back=(10, 27)) == [
            {"pattern": "b2b_performer", "description": "+4.0 PPG on back-to-backs", "strength": "strong"},
            {"pattern": "road_warrior", "description": "+6.0 PPG on road", "strength": "strong"},
        ]

    def test_thresholds_are_compared_unrounded(self) -> None:
        assert self.patterns(home=(100, 22.49), away=(100, 20)) == []
        assert self.patterns(home=(100, 22.5), away=(100, 20))[0]["strength"] == "moderate"
        (pattern,) = self.patterns(home=(100, 23.99), away=(100, 20))
        assert (pattern["description"], pattern["strength"]) == ("+4.0 PPG at home", "moderate")

    def test_each_side_needs_five_games(self) -> None:
        assert self.patterns(home=(5, 30), away=(4, 10)) == []
        assert self.patterns(home=(4, 30), away=(5, 10)) == []
        assert len(self.patterns(home=(5, 30), away=(5, 10))) == 1

    def test_zero_is_a_mean_like_any_other(self) -> None:
        assert self.patterns(home=(10, 0), away=(10, 6))[0]["pattern"] == "road_warrior"

    def test_two_days_of_rest_are_a_gap_of_three(self) -> None:
        def games(gap: int, points: int, newest: date) -> list[Row]:
            return game_log([points] * 6, newest=newest, every=gap, lines=None)

        after_one, after_two = games(2, 30, date(2024, 12, 20)), games(3, 30, date(2024, 12, 20))
        tired = games(1, 10, date(2024, 11, 20))
        assert season(*after_one, *tired)["key_patterns"] == []
        (pattern,) = season(*after_two, *tired)["key_patterns"]
        assert pattern["pattern"] == "rest_sensitive"
        assert season(*after_one, *tired)["splits"]["rested"]["games"] == 6


class TestPropRates:
    def test_pushes_voids_and_second_grades_do_not_count(self) -> None:
        rows = [
            accuracy_row(game_date="2025-01-13", actual_points=25, line_value=20),
            accuracy_row(game_date="2025-01-13", actual_points=25, line_value=20.5),
            accuracy_row(game_date="2025-01-11", actual_points=20, line_value=20, prediction_correct=None),
            accuracy_row(game_date="2025-01-09", actual_points=0, is_voided=True, prediction_correct=None),
            accuracy_row(game_date="2025-01-07", actual_points=9, line_value=20, prediction_correct=False),
            accuracy_row(game_date="2025-01-05", line_value=None, recommendation="NO_LINE", prediction_correct=None),
        ]
        assert season(*rows)["prop_hit_rates"] == {
            "points": {"games": 2, "overs": 1, "unders": 1, "over_rate": 0.5},
            "total_recommendations": 3,
            "correct": 1,
            "win_rate": 0.5,
        }

    def test_a_season_is_bounded_on_both_sides(self) -> None:
        rows = [accuracy_row(game_date=day) for day in ("2024-09-30", "2024-10-01", "2025-06-20", "2025-10-01")]
        made = season(*rows, context_row(game_date="2025-09-30"), day="2025-09-30")
        assert made["prop_hit_rates"]["points"]["games"] == 2
        assert made["season"] == "2024-25"

    def test_rates_have_three_decimals(self) -> None:
        rows = [accuracy_row(actual_points=25 if i else 9, prediction_correct=bool(i)) for i in range(3)]
        made = prop_hit_rates(TrackRecord(rows))
        assert (made["points"]["over_rate"], made["win_rate"]) == (0.667, 0.667)

    def test_no_pick_no_rate(self) -> None:
        made = prop_hit_rates(TrackRecord([accuracy_row(line_value=None, recommendation="PASS")]))
        assert made == {
            "points": {"games": 0, "overs": 0, "unders": 0, "over_rate": None},
            "total_recommendations": 0,
            "correct": 0,
            "win_rate": None,
        }
        assert prop_hit_rates(TrackRecord([])) == {}


class TestLogAndMonths:
    def test_games_of_one_day_are_ordered_by_id(self) -> None:
        made = season(game_row(opponent_team_abbr="ATL"), game_row(opponent_team_abbr="BKN"))
        assert [game["opponent"] for game in made["game_log"]] == ["BKN", "ATL"]

    def test_an_official_id_is_looked_up(self) -> None:
        row = game_row(game_id="0022400551")
        game = schedule_row(game_date=LAST_GAME, game_id="0022400551", home_team_tricode="CHI", away_team_tricode="LAL")
        assert season(row)["game_log"][0]["is_home"] is None
        assert [leaf["games"] for leaf in season(row)["splits"].values()][:2] == [0, 0]
        made = season(row, game)
        assert made["game_log"][0]["is_home"] is False
        assert made["splits"]["away"]["games"] == 1

    def test_the_stored_flag_of_a_win_is_not_used(self) -> None:
        assert season(game_row(win_flag=False))["game_log"][0]["team_won"] is None
        assert season(game_row(win_flag=False), team_game_row(win_flag=True))["game_log"][0]["team_won"] is True

    def test_months_follow_the_calendar(self) -> None:
        days = ("2025-09-10", "2024-10-30", "2025-01-10", "2024-12-31", "2025-06-01")
        rows = [game_row(game_date=day) for day in days]
        made = season(*rows, context_row(game_date="2025-09-30"), day="2025-09-30")
        assert [month["month"] for month in made["monthly"]] == ["Oct", "Dec", "Jan", "Jun", "Sep"]

    def test_both_octobers_of_a_long_season_stay_apart(self) -> None:
        # A season ends on 30 September, so that only one of them can be in it.
        rows = [game_row(game_date="2024-10-30"), game_row(game_date="2025-10-02")]
        made = season(*rows, context_row(game_date="2025-10-03"), day="2025-10-03")
        assert [month["games"] for month in made["monthly"]] == [1]


class TestRun:
    def test_of_a_range_each_player_and_season_has_the_document_of_his_newest_game(self) -> None:
        days = [date(2024, 9, 29), date(2024, 10, 2), date(2024, 10, 4), date(2024, 10, 6)]
        rows = [
            registry_row(player_lookup="ann", season="2023-24"),
            registry_row(player_lookup="bob", season="2023-24"),
            *(context_row(player_lookup="ann", game_date=day) for day in days[:3]),
            context_row(player_lookup="bob", game_date=days[3]),
            *(schedule_row(game_date=day, game_status=3) for day in days),
            *(game_row(player_lookup="ann", game_date=day, opponent_team_abbr="BOS") for day in days[:3]),
        ]
        tables = {table: by_table(rows).get(table.name, []) for table in TABLES}
        together, alone = MemoryStore(), MemoryStore()
        manifests = run_in_process(
            plan_of("player-season", first=days[0], last=days[-1]), MemoryWarehouse(tables), together
        )
        sections = {day: manifest["exports"]["player-season"] for day, manifest in manifests.items()}
        assert {day: section["written"] for day, section in sections.items() if section["written"]} == {
            "2024-09-29": 1,
            "2024-10-04": 1,
            "2024-10-06": 1,
        }
        assert not any(section["kept"] for section in sections.values())
        for day in days:
            run_in_process(plan_of("player-season", first=day), MemoryWarehouse(tables), alone)
        found = {shown.path: together.read(shown.path) for shown in together.list("players/")}
        assert sorted(found) == [
            "players/ann/season/2023-24.json",
            "players/ann/season/2024-25.json",
            "players/bob/season/2024-25.json",
        ]
        for path, made in found.items():
            by_nights = alone.read(path)
            assert made is not None
            assert by_nights is not None
            assert made[0] == by_nights[0]
            assert without_order(made[1].metadata) == without_order(by_nights[1].metadata)
        newest = found["players/ann/season/2024-25.json"]
        assert newest is not None
        assert newest[1].metadata["game_date"] == "2024-10-04"
        assert orjson.loads(newest[0])["averages"]["games"] == 2

    def test_a_newest_game_that_fails_is_not_replaced_by_an_older_one(self) -> None:
        days = [date(2024, 10, 2), date(2024, 10, 4)]
        rows = [
            registry_row(),
            *(context_row(game_date=day) for day in days),
            game_row(game_date="2024-10-03")._replace(game_id=None),
        ]
        tables = {table: by_table(rows).get(table.name, []) for table in TABLES}
        store = MemoryStore()
        manifests = run_in_process(
            plan_of("player-season", first=days[0], last=days[-1]), MemoryWarehouse(tables), store
        )
        assert manifests["2024-10-04"]["exports"]["player-season"]["failed"] == 1
        assert list(store.list("players/")) == []

    def test_a_range_of_the_league_equals_its_nights_in_order(self, league: League) -> None:
        first = league.today - timedelta(days=4)
        together, alone = MemoryStore(), MemoryStore()
        run_in_process(plan_of("player-season", first=first, last=league.today), league.warehouse, together)
        for i in range(5):
            run_in_process(plan_of("player-season", first=first + timedelta(days=i)), league.warehouse, alone)
        paths = [shown.path for shown in together.list("players/")]
        assert paths == [shown.path for shown in alone.list("players/")]
        assert len(paths) > 40
        assert [content(together, path) for path in paths] == [content(alone, path) for path in paths]


def content(store: MemoryStore, path: str) -> bytes:
    found = store.read(path)
    assert found is not None, path
    return found[0]


def sample() -> list[Row]:
    return [
        registry_row(),
        context_row(),
        schedule_row(),
        schedule_row(game_date=LAST_GAME, game_status=3, home_team_score=99, away_team_score=98),
        *game_log([20, None, 24, 19, 30], lines=[19.5, 20, None, 19, 25]),
        accuracy_row(),
        accuracy_row(game_date="2025-01-09", recommendation="UNDER", line_value=20),
        gamebook_row(),
        team_game_row(),
        shot_zone_row(analysis_date="2025-01-14"),
    ]


@settings(PROPERTY, max_examples=40)
@given(data=st.data())
def test_nulls_duplicates_and_disorder_break_nothing(data: st.DataObject) -> None:
    rows = data.draw(blemished(sample()))
    assert player_documents(PLAYER_SEASON, *rows) == player_documents(PLAYER_SEASON, *sorted(rows, key=repr))


@settings(PROPERTY, max_examples=25)
@given(data=st.data())
def test_any_rows_make_the_same_document_in_any_order(data: st.DataObject) -> None:
    rows: Sequence[Row] = data.draw(any_rows(PLAYER_SEASON))
    made = player_documents(PLAYER_SEASON, *rows)
    assert player_documents(PLAYER_SEASON, *data.draw(disordered(rows))) == made
    assert player_documents(PLAYER_SEASON, *scanned(PLAYER_SEASON, rows)) == made
