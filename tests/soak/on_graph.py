"""Runs of the Beam graph on a runner that carries out bundles as a service does: up to four times, until one is done.

A worker that dies costs the bundle that it was at, and what it had yielded. What it had written stays.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.portability.fn_api_runner.fn_runner import BundleManager

from pipeline.planning.graph import build
from tests.soak.faults import BUNDLE_FAULTS
from tests.soak.simulation import Killed, Process
from tests.support.eager import run_eagerly
from transforms.elements.plan import Plan
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse

TRIES = 4
"""How often a bundle is tried before the job fails."""


class BrokenJobError(Exception):
    """Workers died at a bundle as often as it was tried."""


def run_on_graph(
    plan: Plan, warehouse: Warehouse, store: Store, process: Process, met: Counter[str]
) -> dict[str, Mapping[str, Any]]:
    """Run a plan as a graph and return the manifest of each date, by ISO date.

    Args:
        plan: The plan.
        warehouse: Where tables are read.
        store: Where documents are written.
        process: The run; its worker may die, and another one goes on.
        met: Counts the faults that happened.

    Raises:
        BrokenJobError: The job failed, since its workers died.
        Killed: The job was ended.
        StoreError: The job failed, since the store did so at each try of a bundle.
    """
    process.has_more_workers = True
    runner = RetryingRunner(process, met)
    try:
        return dict(run_eagerly(lambda root: build(root, plan, warehouse, store), runner))
    except Killed:
        if process.is_killed:
            raise
        raise BrokenJobError(f"workers died {TRIES} times") from None


class RetryingRunner(FnApiRunner):  # type: ignore[misc]
    """The in-process runner, whose bundles are tried again."""

    def __init__(self, process: Process, met: Counter[str]) -> None:
        super().__init__()
        self._process, self._met = process, met

    def _get_bundle_manager(self, bundle_context_manager: Any) -> Any:
        tokens = FnApiRunner.get_cache_token_generator(static=False)
        return _RetryingBundles(self._process, self._met, bundle_context_manager, cache_token_generator=tokens)


class _RetryingBundles(BundleManager):  # type: ignore[misc]
    """Carries out the bundles of a stage."""

    def __init__(self, process: Process, met: Counter[str], context: Any, **more: Any) -> None:
        super().__init__(context, **more)
        self._process, self._met, self._context = process, met, context

    def process_bundle(self, *given: Any, **more: Any) -> Any:
        for left in reversed(range(TRIES)):
            held = _HeldOutputs(self._context)
            self.bundle_context_manager = held
            try:
                done = super().process_bundle(*given, **more)
            except (Exception, Killed):
                # A worker in this process raises what happened as it is.
                if self._process.is_killed or not left:
                    raise
                self._met["bundle tried again"] += 1
                continue
            finally:
                self.bundle_context_manager = self._context
            fault = self._fault() if left else ""
            if fault == "lost bundle":
                continue
            if fault == "repeated bundle":
                self.bundle_context_manager = _HeldOutputs(self._context)
                with contextlib.suppress(Exception):
                    super().process_bundle(*given, **more)
                self.bundle_context_manager = self._context
            held.release()
            return done
        raise AssertionError("unreachable")

    def _fault(self) -> str:
        for armed in self._process.armed:
            if armed[0] in BUNDLE_FAULTS:
                self._process.armed.remove(armed)
                self._met[armed[0]] += 1
                return armed[0]
        return ""


@dataclass
class _HeldOutputs:
    """A stage as a bundle sees it: what it yields is kept back until it is done.

    Attributes:
        inner: The stage.
        yielded: What was yielded: the buffer, and the bytes.
    """

    inner: Any
    yielded: list[tuple[tuple[bytes, str], bytes]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def get_buffer(self, *which: Any) -> Any:
        """Return where what goes to a buffer is kept."""
        return _HeldBuffer(self, which)

    def release(self) -> None:
        """Pass on what was yielded."""
        for which, content in self.yielded:
            self.inner.get_buffer(*which).append(content)


@dataclass
class _HeldBuffer:
    held: _HeldOutputs
    which: Any

    cleared = False

    def append(self, content: bytes) -> None:
        self.held.yielded.append((self.which, content))
