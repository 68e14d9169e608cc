"""What models and subsets are called in public: one table for every document that names them.

Internal ids and what they give away stay inside (contract C §0.4, G-8, T-1, Y7). Which system goes by which
``model_id`` is configuration; who is not in these tables is not published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exporters.config import ExportConfig


@dataclass(frozen=True)
class PublicModel:
    """A model as the site names it.

    Attributes:
        model_id: Its codename, in place of the system id.
        name: Display name; the codename itself without a display entry.
        type: ``primary``, ``specialist``, or ``unknown`` without a display entry.
        description: One sentence; empty without a display entry.
    """

    model_id: str
    name: str
    type: str
    description: str

    @property
    def is_primary(self) -> bool:
        """Whether it is the champion."""
        return self.type == "primary"

    @property
    def is_displayed(self) -> bool:
        """Whether it has a display entry; the subset documents show no other models (contract G-8)."""
        return self.type != "unknown"

    @property
    def order(self) -> tuple[bool, str]:
        """Sort key of every document: the champion first, the others by codename."""
        return (not self.is_primary, self.model_id)


@dataclass(frozen=True)
class PublicSubset:
    """A subset as the site names it.

    Attributes:
        subset_id: The internal id.
        id: The public id: digits, as text.
        name: Display name.
        description: One line.
        model_id: The model that owns it.
    """

    subset_id: str
    id: str
    name: str
    description: str
    model_id: str

    @property
    def order(self) -> int:
        """Sort key within a model's group."""
        return int(self.id)


CHAMPION = PublicModel("phoenix", "Phoenix", "primary", "Our primary prediction engine")
"""The configured champion, whichever model that is."""
DISPLAYED = (
    CHAMPION,
    PublicModel("aurora", "Aurora", "specialist", "Specialist engine with a different approach"),
    PublicModel("summit", "Summit", "specialist", "Conservative specialist engine"),
)
"""The models with a display entry."""
SUBSETS: Mapping[str, PublicSubset] = {
    subset.subset_id: subset
    for subset in (
        PublicSubset("top_pick", "1", "Top Pick", "Single best pick", "phoenix"),
        PublicSubset("top_3", "2", "Top 3", "Top 3 picks", "phoenix"),
        PublicSubset("top_5", "3", "Top 5", "Top 5 picks", "phoenix"),
        PublicSubset("high_edge_over", "4", "High Edge OVER", "High-edge OVER picks", "phoenix"),
        PublicSubset("high_edge_all", "5", "High Edge All", "All high-edge picks", "phoenix"),
        PublicSubset("ultra_high_edge", "6", "Ultra High Edge", "Highest edge picks", "phoenix"),
        PublicSubset("green_light", "7", "Green Light", "Picks in favorable conditions", "phoenix"),
        PublicSubset("all_picks", "8", "All Picks", "All qualifying picks", "phoenix"),
        PublicSubset("q43_under_top3", "9", "UNDER Top 3", "Top 3 UNDER picks", "aurora"),
        PublicSubset("q43_under_all", "10", "UNDER All", "All UNDER picks", "aurora"),
        PublicSubset("q43_all_picks", "11", "Q43 All Picks", "All picks from this engine", "aurora"),
        PublicSubset("q45_under_top3", "12", "Q45 UNDER Top 3", "Top 3 UNDER picks", "summit"),
        PublicSubset("q45_all_picks", "13", "Q45 All Picks", "All picks from this engine", "summit"),
    )
}
"""Every subset that may be named in public, by internal id."""

_BY_MODEL_ID = {model.model_id: model for model in DISPLAYED}


def public_model(system_id: str | None, config: ExportConfig) -> PublicModel | None:
    """Return what a system is called in public; None for one that must not be named.

    Args:
        system_id: The system; null means the champion (rows that predate the column).
        config: Who the champion is, and the codenames of the others.
    """
    if system_id is None or system_id == config.champion_system_id:
        return CHAMPION
    codename = config.codenames.get(system_id)
    if codename is None or codename == CHAMPION.model_id:
        return None
    return _BY_MODEL_ID.get(codename) or PublicModel(codename, codename, "unknown", "")
