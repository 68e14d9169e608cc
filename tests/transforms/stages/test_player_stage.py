from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import apache_beam as beam
import orjson
import pytest

from exporters.config import ExportConfig
from exporters.declaration import Cache, Export, Grain, Read, Window
from exporters.league.nights.night import PlayerNight
from exporters.league.players.aliases import NO_ALIASES
from exporters.warehouse.tables import CONTEXT, GAMES, SCHEDULE
from tests.support.eager import run_eagerly
from tests.support.made_up import ALL, CARD, CURSED_POINTS, DIARY, INDEX, LEADERS, ROSTER
from tests.support.plans import NO_GATES, made_up_plan
from tests.support.rows import context_row, game_row, schedule_row
from tests.support.warehouses import MemoryWarehouse
from transforms.elements.failure import Failure, SkippedRows
from transforms.reading.scan import scan_all
from transforms.stages.player_stage import NightBatch, sweep_histories
from transforms.steps.build_players import BuildPlayerStage
from transforms.steps.route_batches import RouteBatches

DAY = date(2026, 1, 5)
NEXT = DAY + timedelta(days=1)
EARLIER = date(2026, 1, 2)
CONFIG = ExportConfig(min_context_rows=1, min_active_predictions=1, gates=NO_GATES)


def swept(plan: Any, *rows: Any, **tables: Any) -> dict[date, NightBatch]:
    """Everything that a sweep over some rows makes, by date."""
    scan_counts, batches = _read(plan, rows, tables)
    found = list(sweep_histories(plan, scan_counts, batches))
    merged: dict[date, NightBatch] = {}
    for made in found:
        into = merged.setdefault(made.day, NightBatch(made.day))
        into.documents.documents += made.documents.documents
        into.slate_cards.cards |= made.slate_cards.cards
        into.season_cards.cards |= made.season_cards.cards
        into.failures += made.failures
    return merged


def _read(plan: Any, rows: Any, tables: Any) -> tuple[Any, Any]:
    by_table: dict[Any, list[Any]] = defaultdict(list)
    kinds = {"ContextRow": CONTEXT, "GameRow": GAMES, "ScheduleRow": SCHEDULE}
    for row in rows:
        by_table[kinds[type(row).__name__]].append(row)
    batches, scan_counts = scan_all(plan, MemoryWarehouse({**by_table, **tables.get("tables", {})}))
    return scan_counts, batches


def skipped(made: NightBatch) -> list[SkippedRows]:
    return [failure for failure in made.failures if isinstance(failure, SkippedRows)]


def built_without(made: NightBatch) -> list[Failure]:
    return [failure for failure in made.failures if not isinstance(failure, SkippedRows)]


def plan_of(*exports: Any, first: date = DAY, last: date | None = None, **values: Any) -> Any:
    return made_up_plan(exports or ALL, first, last, config=CONFIG, **values)


def tonight(player: str, day: date = DAY, **values: Any) -> Any:
    return context_row(player_lookup=player, game_date=day, **values)


def played(player: str, points: int, day: date = EARLIER, **values: Any) -> Any:
    return game_row(player_lookup=player, points=points, game_date=day, **values)


