"""What to export: the request, and the strict reader of its JSON form.

Command lines, Pub/Sub messages and manifests share one form, :class:`pipeline.requests.request_message.RequestMessage`:
:meth:`ExportRequest.to_json` writes what :func:`parse_request` reads. A request with an unknown key
is rejected; nothing falls through to a default export.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from typing import NoReturn

from exporters.config.champions import CHAMPIONS, Tenure, champion_on
from exporters.config.leagues import NBA, ONE_LEAGUE, Leagues, LeagueSettings
from pipeline.requests.clock import league_day
from pipeline.requests.problems import Problem, ProblemsError, nearest, show
from pipeline.requests.request_message import KEYS, RequestMessage, key_text
from pipeline.requests.request_scope import RequestScope
from pipeline.requests.validation import validate

MAX_MESSAGE_BYTES = 256 * 1024
_SHOWN_LEAGUES = 20
MOST_AHEAD = timedelta(minutes=10)
"""How far a request's instant may be ahead of the clock that reads it: clocks differ, and messages travel."""


class UpdateLatest(Enum):
    """The policy for the pointers (``latest.json``, ``today.json`` and the like)."""

    AUTO = "auto"
    NEVER = "never"
    FORCE = "force"


@dataclass(frozen=True)
class ExportRequest:
    """A validated request; :func:`parse_request` makes it.

    Attributes:
        export_types: Groups expanded, without duplicates, in registry order.
        first_date: First game date; None for a players request.
        last_date: Last game date, inclusive; None for a players request.
        update_latest: Pointer policy.
        players: The request is for player profiles, which have no date.
        min_games: Games that a player needs for a profile; means nothing without ``players``.
        champion_system_id: The model whose predictions are shown.
        generated_at: The one instant of the request, in UTC; every document carries it.
        league_day: The league day of ``generated_at``: what ``today`` means.
        correlation_id: Joins this request to logs and events elsewhere.
        trigger_source: Name of the sender.
        rewrite: Write documents even when they are unchanged.
        league: The league.
    """

    export_types: tuple[str, ...]
    first_date: date | None
    last_date: date | None
    update_latest: UpdateLatest
    players: bool
    min_games: int
    champion_system_id: str
    generated_at: datetime
    league_day: date
    correlation_id: str
    trigger_source: str
    rewrite: bool = False
    league: LeagueSettings = NBA

    @property
    def dates(self) -> tuple[date, ...]:
        """Every calendar date of the request, in order; none for a players request."""
        if self.first_date is None or self.last_date is None:
            return ()
        return tuple(map(date.fromordinal, range(self.first_date.toordinal(), self.last_date.toordinal() + 1)))

    @property
    def is_range(self) -> bool:
        """Whether the request spans more than one date."""
        return self.first_date != self.last_date

    def to_json(self) -> dict[str, object]:
        """Return the request as JSON values that :func:`parse_request` reads back to an equal request, at any time."""
        payload: dict[str, object] = {"export_types": list(self.export_types)}
        if self.first_date is None or self.last_date is None:
            payload |= {"players": True, "min_games": self.min_games}
        elif self.is_range:
            payload |= {"start_date": self.first_date.isoformat(), "end_date": self.last_date.isoformat()}
        else:
            payload["target_date"] = self.first_date.isoformat()
        return payload | {
            "update_latest": self.update_latest.value,
            "generated_at": self.generated_at.isoformat().replace("+00:00", "Z"),
            "champion_system_id": self.champion_system_id,
            "correlation_id": self.correlation_id,
            "trigger_source": self.trigger_source,
            "rewrite": self.rewrite,
            **({} if self.league.is_default else {"league": self.league.name}),
        }

    @classmethod
    def from_json(cls, payload: Mapping[str, object], leagues: Leagues = ONE_LEAGUE) -> ExportRequest:
        """Return the request that :meth:`to_json` wrote, even if its export types no longer exist.

        Args:
            payload: The JSON values.
            leagues: The leagues of the deployment.

        Raises:
            RequestError: ``payload`` was not written by :meth:`to_json`.
        """
        if not isinstance(payload, Mapping):
            raise RequestError([_not_an_object(payload)])
        message, _ = validate(RequestMessage, {key: payload[key] for key in ("generated_at",) if key in payload})
        instant = None if message is None else message.generated_at
        written = payload.get("export_types")
        if instant is None or not isinstance(written, list):
            reason = "lacks the generated_at or the export_types that to_json writes"
            raise RequestError([Problem("request", show(payload), reason, "read it with parse_request")])
        return parse_request(
            payload,
            known_types=[name for name in written if isinstance(name, str)],
            groups={},
            defaults=RequestDefaults(champion_system_id="", max_range_days=date.max.toordinal(), leagues=leagues),
            now=instant,
        )


