from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import orjson
from jsonschema_rs import meta

from exporters.registry import exports
from tests.support.manifests import manifest_json, section_json
from tests.support.status_pages import NOW, season
from transforms.status_page.calendar import MOST_DATES, merged_calendar, told_of
from transforms.status_page.night import night_of
from transforms.status_page.publish import CALENDAR, validator

DAY = "2026-02-11"


def record(as_of: str = "18:04", run: str = "run-1", day: str = DAY, **sections: Any) -> dict[str, Any]:
    order = {"as_of": as_of, "execution_id": run}
    exports = {name: section_json(run, **order, **{"kept_newer": 0, **made}) for name, made in sections.items()}
    about = {
        "as_of": as_of,
        "started_at": f"2026-02-11T{as_of}:00+00:00",
        "finished_at": f"2026-02-11T{as_of}:30+00:00",
    }
    guard = {"is_busy": run == "busy"}
    return manifest_json(day, run, exports=exports, guard=guard, run=about, funnel={"degraded": [], "games": 6})


def calendar(*records: dict[str, Any], previous: Any = None) -> dict[str, Any]:
    return merged_calendar(previous, map(told_of, records), NOW)


def test_a_date_tells_its_runs_and_the_state_of_each_type() -> None:
    found = calendar(record(tonight={"documents": {"a": "x"}}, results={"state": "withheld", "written": 0}))
    assert found["dates"][DAY] == {
        "state": "partial",
        "games": 6,
        "degraded": False,
        "runs": [
            {
                "as_of": "18:04",
                "execution_id": "run-1",
                "started_at": "2026-02-11T18:04:00+00:00",
                "finished_at": "2026-02-11T18:04:30+00:00",
                "documents": 1,
                "written": 1,
                "bytes": 2000,
            }
        ],
        "exports": {
            "results": {"state": "withheld", "documents": 0, "run": 0},
            "tonight": {"state": "published", "documents": 1, "run": 0},
        },
    }


def test_it_has_the_path_of_every_type() -> None:
    types = calendar()["types"]
    assert {name: about["path"] for name, about in types.items()} == {n: e.path for n, e in exports().items()}


def test_of_a_type_the_newest_run_is_shown_in_whatever_order_runs_end() -> None:
    told = [
        record("18:01", "run-1", tonight={"documents": {"a": "x"}}, results={}),
        record("18:02", "run-2", tonight={"state": "withheld"}),
        record("18:03", "run-3", streaks={"failed": 1}),
        record("18:00", "run-0", tonight={"state": "failed"}, day="2026-02-10"),
    ]
    found = [calendar(*order)["dates"] for order in itertools.permutations(told)]
    assert all(dates == found[0] for dates in found)
    shown = found[0][DAY]
    assert [run["execution_id"] for run in shown["runs"]] == ["run-3", "run-2", "run-1"]
    states = {name: (cell["state"], cell["run"]) for name, cell in shown["exports"].items()}
    assert states == {"results": ("published", 2), "streaks": ("missing", 0), "tonight": ("withheld", 1)}


def test_a_run_that_no_type_is_from_any_more_is_cut() -> None:
    found = calendar(record("18:01", "run-1", tonight={}), record("18:02", "run-2", tonight={}))
    assert [run["execution_id"] for run in found["dates"][DAY]["runs"]] == ["run-2"]


def test_a_run_that_published_nothing_itself_changes_nothing() -> None:
    first = calendar(record(tonight={}))
    busy = record("18:09", "busy", tonight={"state": "failed"})
    late = record("18:00", "run-0", tonight={"state": "failed", "kept_newer": 3})
    assert calendar(busy, late, previous=first)["dates"] == first["dates"]


def test_only_the_newest_dates_are_listed() -> None:
    days = [str(date(2025, 10, 1) + timedelta(n)) for n in range(MOST_DATES + 5)]
    found = calendar(*(record(day=day, tonight={}) for day in days))
    assert list(found["dates"]) == sorted(days, reverse=True)[:MOST_DATES]
    assert "2020-01-01" not in calendar(record(day="2020-01-01", tonight={}), previous=found)["dates"]


def test_a_run_that_a_damaged_entry_names_and_that_is_not_there_counts_as_none() -> None:
    first = calendar(record(tonight={}))
    first["dates"][DAY]["exports"]["tonight"]["run"] = 7
    found = calendar(record("18:09", "run-9", results={}), previous=first)
    assert set(found["dates"][DAY]["exports"]) == {"results"}


def test_as_many_dates_as_are_listed_with_every_type_stay_below_half_a_megabyte_and_fit_the_schema() -> None:
    found = merged_calendar(None, map(night_of, season(MOST_DATES)), NOW)
    assert len(found["dates"]) == MOST_DATES
    assert 100_000 < len(orjson.dumps(found)) < 500_000
    assert [error.message for error in validator(CALENDAR).iter_errors(found)] == []


def test_the_schema_is_strict() -> None:
    meta.validate(orjson.loads(_schema()))
    found = calendar(record(tonight={}))
    assert validator(CALENDAR).is_valid(found)
    assert not validator(CALENDAR).is_valid({**found, "model": "x"})
    assert not validator(CALENDAR).is_valid({**found, "dates": {"<b>": found["dates"][DAY]}})
    found["dates"][DAY]["exports"]["tonight"]["reason"] = "table x"
    assert not validator(CALENDAR).is_valid(found)


def _schema() -> bytes:
    from importlib import resources

    return resources.files("transforms.status_page").joinpath("calendar.schema.json").read_bytes()
