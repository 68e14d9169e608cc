"""Measures what a row, a document, a date, a request and a shuffled byte cost on this machine: ``costs.json``.

    python -m benchmarks.scale.measure            # prints them; about three minutes
    python -m benchmarks.scale.measure --record   # and writes costs.json, results.json and docs/scale.md
    python -m benchmarks.scale.measure --quick    # leaves out the graph of the season, which takes longest

Costs are of the nine export types with a document per date. The last date and a fortnight are taken apart step by step,
each in a process of its own. The season and what a night exports are what the model is held against.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.against_script import DATED_TYPES
from benchmarks.processes import ROOT, conditions, memory_folder

COSTS = ROOT / "benchmarks" / "scale" / "costs.json"
TYPES, TYPES_OF_A_NIGHT = DATED_TYPES, "tonight-all"
DATE, FORTNIGHT, SEASON, NIGHT = "date", "fortnight", "season", "night"
WORKER = [sys.executable, "-m", "benchmarks.scale.measure"]
UPLOADS = 2000
OVER_ROWS = ("ScanTables/", "RouteBatches/", "BuildPlayers/")
"""Steps that shuffle rows, whose bytes grow with the tables; those of the others grow with the documents."""


def take_apart(warehouse: str, first: str, last: str, types: str, parts: bool) -> dict[str, Any]:
    """Return what a run without an engine costs, step by step; or only as a whole."""
    from benchmarks.plans import plan_of
    from benchmarks.scale.counting import CountingStore
    from benchmarks.scanned_bytes import logical_bytes
    from pipeline.execution.in_process import build_documents, run_in_process
    from pipeline.planning.planner import started
    from transforms.publishing.manifest import load_manifest
    from transforms.reading.scan import scan_all
    from transforms.stages.garbage import collect_rarely
    from transforms.stores.folder import LocalStore
    from transforms.warehouses.parquet import ParquetWarehouse

    plan = plan_of(types, date.fromisoformat(first), date.fromisoformat(last))
    source = ParquetWarehouse(warehouse)
    collect_rarely()
    found: dict[str, Any] = {"dates": len(plan.dates), "shards": plan.shards, "start_cpu": time.process_time()}
    batches, counts = scan_all(plan, source)
    found["scan_cpu"] = time.process_time() - found["start_cpu"]
    found["rows"] = sum(scanned.batch.num_rows for scanned in batches)
    found["read_bytes"] = sum(logical_bytes(scanned.batch) for scanned in batches)
    found["streams"] = sum(len(source.split(scan)) for scan in plan.scans)
    if parts:
        began = time.process_time()
        sizes = [
            len(made.content) for built in build_documents(plan, batches, counts) for made in built.documents.documents
        ]
        found["build_cpu"] = time.process_time() - began
        found["built"], found["document_bytes"] = len(sizes), sum(sizes)
    del batches
    with memory_folder() as folder:
        store = CountingStore(LocalStore(str(folder)))
        began = time.process_time()
        run_in_process(started(plan), source, store)
        found["run_cpu"] = time.process_time() - began
        found["requests"] = dict(store.counts)
        found["to_one_object"] = max(store.paths.values())
        manifests = [load_manifest(store, day).manifest or {} for day in plan.dates]
        sections = [section for manifest in manifests for section in manifest["exports"].values()]
        if wrong := next((section for section in sections if section["state"] == "failed"), None):
            raise RuntimeError(f"a type failed: {wrong['reason']}; correct it, since what is not built costs nothing")
        found["documents"] = sum(section["written"] for section in sections)
        found["manifest_bytes"] = sum(path.stat().st_size for path in (folder / "manifest").glob("*.json"))
        if parts and len(plan.dates) == 1:
            store.counts.clear()
            began = time.process_time()
            run_in_process(started(plan), source, store)
            found["rerun_cpu"], found["rerun_requests"] = time.process_time() - began, dict(store.counts)
    return found


def shuffled(warehouse: str, first: str, last: str, types: str) -> dict[str, Any]:
    """Return what the same run costs as a graph, and the bytes that its groupings take in, as Beam samples them."""
    import apache_beam as beam
    from apache_beam.metrics import monitoring_infos
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner

    from benchmarks.plans import plan_of
    from pipeline.planning.graph import build
    from transforms.stores.folder import LocalStore
    from transforms.warehouses.parquet import ParquetWarehouse

    plan = plan_of(types, date.fromisoformat(first), date.fromisoformat(last))
    with memory_folder() as folder:
        pipeline = beam.Pipeline(runner=FnApiRunner())
        start = time.process_time()
        build(pipeline, plan, ParquetWarehouse(warehouse), LocalStore(str(folder)))
        graph, _ = pipeline.to_runner_api(return_context=True)
        began = time.process_time()
        result = pipeline.run()
        result.wait_until_finish()
        spent = time.process_time() - began
    counts: Counter[str] = Counter()
    sizes: dict[str, float] = {}
    for info in result.monitoring_infos():
        name = info.labels.get("PCOLLECTION", "")
        if info.urn == monitoring_infos.ELEMENT_COUNT_URN:
            counts[name] += monitoring_infos.extract_counter_value(info)
        elif info.urn == monitoring_infos.SAMPLED_BYTE_SIZE_URN:
            number, total, _, _ = monitoring_infos.extract_distribution(info)
            sizes[name] = total / number if number else 0.0
    groupings = {
        transform.unique_name: sum(counts[name] * sizes.get(name, 0.0) for name in transform.inputs.values())
        for transform in graph.components.transforms.values()
        if transform.spec.urn == "beam:transform:group_by_key:v1"
    }
    return {
        "graph_start_cpu": start,
        "graph_cpu": spent,
        "graph_bytes": len(graph.SerializeToString()),
        "shuffled_by_rows": sum(size for name, size in groupings.items() if name.startswith(OVER_ROWS)),
        "shuffled_by_documents": sum(size for name, size in groupings.items() if not name.startswith(OVER_ROWS)),
    }


def one_upload() -> float:
    """Return CPU seconds of one write to GCS by the store of the pipeline, against a stub that answers after 40 ms."""
    worker = [sys.executable, "-m", "benchmarks.stores.uploads"]
    with subprocess.Popen([*worker, "serve"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
            command = [*worker, "measure", "GcsStore.write", url, str(UPLOADS)]
            runs = [subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True) for _ in range(3)]
        finally:
            server.kill()
    return min(float(done.stdout.split()[0]) for done in runs) / 1000


def measure(warehouse: Path, night: date, *, quick: bool) -> dict[str, Any]:
    """Measure every cost; quickly without the graph of the season."""
    under = conditions()
    firsts = {DATE: night, NIGHT: night, FORTNIGHT: night - timedelta(days=13), SEASON: date(night.year - 1, 10, 21)}
    cases: dict[str, dict[str, Any]] = {}
    for name, first in firsts.items():
        given = [str(warehouse), str(first), str(night), TYPES_OF_A_NIGHT if name == NIGHT else TYPES]
        cases[name] = _in_a_process("whole" if name == SEASON else "parts", *given)
        if name == FORTNIGHT or (name == SEASON and not quick):
            cases[name] |= _in_a_process("graph", *given)
        print(f"measured: {name}", file=sys.stderr, flush=True)
    return {"conditions": under, "request_cpu": one_upload(), "cases": cases}


def _in_a_process(*arguments: str) -> dict[str, Any]:
    done = subprocess.run([*WORKER, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}; correct it first:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _arguments() -> tuple[str, str, str, str]:
    warehouse, first, last, types = (*sys.argv[2:5], *(sys.argv[5:] or [TYPES]))
    return warehouse, first, last, types


def line_of(costs: Mapping[str, Any]) -> str:
    """Return the unit costs in one line."""
    from benchmarks.scale.model import units_of

    return json.dumps({name: float(f"{value:.4g}") for name, value in vars(units_of(costs)).items()}, indent=2)


def main() -> None:
    """Measure, print, and record where that is asked for."""
    if sys.argv[1:2] in (["parts"], ["whole"]):
        print(json.dumps(take_apart(*_arguments(), parts=sys.argv[1] == "parts")))
        return
    if sys.argv[1:2] == ["graph"]:
        print(json.dumps(shuffled(*_arguments())))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"), help="a demo season")
    parser.add_argument("--record", action="store_true", help="write costs.json, and what follows from it")
    parser.add_argument("--quick", action="store_true", help="leave out the graph of the season")
    arguments = parser.parse_args()
    warehouse = arguments.warehouse.absolute()
    night = date.fromisoformat(json.loads((warehouse / "_demo.json").read_text())["summary"]["last_game_night"])
    costs = measure(warehouse, night, quick=arguments.quick)
    print(line_of(costs))
    if arguments.record:
        COSTS.write_text(json.dumps(costs, indent=2) + "\n")
        from benchmarks.scale.report import record

        record()


if __name__ == "__main__":
    main()