@dataclass(frozen=True)
class RequestDefaults:
    """The defaults of absent keys, and the limits of a request.

    Attributes:
        champion_system_id: The configured champion.
        max_range_days: Dates that one request may span.
        player_types: The export types that ``players: true`` stands for; it may then name no others.
        min_games: Games that a player needs for a profile.
        trigger_source: The default name of the sender.
        champions: The champions by date: where ``champion_system_id`` is the newest of them, a request that names no
            model is led by the champion of its dates. Both are those of the default league.
        leagues: The leagues of the deployment.
    """

    champion_system_id: str
    max_range_days: int = 400
    player_types: tuple[str, ...] = ()
    min_games: int = 5
    trigger_source: str = "unknown"
    champions: tuple[Tenure, ...] = CHAMPIONS
    leagues: Leagues = ONE_LEAGUE

    def champions_of(self, league: LeagueSettings) -> tuple[str, tuple[Tenure, ...]]:
        """Return the champion of a league where a request names none, and its champions by date."""
        if league.is_default:
            return self.champion_system_id, self.champions
        return league.config.champion_system_id, league.champions


class RequestError(ProblemsError):
    """A request that was rejected; the message has one line per problem."""


def parse_request(
    payload: Mapping[str, object],
    *,
    known_types: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    defaults: RequestDefaults,
    now: datetime,
) -> ExportRequest:
    """Read a request.

    Args:
        payload: JSON values by key; see :data:`pipeline.requests.request_message.KEYS`.
        known_types: Every export type, in registry order.
        groups: Group name to its export types. A type of the same name wins.
        defaults: The values of absent keys, and limits.
        now: The current instant, aware; the request's instant unless ``generated_at`` names another.

    Raises:
        RequestError: The request is wrong; the error holds every problem.
    """
    if not isinstance(payload, Mapping):
        raise RequestError([_not_an_object(payload)])
    if now.utcoffset() is None:
        raise ValueError(f"now={now!r} has no time zone: pass an aware datetime")
    given = {key: payload[key] for key in KEYS if payload.get(key) is not None}
    message, problems = validate(
        RequestMessage,
        {"champion_system_id": defaults.champion_system_id, "min_games": defaults.min_games, **given},
        context={"names": (*known_types, *groups)},
    )
    assert message is not None
    generated_at = message.generated_at or now.astimezone(timezone.utc)
    if generated_at > now + MOST_AHEAD:
        ahead = (generated_at - now).total_seconds() / 60
        reason = (
            f"is {ahead:.0f} minutes ahead of the clock, which shows {now.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
        )
        problems.append(Problem("generated_at", show(payload.get("generated_at")), reason, "leave it out to take now"))
    league = defaults.leagues.find(message.league)
    if league is None:
        problems.append(unknown_league(message.league, defaults.leagues))
        league = defaults.leagues.default
    today = league_day(generated_at, league.calendar)
    scope = RequestScope(payload, message, problems)
    export_types = scope.export_types(known_types, groups, defaults.player_types)
    first, last = scope.dates(today, defaults.max_range_days)
    configured, champions = defaults.champions_of(league)
    champion, spans = message.champion_system_id if "champion_system_id" in given else configured, list[Problem]()
    if "champion_system_id" not in given and configured == champions[-1].system_id:
        champion, spans = _champion_of(first or today, last or today, champions)
    if scope.problems or spans:
        raise RequestError([*scope.problems, *spans])
    compact = generated_at.strftime("%Y%m%dT%H%M%S") + (f".{generated_at:%f}" if generated_at.microsecond else "")
    return ExportRequest(
        export_types=export_types,
        first_date=first,
        last_date=last,
        update_latest=UpdateLatest(message.update_latest),
        players=message.players,
        min_games=message.min_games,
        champion_system_id=champion,
        generated_at=generated_at,
        league_day=today,
        correlation_id=message.correlation_id or f"run-{compact}Z",
        trigger_source=message.trigger_source or defaults.trigger_source,
        rewrite=message.rewrite,
        league=league,
    )


