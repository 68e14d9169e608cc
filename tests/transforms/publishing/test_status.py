from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from jsonschema_rs import Draft202012Validator, meta

from exporters.document_schemas import status_schema
from exporters.league.games.schedule import Schedule
from tests.support.manifests import manifest_json, section_json
from tests.support.matchers import json_of
from tests.support.stores import MemoryStore, Refuse
from transforms.publishing.services import Moment
from transforms.publishing.status import MOST_DATES, STATUS_PATH, date_status, merged_status, write_status

NOW = datetime(2026, 2, 11, 18, 4, 11, tzinfo=timezone.utc)
MOMENT = Moment(NOW, date(2026, 2, 11), Schedule(()))


def record(
    day: str = "2026-02-11", as_of: str = "18:04", run: str = "run-1", busy: bool = False, **sections: Any
) -> dict[str, Any]:
    order = {"as_of": as_of, "execution_id": run}
    exports = {name: section_json(run, **order, **{"kept_newer": 0, **made}) for name, made in sections.items()}
    about = {"finished_at": "2026-02-11T18:05:00+00:00", "as_of": as_of}
    return manifest_json(day, run, exports=exports, guard={"is_busy": busy}, run=about)


def status(*records: dict[str, Any], previous: Any = None) -> dict[str, Any]:
    return merged_status(previous, map(date_status, records), MOMENT)


def test_it_says_what_is_published_and_when_that_was_last_checked() -> None:
    found = status(record(predictions={"documents": {"a": "x"}, "counts": {"picks": 3}}))
    assert list(found) == [
        *("updated_at", "overall_status", "services", "known_issues", "maintenance_windows", "active_break"),
        *("valid_until", "version", "exports", "dates", "unplayed_games"),
    ]
    assert {key: found[key] for key in ("updated_at", "version", "exports", "dates")} == {
        "version": 2,
        "updated_at": "2026-02-11T18:04:11+00:00",
        "exports": {
            "predictions": {
                "date": "2026-02-11",
                "state": "ready",
                "documents": 1,
                "counts": {"picks": 3},
                "checked_at": "2026-02-11T18:05:00+00:00",
                "as_of": "18:04",
                "execution_id": "run-1",
            }
        },
        "dates": {
            "2026-02-11": {
                "status": "success",
                "exports": {"predictions": {"state": "ready", "as_of": "18:04", "execution_id": "run-1"}},
            }
        },
    }


def test_of_a_type_the_newest_date_is_shown_and_of_a_date_the_newest_picture() -> None:
    first = status(record(as_of="18:04", tonight={}))
    older = status(record(as_of="18:03", run="run-0", tonight={"state": "withheld"}), previous=first)
    assert older["dates"] == first["dates"]
    assert older["exports"] == first["exports"]
    backfill = status(record("2026-01-05", as_of="18:09", tonight={"state": "no_games"}), previous=first)
    assert backfill["exports"]["tonight"]["date"] == "2026-02-11"
    assert list(backfill["dates"]) == ["2026-02-11", "2026-01-05"]
    newer = status(record(as_of="18:05", tonight={"state": "withheld"}), previous=first)
    assert newer["exports"]["tonight"]["state"] == "withheld"


def test_what_is_held_back_is_shown_as_the_run_that_published_it_left_it() -> None:
    def by(run: str, as_of: str) -> dict[str, str]:
        return {"run_id": run, "as_of": as_of, "execution_id": run}

    listed = {"documents": {"a": "x"}, "document_counts": {"a": {"picks": 3}}}
    first = status(record(as_of="18:02", run="run-2", predictions={**listed, "counts": {"picks": 3}}))
    withheld = {**listed, "state": "withheld", "counts": {"picks": 1}, "published_by": by("run-2", "18:02")}
    held = status(record(as_of="18:04", run="run-4", predictions=withheld), previous=first)
    assert held["exports"]["predictions"] == {**first["exports"]["predictions"], "state": "withheld"}
    assert held["dates"]["2026-02-11"]["exports"]["predictions"]["as_of"] == "18:04"
    late = record(as_of="18:03", run="run-3", predictions={"documents": {"a": "y"}, "counts": {"picks": 4}})
    shown = status(late, previous=held)["exports"]["predictions"]
    assert (shown["state"], shown["as_of"], shown["counts"]) == ("withheld", "18:03", {"picks": 4})
    oldest = record(as_of="18:01", run="run-1", predictions={"counts": {"picks": 9}})
    assert status(oldest, previous=held)["exports"] == held["exports"]


