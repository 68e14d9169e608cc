"""Adds rows to a table of a folder of Parquet files, as whole files that appear at once."""

from __future__ import annotations

import os
import tempfile
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from exporters.config.leagues import DECLARED, LeagueTables
from transforms.elements.tables import table_named
from transforms.warehouses.protocol import WarehouseError


def append_file(
    root: str, table: str, batch: pa.RecordBatch, *, day: date, name: str, league: LeagueTables = DECLARED
) -> None:
    """Write a batch as one file of a table, in the folder of its partition date.

    The file appears complete or not at all: it is written under a name that readers ignore, and then renamed. Writing
    under the same name again replaces it, so that a retry adds nothing.

    Args:
        root: The folder that holds one folder per dataset.
        table: ``dataset.table`` of a declared table that is partitioned by date.
        batch: Rows of that date, in the table's schema.
        day: The date.
        name: Name of the file, without ending; unique to the writer.
        league: Where the rows of the league are.

    Raises:
        WarehouseError: The table is a single file, or the folder cannot be written.
    """
    place = league.source(table).replace(".", "/")
    folder = f"{root}/{place}"
    if os.path.exists(f"{folder}.parquet"):
        raise WarehouseError(
            f"table {table}: {place}.parquet is one file, and rows are added to folders; "
            f"move it to {place}/part-0.parquet"
        )
    target = f"{folder}/{table_named(table).partition}={day.isoformat()}"
    try:
        os.makedirs(target, exist_ok=True)
        _write_at_once(f"{target}/{name}.parquet", batch)
    except OSError as error:
        raise WarehouseError(f"table {table}: cannot write to {target}: {error}; grant access to it") from error


def _write_at_once(path: str, batch: pa.RecordBatch) -> None:
    folder, name = os.path.split(path)
    descriptor, hidden = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            pq.write_table(pa.Table.from_batches([batch]), file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(hidden, 0o644)
        os.replace(hidden, path)
    except BaseException:
        os.unlink(hidden)
        raise
