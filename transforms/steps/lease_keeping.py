"""What a step does that works on dates which its run holds."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.utils.windowed_value import WindowedValue

from transforms.elements.plan import Plan
from transforms.publishing.lease import Heartbeat
from transforms.stores.protocol import Store


@dataclass
class LeaseKeeping(beam.DoFn):
    """Shows that the run is alive while one of its bundles is at work."""

    plan: Plan
    store: Store

    def setup(self) -> None:
        """Begin without a bundle."""
        self._signs = ExitStack()

    def start_bundle(self) -> None:
        """Begin to show signs of life."""
        self._signs.enter_context(Heartbeat(self.store, self.plan.run, self.plan.lease))

    def finish_bundle(self) -> Iterable[WindowedValue] | None:
        """End."""
        self._signs.close()
        return None

    def teardown(self) -> None:
        """End after a bundle that failed, which is not finished."""
        self._signs.close()
