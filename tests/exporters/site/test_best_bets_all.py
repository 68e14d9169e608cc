from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.config import ExportConfig
from exporters.declaration import Json, WouldBeEmpty
from exporters.league.forecasts.readiness import ScanCounts
from exporters.league.nights.slate import Season
from exporters.site.best_bets_all import BEST_BETS_ALL
from exporters.site.calendar import CALENDAR
from exporters.warehouse.tables import HALTS, SIGNAL_PICKS
from tests.support.nights import GENERATED_AT, cards, declared, document, plain
from tests.support.rows import (
    LAST_GAME,
    TONIGHT,
    Row,
    accuracy_row,
    by_table,
    game_row,
    halt_row,
    manual_pick_row,
    published_pick_row,
    registry_row,
    schedule_row,
    signal_pick_row,
    table_of,
)
from tests.support.worlds import PROPERTY, disordered

YESTERDAY = TONIGHT - timedelta(days=1)
AFTER_TIP = "2025-01-16T00:30:00+00:00"
KEYS = (
    "date",
    "season",
    "generated_at",
    "algorithm_version",
    "halt_active",
    "halt_reason",
    "halt_since",
    "record",
    "ultra_record",
    "streak",
    "best_streak",
    "today",
    "total_today",
    "games_scheduled",
    "weeks",
    "total_picks",
    "graded",
)
TODAY_KEYS = (
    "rank",
    "player",
    "player_lookup",
    "team",
    "opponent",
    "home",
    "direction",
    "stat",
    "line",
    "edge",
    "game_time",
    "angles",
    "actual",
    "result",
    "is_ultra",
)
PAST_KEYS = (
    "player",
    "player_lookup",
    "team",
    "opponent",
    "home",
    "direction",
    "stat",
    "line",
    "edge",
    "actual",
    "result",
    "angles",
    "is_ultra",
)


def page(*rows: Row, **options: Any) -> Json:
    """Return the page of a date on which nothing is halted, unless a row says so."""
    return document(BEST_BETS_ALL, schedule_row(), halt_row(), *rows, **options)


def lacking(*rows: Row, tables: tuple[str, ...], day: date = TONIGHT) -> Json:
    """Return the page of a warehouse that lacks tables."""
    every = (schedule_row(), *rows)
    counts = ScanCounts(absent=dict.fromkeys(tables, ("",)))
    shared = by_table(row for row in declared(BEST_BETS_ALL, every) if table_of(row).player is None)
    made = {BEST_BETS_ALL.name: cards(BEST_BETS_ALL, every, day=day)}
    season = Season(day, GENERATED_AT, ExportConfig(), counts, made, shared, {})
    assert BEST_BETS_ALL.build is not None
    return plain(BEST_BETS_ALL.build(season))


def signal(player: str = "ann", day: date = TONIGHT, **values: Any) -> Row:
    return signal_pick_row(player_lookup=player, game_date=day, **values)


def published(player: str = "ann", day: date = TONIGHT, **values: Any) -> Row:
    return published_pick_row(player_lookup=player, game_date=day, **values)


def manual(player: str = "ann", day: date = TONIGHT, **values: Any) -> Row:
    return manual_pick_row(player_lookup=player, game_date=day, **values)


def won(player: str = "ann", day: date = YESTERDAY, *, win: bool = True, **values: Any) -> Row:
    points = 30 if win else 10
    return signal(player, day, actual_points=points, prediction_correct=win, is_voided=False, **values)


def void(player: str = "ann", day: date = YESTERDAY, **values: Any) -> Row:
    return signal(player, day, is_voided=True, **values)


def players(made: Json) -> list[str]:
    return [pick["player_lookup"] for pick in made["today"]]


def past(made: Json, day: date) -> list[Json]:
    return [pick for week in made["weeks"] for one in week["days"] if one["date"] == str(day) for pick in one["picks"]]


def test_path_and_cache() -> None:
    assert (BEST_BETS_ALL.path, BEST_BETS_ALL.cache.value) == ("best-bets/all.json", 300)


def test_names_and_order() -> None:
    made = page(signal(), won())
    assert tuple(made) == KEYS
    assert tuple(made["today"][0]) == TODAY_KEYS
    assert tuple(past(made, YESTERDAY)[0]) == PAST_KEYS
    assert list(made["record"]) == ["season", "month", "week", "last_10"]
    assert list(made["record"]["season"]) == ["wins", "losses", "total", "pct"]
    assert list(made["record"]["last_10"]) == ["wins", "losses", "pct"]
    assert list(made["ultra_record"]) == ["wins", "losses", "total", "pct", "over", "under"]
    assert list(made["weeks"][0]["record"]) == ["wins", "losses", "pending", "pct"]


