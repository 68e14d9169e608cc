"""Player nights, slates, seasons and documents for tests, made from a flat list of rows.

Rows come from ``tests.support.rows``, of any tables and players, in any order:

    document(TONIGHT, schedule_row(), *player_rows("lebronjames"), *player_rows("jaysontatum", team_abbr="BOS", ...))
    player_document(TONIGHT_PLAYERS, *player_rows())                  # of the one player in the rows
    night(*game_log([20, 24, 16])).season.ppg                         # a fact, without an export

What the stages of the pipeline do around the pure functions is done here in a few lines:

* an export sees its rows **cut to the columns that it declares** (:func:`declared`), so every test of a document is
  also a test of the declaration: reading an undeclared column raises ``AttributeError``;
* every player in the rows gets a night, in player order; what a card function returns is passed through JSON, so a card
  that is not plain values fails here and not on the cluster;
* gates are not looked at (:mod:`exporters.league.forecasts.readiness` has its own tests), and neither are windows and
  push-down filters: :func:`scanned` applies those, for tests that compare.

All take ``day`` (default :data:`~tests.support.rows.TONIGHT`), ``config`` and ``generated_at``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from exporters.config import ExportConfig
from exporters.config.leagues import NBA
from exporters.declaration import Export, Grain, Json
from exporters.league.arithmetic.dates import utc
from exporters.league.forecasts.readiness import DayCount, ScanCounts, SystemCount
from exporters.league.nights.history import League, PlayerHistory
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.slate import Season, Slate
from exporters.league.players.aliases import resolve_aliases
from exporters.warehouse.tables import ACCURACY, CONTEXT, HALTS, PLAYER_ALIASES, PREDICTIONS, SCHEDULE
from tests.support.rows import PLAYER, TONIGHT, Row, by_table, cut, date_of, table_of

GENERATED_AT = "2025-01-15T18:00:00.123456+00:00"
NOT_HALTED: Json = {"halt_active": False, "halt_reason": None, "halt_since": None}
"""The last keys of a document of picks that are not paused."""


def declared(export: Export, rows: Iterable[Row]) -> list[Row]:
    """Return the rows of the tables that an export reads, cut to the columns that it declares."""
    columns: dict[str, set[str]] = {}
    for read in export.reads:
        columns.setdefault(read.table.name, set()).update(read.columns)
    return [cut(row, columns[table_of(row).name]) for row in rows if table_of(row).name in columns]


def scanned(export: Export, rows: Iterable[Row], *, day: str | date = TONIGHT, champion: str = "") -> list[Row]:
    """Return the rows that the narrowest scan for one export and date would deliver, whole.

    Windows, equality filters and the champion filter of the export's reads are applied; a row stays when any read of
    its table wants it.
    """
    on = date_of(day)
    system = champion or ExportConfig().champion_system_id
    kept = []
    for row in rows:
        for read in export.reads:
            if read.table.name != table_of(row).name:
                continue
            partition = read.table.partition
            when = getattr(row, partition) if partition else None
            if isinstance(when, int):
                when = utc(when).date()
            fits = partition is None or (
                when is not None and read.window.first(on, NBA.calendar) <= when <= read.window.last(on)
            )
            wanted = all(getattr(row, column) in values for column, values in read.equals.items())
            if fits and wanted and (not read.champion or row.system_id == system):
                kept.append(row)
                break
    return kept


def census_of(rows: Iterable[Row]) -> ScanCounts:
    """Return the scan_counts of rows: games, context rows, active predictions, grades by date; systems; aliases.

    The model version that publishes is the one with the most picks, else the most active forecasts (contract P9).
    """
    games: dict[date, dict[tuple[str, str], int]] = {}
    context: dict[date, list[str]] = {}
    active: dict[date, int] = {}
    grades: dict[date, int] = {}
    votes: dict[tuple[date, str], dict[str | None, tuple[int, int]]] = {}
    aliases: list[Row] = []
    for row in rows:
        table = table_of(row)
        if table is SCHEDULE:
            statuses = games.setdefault(row.game_date, {})
            matchup = (row.away_team_tricode, row.home_team_tricode)
            statuses[matchup] = max(row.game_status or 0, statuses.get(matchup, 0))
        elif table is PLAYER_ALIASES:
            aliases.append(row)
        elif table is CONTEXT:
            context.setdefault(row.game_date, []).append(row.player_lookup)
        elif table is ACCURACY:
            grades[row.game_date] = grades.get(row.game_date, 0) + 1
        elif table is PREDICTIONS and row.is_active:
            active[row.game_date] = active.get(row.game_date, 0) + 1
            by_version = votes.setdefault((row.game_date, row.system_id), {})
            picks, forecasts = by_version.get(row.model_version, (0, 0))
            is_pick = row.recommendation in ("OVER", "UNDER") and row.current_points_line is not None
            by_version[row.model_version] = (picks + is_pick, forecasts + 1)
    days = {
        when: DayCount(
            games=len(games.get(when, ())),
            final_games=list(games.get(when, {}).values()).count(3),
            context_rows=len(context.get(when, ())),
            context_players=len(set(context.get(when, ()))),
            active_predictions=active.get(when, 0),
            grades=grades.get(when, 0),
        )
        for when in games.keys() | context.keys() | active.keys() | grades.keys()
    }
    systems = {}
    for key, by_version in votes.items():
        version = max(by_version, key=lambda name: (*by_version[name], name or ""))
        picks, forecasts = by_version[version]
        systems[key] = SystemCount(version, forecasts=forecasts, picks=picks)
    return ScanCounts(days=days, systems=systems, aliases=resolve_aliases(aliases))


def league(*rows: Row, config: ExportConfig | None = None, scan_counts: ScanCounts | None = None) -> League:
    """Return the league of the league-wide rows among ``rows``."""
    shared = [row for row in rows if table_of(row).player is None]
    return League(by_table(shared), scan_counts or census_of(rows), config or ExportConfig())


def history(*rows: Row, player: str | None = None, config: ExportConfig | None = None) -> PlayerHistory:
    """Return the history of one player: the given one, or the only one in the rows."""
    who = _player_in(rows) if player is None else player
    own = [row for row in rows if _owner(row) == who]
    return PlayerHistory(who, by_table(own), config or ExportConfig())


def night(
    *rows: Row,
    player: str | None = None,
    day: str | date = TONIGHT,
    config: ExportConfig | None = None,
    scan_counts: ScanCounts | None = None,
    generated_at: str = GENERATED_AT,
) -> PlayerNight:
    """Return one player's night: the given player's, or that of the only one in the rows."""
    shared = league(*rows, config=config, scan_counts=scan_counts)
    return PlayerNight(history(*rows, player=player, config=config), shared, date_of(day), generated_at)


def nights(
    export: Export,
    rows: Sequence[Row],
    *,
    day: str | date = TONIGHT,
    config: ExportConfig | None = None,
    generated_at: str = GENERATED_AT,
) -> list[PlayerNight]:
    """Return the nights of all players as an export sees them, in player order."""
    shown = declared(export, rows)
    shared = league(*shown, config=config, scan_counts=census_of(rows))
    owned: dict[str, list[Row]] = {}
    for row in shown:
        if table_of(row).player is not None and (owner := _owner(row)) is not None:
            owned.setdefault(owner, []).append(row)
    return [
        PlayerNight(history(*owned[who], player=who, config=config), shared, date_of(day), generated_at)
        for who in sorted(owned)
    ]


def cards(export: Export, rows: Sequence[Row], **options: Any) -> list[Any]:
    """Return the cards that an export makes of the players in the rows, in player order."""
    if export.make_card is None:
        return []
    made = [export.make_card(one) for one in nights(export, rows, **options)]
    return [plain(card) for card in made if card is not None]


def slate(export: Export, *rows: Row, day: str | date = TONIGHT, **options: Any) -> Slate:
    """Return the date that an export builds its document, or its season row, from."""
    return Slate(*_bindings(export, rows, day, **options))


def season(export: Export, *rows: Row, day: str | date = TONIGHT, **options: Any) -> Season:
    """Return the season that an export builds its document from; its slates are made when it declares a row."""
    on = date_of(day)
    if export.make_row is None:
        return Season(*_bindings(export, rows, on, **options), {})
    first = NBA.calendar.season_start(on)
    made: dict[date, Any] = {}
    for when in (first + timedelta(days=n) for n in range((on - first).days + 1)):
        row = export.make_row(slate(export, *rows, day=when, **options))
        if row is not None:
            made[when] = plain(row)
    return Season(*_bindings(export, rows, on, with_cards=False, **options), {export.name: made})


def document(export: Export, *rows: Row, **options: Any) -> Json:
    """Return the document of a SLATE or SEASON export, as JSON values."""
    assert export.build is not None, export.name
    assert export.grain is not Grain.PLAYER, f"{export.name} has a document per player: use player_document"
    make = slate if export.grain is Grain.SLATE else season
    built = export.build(make(export, *rows, **options))
    assert built is not None, f"{export.name} built nothing"
    return plain(built)


def player_documents(export: Export, *rows: Row, **options: Any) -> dict[str, Json]:
    """Return the documents of a PLAYER export by player; players without one are left out."""
    assert export.build is not None, export.name
    made = {one.player: export.build(one) for one in nights(export, rows, **options)}
    return {player: plain(value) for player, value in made.items() if value is not None}


def player_document(export: Export, *rows: Row, player: str | None = None, **options: Any) -> Json:
    """Return the document of one player: the given one, or the only one in the rows."""
    return player_documents(export, *rows, **options)[_player_in(rows) if player is None else player]


def plain(value: Any) -> Any:
    """Return a value after a trip through JSON; what is not plain values, or not finite, raises."""
    copy = json.loads(json.dumps(value, allow_nan=False))
    assert copy == value, "a dict key or a sequence changes when it is written as JSON"
    return copy


def key_paths(value: Any, path: str = "") -> list[str]:
    """Return the dotted paths of all keys of a document in order, those of list items once, as ``games[].team``."""
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in (f"{path}{key}", *key_paths(item, f"{path}{key}."))]
    if isinstance(value, list):
        inner = [found for item in value for found in key_paths(item, f"{path[:-1]}[].")]
        return list(dict.fromkeys(inner))
    return []


def _bindings(
    export: Export,
    rows: Sequence[Row],
    on: str | date,
    *,
    config: ExportConfig | None = None,
    generated_at: str = GENERATED_AT,
    with_cards: bool = True,
) -> tuple[Any, ...]:
    options = {"config": config, "generated_at": generated_at}
    made = {export.name: cards(export, rows, day=on, **options)} if with_cards else {}
    shared = [row for row in declared(export, rows) if table_of(row).player is None]
    counts = census_of(rows)
    if not any(table_of(row) is HALTS and row.effective_date == date_of(on) for row in rows):
        # Picks of a date that no row speaks of would be paused; tests/exporters/league/nights/test_halts.py has those.
        counts = replace(counts, absent={HALTS.name: ("",)})
    return (
        date_of(on),
        generated_at,
        config or ExportConfig(),
        counts,
        made,
        by_table(shared),
    )


def _owner(row: Row) -> str | None:
    column = table_of(row).player
    return None if column is None else getattr(row, column)


def _player_in(rows: Iterable[Row]) -> str:
    found = {owner for row in rows if (owner := _owner(row)) is not None}
    assert len(found) <= 1, f"several players in the rows, name one: {sorted(found)}"
    return next(iter(found), PLAYER)
