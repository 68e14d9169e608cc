from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from exporters.document_schemas import status_schema
from exporters.league.games.schedule import Schedule
from exporters.warehouse.schema import Instant
from exporters.warehouse.tables import SCHEDULE
from tests.support.rows import schedule_row
from tests.support.warehouses import MemoryWarehouse
from tests.support.worlds import PROPERTY
from transforms.publishing.services import SHOWS, Moment, site_status
from transforms.publishing.status import VERSION, merged_status, read_moment

DAY = date(2026, 2, 12)
TIP = datetime(2026, 2, 13, 0, 30, tzinfo=timezone.utc)
"""19:30 in New York."""
VALIDATOR = Draft202012Validator(status_schema(), validate_formats=True)
TEAMS = [("BOS", "LAL"), ("UTA", "DEN"), ("CHI", "NYK")]


def game(status: int = 1, day: date = DAY, tip: datetime | None = TIP, at: int = 0, **values: Any) -> Any:
    away, home = TEAMS[at]
    instant = None if tip is None else Instant(int(tip.timestamp() * 1_000_000))
    teams = {"away_team_tricode": away, "home_team_tricode": home}
    return schedule_row(**{"game_date": day, "game_status": status, "game_date_est": instant, **teams, **values})


AROUND = (game(3, date(2026, 2, 11), TIP - timedelta(days=1)), game(1, date(2026, 2, 13), TIP + timedelta(days=1)))


def moment(now: datetime, *rows: Any) -> Moment:
    return Moment(now, DAY, Schedule([*AROUND, *rows]))


def entry(checked: datetime, day: date = DAY, documents: int = 1, **counts: int) -> dict[str, Any]:
    return {
        "date": day.isoformat(),
        "state": "ready",
        "documents": documents,
        "counts": counts,
        "checked_at": checked.isoformat(),
        "as_of": "",
        "execution_id": "",
    }


def everything(checked: datetime, day: date = DAY) -> dict[str, Any]:
    return {name: entry(checked, day, total_predictions=141) for name in SHOWS.values()}


def status(found: Moment, exports: dict[str, Any], previous: Any = None) -> dict[str, Any]:
    made = merged_status({"dates": {}, **(previous or {}), "exports": exports}, (), found)
    assert [str(error) for error in VALIDATOR.iter_errors(made)] == []
    return made


def states(made: dict[str, Any]) -> dict[str, str]:
    return {name: service["status"] for name, service in made["services"].items()}


AFTERNOON = datetime(2026, 2, 12, 20, tzinfo=timezone.utc)
"""15:00 in New York."""
PLAYING = TIP + timedelta(minutes=12)


def test_an_evening_as_in_the_contract_s_example() -> None:
    exports = everything(PLAYING - timedelta(seconds=29))
    exports["tonight"] = entry(PLAYING - timedelta(minutes=75))
    made = status(moment(PLAYING, game(2)), exports)
    assert {key: made[key] for key in list(made)[:7]} == {
        "updated_at": "2026-02-13T00:42:00+00:00",
        "overall_status": "degraded",
        "services": {
            "live_data": {
                "status": "healthy",
                "message": "Live data was checked less than a minute ago",
                "last_update": "2026-02-13T00:41:31+00:00",
                "age_minutes": 0.5,
                "is_stale": False,
                "games_active": True,
                "next_update_expected": "2026-02-13T00:44:31+00:00",
            },
            "tonight_data": {
                "status": "degraded",
                "message": "Tonight's players were last checked 75 minutes ago",
                "last_update": "2026-02-12T23:27:00+00:00",
                "age_minutes": 75.0,
                "is_stale": True,
            },
            "grading": {
                "status": "healthy",
                "message": "Grading was checked less than a minute ago",
                "last_update": "2026-02-13T00:41:31+00:00",
                "is_stale": False,
            },
            "predictions": {
                "status": "healthy",
                "message": "141 predictions for 2026-02-12",
                "predictions_count": 141,
                "target_date": "2026-02-12",
            },
        },
        "known_issues": [
            {
                "severity": "degraded",
                "message": "Tonight's players were last checked 75 minutes ago",
                "detected_at": "2026-02-13T00:42:00+00:00",
            }
        ],
        "maintenance_windows": [],
        "active_break": None,
        "valid_until": "2026-02-13T00:57:00+00:00",
    }
    assert made["version"] == VERSION


