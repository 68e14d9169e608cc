"""The grammar of a request: which keys it has, and what each may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone

from pipeline.requests.problems import Problem, nearest, show

KEYS = (
    "export_types",
    "target_date",
    "start_date",
    "end_date",
    "players",
    "min_games",
    "update_latest",
    "generated_at",
    "champion_system_id",
    "correlation_id",
    "trigger_source",
    "rewrite",
)
"""Every key of a request, in the order in which problems are reported."""

MAX_TEXT_LENGTH = 200
MAX_MIN_GAMES = 1000
MIN_YEAR, MAX_YEAR = 1900, 2199
MAX_DAYS_AHEAD = 731
"""No schedule is known two years ahead; a date beyond that is a slip of the finger."""

POINTER_POLICIES = ("auto", "never", "force")
CHAMPION_PATTERN = r"[A-Za-z0-9_.-]{1,100}"
DATE_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
INSTANT_PATTERN = (
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,6}))?(Z|[+-][0-9]{2}:[0-9]{2})"
)

_ALIASES = {
    "date": "target_date",
    "day": "target_date",
    "game_date": "target_date",
    "from": "start_date",
    "since": "start_date",
    "start": "start_date",
    "to": "end_date",
    "until": "end_date",
    "end": "end_date",
    "type": "export_types",
    "types": "export_types",
    "export_type": "export_types",
    "timestamp": "generated_at",
    "triggered_by": "trigger_source",
    "champion": "champion_system_id",
    "system_id": "champion_system_id",
    "force": "rewrite",
}
_DATE_KEYS = ("target_date", "start_date", "end_date")
_MAX_UNKNOWN = 20
"""How many unknown names get a line (and a search for the nearest one) of their own."""
_DATE_FIX = "write YYYY-MM-DD (for example 2026-02-12), today or yesterday"
_INSTANT_FIX = "write an ISO instant with its offset, for example 2026-02-12T18:00:00Z"
_SCOPE_FIX = "give target_date, or start_date and end_date, or players: true"


def nearest_key(name: str, keys: Iterable[str] = KEYS) -> str | None:
    """Return the key that an unknown one most likely means; None when nothing is close."""
    return _ALIASES.get(name.strip().lower()) or nearest(name, keys)


def key_text(key: object) -> str:
    """Return a key as a problem names it: bare when it is a plain word, else as :func:`show` prints it."""
    return key if isinstance(key, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", key) else show(key)


class RequestReader:
    """Reads one key at a time, and collects what is wrong instead of stopping at it.

    A wrong value reads as a harmless one, so that the keys after it are checked too; whoever reads must look at
    ``problems`` before using anything.
    """

    def __init__(self, payload: Mapping[str, object]) -> None:
        self._problems: list[Problem] = []
        self._given = [key for key in KEYS if key in payload]
        self._values = {key: payload[key] for key in self._given if payload[key] is not None}
        self._meant: set[str] = set()
        for key in self._given:
            if payload[key] is None:
                self._add(key, None, "is no value", "leave the key out or give it a value")
        self._report_unknown({key: value for key, value in payload.items() if key not in KEYS})

    @property
    def problems(self) -> list[Problem]:
        """What is wrong so far: unknown keys first, then in the order of :data:`KEYS`."""
        return sorted(self._problems, key=lambda problem: KEYS.index(problem.key) if problem.key in KEYS else -1)

    def _add(self, key: str, value: object, reason: str, fix: str) -> None:
        self._problems.append(Problem(key, show(value), reason, fix))

    def _miss(self, key: str, reason: str, fix: str) -> None:
        self._problems.append(Problem(key, "", reason, fix))

    def _report_unknown(self, unknown: Mapping[str, object]) -> None:
        for key in list(unknown)[:_MAX_UNKNOWN]:
            meant = nearest_key(key) if isinstance(key, str) else None
            fix = f"did you mean {meant}?" if meant else f"remove it; the keys are {', '.join(KEYS)}"
            self._add(key_text(key), unknown[key], "was given to an unknown key", fix)
            self._meant |= {meant} if meant else set()
        if len(unknown) > _MAX_UNKNOWN:
            self._miss("message", f"has {len(unknown) - _MAX_UNKNOWN} more unknown keys", "remove them")

    def switch(self, key: str) -> bool:
        """Return a JSON boolean, false by default."""
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            self._add(key, value, "is not a JSON boolean", "write true or false, without quotes")
            return False
        return value

    def text(self, key: str, default: str) -> str:
        """Return a short printable string."""
        value = self._values.get(key, default)
        if not isinstance(value, str):
            self._add(key, value, "is not a string", "put it in quotes")
        elif not value.strip():
            self._add(key, value, "is blank", "leave the key out or give it a value")
        elif len(value) > MAX_TEXT_LENGTH:
            self._add(key, value, f"has {len(value)} characters", f"use at most {MAX_TEXT_LENGTH}")
        elif not value.isprintable():
            self._add(key, value, "has control characters", "use printable characters only")
        return value if isinstance(value, str) else default

    def champion(self, default: str) -> str:
        """Return the champion's id."""
        value = self._values.get("champion_system_id", default)
        if not isinstance(value, str) or not re.fullmatch(CHAMPION_PATTERN, value):
            fix = "use 1 to 100 letters, digits, '_', '.' or '-'"
            self._add("champion_system_id", value, "is not a model id", fix)
            return default
        return value

    def instant(self, key: str) -> datetime | None:
        """Return an instant in UTC; None when it is absent or wrong."""
        value = self._values.get(key)
        if value is None:
            return None
        match = re.fullmatch(INSTANT_PATTERN, value) if isinstance(value, str) else None
        if match is None:
            self._add(key, value, "is not an instant", _INSTANT_FIX)
            return None
        seconds, fraction, offset = match.groups(default="")
        spelled_out = f"{seconds}.{fraction:0<6}{offset.replace('Z', '+00:00')}"
        try:
            parsed = datetime.fromisoformat(spelled_out)
        except ValueError:
            self._add(key, value, "does not exist on the calendar", _INSTANT_FIX)
            return None
        if not MIN_YEAR <= parsed.year <= MAX_YEAR:
            self._add(key, value, f"is outside {MIN_YEAR} to {MAX_YEAR}", "check the year")
            return None
        return parsed.astimezone(timezone.utc)

    def pointer_policy(self) -> str:
        """Return the pointer policy."""
        value = self._values.get("update_latest", True)
        if isinstance(value, bool):
            return "auto" if value else "never"
        if not isinstance(value, str) or value not in POINTER_POLICIES:
            self._add("update_latest", value, "is not a pointer policy", "write auto, never or force")
            return "never"
        return value

    def min_games(self, players: bool, default: int) -> int:
        """Return the number of games that a profile needs."""
        value = self._values.get("min_games", default)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_MIN_GAMES:
            self._add("min_games", value, "is not a number of games", f"write a whole number, 1 to {MAX_MIN_GAMES}")
            return default
        if "min_games" in self._values and not players and not self._attempted("players"):
            self._add("min_games", value, "means nothing without players", "add players: true or remove it")
        return value

    def export_types(
        self, known_types: Sequence[str], groups: Mapping[str, Sequence[str]], player_types: Sequence[str]
    ) -> tuple[str, ...]:
        """Return the export types in registry order; ``player_types`` are those of a players request."""
        if "export_types" not in self._given:
            if not player_types and "export_types" not in self._meant:
                fix = f"name at least one of {', '.join([*known_types, *groups])}"
                self._miss("export_types", "is missing", fix)
            return tuple(player_types)
        value = self._values.get("export_types")
        if not isinstance(value, list) or not value:
            if value is not None:
                fix = 'write a list of names, for example ["tonight", "predictions"]'
                self._add("export_types", value, "is not a list with a name in it", fix)
            return ()
        place = {name: index for index, name in enumerate(known_types)}
        chosen: set[str] = set()
        unknown: list[object] = []
        for name in value:
            if not isinstance(name, str) or (name not in place and name not in groups):
                unknown.append(name)
                continue
            chosen.update([name] if name in place else groups[name])
        self._report_unknown_types(unknown, [*known_types, *groups])
        strays = sorted(chosen - set(player_types), key=place.__getitem__) if player_types else []
        for name in strays:
            self._add("export_types", name, "needs a date, which players: true excludes", "request it with target_date")
        return tuple(sorted(chosen, key=place.__getitem__))

    def _report_unknown_types(self, unknown: list[object], valid: Sequence[str]) -> None:
        for name in unknown[:_MAX_UNKNOWN]:
            if not isinstance(name, str):
                self._add("export_types", name, "is not a string", "write names in quotes")
                continue
            meant = nearest(name, valid)
            fix = f"did you mean {meant}?" if meant else f"name one of {', '.join(valid)}"
            self._add("export_types", name, "is not an export type or group", fix)
        if len(unknown) > _MAX_UNKNOWN:
            self._miss("export_types", f"has {len(unknown) - _MAX_UNKNOWN} more unknown names", "remove them")

    def require_one_scope(self, players: bool) -> None:
        """Insist on exactly one of a date, a range and ``players``."""
        days = [key for key in _DATE_KEYS if key in self._given]
        scopes = days if "target_date" in days else days[:1]
        if players:
            scopes = [*scopes, "players"]
        if len(scopes) > 1:
            self._add(
                scopes[0], self._values.get(scopes[0]), f"excludes {', '.join(scopes[1:])}", f"{_SCOPE_FIX}, only one"
            )
        elif not scopes and not any(map(self._attempted, [*_DATE_KEYS, "players"])):
            self._miss("target_date", "is missing", _SCOPE_FIX)
        elif scopes in (["start_date"], ["end_date"]) and len(days) == 1:
            other = "end_date" if days == ["start_date"] else "start_date"
            if not self._attempted(other):
                value = self._values.get(days[0])
                self._add(days[0], value, f"has no {other}", f"add {other} (inclusive), or use target_date")

    def _attempted(self, key: str) -> bool:
        """Whether the key was given in a way that is already reported, so that its absence need not be."""
        return key in self._meant or any(problem.key == key for problem in self._problems)

    def dates(self, today: date, max_days: int) -> tuple[date | None, date | None]:
        """Return the first and last date; None and None when there is none."""
        single = self._day("target_date", today)
        first, last = self._day("start_date", today), self._day("end_date", today)
        if single is not None:
            return single, single
        if first is None or last is None:
            return None, None
        if last < first:
            self._add("end_date", last.isoformat(), f"is before start_date {first}", "swap them; both are inclusive")
        days = last.toordinal() - first.toordinal() + 1
        if days > max_days:
            value = f"{first} to {last}"
            fix = f"split it into ranges of at most {max_days} days"
            self._add("end_date", value, f"spans {days} days", fix)
        return first, last

    def _day(self, key: str, today: date) -> date | None:
        value = self._values.get(key)
        if value is None:
            return None
        if value in ("today", "yesterday"):
            return today if value == "today" else today - timedelta(days=1)
        if not isinstance(value, str) or not re.fullmatch(DATE_PATTERN, value):
            self._add(key, value, "is not a date", _DATE_FIX)
            return None
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self._add(key, value, "is not on the calendar", _DATE_FIX)
            return None
        if day.year < MIN_YEAR or (day - today).days > MAX_DAYS_AHEAD:
            self._add(key, value, f"is not between {MIN_YEAR} and two years from today ({today})", "check the year")
            return None
        return day