def test_a_pick_of_the_date() -> None:
    made = page(
        signal(edge=-5.8, recommendation="UNDER", pick_angles=("a", "b", "c", "d")),
        registry_row(player_lookup="ann", player_name="Ann Lee"),
    )
    assert made["today"] == [
        {
            "rank": 1,
            "player": "Ann Lee",
            "player_lookup": "ann",
            "team": "LAL",
            "opponent": "BOS",
            "home": True,
            "direction": "UNDER",
            "stat": "PTS",
            "line": 22.5,
            "edge": 5.8,
            "game_time": "2025-01-15T19:30:00-05:00",
            "angles": ["a", "b", "c"],
            "actual": None,
            "result": None,
            "is_ultra": False,
        }
    ]
    assert past(made, TONIGHT)[0]["angles"] == ["a", "b", "c", "d"]
    assert (made["total_today"], made["total_picks"], made["graded"]) == (1, 1, 0)
    assert (made["season"], made["algorithm_version"]) == ("2024-25", "v_test")


def test_a_player_whom_the_registry_does_not_know_is_named_by_the_pick() -> None:
    assert page(signal(player_name="Ann of Old"))["today"][0]["player"] == "Ann of Old"
    assert page(signal(player_name=None))["today"][0]["player"] == "ann"


def test_an_official_id_is_found_in_the_schedule_and_an_unknown_game_is_at_no_place() -> None:
    away = page(signal(game_id="0022400551", team_abbr="BOS", opponent_team_abbr=None))["today"][0]
    assert (away["opponent"], away["home"], away["game_time"]) == ("LAL", False, "2025-01-15T19:30:00-05:00")
    lost = page(signal(game_id="unreadable", team_abbr="MIA", opponent_team_abbr=None))["today"][0]
    assert (lost["opponent"], lost["home"], lost["game_time"]) == (None, None, None)


