"""What ``--validate`` costs: a month with and without it, and each export type's documents checked once more.

    python -m benchmarks.validation
    python -m benchmarks.validation --first=2026-02-01 --last=2026-02-28 --rounds=5

The runs are plain loops without an engine, which makes the share of the checks as large as it can be. They take turns,
and the fastest of each counts, in CPU seconds, so that a busy machine does not matter much.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from exporters.config import ExportConfig
from exporters.declaration import Export
from exporters.registry import exports, groups
from pipeline.execution.in_process import run_in_process
from pipeline.planning.planner import make_plan
from pipeline.requests.request import RequestDefaults, parse_request
from transforms.elements.plan import Plan
from transforms.elements.validation import require_valid
from transforms.publishing.manifest import load_manifest
from transforms.stores.folder import LocalStore
from transforms.warehouses.parquet import ParquetWarehouse


def plan_of(types: str, first: date, last: date) -> Plan:
    """Return the plan of some export types over a range of dates."""
    config = ExportConfig()
    request = parse_request(
        {
            "export_types": types.split(","),
            "start_date": first.isoformat(),
            "end_date": last.isoformat(),
            "generated_at": f"{last}T17:00:00Z",
        },
        known_types=tuple(exports()),
        groups=groups(),
        defaults=RequestDefaults(config.champion_system_id),
        now=datetime.now(timezone.utc),
    )
    return make_plan(request, config)


def seconds(work: Callable[[], Any]) -> float:
    """Return the CPU seconds that something takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


def published(plan: Plan, store: LocalStore) -> dict[Export, dict[str, bytes]]:
    """Return the documents that a run published: path and content, by export type."""
    found: dict[Export, dict[str, bytes]] = {export: {} for export in plan.exports}
    for day in plan.dates:
        manifest = load_manifest(store, day).manifest
        assert manifest is not None, day
        for export, documents in found.items():
            section = manifest["exports"].get(export.name, {"documents": {}})
            for path in section["documents"]:
                held = store.read(path)
                assert held is not None, path
                documents[path] = held[0]
    return found


def compare(plan: Plan, warehouse: Path, rounds: int) -> dict[Export, dict[str, bytes]]:
    """Run a plan with and without validation, print both, and return the documents of a run."""
    source = ParquetWarehouse(str(warehouse))
    best = {False: float("inf"), True: float("inf")}
    documents: dict[Export, dict[str, bytes]] = {}
    for _ in range(rounds):
        for validate in best:
            with tempfile.TemporaryDirectory() as folder:
                store, wanted = LocalStore(folder), replace(plan, validate=validate)
                taken = seconds(lambda wanted=wanted, store=store: run_in_process(wanted, source, store))
                best[validate] = min(best[validate], taken)
                documents = published(plan, store)
    count = sum(map(len, documents.values()))
    extra = best[True] - best[False]
    share, each = 100 * extra / best[False], 1e6 * extra / count
    print(f"{plan.dates[0]} to {plan.dates[-1]}: {count:,} documents, best of {rounds}")
    print(f"  without  {best[False]:7.2f} s CPU")
    print(f"  with     {best[True]:7.2f} s CPU  {share:+.1f} %  {each:.0f} us a document")
    return documents


def check_each(documents: dict[Export, dict[str, bytes]], rounds: int) -> None:
    """Check the documents of every export type, and print what one takes."""
    print(f"\n{'export type':20} {'documents':>9} {'bytes each':>10} {'us each':>8} {'MB/s':>6}")
    for export, found in documents.items():
        if not found:
            continue

        def check(export: Export = export, found: dict[str, bytes] = found) -> None:
            for path, content in found.items():
                require_valid(export, path, content)

        check()
        taken = min(seconds(check) for _ in range(rounds))
        size = sum(map(len, found.values()))
        print(
            f"{export.name:20} {len(found):9,} {size // len(found):10,} {1e6 * taken / len(found):8.0f} "
            f"{size / taken / 1e6:6.0f}"
        )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"), help="a demo season")
    parser.add_argument("--types", default="all", help="export types or groups (%(default)s)")
    parser.add_argument("--first", type=date.fromisoformat, default=date(2026, 3, 1), help="first date (%(default)s)")
    parser.add_argument("--last", type=date.fromisoformat, default=date(2026, 3, 31), help="last date (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="turns; the fastest of each counts")
    arguments = parser.parse_args()
    plan = plan_of(arguments.types, arguments.first, arguments.last)
    check_each(compare(plan, arguments.warehouse, arguments.rounds), arguments.rounds)


if __name__ == "__main__":
    main()
