"""What is wrong with one document, by its bytes alone and by what its object says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from exporters.config import LeagueCalendar
from exporters.declaration import Cache, Export
from exporters.warehouse.tables import TABLES
from transforms.elements.document import content_digest
from transforms.elements.validation import InvalidDocument, require_valid
from transforms.stores.protocol import StoredObject


class Leak(NamedTuple):
    """What no document may say.

    Attributes:
        what: Its kind.
        pattern: What it looks like.
        words: One of them is in every text with such a thing; looking for words costs a tenth of the pattern.
    """

    what: str
    pattern: re.Pattern[str]
    words: Sequence[str]

    def first_in(self, text: str) -> str | None:
        """Return the first one in a text; None where there is none."""
        found = self.pattern.search(text) if any(word in text for word in self.words) else None
        return None if found is None else found.group()


_MODELS = ("catboost", "xgboost", "lightgbm", "ensemble", "moving_average", "zone_matchup", "similarity")
_FOLDERS = ("home", "root", "tmp", "usr", "opt")
_TABLES = tuple(table.name for table in TABLES)
LEAKS = (
    Leak("names a model", re.compile(rf"\b(?:{'|'.join(_MODELS)})[a-z_]*_v?[0-9]+\b"), _MODELS),
    Leak(
        "shows what is private",
        re.compile(
            rf"Traceback \(most recent|File \\?\"/|\bgs://|/(?:{'|'.join(_FOLDERS)})/\w|\b\w+Error: |"
            + "|".join(map(re.escape, _TABLES))
        ),
        (
            *("Traceback (most recent", 'File "/', 'File \\"/', "gs://", "Error: "),
            *(f"/{name}/" for name in _FOLDERS),
            *_TABLES,
        ),
    ),
)
_STAMPS = ("generated_at", "updated_at")
_DATES = ("game_date", "date")
_SHOWN = 60


@dataclass(frozen=True)
class ReadDocument:
    """A document whose bytes were read.

    Attributes:
        path: Its path.
        content: Its bytes.
        shown: What its object says.
        value: What the bytes say; None when they are no JSON object.
        digest: Of the bytes, without the request's time.
    """

    path: str
    content: bytes
    shown: StoredObject
    value: dict[str, Any] | None
    digest: str


def read_document(path: str, content: bytes, shown: StoredObject) -> ReadDocument:
    """Return a document with what its bytes say."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        found = None
    value = found if isinstance(found, dict) else None
    stamps = [str(value[name]) for name in _STAMPS if name in value] if value else []
    return ReadDocument(path, content, shown, value, content_digest(content, stamps[0] if stamps else ""))


def bytes_problems(export: Export, found: ReadDocument, calendar: LeagueCalendar) -> Iterator[str]:
    """Yield what is wrong with the bytes of a document of a league, whatever else there is."""
    if not found.content:
        yield "is empty"
        return
    if found.value is None:
        start = found.content[:_SHOWN].decode("utf-8", "replace")
        yield f"is no JSON object, but begins with {start!r}"
        return
    try:
        require_valid(export, found.path, found.content, calendar)
    except InvalidDocument as error:
        yield str(error).removeprefix(f"{found.path} ").removesuffix("; it is not published")
        return
    text = found.content.decode()
    for leak in LEAKS:
        if leaked := leak.first_in(text):
            yield f"{leak.what}: {leaked!r}"
    yield from _duplicates(found.value)
    yield from _totals(export, found.value)
    yield from _halt(found.value)


def place_problems(export: Export, found: ReadDocument, *, day: str, player: str) -> Iterator[str]:
    """Yield where a document is about something other than its path says.

    Args:
        export: The export type.
        found: The document.
        day: The date of its path, ISO; empty for none.
        player: The player of its path; empty for none.
    """
    value = found.value or {}
    if day and export.is_about_a_night:
        told = next((value[name] for name in _DATES if isinstance(value.get(name), str)), day)
        if told[:10] != day:
            yield f"is about {told}"
    if player and value.get("player_lookup", player) != player:
        yield f"is about {value['player_lookup']}"


