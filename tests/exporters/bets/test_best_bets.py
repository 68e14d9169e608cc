"""``best-bets`` (contract: picks-and-results §2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.bets.best_bets import BEST_BETS, methodology
from exporters.config import BestBetRules, ExportConfig
from exporters.declaration import Cache, Json
from exporters.league.forecasts.readiness import DayCount, ScanCounts, State, SystemCount, verdict
from tests.support.nights import GENERATED_AT, NOT_HALTED, document, scanned
from tests.support.rows import (
    CHAMPION,
    TONIGHT,
    Row,
    accuracy_row,
    context_row,
    factors_row,
    feature_row,
    game_row,
    prediction_row,
    registry_row,
    schedule_row,
)
from tests.support.worlds import PROPERTY, any_rows, blemished, disordered

RULES = BestBetRules()
TOP = ["game_date", "generated_at", "methodology", "total_picks", "tier_summary", "picks", *NOT_HALTED]
FIELDS = [
    "rank",
    "tier",
    "player_lookup",
    "player_full_name",
    "game_id",
    "team",
    "opponent",
    "recommendation",
    "line",
    "predicted",
    "edge",
    "confidence",
    "composite_score",
    "player_historical_accuracy",
    "player_sample_size",
    "fatigue_score",
    "fatigue_level",
    "rationale",
    "result",
    "actual",
    "error",
    "quality_alert_level",
    "feature_quality_score",
    "default_feature_count",
]
OUTCOME = ("result", "actual", "error")


def pick_row(player: str = "ann", *, edge: float = 3, line: float = 10.5, **values: Any) -> Row:
    """Return a forecast that qualifies: an OVER of some edge."""
    given = {"predicted_points": line + edge, "current_points_line": line, "confidence_score": 80}
    return prediction_row(player_lookup=player, prediction_id=f"prediction-{player}", **{**given, **values})


def history(
    correct: int, wrong: int, *, player: str = "ann", side: str = "OVER", newest: date = TONIGHT, **values: Any
) -> list[Row]:
    """Return graded picks of a player on the days before ``newest``."""
    return [
        accuracy_row(
            player_lookup=player,
            game_date=newest - timedelta(days=n + 1),
            recommendation=side,
            prediction_correct=n < correct,
            **values,
        )
        for n in range(correct + wrong)
    ]


def picks(*rows: Row, **options: Any) -> list[Json]:
    """Return the picks of a document."""
    found: list[Json] = document(BEST_BETS, *rows, **options)["picks"]
    return found


def pick(*rows: Row, **options: Any) -> Json:
    """Return the only pick of a document."""
    (found,) = picks(*rows, **options)
    return found


def final(day: date = TONIGHT) -> Row:
    return schedule_row(game_date=day, game_status=3, home_team_score=110, away_team_score=101)


def test_the_worked_pick() -> None:
    rows = [
        context_row(player_lookup="ann"),
        pick_row(recommendation="UNDER", predicted_points=10, current_points_line=15.5, confidence_score=90),
        registry_row(player_lookup="ann", player_name="Ánn A"),
        factors_row(player_lookup="ann", fatigue_score=95),
        *history(4, 1, side="UNDER"),
    ]
    made = document(BEST_BETS, *rows)
    assert list(made) == TOP
    assert {key: made[key] for key in TOP[:4]} == {
        "game_date": "2025-01-15",
        "generated_at": GENERATED_AT,
        "methodology": methodology(RULES),
        "total_picks": 1,
    }
    assert made["tier_summary"] == {"premium": 1, "strong": 0, "value": 0, "standard": 0}
    assert list(made["tier_summary"]) == ["premium", "strong", "value", "standard"]
    (found,) = made["picks"]
    assert list(found) == FIELDS
    assert found == {
        "rank": 1,
        "tier": "premium",
        "player_lookup": "ann",
        "player_full_name": "Ánn A",
        "game_id": "20250115_BOS_LAL",
        "team": "LAL",
        "opponent": "BOS",
        "recommendation": "UNDER",
        "line": 15.5,
        "predicted": 10.0,
        "edge": 5.5,
        "confidence": 90.0,
        "composite_score": 1.08,
        "player_historical_accuracy": 0.8,
        "player_sample_size": 5,
        "fatigue_score": 95.0,
        "fatigue_level": "fresh",
        "rationale": [
            "Premium pick: the widest gap between forecast and line (target 83-88% hit rate)",
            "High confidence (90%)",
            "Strong edge (5.5 points)",
            "Bench player (where the model does best: 89% hit rate)",
            "Strong track record (80% accuracy, 5 games)",
            "Well-rested (fatigue: 95)",
        ],
        "result": "PENDING",
        "actual": None,
        "error": None,
        "quality_alert_level": "green",
        "feature_quality_score": 92.5,
        "default_feature_count": 0,
    }


def test_no_pick_is_a_document_with_zeros() -> None:
    made = document(BEST_BETS, schedule_row(), pick_row(recommendation="PASS"))
    assert made == {
        "game_date": "2025-01-15",
        "generated_at": GENERATED_AT,
        "methodology": methodology(RULES),
        "total_picks": 0,
        "tier_summary": {"premium": 0, "strong": 0, "value": 0, "standard": 0},
        "picks": [],
        **NOT_HALTED,
    }
    assert BEST_BETS.is_empty(made)


class TestSelection:
    """Contract §2.2."""

    @pytest.mark.parametrize(
        "values",
        [
            {"recommendation": "PASS"},
            {"recommendation": "NO_LINE"},
            {"current_points_line": None},
            {"predicted_points": 25, "current_points_line": 20.5},
            {"confidence_score": 88},
            {"confidence_score": 89.99},
            {"confidence_score": Decimal("0.88")},
            {"quality_alert_level": "yellow"},
            {"quality_alert_level": "red"},
            {"is_active": False},
            {"system_id": "another"},
            {"invalidation_reason": "player_inactive"},
            {"prediction_made_before_game": False},
            {"line_source": "ESTIMATED_AVG"},
            {"line_source": None},
            {"current_points_line": 20, "predicted_points": 24},
            {"game_date": TONIGHT - timedelta(days=1)},
        ],
    )
    def test_leaves_out(self, values: dict[str, Any]) -> None:
        assert picks(context_row(player_lookup="ann"), pick_row(**values)) == []

    @pytest.mark.parametrize(
        "values",
        [
            {"recommendation": "UNDER", "predicted_points": 5},
            {"predicted_points": 24.9, "current_points_line": 20.5},
            {"confidence_score": 87.99},
            {"confidence_score": 90},
            {"confidence_score": 1},
            {"edge": 0},
            {"prediction_made_before_game": None},
            {"has_prop_line": False, "line_source": "ACTUAL_PROP"},
            {"has_prop_line": None, "line_source": "ODDS_API"},
            {"line_source": "BETTINGPROS"},
        ],
    )
    def test_is_selected(self, values: dict[str, Any]) -> None:
        assert len(picks(context_row(player_lookup="ann"), pick_row(**values))) == 1

    @pytest.mark.parametrize(("level", "expected"), [(None, 1), ("green", 1), ("yellow", 0)])
    def test_before_the_level_was_recorded_a_forecast_may_lack_it(self, level: str | None, expected: int) -> None:
        """Contract B5."""
        assert len(picks(pick_row(quality_alert_level=level))) == expected

    def test_from_then_on_a_forecast_must_have_it(self) -> None:
        since = RULES.alert_level_since
        rows = [pick_row(game_date=day, quality_alert_level=None) for day in (since - timedelta(days=1), since)]
        assert [len(picks(*rows, day=row.game_date)) for row in rows] == [1, 0]

    def test_a_player_is_picked_once(self) -> None:
        """Contract B2, B3."""
        rows = [
            context_row(player_lookup="ann"),
            context_row(player_lookup="ann", context_version=2),
            pick_row(edge=3),
            pick_row(edge=4, prediction_version=2),
            pick_row(edge=6, model_version="v0"),
            pick_row(edge=2, game_id="0022400551"),
            factors_row(player_lookup="ann", fatigue_score=40, processed_at="2025-01-15T08:00:00Z"),
            factors_row(player_lookup="ann", fatigue_score=96, processed_at="2025-01-15T09:00:00Z"),
            registry_row(player_lookup="ann", team_abbr="BOS"),
            registry_row(player_lookup="ann"),
        ]
        found = pick(*rows)
        assert (found["edge"], found["fatigue_score"]) == (4.0, 96.0)

    def test_the_team_does_not_hang_on_the_form_of_the_game_id(self) -> None:
        """Contract B12."""
        found = pick(
            schedule_row(game_id="0022400551"), context_row(player_lookup="ann"), pick_row(game_id="0022400551")
        )
        assert (found["game_id"], found["team"], found["opponent"]) == ("20250115_BOS_LAL", "LAL", "BOS")

    def test_without_a_context_the_team_is_that_of_the_box_score(self) -> None:
        played = game_row(player_lookup="ann", game_date=TONIGHT, opponent_team_abbr="BOS", at_home=True)
        assert pick(pick_row(), played)["team"] == "LAL"

    def test_without_a_registry_entry_the_id_is_the_name(self) -> None:
        assert pick(pick_row())["player_full_name"] == "ann"


class TestTiers:
    @pytest.mark.parametrize(
        ("edge", "tier"),
        [(0, "value"), (2.9, "value"), (3, "strong"), (4.9, "strong"), (5, "premium"), (9.5, "premium")],
    )
    def test_go_by_edge(self, edge: float, tier: str) -> None:
        found = pick(pick_row(edge=edge))
        assert (found["tier"], found["edge"]) == (tier, edge)

    def test_edge_has_no_sign(self) -> None:
        found = pick(pick_row(recommendation="UNDER", predicted_points=6, current_points_line=10.5))
        assert (found["edge"], found["tier"]) == (4.5, "strong")

    def test_have_limits_and_25_picks_in_all(self) -> None:
        rows = [
            pick_row(f"{tier}{n:02d}", edge=edge, confidence_score=60 + n)
            for tier, edge in (("premium", 6), ("strong", 4), ("value", 1))
            for n in range(14)
        ]
        made = document(BEST_BETS, *rows)
        assert made["tier_summary"] == {"premium": 5, "strong": 10, "value": 10, "standard": 0}
        assert made["total_picks"] == 25
        assert [found["rank"] for found in made["picks"]] == list(range(1, 26))
        names = [found["player_lookup"] for found in made["picks"]]
        assert names[:5] == [f"premium{n}" for n in (13, 12, 11, 10, "09")]
        assert names[5:15] == [f"strong{n:02d}" for n in range(13, 3, -1)]
        assert names[15:] == [f"value{n:02d}" for n in range(13, 3, -1)]

    def test_a_lower_limit_in_all_cuts_the_last_tiers(self) -> None:
        config = replace(ExportConfig(), best_bets=replace(RULES, most=2))
        rows = [pick_row("ann", edge=1), pick_row("bob", edge=3), pick_row("cat", edge=5)]
        assert [found["player_lookup"] for found in picks(*rows, config=config)] == ["cat", "bob"]

    def test_configuration_moves_selection_and_text(self) -> None:
        """Contract B1."""
        gold = replace(RULES.tiers[0], name="gold", min_edge=Decimal(2), most=1, hit_rate="99%")
        rules = replace(RULES, tiers=(gold, RULES.tiers[-1]), points_below=Decimal(30))
        made = document(BEST_BETS, pick_row("ann"), pick_row("bob"), config=replace(ExportConfig(), best_bets=rules))
        assert made["tier_summary"] == {"gold": 1, "value": 0, "standard": 0}
        assert "99%" in made["picks"][0]["rationale"][0]
        assert "gold from 2 points of edge (up to 1)" in made["methodology"]
        assert "below 30 points" in made["methodology"]

    def test_the_methodology_is_the_same_in_every_document(self) -> None:
        assert document(BEST_BETS)["methodology"] == document(BEST_BETS, pick_row())["methodology"]


class TestScore:
    """Contract §2.3."""

    @pytest.mark.parametrize(("edge", "expected"), [(0, 0.68), (1, 0.748), (2.5, 0.85), (5, 1.02), (9, 1.02)])
    def test_the_edge_factor_saturates(self, edge: float, expected: float) -> None:
        assert pick(pick_row(edge=edge))["composite_score"] == expected

    def test_is_rounded_once(self) -> None:
        # 0.9 x 1.1 x 2/3 = 0.66; from two-digit parts it would be 0.663.
        found = pick(pick_row(confidence_score=90, edge=1), *history(6, 3))
        assert (found["composite_score"], found["player_historical_accuracy"]) == (0.66, 0.67)

    def test_takes_the_exact_accuracy_of_the_player(self) -> None:
        # 1 x 1.5 x 1/6 = 0.25; with an accuracy of three digits, 0.167, it would be 0.251.
        found = pick(pick_row(confidence_score=100, edge=5), *history(1, 5))
        assert (found["composite_score"], found["player_historical_accuracy"]) == (0.25, 0.17)

    def test_a_share_means_the_same_as_a_percentage(self) -> None:
        """Contract B16."""
        share, percent = pick(pick_row(confidence_score=0.92)), pick(pick_row(confidence_score=92))
        assert share == percent
        assert (share["confidence"], share["composite_score"]) == (92.0, 1.017)

    def test_orders_the_picks_of_a_tier(self) -> None:
        rows = [pick_row("ann", confidence_score=70), pick_row("bob", confidence_score=72)]
        assert [found["player_lookup"] for found in picks(*rows)] == ["bob", "ann"]

    def test_equal_scores_go_by_edge_confidence_and_player(self) -> None:
        """Contract B6: also decides which picks are kept."""
        rows = [
            pick_row("eve", edge=5, confidence_score=80),
            pick_row("dan", edge=6, confidence_score=80),
            pick_row("cat", edge=6, confidence_score=80),
            pick_row("bob", edge=6, confidence_score=64),
            *history(5, 0, player="bob"),
            *history(4, 1, player="cat"),
            *history(4, 1, player="dan"),
            *history(4, 1, player="eve"),
        ]
        found = picks(*rows)
        assert len({one["composite_score"] for one in found}) == 1
        assert [one["player_lookup"] for one in found] == ["cat", "dan", "bob", "eve"]
        config = replace(
            ExportConfig(), best_bets=replace(RULES, tiers=(replace(RULES.tiers[0], most=2), RULES.tiers[-1]))
        )
        assert [one["player_lookup"] for one in picks(*rows, config=config)] == ["cat", "dan"]


class TestHistory:
    def test_without_any_is_unknown(self) -> None:
        found = pick(pick_row())
        assert (found["player_historical_accuracy"], found["player_sample_size"]) == (None, None)

    def test_is_shown_from_the_first_pick(self) -> None:
        found = pick(pick_row(), *history(0, 1))
        assert (found["player_historical_accuracy"], found["player_sample_size"]) == (0.0, 1)

    def test_is_that_of_the_side(self) -> None:
        """Contract B8."""
        rows = [*history(2, 0), *history(0, 3, side="UNDER", newest=TONIGHT - timedelta(days=10))]
        assert pick(pick_row(), *rows)["player_sample_size"] == 2
        under = pick(pick_row(recommendation="UNDER", predicted_points=8), *rows)
        assert (under["player_sample_size"], under["player_historical_accuracy"]) == (3, 0.0)

    @pytest.mark.parametrize(
        "values",
        [
            {"prediction_correct": None},
            {"is_voided": True},
            {"is_voided": None, "actual_points": 0, "minutes_played": None},
            {"recommendation": "PASS"},
            {"system_id": "another"},
            {"game_date": TONIGHT},
            {"game_date": TONIGHT + timedelta(days=1)},
        ],
    )
    def test_leaves_out(self, values: dict[str, Any]) -> None:
        """Contract B7, and nothing of the night itself."""
        extra = accuracy_row(**{"player_lookup": "ann", "game_date": TONIGHT - timedelta(days=9), **values})
        assert pick(pick_row(), *history(1, 1), extra)["player_sample_size"] == 2

    def test_counts_a_regraded_game_once(self) -> None:
        rows = history(1, 0)
        again = rows[0]._replace(graded_at=rows[0].graded_at + 1, prediction_correct=False, line_value=Decimal(30))
        found = pick(pick_row(), *rows, again)
        assert (found["player_sample_size"], found["player_historical_accuracy"]) == (1, 0.0)

    def test_reaches_back_over_seasons(self) -> None:
        old = history(3, 0, newest=date(2021, 12, 1))
        rows = [pick_row(), *old]
        assert pick(*scanned(BEST_BETS, rows))["player_sample_size"] == 3


class TestOutcome:
    """Contract B4, B9, B10. The pick is OVER 10.5 from a forecast of 13.5."""

    @staticmethod
    def outcome(*rows: Row) -> tuple[Any, ...]:
        found = pick(context_row(player_lookup="ann"), pick_row(), *rows)
        return tuple(found[name] for name in OUTCOME)

    @staticmethod
    def played(points: int | None, **values: Any) -> Row:
        given = {"player_lookup": "ann", "game_date": TONIGHT, "opponent_team_abbr": "BOS", "at_home": True}
        return game_row(points=points, **{**given, **values})

    @staticmethod
    def graded(points: int | None, **values: Any) -> Row:
        given = {"player_lookup": "ann", "game_date": TONIGHT, "line_value": 10.5, "actual_points": points}
        return accuracy_row(**{**given, **values})

    def test_before_the_game(self) -> None:
        assert self.outcome(schedule_row()) == ("PENDING", None, None)

    @pytest.mark.parametrize(("points", "result", "error"), [(14, "WIN", 0.5), (10, "LOSS", 3.5), (0, "LOSS", 13.5)])
    def test_the_box_score_decides(self, points: int, result: str, error: float) -> None:
        assert self.outcome(final(), self.played(points)) == (result, points, error)

    def test_points_on_the_line_push(self) -> None:
        found = pick(pick_row(line=12, edge=3), final(), self.played(12))
        assert (found["result"], found["actual"], found["error"]) == ("PUSH", 12, 3.0)

    def test_a_partial_box_score_is_not_used(self) -> None:
        assert self.outcome(final(), self.played(30, is_partial_game_data=True)) == ("PENDING", None, None)

    def test_a_game_that_is_on_decides_nothing(self) -> None:
        assert self.outcome(schedule_row(game_status=2), self.played(30)) == ("PENDING", None, None)

    @pytest.mark.parametrize(
        "values",
        [{"is_dnp": True, "points": None}, {"points": 0, "minutes_played": None}, {"points": 0, "is_dnp": True}],
    )
    def test_a_pick_of_a_player_who_sat_voids_once_the_game_is_final(self, values: dict[str, Any]) -> None:
        row = self.played(**values)
        assert self.outcome(final(), row) == ("VOID", None, None)
        assert self.outcome(schedule_row(game_status=2), row) == ("PENDING", None, None)

    def test_the_grade_decides(self) -> None:
        assert self.outcome(final(), self.graded(12, prediction_correct=True)) == ("WIN", 12, 1.5)

    @pytest.mark.parametrize("points", [0, None])
    def test_a_voided_grade_voids(self, points: int | None) -> None:
        graded = self.graded(points, is_voided=True, prediction_correct=None, minutes_played=None)
        assert self.outcome(final(), graded) == ("VOID", None, None)

    def test_a_grade_of_another_line_does_not_decide_this_one(self) -> None:
        graded = self.graded(12, line_value=14.5, prediction_correct=False)
        assert self.outcome(final(), graded) == ("WIN", 12, 1.5)

    def test_picks_stay_what_they_were_before_the_game(self) -> None:
        """Contract B4: forecasts select; grades, and feature levels of today, only add outcomes."""
        players = [f"p{n:02d}" for n in range(30)]
        before: list[Row] = [schedule_row()]
        after: list[Row] = []
        for n, player in enumerate(players):
            before += [
                context_row(player_lookup=player),
                pick_row(player, edge=n % 7, confidence_score=60.25 + n),
                factors_row(player_lookup=player, fatigue_score=70 + n),
                *history(n % 6, 3, player=player, newest=TONIGHT - timedelta(days=3)),
            ]
            after += [
                self.played(n, player_lookup=player),
                self.graded(n, player_lookup=player, confidence_score=0.5, predicted_points=1, line_value=99),
                feature_row(player_lookup=player, quality_alert_level="red"),
            ]
        morning = document(BEST_BETS, *before)
        graded = document(BEST_BETS, *before, final(), *after)
        assert {one["result"] for one in morning["picks"]} == {"PENDING"}
        assert {one["result"] for one in graded["picks"]} == {"WIN", "LOSS"}
        strip = [{key: value for key, value in one.items() if key not in OUTCOME} for one in graded["picks"]]
        assert strip == [{key: value for key, value in one.items() if key not in OUTCOME} for one in morning["picks"]]
        assert all(graded[key] == morning[key] for key in TOP if key != "picks")


class TestForecastsGone:
    """Contract B4: the grades select only where the date's forecasts have expired."""

    @staticmethod
    def graded(player: str = "ann", **values: Any) -> Row:
        given = {
            "player_lookup": player,
            "game_date": TONIGHT,
            "opponent_team_abbr": "BOS",
            "predicted_points": 14,
            "line_value": 10.5,
            "confidence_score": 0.925,
            "actual_points": 12,
        }
        return accuracy_row(**{**given, **values})

    def test_the_grade_takes_the_place_of_the_forecast(self) -> None:
        vector = feature_row(
            player_lookup="ann", quality_alert_level="green", feature_quality_score=87.3, default_feature_count=2
        )
        found = pick(final(), self.graded(), vector)
        expected = {
            "game_id": "20250115_BOS_LAL",
            "team": "LAL",
            "tier": "strong",
            "edge": 3.5,
            "confidence": 92.5,
            "result": "WIN",
            "actual": 12,
            "error": 2.0,
            "quality_alert_level": "green",
            "feature_quality_score": 87.3,
            "default_feature_count": 2,
        }
        assert {key: found[key] for key in expected} == expected
        assert "High confidence (93%)" in found["rationale"]

    @pytest.mark.parametrize(
        "values",
        [
            {"predicted_points": None},
            {"line_value": None},
            {"confidence_score": None},
            {"recommendation": None},
            {"recommendation": "PASS"},
            {"line_source": "ESTIMATED_AVG"},
            {"line_source": None},
            {"line_value": 20, "predicted_points": 22},
            {"confidence_score": 0.885},
            {"predicted_points": 25},
            {"system_id": "another"},
        ],
    )
    def test_the_same_rules_apply(self, values: dict[str, Any]) -> None:
        assert picks(final(), self.graded(**values)) == []

    def test_the_level_of_the_feature_vector_counts(self) -> None:
        rows = [final(), self.graded()]
        assert len(picks(*rows)) == 1, "the date is before levels were recorded"
        assert picks(*rows, feature_row(player_lookup="ann", quality_alert_level="yellow")) == []

    def test_any_forecast_of_the_date_rules_it_out(self) -> None:
        assert picks(final(), self.graded(), prediction_row(player_lookup="bob", recommendation="PASS")) == []

    def test_the_gate_opens_for_such_a_date_only(self) -> None:
        def state(champion: int = 0, **counts: int) -> State:
            own = SystemCount("v1", forecasts=champion, picks=champion, players=champion)
            day = DayCount(games=1, active_predictions=champion, **counts)
            scan_counts = ScanCounts(days={TONIGHT: day}, systems={(TONIGHT, CHAMPION): own})
            return verdict(BEST_BETS, TONIGHT, scan_counts, ExportConfig()).state

        assert state(grades=1) is State.READY
        assert state(1, grades=1, context_players=10) is State.WITHHELD
        assert state() is State.WITHHELD
        assert state(2, context_players=10) is State.READY


