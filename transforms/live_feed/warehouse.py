"""The live feed as one more table of the warehouse.

A :class:`LiveFeed` fetches the current answer of the vendor's service, :func:`parse_boxes` turns it into rows of
``live_feed.box_scores``, and a :class:`LiveWarehouse` answers scans of that table from a feed and all others from the
warehouse behind it. An error of the feed is then an error of reading that table, as of any other table.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import orjson
import pyarrow as pa

from exporters.warehouse.league_rows import LiveBoxScoreRow
from transforms.elements.tables import ScanStream, TablePart, TableScan, with_misfits
from transforms.warehouses.protocol import Warehouse, WarehouseError, WrappedWarehouse

_FETCH = "fetch"
_MAX_INT = 2**63 - 1
_COUNTED = {
    "rebounds": "reb",
    "assists": "ast",
    "steals": "stl",
    "blocks": "blk",
    "turnovers": "turnover",
    "fg_made": "fgm",
    "fg_attempted": "fga",
    "fg3_made": "fg3m",
    "fg3_attempted": "fg3a",
    "ft_made": "ftm",
    "ft_attempted": "fta",
}
"""What is counted of a player: column of the table to key of the feed."""


class LiveFeedError(Exception):
    """The feed did not answer, or not in its shape. The message is one line with the problem and the fix."""


class LiveFeed(Protocol):
    """A source of the day's box scores. Implementations are picklable values."""

    def fetch(self) -> Any:
        """Return the feed's answer, ``{"data": [box, ...]}``, as parsed JSON, unchecked.

        Raises:
            LiveFeedError: There is no answer.
        """


@dataclass(frozen=True)
class FileLiveFeed:
    """A feed that is a JSON file, read anew at each fetch.

    Attributes:
        path: The file.
    """

    path: str

    def fetch(self) -> Any:
        """Return the current content of the file."""
        try:
            return orjson.loads(Path(self.path).read_bytes())
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not JSON"
            raise LiveFeedError(f"{self.path} cannot be read: {reason}; check --live_feed") from error


class Boxes(NamedTuple):
    """A feed's answer.

    Attributes:
        rows: Its rows.
        malformed: What is wrong with each box that is left out.
    """

    rows: list[LiveBoxScoreRow]
    malformed: list[str]


def parse_boxes(payload: Any, day: date) -> Boxes:
    """Return the rows of a feed's answer; a box of another shape costs itself (contract E3-9).

    Fields that vary from season to season may be missing or null: dates, clocks, points, minutes, names. Minutes are
    text, and a number is read as text.

    Args:
        payload: The answer, as parsed JSON.
        day: The date of games that name none.

    Raises:
        LiveFeedError: The answer is not of the feed's shape, or none of its boxes is; it names the field.
    """
    found, malformed = Boxes([], []), []
    boxes = _Part("the answer", payload).list("data")
    for box in boxes:
        try:
            found.rows.extend(list(_rows_of(box, day)))
        except LiveFeedError as error:
            malformed.append(error)
    if malformed and len(malformed) == len(boxes):
        raise malformed[0]
    found.malformed.extend(map(str, malformed))
    return found


def _rows_of(box: _Part, day: date) -> Iterator[LiveBoxScoreRow]:
    home, visitor = box.part("home_team"), box.part("visitor_team")
    no_player = LiveBoxScoreRow(
        game_date=box.date("date") or day,
        status=box.text("status"),
        period=box.integer("period"),
        clock=box.text("time"),
        home_team=home.code("abbreviation"),
        visitor_team=visitor.code("abbreviation"),
        team=home.code("abbreviation"),
        feed_player_id=None,
        first_name=None,
        last_name=None,
        points=None,
        minutes=None,
        feed_game_id=box.integer("id"),
        home_score=box.integer("home_team_score"),
        visitor_score=box.integer("visitor_team_score"),
        **dict.fromkeys(_COUNTED),
    )
    listed = [(team, line) for team in (home, visitor) for line in team.list("players", may_be_missing=True)]
    for team, line in listed:
        player = line.part("player")
        yield no_player._replace(
            team=team.code("abbreviation"),
            feed_player_id=player.integer("id"),
            first_name=player.text("first_name"),
            last_name=player.text("last_name"),
            points=line.integer("pts"),
            minutes=line.text("min"),
        )._replace(**{column: line.integer(key) for column, key in _COUNTED.items()})  # type: ignore[arg-type]
    if not listed:
        yield no_player


