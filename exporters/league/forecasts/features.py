"""The feature vector that a forecast was made from: one row per player and date, its elements addressed by name."""

from __future__ import annotations

import math
from collections.abc import Iterable

from exporters.config import RULES
from exporters.declaration import Read
from exporters.warehouse.forecast_rows import FeatureRow
from exporters.warehouse.selection import known, latest
from exporters.warehouse.tables import FEATURES

READS = (
    Read(
        FEATURES,
        (
            "player_lookup",
            "game_date",
            "features",
            "feature_names",
            "feature_version",
            "is_home",
            "days_rest",
            "created_at",
            "updated_at",
        ),
    ),
)
QUALITY_READS = (
    Read(
        FEATURES,
        (
            "player_lookup",
            "game_date",
            "feature_version",
            "quality_alert_level",
            "feature_quality_score",
            "default_feature_count",
            "created_at",
            "updated_at",
        ),
    ),
)

SEASON_AVERAGE, BACK_TO_BACK = "points_avg_season", "back_to_back"


def select_features(rows: Iterable[FeatureRow]) -> FeatureRow | None:
    """Return the row of one player's date: the newest, then the greatest feature version (contract R8, P&R §5)."""
    return latest(rows, by=lambda row: (known(row.updated_at or row.created_at), row.feature_version))


def feature(row: FeatureRow | None, name: str) -> float | None:
    """Return an element of a vector; None when the vector has no such element, or no number there (contract R5).

    A position is trusted only where the row names none of its elements: any other vector may be ordered differently.
    """
    if row is None:
        return None
    position = _position(row.feature_names, name)
    if position is None or position >= len(row.features):
        return None
    value = row.features[position]
    return value if math.isfinite(value) else None


def _position(names: tuple[str, ...], name: str) -> int | None:
    if not names:
        return RULES.sources.feature_positions[name]
    return names.index(name) if name in names else None
