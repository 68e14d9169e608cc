from __future__ import annotations

from decimal import Decimal

import pytest

from exporters.league.forecasts.lines import is_real_line


@pytest.mark.parametrize("source", ["ACTUAL_PROP", "ODDS_API", "BETTINGPROS"])
def test_a_line_that_a_bookmaker_offered_is_real(source: str) -> None:
    assert is_real_line(Decimal("22.5"), source)
    assert is_real_line(Decimal("20.5"), source)


@pytest.mark.parametrize("line", [None, Decimal(20), Decimal("20.0")], ids=str)
def test_no_line_and_the_placeholder_are_not(line: Decimal | None) -> None:
    assert not is_real_line(line, "ACTUAL_PROP")


@pytest.mark.parametrize("source", [None, "", "ESTIMATED_AVG", "NO_PROP_LINE", "actual_prop"])
def test_a_line_of_another_source_is_not(source: str | None) -> None:
    assert not is_real_line(Decimal("22.5"), source)
