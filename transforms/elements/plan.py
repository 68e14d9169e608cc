"""The plan of a run: the request, resolved against the declared exports, as a value that every step receives."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Protocol

from exporters.config import ExportConfig
from exporters.config.leagues import NBA, LeagueSettings
from exporters.declaration import Export, Grain
from exporters.league.forecasts.readiness import reads_of
from exporters.registry import exports
from transforms.elements.run_order import RunOrder
from transforms.elements.tables import TableScan

FEWEST_SHARDS = 16
"""Shards of players of a run of any size: more than the workers that a night is worth."""


@dataclass(frozen=True)
class Run:
    """One execution, as manifests and completion events name it.

    Attributes:
        run_id: Unique per execution.
        generated_at: The request's time as documents publish it: ISO 8601, UTC.
        correlation_id: Given by the sender of the request.
        trigger_source: Given by the sender of the request.
        code_version: Version and commit of the running code.
        commit: That commit.
        lock: Digest of the locked dependencies of the running code.
        started_at: When the execution began, ISO 8601, UTC; unlike ``generated_at``, no document shows it.
        as_of: The instant whose picture of the warehouse is read, in the form of :func:`as_of_text`; empty before the
            warehouse was asked for it.
        execution_id: Names this execution, where another one may have the same ``run_id``; empty before it begins.
    """

    run_id: str
    generated_at: str
    correlation_id: str = ""
    trigger_source: str = ""
    code_version: str = ""
    commit: str = ""
    lock: str = ""
    started_at: str = ""
    as_of: str = ""
    execution_id: str = ""

    @cached_property
    def order(self) -> RunOrder:
        """Where the run stands among the runs of a date."""
        return RunOrder(self.as_of, self.execution)

    @property
    def day(self) -> str:
        """The ISO date, UTC, on which the execution began."""
        return (self.started_at or self.generated_at)[:10]

    @property
    def execution(self) -> str:
        """The execution id; the run id for a run that never began as an execution of its own."""
        return self.execution_id or self.run_id


class Time(Protocol):
    """What waiting for another run needs to know of time."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True)
