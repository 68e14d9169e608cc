"""The scope of a request: the combination of its keys, checked against the calendar and the registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pipeline.requests.problems import Problem, show
from pipeline.requests.request_message import KEYS, MIN_YEAR, RequestMessage, Word, day_of, key_text, nearest_key
from pipeline.requests.validation import MAX_UNKNOWN

MAX_DAYS_AHEAD = 731
"""No schedule exists two years ahead; a date beyond that is a typing error."""

_DATE_KEYS = ("target_date", "start_date", "end_date")
_SCOPE_FIX = "give target_date, or start_date and end_date, or players: true"


class RequestScope:
    """Reads the keys of a request together, and collects all problems.

    A wrong value reads as an absent one, so that the other keys are checked too. Callers must check ``problems``
    before they use a value.
    """

    def __init__(self, payload: Mapping[str, object], message: RequestMessage, problems: Sequence[Problem]) -> None:
        """Check the keys themselves.

        Args:
            payload: The request as given.
            message: Its valid values.
            problems: The problems of the other values.
        """
        self._payload = payload
        self._message = message
        self._problems = list(problems)
        self._meant: set[str] = set()
        for key in KEYS:
            if key in payload and payload[key] is None:
                self._add(key, "is no value", "leave the key out or give it a value")
        self._report_unknown([key for key in payload if key not in KEYS])
        self._require_one_scope()
        is_right = "min_games" in payload and not self._is_reported("min_games")
        if is_right and not message.players and not self._attempted("players"):
            self._add("min_games", "means nothing without players", "add players: true or remove it")

    @property
    def problems(self) -> list[Problem]:
        """The problems so far: unknown keys first, then in the order of :data:`KEYS`."""
        return sorted(self._problems, key=lambda problem: KEYS.index(problem.key) if problem.key in KEYS else -1)

    def _add(self, key: str, reason: str, fix: str) -> None:
        self._problems.append(Problem(key, show(self._payload[key]), reason, fix))

    def _miss(self, key: str, reason: str, fix: str) -> None:
        self._problems.append(Problem(key, "", reason, fix))

    def _attempted(self, *keys: str) -> bool:
        """Whether a problem of the key is already reported, so that its absence is not reported as well."""
        return any(key in self._meant or self._is_reported(key) for key in keys)

    def _is_reported(self, key: str) -> bool:
        return any(problem.key == key for problem in self._problems)

    def _report_unknown(self, unknown: Sequence[object]) -> None:
        for key in unknown[:MAX_UNKNOWN]:
            meant = nearest_key(key) if isinstance(key, str) else None
            fix = f"did you mean {meant}?" if meant else f"remove it; the keys are {', '.join(KEYS)}"
            value = show(self._payload[key])  # type: ignore[index]
            self._problems.append(Problem(key_text(key), value, "was given to an unknown key", fix))
            self._meant |= {meant} if meant else set()
        if len(unknown) > MAX_UNKNOWN:
            self._miss("message", f"has {len(unknown) - MAX_UNKNOWN} more unknown keys", "remove them")

    def _require_one_scope(self) -> None:
        """Require exactly one of a date, a range and ``players``."""
        days = [key for key in _DATE_KEYS if key in self._payload]
        scopes = days if "target_date" in days else days[:1]
        if self._message.players:
            scopes = [*scopes, "players"]
        if len(scopes) > 1:
            self._add(scopes[0], f"excludes {', '.join(scopes[1:])}", f"{_SCOPE_FIX}, only one")
        elif not scopes and not self._attempted(*_DATE_KEYS, "players"):
            self._miss("target_date", "is missing", _SCOPE_FIX)
        elif scopes in (["start_date"], ["end_date"]) and len(days) == 1:
            other = "end_date" if days == ["start_date"] else "start_date"
            if not self._attempted(other):
                self._add(days[0], f"has no {other}", f"add {other} (inclusive), or use target_date")

    def export_types(
        self, known_types: Sequence[str], groups: Mapping[str, Sequence[str]], player_types: Sequence[str]
    ) -> tuple[str, ...]:
        """Return the export types, groups expanded, in registry order.

        Args:
            known_types: Every export type, in registry order.
            groups: Group name to its export types. A type of the same name wins.
            player_types: Those that ``players`` stands for; it may then name no others.
        """
        for_players = tuple(player_types) if self._message.players else ()
        if "export_types" not in self._payload:
            if not for_players and "export_types" not in self._meant:
                fix = f"name at least one of {', '.join([*known_types, *groups])}"
                self._miss("export_types", "is missing", fix)
            return for_players
        place = {name: index for index, name in enumerate(known_types)}
        given = self._payload["export_types"]
        names = [name for name in given if isinstance(name, str)] if isinstance(given, list) else []
        chosen = {one for name in names for one in ([name] if name in place else groups.get(name, ()))}
        in_order = tuple(sorted(chosen, key=place.__getitem__))
        for name in in_order if for_players else ():
            if name not in for_players:
                reason = "needs a date, which players: true excludes"
                self._problems.append(Problem("export_types", show(name), reason, "request it with target_date"))
        return in_order

    def dates(self, today: date, max_days: int) -> tuple[date | None, date | None]:
        """Return the first and last date; None and None when there is none.

        Args:
            today: The league day of the request.
            max_days: Dates that it may span.
        """
        single = self._day("target_date", self._message.target_date, today)
        first = self._day("start_date", self._message.start_date, today)
        last = self._day("end_date", self._message.end_date, today)
        if single is not None:
            return single, single
        if first is None or last is None:
            return None, None
        if last < first:
            reason, fix = f"is before start_date {first}", "swap them; both are inclusive"
            self._problems.append(Problem("end_date", show(last.isoformat()), reason, fix))
        days = last.toordinal() - first.toordinal() + 1
        if days > max_days:
            fix = f"split it into ranges of at most {max_days} days"
            self._problems.append(Problem("end_date", show(f"{first} to {last}"), f"spans {days} days", fix))
        return first, last

    def _day(self, key: str, value: date | Word | None, today: date) -> date | None:
        if value is None:
            return None
        day = day_of(value, today)
        if day.year < MIN_YEAR or (day - today).days > MAX_DAYS_AHEAD:
            self._add(key, f"is not between {MIN_YEAR} and two years from today ({today})", "check the year")
            return None
        return day
