from __future__ import annotations

from datetime import date

from exporters.config import ExportConfig
from exporters.league.forecasts.readiness import DayCount, ScanCounts
from exporters.league.nights.slate import Season, Slate
from exporters.tonight.streaks import STREAKS
from exporters.tonight.tonight import TONIGHT as TONIGHT_EXPORT
from exporters.warehouse.tables import SCHEDULE, SIGNALS
from tests.support.nights import GENERATED_AT
from tests.support.rows import TONIGHT, by_table, schedule_row, signal_row

CENSUS = ScanCounts(days={TONIGHT: DayCount(games=1)})


def test_a_slate_holds_the_cards_and_rows_of_its_date() -> None:
    rows = by_table([schedule_row(), signal_row()])
    slate = Slate(TONIGHT, GENERATED_AT, ExportConfig(), CENSUS, {TONIGHT_EXPORT.name: ["card"]}, rows)
    assert (slate.date, slate.generated_at, slate.count.games) == (TONIGHT, GENERATED_AT, 1)
    assert slate.cards(TONIGHT_EXPORT) == ["card"]
    assert slate.cards(STREAKS) == ()
    assert slate.rows(SIGNALS) == [signal_row()]
    assert slate.rows(SCHEDULE) == [schedule_row()]
    assert [game.home for game in slate.schedule.on(TONIGHT)] == ["LAL"]


def test_a_date_of_which_nothing_was_read() -> None:
    slate = Slate(TONIGHT, GENERATED_AT, ExportConfig(), ScanCounts(), {}, {})
    assert slate.count == DayCount()
    assert slate.rows(SCHEDULE) == ()
    assert slate.schedule.on(TONIGHT) == []


def test_a_season_adds_the_rows_of_its_slates() -> None:
    made = {STREAKS.name: {date(2025, 1, 13): {"n": 1}, date(2025, 1, 15): {"n": 2}}}
    season = Season(TONIGHT, GENERATED_AT, ExportConfig(), CENSUS, {}, {}, made)
    assert list(season.slate_rows(STREAKS).values()) == [{"n": 1}, {"n": 2}]
    assert season.slate_rows(TONIGHT_EXPORT) == {}
