"""``results`` (contract: picks-and-results §3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.bets.results import RESULTS
from exporters.declaration import Cache, Json
from tests.support.nights import GENERATED_AT, document, scanned
from tests.support.rows import TONIGHT, Row, accuracy_row, context_row, feature_row, game_row, schedule_row
from tests.support.worlds import PROPERTY, any_rows, blemished, disordered

TOP = ["game_date", "generated_at", "summary", "breakdowns", "results", "highlights"]
SUMMARY = [
    "total_predictions",
    "recommendations",
    "correct",
    "incorrect",
    "pass_count",
    "win_rate",
    "avg_mae",
    "avg_bias",
    "within_3_points",
    "within_3_pct",
    "within_5_points",
    "within_5_pct",
    "pushes",
    "no_line",
    "voided",
    "pending",
]
SPLITS = {
    "by_player_tier": ["elite", "starter", "role_player"],
    "by_confidence": ["high", "medium", "low"],
    "by_recommendation": ["over", "under"],
    "by_context": ["home", "away", "back_to_back", "rested"],
}
LEAF = ["total", "wins", "losses", "pushes", "win_rate", "avg_error"]
ENTRY = [
    "player_lookup",
    "game_id",
    "team",
    "opponent",
    "predicted",
    "actual",
    "line",
    "recommendation",
    "result",
    "error",
    "bias",
    "confidence",
    "minutes",
    "confidence_tier",
    "player_tier",
    "is_home",
    "is_back_to_back",
    "days_rest",
]
NO_VERDICT: dict[str, Any] = {"prediction_correct": None}
PUSHED = {**NO_VERDICT, "line_value": 20, "actual_points": 20}
PASSED = {**NO_VERDICT, "recommendation": "PASS"}
UNLINED = {**NO_VERDICT, "recommendation": "NO_LINE", "line_value": None}
UNGRADED = {
    **NO_VERDICT,
    "actual_points": None,
    "absolute_error": None,
    "signed_error": None,
    "within_3_points": None,
    "within_5_points": None,
}
VOIDED = {**NO_VERDICT, "is_voided": True, "actual_points": 0, "minutes_played": None, "absolute_error": 30}


def graded(player: str = "ann", **values: Any) -> Row:
    """Return tonight's graded forecast of a player of the home team: OVER 19.5 from 22, and 20 points."""
    given = {"player_lookup": player, "game_date": TONIGHT, "opponent_team_abbr": "BOS", "at_home": True}
    return accuracy_row(**{**given, **values})


def vector(player: str = "ann", *, average: float = 18.0, tired: float = 0.0, **values: Any) -> Row:
    """Return the feature vector of a player, with names."""
    given = {
        "player_lookup": player,
        "features": (average, tired),
        "feature_names": ("points_avg_season", "back_to_back"),
    }
    return feature_row(**{**given, **values})


def entry(*rows: Row) -> Json:
    (found,) = document(RESULTS, *rows)["results"]
    return dict(found)


def summary(*rows: Row) -> Json:
    return dict(document(RESULTS, *rows)["summary"])


def some(**counts: int) -> dict[str, int]:
    return counts


