"""Which documents rows of a table may change, by the declarations of the export types alone: nothing is read.

Seasons are those of the default league.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from exporters.config.leagues import NBA
from exporters.declaration import Export, Grain, Read, Window
from exporters.league.forecasts.readiness import reads_of
from pipeline.provenance.conditions import AnyTable

BUILDS, GATES = "builds", "gates"
"""What a read is for: documents are made of it; or it decides whether they go out, and under which ids players are."""
_LONGEST = 366 * 3
"""Days after a row on which a document may read it, unless its window has no end."""


@dataclass(frozen=True)
class Reader:
    """An export type that reads a table.

    Attributes:
        export: The export type.
        use: :data:`BUILDS` or :data:`GATES`.
        columns: The columns that it reads, filters included, in the order of the table.
        reads: The reads.
    """

    export: Export
    use: str
    columns: tuple[str, ...]
    reads: tuple[Read, ...]

    @property
    def window(self) -> str:
        """The dates of rows that a document of one date needs, in words."""
        if self.reads[0].table.partition is None:
            return "every row"
        words = " and ".join(dict.fromkeys(_words(read.window) for read in self.reads))
        return f"{words}, of every date of its season so far" if _is_made_of_slates(self.export) else words

    def may_show(self, day: date, first: date | None, last: date | None) -> bool:
        """Whether a document of a date may depend on a row of a range of dates; None is no bound."""
        table = self.reads[0].table
        if table.live:
            return (first is None or first <= day) and (last is None or day <= last)
        if table.partition is None:
            return True
        begin = NBA.calendar.season_start(day) if _is_made_of_slates(self.export) else day
        return any(
            (last is None or read.window.first(begin, NBA.calendar) <= last)
            and (first is None or first <= read.window.last(day))
            for read in self.reads
        )

    def days(self, first: date | None, last: date | None) -> tuple[date | None, date | None]:
        """Return the first and last date whose documents may depend on a row of a range; None where there is no end.

        Windows grow with the date of the document, so the dates in between all may.
        """
        if self.reads[0].table.partition is None:
            return None, None
        ahead = max(read.window.ahead for read in self.reads)
        begin = None if first is None else first - timedelta(days=ahead)
        if last is None:
            return begin, None
        for days in range(_LONGEST, -ahead - 1, -1):
            if self.may_show(last + timedelta(days=days), last, last):
                return begin, None if days == _LONGEST else last + timedelta(days=days)
        return begin, last


def readers_of(table: AnyTable, exports: Iterable[Export], columns: Collection[str] = ()) -> list[Reader]:
    """Return the export types that rows of a table may change, each with what it reads of it.

    Args:
        table: The stored table; tables that stand in for a column of another one are read from it as well.
        exports: The export types.
        columns: Columns whose values change; empty when whole rows do.
    """
    return [found for export in exports if (found := _reader(table, export, columns)) is not None]


def _reader(table: AnyTable, export: Export, columns: Collection[str]) -> Reader | None:
    own = [*export.reads, *(() if export.lists is None else export.lists.reads)]
    reads = tuple(read for read in reads_of(export) if read.table.source == table.name)
    touched = {name for read in reads for name in _columns(read)}
    if not reads or (columns and not touched.intersection(columns)):
        return None
    use = BUILDS if any(read in own for read in reads) else GATES
    order = {name: place for place, name in enumerate(table.columns)}
    named = sorted(touched, key=lambda name: order.get(name, len(order)))
    return Reader(export, use, tuple(named), reads)


def _columns(read: Read) -> Iterator[str]:
    """Yield what a scan looks at for a read."""
    yield from read.columns
    yield from read.equals
    if read.champion:
        yield "system_id"


def _is_made_of_slates(export: Export) -> bool:
    return export.grain is Grain.SEASON and export.make_row is not None


def _words(window: Window) -> str:
    if window.since is not None:
        words = f"since {window.since}"
    elif window.seasons:
        words = "its season so far" if window.seasons == 1 else f"{window.seasons} seasons, its own included"
    else:
        words = f"{window.days} days before it" if window.days else "its date"
    return f"{words}, {window.ahead} days after it" if window.ahead else words


def as_json(reader: Reader, days: tuple[date | None, date | None]) -> dict[str, Any]:
    """Return a reader for programs.

    Args:
        reader: The reader.
        days: The first and last date of documents that may change.
    """
    return {
        "export_type": reader.export.name,
        "documents": reader.export.path,
        "use": reader.use,
        "columns": list(reader.columns),
        "window": reader.window,
        "first": None if days[0] is None else str(days[0]),
        "last": None if days[1] is None else str(days[1]),
    }