class TestNullsAndDetails:
    def test_unknown_fatigue_stays_unknown(self) -> None:
        found = pick(pick_row())
        assert (found["fatigue_score"], found["fatigue_level"]) == (None, None)

    @pytest.mark.parametrize(
        ("fatigue", "level"),
        [(100, "fresh"), (95, "fresh"), (94, "normal"), (75, "normal"), (74, "tired"), (0, "tired")],
    )
    def test_fatigue_levels(self, fatigue: int, level: str) -> None:
        found = pick(pick_row(), factors_row(player_lookup="ann", fatigue_score=fatigue))
        assert (found["fatigue_score"], found["fatigue_level"]) == (float(fatigue), level)

    def test_unknown_quality_stays_unknown(self) -> None:
        """Contract B15."""
        found = pick(pick_row(default_feature_count=None, feature_quality_score=None))
        assert (found["default_feature_count"], found["feature_quality_score"]) == (None, None)

    def test_quality_is_rounded_and_finite(self) -> None:
        assert pick(pick_row(feature_quality_score=87.305))["feature_quality_score"] == 87.31
        assert pick(pick_row(feature_quality_score=float("nan")))["feature_quality_score"] is None


class TestPublishing:
    def test_cache_while_picks_wait_and_once_they_are_decided(self) -> None:
        """Contract S7."""
        waiting = document(BEST_BETS, pick_row())
        decided = document(BEST_BETS, pick_row(), final(), TestOutcome.played(20))
        assert BEST_BETS.cache_of(waiting, settled=False) is Cache.SHORT
        assert BEST_BETS.cache_of(waiting, settled=True) is Cache.SHORT
        assert BEST_BETS.cache_of(decided, settled=False) is Cache.SHORT
        assert BEST_BETS.cache_of(decided, settled=True) is Cache.DAY

    def test_a_void_pick_waits_for_nothing(self) -> None:
        made = document(BEST_BETS, pick_row(), TestForecastsGone.graded(is_voided=True))
        assert BEST_BETS.cache_of(made, settled=True) is Cache.DAY

    def test_an_empty_document_may_still_change(self) -> None:
        assert BEST_BETS.cache_of(document(BEST_BETS), settled=True) is Cache.SHORT


