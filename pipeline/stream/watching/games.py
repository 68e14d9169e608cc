"""The watch over the schedule: requests live grading while games are in play, and results once they are graded.

A date is over when each of its games is settled: final, called off by its status, or not final 36 hours after its
tip-off, as a game that was postponed or suspended without a word. Those that are settled without being final are named
in the event of the results. What changes after a date is over is found by :mod:`pipeline.stream.watching.changes`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from itertools import chain
from typing import Any

from exporters.config import ExportConfig
from exporters.config.leagues import NBA, LeagueSettings, leagues_of
from exporters.league.games.schedule import READS, Schedule
from exporters.registry import exports, groups
from exporters.warehouse.schema import Instant
from exporters.warehouse.tables import ACCURACY, SCHEDULE
from pipeline.requests.clock import league_day
from pipeline.requests.request import RequestDefaults, parse_request
from pipeline.stream.messages import Asked, request_key
from pipeline.stream.watching.changes import DAYS_BACK, Changes
from transforms.clients.concurrency import run_concurrently
from transforms.elements.tables import TableBatch, TableScan
from transforms.publishing.status import read_moment, write_status
from transforms.publishing.unplayed import unplayed
from transforms.reading.decoding import decode_all
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse

LOG = logging.getLogger(__name__)

_LIVE = "live"
"""The sender of requests for live types."""
AFTER_GAMES, AFTER_GRADES = "post-game", "post-grades"
"""Groups of export types that change when all games of a date are over, and when they are graded."""
GRADES_REST = timedelta(seconds=120)
"""Grades are written row by row: they count as complete when no row is younger than this."""
_DAYS_BACK = 3
"""Dates before the league day whose results may be due: a game settles by time on the second day after its own."""


def utc_now() -> datetime:
    """Return the current time."""
    return datetime.now(timezone.utc)


def live_types() -> list[str]:
    """Return the export types that show games while they are played: one request exports them from one poll."""
    return [name for name, export in exports().items() if export.is_live]


def marker_path(day: date, group: str) -> str:
    """Return the path of the marker that the results of a date were exported."""
    return f"manifest/{day}.{group}.json"


@dataclass(frozen=True)
class Watch:
    """Checks the schedule of the league day and the days before, and what their results are made of.

    Attributes:
        warehouse: Holds schedule and grades.
        store: Holds the markers of exported results.
        config: The rules of the exporters.
        seconds: Seconds between two checks.
        clock: The current time, aware.
        league: The league.
    """

    warehouse: Warehouse
    store: Store
    config: ExportConfig
    seconds: float
    clock: Callable[[], datetime] = utc_now
    league: LeagueSettings = NBA

    def requests(self) -> list[Asked] | None:
        """Return what :meth:`look` finds; None where the games cannot be checked, which is logged.

        The next check requests the newer state of running games, so that a request for live types expires then.
        """
        try:
            found = self.look()
        except Exception as error:
            LOG.error("the games cannot be checked: %s: %s", type(error).__name__, error)
            return None
        # By the clock of the answer, which looks at it.
        until = utc_now().timestamp() + self.seconds
        return [replace(asked, expires=until) if asked.trigger_source == _LIVE else asked for asked in found]

    def look(self) -> list[Asked]:
        """Return the requests that follow from the state of the games.

        Raises:
            WarehouseError: Schedule or grades cannot be read.
            StoreError: Markers cannot be read.
        """
        now = self.clock()
        today = league_day(now, self.league.calendar)
        days = [today - timedelta(days=back) for back in range(DAYS_BACK, -1, -1)]
        schedule = Schedule(self._rows(SCHEDULE.name, READS[0].columns, days).get(SCHEDULE.name, ()))
        due = [asked for day in days[-1 - _DAYS_BACK :] for asked in self._due(schedule, day, today, now)]
        return [*due, *self._changed([day for day in days if self._is_settled(schedule, day, now)], now)]

    def _changed(self, settled: Sequence[date], now: datetime) -> Iterator[Asked]:
        found = Changes(self.warehouse, self.store, self.config, self.clock, self.league).find(settled)
        for day, types in found.items():
            yield self._asked(types, day, now, sender="changes")

    def _is_settled(self, schedule: Schedule, day: date, now: datetime) -> bool:
        games = schedule.on(day)
        called_off = unplayed(games, day, now)
        return bool(games) and all(game.is_final or game.game_id in called_off for game in games)

    def tell(self) -> str:
        """Write the status as of now, which no run may do for hours (contract E2-1), and return what went wrong."""
        now = self.clock()
        calendar = self.league.calendar
        return write_status(self.store, (), read_moment(self.warehouse, league_day(now, calendar), now, calendar))

    def _due(self, schedule: Schedule, day: date, today: date, now: datetime) -> Iterator[Asked]:
        games = schedule.on(day)
        called_off = unplayed(games, day, now)
        over = self._is_settled(schedule, day, now)
        begun = schedule.has_begun(day, Instant(int(now.timestamp() * 1_000_000)))
        if day == today and begun and not over and live_types():
            yield self._asked(live_types(), day, now, sender=_LIVE)
        if not over:
            return
        named = tuple(f"{game_id} {reason}" for game_id, reason in called_off.items())
        if self.store.stat(marker_path(day, AFTER_GAMES)) is None:
            yield self._asked(
                groups()[AFTER_GAMES], day, now, sender="results", marker=marker_path(day, AFTER_GAMES), unplayed=named
            )
        # Not only after that: a type that is withheld all night, as on a night of one game, leaves no marker.
        if self.store.stat(marker_path(day, AFTER_GRADES)) is None and self._is_graded(day, now):
            yield self._asked(
                groups()[AFTER_GRADES],
                day,
                now,
                sender="results",
                marker=marker_path(day, AFTER_GRADES),
                unplayed=named,
            )

    def _is_graded(self, day: date, now: datetime) -> bool:
        grades = self._rows(ACCURACY.name, ("game_date", "graded_at"), [day]).get(ACCURACY.name, ())
        newest = max((row.graded_at or 0 for row in grades), default=None)
        return newest is not None and newest <= (now - GRADES_REST).timestamp() * 1_000_000

    def _rows(self, table: str, columns: Sequence[str], days: Sequence[date]) -> Mapping[str, Sequence[Any]]:
        scan = TableScan(table, tuple(sorted(columns)), days[0], days[-1])
        streams = self.warehouse.split(scan)
        rows, _ = decode_all(TableBatch(table, batch) for stream in streams for batch in self.warehouse.read(stream))
        return rows

    def _asked(
        self,
        types: Sequence[str],
        day: date,
        now: datetime,
        *,
        sender: str,
        marker: str = "",
        unplayed: tuple[str, ...] = (),
    ) -> Asked:
        request = parse_request(
            {
                "export_types": list(types),
                "target_date": day.isoformat(),
                "trigger_source": sender,
                "correlation_id": f"{sender}-{now:%Y%m%dT%H%M%SZ}",
                "league": self.league.name,
            },
            known_types=tuple(exports()),
            groups=groups(),
            defaults=RequestDefaults(self.config.champion_system_id, leagues=leagues_of(self.league)),
            now=now,
        ).to_json()
        return Asked(
            request=request,
            # Live types are exported at every check; repeated requests for results wait. Their key differs from those
            # of messages: the answer to an equal message leaves no marker, and must not wait for this request.
            key=marker or request_key(request, names_its_instant=True),
            message_id="-".join([str(request["correlation_id"]), f"{day}", marker, *_named(request)]),
            published=now.isoformat(),
            marker=marker,
            by_watch=True,
            unplayed=unplayed,
        )


def _named(request: Mapping[str, Any]) -> list[str]:
    """Return the league of a request, in its JSON form, unless it is the default one."""
    return [str(request["league"])] if "league" in request else []


@dataclass(frozen=True)
class LeagueWatch:
    """The watches of all leagues as one.

    Attributes:
        watches: One a league, the default league's first.
    """

    watches: tuple[Watch, ...]

    @property
    def seconds(self) -> float:
        """Seconds between two checks."""
        return self.watches[0].seconds

    @property
    def clock(self) -> Callable[[], datetime]:
        """The current time, aware."""
        return self.watches[0].clock

    def requests(self) -> list[Asked] | None:
        """Return the requests of all leagues; None where the games of none can be checked."""
        found = run_concurrently(Watch.requests, self.watches, self.watches[0].store.concurrency)
        known = [asked for asked in found if asked is not None]
        return list(chain.from_iterable(known)) if known else None

    def tell(self) -> str:
        """Write the status of each league, and return what went wrong."""
        return "; ".join(filter(None, run_concurrently(_told, self.watches, self.watches[0].store.concurrency)))


def _told(watch: Watch) -> str:
    try:
        return watch.tell()
    except Exception as error:
        # The status of the other leagues is written.
        return f"{watch.league.name}: {type(error).__name__}: {error}"
