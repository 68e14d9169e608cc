from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from exporters.warehouse.tables import CONTEXT, PREDICTIONS, SCHEDULE, WAREHOUSE_TABLES
from pipeline.execution.in_process import run_in_process
from pipeline.planning.planner import make_plan
from pipeline.requests.request import ExportRequest, RequestDefaults, parse_request
from pipeline.stream.answer import Answer, Answerer
from pipeline.stream.coalescing import Answered
from pipeline.stream.messages import Asked
from tests.support.matchers import assert_same_objects, documents, json_of, manifest_of
from tests.support.plans import EASY, NOW, TONIGHT_TYPES, plan_of
from tests.support.stores import MemoryStore, Refuse
from tests.support.warehouses import Fake, League, MemoryWarehouse

STARTED = datetime(2026, 2, 3, 17, 0, 5, tzinfo=timezone.utc).timestamp()


def asked(league: League, *types: str, **values: Any) -> Asked:
    keys = {"rows": "min_prediction_rows", "marker": "marker", "expires": "expires"}
    own = {keys[name]: values.pop(name) for name in list(values) if name in keys}
    payload = {
        "export_types": list(types or TONIGHT_TYPES),
        "target_date": str(league.today),
        "generated_at": NOW,
        "correlation_id": "corr-1",
        **values,
    }
    if "start_date" in payload:
        del payload["target_date"]
    known = tuple(plan_of("all", first=league.today).export_types)
    request = parse_request(
        payload,
        known_types=known,
        groups={},
        defaults=RequestDefaults(EASY.champion_system_id),
        now=datetime.fromisoformat(NOW.replace("Z", "+00:00")),
    )
    return Asked(request.to_json(), "key", "m-1", NOW, **own)