class TestWhichPicks:
    def test_what_readers_were_shown_stays_after_the_signals_dropped_it(self) -> None:
        assert players(page(published("ann"), signal("bob"))) == ["ann", "bob"]

    def test_a_shown_pick_keeps_side_and_line_and_takes_the_newest_edge_rank_and_angles(self) -> None:
        made = page(
            published(line_value=22.5, edge=5, rank=4, pick_angles=("old",)),
            signal(line_value=25.5, recommendation="UNDER", edge=-7, rank=2, pick_angles=("new",)),
            signal("bob", rank=3),
        )
        first = made["today"][0]
        assert (first["player_lookup"], first["direction"], first["line"]) == ("ann", "OVER", 22.5)
        assert (first["edge"], first["angles"]) == (7.0, ["new"])

    @pytest.mark.parametrize(("asked", "ultra"), [(GENERATED_AT, True), (AFTER_TIP, False)])
    def test_the_tier_changes_until_tip_off_only(self, asked: str, ultra: bool) -> None:
        made = page(published(ultra_tier="false"), signal(ultra_tier=True), generated_at=asked)
        assert made["today"][0]["is_ultra"] is ultra

    @pytest.mark.parametrize(("text", "ultra"), [(None, False), ("", False), ("False", False), ("ultra", True)])
    def test_the_tier_of_a_shown_pick_is_text(self, text: str | None, ultra: bool) -> None:
        assert page(published(ultra_tier=text))["today"][0]["is_ultra"] is ultra

    def test_a_pick_by_hand_replaces_the_player_s_other_and_comes_last(self) -> None:
        made = page(
            published("ann", rank=1), signal("ann", rank=1), signal("bob", rank=9), manual("ann", line_value=19)
        )
        assert [(one["player_lookup"], one["rank"], one.get("source")) for one in made["today"]] == [
            ("bob", 1, None),
            ("ann", 2, "manual"),
        ]
        assert made["today"][1]["line"] == 19.0

    def test_a_pick_by_hand_keeps_the_grade_of_the_player(self) -> None:
        made = page(won("ann", YESTERDAY), manual("ann", YESTERDAY, recommendation="UNDER"))
        [pick] = past(made, YESTERDAY)
        assert (pick["actual"], pick["direction"], pick["result"]) == (30, "UNDER", "LOSS")

    def test_a_pick_by_hand_that_was_taken_back_is_none(self) -> None:
        assert players(page(manual(is_active=False))) == []

    def test_of_an_earlier_date_the_signals_pick_counts_else_the_shown_one(self) -> None:
        made = page(
            signal("ann", YESTERDAY, line_value=25.5),
            published("ann", YESTERDAY, line_value=22.5),
            published("bob", YESTERDAY),
            published("cem", YESTERDAY, signal_status="game_started"),
        )
        assert [(pick["player_lookup"], pick["line"]) for pick in past(made, YESTERDAY)] == [
            ("ann", 25.5),
            ("bob", 22.5),
        ]

    def test_one_row_per_player_and_date_the_newest_then_the_best_rank(self) -> None:
        rows = [
            signal(created_at="2025-01-15T10:00:00Z", rank=1, line_value=20.5),
            signal(created_at="2025-01-15T11:00:00Z", rank=3, line_value=21.5),
            signal(created_at="2025-01-15T11:00:00Z", rank=2, line_value=22.5, system_id="b"),
            signal(created_at="2025-01-15T11:00:00Z", rank=2, line_value=23.5, system_id="ab"),
            signal(created_at="2025-01-15T11:00:00Z", rank=2, line_value=24.5, system_id="a"),
        ]
        assert [pick["line"] for pick in page(*rows)["today"]] == [24.5]

    def test_rows_without_side_or_line_after_the_date_or_of_another_season_are_no_picks(self) -> None:
        made = page(
            signal("ann", recommendation="PASS"),
            signal("bob", line_value=None),
            signal("cem", TONIGHT + timedelta(days=1)),
            signal("dan", date(2024, 9, 30)),
        )
        assert (made["today"], made["weeks"], made["total_picks"]) == ([], [], 0)

    def test_order_by_rank_then_edge_then_player(self) -> None:
        made = page(
            signal("dan", rank=None, edge=9),
            signal("cem", rank=2, edge=5),
            signal("bob", rank=2, edge=5),
            signal("ann", rank=2, edge=-6),
            signal("eve", rank=2, edge=None),
        )
        assert players(made) == ["ann", "bob", "cem", "eve", "dan"]
        assert [pick["rank"] for pick in made["today"]] == [1, 2, 3, 4, 5]


class TestOutcomes:
    def test_the_grade_wins_over_the_pick_s_own_columns(self) -> None:
        graded = accuracy_row(
            player_lookup="ann", game_date=YESTERDAY, line_value=22.5, actual_points=12, prediction_correct=False
        )
        [pick] = past(page(won(), graded), YESTERDAY)
        assert (pick["actual"], pick["result"]) == (12, "LOSS")

    def test_a_grade_of_another_line_gives_the_points_only(self) -> None:
        graded = accuracy_row(
            player_lookup="ann", game_date=YESTERDAY, line_value=25.5, actual_points=24, prediction_correct=False
        )
        [pick] = past(page(signal(day=YESTERDAY), graded), YESTERDAY)
        assert (pick["actual"], pick["result"]) == (24, "WIN")

    def test_the_box_score_of_a_finished_game_decides_before_the_grade(self) -> None:
        final = schedule_row(game_date=YESTERDAY, game_status=3)
        box = game_row(player_lookup="ann", game_date=YESTERDAY, points=20)
        [pick] = past(page(signal(day=YESTERDAY), final, box), YESTERDAY)
        assert (pick["actual"], pick["result"]) == (20, "LOSS")
        running = schedule_row(game_date=YESTERDAY, game_status=2)
        [pick] = past(page(signal(day=YESTERDAY), running, box), YESTERDAY)
        assert (pick["actual"], pick["result"]) == (None, None)

    def test_a_push_is_one_and_counts_for_neither_side(self) -> None:
        made = page(signal(day=YESTERDAY, line_value=30, actual_points=30))
        [pick] = past(made, YESTERDAY)
        assert (pick["actual"], pick["result"]) == (30, "PUSH")
        assert made["weeks"][0]["days"][0]["record"] == {"wins": 0, "losses": 0, "pending": 0}
        assert (made["weeks"][0]["days"][0]["status"], made["total_picks"], made["graded"]) == ("split", 1, 0)

    def test_a_player_who_did_not_play_voids_the_pick_and_only_then_a_reason_is_given(self) -> None:
        made = page(void("ann"), won("bob"), signal("cem", is_voided=True))
        entries = {pick["player_lookup"]: pick for pick in past(made, YESTERDAY)}
        assert (entries["ann"]["result"], entries["ann"]["actual"], entries["ann"]["void_reason"]) == (
            "VOID",
            None,
            "DNP",
        )
        assert "void_reason" not in entries["bob"]
        assert made["today"][0]["void_reason"] == "DNP"
        assert (made["total_picks"], made["voided"], made["graded"]) == (1, 2, 1)
        assert "voided" not in page(won("bob"))


