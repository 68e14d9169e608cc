"""A version of a date's subset picks as the rows to freeze: what was selected, when, and under which rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exporters.league.arithmetic.dates import utc
from exporters.league.subsets.members import Candidate, Definition, total_available
from exporters.league.subsets.public_names import SUBSETS
from exporters.subsets.book import SubsetBook
from exporters.warehouse.forecast_rows import SubsetPickRow, SubsetVersionRow
from exporters.warehouse.schema import Instant


@dataclass(frozen=True)
class SubsetVersion:
    """One selection of a date's picks, for all models (contract C §1.3).

    Attributes:
        version: The row that makes the version known; written last, it marks the picks as complete (M-2, M-6).
        picks: Its picks by subset, best first; there may be none.
        members: Subset id to number of picks, empty subsets included.
        available: Forecasts that could be chosen from, of all models.
    """

    version: SubsetVersionRow
    picks: tuple[SubsetPickRow, ...]
    members: Mapping[str, int]
    available: int


def version_id_of(computed_at: Instant) -> str:
    """Return the id of a version: its instant in UTC, to the microsecond; ids sort by time (contract M-6)."""
    return f"v_{utc(computed_at):%Y%m%d_%H%M%S_%f}"


def subset_version(book: SubsetBook, *, run_id: str, trigger_source: str) -> SubsetVersion | None:
    """Return the version that a run freezes of a date; None when it may not be frozen.

    Args:
        book: The subsets of the date.
        run_id: The run, by which a retry is known.
        trigger_source: Origin of the request.
    """
    if not book.may_be_frozen:
        return None
    picks = tuple(_rows(book, run_id, trigger_source or "unknown"))
    return SubsetVersion(
        SubsetVersionRow(book.date, version_id_of(book.now), book.now, len(picks), True),
        picks,
        {definition.subset_id: len(members) for definition, members in book.selected.items()},
        len(book.candidates),
    )


def _rows(book: SubsetBook, run_id: str, trigger_source: str) -> Iterator[SubsetPickRow]:
    available = total_available(book.candidates)
    for definition, members in book.selected.items():
        for rank, candidate in enumerate(members, start=1):
            yield _row(book, definition, candidate, rank, run_id, trigger_source, available[definition.system_id])


def _row(
    book: SubsetBook,
    definition: Definition,
    candidate: Candidate,
    rank: int,
    run_id: str,
    trigger_source: str,
    available: int,
) -> SubsetPickRow:
    subset, created = SUBSETS.get(definition.subset_id), candidate["prediction_created_at"]
    return SubsetPickRow(
        game_date=book.date,
        subset_id=definition.subset_id,
        player_lookup=candidate["player_lookup"],
        system_id=definition.system_id,
        prediction_id=candidate["prediction_id"],
        game_id=candidate["game_id"],
        rank_in_subset=rank,
        version_id=version_id_of(book.now),
        computed_at=book.now,
        trigger_source=trigger_source,
        batch_id=run_id,
        player_name=candidate["player_name"],
        team=candidate["team"],
        opponent=candidate["opponent"],
        predicted_points=candidate["predicted_points"],
        current_points_line=candidate["current_points_line"],
        recommendation=candidate["recommendation"],
        confidence_score=candidate["confidence_score"],
        edge=candidate["edge"],
        composite_score=candidate["composite_score"],
        feature_quality_score=candidate["feature_quality_score"],
        default_feature_count=candidate["default_feature_count"],
        line_source=candidate["line_source"],
        prediction_run_mode=candidate["prediction_run_mode"],
        prediction_made_before_game=candidate["prediction_made_before_game"],
        quality_alert_level=candidate["quality_alert_level"],
        subset_name=None if subset is None else subset.name,
        min_edge=definition.min_edge,
        min_confidence=definition.min_confidence,
        top_n=definition.top_n,
        daily_signal=book.market.signal,
        pct_over=book.market.pct_over,
        total_predictions_available=available,
        prediction_created_at=None if created is None else Instant(created),
    )
