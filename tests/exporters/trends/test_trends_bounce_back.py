from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from exporters.declaration import Cache, Follows, Grain, Json
from exporters.trends.trends_bounce_back import BOUNCE_BACK as EXPORT
from exporters.trends.trends_bounce_back import significance
from tests.support.nights import GENERATED_AT, document, key_paths, night, scanned
from tests.support.rows import LAST_GAME, TONIGHT, Row, game_log, game_row, registry_row, schedule_row

KEYS = (
    "generated_at",
    "as_of_date",
    "shortfall_threshold",
    "total_candidates",
    "bounce_back_candidates",
    "bounce_back_candidates[].player_lookup",
    "bounce_back_candidates[].player_full_name",
    "bounce_back_candidates[].team_abbr",
    "bounce_back_candidates[].last_game",
    "bounce_back_candidates[].last_game.date",
    "bounce_back_candidates[].last_game.result",
    "bounce_back_candidates[].last_game.opponent",
    "bounce_back_candidates[].last_game.margin",
    "bounce_back_candidates[].season_average",
    "bounce_back_candidates[].shortfall",
    "bounce_back_candidates[].bounce_back_rate",
    "bounce_back_candidates[].bounce_back_sample",
    "bounce_back_candidates[].significance",
    "bounce_back_candidates[].rank",
    "bounce_back_candidates[].playing_tonight",
    "bounce_back_candidates[].tonight",
    "bounce_back_candidates[].tonight.opponent",
    "bounce_back_candidates[].tonight.game_time",
    "bounce_back_candidates[].tonight.home",
    "bounce_back_candidates[].injury_status",
    "league_baseline",
    "league_baseline.avg_bounce_back_rate",
    "league_baseline.sample_size",
)
PLAIN = [25] * 9
"""Nine average games."""
LAST_SEASON = date(2024, 3, 1)


def games(points: Sequence[int | None], player: str = "ann", **values: Any) -> list[Row]:
    return game_log(points, player_lookup=player, **values)


def made(*rows: Row, **options: Any) -> Json:
    return document(EXPORT, *rows, **options)


def candidates(*rows: Row, **options: Any) -> dict[str, Json]:
    return {item["player_lookup"]: item for item in made(*rows, **options)["bounce_back_candidates"]}


def answered(pairs: Sequence[tuple[int, int]], **values: Any) -> list[Row]:
    """Return games around an average of exactly 25 that end with a bad one: pairs of a bad game and its answer.

    What the pairs lack of the average is scored in games before them that are neither bad nor answers of bad ones.
    """
    told = [points for pair in pairs for points in pair] + [15]
    missing = 25 * (len(told) + 20) - sum(told)
    share, more = divmod(missing, 20)
    return games([*told[::-1], *[share + 1] * more, *[share] * (20 - more)], every=1, **values)


def test_the_declaration() -> None:
    assert (EXPORT.name, EXPORT.grain, EXPORT.gates) == ("trends-bounce-back", Grain.SEASON, frozenset())
    assert EXPORT.path == "trends/bounce-back/{date}.json"
    assert EXPORT.cache.header == "public, max-age=3600"
    assert [(pointer.path, pointer.follows, pointer.cache) for pointer in EXPORT.pointers] == [
        ("trends/bounce-back.json", Follows.TODAY, Cache.HOUR)
    ]


def test_a_whole_document() -> None:
    rows = [
        *answered([(15, 30), (10, 25), (15, 24)], team_abbr="BOS", opponent_team_abbr="MIA"),
        registry_row(player_lookup="ann", player_name="Änn Şen"),
        schedule_row(),
    ]
    found = made(*rows)
    assert found == {
        "generated_at": GENERATED_AT,
        "as_of_date": "2025-01-15",
        "shortfall_threshold": 10,
        "total_candidates": 1,
        "bounce_back_candidates": [
            {
                "player_lookup": "ann",
                "player_full_name": "Änn Şen",
                "team_abbr": "BOS",
                "last_game": {"date": "2025-01-13", "result": 15, "opponent": "MIA", "margin": -10.0},
                "season_average": 25.0,
                "shortfall": 10.0,
                "bounce_back_rate": 0.667,
                "bounce_back_sample": 3,
                "significance": "low",
                "rank": 1,
                "playing_tonight": True,
                "tonight": {"opponent": "LAL", "game_time": "7:30 PM ET", "home": False},
                "injury_status": "available",
            }
        ],
        "league_baseline": {"avg_bounce_back_rate": 0.667, "sample_size": 3},
    }
    assert tuple(key_paths(found)) == KEYS


