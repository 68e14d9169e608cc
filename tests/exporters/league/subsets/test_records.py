from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from exporters.config import ExportConfig
from exporters.league.subsets.records import Balance, SubsetRecords

PAYOUT = ExportConfig().subsets.payout
SEASON = date(2025, 10, 21)


def record(days: list[date], target: date) -> dict[str, int]:
    """Return the wins of each window of a subset that won a pick on each of some days."""
    found = SubsetRecords([("s", day, "hit") for day in days]).record("s", target, SEASON)
    assert found is not None
    return {window: one["wins"] for window, one in found.items()}


class TestBalance:
    @pytest.mark.parametrize(
        ("wins", "losses", "percent"), [(1, 15, 6.3), (1, 2, 33.3), (2, 1, 66.7), (0, 0, 0.0), (3, 0, 100.0)]
    )
    def test_percent(self, wins: int, losses: int, percent: float) -> None:
        """V15: half away from zero."""
        assert Balance(wins, losses).percent == percent

    @pytest.mark.parametrize(
        ("wins", "losses", "roi"),
        [(1, 0, 90.9), (2, 1, 27.3), (3, 1, 43.2), (0, 1, -100.0), (0, 0, 0.0), *((n, n, -4.6) for n in range(1, 21))],
    )
    def test_roi(self, wins: int, losses: int, roi: float) -> None:
        """V8, F-3: with as many wins as losses it is exactly -4.55, which goes away from zero."""
        assert Balance(wins, losses).roi(PAYOUT) == roi

    def test_roi_has_no_negative_zero(self) -> None:
        """§5.3: 11-10 is -0.005 percent."""
        assert str(Balance(11, 10).roi(PAYOUT)) == "0.0"

    def test_roi_is_rounded_once(self) -> None:
        for wins in range(30):
            for losses in range(30):
                if wins + losses:
                    exact = 100 * (Fraction(909, 1000) * wins - losses) / (wins + losses)
                    found = Decimal(str(Balance(wins, losses).roi(PAYOUT)))
                    assert abs(Fraction(found) - exact) <= Fraction(1, 20)


class TestRecord:
    def test_windows_end_before_the_date(self) -> None:
        """V14, V6."""
        target = date(2026, 2, 2)
        assert SubsetRecords([("s", target, "hit")]).record("s", target, SEASON) is None
        assert record([target - timedelta(days=1), target], target) == {"season": 1, "month": 1, "week": 0}

    @pytest.mark.parametrize(
        ("target", "week", "month"),
        [
            (date(2026, 2, 2), date(2026, 2, 2), date(2026, 2, 1)),
            (date(2026, 3, 1), date(2026, 2, 23), date(2026, 3, 1)),
            (date(2025, 11, 1), date(2025, 10, 27), date(2025, 11, 1)),
            (date(2026, 2, 10), date(2026, 2, 9), date(2026, 2, 1)),
        ],
    )
    def test_starts(self, target: date, week: date, month: date) -> None:
        """V14: Monday, and the first of the month."""
        days = [target - timedelta(days=n) for n in range(60)]
        found = record(days, target)
        assert found["week"] == (target - week).days
        assert found["month"] == (target - month).days
        assert found["season"] == min((target - SEASON).days, 59)

    def test_no_window_reaches_into_the_season_before(self) -> None:
        """G-6."""
        target = SEASON + timedelta(days=1)
        days = [SEASON - timedelta(days=n) for n in range(10)]
        assert record(days, target) == {"season": 1, "month": 1, "week": 1}

    def test_neither_pushes_nor_open_picks_count(self) -> None:
        day = date(2026, 2, 1)
        results = [("s", day, result) for result in ("push", None, "hit", "miss", "miss")]
        assert SubsetRecords(results).record("s", date(2026, 2, 2), SEASON) == {
            "season": {"wins": 1, "losses": 2, "pct": 33.3},
            "month": {"wins": 1, "losses": 2, "pct": 33.3},
            "week": {"wins": 0, "losses": 0, "pct": 0.0},
        }

    def test_with_nothing_graded_is_zeros_and_without_picks_is_none(self) -> None:
        """§0.5, P-6."""
        records = SubsetRecords([("s", date(2026, 2, 1), None)])
        zero = {"wins": 0, "losses": 0, "pct": 0.0}
        assert records.record("s", date(2026, 2, 2), SEASON) == {"season": zero, "month": zero, "week": zero}
        assert records.record("other", date(2026, 2, 2), SEASON) is None
        assert records.between("other", SEASON, date(2026, 2, 2)) is None