def test_e2_1_it_is_valid_for_fifteen_minutes() -> None:
    made = status(moment(AFTERNOON, game()), {})
    until, written = (datetime.fromisoformat(made[key]) for key in ("valid_until", "updated_at"))
    assert until - written == timedelta(minutes=15)


def test_e2_2_a_document_of_another_date_is_stale_whatever_its_age() -> None:
    yesterday = everything(PLAYING, date(2026, 2, 11))
    made = status(moment(PLAYING, game(2)), yesterday)
    assert [made["services"][name]["is_stale"] for name in ("live_data", "tonight_data", "grading")] == [True] * 3
    assert states(made)["live_data"] == "unhealthy"
    assert made["services"]["predictions"]["predictions_count"] == 0


def test_e2_2_an_old_object_that_was_found_right_just_now_is_fresh() -> None:
    made = status(moment(PLAYING, game(2)), everything(PLAYING))
    assert (set(states(made).values()), made["overall_status"]) == ({"healthy"}, "healthy")


def test_what_was_only_held_back_counts_as_nothing() -> None:
    exports = {name: {**made, "documents": 0} for name, made in everything(PLAYING).items()}
    assert status(moment(PLAYING, game(2)), exports)["services"]["live_data"]["last_update"] is None


@pytest.mark.parametrize(
    ("rows", "active"),
    [
        ([game(2)], True),
        ([game(1, tip=PLAYING)], True),
        ([game(1, tip=PLAYING + timedelta(seconds=1))], False),
        ([game(3)], False),
        ([game(3), game(2, at=1)], True),
        ([game(1, tip=None)], False),
        ([game(4)], False),
        ([game(1, game_id="0032500001")], False),
    ],
)
def test_e2_3_games_are_active_by_the_schedule(rows: list[Any], active: bool) -> None:
    assert status(moment(PLAYING, *rows), everything(PLAYING))["services"]["live_data"]["games_active"] is active


@pytest.mark.parametrize("now", [AFTERNOON - timedelta(hours=10), AFTERNOON, PLAYING, PLAYING + timedelta(hours=6)])
@pytest.mark.parametrize("exports", [{}, everything(TIP - timedelta(days=9), date(2026, 2, 11))])
def test_e2_4_a_day_without_games_is_healthy_and_says_when_play_resumes(now: datetime, exports: Any) -> None:
    made = status(moment(now), exports)
    assert (set(states(made).values()), made["overall_status"]) == ({"healthy"}, "healthy")
    assert [service.get("is_stale", False) for service in made["services"].values()] == [False] * 4
    assert made["services"]["live_data"]["message"] == "No games today; play resumes on Friday, February 13"
    assert made["known_issues"] == []


@pytest.mark.parametrize(
    ("local", "state"),
    [
        ("2026-02-12T04:00", "healthy"),
        ("2026-02-12T12:59", "healthy"),
        ("2026-02-12T13:00", "degraded"),
        ("2026-02-12T18:29", "degraded"),
        ("2026-02-12T18:30", "unhealthy"),
        ("2026-02-13T01:00", "unhealthy"),
    ],
)
def test_e2_5_no_predictions_are_worse_the_later_it_is(local: str, state: str) -> None:
    now = datetime.fromisoformat(f"{local}-05:00")
    exports = everything(now)
    exports["predictions"] = entry(now, total_predictions=0)
    made = status(moment(now, game(1)), exports)
    assert states(made)["predictions"] == state
    assert made["overall_status"] == state
    del exports["predictions"], exports["tonight"]
    assert states(status(moment(now, game(1)), exports))["tonight_data"] == state


