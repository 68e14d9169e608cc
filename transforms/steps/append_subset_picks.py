"""Writing the selected subset picks back to the warehouse, in the graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import apache_beam as beam
from apache_beam import pvalue
from apache_beam.metrics import Metrics

from transforms.elements.failure import Failure
from transforms.elements.guarding import DateVerdict
from transforms.elements.plan import Plan
from transforms.publishing.write_back import STEP, append_subset_picks, appending
from transforms.stages.date_stages import FrozenRows
from transforms.steps.by_date import ByDate, value_at
from transforms.warehouses.protocol import AppendingWarehouse, Warehouse


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
        append = beam.ParDo(AppendVersions(self.plan, appending(self.warehouse)), pvalue.AsMultiMap(self.verdicts))
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

    def process(self, keyed: tuple[str, FrozenRows], verdicts: ByDate[DateVerdict]) -> Iterable[tuple[str, Failure]]:
        """Yield the failure of a date, if there is one."""
        key, frozen = keyed
        day = date.fromisoformat(key)
        if value_at(verdicts, self.plan.reporting_date(day).isoformat()).withheld is not None:
            return
        failure = append_subset_picks(self.plan, self.warehouse, day, frozen)
        if failure is None:
            self._versions.inc()
            self._rows.inc(sum(len(rows) for _, rows in frozen.tables))
        else:
            yield self.plan.reporting_date(day).isoformat(), failure