def object_problems(export: Export, found: ReadDocument) -> Iterator[str]:
    """Yield what is wrong with what an object says of its content."""
    shown = found.shown
    if not shown.metadata:
        yield "has no metadata, so no run wrote it"
        return
    if shown.content_type != "application/json":
        yield f"has the content type {shown.content_type}"
    if found.value is None:
        return
    try:
        allowed = {export.cache_of(found.value, settled=settled).header for settled in (True, False)}
    except (LookupError, TypeError):
        return
    if shown.cache_control not in {*allowed, Cache.MINUTE.header}:
        yield f"has the cache policy {shown.cache_control!r}, expected {' or '.join(sorted(allowed))}"
    if shown.metadata.get("digest") != found.digest:
        yield "is not what its metadata says"


def pointer_object_problems(caches: set[str], shown: StoredObject) -> Iterator[str]:
    """Yield what is wrong with what the object of a pointer says of its content."""
    if shown.content_type != "application/json":
        yield f"has the content type {shown.content_type}"
    if shown.cache_control not in caches:
        yield f"has the cache policy {shown.cache_control!r}, expected {' or '.join(sorted(caches))}"


def _duplicates(value: Any, where: str = "$") -> Iterator[str]:
    """Yield the lists that name a player twice in the very same words."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _duplicates(item, f"{where}.{key}")
    elif isinstance(value, list):
        seen: set[bytes] = set()
        for item in value:
            if isinstance(item, dict) and "player_lookup" in item:
                # A rank tells two of the same pick apart.
                encoded = orjson.dumps({key: part for key, part in item.items() if key != "rank"})
                if encoded in seen:
                    yield f"lists {item['player_lookup']} twice at {where}"
                seen.add(encoded)
            yield from _duplicates(item, f"{where}[]")


_TOTALS: Mapping[str, Mapping[str, str]] = {
    "predictions": {"total_predictions": "games[].predictions", "total_games": "games"},
    "tonight": {"total_players": "games[].players"},
    "best-bets": {"total_picks": "picks"},
    "results": {"summary.total_predictions": "results"},
    "live": {"total_games": "games"},
    "live-grading": {"summary.total_predictions": "predictions"},
    "player-index": {"total_players": "players"},
}
"""By export type, totals and the lists whose items they count."""


def _totals(export: Export, value: dict[str, Any]) -> Iterator[str]:
    for total, listed in _TOTALS.get(export.name, {}).items():
        told, there = _items(value, total), _items(value, listed)
        if told is not None and there is not None and told != there:
            yield f"says {total} is {told}, and lists {there} {listed}"


def _halt(value: dict[str, Any]) -> Iterator[str]:
    """Yield where a halt envelope contradicts itself, or tells of a pause that began after the date."""
    if "halt_active" not in value:
        return
    active, reason, since = value["halt_active"], value["halt_reason"], value["halt_since"]
    told = next((value[name] for name in _DATES if isinstance(value.get(name), str)), "")
    if active and reason is None:
        yield "says that picks are paused, and not why"
    if not active and not (reason is None and since is None):
        yield f"says that picks are not paused, and that they are for {reason} since {since}"
    if active and since is not None and since > told[:10]:
        yield f"is about {told}, and says that picks are paused since {since}"


def _items(value: Any, path: str) -> int | None:
    """Return a number, or the number of items of lists; None where the document has no such place."""
    key, _, rest = path.partition(".")
    many = key.endswith("[]")
    if not isinstance(value, dict) or (found := value.get(key.removesuffix("[]"))) is None:
        return None
    if many:
        return sum(_items(item, rest) or 0 for item in found)
    if rest:
        return _items(found, rest)
    return len(found) if isinstance(found, list) else found if isinstance(found, int) else None
