"""Publishing the status page and its data. What cannot be written makes nothing that is published less true."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from importlib import resources
from typing import Any

import orjson
from jsonschema_rs import Draft202012Validator

from exporters.declaration import Cache
from transforms.clients.concurrency import run_concurrently
from transforms.status_page.calendar import CALENDAR_PATH, merged_calendar
from transforms.status_page.night import merged_night, night_path
from transforms.status_page.page import CONTENT_TYPE, PAGE_PATH, page
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store, StoreError

CALENDAR, NIGHT = "calendar", "night"
"""Names of the schemas."""
_ATTEMPTS = 20
_OF_PAGE = re.compile(r"status/(?:index\.html|data\.json|dates/\d{4}-\d{2}-\d{2}\.json)")


def is_of_page(path: str) -> bool:
    """Whether an object is the page, or data of it."""
    return _OF_PAGE.fullmatch(path) is not None


@lru_cache(maxsize=2)
def validator(name: str) -> Draft202012Validator:
    """Return what holds data of the page against its schema."""
    file = resources.files(__package__).joinpath(f"{name}.schema.json")
    return Draft202012Validator(orjson.loads(file.read_bytes()), validate_formats=True)


def write_page(store: Store, nights: Iterable[Mapping[str, Any]], now: datetime) -> str:
    """Merge what a run tells of its dates into the data of the page, and return what went wrong, if anything did.

    Args:
        store: Where it is published.
        nights: What :func:`~transforms.status_page.night.night_of` returns of each date.
        now: The current instant.
    """
    told = [night for night in nights if night["exports"]]
    try:
        calendar = _merge(store, CALENDAR_PATH, lambda previous: merged_calendar(previous, told, now))
        listed = [night for night in told if night["date"] in calendar["dates"]]
        run_concurrently(partial(_write_night, store), listed, store.concurrency)
        _write_page(store)
    except StoreError as error:
        return f"the status page was not written: {error}"
    return ""


def _write_night(store: Store, told: Mapping[str, Any]) -> None:
    _merge(store, night_path(told["date"]), lambda previous: merged_night(previous, told))


def _merge(store: Store, path: str, merged: Callable[[Mapping[str, Any] | None], dict[str, Any]]) -> dict[str, Any]:
    """Change an object by compare-and-set, and return what it holds then.

    One that does not fit its schema counts as none.

    Raises:
        StoreError: It cannot be read or written, or changed again and again meanwhile.
    """
    for _ in range(_ATTEMPTS):
        shown = store.read(path)
        is_ours = shown is not None and not data_problem(path, shown[0])
        value = merged(orjson.loads(shown[0]) if shown is not None and is_ours else None)
        generation = ABSENT if shown is None else shown[1].generation
        try:
            store.write(path, orjson.dumps(value), cache_control=Cache.MINUTE.header, if_generation=generation)
        except GenerationMismatch:
            continue
        return value
    raise StoreError(f"{path} changed {_ATTEMPTS} times meanwhile; the next run writes it")


def data_problem(path: str, content: bytes) -> str:
    """Return what is wrong with data of the page; empty when nothing is.

    Args:
        path: Which data it is.
        content: The object.
    """
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return "is no JSON"
    violation = next(iter(validator(_schema_of(path)).iter_errors(found)), None)
    return "" if violation is None else f"does not fit its schema: {violation.message}"[:200]


def _schema_of(path: str) -> str:
    return CALENDAR if path == CALENDAR_PATH else NIGHT


def page_digest(content: bytes) -> str:
    """Return the digest that the metadata of the page tells."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _write_page(store: Store) -> None:
    """Write the page unless it is there, which the digest in its metadata tells."""
    digest = page_digest(page())
    shown = store.stat(PAGE_PATH)
    if shown is None or shown.metadata.get("digest") != digest:
        header = Cache.SHORT.header
        store.write(PAGE_PATH, page(), cache_control=header, content_type=CONTENT_TYPE, metadata={"digest": digest})