WORLD = [
    schedule_row(game_status=3),
    *(context_row(player_lookup=player) for player in ("ann", "bob")),
    pick_row("ann"),
    pick_row("bob", edge=5),
    *history(3, 2),
    *history(3, 2, player="bob"),
    factors_row(player_lookup="ann"),
    registry_row(player_lookup="bob"),
    TestOutcome.played(12),
    TestOutcome.graded(11, player_lookup="bob"),
]


@PROPERTY
@given(disordered(WORLD))
def test_order_and_duplicates_change_nothing(rows: list[Row]) -> None:
    assert document(BEST_BETS, *rows) == document(BEST_BETS, *WORLD)


@PROPERTY
@given(st.one_of(blemished(WORLD), any_rows(BEST_BETS)))
def test_any_rows_make_a_consistent_document(rows: list[Row]) -> None:
    made = document(BEST_BETS, *rows)
    listed = made["picks"]
    assert [one["rank"] for one in listed] == list(range(1, len(listed) + 1))
    assert len({one["player_lookup"] for one in listed}) == len(listed) == made["total_picks"]
    assert sum(made["tier_summary"].values()) == len(listed)
    for one in listed:
        assert list(one) == FIELDS
        assert len(one["rationale"]) >= 2
        assert (one["actual"] is None) == (one["error"] is None) == (one["result"] in ("VOID", "PENDING"))
        assert 0 <= one["composite_score"] <= 1.5 or one["confidence"] < 0 or one["confidence"] > 100


@PROPERTY
@given(any_rows(BEST_BETS))
def test_rows_outside_the_declared_windows_and_filters_change_nothing(rows: list[Row]) -> None:
    assert document(BEST_BETS, *scanned(BEST_BETS, rows)) == document(BEST_BETS, *rows)
