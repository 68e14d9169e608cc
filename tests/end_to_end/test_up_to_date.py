"""A date whose documents are there, made by the same code from the same inputs, is not built again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import orjson
import pytest

from exporters.warehouse.tables import REGISTRY, WAREHOUSE_TABLES
from pipeline.execution.in_process import run_in_process
from pipeline.planning.inputs import with_inputs
from tests.end_to_end.test_rerun import one_more_point, public
from tests.support.matchers import assert_same_manifest, documents, generations
from tests.support.plans import TONIGHT_TYPES, plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League, MemoryWarehouse
from transforms.elements.run_order import RunOrder
from transforms.elements.tables import TablePart, TableScan
from transforms.publishing.lease import Holder, lease_path
from transforms.publishing.manifest import load_manifest, manifest_path

TYPES = TONIGHT_TYPES
LATER = "2026-02-03T20:00:00Z"


class Versioned(MemoryWarehouse):
    """A warehouse whose tables are all of one version that the test gives."""

    version = "1"

    def parts(self, scan: TableScan) -> list[TablePart]:
        return [TablePart(None, None, self.version)]


@dataclass
class World:
    """A range that is published: its last date is built by every run, and the ones before need not be."""

    league: League
    store: MemoryStore
    dates: tuple[date, ...] = ()
    runs: int = 0

    def warehouse(self, changes: Mapping[Any, Any] | None = None, version: str = "1") -> Versioned:
        rows = {table: self.league.rows(table) for table in WAREHOUSE_TABLES}
        made = Versioned(rows | dict(changes or {}))
        made.version = version
        return made

    def run(self, warehouse: Versioned | None = None, *, code: str = "1", **values: Any) -> dict[str, Any]:
        """Run the range once more; ``values`` are those of its plan."""
        last = self.league.today
        source = warehouse or self.warehouse()
        plan = plan_of(*values.pop("types", TYPES), first=last - timedelta(days=3), last=last, generated_at=LATER)
        self.runs += 1
        run = replace(plan.run, code_version=code, execution_id=f"execution {self.runs:03}")
        plan = with_inputs(replace(plan, run=run, **values), source)
        self.dates = plan.dates
        return run_in_process(plan, source, self.store)

    def wrong(self) -> Versioned:
        """Return a warehouse with other rows than before that says that nothing has changed."""
        return self.warehouse(dict([one_more_point(self.league, self.up_to_date)]))

    @property
    def up_to_date(self) -> date:
        """The newest date but the last one with documents of players."""
        held = documents(self.store)
        return max(day for day in self.dates[:-1] if any(f"tonight/player/{day}/" in path for path in held))


@pytest.fixture
def world(league: League) -> World:
    made = World(league, MemoryStore())
    made.run()
    return made


def changed(world: World, warehouse: Versioned, **values: Any) -> set[str]:
    """The dated documents of the up_to_date date that a run writes."""
    before = generations(world.store)
    world.run(warehouse, **values)
    after = generations(world.store)
    return {path for path in public(list(after)) if str(world.up_to_date) in path and after[path] != before.get(path)}


def test_a_date_of_unchanged_inputs_is_not_built(world: World) -> None:
    assert changed(world, world.wrong()) == set()
    manifest = load_manifest(world.store, world.up_to_date).manifest
    assert manifest is not None
    for section in manifest["exports"].values():
        assert section["unchanged"] == len(section["documents"]) > 0
        assert section["build_ms"] == 0


def test_what_is_recorded_is_what_building_it_again_records(world: World, league: League) -> None:
    other = World(league, MemoryStore())
    other.run()
    built, left_out = other.run(validate=True), world.run()
    assert built.keys() == left_out.keys()
    for day in world.dates:
        assert_same_manifest(world.store, other.store, day)
    assert documents(world.store) == documents(other.store)


def test_other_inputs_are_built(world: World) -> None:
    changes = dict([one_more_point(world.league, world.up_to_date)])
    assert changed(world, world.warehouse(changes, version="2")) != set()


@pytest.mark.parametrize(
    "values",
    [{"code": "2"}, {"rewrite": True}, {"validate": True}, {"types": (*TYPES, "results", "calendar")}],
    ids=lambda values: next(iter(values)),
)
def test_a_run_that_may_make_something_else_builds_every_date(world: World, values: dict[str, Any]) -> None:
    assert changed(world, world.wrong(), **values) != set()


def test_no_date_stands_when_a_table_cannot_be_read(world: World) -> None:
    other = World(world.league, MemoryStore())
    other.run()
    for each, values in ((world, {}), (other, {"validate": True})):
        broken = each.warehouse()
        broken._breaks = {REGISTRY.name: "denied"}
        each.run(broken, **values)
    manifest = load_manifest(world.store, world.up_to_date).manifest
    assert manifest is not None
    assert manifest["broken_tables"].keys() == {REGISTRY.name}
    for day in world.dates:
        assert_same_manifest(world.store, other.store, day)


def test_a_date_that_a_newer_run_published_is_left_to_it(world: World) -> None:
    world.runs = 500
    world.run()
    manifest = load_manifest(world.store, world.up_to_date).manifest
    world.runs = 100
    record = world.run()[world.up_to_date.isoformat()]
    assert load_manifest(world.store, world.up_to_date).manifest == manifest
    assert record["status"] == "kept" or all(not section["written"] for section in record["exports"].values())


def test_a_document_that_is_gone_or_replaced_is_built(world: World) -> None:
    path = next(path for path in documents(world.store) if f"tonight/player/{world.up_to_date}/" in path)
    before = documents(world.store)[path]
    world.store.delete(path)
    world.run()
    assert documents(world.store)[path] == before
    world.store.write(path, b"{}", cache_control="", metadata={})
    world.run()
    assert documents(world.store)[path] == before


def test_a_date_that_was_left_in_part_or_not_whole_is_built(world: World) -> None:
    path = manifest_path(world.up_to_date)
    for section in ({"failed": 1}, {"state": "withheld"}, {"stale": ["x.json"]}, {"kept": {"why": 1}}):
        manifest = load_manifest(world.store, world.up_to_date).manifest
        assert manifest is not None
        manifest["exports"]["tonight"].update(section)
        world.store.write(path, orjson.dumps(manifest), cache_control="")
        assert changed(world, world.wrong()) != set(), section
        world.run(world.warehouse(version=str(section)))
        world.run()


def test_a_contested_date_is_written_again(world: World) -> None:
    holder = Holder("another", order=RunOrder("", "another"), is_contested=True, has_ended=True)
    world.store.write(lease_path(world.up_to_date), orjson.dumps(holder.to_json()), cache_control="")
    paths = [path for path in documents(world.store) if f"tonight/player/{world.up_to_date}/" in path]
    assert changed(world, world.warehouse()) >= set(paths)
