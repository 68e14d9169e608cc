"""The JSON Schema of each export type: the meaning and the allowed values of every field.

It is kept beside the export's module as ``tonight_players.schema.json``: draft 2020-12, its properties in the order of
the document, closed to other keys, every field described. It is published with the documents, documents can be checked
against it, and the pages of ``docs/api`` are made from it. The file is that of the default league; what it says of
seasons and of the clock is replaced for another one.

Its ``$id`` names the version of the shape. The bytes of documents are the contract's and do not name it; their objects
do, in the metadata key ``schema``, and so does each section of a manifest.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import cast

from exporters.config import LeagueCalendar
from exporters.config.leagues import NBA
from exporters.declaration import SCHEMA_IDS, Export, Json
from exporters.registry import PAGES, exports

_TWO_YEARS, _ONE_YEAR = r'"^\\d{4}-\\d{2}$"', r'"^\\d{4}$"'
"""The pattern of a season in the text of a schema, where it has two years and where it has one."""
_SEASON = re.compile(r"\b(\d{4})-\d{2}\b(?!-)")
"""A season in descriptions and examples."""


def schema_file(export: Export) -> str:
    """Return the path of an export's schema below this package, whether it is there or not."""
    name = f"{export.name.replace('-', '_')}.schema.json"
    for page in PAGES:
        if resources.files(page).joinpath(name).is_file():
            return f"{page.__name__.removeprefix('exporters.')}/{name}"
    return name


STATUS = "status"
"""What ``status.json`` is named among the schemas; it belongs to no export type."""


@cache
def status_schema(calendar: LeagueCalendar = NBA.calendar) -> Json:
    """Return the schema of ``status.json`` in a league, read once and not to be changed."""
    file = resources.files(__package__).joinpath(f"{STATUS}.schema.json")
    schema = _in_league(file.read_text(encoding="utf-8"), calendar)
    return _named(schema, STATUS, schema["properties"]["version"]["const"])


@cache
def schema_of(export: Export, calendar: LeagueCalendar = NBA.calendar) -> Json | None:
    """Return the schema of an export in a league, read once and not to be changed; None for one that has none."""
    file = resources.files(__package__).joinpath(schema_file(export))
    if not file.is_file():
        return None
    return _named(_in_league(file.read_text(encoding="utf-8"), calendar), export.name, export.version)


def _in_league(text: str, calendar: LeagueCalendar) -> Json:
    """Return the schema of a text with the seasons and the clock of a league, which the text has of the default one."""
    if not calendar.spans_two_years:
        text = _SEASON.sub(r"\1", text.replace(_TWO_YEARS, _ONE_YEAR))
    if calendar.time_zone != NBA.calendar.time_zone:
        text = text.replace("New York", calendar.time_zone)
    if calendar.clock_label != NBA.calendar.clock_label:
        text = text.replace(f" {NBA.calendar.clock_label}", f" {calendar.clock_label}")
    return cast(Json, json.loads(text))


def schema_id(name: str, version: int) -> str:
    """Return the ``$id`` of a version of a schema."""
    return f"{SCHEMA_IDS}{name}:{version}"


def version_of(schema: Json) -> int:
    """Return the version that the ``$id`` of a schema names."""
    _, _, version = schema["$id"].rpartition(":")
    return int(version)


def _named(schema: Json, name: str, version: int) -> Json:
    """Return a schema with its ``$id`` after its dialect."""
    return {"$schema": schema["$schema"], "$id": schema_id(name, version), **schema}


@cache
def schemas() -> dict[str, Json]:
    """Return the schema of every export type that has one, and that of ``status.json``, by name."""
    found = {name: schema for name, export in exports().items() if (schema := schema_of(export)) is not None}
    return {**found, STATUS: status_schema()}
