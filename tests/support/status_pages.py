"""Published status pages for tests: a season of every export type, with a night of each kind of trouble."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

from exporters.config.leagues import NBA
from exporters.declaration import Grain
from exporters.league.forecasts.funnel import PUBLISHED, STAGES
from exporters.registry import exports
from tests.support.manifests import manifest_json, pointers_json, section_json
from transforms.status_page.night import night_of
from transforms.status_page.publish import write_page
from transforms.stores.protocol import Store

LAST = date(2026, 4, 12)
SEASON = 165
"""Dates of a season."""
NOW = datetime(2026, 4, 12, 22, 40, tzinfo=timezone.utc)
"""Soon after the last run."""
PLAYERS = tuple(f"player{n:03d}" for n in range(120))
TROUBLE: Mapping[int, tuple[str, Mapping[str, Any]]] = {
    1: ("predictions", {"state": "withheld", "written": 0}),
    2: ("tonight-players", {"failed": 9}),
    4: ("best-bets", {"state": "degraded", "written": 0}),
    5: ("results", {"state": "failed", "written": 0}),
    6: ("tonight", {"state": "failed", "written": 0, "documents": {}}),
    8: ("streaks", {"pointers": pointers_json(failed={"streaks/latest.json": "cut off"})}),
}
"""What is wrong on the date so many before the last one: the export type, and what its section says."""


def record_of(day: date, back: int = 0, **changes: Any) -> dict[str, Any]:
    """Return the record of a run of every export type on a date.

    Args:
        day: The date.
        back: How many dates it is before the last one; some have their own trouble.
        **changes: Sections that differ, by export type.
    """
    started = datetime(day.year, day.month, day.day, 22, 30, tzinfo=timezone.utc)
    finished = started + timedelta(seconds=40 + back * 7 % 31)
    order = {"as_of": f"{day}T22:29:00.000000Z", "execution_id": f"{day:%Y%m%d}T223000.000000Z-{back:08x}"}
    has_games = day.weekday() != 0
    tonight = PLAYERS[back % 3 * 4 : 100 + back % 5]
    sections = {}
    for name, export in exports().items():
        if export.grain is Grain.SEASON and "{date}" not in export.path and back % 2:
            continue
        players = tonight if export.grain is Grain.PLAYER else ("",)
        digest = f"{back:06x}{len(name):06x}{'0' * 20}"
        section = {
            "documents": {export.path_of(day, player, calendar=NBA.calendar): digest for player in players},
            "written": len(players),
            "state": "ready" if has_games else "no_games",
            "counts": {"picks": 40 + back % 9} if name in ("predictions", "best-bets") else {},
            **(dict(TROUBLE[back][1]) if back in TROUBLE and TROUBLE[back][0] == name else {}),
            **changes.get(name, {}),
        }
        sections[name] = section_json("run", **order, kept_newer=0, **section)
    players = [len(tonight) - 3 * n for n in range(len(STAGES) + 1)] if has_games else [None] * (len(STAGES) + 1)
    stages = [
        {"stage": stage, "players": count, "lost": 3 if n and has_games else 0, "lost_players": ["secretplayer"]}
        for n, (stage, count) in enumerate(zip((*STAGES, PUBLISHED), players, strict=True))
    ]
    return manifest_json(
        str(day),
        exports=sections,
        guard={"is_busy": False},
        funnel={"degraded": [], "games": 6 if has_games else 0, "stages": stages},
        run={**order, "started_at": started.isoformat(), "finished_at": finished.isoformat()},
    )


def documents_of(day: date, back: int = 0) -> int:
    """Return how many documents a date has."""
    return sum(len(section["documents"]) for section in record_of(day, back)["exports"].values())


def season(dates: int = SEASON) -> Iterator[dict[str, Any]]:
    """Yield the records of a season, the first date first."""
    for back in reversed(range(dates)):
        yield record_of(LAST - timedelta(days=back), back)


def publish_season(store: Store, dates: int = SEASON) -> None:
    """Publish the status page of a season."""
    assert write_page(store, [night_of(record) for record in season(dates)], NOW) == ""