class TestSweeping:
    def test_a_player_document_is_built_for_every_player_with_one(self) -> None:
        made = swept(plan_of(CARD), schedule_row(game_date=DAY), tonight("b"), tonight("a"), played("a", 20))[DAY]
        assert [document.path for document in made.documents.documents] == [
            "card/2026-01-05/a.json",
            "card/2026-01-05/b.json",
        ]
        assert orjson.loads(made.documents.documents[0].content)["points"] == [20]

    def test_cards_go_to_the_stage_that_reads_them(self) -> None:
        rows = [schedule_row(game_date=DAY), tonight("b"), tonight("a", days_rest=3), played("a", 20), played("c", 9)]
        made = swept(plan_of(), *rows)[DAY]
        assert made.slate_cards.cards == {
            "roster": [("a", {"player": "a", "rest": 3}), ("b", {"player": "b", "rest": 2})],
            "diary": [("a", "a"), ("b", "b")],
        }
        assert made.season_cards.cards == {
            "leaders": [("a", [20, "a"]), ("c", [9, "c"])],
            "index": [("a", "a"), ("b", "b")],
        }

    def test_dates_are_newest_first_and_empty_dates_are_left_out(self) -> None:
        plan = plan_of(DIARY, first=DAY, last=NEXT)
        scan_counts, batches = _read(plan, [tonight("a", EARLIER), tonight("a", NEXT)], {})
        assert [made.day for made in sweep_histories(plan, scan_counts, batches)] == [NEXT, EARLIER]

    def test_a_date_holds_no_row_of_itself_or_later(self) -> None:
        rows = [schedule_row(game_date=day) for day in (DAY, NEXT)]
        rows += [tonight("a"), tonight("a", NEXT), played("a", 20), played("a", 30, DAY), played("a", 40, NEXT)]
        made = swept(plan_of(CARD, first=DAY, last=NEXT), *rows)
        seen = {day: orjson.loads(night.documents.documents[0].content)["points"] for day, night in made.items()}
        assert seen == {DAY: [20], NEXT: [20, 30]}

    def test_nothing_is_built_of_what_is_withheld(self) -> None:
        rows = [schedule_row(game_date=DAY), tonight("a")]
        strict = replace(plan_of(CARD, ROSTER), config=ExportConfig(min_context_rows=2, gates=NO_GATES))
        assert list(swept(strict, *rows)[DAY].slate_cards.cards) == ["roster"]
        assert swept(strict, *rows)[DAY].documents.documents == []

    def test_nothing_is_built_from_a_broken_table(self) -> None:
        rows = [schedule_row(game_date=DAY), tonight("a"), played("a", 20)]
        made = swept(plan_of(CARD, ROSTER, broken={GAMES.name: "is gone"}), *rows)[DAY]
        assert made.documents.documents == []
        assert list(made.slate_cards.cards) == ["roster"]
        assert made.failures == [], "the verdict tells"

    def test_a_settled_date_is_cached_longer(self) -> None:
        for status, header in ((1, "public, max-age=300"), (3, "public, max-age=86400")):
            made = swept(plan_of(CARD), schedule_row(game_date=DAY, game_status=status), tonight("a"))[DAY]
            assert made.documents.documents[0].cache_control == header

    def test_an_index_lists_exactly_the_players_whose_document_was_built(self) -> None:
        rows = [schedule_row(game_date=DAY), tonight("a"), tonight("b"), played("b", CURSED_POINTS)]
        made = swept(plan_of(CARD, INDEX), *rows)[DAY]
        assert [document.key for document in made.documents.documents] == ["a"]
        assert made.season_cards.cards == {"index": [("a", "a")]}


