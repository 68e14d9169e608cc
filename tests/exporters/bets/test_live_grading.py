from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.bets.live_grading import LIVE_GRADING, complete
from exporters.declaration import Cache, Json
from tests.support.nights import GENERATED_AT, document
from tests.support.rows import (
    TONIGHT,
    Row,
    context_row,
    feed_player_row,
    game_row,
    live_box_row,
    prediction_row,
    registry_row,
    schedule_row,
)
from tests.support.worlds import PROPERTY, any_rows, blemished, contradicted, disordered
from transforms.elements.validation import require_valid

ROW_KEYS = (
    "player_lookup",
    "player_name",
    "team",
    "home_team",
    "away_team",
    "game_status",
    "period",
    "time_remaining",
    "predicted",
    "line",
    "recommendation",
    "confidence",
    "has_line",
    "line_source",
    "actual",
    "minutes",
    "error",
    "margin_vs_line",
    "status",
    "opponent",
    "score_source",
)
PLAYER = "lebronjames"
PLAYING: dict[str, Any] = {"status": "4th Qtr", "period": 4, "clock": "Q4 6:00", "minutes": "30:00"}
"""Seven eighths of a game."""
OVER: dict[str, Any] = {"status": "Final", "period": 4, "clock": "Final", "minutes": "35:05"}


def pick(recommendation: str = "OVER", line: float | None = 22.5, predicted: float = 24.5, **values: Any) -> Row:
    return prediction_row(recommendation=recommendation, current_points_line=line, predicted_points=predicted, **values)


def box(points: int | None, game: dict[str, Any] = OVER, **values: Any) -> Row:
    return live_box_row(**{**game, "points": points, **values})


def played(points: int | None = 30, **values: Any) -> Row:
    return game_row(**{"game_date": TONIGHT, "opponent_team_abbr": "BOS", "points": points, **values})


def graded(*rows: Row, **options: Any) -> Json:
    """Return the document of rows and the default schedule, registry and context."""
    return document(LIVE_GRADING, schedule_row(), registry_row(), context_row(), *rows, **options)


def row_of(*rows: Row, **options: Any) -> Json:
    (found,) = graded(*rows, **options)["predictions"]
    return dict(found)


def summary_of(*rows: Row) -> Json:
    return dict(graded(*rows)["summary"])


