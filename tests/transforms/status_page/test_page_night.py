from __future__ import annotations

from typing import Any

import orjson

from tests.support.status_pages import LAST, record_of
from tests.transforms.status_page.test_page_calendar import DAY, record
from transforms.status_page.night import merged_night, night_of
from transforms.status_page.publish import NIGHT, validator


def night(*records: dict[str, Any]) -> Any:
    found = None
    for made in records:
        found = merged_night(found, night_of(made))
    return found


def documents(**digests: str) -> dict[str, Any]:
    return {"documents": {f"{name}.json": digest * 32 for name, digest in digests.items()}, "state": "ready"}


def test_what_the_run_before_published_is_compared_by_digest() -> None:
    before = record("18:01", "run-1", tonight=documents(a="1", b="1", c="1"))
    after = record("18:02", "run-2", tonight=documents(b="2", c="1", d="1"))
    assert night(before)["exports"]["tonight"]["changes"] is None
    found = night(before, after)["exports"]["tonight"]
    assert found["changes"] == {"added": 1, "dropped": 1, "changed": 1}
    assert found["paths"] == {"b.json": "2" * 12, "c.json": "1" * 12, "d.json": "1" * 12}
    # A step of Beam that is carried out again tells the same.
    assert night(before, after, after)["exports"]["tonight"]["changes"] == found["changes"]


def test_an_older_run_changes_nothing() -> None:
    newer = record("18:02", "run-2", tonight=documents(a="2"))
    assert night(newer, record("18:01", "run-1", tonight=documents(a="1"))) == night(newer)


def test_a_run_of_other_types_leaves_the_others_as_they_are() -> None:
    found = night(
        record("18:01", "run-1", tonight=documents(a="1")), record("18:02", "run-2", results=documents(b="1"))
    )
    assert set(found["exports"]) == {"tonight", "results"}
    assert found["run"]["execution_id"] == "run-2"


def test_the_funnel_stays_that_of_the_run_that_counted_it() -> None:
    counted = record("18:01", "run-1", tonight={})
    counted["funnel"]["stages"] = [{"stage": "context", "players": 9, "lost": 0, "lost_players": []}]
    blind = record("18:02", "run-2", results={})
    blind["funnel"]["stages"] = [{"stage": "context", "players": None, "lost": 0, "lost_players": []}]
    assert night(counted, blind)["funnel"] == [{"stage": "context", "players": 9, "lost": 0}]
    assert night(blind)["funnel"][0]["players"] is None


def test_a_document_that_no_run_expects_any_more_is_left_out() -> None:
    found = night(record(tonight={**documents(a="1", b="1"), "stale": ["b.json"]}))
    assert set(found["exports"]["tonight"]["paths"]) == {"a.json"}


def test_nobody_who_is_lost_on_the_way_is_named_and_no_reason_is_told() -> None:
    made = record_of(LAST, tonight={"state": "failed", "reason": "table secret", "failures": [{"error": "Traceback"}]})
    made["run"]["run_id"], made["run"]["correlation_id"] = "run-secret", "id-secret"
    made["champion"] = {"system_id": "model-secret"}
    text = orjson.dumps(night(made)).decode()
    assert "secretplayer" in orjson.dumps(made).decode()
    assert "secret" not in text
    assert "Traceback" not in text


def test_it_is_as_its_schema_says() -> None:
    found = night(record_of(LAST, 1), record_of(LAST, 0))
    assert found["exports"]["predictions"]["changes"] is not None or found["exports"]["predictions"]["paths"]
    assert [error.message for error in validator(NIGHT).iter_errors(found)] == []
    assert not validator(NIGHT).is_valid({**found, "champion": "x"})
    assert night(record(tonight={}))["date"] == DAY
