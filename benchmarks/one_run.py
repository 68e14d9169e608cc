"""One measured export in a fresh process.

    python -m benchmarks.one_run beam|plain WAREHOUSE OUTPUT FIRST LAST TYPES [validate]

``TYPES`` are export types or groups, with commas.
"""

from __future__ import annotations

import json
import resource
import sys
import time

STARTED = time.perf_counter()


def main(engine: str, warehouse: str, output: str, first: str, last: str, types: str, check: str = "") -> None:
    """Export some types and print what it took, as a line of JSON."""
    from datetime import datetime, timezone

    import apache_beam as beam
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner

    from exporters.config import ExportConfig
    from exporters.registry import exports, groups
    from pipeline.execution.in_process import run_in_process
    from pipeline.planning.graph import build
    from pipeline.planning.planner import make_plan
    from pipeline.requests.request import RequestDefaults, parse_request
    from transforms.publishing.manifest import load_manifest
    from transforms.stores.folder import LocalStore
    from transforms.warehouses.parquet import ParquetWarehouse

    config = ExportConfig()
    request = parse_request(
        {
            "export_types": types.split(","),
            "start_date": first,
            "end_date": last,
            "generated_at": f"{last}T17:00:00Z",
        },
        known_types=tuple(exports()),
        groups=groups(),
        defaults=RequestDefaults(config.champion_system_id),
        now=datetime.now(timezone.utc),
    )
    begun = time.perf_counter()
    plan, source, store = (
        make_plan(request, config, validate=bool(check)),
        ParquetWarehouse(warehouse),
        LocalStore(output),
    )
    if engine == "plain":
        run_in_process(plan, source, store)
    else:
        pipeline = beam.Pipeline(runner=FnApiRunner())
        build(pipeline, plan, source, store)
        pipeline.run().wait_until_finish()
    ended = time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_SELF)
    documents = failed = 0
    for day in plan.dates:
        manifest = load_manifest(store, day).manifest
        assert manifest is not None, day
        documents += sum(section["written"] for section in manifest["exports"].values())
        failed += len(manifest["failures"]) + sum(section["failed"] for section in manifest["exports"].values())
    print(
        json.dumps(
            {
                "wall": ended - STARTED,
                "work": ended - begun,
                "cpu": used.ru_utime + used.ru_stime,
                "memory": used.ru_maxrss / 1024,
                "documents": documents,
                "failed": failed,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
