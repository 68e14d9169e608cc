"""Adding up the counts of all streams, in the graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import apache_beam as beam

from exporters.league.forecasts.readiness import ScanCounts
from transforms.reading.scan_counts import Count


@dataclass
class CountRows(beam.CombineFn):
    """Adds up the partial counts of all streams into one :class:`ScanCounts`.

    Attributes:
        champion: The system whose forecasts and grades rosters are made of.
    """

    champion: str = ""

    def create_accumulator(self) -> Count:
        """Return an empty count."""
        return Count()

    def add_input(self, accumulator: Count, element: Count) -> Count:
        """Add the count of one stream."""
        return accumulator.merge(element)

    def merge_accumulators(self, accumulators: Iterable[Count]) -> Count:
        """Add counts up."""
        total = Count()
        for count in accumulators:
            total.merge(count)
        return total

    def extract_output(self, accumulator: Count) -> ScanCounts:
        """Return the scan counts."""
        return accumulator.scan_counts(self.champion)
