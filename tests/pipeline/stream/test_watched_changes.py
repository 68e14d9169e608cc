"""Results whose inputs change after they were published are requested again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from exporters.warehouse.tables import ACCURACY, CONTEXT, GAMES, PREDICTIONS, SCHEDULE
from pipeline.execution.in_process import run_in_process
from pipeline.planning.inputs import with_inputs
from pipeline.requests.request import ExportRequest
from pipeline.stream.watching.changes import AGAIN_AFTER, CHANGES_PATH, EVERY, Changes, settled_types
from pipeline.stream.watching.games import AFTER_GAMES, AFTER_GRADES, Watch, marker_path
from tests.support.plans import EASY, plan_of
from tests.support.rows import accuracy_row, context_row, game_row, prediction_row, schedule_row
from tests.support.stores import MemoryStore
from tests.support.warehouses import MemoryWarehouse
from transforms.elements.tables import TablePart, TableScan
from transforms.publishing.manifest import load_manifest

DAY = date(2026, 2, 3)
NOW = datetime(2026, 2, 6, 15, tzinfo=timezone.utc)
TYPES = ("results", "tonight")


def warehouse(grade: bool = True, *, day: date = DAY) -> MemoryWarehouse:
    """A night of five players; its parts have other versions than those of every other warehouse."""
    names = [f"p{n}" for n in range(5)]
    return MemoryWarehouse(
        {
            SCHEDULE: [schedule_row(game_date=day, game_status=3)],
            CONTEXT: [context_row(player_lookup=name, game_date=day) for name in names],
            PREDICTIONS: [prediction_row(player_lookup=name, game_date=day) for name in names],
            GAMES: [game_row(player_lookup=name, game_date=day) for name in names],
            ACCURACY: [accuracy_row(player_lookup=name, game_date=day, prediction_correct=grade) for name in names],
        }
    )


def publish(held: Any, store: MemoryStore, *types: str) -> None:
    plan = replace(plan_of(*(types or TYPES), first=DAY, update_latest="never"), config=EASY)
    run_in_process(with_inputs(plan, held), held, store)


def changes(held: Any, store: MemoryStore, *, now: datetime = NOW) -> dict[date, list[str]]:
    return Changes(held, store, EASY, lambda: now).find([DAY])


@pytest.fixture
def published() -> tuple[MemoryWarehouse, MemoryStore]:
    held, store = warehouse(), MemoryStore()
    publish(held, store)
    assert {load_manifest(store, DAY).manifest["exports"][name]["state"] for name in TYPES} <= {"ready", "empty"}  # type: ignore[index]
    return held, store


Night = tuple[MemoryWarehouse, MemoryStore]


class TestChanges:
    def test_nothing_while_the_tables_are_those_that_were_read(self, published: Night) -> None:
        assert changes(*published) == {}

    def test_grades_that_are_corrected_days_later(self, published: Night) -> None:
        _, store = published
        corrected = warehouse(grade=False)
        assert changes(corrected, store) == {DAY: sorted(TYPES, key=settled_types().index)}
        publish(corrected, store)
        assert changes(corrected, store, now=NOW + EVERY) == {}

    def test_a_type_that_was_never_published_is_left_to_others(self) -> None:
        held, store = warehouse(), MemoryStore()
        publish(held, store, "results")
        assert changes(warehouse(), store) == {DAY: ["results"]}
        assert changes(warehouse(), MemoryStore()) == {}

    def test_a_type_that_is_held_back_is_left_to_others(self, published: Night) -> None:
        _, store = published
        manifest = load_manifest(store, DAY).manifest
        assert manifest is not None
        manifest["exports"]["results"]["state"] = "withheld"
        rewrite(store, manifest)
        assert changes(warehouse(), store) == {DAY: ["tonight"]}

    def test_what_was_made_of_unknown_inputs_is_published_again_once(self, published: Night) -> None:
        held, store = published
        manifest = load_manifest(store, DAY).manifest
        assert manifest is not None
        manifest["exports"]["results"]["inputs"] = None
        rewrite(store, manifest)
        assert changes(held, store) == {DAY: ["results"]}
        assert changes(held, store, now=NOW + EVERY) == {}

    def test_what_is_being_written_to_is_compared_once_it_rests(self, published: Night) -> None:
        _, store = published
        corrected = warehouse()
        assert changes(Busy(corrected, ACCURACY.name), store) == {DAY: ["tonight"]}, "results read grades"
        assert changes(corrected, store, now=NOW + EVERY) == {DAY: ["results"]}


class TestPace:
    def test_the_tables_are_asked_every_quarter_of_an_hour(self, published: Night) -> None:
        _, store = published
        held = Busy(warehouse(), "no_table")
        assert changes(held, store) != {}
        asked = held.asked
        assert changes(held, store, now=NOW + EVERY - timedelta(seconds=1)) == {}
        assert held.asked == asked
        assert changes(held, store, now=NOW + EVERY) == {}
        assert held.asked > asked

    def test_inputs_are_requested_once_and_again_where_nothing_came_of_it(self, published: Night) -> None:
        _, store = published
        corrected = warehouse()
        first = changes(corrected, store)
        assert first
        steps = int(AGAIN_AFTER / EVERY)
        later = [changes(corrected, store, now=NOW + n * EVERY) for n in range(1, steps + 1)]
        assert later[:-1] == [{}] * (steps - 1)
        assert later[-1] == first

    def test_further_changes_are_requested_at_once(self, published: Night) -> None:
        _, store = published
        assert changes(warehouse(), store)
        assert changes(warehouse(), store, now=NOW + EVERY)

    def test_of_two_workers_that_look_at_once_one_requests(self, published: Night) -> None:
        _, store = published
        corrected, found = warehouse(), []

        def look_as_well(path: str) -> None:
            store.before_write = lambda _path: None
            if path == CHANGES_PATH:
                found.append(changes(corrected, store))

        store.before_write = look_as_well
        found.append(changes(corrected, store))
        assert [bool(types) for types in found] == [True, False]

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"looked_at": 1}', b'{"looked_at": "x", "digests": {}}'])
    def test_what_was_requested_may_be_damaged(self, published: Night, content: bytes) -> None:
        _, store = published
        store.write(CHANGES_PATH, content, cache_control="no-store")
        assert changes(warehouse(), store)


class TestWatch:
    def test_results_of_seven_days_are_requested_of_the_types_that_changed(self, published: Night) -> None:
        _, store = published
        for group in (AFTER_GAMES, AFTER_GRADES):
            store.write(marker_path(DAY, group), b"{}", cache_control="no-store")
        late = datetime(2026, 2, 10, 15, tzinfo=timezone.utc)
        [asked] = Watch(warehouse(), store, EASY, 60.0, lambda: late).look()
        request = ExportRequest.from_json(asked.request)
        assert (request.dates, request.trigger_source, asked.by_watch) == ((DAY,), "changes", True)
        assert set(request.export_types) == set(TYPES)
        assert Watch(warehouse(), store, EASY, 60.0, lambda: late + timedelta(days=1)).look() == []

    def test_a_date_whose_games_are_in_play_is_not_compared(self, published: Night) -> None:
        _, store = published
        playing = MemoryWarehouse({SCHEDULE: [schedule_row(game_date=DAY, game_status=2)]})
        found = Watch(playing, store, EASY, 60.0, lambda: datetime(2026, 2, 4, 2, tzinfo=timezone.utc)).look()
        assert [asked.request["export_types"] for asked in found] == [["live", "live-grading"]]


def rewrite(store: MemoryStore, manifest: dict[str, Any]) -> None:
    store.write(f"manifest/{DAY}.json", orjson.dumps(manifest), cache_control="no-store")


@dataclass
class Busy:
    """A warehouse of which one table is being written to."""

    held: MemoryWarehouse
    table: str
    asked: int = 0

    @property
    def concurrency(self) -> int:
        return self.held.concurrency

    def parts(self, scan: TableScan) -> list[TablePart]:
        self.asked += 1
        return [replace(part, settled=scan.table != self.table) for part in self.held.parts(scan)]
