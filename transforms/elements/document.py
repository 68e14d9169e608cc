"""A built document, ready to be written."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import orjson

from exporters.config import LeagueCalendar
from exporters.config.leagues import NBA
from exporters.declaration import Export, Json
from exporters.league.arithmetic.dates import iso, poll_id
from transforms.elements.validation import require_valid

STRICT_JSON = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
"""Makes orjson refuse what would be read back as another type, in what travels between stages."""
_FORMAT = orjson.OPT_INDENT_2
_STAMPS = ("generated_at", "updated_at")
"""The names of the request's time in documents; a ``poll_id`` is another form of it."""


class Document(NamedTuple):
    """One JSON document.

    Attributes:
        path: Where it is published, below the output.
        export: Name of its export type.
        date: The game date that it is about, ISO.
        key: The player id of a player document; empty otherwise.
        content: UTF-8 JSON, two-space indentation, keys in the contract's order.
        digest: Of the content without the request's time: equal digests, equal documents.
        cache_control: The Cache-Control header.
        counts: The export's declared counts.
        empty: Whether it shows nothing.
        fixed: Whether its path has no date, so that documents of other dates share it.
        progress: Number of outcomes that it shows; None for a type without outcomes.
        waits: Whether outcomes are still pending.
        halted: Whether it says that picks are paused.
        schema: The ``$id`` of the schema that it is written for.
    """

    path: str
    export: str
    date: str
    key: str
    content: bytes
    digest: str
    cache_control: str
    counts: dict[str, int]
    empty: bool
    fixed: bool = False
    progress: int | None = None
    waits: bool = False
    halted: bool = False
    schema: str = ""


def encode(value: Json) -> bytes:
    """Return a document as published; non-finite numbers become null."""
    return orjson.dumps(value, option=_FORMAT)


def content_digest(content: bytes, generated_at: str) -> str:
    """Return the digest of a document without the request's time, under whichever of its names.

    The quotes make the removed text unambiguous: inside a JSON string they would be escaped.
    """
    for stamp in _stamps(generated_at):
        content = content.replace(stamp, b"")
    return hashlib.blake2b(content, digest_size=16).hexdigest()


@lru_cache(maxsize=8)
def _stamps(generated_at: str) -> tuple[bytes, ...]:
    """Return the fields that hold the request's time, as documents have them."""
    fields = [*((name, generated_at) for name in _STAMPS), ("poll_id", poll_id(generated_at))]
    return tuple(b'"%b": %b' % (name.encode(), orjson.dumps(value)) for name, value in fields)


def is_halted(value: Json) -> bool:
    """Whether the halt envelope of a document says that picks are paused."""
    return value.get("halt_active") is True


def with_value(document: Document, export: Export, value: Json, generated_at: str) -> Document:
    """Return a document of the same path and cache policy with other content."""
    content = encode(value)
    return document._replace(
        content=content,
        digest=content_digest(content, generated_at),
        counts=export.item_counts(value),
        empty=export.is_empty(value),
        progress=export.progress_of(value),
        waits=export.waits(value),
        halted=is_halted(value),
    )


def make_document(
    export: Export,
    value: Json,
    day: date,
    generated_at: str,
    *,
    settled: bool,
    key: str = "",
    validate: bool = False,
    calendar: LeagueCalendar = NBA.calendar,
) -> Document:
    """Return the dated document of an export.

    Args:
        export: The export type.
        value: The value of its builder.
        day: The date that the document is about.
        generated_at: The request's time, as published.
        settled: Whether every game of the date is over.
        key: The player id of a player document.
        validate: Whether to check it against its schema.
        calendar: That of the league, whose seasons and clock its path and content show.

    Raises:
        InvalidDocument: It does not fit its schema.
    """
    path, content = export.path_of(day, key, calendar=calendar), encode(value)
    if validate:
        require_valid(export, path, content, calendar)
    return Document(
        path=path,
        export=export.name,
        date=iso(day),
        key=key,
        content=content,
        digest=content_digest(content, generated_at),
        cache_control=export.cache_of(value, settled=settled).header,
        counts=export.item_counts(value),
        empty=export.is_empty(value),
        fixed="{date}" not in export.path,
        progress=export.progress_of(value),
        waits=export.waits(value),
        halted=is_halted(value),
        schema=export.schema,
    )
