from __future__ import annotations

import json
from datetime import date, datetime, timezone
from typing import Any

import apache_beam as beam
import orjson
import pytest

from exporters.warehouse.tables import CONTEXT
from pipeline.execution.in_process import run_in_process
from pipeline.planning.planner import begun
from pipeline.reporting.completion import MAX_EVENT_BYTES, abridged, completed, not_run_event, run_event
from pipeline.reporting.publish_completion import MakeEvent, message_of
from tests.support.eager import run_eagerly
from tests.support.plans import TONIGHT_TYPES, plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League
from transforms.elements.plan import Plan
from transforms.stores.control import CONTROL

FINISHED = datetime(2026, 2, 3, 17, 0, 12, 345678, tzinfo=timezone.utc)
REFERENCE_KEYS = [
    "processor_name",
    "phase",
    "correlation_id",
    "timestamp",
    "status",
    "export_type",
    "duration_seconds",
    "paths",
    "errors",
    "trigger_source",
    "target_date",
    "export_types",
]


@pytest.fixture(scope="module")
def night(league: League) -> tuple[Plan, MemoryStore, Any]:
    """A night that was published, with the manifests that it left."""
    store = MemoryStore()
    plan = plan_of(*TONIGHT_TYPES, first=league.today, correlation_id="corr-1", trigger_source="test")
    return plan, store, run_in_process(plan, league.warehouse, store)


def event_of(plan: Plan, manifests: Any) -> dict[str, Any]:
    return completed(plan, "gs://bucket/v1", manifests, finished=FINISHED)


class TestCompleted:
    def test_the_keys_of_the_reference_come_first(self, night: Any) -> None:
        plan, _, manifests = night
        event = event_of(plan, manifests)
        assert list(event)[: len(REFERENCE_KEYS)] == REFERENCE_KEYS
        assert (event["processor_name"], event["phase"]) == ("Phase6Export", "phase_6_publishing")
        assert (event["correlation_id"], event["trigger_source"]) == ("corr-1", "test")
        assert event["timestamp"] == "2026-02-03T17:00:12.345678+00:00"
        assert (event["status"], event["export_type"], event["duration_seconds"]) == ("success", "daily", 12.35)
        assert event["errors"] == []

    def test_the_date_is_the_resolved_one(self, league: League, night: Any) -> None:
        plan, _, manifests = night
        event = event_of(plan, manifests)
        assert event["target_date"] == str(league.today)
        assert event["dates"] == [str(league.today)] * 2
        assert event["export_types"] == list(TONIGHT_TYPES)
        assert event["manifests"] == [f"manifest/{league.today}.json"]

    def test_paths_are_whole_addresses(self, league: League, night: Any) -> None:
        plan, _, manifests = night
        paths = event_of(plan, manifests)["paths"]
        assert paths["tonight"] == f"gs://bucket/v1/tonight/{league.today}.json"
        players = paths["tonight_players"]
        assert players == sorted(players)
        assert players[0].startswith(f"gs://bucket/v1/tonight/player/{league.today}/")

    def test_counts_per_type(self, night: Any) -> None:
        plan, _, manifests = night
        found = event_of(plan, manifests)["exports"]
        assert sorted(found) == sorted(TONIGHT_TYPES)
        [manifest] = manifests.values()
        for name, export in found.items():
            section = manifest["exports"][name]
            assert export["states"] == {manifest["date"]: "ready"}
            assert export["written"] == section["written"] > 0
            assert export["counts"] == section["counts"]
            assert export["bytes"] == section["bytes"]

    def test_generations_are_those_of_the_objects(self, night: Any) -> None:
        plan, store, manifests = night
        generations = event_of(plan, manifests)["generations"]
        shown = {found.path: found.generation for found in store.list("")}
        assert generations == {path: shown[path] for path in generations}
        written = {path for path in shown if not path.startswith((*CONTROL, "schemas/", "status"))}
        assert generations.keys() == written

    def test_it_names_the_code(self, night: Any) -> None:
        plan, _, manifests = night
        event = event_of(plan, manifests)
        for key in ("run_id", "generated_at", "code_version", "commit", "lock"):
            assert event[key] == getattr(plan.run, key)
        assert event["champion_system_id"] == plan.config.champion_system_id

    def test_a_rerun_reports_that_nothing_changed(self, league: League, night: Any) -> None:
        plan, store, _ = night
        plan = begun(plan, datetime.now(timezone.utc))
        event = event_of(plan, run_in_process(plan, league.warehouse, store))
        assert event["status"] == "success"
        assert event["generations"] == {}
        assert all(found["written"] == 0 < found["unchanged"] for found in event["exports"].values())
        assert event["paths"]["tonight"].endswith(".json")

    def test_it_reports_its_own_run_locally(self, league: League) -> None:
        store = MemoryStore()
        run_in_process(plan_of("tonight", first=league.today), league.warehouse, store)
        plan = plan_of("predictions", first=league.today, correlation_id="another")
        event = event_of(plan, run_in_process(plan, league.warehouse, store))
        assert event["paths"].keys() == {"predictions"}
        assert event["exports"].keys() == {"predictions"}
        assert {path.partition("/")[0] for path in event["generations"]} == {"predictions"}

    def test_what_is_withheld_or_missing_is_named(self, league: League) -> None:
        plan = plan_of(*TONIGHT_TYPES, first=league.today)
        store = MemoryStore()
        withheld = run_in_process(plan, league.changed({CONTEXT: league.rows(CONTEXT).slice(0, 0)}), store)
        event = event_of(plan, withheld)
        assert event["status"] == "partial"
        assert [found["export_type"] for found in event["withheld"]] == ["tonight", "tonight-players"]
        assert {found["date"] for found in event["withheld"]} == {str(league.today)}
        assert all("context rows" in found["reason"] for found in event["withheld"])
        assert len(event["errors"]) == len(event["withheld"]) > 0
        nothing = event_of(plan, {str(league.today): None})
        assert nothing["status"] == "failed"
        assert "no manifest was written" in nothing["errors"][0]

    def test_players(self) -> None:
        plan = plan_of("player-profiles", first=date(2026, 2, 3))
        assert run_event(plan, "failed", finished=FINISHED)["export_type"] == "players"


