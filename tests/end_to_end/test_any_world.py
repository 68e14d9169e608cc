"""What a warehouse holds may be anything that its schema allows: how a run is cut still changes no document."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.config import ExportConfig
from exporters.registry import exports
from pipeline.execution.in_process import run_in_process
from tests.support.matchers import documents
from tests.support.plans import NO_GATES, dated_types, plan_of
from tests.support.rows import TONIGHT, table_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import MemoryWarehouse
from tests.support.worlds import PROPERTY, any_rows

ANY_GATE = ExportConfig(gates=NO_GATES)
DAYS = [TONIGHT - timedelta(days=n) for n in (2, 1, 0)]
types = st.sampled_from(dated_types())


def warehouse_of(rows: Any, **options: Any) -> MemoryWarehouse:
    tables: dict[Any, list[Any]] = {}
    for row in rows:
        tables.setdefault(table_of(row), []).append(row._asdict())
    return MemoryWarehouse(tables, **options)


def published(warehouse: MemoryWarehouse, *names: str, first: Any, last: Any) -> dict[str, bytes]:
    store = MemoryStore()
    run_in_process(plan_of(*names, first=first, last=last, update_latest="never", config=ANY_GATE), warehouse, store)
    return documents(store)


@settings(PROPERTY, max_examples=25)
@given(st.data())
def test_a_range_equals_its_nights(data: st.DataObject) -> None:
    name = data.draw(types)
    warehouse = warehouse_of(data.draw(any_rows(exports()[name])))
    together = published(warehouse, name, first=DAYS[0], last=DAYS[-1])
    alone: dict[str, bytes] = {}
    for day in DAYS:
        alone |= published(warehouse, name, first=day, last=day)
    assert together == alone


@settings(PROPERTY, max_examples=25)
@given(st.data(), st.integers(0, 9), st.integers(1, 9))
def test_order_and_cut_of_batches_do_not_matter(data: st.DataObject, seed: int, chunk_rows: int) -> None:
    name = data.draw(types)
    rows = data.draw(any_rows(exports()[name]))
    as_they_are = published(warehouse_of(rows), name, first=TONIGHT, last=TONIGHT)
    shuffled = warehouse_of(rows, shuffle_seed=seed, chunk_rows=chunk_rows)
    assert published(shuffled, name, first=TONIGHT, last=TONIGHT) == as_they_are


@settings(PROPERTY, max_examples=25)
@given(st.data())
def test_what_else_is_requested_changes_nothing(data: st.DataObject) -> None:
    names = sorted({data.draw(types), data.draw(types)})
    warehouse = warehouse_of([row for name in names for row in data.draw(any_rows(exports()[name]))])
    together = published(warehouse, *names, first=TONIGHT, last=TONIGHT)
    alone: dict[str, bytes] = {}
    for name in names:
        alone |= published(warehouse, name, first=TONIGHT, last=TONIGHT)
    assert together == alone
