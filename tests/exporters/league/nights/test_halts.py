from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from exporters.config import ExportConfig
from exporters.league.forecasts.readiness import ScanCounts
from exporters.league.nights.halts import Halt, halt_on
from exporters.league.nights.slate import Slate
from exporters.warehouse.tables import HALTS
from tests.support.rows import TONIGHT, Row, by_table, halt_row

NOT_HALTED = {"halt_active": False, "halt_reason": None, "halt_since": None}
UNKNOWN = {"halt_active": True, "halt_reason": "unknown_state", "halt_since": None}


def envelope(*rows: Row, days_later: int = 0, lacking: bool = False) -> dict[str, Any]:
    """Return the envelope of tonight, as asked for at noon in New York some days later."""
    asked = f"{TONIGHT + timedelta(days=days_later)}T17:00:00+00:00"
    counts = ScanCounts(absent={HALTS.name: ("",)} if lacking else {})
    return halt_on(Slate(TONIGHT, asked, ExportConfig(), counts, {}, by_table(rows))).envelope


def test_three_keys_in_order() -> None:
    assert list(Halt().envelope) == ["halt_active", "halt_reason", "halt_since"]


def test_a_halt_says_why_and_since_when() -> None:
    row = halt_row(halt_active=True, halt_reason="edge_collapse", halt_since="2025-01-12")
    assert envelope(row) == {"halt_active": True, "halt_reason": "edge_collapse", "halt_since": "2025-01-12"}


def test_a_date_that_is_not_halted_says_nothing_else() -> None:
    assert envelope(halt_row(halt_reason="manual", halt_since="2025-01-12")) == NOT_HALTED


@pytest.mark.parametrize("reason", [None, "", "a_new_reason"])
def test_a_halt_for_no_known_reason_is_of_an_unknown_state(reason: str | None) -> None:
    made = envelope(halt_row(halt_active=True, halt_reason=reason, halt_since="2025-01-12"))
    assert (made["halt_active"], made["halt_reason"], made["halt_since"]) == (True, "unknown_state", "2025-01-12")


def test_the_row_that_was_written_last_counts() -> None:
    early = halt_row(halt_active=True, halt_reason="manual", written_at="2025-01-15T10:00:00Z")
    late = halt_row(written_at="2025-01-15T10:00:01Z")
    assert envelope(early, late) == envelope(late, early) == NOT_HALTED


@pytest.mark.parametrize(
    "row",
    [
        halt_row(effective_date=TONIGHT - timedelta(days=1)),
        halt_row(effective_date=TONIGHT + timedelta(days=1)),
        halt_row(sport="mlb"),
    ],
)
def test_rows_of_other_dates_and_sports_say_nothing(row: Row) -> None:
    assert envelope(row) == UNKNOWN


@pytest.mark.parametrize(("days_later", "halted"), [(-1, False), (0, True), (7, True), (8, False)])
def test_a_date_without_a_row_is_halted_for_a_week(days_later: int, halted: bool) -> None:
    assert envelope(days_later=days_later) == (UNKNOWN if halted else NOT_HALTED)


def test_the_age_of_a_date_is_counted_in_new_york() -> None:
    # 23:00 in New York on the seventh day after the date.
    slate = Slate(date(2025, 1, 15), "2025-01-23T04:00:00+00:00", ExportConfig(), ScanCounts(), {}, {})
    assert halt_on(slate).envelope == UNKNOWN


def test_without_the_table_no_date_is_halted() -> None:
    assert envelope(lacking=True) == NOT_HALTED
