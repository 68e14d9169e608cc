"""``status/data.json``: the calendar of dates and export types that the status page shows.

It is made of what runs report of their dates. Like ``status.json`` it names no model, table, place, message or error.
A date takes about 2 KB with every export type, so that the newest :data:`MOST_DATES` dates, a season, take less than
half a megabyte. Older dates are cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from exporters.registry import exports
from transforms.elements.run_order import RunOrder
from transforms.status_page.states import Cell, cell_of, date_state

CALENDAR_PATH = "status/data.json"
VERSION = 1
MOST_DATES = 200
"""Dates that are listed, the newest ones."""

Told = Mapping[str, Any]
"""What a run tells of one date: ``date``, ``games``, ``degraded``, ``run`` and an entry for each of its ``exports``."""


def told_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is public of what a run did on a date: of the export types that it published or held back.

    Args:
        record: The record of the run.
    """
    run = record["run"]
    mine = (
        {}
        if record["guard"]["is_busy"]
        else {
            name: section
            for name, section in record["exports"].items()
            # What a newer run published, that run has told.
            if section["execution_id"] == run["execution_id"] and not section.get("kept_newer")
        }
    )
    return {
        "date": record["date"],
        "games": record["funnel"].get("games", 0),
        "degraded": bool(record["funnel"]["degraded"]),
        "run": {
            **RunOrder.of(run).metadata(),
            "started_at": run["started_at"] or None,
            "finished_at": run["finished_at"] or None,
            "documents": sum(section["written"] + section["unchanged"] for section in mine.values()),
            "written": sum(section["written"] for section in mine.values()),
            "bytes": sum(section["bytes"] for section in mine.values()),
        },
        "exports": {
            name: {"state": cell_of(section).value, "documents": len(section["documents"])}
            for name, section in mine.items()
        },
    }


def merged_calendar(previous: Mapping[str, Any] | None, found: Iterable[Told], now: datetime) -> dict[str, Any]:
    """Return the calendar after a run: of each date and export type, what the newest run tells.

    Args:
        previous: The calendar before; None when there is none.
        found: What the run tells of its dates.
        now: The current instant.
    """
    dates: dict[str, Any] = dict({} if previous is None else previous["dates"])
    for told in found:
        if told["exports"]:
            dates[told["date"]] = _merged_date(dates.get(told["date"]), told)
    return {
        "version": VERSION,
        "updated_at": now.astimezone(timezone.utc).isoformat(timespec="seconds"),
        "types": {
            name: {"path": export.path, "nightly": export.is_about_a_night} for name, export in exports().items()
        },
        "dates": {day: dates[day] for day in sorted(dates, reverse=True)[:MOST_DATES]},
    }


def _merged_date(before: Mapping[str, Any] | None, told: Told) -> dict[str, Any]:
    """Return a date after a run. Its runs are those that an export type is from, the newest first."""
    shown: list[Mapping[str, Any]] = [] if before is None else before["runs"]
    runs = {RunOrder.of(run): run for run in shown}
    orders = {
        name: RunOrder.of(shown[cell["run"]])
        for name, cell in ({} if before is None else before["exports"]).items()
        if cell["run"] < len(shown)
    }
    cells: dict[str, Any] = {} if before is None else {name: before["exports"][name] for name in orders}
    mine = RunOrder.of(told["run"])
    is_newest = all(mine >= order for order in runs)
    for name, cell in told["exports"].items():
        if mine >= orders.get(name, RunOrder()):
            cells[name], orders[name] = {key: cell[key] for key in ("state", "documents")}, mine
    runs[mine] = told["run"]
    kept = sorted(set(orders.values()), reverse=True)
    about = told if is_newest or before is None else before
    return {
        "state": date_state([Cell(cell["state"]) for cell in cells.values()], degraded=about["degraded"]).value,
        "games": about["games"],
        "degraded": about["degraded"],
        "runs": [runs[order] for order in kept],
        "exports": {name: {**cells[name], "run": kept.index(orders[name])} for name in sorted(cells)},
    }
