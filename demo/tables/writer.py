"""Writing frames as Parquet so that a reader can prune to single dates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from demo.randomness import Array
from demo.tables.frames import Frame

GROUP_ROWS = 400
"""A row group is closed at the end of the first date that brings it to this many rows."""

LARGEST_GROUP = 2000


def write_frame(frame: Frame, root: Path) -> int:
    """Write one table below ``root`` and return its size in bytes.

    A partitioned table gets one folder per month, rows in date order, and row groups that end where a date ends, so
    that their statistics separate dates.
    """
    folder = root.joinpath(*frame.table.name.split("."))
    if frame.table.partition is None:
        return _write(frame.to_arrow(), folder / "part-0.parquet", [len(frame)], frame)
    dates = frame.dates()
    order = np.argsort(dates, kind="stable")
    rows, dates = frame.to_arrow().take(pa.array(order)), dates[order]
    months = dates.astype("datetime64[M]")
    written = 0
    for month in np.unique(months):
        first, last = np.searchsorted(months, [month, month + 1])
        path = folder / f"month={month}" / "part-0.parquet"
        written += _write(rows.slice(first, last - first), path, group_sizes(dates[first:last]), frame)
    return written


def group_sizes(dates: Array) -> list[int]:
    """Split sorted dates into row groups: whole dates, at least ``GROUP_ROWS`` rows, at most ``LARGEST_GROUP``."""
    _, counts = np.unique(dates, return_counts=True)
    sizes: list[int] = []
    pending = 0
    for count in counts.tolist():
        pending += count
        while pending > LARGEST_GROUP:
            sizes.append(LARGEST_GROUP)
            pending -= LARGEST_GROUP
        if pending >= GROUP_ROWS:
            sizes.append(pending)
            pending = 0
    return [*sizes, pending] if pending else sizes


def _write(rows: pa.Table, path: Path, sizes: list[int], frame: Frame) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    pruned = [name for name in (frame.table.partition, frame.table.player, "system_id") if name in frame.table.columns]
    with pq.ParquetWriter(path, rows.schema, compression="zstd", write_statistics=pruned) as writer:
        start = 0
        for size in sizes or [0]:
            writer.write_table(rows.slice(start, size), row_group_size=max(size, 1))
            start += size
    return path.stat().st_size