def test_the_whole_document() -> None:
    rows = [
        schedule_row(game_status=3),
        graded("ann", absolute_error=2, signed_error=2),
        vector("ann", average=25.0),
        graded(
            "bob",
            team_abbr="BOS",
            opponent_team_abbr="LAL",
            at_home=False,
            recommendation="UNDER",
            predicted_points=15.5,
            line_value=18.5,
            actual_points=24,
            prediction_correct=False,
            absolute_error=8.5,
            signed_error=-8.5,
            confidence_score=0.6,
            minutes_played=31.5,
            within_3_points=False,
            within_5_points=False,
        ),
        vector("bob", average=12.3, tired=1.0, is_home=False, days_rest=1),
    ]
    made = document(RESULTS, *rows)
    assert list(made) == TOP
    assert (made["game_date"], made["generated_at"]) == ("2025-01-15", GENERATED_AT)
    assert list(made["summary"]) == SUMMARY
    assert list(made["summary"].values()) == [2, 2, 1, 1, 0, 0.5, 5.25, -3.25, 1, 0.5, 1, 0.5, 0, 0, 0, 0]
    assert [list(one) for one in made["results"]] == [ENTRY, ENTRY]
    assert made["results"][1] == {
        "player_lookup": "bob",
        "game_id": "20250115_BOS_LAL",
        "team": "BOS",
        "opponent": "LAL",
        "predicted": 15.5,
        "actual": 24,
        "line": 18.5,
        "recommendation": "UNDER",
        "result": "LOSS",
        "error": 8.5,
        "bias": -8.5,
        "confidence": 60.0,
        "minutes": 31.5,
        "confidence_tier": "medium",
        "player_tier": "role_player",
        "is_home": False,
        "is_back_to_back": True,
        "days_rest": 1,
    }
    assert {name: list(split) for name, split in made["breakdowns"].items()} == SPLITS
    won, lost, none = [1, 1, 0, 0, 1.0, 2.0], [1, 0, 1, 0, 0.0, 8.5], [0] * 6
    assert {name: [list(leaf.values()) for leaf in split.values()] for name, split in made["breakdowns"].items()} == {
        "by_player_tier": [won, none, lost],
        "by_confidence": [won, lost, none],
        "by_recommendation": [won, lost],
        "by_context": [won, lost, lost, won],
    }
    assert made["highlights"] == {
        "best_prediction": {"player": "ann", "team": "LAL", "predicted": 22.0, "actual": 20, "error": 2.0},
        "worst_prediction": {
            "player": "bob",
            "team": "BOS",
            "predicted": 15.5,
            "actual": 24,
            "error": 8.5,
            "minutes": 31.5,
        },
    }


def test_a_date_without_grades_is_a_document_of_zeros() -> None:
    made = document(RESULTS, schedule_row())
    assert made["summary"] == dict.fromkeys(SUMMARY, 0)
    assert made["breakdowns"] == {
        name: {leaf: dict.fromkeys(LEAF, 0) for leaf in leaves} for name, leaves in SPLITS.items()
    }
    assert (made["results"], made["highlights"]) == ([], {})
    assert RESULTS.is_empty(made)


class TestEntries:
    @pytest.mark.parametrize(
        ("values", "result"),
        [
            ({}, "WIN"),
            ({"prediction_correct": False}, "LOSS"),
            (PUSHED, "PUSH"),
            (PASSED, "PASS"),
            (UNLINED, "NO_LINE"),
            ({**NO_VERDICT, "recommendation": None}, "NO_LINE"),
            (UNGRADED, "PENDING"),
            (VOIDED, "VOID"),
        ],
    )
    def test_show_what_became_of_the_forecast(self, values: dict[str, Any], result: str) -> None:
        """Contract R1, R3, R4."""
        assert entry(graded(**values))["result"] == result

    def test_of_a_void_forecast_show_no_points_and_errors(self) -> None:
        found = entry(graded(**{**VOIDED, "signed_error": 30}))
        assert [found[name] for name in ("actual", "error", "bias", "minutes", "predicted")] == [None] * 4 + [22.0]

    def test_are_one_per_player(self) -> None:
        """Contract R10: the newest grading."""
        old = graded(graded_at="2025-01-16T06:00:00Z", actual_points=3, prediction_correct=False)
        new = graded(graded_at="2025-01-16T09:00:00Z")
        for rows in ([old, new], [new, old]):
            assert entry(*rows)["actual"] == 20
        assert entry(new, graded(game_id="0022400551", graded_at=None))["actual"] == 20

    def test_are_those_of_the_champion_and_the_date(self) -> None:
        others = [graded(system_id="another"), graded(game_date=TONIGHT - timedelta(days=1))]
        assert document(RESULTS, *others)["results"] == []

    def test_are_in_order_of_game_and_player(self) -> None:
        elsewhere = {"team_abbr": "ATL", "opponent_team_abbr": "CHI", "at_home": False}
        rows = [graded("dan"), graded("cat", **elsewhere), graded("bob"), graded("ann", team_abbr="PHX")]
        found = [(one["game_id"][9:], one["player_lookup"]) for one in document(RESULTS, *rows)["results"]]
        assert found == [("ATL_CHI", "cat"), ("BOS_LAL", "bob"), ("BOS_LAL", "dan"), ("BOS_PHX", "ann")]

    def test_name_a_game_by_one_id(self) -> None:
        rows = [schedule_row(game_id="0022400551"), graded(game_id="0022400551")]
        assert entry(*rows)["game_id"] == "20250115_BOS_LAL"

    def test_take_an_unknown_team_from_the_matchup(self) -> None:
        rows = [context_row(player_lookup="ann"), graded(team_abbr=None, opponent_team_abbr=None)]
        assert [entry(*rows)[name] for name in ("team", "opponent")] == ["LAL", "BOS"]
        played = game_row(player_lookup="ann", game_date=TONIGHT, opponent_team_abbr="BOS", at_home=True)
        assert entry(played, graded(team_abbr=None))["team"] == "LAL"

    def test_may_lack_anything(self) -> None:
        blank = dict.fromkeys(
            (
                "team_abbr",
                "opponent_team_abbr",
                "predicted_points",
                "confidence_score",
                "line_value",
                "minutes_played",
                "absolute_error",
                "signed_error",
            )
        )
        found = entry(graded(game_id="unreadable", **blank))
        nothing = ("team", "opponent", "predicted", "confidence", "line", "minutes", "error", "bias")
        assert [found[name] for name in nothing] == [None] * 8
        assert (found["confidence_tier"], found["player_tier"]) == ("low", "role_player")


