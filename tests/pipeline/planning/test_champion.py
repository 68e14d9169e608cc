from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from exporters.registry import exports
from exporters.warehouse.tables import ACCURACY, PREDICTIONS
from pipeline.planning.champion import ChampionError, check_champion, shows_champion
from tests.support.plans import EASY, plan_of
from tests.support.rows import CHAMPION, prediction_row
from tests.support.warehouses import ForbiddenWarehouse, MemoryWarehouse
from transforms.elements.tables import ScanStream

DAY = date(2026, 1, 20)
NEXT = DAY + timedelta(days=1)
SHOWING = ("best-bets", "live-grading", "predictions", "tonight", "tonight-players")


def rows(system: str, *, day: date = DAY, count: int = 3, **values: Any) -> list[Any]:
    return [prediction_row(game_date=day, system_id=system, player_lookup=f"p{n}", **values) for n in range(count)]


def warehouse(*found: list[Any]) -> MemoryWarehouse:
    return MemoryWarehouse({PREDICTIONS: [row for some in found for row in some]})


def plan(*types: str, last: date = DAY, fallbacks: tuple[str, ...] = (), champion: str = CHAMPION) -> Any:
    config = replace(EASY, champion_system_id=champion, fallback_system_ids=fallbacks)
    return plan_of(*types, first=DAY, last=last, config=config)


def test_the_types_that_show_the_champion() -> None:
    assert tuple(name for name, export in exports().items() if shows_champion(export)) == SHOWING


@pytest.mark.parametrize("name", SHOWING)
def test_an_unknown_champion_is_rejected_and_the_others_are_named(name: str) -> None:
    with pytest.raises(ChampionError) as raised:
        check_champion(plan(name, champion="typo"), warehouse(rows("beta", count=2), rows("alpha")))
    assert str(raised.value) == (
        "champion typo has no forecasts for 2026-01-20, while alpha (3) and beta (2) have; "
        "documents would show no forecast: give one of these as --champion_system_id, "
        "list a fallback in --fallback_system_ids, or correct the table"
    )


def test_an_unknown_champion_is_rejected_whatever_else_is_requested() -> None:
    with pytest.raises(ChampionError, match="typo has no forecasts"):
        check_champion(plan("predictions", "results", champion="typo"), warehouse(rows("alpha")))


def test_one_whose_forecasts_are_all_inactive_is_rejected() -> None:
    found = warehouse(rows(CHAMPION, is_active=False), rows("alpha"))
    with pytest.raises(ChampionError, match=rf"{CHAMPION} has no active forecasts .* while alpha \(3\) has;"):
        check_champion(plan("predictions", "tonight"), found)


def test_types_that_show_no_forecasts_are_not_held_up_by_inactive_ones() -> None:
    found = warehouse(rows(CHAMPION, is_active=False), rows("alpha"))
    mixed = plan("predictions", "streaks")
    assert check_champion(mixed, found) == mixed


def test_requests_of_types_that_show_no_forecasts_read_nothing() -> None:
    alone = plan("results", "streaks", champion="typo")
    assert check_champion(alone, ForbiddenWarehouse()) is alone  # type: ignore[arg-type]


def test_a_champion_with_forecasts_costs_one_narrow_scan() -> None:
    found = warehouse(rows(CHAMPION), rows("alpha"))
    one = plan("predictions")
    assert check_champion(one, found) is one
    (scan,) = found.scans
    assert (scan.columns, scan.first, scan.last) == (("game_date", "is_active", "system_id"), DAY, DAY)
    assert scan.equals == {"system_id": (CHAMPION,)}


def test_some_dates_without_are_left_to_the_gates() -> None:
    both = plan("predictions", last=NEXT)
    found = warehouse(rows(CHAMPION, day=NEXT), rows("alpha"), rows("alpha", day=NEXT))
    assert check_champion(both, found) is both


@pytest.mark.parametrize(
    "found",
    [[], rows("alpha", is_active=False), rows("alpha", day=NEXT), [{**rows("alpha")[0]._asdict(), "system_id": None}]],
    ids=["nothing", "inactive", "another date", "of nobody"],
)
def test_without_active_forecasts_of_any_model_the_champion_is_not_checked(found: list[Any]) -> None:
    one = plan("predictions")
    assert check_champion(one, warehouse(found)) is one


class TestFallback:
    def test_the_first_one_with_forecasts_leads(self) -> None:
        before = plan("best-bets", "results", fallbacks=("gone", "beta", "alpha"))
        led = check_champion(before, warehouse(rows("alpha"), rows("beta")))
        assert (led.config.champion_system_id, led.fallback_for) == ("beta", CHAMPION)
        assert led.scans_by_table[ACCURACY.name].equals == {"system_id": ("beta",)}
        assert {scan.table: scan.columns for scan in led.scans} == {scan.table: scan.columns for scan in before.scans}

    def test_none_leads_where_the_champion_has_forecasts(self) -> None:
        led = check_champion(plan("predictions", fallbacks=("alpha",)), warehouse(rows("alpha"), rows(CHAMPION)))
        assert (led.config.champion_system_id, led.fallback_for) == (CHAMPION, "")

    def test_one_that_is_not_listed_never_leads(self) -> None:
        with pytest.raises(ChampionError):
            check_champion(plan("predictions", fallbacks=("gone",)), warehouse(rows("alpha")))


def test_a_table_that_cannot_be_read_is_left_to_the_scan() -> None:
    broken = MemoryWarehouse({PREDICTIONS: rows("alpha")}, breaks={PREDICTIONS: "denied"})
    one = plan("predictions", champion="typo")
    assert check_champion(one, broken) is one
    known = replace(one, broken={PREDICTIONS.name: "denied"})
    assert check_champion(known, ForbiddenWarehouse()) is known  # type: ignore[arg-type]


def test_rows_without_a_date_count_nowhere() -> None:
    class Dateless(MemoryWarehouse):
        def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
            for batch in super().read(stream):
                yield batch
                days = pa.nulls(batch.num_rows, pa.date32())
                yield batch.set_column(batch.schema.get_field_index("game_date"), "game_date", days)

    one = plan("predictions")
    assert check_champion(one, Dateless({PREDICTIONS: rows(CHAMPION)})) is one
