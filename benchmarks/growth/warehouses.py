"""A demo warehouse made larger: older seasons, and more players, of the rows that are there.

    python -m benchmarks.growth.warehouses .demo/warehouse /dev/shm/larger --seasons=8 --copies=10

It runs as a process of its own, so that what it takes is not counted as memory of what is measured.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from demo.tables.writer import LARGEST_GROUP, group_sizes
from exporters.warehouse.tables import WAREHOUSE_TABLES

SEASON_DAYS = 364
"""Days between a season and its copy as the one before: 52 weeks, so that weekdays stay."""
SEASONS_THERE = 2
"""Seasons of the demo; older ones are copies of both together, so that what follows from one to the other stays."""
LOOKUPS = ("player_lookup", "alias_lookup", "nba_canonical_lookup")
NAMES = ("player_name", "player_full_name")
_DATED = re.compile(r"^(\d{4})(-?)(\d\d)(-?)(\d\d)")
_OFFICIAL = re.compile(r"^(0*2)(\d\d)(\d{5})$")
_SEASON = re.compile(r"^(\d{4})-\d\d$")


def season_of(day: date) -> int:
    """Return the start year of a date's season."""
    return day.year if day.month >= 8 else day.year - 1


def older(rows: pa.Table, seasons: int) -> pa.Table:
    """Return rows as of some seasons earlier: their dates and instants, and what names a date or a season."""
    for index, field in enumerate(rows.schema):
        column = rows.column(index)
        if pa.types.is_date32(field.type):
            days = pc.subtract(column.cast(pa.int32()), pa.scalar(SEASON_DAYS * seasons, pa.int32()))
            rows = rows.set_column(index, field, days.cast(pa.date32()))
        elif pa.types.is_timestamp(field.type):
            back = pa.scalar(timedelta(days=SEASON_DAYS * seasons), pa.duration(field.type.unit))
            rows = rows.set_column(index, field, pc.subtract(column, back))
        elif field.name in ("game_id", "prediction_id", "season"):
            rows = rows.set_column(index, field, _each(column, lambda text: older_text(text, seasons)))
        elif field.name == "season_year":
            rows = rows.set_column(index, field, pc.subtract(column, pa.scalar(seasons, field.type)))
    return rows


def older_text(text: str, seasons: int) -> str:
    """Return an identifier or a season, of some seasons earlier.

    ``20260401_BOS_PHI`` and ``2026-04-01-0-someone`` begin with a date, ``0022501138`` holds the season's last two
    digits, ``2025-26`` is a season.
    """
    if found := _SEASON.match(text):
        start = int(found[1]) - seasons
        return f"{start}-{(start + 1) % 100:02d}"
    if found := _OFFICIAL.match(text):
        return f"{found[1]}{(int(found[2]) - seasons) % 100:02d}{found[3]}"
    if found := _DATED.match(text):
        day = date(int(found[1]), int(found[3]), int(found[5])) - timedelta(days=SEASON_DAYS * seasons)
        return f"{day.year:04d}{found[2]}{day.month:02d}{found[4]}{day.day:02d}{text[found.end() :]}"
    return text


def prefix_of(copy: int) -> str:
    """Return the letters that the lookups of a copy of the players begin with; the first are as they were."""
    return f"z{chr(97 + copy // 26)}{chr(97 + copy % 26)}" if copy else ""


def renamed(rows: pa.Table, copy: int) -> pa.Table:
    """Return rows of the same games for other players: lookups and names begin with letters of the copy."""
    prefix = prefix_of(copy)
    if not prefix:
        return rows
    for index, field in enumerate(rows.schema):
        column = rows.column(index)
        if field.name in LOOKUPS:
            rows = rows.set_column(index, field, pc.binary_join_element_wise(prefix, column, ""))
        elif field.name in NAMES:
            rows = rows.set_column(index, field, pc.binary_join_element_wise(prefix.capitalize(), column, ""))
        elif field.name == "prediction_id":
            rows = rows.set_column(index, field, pc.binary_join_element_wise(column, prefix, "-"))
    return rows


def has_players(rows: pa.Table) -> bool:
    """Return whether the rows of a table are about players, so that more players are more rows."""
    return any(name in rows.column_names for name in LOOKUPS)


def _each(column: pa.ChunkedArray, change: Callable[[str], str]) -> pa.ChunkedArray:
    encoded = column.combine_chunks().dictionary_encode()
    changed = pa.array([change(text) for text in encoded.dictionary.to_pylist()], column.type)
    return pa.chunked_array([changed.take(encoded.indices)], column.type)


