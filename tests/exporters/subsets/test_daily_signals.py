from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.config import ExportConfig
from exporters.declaration import Json
from exporters.subsets.daily_signals import DAILY_SIGNALS
from tests.support.disorder import disordered, nulled
from tests.support.nights import document
from tests.support.rows import Row, signal_row
from tests.support.worlds import PROPERTY

FEW = settings(PROPERTY, max_examples=20)


def conditions(*rows: Row, **options: Any) -> Json:
    return document(DAILY_SIGNALS, *rows, **options)


def test_a_date_with_a_signal() -> None:
    value = conditions(signal_row())
    assert value == {
        "date": "2025-01-15",
        "generated_at": "2025-01-15T18:00:00.123456+00:00",
        "model": "phoenix",
        "signal": "favorable",
        "metrics": {"conditions": "balanced", "picks": 8},
    }
    assert list(value) == ["date", "generated_at", "model", "signal", "metrics"]
    assert list(value["metrics"]) == ["conditions", "picks"]


def test_a_date_without_one() -> None:
    """§4.4, D-5."""
    other = [signal_row(game_date="2025-01-14"), signal_row(system_id="another")]
    for rows in ([], other):
        value = conditions(*rows)
        assert value == {
            "date": "2025-01-15",
            "generated_at": "2025-01-15T18:00:00.123456+00:00",
            "model": "phoenix",
            "signal": "neutral",
            "metrics": {"conditions": "unknown", "picks": 0},
            "note": "No data available for this date",
        }
        assert list(value)[-1] == "note"


def test_is_declared_for_short_caching() -> None:
    assert DAILY_SIGNALS.path == "signals/{date}.json"
    assert DAILY_SIGNALS.cache.header == "public, max-age=300"
    assert not DAILY_SIGNALS.gates


@pytest.mark.parametrize(
    ("stored", "published"),
    [
        ("GREEN", "favorable"),
        ("YELLOW", "neutral"),
        ("RED", "challenging"),
        (None, "neutral"),
        ("green", "neutral"),
        ("PURPLE", "neutral"),
    ],
)
def test_signal_words(stored: str | None, published: str) -> None:
    """§0.4."""
    assert conditions(signal_row(daily_signal=stored))["signal"] == published


@pytest.mark.parametrize(
    ("stored", "published"),
    [
        ("BALANCED", "balanced"),
        ("OVER_HEAVY", "over_heavy"),
        ("UNDER_HEAVY", "under_heavy"),
        (None, "unknown"),
        ("LOPSIDED", "unknown"),
    ],
)
def test_conditions_words(stored: str | None, published: str) -> None:
    """D-3: an unrecorded signal is not published as balanced."""
    assert conditions(signal_row(skew_category=stored))["metrics"]["conditions"] == published


def test_unknown_picks_are_none() -> None:
    """D-3."""
    assert conditions(signal_row(high_edge_picks=None))["metrics"]["picks"] == 0


def test_conditions_and_signal_may_disagree() -> None:
    """D-4."""
    value = conditions(signal_row(skew_category="OVER_HEAVY", daily_signal="GREEN", pct_over=43.0))
    assert (value["metrics"]["conditions"], value["signal"]) == ("over_heavy", "favorable")


def test_the_latest_calculation_counts() -> None:
    """D-2."""
    rows = [
        signal_row(daily_signal="RED", calculated_at="2025-01-15T09:00Z"),
        signal_row(daily_signal="YELLOW", calculated_at="2025-01-15T13:00Z"),
        signal_row(daily_signal="GREEN", calculated_at=None),
    ]
    assert conditions(*rows)["signal"] == "neutral"


def test_the_champion_is_configuration() -> None:
    """D-1, G-3."""
    value = conditions(signal_row(), signal_row(system_id="next", daily_signal="RED"), config=ExportConfig("next"))
    assert (value["model"], value["signal"]) == ("phoenix", "challenging")


ROWS = [
    signal_row(calculated_at=at, daily_signal=word, high_edge_picks=picks, pct_over=share)
    for at in (None, "2025-01-15T13:00Z")
    for word in ("GREEN", "RED")
    for picks, share in ((3, 30.0), (8, None))
]


@FEW
@given(seed=st.integers(0, 1000))
def test_order_and_duplicates_change_nothing(seed: int) -> None:
    assert conditions(*disordered(ROWS, seed)) == conditions(*ROWS)


@FEW
@given(seed=st.integers(0, 1000))
def test_nulls_never_break_it(seed: int) -> None:
    value = conditions(*nulled(ROWS, seed))
    assert value["signal"] in ("favorable", "neutral", "challenging")
    assert isinstance(value["metrics"]["picks"], int)
