"""What ``--validate`` costs by export type: the documents of a month, each type's checked by themselves.

    python -m benchmarks.validation
    python -m benchmarks.validation --first=2026-02-01 --last=2026-02-28 --rounds=5

:mod:`benchmarks.bars` measures what it adds to a whole run. The fastest round counts, in CPU seconds, so that a busy
machine does not matter much.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.plans import parser_of, plan_of, seconds
from benchmarks.processes import memory_folder
from exporters.declaration import Export
from pipeline.execution.in_process import run_in_process
from transforms.elements.plan import Plan
from transforms.elements.validation import require_valid
from transforms.publishing.manifest import load_manifest
from transforms.stores.folder import LocalStore
from transforms.warehouses.parquet import ParquetWarehouse


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


def run(plan: Plan, warehouse: Path) -> dict[Export, dict[str, bytes]]:
    """Run a plan without an engine, and return its documents."""
    with memory_folder() as folder:
        store = LocalStore(str(folder))
        run_in_process(plan, ParquetWarehouse(str(warehouse)), store)
        return published(plan, store)


def check_each(documents: dict[Export, dict[str, bytes]], rounds: int) -> None:
    """Check the documents of every export type, and print what one takes."""
    print(f"{'export type':20} {'documents':>9} {'bytes each':>10} {'us each':>8} {'MB/s':>6}")
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
    arguments = parser_of(__doc__, "all", 3).parse_args()
    plan = plan_of(arguments.types, arguments.first, arguments.last)
    check_each(run(plan, arguments.warehouse), arguments.rounds)


if __name__ == "__main__":
    main()