class TestTiers:
    @pytest.mark.parametrize(
        ("share", "tier"),
        [(0.7, "high"), (0.696, "medium"), (0.55, "medium"), (0.549, "low"), (0.999, "high"), (None, "low")],
    )
    def test_of_confidence_go_by_the_unrounded_value(self, share: float | None, tier: str) -> None:
        """Contract R9."""
        assert entry(graded(confidence_score=share))["confidence_tier"] == tier

    def test_confidence_is_published_from_0_to_100(self) -> None:
        assert entry(graded(confidence_score=0.696))["confidence"] == 69.6

    @pytest.mark.parametrize(
        ("average", "tier"),
        [(25.0, "elite"), (24.996, "starter"), (15.0, "starter"), (14.999, "role_player"), (0.0, "role_player")],
    )
    def test_of_players_go_by_the_unrounded_average(self, average: float, tier: str) -> None:
        """Contract R9."""
        assert entry(graded(), vector(average=average))["player_tier"] == tier

    @pytest.mark.parametrize("features", [(), (26.0,), (float("nan"), 0.0)])
    def test_of_players_whose_average_is_unknown_are_the_last(self, features: tuple[float, ...]) -> None:
        names = ("back_to_back", "points_avg_season") if len(features) == 1 else ("points_avg_season", "back_to_back")
        assert entry(graded(), vector(features=features, feature_names=names))["player_tier"] == "role_player"


class TestContext:
    NOTHING = (None, None, None)

    @staticmethod
    def context(*rows: Row) -> tuple[Any, ...]:
        found = entry(graded(), *rows)
        return found["is_home"], found["is_back_to_back"], found["days_rest"]

    def test_comes_from_the_feature_vector(self) -> None:
        assert self.context(vector(tired=1.0, is_home=False, days_rest=1)) == (False, True, 1)
        assert self.context(vector(tired=0.5, is_home=True, days_rest=4)) == (True, False, 4)

    def test_is_unknown_without_one(self) -> None:
        """Contract R7."""
        assert self.context() == self.NOTHING

    def test_is_unknown_where_the_vector_is_short(self) -> None:
        """Contract R5: a short vector fails no player."""
        for features in ((), (18.0,)):
            assert self.context(vector(features=features, is_home=None, days_rest=None)) == self.NOTHING

    def test_is_read_by_position_where_nothing_is_named(self) -> None:
        features = tuple(26.0 if n == 2 else 1.0 if n == 16 else 0.0 for n in range(33))
        found = entry(graded(), vector(features=features, feature_names=()))
        assert (found["player_tier"], found["is_back_to_back"]) == ("elite", True)

    def test_is_joined_by_player_and_date(self) -> None:
        """Contract R6."""
        rows = [vector(game_id="0022400551", days_rest=3), vector(game_date=TONIGHT - timedelta(days=1), days_rest=9)]
        assert self.context(*rows)[2] == 3

    def test_is_that_of_the_newest_vector(self) -> None:
        """Contract R8."""
        rows = [
            vector(days_rest=2, updated_at="2025-01-15T13:00:00Z"),
            vector(days_rest=9, created_at="2025-01-15T12:30:00Z", feature_version="v9"),
        ]
        assert self.context(*rows)[2] == 2

    def test_that_is_unknown_is_in_no_split(self) -> None:
        """Contract R7."""
        splits = document(RESULTS, graded())["breakdowns"]["by_context"]
        assert [leaf["total"] for leaf in splits.values()] == [0, 0, 0, 0]

    @pytest.mark.parametrize(("days", "rested"), [(0, 0), (1, 0), (2, 1), (5, 1)])
    def test_two_days_are_a_rest(self, days: int, rested: int) -> None:
        splits = document(RESULTS, graded(), vector(days_rest=days))["breakdowns"]["by_context"]
        assert splits["rested"]["total"] == rested