def test_e2_6_predictions_are_those_that_the_document_counts() -> None:
    made = status(moment(AFTERNOON, game()), {"predictions": entry(AFTERNOON, total_predictions=7, total_games=1)})
    assert made["services"]["predictions"]["predictions_count"] == 7


@pytest.mark.parametrize(
    ("row", "minutes", "state"),
    [(game(1), 60, "healthy"), (game(1), 61, "degraded"), (game(3), 600, "healthy")],
)
def test_e2_7_tonight_is_stale_after_an_hour_until_the_last_final(row: Any, minutes: int, state: str) -> None:
    exports = {**everything(AFTERNOON), "tonight": entry(AFTERNOON - timedelta(minutes=minutes))}
    made = status(moment(AFTERNOON, row), exports)
    assert (states(made)["tonight_data"], made["services"]["tonight_data"]["is_stale"]) == (state, state != "healthy")


@pytest.mark.parametrize(("seconds", "state"), [(600, "healthy"), (601, "degraded")])
def test_e2_8_live_data_and_grading_are_stale_after_ten_minutes(seconds: int, state: str) -> None:
    for name in ("live", "live-grading"):
        exports = {**everything(PLAYING), name: entry(PLAYING - timedelta(seconds=seconds))}
        made = status(moment(PLAYING, game(2)), exports)
        assert set(states(made).values()) == {"healthy", state}
        assert made["overall_status"] == state


def test_e2_8_missing_grades_are_no_worse_than_degraded() -> None:
    exports = everything(PLAYING)
    del exports["live-grading"]
    made = status(moment(PLAYING, game(2)), exports)
    assert (states(made)["grading"], made["overall_status"]) == ("degraded", "degraded")
    del exports["live"]
    assert status(moment(PLAYING, game(2)), exports)["overall_status"] == "unhealthy"


def test_e2_9_an_issue_is_known_since_it_was_first_seen() -> None:
    exports = {name: made for name, made in everything(PLAYING).items() if name != "live-grading"}
    first = status(moment(PLAYING, game(2)), exports)
    del exports["live"]
    second = status(moment(PLAYING + timedelta(minutes=1), game(2)), exports, previous=first)
    assert [(issue["severity"], issue["detected_at"]) for issue in second["known_issues"]] == [
        ("unhealthy", "2026-02-13T00:43:00+00:00"),
        ("degraded", "2026-02-13T00:42:00+00:00"),
    ]
    well = status(moment(PLAYING + timedelta(minutes=2), game(3)), exports, previous=second)
    again = status(moment(PLAYING + timedelta(minutes=3), game(2)), exports, previous=well)
    assert [issue["detected_at"] for issue in again["known_issues"]] == ["2026-02-13T00:45:00+00:00"] * 2


def test_e2_10_e2_11_without_a_schedule_services_are_unknown_in_fixed_words() -> None:
    broken = MemoryWarehouse({SCHEDULE: [game(2)]}, breaks={SCHEDULE: "nba_raw.nbac_schedule cannot be read: secret"})
    made = status(read_moment(broken, DAY, PLAYING), {})
    assert set(states(made).values()) == {"unknown"}
    assert (made["overall_status"], made["active_break"]) == ("degraded", None)
    assert [issue["severity"] for issue in made["known_issues"]] == ["unknown"] * 4
    assert "secret" not in str(made)
    assert "nbac" not in str(made)


def test_e2_12_the_keys_of_a_service_are_always_the_same() -> None:
    found = [
        {name: list(service) for name, service in status(when, exports)["services"].items()}
        for when in (moment(PLAYING), moment(PLAYING, game(2)), Moment(PLAYING, DAY, None))
        for exports in ({}, everything(PLAYING), everything(PLAYING, date(2026, 2, 1)))
    ]
    assert all(keys == found[0] for keys in found)


