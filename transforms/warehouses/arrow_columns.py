"""Arrow columns as a warehouse delivers them, brought into their declared types; the same for every warehouse."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from exporters.warehouse.schema import Column

BATCH_ROWS = 32_768
"""Rows that a batch has at least, the last one of a stream aside."""

_LISTS = (
    pa.types.is_list,
    pa.types.is_large_list,
    pa.types.is_fixed_size_list,
    pa.types.is_list_view,
    pa.types.is_large_list_view,
)
_FAMILIES = (
    (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
    (pa.types.is_integer,),
    (pa.types.is_floating,),
    (pa.types.is_boolean,),
    (pa.types.is_decimal,),
    (pa.types.is_date,),
    (pa.types.is_timestamp,),
)
"""Types that convert into each other; whether each value does without loss shows when it is read."""


def convertible(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Tell whether a column may be of type ``found`` where ``wanted`` is declared.

    Other widths, units, time zones (none is taken as UTC), dictionaries and decimals of another scale may be.
    """
    if pa.types.is_dictionary(found):
        return convertible(found.value_type, wanted)
    if found == wanted or pa.types.is_null(found):
        return True
    if pa.types.is_list(wanted):
        return any(is_kind(found) for is_kind in _LISTS) and convertible(found.value_type, wanted.value_type)
    family = next(kinds for kinds in _FAMILIES if any(is_kind(wanted) for is_kind in kinds))
    return any(is_kind(found) for is_kind in family)


def converted(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return a column in its declared type, a null list as an empty one, as BigQuery stores it.

    Raises:
        pa.ArrowException: A value does not convert without loss.
    """
    if values.type != kind:
        values = values.cast(kind)
    return pc.coalesce(values, pa.scalar([], kind)) if values.null_count and pa.types.is_list(kind) else values


def validated_batch(columns: list[pa.Array], schema: pa.Schema) -> pa.RecordBatch:
    """Return columns as a batch.

    Raises:
        pa.ArrowException: The data are damaged.
    """
    rows = pa.RecordBatch.from_arrays(columns, schema=schema)
    # Damaged data may decode to text that is no UTF-8, which would surface far from here.
    rows.validate(full=True)
    return rows


def coalesced(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the same rows in batches of at least ``BATCH_ROWS``, the last one aside, and none without rows."""
    pending: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if not batch.num_rows:
            continue
        pending.append(batch)
        rows += batch.num_rows
        if rows >= BATCH_ROWS:
            yield pa.concat_batches(pending)
            pending, rows = [], 0
    if pending:
        yield pa.concat_batches(pending)


def declared_type(column: Column) -> str:
    """Return a column's type as error messages print it."""
    kind = str(column).split()[1]
    return f"REPEATED {kind}" if column.mode == "REPEATED" else kind


def nearest(name: str, existing: Iterable[str]) -> str:
    """Return a note that names the most similar of the existing names; empty when none is."""
    found = difflib.get_close_matches(name, sorted(existing), n=1)
    return f" (nearest: {found[0]})" if found else ""


def one_line(error: BaseException | str) -> str:
    """Return an error's message without line breaks."""
    return " ".join(str(error).split())