class _Part(NamedTuple):
    """A part of an answer and the place that it is in, for messages."""

    place: str
    value: Any

    def part(self, key: str) -> _Part:
        """Return an object within this one."""
        value = self._get(key)
        if not isinstance(value, Mapping):
            raise self._wrong(key, "an object", value)
        return _Part(self._at(key), value)

    def list(self, key: str, *, may_be_missing: bool = False) -> list[_Part]:
        """Return the items of a list within this object."""
        value = self._get(key)
        if value is None and may_be_missing:
            return []
        if not isinstance(value, list):
            raise self._wrong(key, "a list", value)
        return [_Part(f"{self._at(key)}[{i}]", item) for i, item in enumerate(value)]

    def text(self, key: str) -> str | None:
        value = self._get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if value is not None and not isinstance(value, str):
            raise self._wrong(key, "text", value)
        return value

    def code(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, "a team's code", value)
        return value

    def integer(self, key: str) -> int | None:
        value = self._get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _MAX_INT:
            raise self._wrong(key, "a whole number", value)
        return value

    def date(self, key: str) -> date | None:
        value = self.text(key)
        if not value:
            return None
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            raise self._wrong(key, "a date", value) from None

    def _get(self, key: str) -> Any:
        if not isinstance(self.value, Mapping):
            raise LiveFeedError(f"{self.place} is not an object; the feed's shape has changed")
        return self.value.get(key)

    def _at(self, key: str) -> str:
        return key if self.place == "the answer" else f"{self.place}.{key}"

    def _wrong(self, key: str, wanted: str, value: Any) -> LiveFeedError:
        found = "missing" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"
        return LiveFeedError(f"{self._at(key)} is {found} instead of {wanted}; the feed's shape has changed")


@dataclass(frozen=True)
class LiveWarehouse(WrappedWarehouse):
    """A warehouse together with the live feed.

    A scan of the feed's table fetches once, when its stream is read. No answer is kept for the next
    scan. Every other call goes to the warehouse.

    Attributes:
        warehouse: All other tables.
        feed: The feed; None for a warehouse without one, in which its table is empty.
    """

    warehouse: Warehouse
    feed: LiveFeed | None = None

    def check(self, scan: TableScan) -> tuple[str, ...]:
        """Check a table of the warehouse; the feed is first called when it is read."""
        return () if scan.declaration.live else self.warehouse.check(scan)

    def split(self, scan: TableScan) -> list[ScanStream]:
        """Return the streams of a scan: one for the feed."""
        if not scan.declaration.live:
            return self.warehouse.split(scan)
        return [] if self.feed is None else [ScanStream(scan, _FETCH)]

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a stream."""
        scan = stream.scan
        if not scan.declaration.live:
            yield from self.warehouse.read(stream)
        elif self.feed is not None:
            yield _fetched(self.feed, scan)

    def parts(self, scan: TableScan) -> list[TablePart]:
        """Return the parts of a table; the feed's answer may differ every time."""
        if not scan.declaration.live:
            return self.warehouse.parts(scan)
        return [] if self.feed is None else [TablePart(scan.first, scan.last, f"fetched {time.time_ns()}")]


def _fetched(feed: LiveFeed, scan: TableScan) -> pa.RecordBatch:
    first, last = scan.first or date.min, scan.last or date.max
    try:
        boxes = parse_boxes(feed.fetch(), last)
    except LiveFeedError as error:
        raise WarehouseError(f"{scan.table} cannot be read: {error}") from error
    rows = [row for row in boxes.rows if first <= row.game_date <= last]
    # A box that is left out is a row that cannot be used, so that it is counted and named like any other.
    unusable = LiveBoxScoreRow(last, *(None,) * (len(LiveBoxScoreRow._fields) - 1))  # type: ignore[arg-type]
    every = rows + [unusable] * len(boxes.malformed)
    columns = [pa.array([getattr(row, field.name) for row in every], field.type) for field in scan.schema]
    batch = pa.RecordBatch.from_arrays(columns, schema=scan.schema)
    wrong = {len(rows) + at: f"home_team is in a box that is left out: {why}" for at, why in enumerate(boxes.malformed)}
    return with_misfits(batch, wrong) if wrong else batch


def stored(warehouse: Warehouse) -> Warehouse:
    """Return the warehouse behind a feed, which stores all but its table."""
    return warehouse.warehouse if isinstance(warehouse, LiveWarehouse) else warehouse
