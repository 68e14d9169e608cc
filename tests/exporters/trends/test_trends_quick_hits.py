from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from exporters.declaration import Cache, Follows, Grain, Json
from exporters.league.nights.situations import ALL, AWAY, B2B, HOME, ONE_DAY, RESTED, WEEKDAYS, Overs
from exporters.trends.trends_quick_hits import QUICK_HITS as EXPORT
from exporters.trends.trends_quick_hits import hits_of
from tests.support.nights import GENERATED_AT, document, scanned
from tests.support.rows import TONIGHT, Row, game_row, schedule_row

FIRST_DAY = TONIGHT - timedelta(days=90)
YESTERDAY = TONIGHT - timedelta(days=1)
SUNDAY = date(2025, 1, 12)


def facts(overs: dict[str, Overs], kinds: dict[str, Overs] | None = None) -> dict[str, Json]:
    return {hit.stat["id"]: hit.stat for hit in hits_of(overs, kinds or {})}


def players(overs: int, of: int, day: date = YESTERDAY, points: int = 20, tag: str = "p", **values: Any) -> list[Row]:
    """Return one game of each of some players, of whom some went over the line."""
    return [
        game_row(
            player_lookup=f"{tag}{n:03d}",
            game_date=day,
            **{"points": points, "points_line": points - 0.5 if n < overs else points + 0.5, **values},
        )
        for n in range(of)
    ]


def test_the_declaration() -> None:
    assert (EXPORT.name, EXPORT.grain, EXPORT.gates) == ("trends-quick-hits", Grain.SEASON, frozenset())
    assert EXPORT.path == "trends/quick-hits/{date}.json"
    assert EXPORT.cache.header == "public, max-age=3600"
    [pointer] = EXPORT.pointers
    assert (pointer.path, pointer.follows, pointer.cache) == ("trends/quick-hits.json", Follows.TODAY, Cache.HALF_DAY)


def test_a_whole_document() -> None:
    rows = [*players(39, 72, SUNDAY), *players(33, 78, YESTERDAY, tag="q", at_home=False)]
    assert document(EXPORT, *rows) == {
        "generated_at": GENERATED_AT,
        "as_of_date": "2025-01-15",
        "stats": [
            {
                "id": "sunday_overs",
                "category": "day_of_week",
                "headline": "Sunday Surge",
                "stat": "54.2%",
                "description": "OVER rate on Sundays",
                "sample_size": 72,
                "trend": "positive",
                "context": "vs 48.0% overall (+6.2%)",
            },
            {
                "id": "home_away_split",
                "category": "situational",
                "headline": "Home Court Advantage",
                "stat": "54.2%",
                "description": "OVER rate of players at home",
                "sample_size": 150,
                "trend": "positive",
                "context": "vs 42.3% on the road (11.9% gap)",
            },
            {
                "id": "tuesday_overs",
                "category": "day_of_week",
                "headline": "Tuesday Slump",
                "stat": "42.3%",
                "description": "OVER rate on Tuesdays",
                "sample_size": 78,
                "trend": "negative",
                "context": "vs 48.0% overall (-5.7%)",
            },
        ],
        "total_available": 3,
        "refresh_note": "Refreshed every Wednesday",
    }


def test_without_games_there_is_no_fact() -> None:
    found = document(EXPORT, schedule_row())
    assert (found["stats"], found["total_available"]) == ([], 0)
    assert EXPORT.is_empty(found)


# What is worth telling


def test_vectors_by_distance_from_the_average_of_all_games() -> None:
    """A league at 46.2 percent: a group at 46.0 is no fact, one at 52.0 is, by 5.8 points."""
    league = {ALL: Overs(5000, 2310), "monday": Overs(1000, 460), "friday": Overs(1000, 520)}
    found = facts(league)
    assert list(found) == ["friday_overs"]
    assert found["friday_overs"]["context"] == "vs 46.2% overall (+5.8%)"
    assert found["friday_overs"]["trend"] == "neutral"