class TestRecords:
    def test_spans_begin_with_the_season_the_month_and_monday(self) -> None:
        monday, new_year = date(2025, 1, 13), date(2025, 1, 1)
        made = page(
            won("ann", TONIGHT),
            won("bob", monday, win=False),
            won("cem", monday - timedelta(days=1)),
            won("dan", new_year),
            won("eve", new_year - timedelta(days=1), win=False),
            won("fay", date(2024, 10, 1)),
        )
        assert {span: (found["wins"], found["losses"]) for span, found in made["record"].items()} == {
            "season": (4, 2),
            "month": (3, 1),
            "week": (1, 1),
            "last_10": (4, 2),
        }
        assert (made["record"]["season"]["total"], made["record"]["season"]["pct"]) == (6, 66.7)

    def test_of_nothing_they_are_zero(self) -> None:
        made = page()
        assert made["record"]["season"] == {"wins": 0, "losses": 0, "total": 0, "pct": 0.0}
        assert made["ultra_record"]["pct"] is None
        assert (made["streak"], made["best_streak"]) == (
            {"type": "N/A", "count": 0},
            {"type": "W", "count": 0, "start": None, "end": None},
        )
        assert made["algorithm_version"] == "unknown"

    def test_the_last_ten_are_the_newest_by_date_then_by_when_they_were_made_then_by_player(self) -> None:
        late = "2025-01-14T13:00:00Z"
        rows = [won(f"w{n}", YESTERDAY, created_at=late) for n in range(9)]
        losses = [won(name, YESTERDAY, win=False) for name in ("ann", "bob")]
        assert page(*rows, *losses)["record"]["last_10"] == {"wins": 9, "losses": 1, "pct": 90.0}
        made = page(*rows, won("ann"), won("bob", win=False))
        assert made["record"]["last_10"]["wins"] == 10
        assert made["record"]["season"]["total"] == 11

    def test_ultra_picks_by_side(self) -> None:
        made = page(
            won("ann", ultra_tier=True),
            won("bob", ultra_tier=True, win=False),
            won("cem", ultra_tier=True, recommendation="UNDER", win=False),
            won("dan"),
        )["ultra_record"]
        # The verdict of the row counts, whatever its points.
        assert (made["wins"], made["losses"], made["total"], made["pct"]) == (1, 2, 3, 33.3)
        assert made["over"] == {"wins": 1, "losses": 1, "total": 2, "pct": 50.0}
        assert made["under"] == {"wins": 0, "losses": 1, "total": 1, "pct": 0.0}

    def test_streaks_skip_what_is_not_decided(self) -> None:
        days = [TONIGHT - timedelta(days=n) for n in range(1, 8)]
        made = page(
            signal("ann", TONIGHT),
            won("ann", days[0]),
            void("ann", days[1]),
            won("ann", days[2]),
            won("ann", days[3], win=False),
            won("ann", days[4]),
            won("ann", days[5]),
            won("ann", days[6], win=False),
        )
        assert made["streak"] == {"type": "W", "count": 2}
        assert made["best_streak"] == {"type": "W", "count": 2, "start": str(days[5]), "end": str(days[4])}


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([void("ann"), void("bob")], "void"),
        ([void("ann"), signal("bob", YESTERDAY)], "pending"),
        ([void("ann"), won("bob")], "sweep"),
        ([won("ann", win=False), void("bob")], "miss"),
        ([won("ann"), won("bob", win=False)], "split"),
        ([won("ann"), signal("bob", YESTERDAY)], "split"),
    ],
)
def test_how_a_day_went(rows: list[Row], status: str) -> None:
    assert page(*rows)["weeks"][0]["days"][0]["status"] == status