@dataclass(frozen=True)
class Wanted:
    """A table, and which months of it are written.

    Attributes:
        name: Of the table.
        first: A date of the first month; None for all.
        last: A date of the last month; None for all.
    """

    name: str
    first: date | None = None
    last: date | None = None

    def has(self, month: date | None) -> bool:
        """Return whether a month, given by its first date, is written; None is that of rows without a date."""
        if month is None:
            return True
        return not (self.first and month < self.first.replace(day=1)) and not (self.last and month > self.last)


def wanted(text: str) -> Wanted:
    """Return what is asked for as ``table`` or ``table:first:last``."""
    name, *days = text.split(":")
    return Wanted(name, *map(date.fromisoformat, days))


def enlarge(source: Path, target: Path, seasons: int, copies: int, newest: int, tables: Sequence[Wanted]) -> None:
    """Write some tables of a demo warehouse with more seasons or players.

    Args:
        source: The demo warehouse.
        target: A new folder.
        seasons: One, two, or a multiple of two.
        copies: How often each player is there.
        newest: Start year of the newest season.
        tables: What is written.
    """
    partitions = {table.name: table.partition for table in WAREHOUSE_TABLES}
    for table in tables:
        name = table.name
        folder = source.joinpath(*name.split("."))
        files = sorted(folder.rglob("*.parquet"))
        there = pa.concat_tables([pq.read_table(path, partitioning=None) for path in files])
        rows = with_seasons(there, partitions[name], seasons, newest)
        times = copies if has_players(rows) else 1
        for path, groups in groupby(_groups(rows, partitions[name], table), key=itemgetter(0)):
            file = target.joinpath(*name.split("."), path)
            file.parent.mkdir(parents=True, exist_ok=True)
            with pq.ParquetWriter(file, rows.schema, compression="zstd") as writer:
                for _, group in groups:
                    more = pa.concat_tables([renamed(group, copy) for copy in range(times)])
                    writer.write_table(more, row_group_size=LARGEST_GROUP)


def with_seasons(rows: pa.Table, partition: str | None, seasons: int, newest: int) -> pa.Table:
    """Return rows of the demo's two seasons for one, two, or a multiple of two; rows without a season stay as they are.

    Raises:
        ValueError: The number is none of these.
    """
    if seasons != 1 and seasons % SEASONS_THERE:
        raise ValueError(f"{seasons} seasons are not one, or a multiple of the {SEASONS_THERE} that the demo has")
    if partition is None and "season" not in rows.column_names:
        return rows
    if seasons == 1:
        if partition is None:
            return rows.filter(pc.starts_with(rows.column("season"), str(newest)))
        years = [day is not None and season_of(day) == newest for day in rows.column(partition).to_pylist()]
        return rows.filter(pa.array(years))
    return pa.concat_tables([older(rows, back) for back in range(0, seasons, SEASONS_THERE)])


def _groups(rows: pa.Table, partition: str | None, table: Wanted) -> Iterator[tuple[str, pa.Table]]:
    """Yield row groups with the files that they belong into, cut as those of the demo are."""
    if partition is None:
        yield "part-0.parquet", rows
        return
    dates = rows.column(partition).cast(pa.date32()).to_numpy().astype("datetime64[D]")
    order = np.argsort(dates, kind="stable")
    rows, dates = rows.take(pa.array(order)), dates[order]
    months = dates.astype("datetime64[M]")
    dated = int(np.count_nonzero(~np.isnat(months)))
    for month in np.unique(months):
        if not table.has(month.astype(date)):
            continue
        # Rows without a date are sorted last, under a month that nothing equals.
        first, last = np.searchsorted(months, [month, month + 1]) if not np.isnat(month) else (dated, len(months))
        for size in group_sizes(dates[first:last]):
            yield f"month={month}/part-0.parquet", rows.slice(first, size)
            first += size


def main(argv: Sequence[str] | None = None) -> None:
    """Make a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="a demo season")
    parser.add_argument("target", type=Path, help="a new folder")
    parser.add_argument("--seasons", type=int, default=SEASONS_THERE, help="one, two, or a multiple of two")
    parser.add_argument("--copies", type=int, default=1, help="how often each player is there")
    parser.add_argument(
        "--table", action="append", type=wanted, required=True, help="a table, or table:first:last; repeatable"
    )
    parser.add_argument("--newest", type=int, required=True, help="start year of the newest season")
    given = parser.parse_args(argv)
    enlarge(given.source, given.target, given.seasons, given.copies, given.newest, given.table)


if __name__ == "__main__":
    main()