@pytest.mark.parametrize(("overs", "told"), [(520, True), (519, False), (480, True), (481, False)])
def test_a_weekday_differs_by_two_points(overs: int, told: bool) -> None:
    assert bool(facts({ALL: Overs(2000, 1000), "monday": Overs(1000, overs)})) is told


@pytest.mark.parametrize("rest", [B2B, ONE_DAY, RESTED])
@pytest.mark.parametrize(("overs", "told"), [(515, True), (514, False), (485, True), (486, False)])
def test_a_rest_differs_by_one_and_a_half(rest: str, overs: int, told: bool) -> None:
    assert bool(facts({ALL: Overs(2000, 1000), rest: Overs(1000, overs)})) is told


@pytest.mark.parametrize(("away", "told"), [(480, True), (481, False)])
def test_home_and_away_differ_by_two_points_from_each_other(away: int, told: bool) -> None:
    assert bool(facts({ALL: Overs(2000, 1000), HOME: Overs(1000, 500), AWAY: Overs(1000, away)})) is told


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("star", "stars_overs"),
        ("scorer", "scorers_overs"),
        ("rotation", "rotation_overs"),
        ("role_player", "bench_overs"),
    ],
)
def test_a_type_of_player_differs_by_two_points(kind: str, name: str) -> None:
    found = facts({ALL: Overs(2000, 1000)}, {kind: Overs(1000, 520)})
    assert (list(found), found[name]["category"]) == ([name], "player_type")
    assert not facts({ALL: Overs(2000, 1000)}, {kind: Overs(1000, 519)})


@pytest.mark.parametrize(("games", "told"), [(50, True), (49, False)])
def test_e9_2_a_group_of_fewer_than_fifty_games_is_none(games: int, told: bool) -> None:
    full = Overs(games, games)
    assert bool(facts({ALL: Overs(2000, 1000), "monday": full})) is told
    assert bool(facts({ALL: Overs(2000, 1000), B2B: full})) is told
    assert bool(facts({ALL: Overs(2000, 1000)}, {"star": full})) is told
    assert bool(facts({ALL: Overs(2000, 1000), HOME: full, AWAY: Overs(900, 1)})) is told


def test_e9_3_a_rate_of_zero_is_a_rate() -> None:
    found = facts({ALL: Overs(2000, 1000), HOME: Overs(100, 0), AWAY: Overs(100, 40), "monday": Overs(100, 0)})
    assert found["monday_overs"]["stat"] == "0.0%"
    split = found["home_away_split"]
    assert (split["headline"], split["stat"], split["trend"]) == ("Road Warriors", "40.0%", "negative")
    assert split["context"] == "vs 0.0% at home (40.0% gap)"


@pytest.mark.parametrize(("overs", "trend"), [(521, "positive"), (520, "neutral"), (480, "neutral"), (479, "negative")])
def test_trends(overs: int, trend: str) -> None:
    assert (
        facts({ALL: Overs(2000, 900 if overs > 500 else 1100), "monday": Overs(1000, overs)})["monday_overs"]["trend"]
        == trend
    )


@pytest.mark.parametrize(
    ("situation", "above", "below"),
    [
        ("monday", "Monday Surge", "Monday Slump"),
        (B2B, "Back-to-Back Boost", "Back-to-Back Blues"),
        (ONE_DAY, "Standard Rest", "Standard Rest"),
        (RESTED, "Fresh Legs", "Rest Rust"),
    ],
)
def test_e9_7_the_headline_goes_with_the_sign(situation: str, above: str, below: str) -> None:
    for overs, headline in ((600, above), (400, below)):
        [stat] = facts({ALL: Overs(2000, 1000), situation: Overs(1000, overs)}).values()
        assert stat["headline"] == headline


