from __future__ import annotations

import json
from datetime import date

import pytest

from exporters.declaration import Cache
from exporters.document_schemas import schema_of
from exporters.registry import exports
from pipeline.execution.in_process import run_in_process
from tests.support.eager import run_eagerly
from tests.support.made_up import ALL
from tests.support.matchers import documents, generations, json_of, manifest_of
from tests.support.plans import TONIGHT_TYPES, made_up_plan, plan_of
from tests.support.stores import ForbiddenStore, MemoryStore, Refuse
from tests.support.warehouses import League, MemoryWarehouse
from transforms.elements.failure import Failure
from transforms.elements.plan import Plan
from transforms.publishing.publish_schemas import schema_path
from transforms.steps.publish_schemas import PublishSchemas

DAY = date(2026, 2, 3)
PATHS = sorted(f"schemas/{name}.json" for name in (*TONIGHT_TYPES, "status"))


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def plan() -> Plan:
    return plan_of(*TONIGHT_TYPES, first=DAY)


def publish(plan: Plan, store: MemoryStore) -> list[tuple[str, Failure]]:
    found: list[tuple[str, Failure]] = run_eagerly(lambda root: root | "PublishSchemas" >> PublishSchemas(plan, store))
    return found


def test_schema_of_every_export_is_published(plan: Plan, store: MemoryStore) -> None:
    assert publish(plan, store) == []
    assert sorted(store.written) == PATHS
    for export in plan.exports:
        assert json_of(store, schema_path(export.name)) == schema_of(export)
        found = store.stat(schema_path(export.name))
        assert found is not None
        assert found.cache_control == Cache.DAY.header
        assert "game_date" not in found.metadata


def test_keys_keep_their_order(plan: Plan, store: MemoryStore) -> None:
    publish(plan, store)
    published = json_of(store, "schemas/tonight.json")
    assert json.dumps(published) == json.dumps(schema_of(exports()["tonight"]))


def test_what_is_there_is_not_written_again(plan: Plan, store: MemoryStore) -> None:
    publish(plan, store)
    before = generations(store)
    publish(plan, store)
    assert generations(store) == before


def test_another_schema_is_replaced(plan: Plan, store: MemoryStore) -> None:
    store.write("schemas/tonight.json", b"{}", cache_control="", metadata={"digest": "of an older version"})
    publish(plan, store)
    assert json_of(store, "schemas/tonight.json")["title"] == "tonight"


def test_rewrite_writes_all(store: MemoryStore) -> None:
    plan = plan_of(*TONIGHT_TYPES, first=DAY, rewrite=True)
    publish(plan, store)
    publish(plan, store)
    assert sorted(store.written) == sorted([*PATHS, *PATHS])


def test_failure_is_reported_and_costs_no_other(plan: Plan, store: MemoryStore) -> None:
    store.before_write = Refuse("schemas/tonight.json")
    ((day, failure),) = publish(plan, store)
    assert day == DAY.isoformat()
    assert (failure.step, failure.export, failure.key) == ("PublishSchemas", "tonight", "schemas/tonight.json")
    assert failure.error == "StoreError: cannot write schemas/tonight.json: no space left; free some"
    assert sorted(store.written) == [path for path in PATHS if path != "schemas/tonight.json"]


def test_failure_to_read_metadata_is_reported(plan: Plan, store: MemoryStore) -> None:
    store.before_read = Refuse("schemas/streaks.json")
    ((_, failure),) = publish(plan, store)
    assert failure.key == "schemas/streaks.json"


def test_export_without_schema_publishes_none(store: MemoryStore) -> None:
    assert publish(made_up_plan(ALL, DAY), store) == []
    assert store.written == [schema_path("status")], "which belongs to no type"


def test_construction_touches_nothing(plan: Plan) -> None:
    assert PublishSchemas(plan, ForbiddenStore())


def test_run_goes_on_without_them_and_reports_it(league: League, store: MemoryStore) -> None:
    store.before_write = Refuse("schemas/")
    run_in_process(plan_of(*TONIGHT_TYPES, first=DAY), league.warehouse, store)
    manifest = manifest_of(store, DAY)
    assert manifest["status"] == "partial"
    assert [failure["key"] for failure in manifest["exports"]["tonight"]["failures"]] == ["schemas/tonight.json"]
    assert f"tonight/{DAY}.json" in documents(store)


def test_a_date_range_reports_to_its_last_date(store: MemoryStore) -> None:
    store.before_write = Refuse("schemas/")
    plan = plan_of("streaks", first=date(2026, 2, 1), last=DAY)
    assert {day for day, _ in publish(plan, store)} == {DAY.isoformat()}
    run_in_process(plan, MemoryWarehouse({}), store)
    assert manifest_of(store, DAY)["exports"]["streaks"]["failures"]
    assert not manifest_of(store, date(2026, 2, 2))["exports"]["streaks"]["failures"]