def test_weeks_and_days_are_newest_first_and_hold_the_date() -> None:
    sunday = date(2025, 1, 12)
    made = page(signal("ann"), won("ann", LAST_GAME), won("bob", sunday), void("cem", sunday))
    assert [(week["week_start"], [day["date"] for day in week["days"]]) for week in made["weeks"]] == [
        ("2025-01-13", ["2025-01-15", "2025-01-13"]),
        ("2025-01-06", ["2025-01-12"]),
    ]
    assert made["weeks"][0]["record"] == {"wins": 1, "losses": 0, "pending": 1, "pct": 100.0}
    assert made["weeks"][1]["days"][0]["record"] == {"wins": 1, "losses": 0, "pending": 0, "voided": 1}


def test_games_are_counted_as_the_calendar_does() -> None:
    rows = [schedule_row(home_team_tricode="NYK", away_team_tricode="MIA"), schedule_row(home_team_tricode="EST")]
    assert page(*rows)["games_scheduled"] == 2
    assert document(CALENDAR, schedule_row(), *rows)[str(TONIGHT)] == 2
    assert page(day=YESTERDAY)["games_scheduled"] == 0


class TestHalts:
    HALT = halt_row(
        halt_active=True, halt_reason="edge_collapse", halt_since="2025-01-14", written_at="2025-01-15T13:00:00Z"
    )

    def test_a_halt_adds_no_pick_and_takes_none_away_that_was_shown(self) -> None:
        rows = [published("ann"), signal("ann"), signal("bob"), manual("cem"), won("dan")]
        made = page(*rows, self.HALT)
        assert (made["halt_active"], made["halt_reason"], made["halt_since"]) == (True, "edge_collapse", "2025-01-14")
        assert players(made) == ["ann"]
        assert past(made, YESTERDAY) == past(page(*rows), YESTERDAY)

    def test_without_the_table_of_halts_nothing_is_halted(self) -> None:
        made = lacking(signal(), tables=(HALTS.name,))
        assert (made["halt_active"], made["total_today"]) == (False, 1)

    def test_without_the_table_of_picks_the_page_says_that_they_are_halted(self) -> None:
        made = lacking(halt_row(), tables=(SIGNAL_PICKS.name,))
        assert (made["halt_active"], made["halt_reason"], made["halt_since"]) == (True, "unknown_state", None)
        assert (made["today"], made["weeks"]) == ([], [])
        assert lacking(self.HALT, tables=(SIGNAL_PICKS.name,))["halt_reason"] == "edge_collapse"

    def test_what_was_shown_is_history_without_the_table_of_picks(self) -> None:
        made = lacking(published("ann"), published("bob", YESTERDAY), tables=(SIGNAL_PICKS.name, HALTS.name))
        assert (made["halt_active"], made["total_today"], made["total_picks"]) == (True, 1, 2)


class TestGuard:
    OPENING = schedule_row(game_date=TONIGHT - timedelta(days=14), game_status=3)

    @staticmethod
    def season(picks: int, graded: int) -> list[Row]:
        return [won(f"w{n}") if n < graded else signal(f"w{n}", YESTERDAY) for n in range(picks)]

    @pytest.mark.parametrize(("picks", "graded"), [(0, 0), (9, 9), (10, 4)])
    def test_too_few_picks_on_day_14_are_refused(self, picks: int, graded: int) -> None:
        with pytest.raises(WouldBeEmpty, match=f"day 14 of the season has {picks} picks, {graded} of them decided"):
            page(self.OPENING, *self.season(picks, graded))

    def test_void_picks_are_no_help(self) -> None:
        with pytest.raises(WouldBeEmpty):
            page(self.OPENING, *self.season(9, 9), *(void(f"v{n}") for n in range(9)))

    def test_enough_picks_or_an_earlier_day_pass(self) -> None:
        assert page(self.OPENING, *self.season(10, 5))["graded"] == 5
        assert page(schedule_row(game_date=TONIGHT - timedelta(days=13)))["total_picks"] == 0

    @pytest.mark.parametrize(
        ("reason", "passes"),
        [("off_season", True), ("edge_collapse", True), ("fleet_blocked", True), ("manual", False), (None, False)],
    )
    def test_only_some_halts_allow_for_fewer(self, reason: str | None, passes: bool) -> None:
        halt = halt_row(halt_active=True, halt_reason=reason, written_at="2025-01-15T13:00:00Z")
        if passes:
            assert page(self.OPENING, halt)["total_picks"] == 0
        else:
            with pytest.raises(WouldBeEmpty):
                page(self.OPENING, halt)

    def test_a_lost_table_of_picks_does_not_pass_as_a_date_that_nothing_is_known_of(self) -> None:
        with pytest.raises(WouldBeEmpty):
            document(BEST_BETS_ALL, schedule_row(), self.OPENING)

    def test_a_schedule_without_the_season_is_refused(self) -> None:
        with pytest.raises(WouldBeEmpty, match="no game of the season"):
            document(BEST_BETS_ALL, halt_row(), *self.season(20, 20))


