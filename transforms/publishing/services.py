"""Whether what the site shows is fresh: the part of ``status.json`` that front ends read (contract: site-types E2).

A pure function of the current instant, the league day, the games around it, what runs report of the export types, and
the status before. Freshness comes from what runs found to be right, never from the age of an object: unchanged bytes
are not written again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from typing import Any, NamedTuple

from exporters.config import RULES
from exporters.config.calendar import LeagueCalendar
from exporters.config.leagues import NBA
from exporters.league.games.schedule import IN_PROGRESS, STATUS_NAMES, Game, Schedule
from transforms.publishing.unplayed import tip_of, unplayed

Json = dict[str, Any]

HEALTHY, DEGRADED, UNHEALTHY, UNKNOWN = "healthy", "degraded", "unhealthy", "unknown"
LIVE_DATA, TONIGHT_DATA, GRADING, PREDICTIONS = "live_data", "tonight_data", "grading", "predictions"
SHOWS = {LIVE_DATA: "live", TONIGHT_DATA: "tonight", GRADING: "live-grading", PREDICTIONS: "predictions"}
"""The export type that each service stands for, in the order of the document."""
FORECASTS = "total_predictions"
"""The count of ``predictions`` that says how many players have a forecast."""

DAYS_BACK, DAYS_AHEAD = 7, 14
"""Dates around the league day whose games are looked at."""
VALID = timedelta(minutes=15)
"""After so long without another one a status says nothing any more (E2-1)."""
LIVE_STALE, TONIGHT_STALE = timedelta(minutes=10), timedelta(minutes=60)
"""Age from which a service is stale (E2-7, E2-8)."""
LIVE_TICK = timedelta(minutes=3)
FORECASTS_DUE_HOUR = 13
"""The hour in New York of the last scheduled attempt at forecasts (E2-5)."""
BEFORE_TIP = timedelta(hours=1)
"""What is missing so long before the first tip-off is an outage."""
SHORTEST_BREAK, EXTENDED_BREAK = 3, 5
"""Days between two game dates that make a break, and a long one."""


@dataclass(frozen=True)
class Moment:
    """When a status is written, and what is known of the games then.

    Attributes:
        now: The current instant, aware.
        league_day: The league day.
        schedule: The games around it; None when they cannot be read.
        calendar: The calendar of the league.
    """

    now: datetime
    league_day: date
    schedule: Schedule | None
    calendar: LeagueCalendar = NBA.calendar

    @cached_property
    def games(self) -> Sequence[Game]:
        """The league's games of the league day."""
        return self._games_on(self.league_day)

    def _games_on(self, day: date) -> Sequence[Game]:
        if self.schedule is None:
            return ()
        return [game for game in self.schedule.on(day) if not game.official_id.startswith(RULES.calendar.apart)]

    @cached_property
    def unplayed(self) -> Mapping[str, str]:
        """The games up to the league day that are not waited for, with the reason."""
        found: dict[str, str] = {}
        for back in range(DAYS_BACK, -1, -1):
            day = self.league_day - timedelta(days=back)
            found.update(unplayed(self._games_on(day), day, self.now))
        return found

    @property
    def tips(self) -> Sequence[datetime]:
        """The known tip-offs of the games of the league day that are played, ascending."""
        played = (game for game in self.games if game.game_id not in self.unplayed)
        return sorted(tip for game in played if (tip := tip_of(game)) is not None)

    @cached_property
    def is_active(self) -> bool:
        """Whether a game is past its tip-off and not final (E2-3)."""
        return any(
            game.status == STATUS_NAMES[IN_PROGRESS]
            or (not game.is_final and (tip := tip_of(game)) is not None and tip <= self.now)
            for game in self.games
            if game.game_id not in self.unplayed
        )

    @property
    def is_over(self) -> bool:
        """Whether no game of the league day is waited for any more."""
        return all(game.is_final or game.game_id in self.unplayed for game in self.games)

    @property
    def waits_for_forecasts(self) -> str:
        """How bad it is when nothing of tonight is there yet (E2-5)."""
        if self.is_over:
            return HEALTHY
        if self.tips and self.now >= self.tips[0] - BEFORE_TIP:
            return UNHEALTHY
        local = self.now.astimezone(self.calendar.zone)
        is_late = local.date() > self.league_day or local.hour >= FORECASTS_DUE_HOUR
        return DEGRADED if is_late else HEALTHY

    @cached_property
    def neighbours(self) -> tuple[date | None, date | None]:
        """The last game date before the league day, and the next one after it."""
        before = (self.league_day - timedelta(days=n) for n in range(1, DAYS_BACK + 1))
        after = (self.league_day + timedelta(days=n) for n in range(1, DAYS_AHEAD + 1))
        return next(filter(self._games_on, before), None), next(filter(self._games_on, after), None)