class TestFailures:
    def test_what_raises_costs_that_player_and_export_only(self) -> None:
        rows = [schedule_row(game_date=DAY), *map(tonight, "ab"), played("a", 20), played("b", CURSED_POINTS)]
        made = swept(plan_of(CARD, ROSTER, LEADERS), *rows)[DAY]
        assert [document.key for document in made.documents.documents] == ["a"]
        assert [player for player, _ in made.slate_cards.cards["roster"]] == ["a", "b"]
        assert made.season_cards.cards == {"leaders": [("a", [20, "a"])]}
        assert [(failure.step, failure.export, failure.key, failure.error) for failure in made.failures] == [
            ("SweepHistories", "card", "b", "ArithmeticError: b scored 666"),
            ("SweepHistories", "leaders", "b", "ArithmeticError: b scored 666"),
        ]
        assert "in points" in made.failures[0].stack
        assert made.failures[0].payload == "date 2026-01-05"

    @pytest.mark.parametrize(
        "player", ["../../x", "a/b", "LeBron", "a b", "", ".", "index", "é", "x" * 81, "a\n", "{date}"]
    )
    def test_an_id_that_may_not_be_part_of_a_path_is_reported(self, player: str) -> None:
        rows = [schedule_row(game_date=DAY), tonight(player), tonight("a"), played(player, 20)]
        made = swept(plan_of(CARD), *rows)[DAY]
        assert [document.key for document in made.documents.documents] == ["a"]
        (failure,) = made.failures
        assert (failure.key, failure.export) == (player, "")
        assert "nba_analytics.player_game_summary, nba_analytics.upcoming_player_game_context" in failure.error

    def test_a_row_that_cannot_be_used_costs_its_player(self) -> None:
        bad = played("b", 9)._asdict() | {"game_id": None}
        rows = [schedule_row(game_date=DAY), tonight("a"), tonight("b")]
        made = swept(plan_of(CARD, ROSTER), *rows, tables={GAMES: [bad]})[DAY]
        assert [document.key for document in made.documents.documents] == ["a"]
        assert [player for player, _ in made.slate_cards.cards["roster"]] == ["a", "b"], "it does not read that table"
        (failure,) = built_without(made)
        assert (failure.export, failure.key) == ("card", "b")
        assert "nba_analytics.player_game_summary.game_id is null" in failure.error
        (rows,) = skipped(made)
        assert (rows.key, rows.column, rows.player, rows.rows) == (GAMES.name, "game_id", "b", 1)

    def test_a_row_outside_of_the_window_costs_nothing(self) -> None:
        bad = played("b", 9, date(2025, 4, 1))._asdict() | {"game_id": None}
        plan = plan_of(CARD, first=date(2025, 10, 1), last=DAY)
        rows = [schedule_row(game_date=DAY), tonight("b")]
        made = swept(plan, *rows, tables={GAMES: [bad]})
        assert made[DAY].failures == []

    def test_a_player_who_is_not_shown_because_of_an_unusable_row_is_reported(self) -> None:
        bad = tonight("b")._asdict() | {"game_id": None}
        rows = {"tables": {CONTEXT: [tonight("a"), bad], SCHEDULE: [schedule_row(game_date=DAY)]}}
        made = swept(plan_of(CARD), **rows)[DAY]
        assert [document.key for document in made.documents.documents] == ["a"]
        assert [(failure.export, failure.key) for failure in built_without(made)] == [("card", "b")]

    def test_a_player_without_game_is_not_reported_for_an_old_row(self) -> None:
        bad = played("b", 9)._asdict() | {"game_id": None}
        made = swept(plan_of(CARD), schedule_row(game_date=DAY), tonight("a"), tables={GAMES: [bad]})[DAY]
        assert built_without(made) == []

    def test_which_of_several_unusable_rows_is_named_does_not_depend_on_their_order(self) -> None:
        bad = [played("a", 9, day)._asdict() | {"game_id": None} for day in (EARLIER, date(2026, 1, 1))]
        rows = [schedule_row(game_date=DAY), tonight("a")]
        one, two = (swept(plan_of(CARD), *rows, tables={GAMES: order})[DAY] for order in (bad, bad[::-1]))
        assert [failure.error for failure in one.failures] == [failure.error for failure in two.failures]

    def test_rows_that_have_everything_in_common_are_counted(self) -> None:
        bad = played("b", 9)._asdict() | {"game_id": None}
        other = played("c", 9)._asdict() | {"game_id": None}
        made = swept(plan_of(CARD), tables={GAMES: [bad, other, bad], SCHEDULE: [schedule_row(game_date=DAY)]})[DAY]
        assert [(rows.player, rows.rows) for rows in skipped(made)] == [("b", 2), ("c", 1)]

    def test_a_row_is_reported_with_its_date(self) -> None:
        bad = [tonight("a", day)._asdict() | {"game_id": None} for day in (DAY, NEXT)]
        made = swept(plan_of(ROSTER, first=DAY, last=NEXT), tables={CONTEXT: bad})
        assert {day: [rows.day for rows in skipped(found)] for day, found in made.items()} == {
            DAY: [DAY.isoformat()],
            NEXT: [NEXT.isoformat()],
        }

    def test_of_a_text_of_any_length_the_ends_are_shown(self) -> None:
        made = swept(plan_of(CARD), schedule_row(game_date=DAY), tonight("x" * 10_000_000))[DAY]
        (failure,) = made.failures
        assert failure.value.startswith("xxx")
        assert len(failure.key) + len(failure.error) + len(failure.value) < 2_000

    def test_rows_without_a_player_are_reported_with_their_date(self) -> None:
        bad = [tonight("a")._asdict() | {"player_lookup": None}]
        league = [schedule_row(game_date=DAY)._asdict() | {"home_team_tricode": None}]
        plan = plan_of(ROSTER, first=DAY, last=NEXT)
        made = swept(plan, tables={CONTEXT: bad, SCHEDULE: league})
        assert sorted((failure.step, failure.key, failure.player) for failure in skipped(made[DAY])) == [
            ("DecodeRows", CONTEXT.name, ""),
            ("DecodeRows", SCHEDULE.name, ""),
        ]


