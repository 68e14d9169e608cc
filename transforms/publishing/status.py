"""``status.json``: what is published, how fresh it is, and how it stands, for readers of the API.

What front ends read comes first, see :mod:`transforms.publishing.services`; then follows what operators read.

It is made of what runs report of their dates, and names no model, table, path or error: those are in the manifests,
which are not public. Every run merges what it knows into the object by compare-and-set.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import pyarrow.compute as pc

from exporters.config.calendar import LeagueCalendar
from exporters.config.leagues import NBA
from exporters.declaration import Cache
from exporters.league.forecasts.readiness import ScanCounts
from exporters.league.games.schedule import READS, Schedule
from exporters.warehouse.tables import SCHEDULE
from transforms.elements.manifest import HELD, publisher_of
from transforms.elements.plan import Plan
from transforms.elements.run_order import RunOrder
from transforms.elements.tables import TableBatch, TableScan
from transforms.publishing.services import DAYS_AHEAD, DAYS_BACK, Json, Moment, remaining_windows, site_status
from transforms.reading.decoding import decode_all
from transforms.status_page.night import night_of
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store, StoreError
from transforms.warehouses.protocol import Warehouse, WarehouseError

LOG = logging.getLogger(__name__)

STATUS_PATH = "status.json"
VERSION = 2
_FORMER = 1
"""A version without the keys of front ends, which are made anew; what runs reported is taken over."""
MOST_DATES = 60
"""Dates that are listed, the newest ones."""
_ATTEMPTS = 20
_COLUMNS = tuple(sorted(READS[0].columns))
"""Of the games, what a status is made of."""

DateStatus = Mapping[str, Any]
"""What a run says of a date: ``date``, ``status`` and order, and under ``exports`` an entry for each export type.

Under ``page`` is what the status page shows of it.

An entry has the ``state`` and the order of the run, and under ``shown`` what is published, with the order of the run
that published it.
"""


def date_status(record: Mapping[str, Any]) -> DateStatus:
    """Return what is public of the record of a run: of the export types that it published or held back."""
    run = record["run"]
    return {
        "date": record["date"],
        "status": record["status"],
        **RunOrder.of(run).metadata(),
        "page": night_of(record),
        "exports": {}
        if record["guard"]["is_busy"]
        else {
            name: {"state": section["state"], **RunOrder.of(section).metadata(), "shown": _shown(section, run)}
            for name, section in record["exports"].items()
            # What a newer run published, that run has told.
            if section["execution_id"] == run["execution_id"] and not section["kept_newer"]
        },
    }


def _shown(section: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is published of an export type, and by which run: an earlier one, where this one held it back."""
    counts: Counter[str] = Counter(section["counts"])
    if section["state"] in HELD:
        counts = Counter()
        for counted in section["document_counts"].values():
            counts.update(counted)
    return {
        "documents": len(section["documents"]),
        "counts": dict(sorted(counts.items())),
        "checked_at": run["finished_at"],
        **publisher_of(section).metadata(),
    }


def games_scanned(plan: Plan, batches: Iterable[TableBatch], scan_counts: ScanCounts) -> list[TableBatch] | None:
    """Return the games around the league day of what a run has scanned; None when that is not all of them.

    Args:
        plan: The plan of the run.
        batches: The rows that its documents are built from.
        scan_counts: Their counts.
    """
    scan = plan.scans_by_table.get(SCHEDULE.name)
    first, last = _dates_around(league_day_of(plan))
    if plan.is_past or scan is None or not scan.covers(first, last, _COLUMNS):
        return None
    if SCHEDULE.name in scan_counts.broken or SCHEDULE.name not in plan.built_from | plan.shared_tables:
        return None
    assert SCHEDULE.partition is not None
    found = []
    for scanned in batches:
        if scanned.table == SCHEDULE.name:
            days = scanned.batch.column(SCHEDULE.partition)
            around = pc.and_(pc.greater_equal(days, first), pc.less_equal(days, last))
            found.append(TableBatch(scanned.table, scanned.batch.filter(around)))
    return found


def _dates_around(league_day: date) -> tuple[date, date]:
    return league_day - timedelta(days=DAYS_BACK), league_day + timedelta(days=DAYS_AHEAD)


def read_moment(
    warehouse: Warehouse,
    league_day: date,
    now: datetime,
    calendar: LeagueCalendar = NBA.calendar,
    *,
    games: Iterable[TableBatch] | None = None,
) -> Moment:
    """Return the current moment with the games around the league day, or without them when they cannot be read.

    Args:
        warehouse: Holds the games.
        league_day: The league day.
        now: The current instant, aware.
        calendar: The calendar of the league.
        games: The rows of the games, where they are read already.
    """
    try:
        if games is None:
            streams = warehouse.split(TableScan(SCHEDULE.name, _COLUMNS, *_dates_around(league_day)))
            games = (TableBatch(SCHEDULE.name, batch) for stream in streams for batch in warehouse.read(stream))
        rows, _ = decode_all(games)
    except WarehouseError as error:
        LOG.warning("%s says nothing of games: %s", STATUS_PATH, error)
        return Moment(now, league_day, None, calendar)
    return Moment(now, league_day, Schedule(rows.get(SCHEDULE.name, ())), calendar)


