from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from exporters.league.forecasts.odds import Odds, best_odds
from tests.support.rows import Row, props_row

LINE = Decimal("22.5")


def over(*rows: Row) -> int | None:
    (found,) = {best_odds(order, LINE).over for order in permutations(rows)}
    return found


def test_a_line_without_an_offer_has_no_odds() -> None:
    assert best_odds([], LINE) == Odds(None, None)
    assert best_odds([props_row(points_line=23.5)], LINE) == Odds(None, None)


def test_the_best_odds_of_each_side() -> None:
    offers = [
        props_row(odds_american=-115, bookmaker="A"),
        props_row(odds_american=-105, bookmaker="B"),
        props_row(odds_american=100, bookmaker="C"),
        props_row(odds_american=-120, bookmaker="A", bet_side="under"),
    ]
    assert best_odds(offers, LINE) == Odds(100, -120)


def test_b1_d5_another_market_with_the_same_number_supplies_no_odds() -> None:
    assists = props_row(market_type="assists", odds_american=900, bookmaker="A")
    assert over(assists) is None
    assert over(assists, props_row(odds_american=-110)) == -110


@pytest.mark.parametrize("line", [float("nan"), float("inf")])
def test_s_d7_an_offer_whose_line_is_no_number_is_no_offer(line: float) -> None:
    assert over(props_row(points_line=line, odds_american=900, bookmaker="A"), props_row(odds_american=-110)) == -110


@pytest.mark.parametrize("values", [{"is_active": False}, {"is_best_line": False}])
def test_b1_d5_only_active_best_line_offers_take_part(values: dict[str, Any]) -> None:
    assert over(props_row(odds_american=900, bookmaker="A", **values), props_row(odds_american=-110)) == -110


def test_b1_d5_an_old_snapshot_does_not_beat_the_current_one_of_its_bookmaker() -> None:
    old = props_row(odds_american=150, bookmaker_last_update="2025-01-15T09:00:00Z")
    now = props_row(odds_american=-130, bookmaker_last_update="2025-01-15T17:00:00Z")
    assert over(old, now) == -130
    assert over(old, now, props_row(odds_american=-125, bookmaker="Other")) == -125


@pytest.mark.parametrize(
    ("odds", "shown"),
    [(-100, -100), (100, 100), (99, None), (-99, None), (50, None), (0, None), (10_000, 10_000), (-10_000, -10_000)],
)
def test_odds_below_100_are_not_odds(odds: int, shown: int | None) -> None:
    assert over(props_row(odds_american=odds)) == shown


@pytest.mark.parametrize("odds", [10_001, -10_001, 199_900])
def test_b1_d22_odds_beyond_10000_are_not_odds(odds: int) -> None:
    assert over(props_row(odds_american=odds)) is None
    assert over(props_row(odds_american=odds), props_row(odds_american=-110, bookmaker="Other")) == -110


@pytest.mark.parametrize(
    ("offered", "matches"), [(22.5, True), (22.50001, True), (22.46, True), (22.44, False), (22, False)]
)
def test_lines_are_compared_to_one_decimal(offered: float, matches: bool) -> None:
    assert (over(props_row(points_line=offered)) is not None) is matches


def test_sides_are_recognised_in_any_case() -> None:
    assert best_odds(
        [props_row(bet_side="Over"), props_row(bet_side="UNDER"), props_row(bet_side="push")], LINE
    ) == Odds(-110, -110)
