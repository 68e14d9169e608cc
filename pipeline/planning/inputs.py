"""Digests of the inputs of documents: a document whose inputs have the same digest is not built again.

The digest of an export type and date covers the rules of the exporters and, for every table that the document needs,
the versions of the parts of it that may hold rows of its window. It is taken before the tables are read. When one
changes in between, the digest is the old one, and the next backfill builds the document once more than necessary.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date

from exporters.config import ExportConfig
from pipeline.planning.planner import plan_scans
from pipeline.planning.shards import player_rows, shards_for
from transforms.clients.concurrency import run_concurrently
from transforms.elements.plan import Plan
from transforms.elements.tables import TablePart, TableScan
from transforms.warehouses.protocol import Warehouse, WarehouseError

_DIGEST_BYTES = 8


@dataclass
class Inputs:
    """The digests of the inputs of a plan.

    Attributes:
        digests: By export type and ISO date; none where a table is unreadable.
        unsettled: By export type, the ISO dates whose digest differs each time it is taken: a table that the document
            needs is being written to, or does not tell when it changes.
        rows: By table, the rows of the parts that a scan may read, or None where the warehouse does not say; unreadable
            tables are left out.
    """

    digests: dict[str, dict[str, str]] = field(default_factory=dict)
    unsettled: dict[str, set[str]] = field(default_factory=dict)
    rows: dict[str, int | None] = field(default_factory=dict)


def with_inputs(plan: Plan, warehouse: Warehouse, *, shards: int | None = None) -> Plan:
    """Return a plan with the digests of its inputs, none where a table is unreadable, and shards for its rows.

    Args:
        plan: The plan.
        warehouse: Where its tables are read.
        shards: The number of shards, where it is given.
    """
    found = inputs_of(plan, warehouse)
    counted = shards or shards_for(player_rows(plan, found.rows), len(plan.dates))
    return replace(plan, inputs=found.digests, shards=counted)


def inputs_of(plan: Plan, warehouse: Warehouse) -> Inputs:
    """Return the digests of the inputs of a plan."""

    def parts_of(scan: TableScan) -> list[TablePart] | None:
        try:
            return warehouse.parts(scan)
        except WarehouseError:
            return None

    scans = [scan for scan in plan.scans if scan.table not in plan.broken]
    found = run_concurrently(parts_of, scans, warehouse.concurrency)
    parts = {scan.table: held for scan, held in zip(scans, found, strict=True) if held is not None}
    return _Digests(plan, parts).all()


class _Digests:
    """Digests of windows, each taken once: the nights of a season share most of them."""

    def __init__(self, plan: Plan, parts: Mapping[str, list[TablePart]]) -> None:
        self._plan = plan
        self._parts = parts
        self._rules = rules_text(plan.config)
        self._by_window: dict[tuple[str, date | None, date | None], str] = {}

    def all(self) -> Inputs:
        """Return every digest."""
        found = Inputs(
            rows={table: _rows_of(parts, self._plan.scans_by_table[table]) for table, parts in self._parts.items()}
        )
        for export in self._plan.exports:
            for day in self._plan.document_dates(export):
                # The scans of the document of one night alone, independent of the nights of a pass.
                alone = replace(self._plan, export_types=(export.name,), dates=(day,))
                scans = plan_scans(alone, funnel=False)
                if all(scan.table in self._parts for scan in scans):
                    found.digests.setdefault(export.name, {})[day.isoformat()] = self._of(scans)
                    if not all(self._is_settled(scan) for scan in scans):
                        found.unsettled.setdefault(export.name, set()).add(day.isoformat())
        return found

    def _is_settled(self, scan: TableScan) -> bool:
        return all(part.settled for part in self._parts[scan.table] if part.may_hold(scan.first, scan.last))

    def _of(self, scans: Iterable[TableScan]) -> str:
        return _digest([self._rules, *(f"{scan.table} {self._of_window(scan)}" for scan in scans)])

    def _of_window(self, scan: TableScan) -> str:
        window = (scan.table, scan.first, scan.last)
        if window not in self._by_window:
            held = [part.version for part in self._parts[scan.table] if part.may_hold(scan.first, scan.last)]
            self._by_window[window] = _digest([str(window), *sorted(held)])
        return self._by_window[window]


def rules_text(config: ExportConfig) -> str:
    """Return the rules of a configuration as text: the same in every process."""
    return json.dumps(asdict(config), sort_keys=True, default=_plain)


def _plain(value: object) -> object:
    # The order of a set of strings differs from process to process.
    return sorted(value) if isinstance(value, frozenset) else str(value)


def _rows_of(parts: Iterable[TablePart], scan: TableScan) -> int | None:
    """Return the rows of the parts that a scan may read; None when that of one is not known."""
    total = 0
    for part in parts:
        if part.may_hold(scan.first, scan.last):
            if part.rows is None:
                return None
            total += part.rows
    return total


def _digest(lines: Iterable[str]) -> str:
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=_DIGEST_BYTES).hexdigest()