class Shown(NamedTuple):
    """What is published of an export type, as runs report it.

    Attributes:
        day: The date that it shows; None when nothing is published.
        checked: When it was last found to be right.
        counts: What it shows.
    """

    day: date | None = None
    checked: datetime | None = None
    counts: Mapping[str, int] = {}

    @classmethod
    def of(cls, entry: Mapping[str, Any] | None) -> Shown:
        """Return what the entry of an export type says."""
        if entry is None or not entry["documents"]:
            return cls()
        checked = datetime.fromisoformat(entry["checked_at"])
        return cls(date.fromisoformat(entry["date"]), checked.astimezone(timezone.utc), entry["counts"])


def site_status(moment: Moment, exports: Mapping[str, Any], previous: Mapping[str, Any] | None) -> Json:
    """Return the keys of ``status.json`` that front ends read, in the contract's order.

    Args:
        moment: When it is written, and what is known of the games.
        exports: What is published, by export type, as ``exports`` of the status.
        previous: The status before; None without one.
    """
    shown = {service: Shown.of(exports.get(name)) for service, name in SHOWS.items()}
    services = {
        LIVE_DATA: _live_data(moment, shown[LIVE_DATA]),
        TONIGHT_DATA: _tonight_data(moment, shown[TONIGHT_DATA]),
        GRADING: _grading(moment, shown[GRADING]),
        PREDICTIONS: _predictions(moment, shown[PREDICTIONS]),
    }
    return {
        "updated_at": _text(moment.now),
        "overall_status": _overall(services),
        "services": services,
        "known_issues": _issues(services, previous or {}, moment.now),
        "maintenance_windows": remaining_windows(previous or {}, moment.now),
        "active_break": _break(moment),
        "valid_until": _text(moment.now + VALID),
    }


def _overall(services: Mapping[str, Json]) -> str:
    """Return the worst state; grading alone makes it no worse than degraded (E2-8)."""
    states = {name: service["status"] for name, service in services.items()}
    if UNHEALTHY in (state for name, state in states.items() if name != GRADING):
        return UNHEALTHY
    return HEALTHY if set(states.values()) == {HEALTHY} else DEGRADED


def _issues(services: Mapping[str, Json], previous: Mapping[str, Any], now: datetime) -> list[Json]:
    """Return the services that are not healthy, each since it was first seen in its state (E2-9, E2-10)."""
    before = _since(previous)
    return [
        {
            "severity": service["status"],
            "message": service["message"],
            "detected_at": before.get((name, service["status"]), _text(now)),
        }
        for name, service in services.items()
        if service["status"] != HEALTHY
    ]


def remaining_windows(previous: Mapping[str, Any], now: datetime) -> list[Json]:
    """Return the announced windows of maintenance of a status that have not ended, the first one first.

    An operator announces them (``phase6 maintenance``), and every status takes them over from the one before.

    Args:
        previous: The status; what is no window in it is left out.
        now: The current instant, aware.
    """
    told = previous.get("maintenance_windows")
    found = set(filter(None, map(_window, told if isinstance(told, list) else ())))
    return [
        {"start": _text(start), "end": _text(end), "message": message}
        for start, end, message in sorted(found)
        if start < end > now
    ]


