"""The champion of a request that names none is that of its dates."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import pytest

from exporters.config import ExportConfig
from exporters.config.champions import CHAMPIONS, Tenure, champion_on
from pipeline.requests.request import ExportRequest, RequestDefaults, RequestError, parse_request

NOW = datetime(2026, 2, 12, 18, tzinfo=timezone.utc)
TWO = (Tenure(date.min, "old_v9"), Tenure(date(2026, 2, 12), "new_v1"))


def parse(champions: tuple[Tenure, ...] = TWO, configured: str = "new_v1", **payload: Any) -> ExportRequest:
    return parse_request(
        {"export_types": ["tonight"], **payload},
        known_types=("tonight",),
        groups={},
        defaults=RequestDefaults(configured, champions=champions),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("day", "champion"),
    [("2026-02-11", "old_v9"), ("2026-02-12", "new_v1"), ("today", "new_v1"), ("yesterday", "old_v9")],
)
def test_each_date_has_its_champion(day: str, champion: str) -> None:
    assert parse(target_date=day).champion_system_id == champion


def test_a_request_may_name_any_model() -> None:
    assert parse(target_date="2026-02-11", champion_system_id="new_v1").champion_system_id == "new_v1"
    assert parse(target_date="2026-02-12", champion_system_id="old_v9").champion_system_id == "old_v9"


def test_a_job_that_is_led_by_another_model_stays_so() -> None:
    assert parse(target_date="2026-02-11", configured="third_v3").champion_system_id == "third_v3"


def test_a_range_of_two_champions_is_rejected_with_its_parts() -> None:
    with pytest.raises(RequestError) as rejected:
        parse(start_date="2026-02-10", end_date="2026-02-12")
    assert str(rejected.value) == (
        'start_date: "2026-02-10" to end_date has two champions: old_v9 on 2026-02-10, and new_v1 from 2026-02-12; '
        "export up to 2026-02-11 and from 2026-02-12 apart, or name one champion_system_id"
    )
    assert parse(start_date="2026-02-09", end_date="2026-02-11").champion_system_id == "old_v9"
    named = parse(start_date="2026-02-10", end_date="2026-02-12", champion_system_id="new_v1")
    assert named.champion_system_id == "new_v1"


def test_what_travels_keeps_its_champion() -> None:
    made = parse(target_date="2026-02-11")
    assert ExportRequest.from_json(made.to_json()) == made


def test_the_newest_champion_leads_what_has_no_date() -> None:
    assert ExportConfig().champion_system_id == CHAMPIONS[-1].system_id
    assert champion_on(date(2099, 1, 1)) == CHAMPIONS[-1].system_id
    assert [tenure.first for tenure in CHAMPIONS] == sorted(tenure.first for tenure in CHAMPIONS)


def test_a_date_before_all_champions_is_an_error() -> None:
    with pytest.raises(ValueError, match="no champion is known on 2026-02-11"):
        champion_on(date(2026, 2, 11), TWO[1:])