def test_a_run_of_other_types_leaves_the_others_as_they_are() -> None:
    first = status(record(tonight={}))
    both = status(record(as_of="18:05", predictions={}), previous=first)
    assert set(both["exports"]) == {"predictions", "tonight"}
    assert set(both["dates"]["2026-02-11"]["exports"]) == {"predictions", "tonight"}


@pytest.mark.parametrize("about", [{"busy": True}, {}], ids=["another run holds the date", "a newer run published it"])
def test_what_another_run_published_is_left_to_it(about: dict[str, Any]) -> None:
    first = status(record(tonight={}))
    kept = record(as_of="18:09", run="run-2", **about, tonight={"kept_newer": 0 if about else 3, "state": "withheld"})
    assert status(kept, previous=first)["exports"] == first["exports"]


def test_only_the_newest_dates_are_listed() -> None:
    days = [(date(2025, 10, 1) + timedelta(n)).isoformat() for n in range(MOST_DATES + 5)]
    found = status(*(record(day, tonight={}) for day in days))
    assert list(found["dates"]) == sorted(days, reverse=True)[:MOST_DATES]


def test_it_is_as_its_schema_says() -> None:
    meta.validate(status_schema())
    validator = Draft202012Validator(status_schema(), validate_formats=True)
    found = status(record(tonight={"counts": {"players": 3}}, results={"state": "no_games"}))
    assert [str(error) for error in validator.iter_errors(found)] == []
    assert not validator.is_valid({**found, "model": "x"})


class TestWriting:
    TOLD = (date_status(record(tonight={})),)

    @pytest.mark.parametrize("content", [None, b"", b"[]", b"{}", b'{"version": 2}', b'{"version": 9}'])
    def test_it_takes_the_place_of_what_is_not_understood(self, content: bytes | None) -> None:
        store = MemoryStore()
        if content is not None:
            store.write(STATUS_PATH, content, cache_control="")
        assert write_status(store, self.TOLD, MOMENT) == ""
        assert set(json_of(store, STATUS_PATH)["exports"]) == {"tonight"}
        shown = store.stat(STATUS_PATH)
        assert shown is not None
        assert shown.cache_control == "public, max-age=60"

    def test_two_runs_at_once_lose_nothing(self) -> None:
        store = MemoryStore()
        other = (date_status(record("2026-02-10", results={})),)

        def rival(path: str) -> None:
            store.before_write = lambda _: None
            write_status(store, other, MOMENT)

        store.before_write = rival
        assert write_status(store, self.TOLD, MOMENT) == ""
        assert set(json_of(store, STATUS_PATH)["exports"]) == {"results", "tonight"}

    def test_one_that_cannot_be_written_is_told_and_nothing_else_fails(self) -> None:
        store = MemoryStore()
        store.before_write = Refuse(STATUS_PATH)
        assert write_status(store, self.TOLD, MOMENT).startswith(
            "status.json was not written: cannot write status.json"
        )

    def test_one_that_never_holds_still_is_given_up(self) -> None:
        store = MemoryStore()

        def rival(path: str) -> None:
            store.before_write = lambda _: None
            store.write(path, orjson.dumps({}), cache_control="")
            store.before_write = rival

        store.before_write = rival
        assert "it changed 20 times meanwhile" in write_status(store, self.TOLD, MOMENT)