def league_day_of(plan: Plan) -> date:
    """Return the league day by the clock; that of the request where it is not known."""
    return plan.latest_day or plan.league_day


def merged_status(previous: Mapping[str, Any] | None, found: Iterable[DateStatus], moment: Moment) -> dict[str, Any]:
    """Return the status after a run.

    Of each export type the newest date is shown, and of each date the newest picture of the warehouse. The state is
    that of the newest run; what it held back is shown as the newest run that published it has left it.

    Args:
        previous: The status before; None when there is none, or none that is understood.
        found: What the run says of its dates.
        moment: The current instant, and the games around it.
    """
    exports: dict[str, Any] = dict({} if previous is None else previous["exports"])
    dates: dict[str, Any] = dict({} if previous is None else previous["dates"])
    for told in found:
        day, mine = told["date"], RunOrder.of(told)
        shown = dates.get(day, {"status": told["status"], "exports": {}})
        states = dict(shown["exports"])
        orders = {name: RunOrder.of(entry) for name, entry in states.items()}
        for name, entry in told["exports"].items():
            if RunOrder.of(entry) >= orders.get(name, RunOrder()):
                states[name] = {"state": entry["state"], **RunOrder.of(entry).metadata()}
            exports[name] = _newest(exports.get(name), {"date": day, "state": states[name]["state"], **entry["shown"]})
        is_newest = told["exports"] and all(mine >= order for order in orders.values())
        status = told["status"] if is_newest else shown["status"]
        dates[day] = {"status": status, "exports": dict(sorted(states.items()))}
    return {
        **site_status(moment, exports, previous),
        "version": VERSION,
        "exports": dict(sorted(exports.items())),
        "dates": {day: dates[day] for day in sorted(dates, reverse=True)[:MOST_DATES]},
        "unplayed_games": [{"game_id": game, "reason": reason} for game, reason in moment.unplayed.items()],
    }


def _newest(before: Mapping[str, Any] | None, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is shown of an export type."""
    if before is None or before["date"] < found["date"]:
        return found
    if before["date"] > found["date"]:
        return before
    older, mine = RunOrder.of(before), RunOrder.of(found)
    # What is held back was not found to be right again.
    is_same = mine == older and found["state"] in HELD
    return found if mine >= older and not is_same else {**before, "state": found["state"]}


def write_status(store: Store, found: Iterable[DateStatus], moment: Moment) -> str:
    """Merge what a run says of its dates into the status, and return what went wrong; empty when nothing did.

    A status that cannot be written makes nothing that is published less true.
    """
    told = list(found)
    try:
        _rewrite(store, lambda previous: merged_status(previous, told, moment))
    except StoreError as error:
        return f"{STATUS_PATH} was not written: {error}"
    return ""


def read_status(store: Store) -> Json | None:
    """Return the published status; None when there is none, or none that is understood.

    Raises:
        StoreError: It cannot be read.
    """
    shown = store.read(STATUS_PATH)
    return None if shown is None else _understood(shown[0])


def announce(store: Store, windows: Iterable[Mapping[str, str]], now: datetime, *, replace: bool = False) -> Json:
    """Announce windows of maintenance in the status, which every later status takes over, and return the status.

    Args:
        store: The place of the documents.
        windows: ``start``, ``end`` and ``message`` of each.
        now: The current instant, aware; what has ended is left out.
        replace: Keep none of those that were announced before.

    Raises:
        StoreError: There is no status yet, or it cannot be written.
    """
    added = list(windows)

    def announced(previous: Json | None) -> Json:
        if previous is None or previous["version"] != VERSION:
            raise StoreError("nothing is published there yet; export something first")
        kept = [] if replace else previous.get("maintenance_windows", [])
        return {**previous, "maintenance_windows": remaining_windows({"maintenance_windows": [*kept, *added]}, now)}

    return _rewrite(store, announced)


def _rewrite(store: Store, make: Callable[[Json | None], Json]) -> Json:
    """Make the status anew from the one before, None without one, by compare-and-set, and return it.

    Raises:
        StoreError: It cannot be written, or changes too often meanwhile.
    """
    for _ in range(_ATTEMPTS):
        shown = store.read(STATUS_PATH)
        made = make(None if shown is None else _understood(shown[0]))
        generation = ABSENT if shown is None else shown[1].generation
        try:
            content = orjson.dumps(made, option=orjson.OPT_INDENT_2)
            store.write(STATUS_PATH, content, cache_control=Cache.MINUTE.header, if_generation=generation)
        except GenerationMismatch:
            continue
        return made
    raise StoreError(f"it changed {_ATTEMPTS} times meanwhile; the next run writes it")


def _understood(content: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    is_ours = isinstance(found, dict) and found.get("version") in (VERSION, _FORMER)
    return found if is_ours and all(isinstance(found.get(key), dict) for key in ("exports", "dates")) else None