VISITORS = Export(
    "visitors",
    Grain.SLATE,
    [
        Read(CONTEXT, ("player_lookup", "game_date", "game_id")),
        Read(GAMES, ("player_lookup", "game_date", "points"), Window.SEASON),
    ],
    "visitors/{date}.json",
    Cache.HOUR,
    appears_in=(CONTEXT, GAMES),
)
"""A document per date of those who are expected or have played; its card does not look who that is."""


@VISITORS.card
def visitor(night: PlayerNight) -> Any:
    return night.date.isoformat()


class TestAppearances:
    def found(self, *rows: Any, **tables: Any) -> dict[date, NightBatch]:
        games = (schedule_row(game_date=day) for day in (EARLIER, DAY, NEXT))
        return swept(plan_of(VISITORS, first=EARLIER, last=NEXT), *games, *rows, **tables)

    def test_only_nights_of_players_who_appear_on_the_date_are_built(self) -> None:
        made = self.found(tonight("b"), tonight("a", NEXT), played("a", 20, EARLIER), tonight("c"), played("b", 9, DAY))
        assert {day: night.slate_cards.cards["visitors"] for day, night in made.items()} == {
            EARLIER: [("a", "2026-01-02")],
            DAY: [("b", "2026-01-05"), ("c", "2026-01-05")],
            NEXT: [("a", "2026-01-06")],
        }

    def test_a_player_whose_only_row_of_the_date_is_unusable_is_reported(self) -> None:
        bad = tonight("a")._asdict() | {"game_id": None}
        made = self.found(tables={CONTEXT: [bad], GAMES: [played("b", 9, DAY)]})
        assert [(failure.export, failure.key) for failure in built_without(made[DAY])] == [("visitors", "a")]
        assert made[DAY].slate_cards.cards == {"visitors": [("b", "2026-01-05")]}


PROFILE = Export(
    "profile",
    Grain.PLAYER,
    [Read(GAMES, ("player_lookup", "game_date", "points", "team_abbr"), Window.SEASON)],
    "profile/{player}/{season}.json",
    Cache.HOUR,
)
"""A document per player and season, whatever the date."""


@PROFILE.builder
def build_profile(night: PlayerNight) -> Any:
    before = [
        row
        for row in night.history.rows(GAMES)
        if Window.SEASON.first(night.date, night.config.calendar) <= row.game_date < night.date
    ]
    if any(row.points == CURSED_POINTS for row in before):
        raise ArithmeticError("cursed")
    return {"date": night.date.isoformat(), "games": len(before)} if before else None


