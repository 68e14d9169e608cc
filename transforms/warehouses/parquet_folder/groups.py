"""The row groups that a scan may need, and how they are divided into streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from transforms.elements.tables import TableScan
from transforms.warehouses.parquet_folder.columns import column_problem
from transforms.warehouses.parquet_folder.files import StoredFile
from transforms.warehouses.parquet_folder.footers import Footer, RowGroup
from transforms.warehouses.protocol import WarehouseError

_STREAM_ROWS = 32_768
_STREAM_BYTES = 8 * 2**20
_MAX_STREAMS = 32


class Piece(NamedTuple):
    """Neighbouring row groups of one file, whose size shows whether it was replaced before it is read."""

    path: str
    start: int
    stop: int
    file_groups: int
    file_rows: int


def matching_groups(scan: TableScan, file: StoredFile, footer: Footer) -> Iterator[tuple[Piece, float]]:
    """Yield the row groups that may hold rows of the scan's partition range, each with its share of a stream.

    Raises:
        WarehouseError: The file has no usable partition column.
    """
    partition = scan.declaration.partition
    is_bounded = partition is not None and bool(scan.first or scan.last)
    if is_bounded and (problem := column_problem(scan, file, footer.schema, partition or "")):
        raise WarehouseError(problem)
    for i, group in enumerate(footer.groups):
        if group.rows and not (is_bounded and _is_outside(scan, group)):
            share = max(group.rows / _STREAM_ROWS, group.size / _STREAM_BYTES)
            yield Piece(file.path, i, i + 1, len(footer.groups), footer.rows), share


def _is_outside(scan: TableScan, group: RowGroup) -> bool:
    """Whether no row of a row group can be one of the scan's dates; rows that cannot be told are filtered instead."""
    if group.span is None or (group.has_undated and scan.keeps_undated):
        return False
    low, high = group.span
    return (scan.first is not None and high < scan.first) or (scan.last is not None and low > scan.last)


def packed(groups: list[tuple[Piece, float]]) -> Iterator[list[Piece]]:
    """Yield runs of row groups of about equal size, one stream each."""
    total = sum(share for _, share in groups)
    streams = max(1, min(_MAX_STREAMS, round(total)))
    packed: list[list[Piece]] = [[] for _ in range(streams)]
    before = 0.0
    for piece, share in groups:
        pieces = packed[min(int((before + share / 2) * streams / total), streams - 1)]
        before += share
        last = pieces[-1] if pieces else None
        if last is not None and (last.path, last.stop) == (piece.path, piece.start):
            pieces[-1] = last._replace(stop=piece.stop)
        else:
            pieces.append(piece)
    return filter(None, packed)
