from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from exporters.registry import exports, groups
from exporters.warehouse.tables import ACCURACY, SCHEDULE
from pipeline.requests.request import ExportRequest
from pipeline.stream.messages import Asked, request_key
from pipeline.stream.watching.games import AFTER_GAMES, AFTER_GRADES, GRADES_REST, Watch, marker_path
from tests.support.matchers import json_of
from tests.support.plans import EASY
from tests.support.rows import accuracy_row, instant, schedule_row
from tests.support.stores import MemoryStore, Refuse
from tests.support.warehouses import MemoryWarehouse
from transforms.stores.protocol import StoreError
from transforms.warehouses.protocol import WarehouseError

TODAY = date(2026, 2, 3)
TIP_OFF = "2026-02-04T00:30:00Z"
BEFORE, PLAYING = datetime(2026, 2, 3, 23, 0, tzinfo=timezone.utc), datetime(2026, 2, 4, 1, 0, tzinfo=timezone.utc)
AFTER_MIDNIGHT = datetime(2026, 2, 4, 7, 30, tzinfo=timezone.utc)
"""02:30 in New York, still the league day of the games."""
NEXT_DAY = datetime(2026, 2, 4, 15, 0, tzinfo=timezone.utc)


def games(*statuses: int | None, day: date = TODAY, tip_off: str | None = TIP_OFF) -> list[Any]:
    teams = [("ATL", "BOS"), ("CHI", "DAL"), ("DEN", "GSW")]
    return [
        schedule_row(
            game_date=day,
            away_team_tricode=away,
            home_team_tricode=home,
            game_status=status,
            game_date_est=tip_off and instant(tip_off),
        )
        for (away, home), status in zip(teams, statuses, strict=False)
    ]


def grades(*graded_at: datetime | None, day: date = TODAY) -> list[Any]:
    micros = [at and int(at.timestamp() * 1_000_000) for at in graded_at]
    return [accuracy_row(player_lookup=f"p{n}", game_date=day, graded_at=at) for n, at in enumerate(micros)]


@dataclass
class Looking:
    """A watch whose clock is set for each look."""

    warehouse: Any
    store: MemoryStore

    def look(self, now: datetime) -> list[Asked]:
        return Watch(self.warehouse, self.store, EASY, 60.0, lambda: now).look()


def watch(store: MemoryStore | None = None, **tables: Any) -> Looking:
    named = {"schedule": SCHEDULE, "accuracy": ACCURACY}
    return Looking(MemoryWarehouse({named[name]: rows for name, rows in tables.items()}), store or MemoryStore())


def test_e2_1_the_status_is_written_as_of_now() -> None:
    looking = watch(schedule=games(2, 4))
    assert Watch(looking.warehouse, looking.store, EASY, 60.0, lambda: PLAYING).tell() == ""
    made = json_of(looking.store, "status.json")
    assert made["updated_at"] == PLAYING.astimezone(timezone.utc).isoformat(timespec="seconds")
    assert made["services"]["live_data"]["games_active"] is True
    assert [told["reason"] for told in made["unplayed_games"]] == ["is called off by its status"]


def groups_asked(found: list[Asked]) -> list[str]:
    """Return the requested groups, by their markers."""
    return [asked.marker or "live" for asked in found]


def left(*groups: str, day: date = TODAY) -> MemoryStore:
    store = MemoryStore()
    for group in groups:
        store.write(marker_path(day, group), b"{}", cache_control="no-cache")
    return store


class TestLive:
    @pytest.mark.parametrize(
        ("statuses", "now", "is_asked"),
        [
            ((1, 1), BEFORE, False),
            ((1, 1), PLAYING, True),  # the schedule lags, but the game has begun
            ((2, 1), BEFORE, True),
            ((2, 1), PLAYING, True),
            ((3, 2), AFTER_MIDNIGHT, True),
            ((3, 1), PLAYING, True),
            ((), PLAYING, False),
        ],
    )
    def test_while_games_are_in_play(self, statuses: tuple[int, ...], now: datetime, is_asked: bool) -> None:
        found = watch(schedule=games(*statuses)).look(now)
        assert groups_asked(found) == (["live"] if is_asked else [])

    def test_it_is_a_request_of_the_moment(self) -> None:
        [asked] = watch(schedule=games(2)).look(PLAYING)
        request = ExportRequest.from_json(asked.request)
        assert (request.export_types, request.dates, request.generated_at) == (
            ("live", "live-grading"),
            (TODAY,),
            PLAYING,
        )
        assert (request.trigger_source, asked.by_watch, asked.marker) == ("live", True, "")

    def test_every_check_makes_a_new_request(self) -> None:
        looking = watch(schedule=games(2))
        [one], [two] = looking.look(PLAYING), looking.look(PLAYING + timedelta(minutes=1))
        assert one.key != two.key
        assert one.message_id != two.message_id

    def test_the_day_before_is_over_after_the_rollover(self) -> None:
        assert watch(schedule=games(3, 2)).look(NEXT_DAY) == []