class TestDocument:
    def test_a_final_game(self) -> None:
        made = graded(pick("UNDER", line=18.5, predicted=15.1, confidence_score=87.69), box(11))
        assert made == {
            "updated_at": GENERATED_AT,
            "game_date": "2025-01-15",
            "summary": {
                "total_predictions": 1,
                "graded": 1,
                "pending": 0,
                "correct": 1,
                "incorrect": 0,
                "trending_correct": 0,
                "trending_incorrect": 0,
                "win_rate": 1.0,
                "avg_error": 4.1,
                "games_in_progress": 0,
                "games_final": 1,
                "pushes": 0,
                "voided": 0,
            },
            "predictions": [
                {
                    "player_lookup": PLAYER,
                    "player_name": "LeBron James",
                    "team": "LAL",
                    "home_team": "LAL",
                    "away_team": "BOS",
                    "game_status": "final",
                    "period": 4,
                    "time_remaining": "Final",
                    "predicted": 15.1,
                    "line": 18.5,
                    "recommendation": "UNDER",
                    "confidence": 87.69,
                    "has_line": True,
                    "line_source": "ACTUAL_PROP",
                    "actual": 11,
                    "minutes": "35:05",
                    "error": 4.1,
                    "margin_vs_line": -7.5,
                    "status": "correct",
                    "opponent": "BOS",
                    "score_source": "live_feed",
                }
            ],
        }

    def test_keys_come_in_one_order_whatever_is_known(self) -> None:
        for rows in ([pick()], [pick(), box(20, PLAYING)], [pick(), played()]):
            assert tuple(row_of(*rows)) == ROW_KEYS

    def test_without_forecasts_everything_is_zero(self) -> None:
        made = graded(box(20), feed_player_row())
        assert made["predictions"] == []
        assert {key: value for key, value in made["summary"].items() if not key.startswith("games")} == {
            "total_predictions": 0,
            "graded": 0,
            "pending": 0,
            "correct": 0,
            "incorrect": 0,
            "trending_correct": 0,
            "trending_incorrect": 0,
            "win_rate": None,
            "avg_error": None,
            "pushes": 0,
            "voided": 0,
        }
        assert LIVE_GRADING.is_empty(made)

    def test_without_any_score_everything_is_pending(self) -> None:
        found = row_of(pick())
        empty = ("team", "period", "time_remaining", "actual", "minutes", "error", "margin_vs_line", "opponent")
        assert {key: found[key] for key in empty} == dict.fromkeys(empty)
        assert (found["game_status"], found["status"], found["score_source"]) == ("scheduled", "pending", None)
        assert (found["home_team"], found["away_team"]) == ("LAL", "BOS")

    def test_before_tip_off_the_feed_lists_the_team_and_no_points(self) -> None:
        found = row_of(pick(), box(0, {"status": "7:30 pm ET", "period": 0, "clock": None, "minutes": None}))
        assert (found["team"], found["opponent"], found["game_status"]) == ("LAL", "BOS", "scheduled")
        assert (found["actual"], found["minutes"], found["status"]) == (None, None, "pending")

    def test_a_running_game_has_points_minutes_and_a_clock(self) -> None:
        found = row_of(pick(), box(None, {**PLAYING, "minutes": None}))
        assert (found["actual"], found["minutes"], found["error"]) == (0, "0:00", 24.5)
        assert (found["period"], found["time_remaining"]) == (4, "Q4 6:00")

    def test_it_is_kept_for_half_a_minute_until_the_warehouse_has_confirmed_every_score(self) -> None:
        def cache(*rows: Row) -> Cache:
            return LIVE_GRADING.cache_of(graded(*rows), settled=True)

        assert cache(pick(), box(30)) is Cache.LIVE
        assert cache(pick()) is Cache.LIVE
        final = schedule_row(game_status=3)
        assert LIVE_GRADING.cache_of(document(LIVE_GRADING, final, pick(), played()), settled=True) is Cache.HOUR


class TestVectors:
    """What the contract verified (P&L §4), with the corrections that it requires."""

    @pytest.mark.parametrize(
        ("forecast", "score", "expected"),
        [
            (pick("OVER", line=25), box(25), {"status": "push", "margin_vs_line": 0.0}),
            (pick("UNDER", line=10.5), box(0, minutes="0:00"), {"status": "void"}),
            (pick("PASS", predicted=27.5, line=25.5), box(30), {"status": "correct"}),
            (pick("PASS", predicted=25.5, line=25.5), box(20), {"status": "correct"}),
            (pick("NO_LINE", line=None), box(20), {"status": "graded", "margin_vs_line": None}),
            (pick("PASS", predicted=0, line=None), box(20), {"status": "graded", "error": -20.0}),
            (pick("OVER", line=20), box(15, PLAYING, clock=None), {"status": "in_progress"}),
            (pick("OVER", line=20.5), box(15, PLAYING), {"status": "trending_incorrect"}),
            (pick("UNDER", line=20.5), box(25, PLAYING), {"status": "incorrect"}),
            (pick("UNDER", line=20.5), box(0, PLAYING), {"status": "trending_correct"}),
        ],
    )
    def test_row(self, forecast: Row, score: Row, expected: Json) -> None:
        found = row_of(forecast, score)
        assert {key: found[key] for key in expected} == expected

    def test_win_rate_and_average_error(self) -> None:
        rows = [
            *(pick(player_lookup=who, predicted=26, line=22.5) for who in ("ann", "bob", "cem")),
            *(feed_player_row(player_lookup=who, bdl_player_id=i) for i, who in enumerate(("ann", "bob", "cem"))),
            box(30, feed_player_id=0),
            box(30, feed_player_id=1),
            box(22, feed_player_id=2),
        ]
        found = summary_of(*rows)
        assert (found["win_rate"], found["avg_error"]) == (0.667, 4.0)

    def test_ties_of_the_average_error_are_rounded_away_from_zero(self) -> None:
        rows = [pick(player_lookup="ann", predicted=23.4), pick(player_lookup="bob", predicted=23.5)]
        ids = [feed_player_row(player_lookup="ann", bdl_player_id=1), feed_player_row(player_lookup="bob")]
        assert summary_of(*rows, *ids, box(20, feed_player_id=1), box(20))["avg_error"] == 3.5


