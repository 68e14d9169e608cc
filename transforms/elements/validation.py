"""Checking documents against the schema of their export type, right before they are written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import orjson
from jsonschema_rs import Draft202012Validator

from exporters.config import LeagueCalendar
from exporters.config.leagues import NBA
from exporters.declaration import Export
from exporters.document_schemas import schema_of

_MOST_TEXT = 300
"""Longest shown violation: it quotes the offending value, which may be half a document."""


class InvalidDocument(ValueError):
    """A document does not fit its schema. The message is one line with the document and the place in it."""


@cache
def _validator(export: Export, calendar: LeagueCalendar) -> Draft202012Validator:
    schema = schema_of(export, calendar)
    if schema is None:
        raise InvalidDocument(f"{export.name} has no schema to check its documents against")
    return Draft202012Validator(schema, validate_formats=True)


def require_valid(export: Export, path: str, content: bytes, calendar: LeagueCalendar = NBA.calendar) -> None:
    """Check a document as it is published, so that what the encoding does to a value is checked as well.

    Args:
        export: The export type.
        path: The document's path, for the message.
        content: The document, encoded.
        calendar: That of the league, whose seasons and clock it shows.

    Raises:
        InvalidDocument: The document does not fit its schema, or there is none.
    """
    validator, value = _validator(export, calendar), orjson.loads(content)
    if validator.is_valid(value):
        return
    violations = list(validator.iter_errors(value))
    first = violations[0]
    more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    raise InvalidDocument(
        f"{path} does not fit its schema at {json_path(first.instance_path)}: {_shortened(first.message)}{more}; "
        "it is not published"
    )


def json_path(steps: Sequence[str | int]) -> str:
    """Return a place in a document, such as ``$.games[0].players``."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _shortened(text: str) -> str:
    """Return a text without its middle when it is long: the value stands at its beginning, the reason at its end."""
    half = _MOST_TEXT // 2
    return text if len(text) <= _MOST_TEXT else f"{text[:half]} ... {text[-half:]}"