class TestResults:
    def test_once_all_games_are_over(self) -> None:
        [asked] = watch(schedule=games(3, 3)).look(AFTER_MIDNIGHT)
        assert asked.marker == "manifest/2026-02-03.post-game.json"
        request = ExportRequest.from_json(asked.request)
        assert set(request.export_types) == set(groups()[AFTER_GAMES])
        assert (request.dates, request.trigger_source) == ((TODAY,), "results")
        assert asked.by_watch

    def test_equal_checks_make_equal_requests(self) -> None:
        looking = watch(schedule=games(3, 3))
        [one], [two] = looking.look(AFTER_MIDNIGHT), looking.look(AFTER_MIDNIGHT + timedelta(minutes=1))
        assert one.key == two.key
        assert one.message_id != two.message_id

    def test_requests_of_messages_have_other_keys(self) -> None:
        [own] = watch(schedule=games(3, 3)).look(AFTER_MIDNIGHT)
        assert own.key != request_key(own.request)

    def test_not_before(self) -> None:
        assert groups_asked(watch(schedule=games(3, 2)).look(AFTER_MIDNIGHT)) == ["live"]

    def test_the_last_row_of_a_game_counts(self) -> None:
        twice = [*games(3), *games(1)]
        assert groups_asked(watch(schedule=twice).look(AFTER_MIDNIGHT)) == [marker_path(TODAY, AFTER_GAMES)]

    def test_not_twice(self) -> None:
        assert watch(left(AFTER_GAMES), schedule=games(3, 3)).look(AFTER_MIDNIGHT) == []

    def test_the_day_after_too(self) -> None:
        assert groups_asked(watch(schedule=games(3)).look(NEXT_DAY)) == [marker_path(TODAY, AFTER_GAMES)]

    def test_a_date_without_games_has_no_results(self) -> None:
        assert watch(schedule=games(3, day=TODAY - timedelta(days=4))).look(NEXT_DAY) == []

    def test_of_a_date_that_the_job_has_missed(self) -> None:
        assert groups_asked(watch(schedule=games(3)).look(NEXT_DAY + timedelta(days=2))) == [
            marker_path(TODAY, AFTER_GAMES)
        ]


class TestUnplayed:
    """Postponed, suspended and cancelled games."""

    TIP = datetime.fromisoformat(TIP_OFF.replace("Z", "+00:00"))

    @pytest.mark.parametrize(("status", "word"), [(1, "scheduled"), (2, "in progress"), (None, "scheduled")])
    def test_one_that_never_ends_settles_by_time(self, status: int | None, word: str) -> None:
        looking = watch(schedule=games(3, status))
        assert looking.look(self.TIP + timedelta(hours=36, seconds=-1)) == []
        [asked] = looking.look(self.TIP + timedelta(hours=36))
        assert asked.marker == marker_path(TODAY, AFTER_GAMES)
        assert asked.unplayed == (f"20260203_CHI_DAL is {word} 36 hours after its tip-off",)
        assert Asked.decoded(asked.encoded()) == asked

    @pytest.mark.parametrize("status", [4, 9])
    def test_one_that_is_called_off_settles_by_its_status(self, status: int) -> None:
        [asked] = watch(schedule=games(3, status)).look(AFTER_MIDNIGHT)
        assert asked.marker == marker_path(TODAY, AFTER_GAMES)
        assert asked.unplayed == ("20260203_CHI_DAL is called off by its status",)

    @pytest.mark.parametrize("status", [None, -1, 0, 1, 2])
    def test_no_other_status_calls_one_off(self, status: int | None) -> None:
        assert groups_asked(watch(schedule=games(3, status)).look(AFTER_MIDNIGHT)) == ["live"]

    def test_the_others_of_its_date_are_waited_for(self) -> None:
        assert groups_asked(watch(schedule=games(2, 4)).look(AFTER_MIDNIGHT)) == ["live"]

    def test_grades_of_the_others_are_exported(self) -> None:
        looking = watch(left(AFTER_GAMES), schedule=games(3, 1), accuracy=grades(AFTER_MIDNIGHT))
        [asked] = looking.look(self.TIP + timedelta(hours=40))
        assert asked.marker == marker_path(TODAY, AFTER_GRADES)
        assert len(asked.unplayed) == 1

    def test_without_a_tip_off_the_time_counts_from_the_end_of_the_league_day(self) -> None:
        looking = watch(schedule=games(1, tip_off=None))
        ends = datetime(2026, 2, 4, 9, tzinfo=timezone.utc)
        assert looking.look(ends + timedelta(hours=36, seconds=-1)) == []
        assert groups_asked(looking.look(ends + timedelta(hours=36))) == [marker_path(TODAY, AFTER_GAMES)]

    def test_the_latest_tip_off_settles_while_its_date_is_checked(self) -> None:
        late = "2026-02-04T08:59:00Z"
        looking = watch(schedule=games(2, tip_off=late))
        hours = [n for n in range(24 * 6) if looking.look(self.TIP + timedelta(hours=n))]
        assert hours == [*range(9), *range(45, hours[-1] + 1)], "live on its day, settled from 36 hours on"
        assert hours[-1] - 45 >= 24, "and long enough for a job that is down for a day"

    def test_played_games_are_not_named(self) -> None:
        [asked] = watch(schedule=games(3, 3)).look(self.TIP + timedelta(hours=40))
        assert asked.unplayed == ()


