"""Writing the selected subset picks back to the warehouse, so that what was published can be graded later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam import pvalue
from apache_beam.metrics import Metrics

from transforms.elements.failure import Failure, failure_from
from transforms.elements.guarding import DateVerdict
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


@dataclass
class AppendSubsetPicks(beam.PTransform):
    """Add the frozen rows of each date to the warehouse, unless its documents are withheld.

    Input: (date, FrozenRows). Output: (date, Failure), one for each date whose rows could not be added.
    """

    plan: Plan
    warehouse: Warehouse
    verdicts: beam.PCollection[tuple[str, DateVerdict]]

    def expand(self, frozen: beam.PCollection[tuple[str, FrozenRows]]) -> beam.PCollection[tuple[str, Failure]]:
        """Wire the writing."""
        append = beam.ParDo(AppendVersions(self.plan, appending(self.warehouse)), pvalue.AsDict(self.verdicts))
        return frozen | STEP >> append.with_output_types(tuple[str, Failure])


@dataclass
class AppendVersions(beam.DoFn):
    """Wraps :func:`append_subset_picks` for one date."""

    plan: Plan
    warehouse: AppendingWarehouse

    def setup(self) -> None:
        """Prepare the metrics."""
        self._versions = Metrics.counter("write_back", "versions")
        self._rows = Metrics.counter("write_back", "rows")

    def process(
        self, keyed: tuple[str, FrozenRows], verdicts: Mapping[str, DateVerdict]
    ) -> Iterable[tuple[str, Failure]]:
        """Yield the failure of a date, if there is one."""
        key, frozen = keyed
        day = date.fromisoformat(key)
        if verdicts[self.plan.reporting_date(day).isoformat()].withheld is not None:
            return
        failure = append_subset_picks(self.plan, self.warehouse, day, frozen)
        if failure is None:
            self._versions.inc()
            self._rows.inc(sum(len(rows) for _, rows in frozen.tables))
        else:
            yield self.plan.reporting_date(day).isoformat(), failure