class TestRequirements:
    """The rows of the contract's list of defects (P&L D.5) that a document shows."""

    def test_l2_games_of_other_dates_count_nowhere(self) -> None:
        tomorrow = TONIGHT + timedelta(days=1)
        other = {"game_date": tomorrow, "home_team": "DEN", "visitor_team": "UTA"}
        found = summary_of(pick(), box(30, game_date=tomorrow), box(10, PLAYING, **other))
        assert (found["games_in_progress"], found["games_final"], found["graded"]) == (0, 0, 0)

    def test_l2_games_that_the_feed_does_not_list_count_by_the_schedule(self) -> None:
        others = [
            schedule_row(home_team_tricode="DEN", away_team_tricode="UTA", game_status=3),
            schedule_row(home_team_tricode="MIA", away_team_tricode="ORL", game_status=2),
        ]
        found = summary_of(pick(), box(20, PLAYING), *others)
        assert (found["games_in_progress"], found["games_final"]) == (2, 1)

    def test_l3_a_push_is_neither_won_nor_lost(self) -> None:
        found = summary_of(pick(line=25), box(25))
        assert (found["pushes"], found["correct"], found["incorrect"], found["win_rate"]) == (1, 0, 0, None)
        assert found["graded"] == 1

    def test_l4_only_recommendations_are_won_or_lost(self) -> None:
        forecast = pick("PASS", predicted=27.5, line=25.5)
        assert row_of(forecast, box(30))["status"] == "correct"
        found = summary_of(forecast, box(30))
        assert (found["graded"], found["correct"], found["win_rate"]) == (1, 0, None)
        assert summary_of(forecast, box(24, PLAYING))["trending_correct"] == 0

    @pytest.mark.parametrize("minutes", ["0:00", "00", None, ""])
    def test_l5_a_player_who_did_not_play_is_void(self, minutes: str | None) -> None:
        forecast = pick("UNDER", line=10.5)
        found = row_of(forecast, box(0, minutes=minutes))
        assert (found["status"], found["actual"], found["error"], found["margin_vs_line"]) == ("void", None, None, None)
        counts = summary_of(forecast, box(0, minutes=minutes))
        assert (counts["voided"], counts["graded"], counts["correct"], counts["avg_error"]) == (1, 1, 0, None)

    def test_l5_a_player_without_points_in_some_minutes_is_graded(self) -> None:
        assert row_of(pick("UNDER", line=10.5), box(0, minutes="1"))["status"] == "correct"

    def test_l5_a_box_score_without_an_appearance_is_void(self) -> None:
        rows = (schedule_row(game_status=3), pick("UNDER"), played(None, is_dnp=True, minutes_played=None))
        assert row_of(*rows)["status"] == "void"

    @pytest.mark.parametrize(
        ("side", "points", "game", "status"),
        [
            ("OVER", 23, PLAYING, "correct"),
            ("UNDER", 23, PLAYING, "incorrect"),
            ("OVER", 0, {**PLAYING, "period": 1, "clock": "Q1 11:00"}, "in_progress"),
            ("UNDER", 0, {**PLAYING, "period": 1, "clock": "Q1 11:00"}, "in_progress"),
            ("OVER", 13, {**PLAYING, "period": 2, "clock": "Half"}, "trending_correct"),
            ("UNDER", 13, {**PLAYING, "period": 2, "clock": "Half"}, "trending_incorrect"),
            ("OVER", 10, {**PLAYING, "period": 2, "clock": "Half"}, "trending_incorrect"),
            ("OVER", 0, {**PLAYING, "minutes": "0:00"}, "in_progress"),
        ],
    )
    def test_l6_points_above_the_line_decide_and_the_rest_is_projected(
        self, side: str, points: int, game: dict[str, Any], status: str
    ) -> None:
        assert row_of(pick(side), box(points, game))["status"] == status

    def test_l9_another_date_is_graded_from_box_scores(self) -> None:
        found = row_of(schedule_row(game_status=3), pick(), played(30, minutes_played=34.5))
        assert (found["actual"], found["minutes"], found["team"], found["opponent"]) == (30, "34:30", "LAL", "BOS")
        assert (found["status"], found["game_status"], found["score_source"]) == ("correct", "final", "box_score")
        assert (found["period"], found["time_remaining"]) == (None, None)

    def test_l10_a_name_with_accents_finds_its_player(self) -> None:
        rows = [
            pick(player_lookup="nikolajokic"),
            registry_row(player_lookup="nikolajokic", player_name="Nikola Jokić"),
        ]
        scored = box(30, feed_player_id=999, first_name="Nikola", last_name="Jokić")
        assert row_of(*rows, scored)["actual"] == 30
        assert row_of(*rows, scored._replace(feed_player_id=None))["actual"] == 30

    def test_l10_ids_are_known_from_the_whole_season(self) -> None:
        scored = box(30, feed_player_id=15, first_name="Another", last_name="Name")
        assert row_of(pick(), feed_player_row(game_date="2024-10-22", bdl_player_id=15), scored)["actual"] == 30
        assert row_of(pick(), feed_player_row(game_date="2024-04-22", bdl_player_id=15), scored)["actual"] is None
        assert row_of(pick(), feed_player_row(game_date="2025-01-16", bdl_player_id=15), scored)["actual"] is None

    def test_l11_an_id_belongs_to_the_player_of_its_newest_row(self) -> None:
        rows = [pick(player_lookup="ann"), pick(player_lookup="bob")]
        ids = [
            feed_player_row(player_lookup="ann", game_date="2025-01-10", bdl_player_id=15),
            feed_player_row(player_lookup="bob", game_date="2025-01-12", bdl_player_id=15),
            feed_player_row(player_lookup="ann", game_date="2025-01-09", bdl_player_id=15),
        ]
        found = {
            row["player_lookup"]: row["actual"]
            for row in graded(*rows, *ids, box(30, feed_player_id=15))["predictions"]
        }
        assert found == {"ann": None, "bob": 30}

    def test_l11_also_when_that_player_has_no_forecast(self) -> None:
        ids = [
            feed_player_row(game_date="2025-01-10", bdl_player_id=15),
            feed_player_row(player_lookup="bob", game_date="2025-01-12", bdl_player_id=15),
        ]
        assert row_of(pick(), *ids, box(30, feed_player_id=15))["actual"] is None

    def test_l12_two_ids_of_one_game_make_one_row(self) -> None:
        again = schedule_row(game_id="0022499999")
        assert len(graded(again, pick(game_id="0022499999"), box(30))["predictions"]) == 1
        assert summary_of(again, pick(), box(30))["games_final"] == 1

    def test_l14_confidence_is_a_percentage(self) -> None:
        assert row_of(pick(confidence_score=0.85))["confidence"] == 85.0
        assert row_of(pick(confidence_score=87.69))["confidence"] == 87.69

    def test_l15_the_box_score_of_a_finished_game_comes_first(self) -> None:
        final = schedule_row(game_status=3)
        assert row_of(final, pick(), box(21), played(23))["score_source"] == "box_score"
        assert row_of(final, pick(), box(21), played(23))["actual"] == 23, "a correction after the game"
        assert row_of(pick(), box(21), played(23))["actual"] == 23, "it is the feed that knows of the end"
        assert row_of(pick(), box(21, PLAYING), played(23))["actual"] == 21
        assert row_of(final, pick(), box(21), played(23, is_partial_game_data=True))["actual"] == 21

    def test_l15_a_score_that_the_feed_calls_running_is_not_graded(self) -> None:
        final = schedule_row(game_status=3)
        found = row_of(final, pick("UNDER"), box(10, PLAYING))
        assert (found["status"], found["game_status"]) == ("trending_correct", "in_progress")
        assert summary_of(final, pick("UNDER"), box(10, PLAYING))["graded"] == 0

    def test_l15_a_finished_game_without_any_score_is_pending(self) -> None:
        found = row_of(schedule_row(game_status=3), pick())
        assert (found["game_status"], found["status"]) == ("final", "pending")
        assert summary_of(schedule_row(game_status=3), pick())["pending"] == 1

    @pytest.mark.parametrize("values", [{"line": 20}, {"line_source": "ESTIMATED_AVG"}, {"line_source": None}], ids=str)
    def test_l16_a_line_without_an_offer_is_not_graded(self, values: dict[str, Any]) -> None:
        found = row_of(pick(**values), box(30))
        assert (found["status"], found["actual"], found["has_line"]) == ("graded", 30, False)
        assert row_of(pick(**values), box(30, PLAYING))["status"] == "in_progress"
        assert summary_of(pick(**values), box(30))["correct"] == 0

    @pytest.mark.parametrize("flag", [True, False, None])
    @pytest.mark.parametrize("source", ["ACTUAL_PROP", "ODDS_API", "BETTINGPROS"])
    def test_a_real_line_is_graded_whatever_has_prop_line_is(self, source: str, flag: bool | None) -> None:
        found = row_of(pick(line_source=source, has_prop_line=flag), box(30))
        assert (found["status"], found["has_line"]) == ("correct", True)

    def test_l16_an_invalidated_forecast_is_not_shown(self) -> None:
        assert graded(pick(invalidation_reason="postponed"), box(30))["predictions"] == []

    def test_l17_the_opponent_is_the_other_team(self) -> None:
        assert row_of(pick(), box(30, team="BOS"))["opponent"] == "LAL"
        assert row_of(pick(), box(30, team="CHI"))["opponent"] is None

    def test_l20_running_games_are_in_no_error(self) -> None:
        assert summary_of(pick(), box(3, PLAYING))["avg_error"] is None

    def test_l21_graded_is_final(self) -> None:
        counts = [summary_of(pick(), *rows) for rows in ([], [box(3, PLAYING)], [box(3)])]
        assert [(found["graded"], found["pending"]) for found in counts] == [(0, 1), (0, 1), (1, 0)]

    def test_l22_a_forecast_of_zero_is_a_forecast(self) -> None:
        found = row_of(pick("PASS", predicted=0, line=5.5), box(4))
        assert (found["error"], found["status"]) == (-4.0, "correct")

    def test_l23_the_order_is_total(self) -> None:
        rows = [pick(player_lookup=who, confidence_score=80) for who in ("cem", "ann", "bob")]
        assert [row["player_lookup"] for row in graded(*rows)["predictions"]] == ["ann", "bob", "cem"]
        surer = pick(player_lookup="dan", confidence_score=90)
        assert graded(*rows, surer)["predictions"][0]["player_lookup"] == "dan"
        late = pick(player_lookup="eva", confidence_score=1)
        ids = feed_player_row(player_lookup="eva", bdl_player_id=7)
        assert graded(*rows, late, ids, box(30, feed_player_id=7))["predictions"][0]["player_lookup"] == "eva"

    def test_l23_the_newest_version_counts(self) -> None:
        versions = [pick(predicted=20 + n, prediction_version=n, prediction_id=f"p{n}") for n in (1, 3, 2)]
        assert row_of(*versions)["predicted"] == 23.0

    @pytest.mark.parametrize("values", [{"line_source": None}, {"line": None}, {"line": 20}], ids=str)
    def test_l24_an_unknown_line_flag_is_false(self, values: dict[str, Any]) -> None:
        assert row_of(pick(**values))["has_line"] is False


