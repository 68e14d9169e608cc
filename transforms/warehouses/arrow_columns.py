"""Converts the Arrow columns of any warehouse into their declared types."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporters.warehouse.schema import Column
from transforms.elements.tables import TableScan, alike, with_misfits
from transforms.warehouses.exact_values import Converted, dates_as, instants_as, is_number, numbers_as

BATCH_ROWS = 32_768
"""The least number of rows of a batch, except the last one of a stream."""

_LISTS = (
    pa.types.is_list,
    pa.types.is_large_list,
    pa.types.is_fixed_size_list,
    pa.types.is_list_view,
    pa.types.is_large_list_view,
)
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)


def convertible(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Return whether a column of type ``found`` can be read where ``wanted`` is declared.

    Any numeric type converts to any other, a timestamp to a date, and a timestamp of any unit and time zone to an
    instant (without a zone it is taken as UTC). Dictionaries, other widths and kinds of lists convert, too. Values are
    checked when they are read.
    """
    if pa.types.is_dictionary(found):
        return convertible(found.value_type, wanted)
    if found == wanted or pa.types.is_null(found):
        return True
    if pa.types.is_list(wanted):
        return any(is_kind(found) for is_kind in _LISTS) and convertible(found.value_type, wanted.value_type)
    if is_number(wanted):
        return is_number(found)
    if pa.types.is_date(wanted):
        return bool(pa.types.is_date(found) or pa.types.is_timestamp(found))
    if pa.types.is_timestamp(wanted):
        return bool(pa.types.is_timestamp(found))
    return bool(pa.types.is_string(wanted)) and any(is_kind(found) for is_kind in _TEXTS)


def converted(values: pa.Array, kind: pa.DataType) -> Converted:
    """Return a column in its declared type, and its misfits; a null list becomes an empty one, as in BigQuery.

    Args:
        values: A column of a type that is :func:`convertible`.
        kind: The declared type.
    """
    if values.type == kind:
        found = Converted(values, {})
    elif pa.types.is_null(values.type):
        found = Converted(pa.nulls(len(values), kind), {})
    elif pa.types.is_dictionary(values.type):
        found = converted(values.dictionary_decode(), kind)
    elif pa.types.is_list(kind):
        found = _lists_as(values, kind)
    elif is_number(kind):
        found = numbers_as(values, kind)
    elif pa.types.is_date(kind):
        found = dates_as(values, kind)
    elif pa.types.is_timestamp(kind):
        found = instants_as(values, kind)
    else:
        found = Converted(values.cast(kind), {})
    if pa.types.is_list(kind) and found.values.null_count:
        return found._replace(values=pc.coalesce(found.values, pa.scalar([], kind)))
    return found


def _lists_as(values: pa.Array, kind: pa.ListType) -> Converted:
    """Return lists of any kind; one with an element that does not fit does not fit itself."""
    elements = converted(pc.list_flatten(values), kind.value_type)
    lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), elements.values, type=kind)
    parents = pc.list_parent_indices(values)
    misfits: dict[int, str] = {}
    for at, text in elements.misfits.items():
        misfits.setdefault(parents[at].as_py(), text)
    return Converted(lists, misfits)


def conformed_batch(scan: TableScan, columns: Sequence[Converted]) -> pa.RecordBatch:
    """Return the columns of a scan as a batch in its schema.

    A row with a value that does not fit its column stays in the batch, so that it can be named by its key. An
    additional column, :data:`~transforms.elements.tables.MISFIT`, names the column and the value.

    Args:
        scan: The scan.
        columns: Its columns, in order.

    Raises:
        pa.ArrowException: The data are damaged.
    """
    rows = validated_batch([column.values for column in columns], scan.schema)
    wrong: dict[int, str] = {}
    for name, column in zip(scan.columns, columns, strict=True):
        for position, value in column.misfits.items():
            wrong.setdefault(position, f"{name} is {value}")
    return with_misfits(rows, wrong) if wrong else rows


def validated_batch(columns: list[pa.Array], schema: pa.Schema) -> pa.RecordBatch:
    """Return columns as a batch.

    Raises:
        pa.ArrowException: The data are damaged.
    """
    rows = pa.RecordBatch.from_arrays(columns, schema=schema)
    # Damaged data may decode to text that is no UTF-8, which would fail in a later step.
    rows.validate(full=True)
    return rows


def coalesced(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the same rows in batches of at least ``BATCH_ROWS``, except the last one; no batch is empty."""
    pending: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if not batch.num_rows:
            continue
        pending.append(batch)
        rows += batch.num_rows
        if rows >= BATCH_ROWS:
            yield pa.concat_batches(alike(pending))
            pending, rows = [], 0
    if pending:
        yield pa.concat_batches(alike(pending))


def declared_type(column: Column) -> str:
    """Return a column's type for error messages."""
    kind = str(column).split()[1]
    return f"REPEATED {kind}" if column.mode == "REPEATED" else kind


def nearest(name: str, existing: Iterable[str]) -> str:
    """Return a note that names the most similar of the existing names; empty when none is."""
    found = difflib.get_close_matches(name, sorted(existing), n=1)
    return f" (nearest: {found[0]})" if found else ""


def one_line(error: BaseException | str) -> str:
    """Return an error's message without line breaks."""
    return " ".join(str(error).split())
