"""The small night as a warehouse of rows in memory, which tests change by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import pyarrow as pa

from exporters.registry import exports
from exporters.warehouse.schema import Table
from exporters.warehouse.tables import WAREHOUSE_TABLES
from pipeline.execution.in_process import run_in_process
from tests.support.plans import plan_of
from tests.support.rows import TONIGHT, Row, by_table, table_of
from tests.support.small_night import small_night
from tests.support.stores import MemoryStore
from tests.support.warehouses import MemoryWarehouse, arrow_rows
from transforms.elements.plan import Plan

AnyTable = Table[Any]


@cache
def rows() -> tuple[Row, ...]:
    """Return the rows of the small night."""
    return tuple(small_night())


@cache
def tables() -> tuple[AnyTable, ...]:
    """Return the tables that the small night has rows of."""
    found = by_table(rows())
    return tuple(table for table in WAREHOUSE_TABLES if found.get(table.name))


def rows_of(table: AnyTable) -> list[Row]:
    """Return the rows of a table."""
    return [row for row in rows() if table_of(row) is table]


@cache
def _held() -> Mapping[AnyTable, pa.Table]:
    grouped = by_table(rows())
    return {table: arrow_rows(table, grouped.get(table.name, ())) for table in WAREHOUSE_TABLES}


def warehouse() -> MemoryWarehouse:
    """Return the night as a warehouse."""
    return MemoryWarehouse(_held())


def with_rows(table: AnyTable, changed: Sequence[Row]) -> MemoryWarehouse:
    """Return the night with other rows of one table."""
    return MemoryWarehouse({**_held(), table: changed})


def plan(*types: str, first: date = TONIGHT, last: date | None = None) -> Plan:
    """Return the plan of some types, or of all; pointers stay where they are."""
    return plan_of(
        *(types or exports()), first=first, last=last, update_latest="never", generated_at="2025-01-15T23:00:00Z"
    )


def published(made: Plan, held: MemoryWarehouse) -> MemoryStore:
    """Return what a real export publishes."""
    store = MemoryStore()
    run_in_process(made, held, store)
    return store