class TestProgress:
    def test_it_grows_from_tip_off_to_the_end(self) -> None:
        states = [graded(pick(), *rows) for rows in ([], [box(3, PLAYING)], [box(30)])]
        assert [LIVE_GRADING.progress_of(made) for made in states] == [0, 1, 2]
        assert [LIVE_GRADING.waits(made) for made in states] == [True, True, True]

    def test_the_box_score_ends_the_wait(self) -> None:
        made = graded(schedule_row(game_status=3), pick(), played())
        assert (LIVE_GRADING.progress_of(made), LIVE_GRADING.waits(made)) == (2, False)


EVENING = [
    schedule_row(game_status=2),
    schedule_row(home_team_tricode="DEN", away_team_tricode="UTA", game_status=3),
    *(pick(player_lookup=who) for who in ("ann", "bob", "cem")),
    pick("PASS", player_lookup="dan"),
    *(registry_row(player_lookup=who, player_name=who.title()) for who in ("ann", "bob")),
    *(context_row(player_lookup=who) for who in ("ann", "bob")),
    *(feed_player_row(player_lookup=who, bdl_player_id=i) for i, who in enumerate(("ann", "bob", "cem"))),
    box(20, PLAYING, feed_player_id=0),
    box(11, PLAYING, feed_player_id=1),
    box(30, feed_player_id=2, home_team="DEN", visitor_team="UTA", team="UTA"),
    played(30, player_lookup="cem", team_abbr="UTA", opponent_team_abbr="DEN", at_home=False),
]