PICKS = st.lists(
    st.builds(
        lambda make, player, back, values: make(player, TONIGHT - timedelta(days=back), **values),
        st.sampled_from([signal, published, manual]),
        st.sampled_from(["ann", "bob", "cem"]),
        st.integers(0, 12),
        st.fixed_dictionaries(
            {
                "recommendation": st.sampled_from(["OVER", "UNDER"]),
                "line_value": st.sampled_from([20.5, 22, 24.5]),
                "edge": st.sampled_from([None, -4, 6]),
                "rank": st.sampled_from([None, 1, 2]),
            }
        ),
    ),
    max_size=25,
)
GRADES = st.lists(
    st.builds(
        lambda player, back, points, voided: accuracy_row(
            player_lookup=player,
            game_date=TONIGHT - timedelta(days=back),
            line_value=22,
            actual_points=points,
            prediction_correct=None if points == 22 else points > 22,
            is_voided=voided,
        ),
        st.sampled_from(["ann", "bob", "cem"]),
        st.integers(0, 12),
        st.sampled_from([10, 22, 23, 30]),
        st.booleans(),
    ),
    max_size=20,
)


class TestProperties:
    @settings(PROPERTY)
    @given(picks=PICKS, grades=GRADES, data=st.data())
    def test_counts_are_those_of_the_picks_that_are_listed(
        self, picks: list[Row], grades: list[Row], data: st.DataObject
    ) -> None:
        rows = [*picks, *grades]
        made = page(*rows)
        assert page(*data.draw(disordered(rows))) == made
        days = [day for week in made["weeks"] for day in week["days"]]
        listed = [pick for day in days for pick in day["picks"]]
        results = [pick["result"] for pick in listed]
        assert made["total_picks"] == len(results) - results.count("VOID")
        assert made.get("voided", 0) == results.count("VOID")
        assert made["graded"] == results.count("WIN") + results.count("LOSS") == made["record"]["season"]["total"]
        assert made["record"]["season"]["wins"] == results.count("WIN")
        assert sum(week["record"]["pending"] for week in made["weeks"]) == results.count(None)
        assert [day["date"] for day in days] == sorted({day["date"] for day in days}, reverse=True)
        for day in days:
            assert len({pick["player_lookup"] for pick in day["picks"]}) == len(day["picks"])
        for found in made["record"].values():
            decided = found["wins"] + found["losses"]
            exact = Fraction(100 * found["wins"], decided) if decided else Fraction(0)
            assert abs(Fraction(str(found["pct"])) - exact) <= Fraction(1, 20)
        assert made["record"]["last_10"]["wins"] + made["record"]["last_10"]["losses"] == min(10, made["graded"])
        assert bool(made["best_streak"]["count"]) == ("WIN" in results)
        assert (made["streak"]["type"] == "N/A") == (made["graded"] == 0)

    @settings(PROPERTY)
    @given(picks=PICKS, grades=GRADES)
    def test_today_and_the_newest_day_show_the_same(self, picks: list[Row], grades: list[Row]) -> None:
        made = page(*picks, *grades)
        newest = past(made, TONIGHT)
        assert made["total_today"] == len(made["today"]) == len(newest)
        for one, other in zip(made["today"], newest, strict=True):
            shared = (one.keys() & other.keys()) - {"angles"}
            assert {key: one[key] for key in shared} == {key: other[key] for key in shared}

    @settings(PROPERTY)
    @given(picks=PICKS, later=PICKS)
    def test_what_was_shown_never_leaves_its_date(self, picks: list[Row], later: list[Row]) -> None:
        shown = {
            row.player_lookup for row in picks if type(row) is type(published_pick_row()) and row.game_date == TONIGHT
        }
        halt = halt_row(halt_active=True, halt_reason="manual", written_at="2025-01-15T13:00:00Z")
        assert shown <= set(players(page(*picks, *later)))
        assert shown <= set(players(page(*picks, *later, halt)))
