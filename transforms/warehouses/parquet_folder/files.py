"""The files of a table in a folder of Parquet files, and the column values that their folders give."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple
from urllib.parse import unquote

import pyarrow as pa

from transforms.elements.tables import TableScan
from transforms.warehouses.arrow_columns import nearest, one_line
from transforms.warehouses.protocol import WarehouseError

LOG = logging.getLogger(__name__)

_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


class StoredFile(NamedTuple):
    """A Parquet file: its path below the root, and the column values that its folders give."""

    path: str
    keys: Mapping[str, str]


def files_of(root: str, scan: TableScan) -> list[StoredFile] | None:
    """Return the files of a scan's table in path order, without those whose folder rules them out.

    None when the table is optional and absent.
    """
    name = scan.source.replace(".", "/")
    found = [path for path in (name, f"{name}.parquet") if os.path.exists(f"{root}/{path}")]
    if not found and scan.declaration.absent is not None:
        return None
    if not found:
        names = glob.glob("*/*", root_dir=root)
        tables = {name.removesuffix(".parquet").replace("/", ".") for name in names}
        raise WarehouseError(
            f"table {scan.table}: neither folder {name} nor file {name}.parquet is in {root}; "
            f"put it there or choose another root{nearest(scan.table, tables)}"
        )
    if len(found) > 1:
        raise WarehouseError(f"table {scan.table}: {' and '.join(found)} are both in {root}; remove one")
    with blaming(scan, found[0]):
        if os.path.isfile(f"{root}/{found[0]}"):
            return [StoredFile(found[0], {})]
        paths = sorted(_visible_files(root, found[0]))
    parquet = [path for path in paths if path.endswith(".parquet")]
    if paths and not parquet:
        raise WarehouseError(
            f"table {scan.table}: no file in {found[0]} ends in .parquet (there is {os.path.basename(paths[0])}); "
            "rename or convert its files"
        )
    table = scan.declaration
    files = [stored_file(scan, path) for path in parquet]
    return [file for file in files if table.partition is None or _may_hold(scan, file.keys.get(table.partition))]


def newest_modification(root: str) -> datetime:
    """Return when something below a folder was last modified, in UTC; a file that is removed modifies its folder.

    Raises:
        WarehouseError: The folder cannot be read.
    """
    newest = 0
    try:
        newest = os.stat(root).st_mtime_ns
        for folder, _, names in os.walk(root):
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                # A file that is replaced at this moment is newer than all others, wherever it is.
                with suppress(FileNotFoundError):
                    newest = max(newest, os.stat(path).st_mtime_ns)
    except OSError as error:
        raise WarehouseError(f"cannot read {root}: {one_line(error)}; choose another folder") from error
    return datetime.fromtimestamp(0, timezone.utc) + timedelta(microseconds=newest // 1000)


def stored_file(scan: TableScan, path: str) -> StoredFile:
    """Return a file of a scan, with what its folders say of its rows."""
    return StoredFile(path, folder_keys(path, {*scan.declaration.columns, scan.league.column}))


def folder_keys(path: str, columns: Collection[str]) -> dict[str, str]:
    """Return the ``column=value`` folders of a path that name declared columns."""
    pairs = (part.partition("=") for part in path.split("/")[:-1])
    return {key: unquote(value) for key, sign, value in pairs if sign and key in columns}


def folder_value(text: str, kind: pa.DataType) -> pa.Scalar:
    """Return the value of a ``column=value`` folder in the column's declared type.

    Raises:
        pa.ArrowException: The text is no such value.
    """
    if text == _HIVE_NULL:
        return pa.scalar(None, kind)
    if pa.types.is_timestamp(kind):
        return pa.scalar(text).cast(pa.timestamp("us")).cast(kind)
    return pa.scalar(text).cast(kind)


def is_of_no_date(scan: TableScan, file: StoredFile) -> bool:
    """Whether a file is in a folder of rows without a partition date, where a scan is of some dates."""
    partition = scan.declaration.partition
    return partition is not None and file.keys.get(partition) == _HIVE_NULL and bool(scan.first or scan.last)


@contextmanager
def tolerating_undated(scan: TableScan, file: StoredFile) -> Iterator[None]:
    """Go on without the rest of a file of rows without a date that cannot be read: no document depends on it."""
    try:
        yield
    except WarehouseError as error:
        if not is_of_no_date(scan, file):
            raise
        LOG.warning("not all rows without a date are named: %s", error)


def _may_hold(scan: TableScan, folder_date: str | None) -> bool:
    """Return whether the folder of a partition date may hold rows of the scan; None is a file outside such folders."""
    if folder_date is None:
        return True
    if folder_date == _HIVE_NULL:
        return scan.keeps_undated or not (scan.first or scan.last)
    try:
        day = date.fromisoformat(folder_date[:10])
    except ValueError:
        return True
    return (scan.first is None or scan.first <= day) and (scan.last is None or day <= scan.last)


def _visible_files(root: str, folder: str) -> Iterator[str]:
    with os.scandir(f"{root}/{folder}") as entries:
        for entry in entries:
            if entry.name.startswith(("_", ".")):
                continue
            path = f"{folder}/{entry.name}"
            if entry.is_dir():
                yield from _visible_files(root, path)
            else:
                yield path


@contextmanager
def blaming(scan: TableScan, path: str) -> Iterator[None]:
    """Turn every error of a file into a :class:`WarehouseError` that names it."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise WarehouseError(
            f"table {scan.table}: cannot read {path}: {one_line(error)}; write it again or grant access to it"
        ) from error
