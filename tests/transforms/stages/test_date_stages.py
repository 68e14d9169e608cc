from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import apache_beam as beam
import orjson
import pyarrow as pa

from exporters.config import ExportConfig
from exporters.league.forecasts.readiness import DayCount, ScanCounts
from exporters.warehouse.tables import SCHEDULE, SIGNALS
from tests.support.eager import run_eagerly
from tests.support.made_up import ALL, CURSED_POINTS, DIARY, LEADERS, ROSTER
from tests.support.plans import NO_GATES, made_up_plan
from tests.support.rows import schedule_row, signal_row
from tests.support.warehouses import arrow_rows
from transforms.elements.tables import TableBatch
from transforms.stages.date_stages import build_season, build_slate, rows_by_as_of_date
from transforms.stages.player_stage import CardBatch
from transforms.steps.build_dates import BuildDateStage, BuildSeasonStage

DAY = date(2026, 1, 5)
NEXT = DAY + timedelta(days=1)
CENSUS = ScanCounts(days={DAY: DayCount(games=1, context_rows=9), NEXT: DayCount(games=1, context_rows=9)})
CONFIG = ExportConfig(min_context_rows=1, gates=NO_GATES)


def plan_of(*exports: Any, first: date = DAY, last: date | None = None, **values: Any) -> Any:
    return made_up_plan(exports or ALL, first, last, config=CONFIG, **values)


def league(plan: Any, table: Any, *rows: Any) -> TableBatch:
    found = arrow_rows(table, rows).select(list(plan.scans_by_table[table.name].columns))
    return TableBatch(table.name, pa.RecordBatch.from_struct_array(found.to_struct_array().combine_chunks()))


def roster(player: str) -> tuple[str, Any]:
    return player, {"player": player, "rest": 2}


class TestSlates:
    def test_cards_of_all_shards_come_in_player_order(self) -> None:
        plan = plan_of(ROSTER)
        cards = [CardBatch({"roster": [roster("b"), roster("d")]}), CardBatch({"roster": [roster("a"), roster("c")]})]
        made = build_slate(plan, CENSUS, DAY, cards, [league(plan, SCHEDULE, schedule_row(game_date=DAY))])
        (document,) = made.documents.documents
        value = orjson.loads(document.content)
        assert [card["player"] for card in value["players"]] == ["a", "b", "c", "d"]
        assert value["games"] == 1
        assert (document.path, document.counts) == ("roster/2026-01-05.json", {"players": 4})
        assert set(made.documents.milliseconds) == {"roster"}

    def test_a_slate_without_anything_is_an_empty_document(self) -> None:
        (document,) = build_slate(plan_of(ROSTER), ScanCounts(), DAY, [], []).documents.documents
        assert document.empty

    def test_the_row_of_a_season_is_made_and_no_document(self) -> None:
        plan = plan_of(DIARY)
        signals = [league(plan, SIGNALS, signal_row(game_date=DAY, pct_over=n)) for n in (40, 30)]
        made = build_slate(plan, CENSUS, DAY, [CardBatch({"diary": [("b", "b"), ("a", "a")]})], signals)
        assert made.rows == {"diary": {"players": ["a", "b"], "pct_over": [30.0, 40.0]}}
        assert made.documents.documents == []

    def test_a_builder_that_raises_costs_its_document_and_the_failure_names_it(self) -> None:
        plan = plan_of(DIARY, ROSTER)
        cards = [CardBatch({"diary": [("a", "a")], "roster": [roster("a")]})]
        made = build_slate(
            plan, CENSUS, DAY, cards, [league(plan, SIGNALS, signal_row(game_date=DAY, pct_over=CURSED_POINTS))]
        )
        assert [document.export for document in made.documents.documents] == ["roster"]
        assert [(failure.step, failure.export, failure.key, failure.error) for failure in made.failures] == [
            ("BuildSlates", "diary", "diary.json", "ArithmeticError: 2026-01-05 went over all bounds")
        ]
        assert made.rows == {}

    def test_nothing_is_built_of_what_is_withheld_or_broken(self) -> None:
        plan = plan_of(ROSTER)
        withheld = ScanCounts(days={DAY: DayCount(games=0, context_rows=9)})
        assert build_slate(plan, withheld, DAY, [CardBatch({"roster": [roster("a")]})], []).documents.documents == []
        broken = ScanCounts(days=CENSUS.days, broken={SCHEDULE.name: "is gone"})
        made = build_slate(plan, broken, DAY, [CardBatch({"roster": [roster("a")]})], [])
        assert made.documents.documents == []
        assert made.failures == [], "the verdict tells"

    def test_a_league_wide_row_that_cannot_be_used_is_reported(self) -> None:
        plan = plan_of(ROSTER)
        rows = [schedule_row(game_date=DAY), schedule_row()._asdict() | {"game_date": DAY, "game_id": None}]
        made = build_slate(plan, CENSUS, DAY, [], [league(plan, SCHEDULE, *rows)])
        assert orjson.loads(made.documents.documents[0].content)["games"] == 1
        assert [(failure.step, failure.key) for failure in made.failures] == [("DecodeRows", SCHEDULE.name)]