def unknown_league(name: str, leagues: Leagues) -> Problem:
    """Return the problem of a name that no league has."""
    meant = nearest(name, leagues.names)
    fix = f"did you mean {meant}?" if meant else f"name one of {', '.join(leagues.names[:_SHOWN_LEAGUES])}"
    return Problem("league", show(name), "is no league of this deployment", fix)


def _champion_of(first: date, last: date, champions: Sequence[Tenure]) -> tuple[str, list[Problem]]:
    """Return the champion of a range of dates, and a problem where there are two: a run is led by one."""
    before, after = champion_on(first, champions), champion_on(last, champions)
    if before == after:
        return before, []
    change = max(tenure.first for tenure in champions if tenure.first <= last)
    reason = f"to end_date has two champions: {before} on {first}, and {after} from {change}"
    fix = f"export up to {change - timedelta(days=1)} and from {change} apart, or name one champion_system_id"
    return after, [Problem("start_date", show(str(first)), reason, fix)]


def parse_message(
    data: bytes,
    *,
    known_types: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    defaults: RequestDefaults,
    now: datetime,
) -> ExportRequest:
    """Read a request from the bytes of a JSON object; see :func:`parse_request`.

    Raises:
        RequestError: The bytes are not a JSON object, or the request is wrong.
    """
    payload = parse_object(data)
    return parse_request(payload, known_types=known_types, groups=groups, defaults=defaults, now=now)


def parse_object(data: bytes) -> Mapping[str, object]:
    """Read a JSON object in which no key occurs twice.

    Raises:
        RequestError: The bytes are too many, not UTF-8, not JSON or not an object.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        _reject("message", f"has {len(data)} bytes", f"send at most {MAX_MESSAGE_BYTES}")
    try:
        payload = json.loads(data.decode("utf-8"), object_pairs_hook=_without_duplicates)
    except RequestError:
        raise
    except UnicodeDecodeError as error:
        _reject("message", f"is not UTF-8 at byte {error.start}", "encode the JSON object as UTF-8")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        _reject("message", f"is not JSON at {where} ({error.msg})", "send one JSON object")
    except (ValueError, RecursionError):
        _reject("message", "holds a number or a nesting that is too large", "send one flat JSON object")
    if not isinstance(payload, dict):
        raise RequestError([_not_an_object(payload)])
    return payload


def _reject(key: str, reason: str, fix: str) -> NoReturn:
    raise RequestError([Problem(key, "", reason, fix)]) from None


def _not_an_object(payload: object) -> Problem:
    fix = 'send an object, for example {"export_types": ["tonight"], "target_date": "today"}'
    return Problem("message", show(payload), "is not a JSON object", fix)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    payload: dict[str, object] = {}
    for key, value in pairs:
        if key in payload:
            raise RequestError([Problem(key_text(key), show(value), "is a second value", "give each key once")])
        payload[key] = value
    return payload