# Who is a candidate


@pytest.mark.parametrize(("last", "listed"), [(14, True), (15, True), (16, False)])
def test_the_last_game_is_ten_points_or_more_below_the_average_that_holds_it(last: int, listed: bool) -> None:
    """The other nine games make the average just 25 with a last game of 15 (contract E6-6)."""
    rest = [26, 26, 26, 26, 26, 26, 26, 26, 27]
    assert ("ann" in candidates(*games([last, *rest]))) is listed


def test_the_average_is_compared_unrounded() -> None:
    """24.95 is shown as 25.0, yet 15 points are not ten below it."""
    rows = games([15, *[26] * 9, *[25] * 10])
    assert night(*rows).season.ppg == Decimal("25.0")
    assert candidates(*rows) == {}
    assert "ann" in candidates(*games([15, *[26] * 10, *[25] * 9]))


def test_ten_games_of_the_season_are_needed() -> None:
    assert "ann" not in candidates(*games([10, *PLAIN[:8]]))
    assert "ann" in candidates(*games([10, *PLAIN]))
    earlier = games(PLAIN, newest=LAST_SEASON)
    assert "ann" not in candidates(*games([10, *PLAIN[:8]]), *earlier)


@pytest.mark.parametrize(("age", "listed"), [(1, True), (14, True), (15, False)])
def test_e6_5_the_last_game_is_at_most_fourteen_days_old(age: int, listed: bool) -> None:
    rows = games([10, *PLAIN], newest=TONIGHT - timedelta(days=age))
    assert ("ann" in candidates(*rows)) is listed


@pytest.mark.parametrize("values", [{"is_dnp": True}, {"is_active": False}, {"is_partial_game_data": True}])
def test_a_game_that_was_not_played_is_no_bad_game(values: dict[str, Any]) -> None:
    rows = games(PLAIN * 2, newest=LAST_GAME - timedelta(days=1))
    assert candidates(*rows, game_row(player_lookup="ann", game_date=LAST_GAME, points=0, **values)) == {}


def test_the_game_of_the_date_itself_does_not_count() -> None:
    rows = games([10, *PLAIN])
    tonight = game_row(player_lookup="ann", game_date=TONIGHT, points=40)
    later = game_row(player_lookup="ann", game_date=TONIGHT + timedelta(days=1), points=2)
    assert made(*rows, tonight, later) == made(*rows)


# How bad games were answered


def test_without_a_bad_game_in_the_past_there_is_no_rate() -> None:
    """The last game has no answer yet."""
    found = candidates(*games([10, *PLAIN]))["ann"]
    assert (found["bounce_back_rate"], found["bounce_back_sample"], found["significance"]) == (None, 0, "low")


@pytest.mark.parametrize("bad", [1, 2])
def test_e6_3_fewer_than_three_bad_games_make_no_rate(bad: int) -> None:
    found = candidates(*answered([(15, 30)] * bad))["ann"]
    assert (found["bounce_back_rate"], found["bounce_back_sample"], found["significance"]) == (None, bad, "low")


def test_an_answer_reaches_the_average_of_its_season() -> None:
    found = candidates(*answered([(15, 25), (15, 24), (15, 40), (15, 25)]))["ann"]
    assert (found["bounce_back_rate"], found["bounce_back_sample"]) == (0.75, 4)


def test_a_bad_answer_is_a_bad_game_as_well() -> None:
    found = candidates(*answered([(15, 14), (15, 30)]))["ann"]
    assert found["bounce_back_sample"] == 3
    assert found["bounce_back_rate"] == 0.333