class TestSeasons:
    def test_a_season_is_made_of_cards(self) -> None:
        cards = [CardBatch({"leaders": [("b", [7, "b"])]}), CardBatch({"leaders": [("a", [9, "a"])]})]
        (document,) = build_season(plan_of(LEADERS), CENSUS, DAY, cards, [], {}).documents.documents
        assert orjson.loads(document.content)["leaders"] == [[7, "b"], [9, "a"]]
        assert document.path == "leaders/2026-01-05.json"

    def test_a_season_is_made_of_the_rows_of_its_slates_in_order(self) -> None:
        slates = {NEXT: {"diary": {"n": 2}}, DAY: {"diary": {"n": 1}, "other": {"n": 3}}}
        (document,) = build_season(plan_of(DIARY, first=NEXT), CENSUS, NEXT, [], [], slates).documents.documents
        assert list(orjson.loads(document.content)["days"].items()) == [
            ("2026-01-05", {"n": 1}),
            ("2026-01-06", {"n": 2}),
        ]

    def test_a_failed_season_names_the_season_step(self) -> None:
        cards = [CardBatch({"leaders": [("a", [1, "a"]), ("b", "not a list")]})]
        made = build_season(plan_of(LEADERS), CENSUS, DAY, cards, [], {})
        assert made.documents.documents == []
        assert [(failure.step, failure.key) for failure in made.failures] == [
            ("BuildSeasons", "leaders/2026-01-05.json")
        ]

    def test_a_slate_gives_its_row_to_the_as_of_dates_of_its_season_from_it_on(self) -> None:
        def as_of(plan: Any, day: date) -> list[date]:
            made = build_slate(plan, ScanCounts(), day, [CardBatch({"diary": [("a", "a")]})], [])
            return [found for found, _ in rows_by_as_of_date(plan, made)]

        assert as_of(plan_of(DIARY, first=NEXT), DAY) == [NEXT]
        assert as_of(plan_of(DIARY), NEXT) == []
        assert as_of(plan_of(DIARY, first=date(2025, 10, 2)), date(2025, 10, 1)) == [date(2025, 10, 2)]
        assert as_of(plan_of(DIARY, first=date(2025, 10, 2)), date(2025, 9, 30)) == [], "another season"


class TestStages:
    def test_dates_become_documents_and_rows_and_those_become_seasons(self) -> None:
        plan = plan_of(DIARY, ROSTER, LEADERS, first=DAY, last=NEXT)
        slate_cards = [
            ("2026-01-05", CardBatch({"roster": [roster("b")], "diary": [("b", "b")]})),
            ("2026-01-05", CardBatch({"roster": [roster("a")]})),
            ("2026-01-06", CardBatch({"diary": [("a", "a")]})),
            ("2025-12-24", CardBatch({"diary": [("c", "c")]})),
        ]
        season_cards = [("2026-01-06", CardBatch({"leaders": [("a", [9, "a"])]}))]
        tables = [("2026-01-05", league(plan, SIGNALS, signal_row(game_date=DAY, pct_over=CURSED_POINTS)))]

        def wire(root: beam.Pipeline) -> Any:
            scan_counts = root | "ScanCounts" >> beam.Create([CENSUS])
            cards = root | "Cards" >> beam.Create(slate_cards)
            rows = root | "Rows" >> beam.Create(tables).with_output_types(tuple[str, TableBatch])
            slates = cards | "Slates" >> BuildDateStage(plan, scan_counts, rows)
            more = root | "SeasonCards" >> beam.Create(season_cards)
            none = root | "None" >> beam.Create([]).with_output_types(tuple[str, TableBatch])
            seasons = more | "Seasons" >> BuildSeasonStage(plan, scan_counts, none, slates.season_rows)
            return {
                "slates": slates.documents,
                "seasons": seasons.documents,
                "slate_failures": slates.failures,
                "season_failures": seasons.failures,
            }

        found = run_eagerly(wire)
        values = {
            document.path: orjson.loads(document.content)
            for output in ("slates", "seasons")
            for _, batch in found[output]
            for document in batch.documents
        }
        assert sorted(values) == [
            "diary.json",
            "leaders/2026-01-05.json",
            "leaders/2026-01-06.json",
            "roster/2026-01-05.json",
            "roster/2026-01-06.json",
        ]
        assert [card["player"] for card in values["roster/2026-01-05.json"]["players"]] == ["a", "b"]
        assert list(values["diary.json"]["days"]) == ["2025-12-24", "2026-01-06"], "that of the 5th raised"
        assert [(day, failure.key) for day, failure in found["slate_failures"]] == [("2026-01-05", "diary.json")]
        assert {day for day, _ in found["slates"]} == {"2026-01-05", "2026-01-06"}
        assert found["season_failures"] == []
