"""Writing the selected subset picks back to the warehouse, so that what was published can be graded later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa

from transforms.elements.failure import Failure, failure_from
from transforms.elements.plan import Plan
from transforms.elements.tables import arrow_schema, table_named
from transforms.live_feed.warehouse import stored
from transforms.stages.date_stages import FrozenRows
from transforms.warehouses.protocol import AppendingWarehouse, Warehouse

STEP = "AppendVersions"


def appending(warehouse: Warehouse) -> AppendingWarehouse:
    """Return a warehouse that rows can be added to.

    Raises:
        ValueError: This one is only read.
    """
    tables = stored(warehouse)
    if not isinstance(tables, AppendingWarehouse):
        raise ValueError(f"{type(tables).__name__} is only read; leave out --write_subset_picks")
    return tables


def append_subset_picks(plan: Plan, warehouse: AppendingWarehouse, day: date, frozen: FrozenRows) -> Failure | None:
    """Add the rows that a run freezes of a date to their tables, and return what went wrong, if anything did.

    The tables are written in order and the first failure ends it: the last one, whose row makes the others count, is
    written only when they are there. Files are named after the run, so that a retry replaces what it wrote before.
    """
    for table, rows in frozen.tables:
        if rows:
            try:
                warehouse.append(table, record_batch(table, rows), day=day, name=plan.run.run_id)
            except Exception as error:
                return failure_from(STEP, frozen.export, f"{table} {day}", error)
    return None


def record_batch(table: str, rows: Iterable[tuple[Any, ...]]) -> pa.RecordBatch:
    """Return whole rows of a declared table as a batch in its schema."""
    schema = arrow_schema(table_named(table))
    columns = zip(*rows, strict=True)
    return pa.RecordBatch.from_arrays(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )
