"""The funnel of a date, and what its manifest tells of funnel and guard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from exporters.declaration import Grain
from exporters.league.forecasts.funnel import StageCount, funnel, judge_funnel
from exporters.league.forecasts.readiness import ScanCounts, State, verdict
from exporters.warehouse.tables import PLAYER_ALIASES
from transforms.elements.guarding import DateVerdict
from transforms.elements.plan import Plan
from transforms.elements.publication import Publication
from transforms.elements.tables import table_named

_MOST_SKIPPED = 100
"""Entries that a manifest lists of rows that were skipped; the failure log has all of them."""


def stages_of(
    plan: Plan, scan_counts: ScanCounts, day: date, published: frozenset[str] | None = None
) -> list[StageCount]:
    """Return the funnel of a date; see :func:`exporters.league.forecasts.funnel.funnel`."""
    return funnel(scan_counts.rosters, day, plan.config.funnel.listed, published)


def is_judged(plan: Plan, scan_counts: ScanCounts, day: date) -> bool:
    """Whether a type goes out on a date whose gate counts what the funnel counts."""
    gated = (export for export in plan.exports if export.gates and day in plan.document_dates(export))
    return any(verdict(export, day, scan_counts, plan.config).state is State.READY for export in gated)


def degraded_by(
    plan: Plan, scan_counts: ScanCounts, day: date, stages: list[StageCount], last_good: Mapping[str, int]
) -> tuple[str, ...]:
    """Return why a date is degraded, one line for each stage that too few players reach; empty when it is not."""
    if not is_judged(plan, scan_counts, day):
        return ()
    count, rules, calendar = scan_counts.on(day), plan.config.funnel, plan.config.calendar
    return tuple(judge_funnel(stages, day, count, rules, calendar, league_day=plan.league_day, last_good=last_good))


def published_players(plan: Plan, scan_counts: ScanCounts, publication: Publication) -> frozenset[str] | None:
    """Return the players whose own document of a date is published; None when the run makes none."""
    day = publication.day
    of_night = {
        export.name
        for export in plan.exports
        if export.grain is Grain.PLAYER
        and export.gates
        and day in plan.document_dates(export)
        and verdict(export, day, scan_counts, plan.config).state is State.READY
    }
    if not of_night or publication.guard.withheld is not None:
        return None
    there = ("written", "unchanged", "kept")
    return frozenset(made.key for made in publication.outcomes if made.export in of_night and made.action in there)


def funnel_section(
    plan: Plan, scan_counts: ScanCounts, publication: Publication, previous: Mapping[str, Any] | None
) -> tuple[dict[str, Any], dict[str, int] | None]:
    """Return what a manifest tells of the funnel, and the counts of the last good run for the next one to compare with.

    Args:
        plan: The plan.
        scan_counts: What the scan saw.
        publication: What became of the date.
        previous: The manifest before; None when there is none.
    """
    day = publication.day
    count, champion = scan_counts.on(day), scan_counts.of(day, plan.config.champion_system_id)
    stages = stages_of(plan, scan_counts, day, published_players(plan, scan_counts, publication))
    last_good = (previous or {}).get("last_good")
    degraded = degraded_by(plan, scan_counts, day, stages, last_good or {})
    section = {
        "games": count.games,
        "final_games": count.final_games,
        "context_rows": count.context_rows,
        "active_predictions": count.active_predictions,
        "champion_predictions": champion.forecasts,
        "champion_picks": champion.picks,
        "stages": [{**asdict(stage), "lost_players": list(stage.lost_players)} for stage in stages],
        "degraded": list(degraded),
    }
    if degraded or publication.guard.withheld is not None or not is_judged(plan, scan_counts, day):
        return section, last_good
    counted = {stage.stage: stage.players for stage in stages if stage.players is not None}
    return section, {"games": count.games, **counted}


def skipped_section(plan: Plan, scan_counts: ScanCounts, publication: Publication) -> dict[str, Any]:
    """Return what a manifest tells of rows that could not be used: the first of them, and how many there are.

    Any document may lack rows that are ``unowned``: those of a player are told by his documents, and those of a table
    that only the funnel counts by nothing else.
    """
    found: list[dict[str, Any]] = [
        {
            "table": rows.key,
            "column": rows.column,
            "player": rows.player or None,
            "date": rows.day or None,
            "key": rows.row or None,
            "value": rows.value,
            "rows": rows.rows,
            "unowned": not rows.player,
            "problem": rows.error,
        }
        for rows in publication.skipped
    ]
    if publication.day == plan.dates[-1]:
        found.extend(
            {
                "table": table,
                "column": column,
                "player": unusable.player or None,
                "date": unusable.day or None,
                "key": unusable.key or None,
                "value": value,
                "rows": unusable.rows,
                # Whose row it was, and of when, nobody can tell.
                "unowned": _is_date(table, column) and not unusable.player,
                "problem": f"{column} is {value}: "
                + ("it is of no date" if _is_date(table, column) else "it counts for no stage"),
            }
            for (table, column, value), unusable in scan_counts.rosters.unusable.items()
            # No stage reports the rows of a table that it does not decode, nor those that are of no date.
            if table not in plan.built_from or table == PLAYER_ALIASES.name or _is_date(table, column)
        )
    found.sort(key=_owned)
    return {"skipped_rows": found[:_MOST_SKIPPED], "skipped_rows_total": sum(rows["rows"] for rows in found)}


def _is_date(table: str, column: str) -> bool:
    return table_named(table).partition == column


def _owned(line: Mapping[str, Any]) -> bool:
    return not line["unowned"]


def guard_section(guard: DateVerdict) -> dict[str, Any]:
    """Return what a manifest tells of the guard."""
    return {
        "withheld": guard.withheld,
        "is_busy": guard.is_busy,
        "accepted": list(guard.accepted),
        "losses": [{**asdict(loss), "players": list(loss.players)} for loss in guard.losses],
    }