class TestSummary:
    def test_counts_every_forecast_under_one_result(self) -> None:
        """Contract R1 to R4, R12."""
        kinds = [{}, {}, {"prediction_correct": False}, PUSHED, PASSED, PASSED, UNLINED, UNGRADED, VOIDED, VOIDED]
        found = summary(*(graded(f"p{n}", **values) for n, values in enumerate(kinds)))
        expected = some(
            total_predictions=10,
            recommendations=5,
            correct=2,
            incorrect=1,
            pass_count=2,
            pushes=1,
            no_line=1,
            voided=2,
            pending=1,
        )
        assert {name: found[name] for name in expected} == expected
        parts = ("correct", "incorrect", "pushes", "pending")
        assert found["recommendations"] == sum(found[name] for name in parts)

    def test_a_push_is_neither_right_nor_wrong(self) -> None:
        """Contract R2."""
        made = document(RESULTS, graded("ann"), graded("bob", **PUSHED))
        assert (made["summary"]["win_rate"], made["summary"]["incorrect"], made["summary"]["pushes"]) == (1.0, 0, 1)
        over = made["breakdowns"]["by_recommendation"]["over"]
        assert [over[name] for name in LEAF] == [2, 1, 0, 1, 1.0, 2.0]

    def test_a_void_forecast_counts_nowhere_else(self) -> None:
        """Contract R1."""
        alone, beside = summary(graded("ann")), summary(graded("ann"), graded("bob", **VOIDED))
        assert beside == {**alone, "total_predictions": 2, "voided": 1}

    def test_errors_are_those_of_every_forecast(self) -> None:
        rows = [
            graded("ann", absolute_error=2, signed_error=2),
            graded("bob", **{**PASSED, "absolute_error": 3, "signed_error": -3}),
            graded("cat", **{**UNLINED, "absolute_error": 0.3, "signed_error": -0.3}),
            graded("dan", **UNGRADED),
        ]
        assert [summary(*rows)[name] for name in ("avg_mae", "avg_bias")] == [1.77, -0.43]

    def test_means_are_rounded_once_and_away_from_zero(self) -> None:
        errors = (0.1, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2)  # 1.0 / 8 = 0.125
        rows = [graded(f"p{n}", absolute_error=error, signed_error=-error) for n, error in enumerate(errors)]
        assert [summary(*rows)[name] for name in ("avg_mae", "avg_bias")] == [0.13, -0.13]

    def test_rates_have_three_digits(self) -> None:
        wrong = {"prediction_correct": False, "within_3_points": False, "within_5_points": None}
        found = summary(graded("ann"), graded("bob"), graded("cat", **wrong))
        assert [found[name] for name in ("win_rate", "within_3_pct", "within_5_pct")] == [0.667, 0.667, 0.667]
        assert (found["within_3_points"], found["within_5_points"]) == (2, 2)

    def test_a_rate_of_nothing_is_zero(self) -> None:
        assert summary(graded(**PUSHED))["win_rate"] == 0
        assert summary(graded(**VOIDED)) == {**dict.fromkeys(SUMMARY, 0), "total_predictions": 1, "voided": 1}


class TestBreakdowns:
    def test_hold_decided_picks_only(self) -> None:
        kinds = [PASSED, UNLINED, UNGRADED, VOIDED]
        made = document(RESULTS, *(graded(f"p{n}", **values) for n, values in enumerate(kinds)))
        assert all(leaf["total"] == 0 for split in made["breakdowns"].values() for leaf in split.values())

    def test_errors_are_means_over_those_that_have_one(self) -> None:
        rows = [
            graded("ann", absolute_error=2.5),
            graded("bob", absolute_error=5, prediction_correct=False),
            graded("cat", absolute_error=None),
        ]
        over = document(RESULTS, *rows)["breakdowns"]["by_recommendation"]["over"]
        assert [over[name] for name in LEAF] == [3, 2, 1, 0, 0.667, 3.75]

    def test_a_leaf_adds_up(self) -> None:
        kinds = [{}, {"prediction_correct": False}, PUSHED]
        made = document(RESULTS, *(graded(f"p{n}", **values) for n, values in enumerate(kinds)))
        for split in made["breakdowns"].values():
            for leaf in split.values():
                assert leaf["wins"] + leaf["losses"] + leaf["pushes"] == leaf["total"]