def test_e6_1_games_of_another_season_are_judged_by_that_season() -> None:
    """Ten points were average then."""
    rookie = games([10] * 30, newest=LAST_SEASON)
    found = candidates(*games([10, *PLAIN]), *rookie)["ann"]
    assert (found["bounce_back_sample"], found["bounce_back_rate"]) == (0, None)
    veteran = games([25, 10, 25, 10, 25, 10, *[27] * 20], newest=LAST_SEASON)
    assert candidates(*games([10, *PLAIN]), *veteran)["ann"]["bounce_back_rate"] == 1.0


def test_e6_2_the_next_season_answers_nothing() -> None:
    """The last game of a season was bad; the next one is of the next season."""
    rows = [*games([10, *PLAIN]), *games([10, *PLAIN], newest=LAST_SEASON)]
    assert candidates(*rows)["ann"]["bounce_back_sample"] == 0


def test_e6_2_a_missed_game_answers_nothing() -> None:
    rows = games([10, 25, None, 10, *PLAIN])
    assert made(*rows)["league_baseline"] == {"avg_bounce_back_rate": 1.0, "sample_size": 1}


def test_a_season_that_is_over_is_judged_alike_on_every_date() -> None:
    one = night(*games([25, 10, *PLAIN], newest=LAST_SEASON), player="ann")
    found = one.history.bad_games
    during, after = found.answers(LAST_SEASON), found.answers(TONIGHT)
    assert (during.bad, after.bad, after.bounced) == (0, 1, 1)
    assert found.answers(LAST_SEASON) == during
    assert found.answers(TONIGHT) == after


@pytest.mark.parametrize(
    ("sample", "rate", "label"),
    [
        (10, Fraction(7, 10), "high"),
        (9, Fraction(9, 10), "medium"),
        (5, Fraction(6, 10), "medium"),
        (4, Fraction(1), "low"),
        (10, Fraction(69_999, 100_000), "medium"),
        (5, Fraction(59_999, 100_000), "low"),
        (2, None, "low"),
    ],
)
def test_vectors_of_significance(sample: int, rate: Fraction | None, label: str) -> None:
    assert significance(sample, rate) == label


# The list and the baseline


def test_e6_7_order_is_by_rate_then_shortfall_then_id_and_those_without_a_rate_come_last() -> None:
    rows = [
        *answered([(15, 30)] * 3, player="d"),
        *answered([(15, 30)] * 3 + [(15, 20)], player="c"),
        *games([5, *PLAIN], "bb"),
        *games([5, *PLAIN], "b"),
        *games([2, *PLAIN], "z"),
    ]
    found = made(*rows)["bounce_back_candidates"]
    assert [item["player_lookup"] for item in found] == ["d", "c", "z", "b", "bb"]
    assert [item["rank"] for item in found] == [1, 2, 3, 4, 5]


def test_e6_4_the_baseline_is_that_of_everybody_with_ten_games_on_record() -> None:
    other = games([30, 10, *PLAIN], "bob", newest=LAST_SEASON)
    few = games([30, 5, *PLAIN[:7]], "cem")
    assert len(few) == 9
    baseline = made(*games([10, *PLAIN]), *other, *few)["league_baseline"]
    assert baseline == {"avg_bounce_back_rate": 1.0, "sample_size": 1}


def test_without_candidates_the_baseline_is_still_there() -> None:
    found = made(*games([30, 10, *PLAIN], "bob", newest=LAST_SEASON))
    assert (found["total_candidates"], found["bounce_back_candidates"]) == (0, [])
    assert found["league_baseline"]["sample_size"] == 1
    assert EXPORT.is_empty(found)
    assert made(schedule_row())["league_baseline"] == {"avg_bounce_back_rate": None, "sample_size": 0}


def test_the_declared_windows_hold_all_that_is_shown() -> None:
    rows = [*answered([(15, 30)] * 3), *games([25, 10, *PLAIN], newest=date(2021, 11, 30)), schedule_row()]
    assert made(*scanned(EXPORT, rows)) == made(*rows)
    assert made(*rows)["league_baseline"]["sample_size"] == 4