class TestGrades:
    def test_once_they_are_there(self) -> None:
        rested = AFTER_MIDNIGHT - GRADES_REST
        looking = watch(left(AFTER_GAMES), schedule=games(3), accuracy=grades(rested, rested, None))
        [asked] = looking.look(AFTER_MIDNIGHT)
        assert asked.marker == "manifest/2026-02-03.post-grades.json"
        assert set(ExportRequest.from_json(asked.request).export_types) == set(groups()[AFTER_GRADES])

    def test_not_while_they_are_being_written(self) -> None:
        fresh = AFTER_MIDNIGHT - GRADES_REST + timedelta(seconds=1)
        assert watch(left(AFTER_GAMES), schedule=games(3), accuracy=grades(fresh)).look(AFTER_MIDNIGHT) == []

    def test_even_where_a_type_that_is_withheld_keeps_the_games_from_leaving_theirs(self) -> None:
        looking = watch(schedule=games(3), accuracy=grades(None))
        assert groups_asked(looking.look(AFTER_MIDNIGHT)) == [
            marker_path(TODAY, AFTER_GAMES),
            marker_path(TODAY, AFTER_GRADES),
        ]

    def test_not_of_other_dates(self) -> None:
        yesterday = grades(None, day=TODAY - timedelta(days=1))
        assert watch(left(AFTER_GAMES), schedule=games(3), accuracy=yesterday).look(AFTER_MIDNIGHT) == []

    def test_not_twice(self) -> None:
        store = left(AFTER_GAMES, AFTER_GRADES)
        assert watch(store, schedule=games(3), accuracy=grades(None)).look(AFTER_MIDNIGHT) == []


class TestTroubles:
    def test_a_schedule_that_cannot_be_read(self) -> None:
        warehouse = MemoryWarehouse({SCHEDULE: games(2)}, breaks={SCHEDULE: "the schedule cannot be read"})
        with pytest.raises(WarehouseError):
            Looking(warehouse, MemoryStore()).look(PLAYING)

    def test_markers_that_cannot_be_looked_for(self) -> None:
        store = MemoryStore()
        store.before_read = Refuse("")
        with pytest.raises(StoreError):
            watch(store, schedule=games(3)).look(AFTER_MIDNIGHT)

    def test_rows_that_cannot_be_used_are_left_out(self) -> None:
        broken = [row._replace(game_id=None) for row in games(2)]
        assert groups_asked(watch(schedule=[*broken, *games(3)]).look(AFTER_MIDNIGHT)) == [
            marker_path(TODAY, AFTER_GAMES)
        ]


def test_every_type_of_the_groups_exists() -> None:
    assert {*groups()[AFTER_GAMES], *groups()[AFTER_GRADES]} <= exports().keys()
    assert len(groups()[AFTER_GAMES]) >= 4