class TestHighlights:
    @staticmethod
    def named(*rows: Row) -> tuple[str, str]:
        found = document(RESULTS, *rows)["highlights"]
        return found["best_prediction"]["player"], found["worst_prediction"]["player"]

    def test_name_the_closest_and_the_farthest(self) -> None:
        rows = [graded(player, absolute_error=error) for player, error in (("ann", 3), ("bob", 0.5), ("cat", 12))]
        assert self.named(*rows) == ("bob", "cat")

    def test_passes_and_forecasts_without_a_line_compete(self) -> None:
        rows = [
            graded("ann"),
            graded("bob", **{**PASSED, "absolute_error": 0}),
            graded("cat", **{**UNLINED, "absolute_error": 9}),
        ]
        assert self.named(*rows) == ("bob", "cat")

    def test_void_forecasts_do_not(self) -> None:
        """Contract R1, R15."""
        assert self.named(graded("ann"), graded("bob", **VOIDED)) == ("ann", "ann")
        assert document(RESULTS, graded("bob", **VOIDED))["highlights"] == {}

    def test_of_equals_the_first_by_game_and_player_is_named(self) -> None:
        """Contract R15."""
        early = {"team_abbr": "ATL", "opponent_team_abbr": "CHI", "at_home": False}
        assert self.named(graded("ann"), graded("bob"), graded("zoe", **early)) == ("zoe", "zoe")


class TestPublishing:
    def test_cache_until_every_forecast_is_graded(self) -> None:
        """Contract S7."""
        complete, waiting = document(RESULTS, graded()), document(RESULTS, graded("ann"), graded("bob", **UNGRADED))
        assert RESULTS.cache_of(complete, settled=False) is Cache.SHORT
        assert RESULTS.cache_of(complete, settled=True) is Cache.DAY
        assert RESULTS.cache_of(waiting, settled=True) is Cache.SHORT
        assert RESULTS.cache_of(document(RESULTS), settled=True) is Cache.SHORT

    def test_is_held_back_by_no_gate(self) -> None:
        assert not RESULTS.gates


WORLD = [
    schedule_row(game_status=3),
    context_row(player_lookup="ann"),
    graded("ann"),
    vector("ann", average=25.5),
    graded("bob", prediction_correct=False, absolute_error=7),
    vector("bob", tired=1.0, days_rest=1),
    graded("cat", **VOIDED),
    graded("dan", **PUSHED),
    graded("eve", **UNLINED),
    game_row(player_lookup="eve", game_date=TONIGHT, opponent_team_abbr="BOS", at_home=True),
]


@PROPERTY
@given(disordered(WORLD))
def test_order_and_duplicates_change_nothing(rows: list[Row]) -> None:
    assert document(RESULTS, *rows) == document(RESULTS, *WORLD)


@PROPERTY
@given(any_rows(RESULTS))
def test_rows_outside_the_declared_windows_and_filters_change_nothing(rows: list[Row]) -> None:
    assert document(RESULTS, *scanned(RESULTS, rows)) == document(RESULTS, *rows)


@PROPERTY
@given(st.one_of(blemished(WORLD), any_rows(RESULTS)))
def test_any_rows_make_a_consistent_document(rows: list[Row]) -> None:
    made = document(RESULTS, *rows)
    totals, listed = made["summary"], made["results"]
    assert list(totals) == SUMMARY
    assert totals["total_predictions"] == len(listed)
    parts = ("recommendations", "pass_count", "no_line", "voided")
    assert sum(totals[name] for name in parts) == len(listed)
    assert len({one["player_lookup"] for one in listed}) == len(listed)
    for split in made["breakdowns"].values():
        for leaf in split.values():
            assert leaf["wins"] + leaf["losses"] + leaf["pushes"] == leaf["total"]
            assert 0 <= leaf["win_rate"] <= 1
    for name in ("by_player_tier", "by_confidence", "by_recommendation"):
        decided = totals["recommendations"] - totals["pending"]
        assert sum(leaf["total"] for leaf in made["breakdowns"][name].values()) == decided