def _window(told: object) -> tuple[datetime, datetime, str] | None:
    """Return start, end and message of a window; None when it is none."""
    if not isinstance(told, dict) or not isinstance(message := told.get("message"), str):
        return None
    try:
        start, end = (datetime.fromisoformat(told[key]) for key in ("start", "end"))
        aware = start.utcoffset() is not None and end.utcoffset() is not None
        return (start.astimezone(timezone.utc), end.astimezone(timezone.utc), message) if aware else None
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _since(previous: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Return since when each service has been in its state: the issues are in the order of the services."""
    services, issues = previous.get("services", {}), previous.get("known_issues", [])
    ill = [(name, service["status"]) for name, service in services.items() if service["status"] != HEALTHY]
    found = {key: issue["detected_at"] for key, issue in zip(ill, issues, strict=False)}
    return found if len(ill) == len(issues) else {}


def _aged(moment: Moment, shown: Shown, status: str, message: str, is_stale: bool | None) -> Json:
    """Return the keys of a service that says how old it is."""
    return {
        "status": status,
        "message": message,
        "last_update": _text(shown.checked),
        "age_minutes": _age(moment, shown),
        "is_stale": is_stale,
    }


def _live_data(moment: Moment, shown: Shown) -> Json:
    known = moment.schedule is not None
    return {
        **_aged(moment, shown, *_followed(moment, shown, "Live data")),
        "games_active": moment.is_active if known else None,
        "next_update_expected": _text(shown.checked + LIVE_TICK) if moment.is_active and shown.checked else None,
    }


def _grading(moment: Moment, shown: Shown) -> Json:
    status, message, is_stale = _followed(moment, shown, "Grading")
    # Without grades a page still shows scores and forecasts.
    status = DEGRADED if status == UNHEALTHY else status
    return {"status": status, "message": message, "last_update": _text(shown.checked), "is_stale": is_stale}


def _followed(moment: Moment, shown: Shown, what: str) -> tuple[str, str, bool | None]:
    """Return state, message and staleness of what follows running games."""
    if moment.schedule is None:
        return UNKNOWN, f"{what} cannot be judged: the schedule is not available", None
    if not moment.games:
        return HEALTHY, _no_games(moment), False
    is_other = shown.day != moment.league_day
    if not moment.is_active:
        if moment.is_over:
            return HEALTHY, f"{what} is not expected: the games are over", is_other
        return HEALTHY, f"{what} begins with the first game", is_other
    if is_other or shown.checked is None:
        return UNHEALTHY, f"{what} is missing although games are being played", True
    if moment.now - shown.checked > LIVE_STALE:
        return DEGRADED, f"{what} was last checked {_ago(moment, shown)}", True
    return HEALTHY, f"{what} was checked {_ago(moment, shown)}", False


def _tonight_data(moment: Moment, shown: Shown) -> Json:
    return _aged(moment, shown, *_tonight(moment, shown))


def _tonight(moment: Moment, shown: Shown) -> tuple[str, str, bool | None]:
    what = "Tonight's players"
    if moment.schedule is None:
        return UNKNOWN, f"{what} cannot be judged: the schedule is not available", None
    if not moment.games:
        return HEALTHY, _no_games(moment), False
    if shown.day != moment.league_day or shown.checked is None:
        return moment.waits_for_forecasts, f"{what} of {moment.league_day} are not published yet", True
    if not moment.is_over and moment.now - shown.checked > TONIGHT_STALE:
        return DEGRADED, f"{what} were last checked {_ago(moment, shown)}", True
    return HEALTHY, f"{what} were checked {_ago(moment, shown)}", False


def _predictions(moment: Moment, shown: Shown) -> Json:
    count = shown.counts.get(FORECASTS, 0) if shown.day == moment.league_day else 0
    day = moment.league_day.isoformat()
    if count:
        status, message = HEALTHY, f"{count} predictions for {day}"
    elif moment.schedule is None:
        status, message = UNKNOWN, "Predictions cannot be judged: the schedule is not available"
    elif not moment.games:
        status, message = HEALTHY, _no_games(moment)
    else:
        status, message = moment.waits_for_forecasts, f"No predictions for {day} yet"
    return {"status": status, "message": message, "predictions_count": count, "target_date": day}


def _no_games(moment: Moment) -> str:
    _, resumes = moment.neighbours
    return "No games today" if resumes is None else f"No games today; play resumes on {_weekday(resumes)}"


def _break(moment: Moment) -> Json | None:
    last, resumes = moment.neighbours
    if moment.schedule is None or moment.games or last is None or resumes is None:
        return None
    gap = (resumes - last).days
    if gap < SHORTEST_BREAK:
        return None
    return {
        "headline": _headline(last, gap),
        "message": f"Games resume on {_weekday(resumes)}",
        "resume_date": resumes.isoformat(),
        "last_game_date": last.isoformat(),
    }


def _headline(last: date, gap: int) -> str:
    """Return the name of a break by the date of the last game before it (contract E2)."""
    if (2, 10) <= (last.month, last.day) <= (2, 18):
        return "All-Star Break"
    if (last.month, last.day) >= (12, 24):
        return "Holiday Break"
    if (11, 22) <= (last.month, last.day) <= (11, 28):
        return "Thanksgiving Break"
    return "Extended Break" if gap >= EXTENDED_BREAK else "Schedule Break"


def _weekday(day: date) -> str:
    return f"{day:%A, %B} {day.day}"


def _age(moment: Moment, shown: Shown) -> float | None:
    return None if shown.checked is None else round((moment.now - shown.checked) / timedelta(minutes=1), 1)


def _ago(moment: Moment, shown: Shown) -> str:
    minutes = int((moment.now - (shown.checked or moment.now)) / timedelta(minutes=1))
    if minutes < 1:
        return "less than a minute ago"
    return "a minute ago" if minutes == 1 else f"{minutes} minutes ago"


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(timezone.utc).isoformat(timespec="seconds")
