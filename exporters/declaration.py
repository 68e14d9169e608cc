"""The declaration of an export type: its reads, paths, gates and functions.

Everything else in the project (planning, scanning, gating, publishing, verification) follows from these declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import Enum
from typing import Any, ClassVar, TypeVar

from exporters.config import RULES, LeagueCalendar
from exporters.league.arithmetic.dates import iso
from exporters.warehouse.schema import Table

Json = dict[str, Any]
SCHEMA_IDS = "urn:phase6:schema:"
"""How the ``$id`` of a schema begins; name and version follow."""
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class Grain(Enum):
    """The subject of one document, which decides the stage that builds it."""

    PLAYER = "player"
    SLATE = "slate"
    SEASON = "season"


class Cache(Enum):
    """How long readers may keep a document, in seconds."""

    LIVE = RULES.cache.live
    MINUTE = RULES.cache.minute
    SHORT = RULES.cache.short
    QUARTER_HOUR = RULES.cache.quarter_hour
    HALF_HOUR = RULES.cache.half_hour
    HOUR = RULES.cache.hour
    HALF_DAY = RULES.cache.half_day
    DAY = RULES.cache.day

    @property
    def header(self) -> str:
        """The Cache-Control header."""
        return f"public, max-age={self.value}"


class Gate(Enum):
    """The conditions under which an export type is published on a date with games."""

    CONTEXT = "context_rows"
    PREDICTIONS = "active_predictions"
    CHAMPION = "champion"


class Follows(Enum):
    """Which document a pointer shows: that of the current league day, or the newest one that is not empty."""

    TODAY = "today"
    LATEST = "latest"


@dataclass(frozen=True)
class Window:
    """The partition dates that a document of one date needs: from ``first(day)`` to ``last(day)``.

    Attributes:
        days: Calendar days before the date.
        seasons: Seasons, the date's own included; replaces ``days``.
        since: The first date for every document; replaces both.
        ahead: Calendar days after the date.
    """

    days: int = 0
    seasons: int = 0
    since: date | None = None
    ahead: int = 0

    NIGHT: ClassVar[Window]
    SEASON: ClassVar[Window]
    TWO_SEASONS: ClassVar[Window]
    ON_RECORD: ClassVar[Window]

    def first(self, day: date, calendar: LeagueCalendar | None = None) -> date:
        """Return the first partition date that a document of ``day`` needs.

        Args:
            day: The date.
            calendar: That of the league, without which a window of seasons has no first date.
        """
        if self.since is not None:
            return self.since
        if not self.seasons:
            return day - timedelta(self.days)
        return _required(calendar).season_start(day, self.seasons - 1)

    def last(self, day: date) -> date:
        """Return the last partition date that a document of ``day`` needs."""
        return day + timedelta(self.ahead)


Window.NIGHT = Window()
Window.SEASON = Window(seasons=1)
Window.TWO_SEASONS = Window(seasons=RULES.form.seasons)
Window.ON_RECORD = Window(since=RULES.sources.first_date)


class WouldBeEmpty(ValueError):
    """A builder raises it where its document would show nothing, and the schedule says that this is wrong (E-X18).

    The document that is published then stays.
    """


@dataclass(frozen=True)
class Read:
    """Columns of one table, over the partitions of a window.

    Attributes:
        table: The table.
        columns: The columns that are used; a row carries no others.
        window: How far back from a document's date; ignored when the table is unpartitioned.
        equals: Equality filters that may be pushed down to the warehouse. Builders must still apply
            them, because another export may read the same table without them.
        champion: Push down ``system_id`` = the configured champion as well.
    """

    table: Table[Any]
    columns: tuple[str, ...]
    window: Window = Window.NIGHT
    equals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    champion: bool = False


def over(window: Window, *reads: Read) -> tuple[Read, ...]:
    """Return reads of the same columns over another window."""
    return tuple(replace(read, window=window) for read in reads)


@dataclass(frozen=True)
class Pointer:
    """A fixed path that mirrors a dated document.

    Attributes:
        path: Path template; ``{player}`` in per-player exports.
        follows: Which document it shows.
        cache: Its cache policy.
    """

    path: str
    follows: Follows
    cache: Cache = Cache.SHORT


@dataclass(eq=False)
class Export:
    """One export type.

    Attributes:
        name: As requested: ``tonight-players``.
        grain: The subject of one document.
        reads: Everything that its functions read, the facts that they use included.
        path: Path template of the dated document, with ``{date}`` and, per player, ``{player}``. One without ``{date}``
            is that of the newest date; it may hold ``{season}``.
        cache: Cache policy of the dated document.
        version: Version of the shape of its documents, which ``$id`` of its schema names. A change that readers of the
            released shape may not survive needs the next one (``schemas/README.md``).
        settled_cache: Policy of a document that shows something and waits for nothing, once every game of the date is
            final; ``cache`` when None.
        pointers: Fixed paths that mirror it.
        gates: The conditions under which it is published.
        counts: Dotted paths of the document's counts; ``[]`` adds up over the items of a list. A document is empty when
            all of them are zero.
        outlives_forecasts: Once the forecasts of a date have expired it is built from their grades, and needs no active
            predictions.
        results_in: The table in which every team of a finished game of the day before must have a row. Until then the
            type is withheld: its documents end with that day.
        degrades: When a table cannot be read, its objects stay as they are and the run calls it degraded, not failed.
        selects_from: Rosters that the document chooses its players from: one who is still on a roster of its date, and
            no longer in the document, was not lost.
        lists: The PLAYER export whose documents this SEASON document lists. The two are always requested together, and
            a card is made of exactly the players whose document was built.
        appears_in: Tables of which at least one holds a row of the date for every player whom its documents of that
            date show. Nights of other players are not built. Empty where any player may be shown.
    """

    name: str
    grain: Grain
    reads: Iterable[Read]
    path: str
    cache: Cache
    version: int = 1
    settled_cache: Cache | None = None
    pointers: tuple[Pointer, ...] = ()
    gates: frozenset[Gate] = frozenset()
    counts: tuple[str, ...] = ()
    outlives_forecasts: bool = False
    results_in: Table[Any] | None = None
    degrades: bool = False
    selects_from: frozenset[str] = frozenset()
    lists: Export | None = None
    appears_in: tuple[Table[Any], ...] = ()
    make_card: Callable[[Any], Any] | None = field(default=None, init=False)
    make_row: Callable[[Any], Any] | None = field(default=None, init=False)
    build: Callable[[Any], Json | None] | None = field(default=None, init=False)
    build_no_game: Callable[[str, date, str], Json] | None = field(default=None, init=False)
    unsettled_when: Callable[[Json], bool] | None = field(default=None, init=False)
    measure_progress: Callable[[Json], int] | None = field(default=None, init=False)
    merge: Callable[[Json, Json], Json] | None = field(default=None, init=False)
    pause: Callable[[Json, Json | None], Json] | None = field(default=None, init=False)
    name_members: Callable[[Json], Mapping[str, Iterable[str]]] | None = field(default=None, init=False)
    rows_to_write_back: Callable[[Any, str, str], Sequence[tuple[Table[Any], Sequence[Any]]] | None] | None = field(
        default=None, init=False
    )

    def __post_init__(self) -> None:
        self.reads = tuple(self.reads)

    def card(self, function: FunctionT) -> FunctionT:
        """Register the function that condenses a PlayerNight for the date or season document (decorator).

        It returns plain values (dicts, lists, strings, numbers), or None for a player that the document does not show.
        """
        self.make_card = function
        return function

    def row(self, function: FunctionT) -> FunctionT:
        """Register the function that condenses a Slate for the season document (decorator); plain values or None."""
        self.make_row = function
        return function

    def builder(self, function: FunctionT) -> FunctionT:
        """Register the function that builds the document from a PlayerNight, Slate or Season (decorator)."""
        self.build = function
        return function

    def no_game(self, function: FunctionT) -> FunctionT:
        """Register the function that makes the document of a player who is not on a date (decorator).

        Player pointers that still show an older date are moved to it. It takes player id, date and ``generated_at``.
        """
        self.build_no_game = function
        return function

    def write_back(self, function: FunctionT) -> FunctionT:
        """Register the function that returns the rows that a run writes back to the warehouse for a date (decorator).

        It takes a Slate, the run id and the trigger source, and returns tables with their rows in the order of writing,
        the last of which makes the others count; None when there is nothing to write.
        """
        self.rows_to_write_back = function
        return function

    def is_unsettled(self, function: FunctionT) -> FunctionT:
        """Register the predicate that is true while a document still waits for outcomes (decorator).

        Such a document keeps ``cache``, even when every game of the date is over.
        """
        self.unsettled_when = function
        return function

    def progress(self, function: FunctionT) -> FunctionT:
        """Register the function that counts the outcomes that a document shows (decorator).

        A document that waits for outcomes never replaces one of the same date that shows more of them.
        """
        self.measure_progress = function
        return function

    def merge_published(self, function: FunctionT) -> FunctionT:
        """Register the function that completes a document with outcomes of an earlier one of the same date (decorator).

        It takes the new document and the published one, and returns the new one with the outcomes that only the
        published one has.
        """
        self.merge = function
        return function

    def paused(self, function: FunctionT) -> FunctionT:
        """Register the function that takes the picks out of a document while they are paused (decorator).

        A document of such a type carries the halt envelope. The function takes the document as it was built, and the
        published one of the same date when that shows picks, None otherwise. What was shown stays, with the outcomes
        that are known by now, and nothing is added to it.
        """
        self.pause = function
        return function

    def members(self, function: FunctionT) -> FunctionT:
        """Register the function that names the players behind counts (decorator).

        It takes a document and returns players by dotted path, for the counts that not every player of the document is
        behind.
        """
        self.name_members = function
        return function

    def members_of(self, document: Json) -> dict[str, frozenset[str]]:
        """Return the players behind each count of a document: all that it names, unless the type declares others."""
        every = frozenset(players_in(document))
        named = {} if self.name_members is None else self.name_members(document)
        return {path: frozenset(named[path]) if path in named else every for path in self.counts}

    def progress_of(self, document: Json) -> int | None:
        """Return the number of outcomes that a document shows; None for a type that does not count them."""
        return None if self.measure_progress is None else self.measure_progress(document)

    def waits(self, document: Json) -> bool:
        """Whether a document still waits for outcomes."""
        return self.unsettled_when is not None and self.unsettled_when(document)

    def cache_of(self, document: Json, *, settled: bool) -> Cache:
        """Return the cache policy of a dated document; one with an error is kept for a minute (contract S20).

        Args:
            document: The document.
            settled: Every game of the date is over.
        """
        if "error" in document:
            return Cache.MINUTE
        if not settled or self.settled_cache is None or self.is_empty(document):
            return self.cache
        return self.cache if self.waits(document) else self.settled_cache

    @property
    def schema(self) -> str:
        """The ``$id`` of the schema of its documents, which names the version of their shape."""
        return f"{SCHEMA_IDS}{self.name}:{self.version}"

    @property
    def is_live(self) -> bool:
        """It shows games while they are played."""
        return any(read.table.live for read in self.reads)

    @property
    def is_about_a_night(self) -> bool:
        """Its documents are about the games of one date; others are about all that happened up to a date."""
        return self.grain is not Grain.SEASON and "{date}" in self.path

    def path_of(self, day: date, player: str = "", *, calendar: LeagueCalendar | None = None) -> str:
        """Return the path of the document of a date.

        Args:
            day: The date.
            player: The player of a player's document.
            calendar: That of the league, without which a path with a season cannot be told.
        """
        season = _required(calendar).season_label(day) if "{season}" in self.path else ""
        return self.path.format(date=iso(day), season=season, player=player)

    def folder_of(self, day: date) -> str:
        """Return the folder of all players' documents of a date, with its slash; empty where there is no such one."""
        before, _, after = self.path.partition("{player}")
        return before.format(date=iso(day)) if after and "/" not in after else ""

    def player_of(self, path: str) -> str:
        """Return the player in a path; empty for a type without players' documents."""
        for declared, found in zip(self.path.split("/"), path.split("/"), strict=False):
            before, player, after = declared.partition("{player}")
            if player:
                return found[len(before) : len(found) - len(after)]
        return ""

    def item_counts(self, document: Json) -> dict[str, int]:
        """Return the declared counts of a document, by dotted path."""
        return {path: _count(document, path) for path in self.counts}

    def is_empty(self, document: Json) -> bool:
        """Whether a document shows nothing; never so for a type that declares no counts."""
        return bool(self.counts) and not any(self.item_counts(document).values())


def players_in(value: Any) -> Iterator[str]:
    """Yield the id of every player whom a document names, as often as it does."""
    if isinstance(value, dict):
        player = value.get("player_lookup")
        if isinstance(player, str):
            yield player
        value = value.values()
    if not isinstance(value, str) and isinstance(value, Iterable):
        for item in value:
            yield from players_in(item)


def _required(calendar: LeagueCalendar | None) -> LeagueCalendar:
    if calendar is None:
        raise ValueError("seasons depend on the league: pass its calendar")
    return calendar


def _count(document: Any, path: str) -> int:
    key, _, rest = path.partition(".")
    value = document[key.removesuffix("[]")]
    if key.endswith("[]"):
        return sum(_count(item, rest) for item in value)
    if rest:
        return _count(value, rest)
    return len(value) if isinstance(value, (list, dict)) else int(value)