def test_e9_1_the_farthest_first_then_the_largest_sample_then_the_id() -> None:
    league = {
        ALL: Overs(20_000, 10_000),
        **{day: Overs(1000, 500 + 10 * n) for n, day in enumerate(WEEKDAYS)},
        B2B: Overs(100, 56),
        ONE_DAY: Overs(1000, 440),
        HOME: Overs(1000, 500),
        AWAY: Overs(1000, 380),
    }
    hits = sorted(hits_of(league, {}), key=lambda hit: hit.order)
    assert [hit.stat["id"] for hit in hits] == [
        "home_away_split",
        "one_day_overs",
        "sunday_overs",
        "b2b_overs",
        "saturday_overs",
        "friday_overs",
        "thursday_overs",
        "wednesday_overs",
    ]


def test_eight_facts_are_listed_and_all_are_counted() -> None:
    rows = [
        row
        for n in range(7)
        for row in players(0 if n % 2 else 60, 60, SUNDAY - timedelta(days=n), points=(25, 16)[n % 2], tag=f"d{n}x")
        + players(0 if n % 2 else 60, 60, SUNDAY - timedelta(days=n, weeks=1), points=5, tag=f"e{n}x", at_home=False)
    ]
    found = document(EXPORT, *rows)
    assert found["total_available"] == 7
    more = [row for n in range(5) for row in players(60, 60, SUNDAY - timedelta(weeks=1 + n), points=30, tag="star")]
    assert len(document(EXPORT, *rows, *more)["stats"]) == 8
    assert document(EXPORT, *rows, *more)["total_available"] > 8


# Which games


def test_games_of_the_ninety_days_before_the_date() -> None:
    rows = players(60, 60, FIRST_DAY)
    assert document(EXPORT, *rows, *players(0, 60, FIRST_DAY, tag="q"))["total_available"] == 0
    one_day = [*players(60, 60, FIRST_DAY), *players(0, 60, YESTERDAY, tag="q")]
    assert document(EXPORT, *one_day)["total_available"] == 2
    outside = [*players(0, 99, TONIGHT, tag="r"), *players(0, 99, FIRST_DAY - timedelta(days=1), tag="s")]
    assert document(EXPORT, *one_day, *outside) == document(EXPORT, *one_day)


@pytest.mark.parametrize(
    "values",
    [
        {"points_line": 20},
        {"points_line": None},
        {"is_dnp": True},
        {"is_active": False},
        {"is_partial_game_data": True},
    ],
)
def test_what_decides_nothing_does_not_count(values: dict[str, Any]) -> None:
    rows = [*players(60, 60, SUNDAY), *players(0, 60, YESTERDAY, tag="q")]
    assert document(EXPORT, *rows, *players(0, 60, SUNDAY, tag="r", **values)) == document(EXPORT, *rows)


def test_e9_5_a_type_needs_five_played_games() -> None:
    """Sixty players who always go over, and sixty of another type who never do."""

    def season(games: int) -> set[str]:
        rows = [
            row
            for n in range(games)
            for row in players(60, 60, YESTERDAY - timedelta(weeks=n), points=25, tag="s")
            + players(0, 60, YESTERDAY - timedelta(weeks=n), points=5, tag="b")
        ]
        return {stat["id"] for stat in document(EXPORT, *rows)["stats"]}

    assert season(4) == set()
    assert season(5) == {"stars_overs", "bench_overs"}


def test_e9_4_rest_is_between_played_games_with_or_without_a_line() -> None:
    over = [
        *players(60, 60, YESTERDAY),
        *players(60, 60, YESTERDAY - timedelta(days=1), points_line=None),
        *players(0, 60, YESTERDAY, tag="q", at_home=True),
    ]
    assert [stat["id"] for stat in document(EXPORT, *over)["stats"]] == ["b2b_overs"]


def test_the_declared_windows_hold_all_that_is_shown() -> None:
    rows = [*players(60, 60, FIRST_DAY), *players(0, 60, YESTERDAY, tag="q", at_home=False), schedule_row()]
    assert document(EXPORT, *scanned(EXPORT, rows)) == document(EXPORT, *rows)