class MachineTime:
    """Time as the machine measures it."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(frozen=True)
class LeaseRules:
    """How a run holds the dates that it publishes; see :mod:`transforms.publishing.lease`.

    Attributes:
        heartbeat_seconds: Between two signs of life.
        dead_after_seconds: So long without a sign of life, and a run counts as dead.
        wait_seconds: How long a run waits for another one of the same date before it is refused.
        time: Measures how long that was.
    """

    heartbeat_seconds: float = 10.0
    dead_after_seconds: float = 45.0
    wait_seconds: float = 300.0
    time: Time = MachineTime()


@dataclass(frozen=True)
class Plan:
    """Request and registry brought together: the scans to make and the documents to build from them.

    Attributes:
        run: The execution.
        export_types: Names of the exports, in name order.
        dates: Target dates, ascending.
        scans: One per table, for the whole range of dates.
        config: The exporters' configuration.
        league_day: The league day when the request was parsed.
        update_latest: Pointer policy: ``auto``, ``never`` or ``force``.
        rewrite: Write documents even when their content has not changed.
        shards: Number of player shards.
        validate: Check documents against their schema, and leave out those that do not fit.
        broken: Tables that preflight found unreadable, with the reason.
        inputs: By export type and ISO date, a digest of the versions of everything that the document is made of; none
            where it is not needed, or where a table is unreadable.
        fallback_for: The champion that another model replaces in this run; empty when the champion leads.
        accept_shrink: Export types, or ``TYPE:DATE``, whose documents may show less than what is published.
        lease: How the run holds its dates.
        latest_day: The league day by the clock: no document that shows a later date can be right. The league day of
            the request where it is not known.
        warnings: What an operator should look at although nothing failed, one line each.
        pointers_refused: Why no pointer or fixed path may be written; empty when they may.
        history_days: Days for which a version that the run replaces is kept; 0 keeps none.
        league: The league that is exported.
        is_past: Tables are read as they were at an instant that was given, and not as they are.
    """

    run: Run
    export_types: tuple[str, ...]
    dates: tuple[date, ...]
    scans: tuple[TableScan, ...]
    config: ExportConfig
    league_day: date
    update_latest: str = "auto"
    rewrite: bool = False
    shards: int = FEWEST_SHARDS
    validate: bool = False
    broken: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fallback_for: str = ""
    accept_shrink: frozenset[str] = frozenset()
    lease: LeaseRules = LeaseRules()
    latest_day: date | None = None
    warnings: tuple[str, ...] = ()
    pointers_refused: str = ""
    history_days: int = 30
    league: LeagueSettings = NBA
    is_past: bool = False

    def __getstate__(self) -> dict[str, Any]:
        """Leave out cached values: a worker takes the exports from its own registry, and pickles stay small."""
        return {attribute.name: getattr(self, attribute.name) for attribute in fields(self)}

    @property
    def told_league(self) -> dict[str, str]:
        """The league as manifests and events name it; nothing for the default one."""
        return {} if self.league.is_default else {"league": self.league.name}

    @cached_property
    def exports(self) -> tuple[Export, ...]:
        """The exports, in name order."""
        return tuple(exports()[name] for name in self.export_types)

    @cached_property
    def scans_by_table(self) -> Mapping[str, TableScan]:
        """The scans by table name."""
        return {scan.table: scan for scan in self.scans}

    def document_dates(self, export: Export) -> tuple[date, ...]:
        """Return the dates that an export's documents are about: only the last one when its path holds no date.

        A player's document of a season is that of the newest date on which there is one, which may be any of them.
        """
        if "{date}" in export.path or (export.grain is Grain.PLAYER and "{season}" in export.path):
            return self.dates
        return self.dates[-1:]

    def slate_dates(self, export: Export) -> tuple[date, ...]:
        """Return the dates whose slates an export reads.

        A season document that is made of its slates' rows needs every date of the season so far.
        """
        if export.grain is Grain.SLATE:
            return self.document_dates(export)
        if export.grain is Grain.SEASON and export.make_row is not None:
            return tuple(sorted({day for as_of in self.season_dates(export) for day in self.season_so_far(as_of)}))
        return ()

    def season_dates(self, export: Export) -> tuple[date, ...]:
        """Return the as-of dates of an export's season documents."""
        return self.document_dates(export) if export.grain is Grain.SEASON else ()

    def lists_of(self, export: Export) -> tuple[Export, ...]:
        """Return the exports that list an export's documents."""
        return tuple(other for other in self.exports if other.lists is export)

    def reporting_date(self, day: date) -> date:
        """Return the target date whose manifest lists ``day``: itself, or the last one for any other date."""
        return day if day in self.dates else self.dates[-1]

    def season_so_far(self, day: date) -> tuple[date, ...]:
        """Return every date of the season of ``day``, up to and including it."""
        first = self.config.calendar.season_start(day)
        return tuple(first + timedelta(days=n) for n in range((day - first).days + 1))

    @cached_property
    def exports_by_date(self) -> Mapping[date, tuple[Export, ...]]:
        """For every date that the player stage visits, ascending, the exports that read players on it."""
        found: dict[date, list[Export]] = {}
        for export in self.exports:
            for day in self.slate_dates(export) or self.document_dates(export):
                found.setdefault(day, []).append(export)
        return {day: tuple(found[day]) for day in sorted(found)}

    @cached_property
    def built_from(self) -> frozenset[str]:
        """Tables that documents are built from, or gated on; rows of other tables are only counted."""
        return frozenset(read.table.name for export in self.exports for read in reads_of(export))

    @cached_property
    def shared_tables(self) -> frozenset[str]:
        """League-wide tables that every player shard needs."""
        needed = (export for export in self.exports if export.grain is Grain.PLAYER or export.make_card is not None)
        return frozenset(read.table.name for export in needed for read in export.reads if read.table.player is None)

    def row_dates(self, table: str, grain: Grain) -> Mapping[date, tuple[date, date]]:
        """Return, for every date that a stage builds, the first and last date that it needs of a league-wide table.

        Args:
            table: Name of the table.
            grain: The stage: ``SLATE`` or ``SEASON``.
        """
        spans: dict[date, tuple[date, date]] = {}
        for export in self.exports:
            for read in export.reads:
                if read.table.name != table:
                    continue
                for day in self._stage_dates(export, grain):
                    first, last = spans.get(day, (date.max, date.min))
                    spans[day] = (
                        min(read.window.first(day, self.config.calendar), first),
                        max(read.window.last(day), last),
                    )
        return spans

    def _stage_dates(self, export: Export, grain: Grain) -> tuple[date, ...]:
        return self.season_dates(export) if grain is Grain.SEASON else self.slate_dates(export)

    def exports_on(self, grain: Grain, day: date) -> tuple[Export, ...]:
        """Return the exports for which a stage builds documents on a date."""
        return tuple(export for export in self.exports if day in self._stage_dates(export, grain))
