"""The leagues of a deployment, as an operator writes them: a JSON file, or an object of a bucket.

Each record has what differs from the default league, which is not in the file::

    {
      "leagues": [
        {
          "name": "wnba",
          "champions": {"2026-05-01": "wnba_model_v1"},
          "datasets": {"nba_predictions": "wnba_predictions", "nba_analytics": "wnba_analytics"},
          "time_zone": "America/Los_Angeles",
          "clock_label": "PT",
          "rollover_hour": 4,
          "season_months": [5, 10],
          "rules": {"live": {"period_minutes": 10}}
        }
      ]
    }

Every problem of the file is reported at once. A league that would read the rows of another one is a problem.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from exporters.config import ExportConfig
from exporters.config.calendar import CLOCK_LABEL, LEAGUE_ZONE, ROLLOVER_HOUR, SEASON_MONTHS, LeagueCalendar
from exporters.config.leagues import DECLARED, NAME_PATTERN, NBA, Leagues, LeagueSettings, LeagueTables, tenures
from exporters.warehouse.tables import TABLES
from pipeline.options.flags import OptionsError
from pipeline.options.locations import GCS_PATTERN, FeedPlace, GcsPrefix, LocalFolder, league_places
from pipeline.requests.field import STRICT, whole, whole_or_empty
from pipeline.requests.problems import Problem, nearest, show
from pipeline.requests.request import unknown_league
from pipeline.requests.request_message import CHAMPION_PATTERN, DATE_PATTERN

FLAG = "--leagues"
MOST_LEAGUES = 10_000
_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]{0,127}"
_CLOCK_LABEL = "[A-Z]{1,5}"
_Month = Annotated[int, Field(ge=1, le=12)]
_DATASETS = tuple(sorted({table.source.partition(".")[0] for table in TABLES if not table.live}))
_KEPT_APART = {
    "champion_system_id": "give champions by date",
    "write_subset_picks": "it is an option of a run",
    "calendar": "give time_zone, clock_label, rollover_hour and season_months beside the rules",
}
"""Fields of the rules that are not written here, with what to do instead."""


class _Record(BaseModel):
    """One league of the file."""

    model_config = STRICT

    name: Annotated[str, whole(NAME_PATTERN)]
    champions: Annotated[
        dict[Annotated[str, whole(DATE_PATTERN)], Annotated[str, whole(CHAMPION_PATTERN)]], Field(min_length=1)
    ]
    datasets: dict[str, Annotated[str, whole(_IDENTIFIER)]] = {}
    column: Annotated[str, whole_or_empty(_IDENTIFIER)] = ""
    value: str = ""
    time_zone: str = LEAGUE_ZONE
    clock_label: Annotated[str, whole_or_empty(_CLOCK_LABEL)] = ""
    rollover_hour: Annotated[int, Field(ge=0, le=23)] = ROLLOVER_HOUR
    season_months: Annotated[tuple[_Month, _Month], Field(strict=False)] = SEASON_MONTHS
    live_feed: FeedPlace = ""
    rules: dict[str, Any] = {}

    @cached_property
    def tables(self) -> LeagueTables:
        """Where its rows are."""
        return LeagueTables(tuple(sorted(self.datasets.items())), self.column, self.value)


class _Marked(BaseModel):
    """What tells the rows of the default league from those of others in the same tables."""

    model_config = STRICT

    column: Annotated[str, whole(_IDENTIFIER)]
    value: Annotated[str, Field(min_length=1)]


def read_leagues(place: str) -> Leagues:
    """Return the leagues of a file; only the default one for an empty name.

    Args:
        place: A path, or ``gs://BUCKET/OBJECT``.

    Raises:
        OptionsError: The file cannot be read, or is wrong; it holds every problem.
    """
    if not place:
        return Leagues()
    try:
        content = _content(place)
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        raise OptionsError([Problem(FLAG, show(place), reason, "name the file of the leagues")]) from error
    return parse_leagues(content, place)


def _content(place: str) -> bytes:
    if not re.fullmatch(GCS_PATTERN, place):
        return Path(place).read_bytes()
    # The client of the bucket is slow to import, and few runs need it here.
    from transforms.stores.gcs import GcsStore
    from transforms.stores.protocol import StoreError

    bucket, _, name = place.removeprefix("gs://").partition("/")
    try:
        found = GcsStore(bucket).read(name)
    except StoreError as error:
        raise OSError(str(error)) from error
    if found is None:
        raise FileNotFoundError(2, "there is no such object")
    return found[0]


class LeagueTree(Protocol):
    """The options of a command about the published tree of one league."""

    @property
    def output(self) -> LocalFolder | GcsPrefix:
        """Place of the documents of the default league."""

    @property
    def control_output(self) -> LocalFolder | GcsPrefix | None:
        """Place of its manifests; beside the output when it is None."""

    @property
    def league(self) -> str:
        """The league."""

    @property
    def leagues(self) -> str:
        """The file of the leagues."""


TreeT = TypeVar("TreeT", bound=LeagueTree)


def in_tree(options: TreeT) -> tuple[TreeT, LeagueSettings]:
    """Return the options of a command with the places of its league, and the league.

    Raises:
        OptionsError: The file of the leagues is wrong, or has no such league.
    """
    league = chosen_league(options.league, options.leagues)
    if league.is_default:
        return options, league
    output, control = league_places(options.output, options.control_output, league.name)
    return replace(options, output=output, control_output=control), league  # type: ignore[type-var]


def chosen_league(name: str, place: str) -> LeagueSettings:
    """Return a league of the file of the leagues.

    Raises:
        OptionsError: The file is wrong, or has no such league.
    """
    leagues = read_leagues(place)
    found = leagues.find(name)
    if found is None:
        raise OptionsError([replace(unknown_league(name, leagues), key="--league")])
    return found


def parse_leagues(content: bytes, place: str) -> Leagues:
    """Return the leagues that the bytes of a file describe.

    Args:
        content: The bytes.
        place: Names the file in problems.

    Raises:
        OptionsError: The file is wrong; it holds every problem.
    """
    problems: list[Problem] = []
    found = _object(content, place, problems)
    default = replace(NBA, tables=_default_tables(found.get("default"), problems))
    records = list(_records(found.get("leagues", []), problems))
    problems += _clashes(records, default.tables)
    leagues = [_league(record, problems) for record in records]
    if problems:
        raise OptionsError(problems)
    return Leagues(tuple(sorted(leagues, key=_name)), default)


def _name(league: LeagueSettings) -> str:
    return league.name


def _object(content: bytes, place: str, problems: list[Problem]) -> Mapping[str, Any]:
    """Return the object of a file; an empty one, and a problem, where there is none."""
    try:
        found = json.loads(content)
    except ValueError as error:
        problems.append(Problem(FLAG, show(place), f"is not JSON: {error}", "write one JSON object"))
        return {}
    is_known = isinstance(found, Mapping) and {"leagues"} <= found.keys() <= {"leagues", "default"}
    if not is_known or not isinstance(found["leagues"], list) or len(found["leagues"]) > MOST_LEAGUES:
        reason = f"is no object with one list of at most {MOST_LEAGUES:,} leagues"
        problems.append(Problem(FLAG, show(place), reason, 'write {"leagues": [...]}'))
        return {}
    return dict(found)


def _default_tables(given: Any, problems: list[Problem]) -> LeagueTables:
    """Return the tables of the default league."""
    if given is None:
        return DECLARED
    try:
        marked = _Marked.model_validate(given)
    except ValidationError as error:
        key = ".".join(map(str, error.errors()[0]["loc"]))
        reason, fix = "is not understood", 'write {"column": "league", "value": "nba"}'
        problems.append(_problem(show(NBA.name), f"default.{key}", reason, fix))
        return DECLARED
    return LeagueTables(column=marked.column, value=marked.value)


def _records(listed: list[Any], problems: list[Problem]) -> Iterator[_Record]:
    """Yield the records that have the right keys and types; the problems of the others are added."""
    for number, each in enumerate(listed):
        try:
            yield _Record.model_validate(each)
        except ValidationError as error:
            name = each.get("name", number) if isinstance(each, Mapping) else number
            for details in error.errors(include_url=False, include_input=False):
                key = ".".join(map(str, details["loc"]))
                meant = nearest(key, _Record.model_fields) if details["type"] == "extra_forbidden" else None
                fix = f"did you mean {meant}?" if meant else "see docs/leagues.md"
                problems.append(_problem(show(name), key, details["msg"][:1].lower() + details["msg"][1:], fix))


def _problem(league: str, key: str, reason: str, fix: str) -> Problem:
    return Problem(f"{FLAG}: league {league}", f"{key}:" if key else "", reason, fix)


def _clashes(records: list[_Record], default: LeagueTables) -> Iterator[Problem]:
    """Yield names that occur twice, and leagues that would read the rows of another one."""
    names, locations = {NBA.name}, {_location(default): NBA.name}
    for record in records:
        if record.name in names:
            reason = "is the default league's" if record.name == NBA.name else "is there twice"
            yield _problem(show(record.name), "name", reason, "give each league a name of its own")
        names.add(record.name)
        datasets, column, _ = _location(record.tables)
        if column and not default.column and datasets == _DATASETS:
            fix = 'add "default": {"column": ..., "value": ...}'
            yield _problem(show(record.name), "column", f"marks rows that {NBA.name} would show as well", fix)
        if (other := locations.setdefault(_location(record.tables), record.name)) != record.name:
            fix = "name its datasets, or the column and value of its rows"
            yield _problem(show(record.name), "datasets", f"are those of {other}, whose rows would be shown", fix)


def _location(tables: LeagueTables) -> tuple[tuple[str, ...], str, str]:
    """Return the stored datasets, and the column and value, that the rows of a league are told by."""
    return tuple(tables.source(f"{name}.").rstrip(".") for name in _DATASETS), tables.column, tables.value


def _league(record: _Record, problems: list[Problem]) -> LeagueSettings:
    shown = show(record.name)
    for dataset in record.datasets:
        if dataset not in _DATASETS:
            meant = nearest(dataset, _DATASETS)
            fix = f"did you mean {meant}?" if meant else f"name some of {', '.join(_DATASETS)}"
            problems.append(_problem(shown, f"datasets.{dataset}", "is no dataset that is read", fix))
    if missing := [dataset for dataset in _DATASETS if dataset not in record.datasets and not record.column]:
        reason = f"leave out {', '.join(missing)}, so that rows of {NBA.name} would be shown"
        problems.append(_problem(shown, "datasets", reason, "name each; one that leagues share has its own name"))
    if bool(record.column) != bool(record.value):
        problems.append(_problem(shown, "column", "and value are not both given", "give both, or neither"))
    return LeagueSettings(
        name=record.name,
        tables=record.tables,
        champions=tenures(record.champions) if _are_dates(record, problems) else NBA.champions,
        config=replace(_rules(record, problems), calendar=_calendar(record, problems)),
        live_feed=record.live_feed,
    )


def _calendar(record: _Record, problems: list[Problem]) -> LeagueCalendar:
    shown, label = show(record.name), record.clock_label
    try:
        ZoneInfo(record.time_zone)
    except (KeyError, OSError, ValueError):
        fix = f"write an IANA name, for example {LEAGUE_ZONE}"
        problems.append(_problem(shown, "time_zone", f"{show(record.time_zone)} is not known", fix))
    if not label and record.time_zone != LEAGUE_ZONE:
        reason = f"is missing, and times of {show(record.time_zone)} are not {CLOCK_LABEL}"
        problems.append(_problem(shown, "clock_label", reason, "write what follows its times, for example PT"))
    return LeagueCalendar(record.time_zone, label or CLOCK_LABEL, record.rollover_hour, record.season_months)


def _are_dates(record: _Record, problems: list[Problem]) -> bool:
    try:
        tenures(record.champions)
    except ValueError as error:
        fix = 'write {"2026-05-01": "model"}'
        problems.append(_problem(show(record.name), "champions", f"are not by date: {error}", fix))
        return False
    return True


def _rules(record: _Record, problems: list[Problem]) -> ExportConfig:
    """Return the rules of a league: the default ones, with what its record has of them."""
    before = len(problems)
    newest = record.champions[max(record.champions)]
    for key, reason, fix in _wrong_keys(record.rules, ExportConfig, ""):
        problems.append(_problem(show(record.name), f"rules.{key}", reason, fix))
    if len(problems) > before:
        return ExportConfig()
    try:
        found: ExportConfig = TypeAdapter(ExportConfig).validate_python({**record.rules, "champion_system_id": newest})
    except ValidationError as error:
        for details in error.errors(include_url=False, include_input=False):
            key = ".".join(map(str, details["loc"]))
            problems.append(_problem(show(record.name), f"rules.{key}", details["msg"].lower(), "see exporters/config"))
        return ExportConfig()
    return found


def _wrong_keys(given: Mapping[str, Any], rules: Any, place: str) -> Iterator[tuple[str, str, str]]:
    """Yield keys that no rule has, with the problem and the fix; they would have no effect."""
    known = {field.name: getattr(rules(), field.name) for field in fields(rules)}
    for key, value in given.items():
        if not place and key in _KEPT_APART:
            yield key, "is not a rule of a league", _KEPT_APART[key]
        elif key not in known:
            meant = nearest(key, known)
            yield f"{place}{key}", "is no rule", f"did you mean {meant}?" if meant else "see exporters/config"
        elif is_dataclass(known[key]) and isinstance(value, Mapping) and not hasattr(known[key], "by_name"):
            yield from _wrong_keys(value, type(known[key]), f"{place}{key}.")
