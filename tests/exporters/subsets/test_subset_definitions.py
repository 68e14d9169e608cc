from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.config import ExportConfig
from exporters.declaration import Json
from exporters.league.subsets.public_names import SUBSETS
from exporters.subsets.subset_definitions import SUBSET_DEFINITIONS
from tests.support.disorder import disordered, nulled
from tests.support.nights import document
from tests.support.rows import Row
from tests.support.subset_rows import AURORA, SUMMIT, TODAY, UNDISPLAYED, definition, definitions
from tests.support.worlds import PROPERTY

FEW = settings(PROPERTY, max_examples=20)


def catalogue(*rows: Row, day: date = TODAY, **options: Any) -> Json:
    return document(SUBSET_DEFINITIONS, *rows, day=day, **options)


def test_the_catalogue() -> None:
    """T-1: descriptions by the table of names."""
    assert catalogue(*definitions()) == {
        "generated_at": "2025-01-15T18:00:00.123456+00:00",
        "version": 2,
        "model_groups": [
            {
                "model_id": "phoenix",
                "model_name": "Phoenix",
                "model_type": "primary",
                "description": "Our primary prediction engine",
                "subsets": [
                    {"id": "1", "name": "Top Pick", "description": "Single best pick"},
                    {"id": "2", "name": "Top 3", "description": "Top 3 picks"},
                    {"id": "3", "name": "Top 5", "description": "Top 5 picks"},
                    {"id": "4", "name": "High Edge OVER", "description": "High-edge OVER picks"},
                    {"id": "5", "name": "High Edge All", "description": "All high-edge picks"},
                    {"id": "6", "name": "Ultra High Edge", "description": "Highest edge picks"},
                    {"id": "7", "name": "Green Light", "description": "Picks in favorable conditions"},
                    {"id": "8", "name": "All Picks", "description": "All qualifying picks"},
                ],
            },
            {
                "model_id": "aurora",
                "model_name": "Aurora",
                "model_type": "specialist",
                "description": "Specialist engine with a different approach",
                "subsets": [
                    {"id": "9", "name": "UNDER Top 3", "description": "Top 3 UNDER picks"},
                    {"id": "10", "name": "UNDER All", "description": "All UNDER picks"},
                    {"id": "11", "name": "Q43 All Picks", "description": "All picks from this engine"},
                ],
            },
            {
                "model_id": "summit",
                "model_name": "Summit",
                "model_type": "specialist",
                "description": "Conservative specialist engine",
                "subsets": [
                    {"id": "12", "name": "Q45 UNDER Top 3", "description": "Top 3 UNDER picks"},
                    {"id": "13", "name": "Q45 All Picks", "description": "All picks from this engine"},
                ],
            },
        ],
        "as_of_date": "2026-02-10",
    }


def test_key_order() -> None:
    value = catalogue(*definitions())
    assert list(value) == ["generated_at", "version", "model_groups", "as_of_date"]
    assert list(value["model_groups"][0]) == ["model_id", "model_name", "model_type", "description", "subsets"]
    assert list(value["model_groups"][0]["subsets"][0]) == ["id", "name", "description"]


def test_is_declared_at_a_fixed_path() -> None:
    assert SUBSET_DEFINITIONS.path == "systems/subsets.json"
    assert SUBSET_DEFINITIONS.cache.header == "public, max-age=86400"
    assert SUBSET_DEFINITIONS.make_card is None


def test_unnamed_subsets_and_models_are_left_out() -> None:
    """T-3, G-8, M-9."""
    rows = [
        definition("secret_sauce", 3),
        definition("other_sauce", 3),
        definition("all_picks", 3, system_id=UNDISPLAYED),
        definition("top_3", 3, system_id="nobody"),
        definition("top_5", 3, system_id=None),
    ]
    assert catalogue(*rows)["model_groups"] == []


def test_inactive_definitions_are_left_out() -> None:
    rows = [definition("all_picks", 3, is_active=False), definition("top_3", 3, is_active=None)]
    assert catalogue(*rows)["model_groups"] == []


def test_nothing() -> None:
    """§6.4."""
    value = catalogue()
    assert value["model_groups"] == []
    assert SUBSET_DEFINITIONS.is_empty(value)


def test_two_systems_of_one_public_model_share_its_group() -> None:
    config = ExportConfig(codenames={AURORA: "aurora", SUMMIT: "aurora"})
    value = catalogue(*definitions(), config=config)
    assert [group["model_id"] for group in value["model_groups"]] == ["phoenix", "aurora"]
    assert [subset["id"] for subset in value["model_groups"][1]["subsets"]] == ["9", "10", "11", "12", "13"]


@FEW
@given(seed=st.integers(0, 1000))
def test_order_and_duplicates_change_nothing(seed: int) -> None:
    """F-5."""
    renamed = [row._replace(subset_name="Renamed") for row in definitions()]
    assert catalogue(*disordered([*definitions(), *renamed], seed)) == catalogue(*definitions())


@FEW
@given(seed=st.integers(0, 1000))
def test_nulls_never_break_it(seed: int) -> None:
    value = catalogue(*nulled(definitions(), seed))
    shown = [subset["id"] for group in value["model_groups"] for subset in group["subsets"]]
    assert set(shown) <= {subset.id for subset in SUBSETS.values()}
    assert len(shown) == len(set(shown))