class TestNotRun:
    def test_it_has_the_same_keys(self) -> None:
        event = not_run_event("rejected", "no such key", finished=FINISHED, errors=["no such key"], message_id="m-1")
        assert list(event) == [*REFERENCE_KEYS, "reason", "message_id"]
        assert (event["status"], event["target_date"], event["duration_seconds"]) == ("rejected", None, 0.0)


class TestMessage:
    def test_subscriptions_can_filter_by_its_attributes(self, night: Any) -> None:
        plan, _, manifests = night
        message = message_of(event_of(plan, manifests))
        assert message.attributes == {
            "status": "success",
            "target_date": str(plan.dates[-1]),
            "trigger_source": "test",
            "correlation_id": "corr-1",
            "run_id": plan.run.run_id,
        }
        assert json.loads(message.data)["status"] == "success"

    def test_what_is_unknown_is_no_attribute(self) -> None:
        assert message_of(not_run_event("rejected", "why", finished=FINISHED)).attributes == {"status": "rejected"}

    def test_an_event_of_a_season_is_short_enough_to_be_sent(self, night: Any) -> None:
        plan, _, manifests = night
        event = event_of(plan, manifests)
        event["paths"]["tonight_players"] = [f"gs://bucket/v1/tonight/player/{n}.json" for n in range(75_000)]
        event["errors"] = [f"failure {n}" for n in range(150)]
        short = abridged(event)
        assert len(orjson.dumps(short)) < MAX_EVENT_BYTES < len(orjson.dumps(event))
        assert short["abridged"]
        assert short["paths"]["tonight_players"] == 75_000
        assert short["paths"]["tonight"] == event["paths"]["tonight"]
        assert short["errors"] == [*event["errors"][:100], "and 50 more"]
        assert abridged(short) == short


def test_a_batch_run_makes_one_event_of_all_of_its_manifests(league: League, night: Any) -> None:
    plan, _, manifests = night

    def wire(root: beam.Pipeline) -> Any:
        gathered = root | beam.Create([("", [(day, manifest) for day, manifest in manifests.items()])])
        return gathered | beam.ParDo(MakeEvent(plan, "gs://bucket/v1"))

    [message] = run_eagerly(wire)
    event, expected = json.loads(message.data), event_of(plan, manifests)
    expected |= {key: event[key] for key in ("timestamp", "duration_seconds")}
    assert event == json.loads(orjson.dumps(expected))