class Launches(Fake):
    """Launches nothing, and remembers what it was asked to launch."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.launched: list[tuple[ExportRequest, str]] = []
        self._error = error

    def launch(self, request: ExportRequest, run_id: str) -> str:
        if self._error is not None:
            raise self._error
        self.launched.append((request, run_id))
        return "job-of-" + run_id


class Clock:
    """Half a second passes between two looks at it."""

    def __init__(self) -> None:
        self.now = STARTED

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(concurrency=4)


def answerer(league: League, store: Any, warehouse: Any = None, **values: Any) -> Answerer:
    values = {"clock": Clock(), **values}
    return Answerer(warehouse or league.warehouse, store, "gs://bucket/v1", EASY, **values)


def before(answer: Answer) -> Answered:
    return Answered("key", answer.run_id, answer.read_at, 0.0, answer.inputs, answer.again)


class TestAnswers:
    def test_the_documents_are_those_of_a_batch_run(self, league: League, store: MemoryStore) -> None:
        answer = answerer(league, store).answer(asked(league))
        assert (answer.status, answer.again) == ("success", False)
        batch = MemoryStore()
        run_in_process(plan_of(*TONIGHT_TYPES, first=league.today), league.warehouse, batch)
        assert_same_objects(documents(store), documents(batch))

    def test_the_event_names_the_message_and_the_run(self, league: League, store: MemoryStore) -> None:
        answer = answerer(league, store).answer(asked(league))
        assert (answer.event["message_id"], answer.event["correlation_id"]) == ("m-1", "corr-1")
        assert answer.event["run_id"] == answer.run_id == manifest_of(store, league.today)["run"]["run_id"]
        assert answer.event["duration_seconds"] > 0
        started = datetime.fromtimestamp(answer.read_at, timezone.utc).isoformat()
        assert manifest_of(store, league.today)["run"]["started_at"] == started

    def test_the_champion_is_the_request_s(self, league: League, store: MemoryStore) -> None:
        answer = answerer(league, store).answer(asked(league, champion_system_id="ensemble_v1"))
        assert answer.event["champion_system_id"] == "ensemble_v1"
        assert manifest_of(store, league.today)["champion"]["system_id"] == "ensemble_v1"

    def test_tables_are_read_for_every_request(self, league: League, store: MemoryStore) -> None:
        warehouse = league.changed()
        for _ in range(2):
            answerer(league, store, warehouse).answer(asked(league))
        tables = [scan.table for scan in warehouse.scans]
        assert tables == 2 * tables[: len(tables) // 2]
        champion, *scanned = tables[: len(tables) // 2]
        assert champion == PREDICTIONS.name, "whether the champion has forecasts is found out first"
        assert SCHEDULE.name in scanned
        assert len(set(scanned)) == len(scanned), "the status takes the games from what was scanned"

    def test_a_champion_without_forecasts_is_rejected_before_anything_else_is_read(
        self, league: League, store: MemoryStore
    ) -> None:
        warehouse = league.changed()
        answer = answerer(league, store, warehouse).answer(asked(league, champion_system_id="typo"))
        assert (answer.status, answer.again) == ("rejected", True)
        (error,) = answer.event["errors"]
        assert "champion typo has no forecasts for 2026-02-03, while" in error
        assert {scan.table for scan in warehouse.scans} == {PREDICTIONS.name}
        assert store.written == []

    def test_the_fallback_is_named_in_event_and_manifest(self, league: League, store: MemoryStore) -> None:
        config = replace(EASY, fallback_system_ids=("ensemble_v1",))
        one = replace(answerer(league, store), config=config)
        answer = one.answer(asked(league, champion_system_id="typo"))
        assert answer.status == "success"
        told = {"champion_system_id": "ensemble_v1", "champion_fallback_for": "typo"}
        assert {key: answer.event[key] for key in told} == told
        assert manifest_of(store, league.today)["champion"]["fallback_for"] == "typo"

    def test_a_withheld_date_is_not_repeated_by_itself(self, league: League, store: MemoryStore) -> None:
        warehouse = league.changed({CONTEXT: league.rows(CONTEXT).slice(0, 0)})
        answer = answerer(league, store, warehouse).answer(asked(league))
        assert (answer.status, answer.again) == ("partial", False)

    def test_a_table_that_breaks_may(self, league: League, store: MemoryStore) -> None:
        warehouse = league.changed(breaks={CONTEXT: "the context cannot be read"})
        answer = answerer(league, store, warehouse).answer(asked(league))
        assert (answer.status, answer.again) == ("partial", True)
        assert any("the context cannot be read" in error for error in answer.event["errors"])

    def test_games_that_are_not_waited_for_are_named(self, league: League, store: MemoryStore) -> None:
        unplayed = ("20260203_CHI_DAL is called off by its status",)
        answer = answerer(league, store).answer(replace(asked(league), unplayed=unplayed))
        assert (answer.status, answer.event["unplayed"]) == ("success", list(unplayed))
        assert "unplayed" not in answerer(league, store).answer(asked(league)).event


class TestNothingRaises:
    def test_a_store_that_is_gone(self, league: League, store: MemoryStore) -> None:
        store.before_read = store.before_write = Refuse("")
        answer = answerer(league, store).answer(asked(league))
        assert (answer.status, answer.again) == ("failed", True)
        [error] = answer.event["errors"]
        assert error.startswith("StoreError: ")

    def test_a_defect(self, league: League, store: MemoryStore) -> None:
        answer = answerer(league, store, warehouse=object()).answer(asked(league))
        assert (answer.status, answer.again) == ("failed", True)
        assert "AttributeError" in answer.event["errors"][0]

    @pytest.mark.parametrize("outlived", [{"export_types": ["gone"]}, {"generated_at": "yesterday"}, {"depth": 3}])
    def test_what_only_an_earlier_version_of_the_job_understood(
        self, league: League, store: MemoryStore, outlived: dict[str, Any]
    ) -> None:
        known = asked(league)
        answer = answerer(league, store).answer(replace(known, request={**known.request, **outlived}))
        assert (answer.status, answer.again, answer.run_id) == ("failed", True, "")
        assert (answer.event["message_id"], answer.event["correlation_id"]) == ("m-1", "corr-1")
        assert len(answer.event["errors"]) == 1
        assert store.written == []

    def test_a_request_that_takes_too_long(self, league: League, store: MemoryStore) -> None:
        answer = answerer(league, store, timeout=0.0).answer(asked(league))
        assert (answer.status, answer.again) == ("failed", True)
        assert "was given up after 0 s" in answer.event["errors"][0]
        assert store.written == []


class TestNotAgain:
    def test_it_is_a_duplicate_while_no_table_has_changed(self, league: League, store: MemoryStore) -> None:
        first = answerer(league, store).answer(asked(league))
        assert first.inputs
        written = len(store.written)
        second = answerer(league, store).answer(asked(league), before(first))
        assert (second.status, second.inputs) == ("duplicate", first.inputs)
        assert second.event["duplicate_of"] == first.run_id
        assert second.event["reason"].endswith("no table has changed since that run")
        assert len(store.written) == written

    def test_it_is_answered_when_one_has(self, league: League, store: MemoryStore) -> None:
        first = answerer(league, store, league.changed()).answer(asked(league))
        second = answerer(league, store, league.changed()).answer(asked(league), before(first))
        assert second.status == "success"
        assert second.inputs != first.inputs

    def test_it_is_answered_when_something_failed(self, league: League, store: MemoryStore) -> None:
        first = replace(answerer(league, store).answer(asked(league)), again=True)
        assert answerer(league, store).answer(asked(league), before(first)).status == "success"

    def test_it_is_answered_when_versions_are_unknown(self, league: League, store: MemoryStore) -> None:
        unknown = replace(answerer(league, store).answer(asked(league)), inputs="")
        assert answerer(league, store).answer(asked(league), before(unknown)).status == "success"

    def test_requests_of_the_watch_read_no_versions_of_tables(self, league: League, store: MemoryStore) -> None:
        class Unversioned(MemoryWarehouse):
            def parts(self, scan: Any) -> Any:
                raise AssertionError(f"the parts of {scan.table} were asked for")

        warehouse = Unversioned({table: league.rows(table) for table in WAREHOUSE_TABLES})
        answer = answerer(league, store, warehouse).answer(asked(league, "live-grading", expires=STARTED + 60))
        assert (answer.status, answer.inputs) == ("success", "")


class TestUpstream:
    def test_too_few_rows_lead_to_nothing(self, league: League, store: MemoryStore) -> None:
        answer = answerer(league, store).answer(asked(league, rows=100_000))
        assert (answer.status, answer.again) == ("dropped", True)
        assert "rows of predictions for 2026-02-03, at least 100000 are needed" in answer.event["reason"]
        assert store.written == []

    def test_one_with_a_lower_minimum_of_rows_is_no_duplicate(self, league: League, store: MemoryStore) -> None:
        dropped = answerer(league, store).answer(asked(league, rows=100_000))
        assert answerer(league, store).answer(asked(league), before(dropped)).status == "success"

    def test_enough_rows_lead_to_an_export(self, league: League, store: MemoryStore) -> None:
        assert answerer(league, store).answer(asked(league, rows=10)).status == "success"

    def test_rows_that_cannot_be_counted_are_for_the_export_to_report(self, league: League, store: MemoryStore) -> None:
        warehouse = league.changed(breaks={PREDICTIONS: "the predictions cannot be read"})
        answer = answerer(league, store, warehouse).answer(asked(league, rows=10))
        assert answer.status in ("partial", "failed")
        assert any("the predictions cannot be read" in error for error in answer.event["errors"])


class TestLongRequests:
    SPAN = {"start_date": "2026-01-20", "end_date": "2026-01-23"}  # noqa: RUF012

    def test_a_batch_job_answers_them(self, league: League, store: MemoryStore) -> None:
        launches = Launches()
        answer = answerer(league, store, launcher=launches, max_dates=3).answer(asked(league, **self.SPAN))
        [(request, run_id)] = launches.launched
        assert (str(request.first_date), str(request.last_date)) == ("2026-01-20", "2026-01-23")
        assert (answer.status, answer.again, answer.run_id) == ("launched", False, run_id)
        assert answer.event["job"] == "job-of-" + run_id
        assert answer.event["reason"].startswith("it spans 4 dates, and 3 are answered here: batch job job-of-")
        assert store.written == [f"launched/{run_id}-1.json"]

    def test_one_that_cannot_be_launched_failed(self, league: League, store: MemoryStore) -> None:
        launches = Launches(RuntimeError("quota"))
        answer = answerer(league, store, launcher=launches, max_dates=3).answer(asked(league, **self.SPAN))
        assert (answer.status, answer.again, answer.event["errors"]) == ("failed", True, ["RuntimeError: quota"])

    def test_those_that_are_short_enough_are_answered_in_one_pass(self, league: League, store: MemoryStore) -> None:
        request = asked(league, "predictions", **self.SPAN)
        answer = answerer(league, store, max_dates=4).answer(request)
        assert answer.status == "success"
        assert len(answer.event["manifests"]) == 4


class TestMarkers:
    def test_success_leaves_one(self, league: League, store: MemoryStore) -> None:
        answer = answerer(league, store).answer(asked(league, marker="manifest/x.done.json"))
        assert json_of(store, "manifest/x.done.json")["run_id"] == answer.run_id
        assert store.written[-1] == "manifest/x.done.json"

    def test_anything_else_does_not(self, league: League, store: MemoryStore) -> None:
        warehouse = league.changed({CONTEXT: league.rows(CONTEXT).slice(0, 0)})
        answerer(league, store, warehouse).answer(asked(league, marker="manifest/x.done.json"))
        assert store.stat("manifest/x.done.json") is None

    def test_where_there_is_one_there_is_nothing_to_do(self, league: League, store: MemoryStore) -> None:
        store.write("manifest/x.done.json", b'{"run_id": "earlier"}', cache_control="no-cache")
        answer = answerer(league, store).answer(asked(league, marker="manifest/x.done.json"))
        assert (answer.status, answer.again) == ("duplicate", False)
        assert store.written == ["manifest/x.done.json"]

    def test_a_request_whose_own_run_left_the_marker_is_answered_again(
        self, league: League, store: MemoryStore
    ) -> None:
        first = answerer(league, store).answer(asked(league, marker="manifest/x.done.json"))
        again = answerer(league, store).answer(asked(league, marker="manifest/x.done.json"))
        assert (again.status, again.run_id) == ("success", first.run_id)
        assert store.written.count("manifest/x.done.json") == 1

    @pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"run_id": 1}'])
    def test_an_unreadable_marker_counts(self, league: League, store: MemoryStore, content: bytes) -> None:
        store.write("manifest/x.done.json", content, cache_control="no-cache")
        answer = answerer(league, store).answer(asked(league, marker="manifest/x.done.json"))
        assert answer.status == "duplicate"

    def test_another_job_may_be_faster(self, league: League, store: MemoryStore) -> None:
        def leave_first(path: str) -> None:
            if path.startswith("manifest/") and path.endswith(f"{league.today}.json"):
                store.before_write = lambda _: None
                store.write("manifest/x.done.json", b"{}", cache_control="no-cache")

        store.before_write = leave_first
        assert answerer(league, store).answer(asked(league, marker="manifest/x.done.json")).status == "success"
        assert json_of(store, "manifest/x.done.json") == {}


def test_the_plan_is_that_of_the_request(league: League) -> None:
    request = ExportRequest.from_json(asked(league).request)
    assert make_plan(request, EASY, shards=1).run.run_id == make_plan(request, EASY, shards=16).run.run_id