class TestPathsWithoutDate:
    """Of a range, the newest date that has a document of a path fills it."""

    def found(self, *rows: Any) -> dict[str, Any]:
        plan = plan_of(PROFILE, first=date(2025, 9, 29), last=date(2025, 10, 4))
        made = swept(plan, *rows).values()
        failed = {failure.key: failure.payload for night in made for failure in night.failures}
        documents = [document for night in made for document in night.documents.documents]
        assert len({document.path for document in documents}) == len(documents), "each path once"
        return failed | {document.path: orjson.loads(document.content) for document in documents}

    def test_each_season_has_the_document_of_its_newest_date(self) -> None:
        rows = [played("a", 9, day) for day in (date(2025, 4, 1), date(2025, 10, 2))]
        assert self.found(*rows, played("b", 9, date(2025, 4, 1))) == {
            "profile/a/2024-25.json": {"date": "2025-09-30", "games": 1},
            "profile/a/2025-26.json": {"date": "2025-10-04", "games": 1},
            "profile/b/2024-25.json": {"date": "2025-09-30", "games": 1},
        }

    def test_one_that_may_be_missing_because_of_an_unusable_row_failed(self) -> None:
        """Such a document is about no date, so a row of any date may be the one that it lacks."""
        bad = played("a", 9, date(2025, 10, 2))._asdict() | {"team_abbr": None}
        plan = plan_of(PROFILE, first=date(2025, 10, 4))
        made = swept(plan, tables={GAMES: [bad]})[date(2025, 10, 4)]
        (failure,) = built_without(made)
        assert (failure.export, failure.key) == ("profile", "a")
        assert f"{GAMES.name}.team_abbr is null" in failure.error

    def test_an_older_document_does_not_stand_in_for_one_that_failed(self) -> None:
        rows = [played("a", 9, date(2025, 10, 1)), played("a", CURSED_POINTS, date(2025, 10, 3))]
        assert self.found(*rows) == {"a": "date 2025-10-04"}


class TestStage:
    def test_shards_together_make_what_one_sweep_makes(self) -> None:
        players = [f"p{i}" for i in range(9)]
        rows = [schedule_row(game_date=DAY), *map(tonight, players), played("p3", CURSED_POINTS), tonight("../x")]
        plan = plan_of(shards=3)
        scan_counts, batches = _read(plan, rows, {})

        def wire(root: beam.Pipeline) -> Any:
            counted = root | "ScanCounts" >> beam.Create([scan_counts])
            aliases = root | "Aliases" >> beam.Create([NO_ALIASES])
            routed = root | "Batches" >> beam.Create(batches) | RouteBatches(plan, aliases)
            return routed.to_shards | BuildPlayerStage(plan, counted)

        found = run_eagerly(wire)
        whole = swept(plan, *rows)[DAY]
        assert {key for output in found.values() for key, _ in output} == {"2026-01-05"}
        documents = [document for _, batch in found["documents"] for document in batch.documents]
        assert sorted(documents, key=lambda made: made.path) == whole.documents.documents
        for name, batches_of in (("slate_cards", whole.slate_cards), ("season_cards", whole.season_cards)):
            cards: dict[str, list[Any]] = defaultdict(list)
            for _, batch in found[name]:
                for export, made in batch.cards.items():
                    cards[export] += made
            assert {export: sorted(made) for export, made in cards.items()} == batches_of.cards
        failures = {(failure.export, failure.key) for _, failure in found["failures"]}
        assert failures == {(failure.export, failure.key) for failure in whole.failures}

    def test_rows_of_other_dates_are_keyed_by_a_target_date(self) -> None:
        plan = plan_of(DIARY, ROSTER)
        scan_counts, batches = _read(plan, [tonight("a", EARLIER), tonight("../x", EARLIER)], {})

        def wire(root: beam.Pipeline) -> Any:
            counted = root | "ScanCounts" >> beam.Create([scan_counts])
            aliases = root | "Aliases" >> beam.Create([NO_ALIASES])
            routed = root | "Batches" >> beam.Create(batches) | RouteBatches(plan, aliases)
            return routed.to_shards | BuildPlayerStage(plan, counted)

        found = run_eagerly(wire)
        assert {day for day, _ in found["documents"]} == {day for day, _ in found["failures"]} == {"2026-01-05"}
        assert {day for day, _ in found["slate_cards"]} == {"2026-01-02"}
