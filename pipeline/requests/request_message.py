"""A request as a JSON object: the model that messages, command lines, manifests and the published schema share.

A field is declared once. The command line and the templates of Dataflow take their options from here, and
``docs/request.schema.json`` is made from it. :mod:`pipeline.requests.request` checks combinations of fields and the
calendar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, WithJsonSchema

from exporters.config import ExportConfig
from exporters.config.leagues import NAME_PATTERN, NBA
from pipeline.requests.field import STRICT, Described, whole
from pipeline.requests.problems import nearest, show
from pipeline.requests.validation import reject, reject_name

MAX_TEXT_LENGTH = 200
MAX_MIN_GAMES = 1000
MIN_YEAR, MAX_YEAR = 1900, 2199

CHAMPION_PATTERN = r"[A-Za-z0-9_.-]{1,100}"
DATE_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
INSTANT_PATTERN = (
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,6}))?(Z|[+-][0-9]{2}:[0-5][0-9])"
)
_DATE_FIX = "write YYYY-MM-DD (for example 2026-02-12), today or yesterday"
_INSTANT_FIX = "write an ISO instant with its offset, for example 2026-02-12T18:00:00Z"
DAY_TEXT = f"today|yesterday|{DATE_PATTERN}"
_LABEL_TEXT = rf"[^\x00-\x1f\x7f]{{1,{MAX_TEXT_LENGTH}}}"
_CHAMPION = ExportConfig().champion_system_id

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

Word = Literal["today", "yesterday"]
PointerPolicy = Literal["auto", "never", "force"]


def _read_name(value: object, info: ValidationInfo) -> str:
    """Read an export type or group; ``context["names"]`` holds the known ones."""
    if not isinstance(value, str):
        raise reject("is not a string", "write names in quotes")
    names: tuple[str, ...] | None = (info.context or {}).get("names")
    if names is None:
        names = (value,) if re.fullmatch("[a-z0-9-]+", value) else ()
    if value not in names:
        raise reject_name("is not an export type or group", names)
    return value


def _read_day(value: object) -> date | Word:
    if type(value) is date:
        # Options that were read before, of which another one is replaced.
        return value
    if value == "today":
        return "today"
    if value == "yesterday":
        return "yesterday"
    if not isinstance(value, str) or not re.fullmatch(DATE_PATTERN, value):
        raise reject("is not a date", _DATE_FIX)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise reject("is not on the calendar", _DATE_FIX) from None


def _read_instant(value: object) -> datetime:
    match = re.fullmatch(INSTANT_PATTERN, value) if isinstance(value, str) else None
    if match is None:
        raise reject("is not an instant", _INSTANT_FIX)
    seconds, fraction, offset = match.groups(default="")
    try:
        parsed = datetime.fromisoformat(f"{seconds}.{fraction:0<6}{offset.replace('Z', '+00:00')}")
    except ValueError:
        raise reject("does not exist on the calendar", _INSTANT_FIX) from None
    if not MIN_YEAR <= parsed.year <= MAX_YEAR:
        raise reject(f"is outside {MIN_YEAR} to {MAX_YEAR}", "check the year")
    return parsed.astimezone(timezone.utc)


def _read_policy(value: object) -> object:
    return ("auto" if value else "never") if isinstance(value, bool) else value


def _read_label(value: object) -> object:
    if not isinstance(value, str):
        raise reject("is not a string", "put it in quotes")
    if not value.strip():
        raise reject("is blank", "leave the key out or give it a value")
    if len(value) > MAX_TEXT_LENGTH:
        raise reject(f"has {len(value)} characters", f"use at most {MAX_TEXT_LENGTH}")
    if not value.isprintable():
        raise reject("has control characters", "use printable characters only")
    return value


_CALENDAR = "-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_DAY_SCHEMA = {
    "anyOf": [
        {"enum": ["today", "yesterday"]},
        {"type": "string", "format": "date", "pattern": f"^(?:19|2[0-2])[0-9]{{2}}{_CALENDAR}$"},
    ]
}
_INSTANT_SCHEMA = {
    "type": "string",
    "format": "date-time",
    "pattern": f"^(?:19|2[01])[0-9]{{2}}{_CALENDAR}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]{1,6})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$",
}
_LABEL_SCHEMA = {
    "type": "string",
    "maxLength": MAX_TEXT_LENGTH,
    # Letters, marks, numbers, punctuation and symbols, of which a space is the only separator.
    "pattern": r"^ *[^\p{C}\p{Z}](?:[^\p{C}\p{Z}]| )*$",
}

Name = Annotated[str, BeforeValidator(_read_name), WithJsonSchema({"type": "string", "pattern": "^[a-z0-9-]+$"})]
Day = Annotated[date | Word, BeforeValidator(_read_day), WithJsonSchema(_DAY_SCHEMA)]
Instant = Annotated[datetime, BeforeValidator(_read_instant), WithJsonSchema(_INSTANT_SCHEMA)]
Label = Annotated[str, BeforeValidator(_read_label), WithJsonSchema(_LABEL_SCHEMA)]
Policy = Annotated[
    PointerPolicy, BeforeValidator(_read_policy), WithJsonSchema({"enum": ["auto", "never", "force", True, False]})
]


def _switch(help_text: str) -> Described:
    fix = "write true or false, without quotes"
    return Described(help_text, example="true", reason="is not a JSON boolean", fix=fix)


def _day(help_text: str, example: str) -> Described:
    return Described(help_text, example=example, metavar="DATE", pattern=DAY_TEXT)


class RequestMessage(BaseModel, frozen=True):
    """What to export: some export types, for one date, for a range of dates, or for players."""

    model_config = STRICT

    export_types: Annotated[
        list[Name],
        Field(min_length=1),
        Described(
            "Export types or groups to build; 'all' is every one. On the command line, separated by commas.",
            example="tonight,tonight-players",
            metavar="LIST",
            pattern="[a-z0-9-]+(?:,[a-z0-9-]+)*",
            reason="is not a list with a name in it",
            fix='write a list of names, for example ["tonight", "predictions"]',
        ),
    ] = []
    target_date: Annotated[
        Day | None,
        _day("The game date. 'today' and 'yesterday' are league days: New York, from 04:00 to 04:00.", "2026-02-12"),
    ] = None
    start_date: Annotated[
        Day | None,
        _day("First date of a range; needs end_date and replaces target_date.", "2025-10-21"),
    ] = None
    end_date: Annotated[Day | None, _day("Last date of a range, inclusive.", "yesterday")] = None
    players: Annotated[bool, _switch("Export player profiles, which have no date; replaces the dates.")] = False
    min_games: Annotated[
        int,
        Field(ge=1, le=MAX_MIN_GAMES),
        Described(
            "Games that a player needs for a profile; only with players.",
            example="10",
            metavar="N",
            reason="is not a number of games",
            fix=f"write a whole number, 1 to {MAX_MIN_GAMES}",
        ),
    ] = 5
    update_latest: Annotated[
        Policy,
        Described(
            "Whether fixed paths such as latest.json may move: 'auto' moves them forward only, 'never' leaves them "
            "alone, 'force' moves them even back.",
            example="never",
            metavar="auto|never|force",
            reason="is not a pointer policy",
            fix="write auto, never or force",
        ),
    ] = "auto"
    generated_at: Annotated[
        Instant | None,
        Described(
            "The instant that documents carry and from which 'today' is computed. Give it to repeat a run byte for "
            "byte.",
            example="2026-02-12T18:00:00Z",
            default_help="now",
            metavar="INSTANT",
            pattern=INSTANT_PATTERN,
        ),
    ] = None
    champion_system_id: Annotated[
        str,
        whole(CHAMPION_PATTERN),
        Described(
            "The model whose predictions are shown.",
            example=_CHAMPION,
            default_help=_CHAMPION,
            metavar="ID",
            reason="is not a model id",
            fix="use 1 to 100 letters, digits, '_', '.' or '-'",
        ),
    ] = ""
    correlation_id: Annotated[
        Label,
        Described(
            "Joins this run to logs and events elsewhere; the manifest and the completion event carry it.",
            example="nightly-2026-02-12",
            default_help="run- and the time",
            metavar="TEXT",
            pattern=_LABEL_TEXT,
        ),
    ] = ""
    trigger_source: Annotated[
        Label,
        Described(
            "Name of the sender of this request, for the manifest and the completion event.",
            example="scheduler",
            default_help="unknown",
            metavar="TEXT",
            pattern=_LABEL_TEXT,
        ),
    ] = ""
    rewrite: Annotated[bool, _switch("Write documents even when they are unchanged.")] = False
    league: Annotated[
        str,
        whole(NAME_PATTERN),
        Described(
            "The league to export: one that the deployment names. On the command line of an export, several of them, "
            "separated by commas.",
            example=NBA.name,
            default_help=NBA.name,
            metavar="NAME",
            pattern=f"{NAME_PATTERN}(?:,{NAME_PATTERN})*",
            reason="is not the name of a league",
            fix="use 1 to 32 lower-case letters, digits or inner hyphens",
        ),
    ] = NBA.name


KEYS = tuple(RequestMessage.model_fields)
"""Every key of a request, in the order in which problems are reported."""


def nearest_key(name: str, keys: Iterable[str] = KEYS) -> str | None:
    """Return the key that an unknown one most likely means; None when nothing is close."""
    return _ALIASES.get(name.strip().lower()) or nearest(name, keys)


def key_text(key: Any) -> str:
    """Return a key as a problem names it: bare when it is a plain word, else as :func:`show` prints it."""
    return key if isinstance(key, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", key) else show(key)


def day_of(day: date | Word, today: date) -> date:
    """Return the date that a day of a request is, on a league day."""
    if isinstance(day, date):
        return day
    return today if day == "today" else today - timedelta(days=1)