def fits(rows: list[Row]) -> Json:
    made = document(LIVE_GRADING, *rows)
    require_valid(LIVE_GRADING, "live-grading/2025-01-15.json", orjson.dumps(made))
    return made


class TestAnyRows:
    @PROPERTY
    @given(any_rows(LIVE_GRADING))
    def test_any_rows_make_a_document(self, rows: list[Row]) -> None:
        fits(rows)

    @PROPERTY
    @given(blemished(EVENING))
    def test_nulls_duplicates_and_disorder_make_a_document(self, rows: list[Row]) -> None:
        fits(rows)

    @PROPERTY
    @given(contradicted(EVENING), st.data())
    def test_order_and_duplicates_change_nothing(self, rows: list[Row], data: st.DataObject) -> None:
        shuffled = data.draw(disordered(rows))
        assert json.dumps(document(LIVE_GRADING, *shuffled)) == json.dumps(fits(rows))


class TestCompletion:
    """A document that has lost scores is completed by those that were settled before."""

    def both(self, *later: Row, **values: Any) -> tuple[Json, Json]:
        before = graded(pick(), box(30))
        return before, complete(graded(pick(**values), *later), before)

    def test_a_settled_row_stays_with_its_score(self) -> None:
        before, completed = self.both()
        assert completed == before

    def test_a_score_that_is_there_is_the_newer_one(self) -> None:
        assert self.both(box(31))[1]["predictions"][0]["actual"] == 31
        assert self.both(box(20, PLAYING))[1]["predictions"][0]["actual"] == 20

    @pytest.mark.parametrize(
        "values", [{"line": 30.5}, {"predicted": 20}, {"recommendation": "UNDER"}, {"line_source": None}], ids=str
    )
    def test_another_forecast_is_not_graded_by_the_old_row(self, values: dict[str, Any]) -> None:
        assert self.both(**values)[1]["predictions"][0]["status"] == "pending"

    def test_what_was_running_is_not_kept(self) -> None:
        before = graded(pick(), box(20, PLAYING))
        assert complete(graded(pick()), before) == graded(pick())

    @pytest.mark.parametrize(("status", "running"), [(1, 0), (2, 0), (3, 0)])
    def test_its_game_counts_as_final_once(self, status: int, running: int) -> None:
        later = document(LIVE_GRADING, schedule_row(game_status=status), registry_row(), context_row(), pick())
        summary = complete(later, graded(pick(), box(30)))["summary"]
        assert (summary["games_in_progress"], summary["games_final"]) == (running, 1)

    def test_rows_are_put_in_order_again(self) -> None:
        ids = [feed_player_row(player_lookup=who, bdl_player_id=i) for i, who in enumerate(("ann", "bob"))]
        rows = [*(pick(player_lookup=who) for who in ("ann", "bob")), *ids]
        before = graded(*rows, box(30, feed_player_id=1))
        completed = complete(graded(*rows, box(5, PLAYING, feed_player_id=0)), before)
        assert [row["player_lookup"] for row in completed["predictions"]] == ["bob", "ann"]
        assert list(completed["summary"]) == list(before["summary"])