@pytest.mark.parametrize(
    ("last", "resumes", "headline"),
    [
        ("2026-02-11", "2026-02-19", "All-Star Break"),
        ("2026-02-11", "2026-02-13", None),
        ("2026-02-11", "2026-02-14", "All-Star Break"),
        ("2026-02-05", "2026-02-14", "Extended Break"),
        ("2026-02-04", "2026-02-14", None),
        ("2026-02-11", "2026-02-27", None),
    ],
)
def test_a_break_lies_between_two_game_dates_three_days_apart(last: str, resumes: str, headline: str | None) -> None:
    rows = [game(3, date.fromisoformat(last)), game(1, date.fromisoformat(resumes))]
    made = status(Moment(AFTERNOON, DAY, Schedule(rows)), {})["active_break"]
    assert (None if made is None else made["headline"]) == headline
    if made is not None:
        assert (made["last_game_date"], made["resume_date"]) == (last, resumes)
        assert made["message"].startswith("Games resume on ")
    assert status(Moment(AFTERNOON, DAY, Schedule([*rows, game(1)])), {})["active_break"] is None


@pytest.mark.parametrize(
    ("last", "headline"),
    [("2025-12-24", "Holiday Break"), ("2025-11-26", "Thanksgiving Break"), ("2025-12-10", "Schedule Break")],
)
def test_a_break_is_named_by_its_date(last: str, headline: str) -> None:
    first = date.fromisoformat(last)
    rows = [game(3, first), game(1, first + timedelta(days=3))]
    now = datetime(first.year, first.month, first.day, 20, tzinfo=timezone.utc) + timedelta(days=1)
    made = status(Moment(now, first + timedelta(days=1), Schedule(rows)), {})["active_break"]
    assert made["headline"] == headline


def test_games_that_are_never_played_are_named_and_nobody_waits_for_them() -> None:
    suspended = game(2, date(2026, 2, 10), TIP - timedelta(days=2), at=1)
    made = status(moment(PLAYING, game(4), suspended), {})
    assert made["unplayed_games"] == [
        {"game_id": "20260210_UTA_DEN", "reason": "is in progress 36 hours after its tip-off"},
        {"game_id": "20260212_BOS_LAL", "reason": "is called off by its status"},
    ]
    assert states(made)["live_data"] == "healthy"
    assert made["services"]["live_data"]["message"] == "Live data is not expected: the games are over"


def test_the_schedule_is_read_around_the_league_day() -> None:
    rows = [game(3, DAY - timedelta(days=7)), game(1, DAY + timedelta(days=14)), game(1, DAY + timedelta(days=15))]
    found = read_moment(MemoryWarehouse({SCHEDULE: rows}), DAY, AFTERNOON)
    assert found.neighbours == (DAY - timedelta(days=7), DAY + timedelta(days=14))


def test_a_status_of_the_former_version_is_taken_over() -> None:
    former = {"version": 1, "updated_at": "x", "exports": everything(AFTERNOON), "dates": {}}
    made = site_status(moment(AFTERNOON, game()), former["exports"], former)  # type: ignore[arg-type]
    assert {service["status"] for service in made["services"].values()} == {"healthy"}


@PROPERTY
@given(data=st.data())
def test_any_games_and_exports_make_a_valid_status(data: st.DataObject) -> None:
    draw = data.draw
    days = st.integers(-9, 16).map(lambda n: DAY + timedelta(days=n))
    instants = st.integers(-200_000, 200_000).map(lambda seconds: TIP + timedelta(seconds=seconds))
    rows = draw(st.lists(st.builds(game, st.integers(0, 5), days, st.none() | instants, st.integers(0, 2)), max_size=6))
    entries = st.builds(entry, instants, days, st.integers(0, 2), total_predictions=st.integers(0, 2))
    exports = draw(st.dictionaries(st.sampled_from(list(SHOWS.values())), entries))
    when = Moment(draw(instants), DAY, draw(st.sampled_from([Schedule(rows), None])))
    made = status(when, exports)
    assert status(when, exports, previous=made) == made, "a second look at the same moment changes nothing"
    ill = [name for name, state in states(made).items() if state != "healthy"]
    assert len(made["known_issues"]) == len(ill)
    assert (made["overall_status"] == "healthy") is (not ill)
