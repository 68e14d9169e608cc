"""The least that documents cost in one process: reading, serialising, writing, and nothing in between.

    python -m benchmarks.floor WAREHOUSE DOCUMENTS OUTPUT FIRST LAST TYPES

It reads the columns that a run of these dates and types scans as Arrow, serialises the documents that the run wrote
below ``DOCUMENTS`` from parsed values, and writes each into ``OUTPUT`` with one rename. Only these three count, on the
clock of the process: not its start, its imports, its plan, nor the parsing of the documents. It prints them as a line
of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import orjson
import pyarrow.dataset as ds

from benchmarks.against_script import published
from benchmarks.plans import plan_of
from transforms.elements.tables import TableScan
from transforms.warehouses.parquet_folder.files import files_of


@dataclass
class Clock:
    """CPU seconds and seconds by step.

    Attributes:
        cpu: CPU seconds of the process, all threads, by step.
        wall: Seconds, all steps.
    """

    cpu: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    wall: float = 0.0

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Count what is done inside towards a step."""
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu[step] += time.process_time() - cpu
        self.wall += time.perf_counter() - wall


def read(root: Path, scan: TableScan) -> int:
    """Read the columns of a scan and return the number of rows."""
    paths = [str(root / file.path) for file in files_of(str(root), scan) or ()]
    if not paths:
        return 0
    files = ds.dataset(paths, format="parquet")
    column = scan.declaration.partition
    chosen = None
    if column is not None and column in files.schema.names and scan.first is not None and scan.last is not None:
        chosen = (ds.field(column) >= scan.first) & (ds.field(column) <= scan.last)
    return int(files.to_table([name for name in scan.columns if name in files.schema.names], filter=chosen).num_rows)


def copy(documents: Path, output: Path, paths: Iterable[str], clock: Clock) -> int:
    """Serialise and write documents anew, and return how many."""
    staging, written = output / ".staged", 0
    output.mkdir(parents=True)
    for path in paths:
        value = orjson.loads((documents / path).read_bytes())
        with clock("serialising"):
            content = orjson.dumps(value, option=orjson.OPT_INDENT_2)
        with clock("writing"):
            _write(staging, output / path, content)
        written += 1
    return written


def _write(staging: Path, target: Path, content: bytes) -> None:
    file = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        os.write(file, content)
    finally:
        os.close(file)
    try:
        os.rename(staging, target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True)
        os.rename(staging, target)


def main(warehouse: str, documents: str, output: str, first: str, last: str, types: str) -> None:
    """Measure the floor and print it."""
    scans = plan_of(types, date.fromisoformat(first), date.fromisoformat(last)).scans
    clock = Clock()
    with clock("reading"):
        rows = sum(read(Path(warehouse), scan) for scan in scans if not scan.declaration.live)
    written = copy(Path(documents), Path(output), published(Path(documents)), clock)
    steps = dict(clock.cpu)
    print(json.dumps({"cpu": sum(steps.values()), "wall": clock.wall, "documents": written, "rows": rows, **steps}))


if __name__ == "__main__":
    main(*sys.argv[1:])
