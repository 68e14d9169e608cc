"""Broken values of every column of every table, through whole runs: the row is named, and nothing else suffers.

``PHASE6_BROKEN_VALUES=all`` tries every fault of every column (``make values``); without it each column gets one of its
faults, and each kind of fault many columns.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from zlib import crc32

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.declaration import Grain
from exporters.registry import exports, groups
from exporters.warehouse.schema import Table
from exporters.warehouse.tables import FORECAST_TIMES, PREDICTIONS, SUBSET_PICKS, WAREHOUSE_TABLES
from pipeline.execution.in_process import run_in_process
from pipeline.planning.graph import build
from pipeline.requests.request import RequestDefaults, parse_request
from pipeline.stream.answer import Answerer
from pipeline.stream.messages import Asked
from tests.support.broken_runs import (
    DATES,
    BoxScores,
    Leagues,
    Night,
    columns_read,
    export_of,
    is_unread,
    night_of,
    problems,
    readers_of,
    request_of,
)
from tests.support.broken_values import EASY_GATES, Fault, Promise, broken, faults_of, tables
from tests.support.eager import pipeline
from tests.support.matchers import assert_same_objects
from tests.support.rows import TONIGHT
from tests.support.stores import MemoryStore
from tests.support.worlds import PROPERTY
from transforms.live_feed.warehouse import LiveWarehouse

EVERY = os.environ.get("PHASE6_BROKEN_VALUES") == "all"
NOW = f"{TONIGHT}T23:00:00Z"


@dataclass(frozen=True)
class Case:
    """A fault in a column of a row.

    Attributes:
        table: The table.
        column: The column.
        fault: The fault.
        at: The position of the row.
    """

    table: Table[Any]
    column: str
    fault: Fault
    at: int = 0

    def __str__(self) -> str:
        return f"{self.table.name}.{self.column} {self.fault.name}"

    def __repr__(self) -> str:
        return f"{self} in row {self.at}"

    def into(self, changes: dict[Table[Any], pa.Table]) -> None:
        """Put the fault into tables."""
        rows = changes.get(self.table, tables()[self.table])
        changes[self.table] = broken(self.table, rows, self.column, self.fault, self.at)


def cases_of(table: Table[Any]) -> Iterator[Case]:
    """Yield every fault of every column that is read; a duplicate is one of the row, not of a column."""
    read = [name for name in table.columns if name in columns_read(table)]
    for name in read:
        for fault in faults_of(table.columns[name]):
            if fault.name != "duplicate" or name == read[0]:
                yield Case(table, name, fault)


@cache
def all_cases() -> list[Case]:
    """Return every case of every table that is stored."""
    return [case for table in WAREHOUSE_TABLES for case in cases_of(table)]


def chosen(cases: list[Case]) -> list[Case]:
    """Return the cases of this run: every one, or one of each column, of each type of columns in turn."""
    if EVERY:
        return cases
    by_column: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        by_column.setdefault((case.table.name, case.column), []).append(case)
    turn: Counter[str] = Counter()
    one_each = []
    for found in by_column.values():
        column = found[0].table.columns[found[0].column]
        kind = "REPEATED" if column.mode == "REPEATED" else column.type
        # The longest list of a kind has one of each.
        one_each.append(found[-1 - turn[kind] % len(found)])
        turn[kind] += 1
    return one_each


@pytest.fixture(scope="module")
def leagues(tmp_path_factory: pytest.TempPathFactory) -> Leagues:
    return Leagues(tmp_path_factory.mktemp("league"))


class TestCases:
    def test_every_column_that_is_read_of_every_table_has_a_case(self) -> None:
        assert {(case.table.name, case.column) for case in chosen(all_cases())} == {
            (table.name, name) for table in WAREHOUSE_TABLES for name in columns_read(table)
        }

    def test_every_kind_of_fault_is_among_them(self) -> None:
        every = {case.fault.name for case in all_cases()}
        # Two columns are lists, and lists have three faults.
        assert every - {case.fault.name for case in chosen(all_cases())} <= {"bad elements", "large list"}
        assert len(all_cases()) > 1_700

    def test_the_clean_league_shows_something_of_every_type(self, leagues: Leagues) -> None:
        clean = leagues.clean()
        assert clean.is_whole
        assert {export_of(path).name for path in clean.documents} == set(exports())


@pytest.mark.parametrize("case", chosen(all_cases()), ids=str)
def test_a_broken_value_costs_what_depends_on_its_row_and_is_named(leagues: Leagues, case: Case) -> None:
    types = readers_of(case.table) or tuple(exports())
    found = leagues.run({case.table: broken(case.table, tables()[case.table], case.column, case.fault)}, *types)
    without = leagues.without(case.table, 0, *types)
    assert problems(case.table, case.column, case.fault, found, leagues.clean(), without, types) == []


@pytest.mark.parametrize(
    "case", chosen([case for case in cases_of(PREDICTIONS) if case.column in FORECAST_TIMES.columns]), ids=str
)
def test_it_is_the_same_where_the_table_stands_in_for_a_column(leagues: Leagues, case: Case) -> None:
    """Where the picks lack when their forecast was made, the forecasts are read a second time."""
    types = readers_of(case.table)
    picks = {SUBSET_PICKS: tables()[SUBSET_PICKS].drop_columns(["prediction_created_at"])}
    changed = broken(case.table, tables()[case.table], case.column, case.fault)
    found, clean = leagues.run({**picks, case.table: changed}, *types), leagues.run(picks, *types)
    without = leagues.run({**picks, case.table: tables()[case.table].slice(1)}, *types)
    assert problems(case.table, case.column, case.fault, found, clean, without, types) == []


@st.composite
def several(draw: st.DrawFn) -> list[Case]:
    """Draw faults of different columns, in any rows."""
    drawn = draw(st.lists(st.sampled_from(all_cases()), min_size=1, max_size=4, unique_by=str))
    by_column = {(case.table.name, case.column): case for case in drawn}
    return [replace(case, at=draw(st.integers(0, tables()[case.table].num_rows - 1))) for case in by_column.values()]


@settings(PROPERTY, max_examples=400 if EVERY else 12)
@given(cases=several())
def test_several_broken_values_of_any_rows_end_in_a_true_manifest(leagues: Leagues, cases: list[Case]) -> None:
    changes: dict[Table[Any], pa.Table] = {}
    for case in cases:
        case.into(changes)
    found, clean = leagues.run(changes, *exports()), leagues.clean()
    for path, held in clean.documents.items():
        if found.documents.get(path) != held:
            assert may_differ(path, cases), f"{path} depends on nothing that is broken"
            if path not in found.documents and any(case.fault.promise is not Promise.ALONE for case in cases):
                assert not found.is_whole, f"{path} is missing, and the run is a success"
    for case in cases:
        broken_tables = {name for manifest in found.manifests for name in manifest["broken_tables"]}
        if case.fault.promise is Promise.TABLE:
            assert case.table.name in broken_tables
        elif case.fault.promise is Promise.SKIPPED and case.table.name not in broken_tables:
            # Several faults of one row are named as one, and a fault may take the row out of the dates that are read.
            same_table = [other for other in cases if other.table is case.table]
            named = {(entry["table"], entry["column"]) for entry in found.skipped}
            assert any(is_unread(other.table, other.column, other.fault) for other in same_table) or any(
                (other.table.name, other.column) in named for other in same_table
            ), f"{case!r} is not named: {found.skipped}"


def may_differ(path: str, cases: list[Case]) -> bool:
    """Whether a document depends on something that is broken: its type reads it, and it is of the player if of one."""
    export = export_of(path)
    for case in cases:
        rows = tables()[case.table]
        if export.name not in readers_of(case.table):
            continue
        if export.grain is not Grain.PLAYER or case.table.player is None or case.fault.promise is Promise.TABLE:
            return True
        if f"/{rows.column(case.table.player)[case.at].as_py()}" in path:
            return True
    return False


_FEW = 4
"""Most types that a broken table may cost, so that others are left to compare."""


def one_of_each(promise: Promise) -> list[Case]:
    """Return a fault of every table that has one with a promise, in different rows."""
    found: list[Case] = []
    for n, table in enumerate(WAREHOUSE_TABLES):
        cases = [case for case in cases_of(table) if case.fault.promise is promise]
        if promise is Promise.TABLE and len(readers_of(table)) > _FEW:
            continue
        if cases:
            case = cases[crc32(table.name.encode()) % len(cases)]
            found.append(replace(case, at=n % tables()[table].num_rows))
    return found


def together(cases: list[Case]) -> dict[Table[Any], pa.Table]:
    """Return the tables with all of some faults."""
    changes: dict[Table[Any], pa.Table] = {}
    for case in cases:
        case.into(changes)
    return changes


def told(night: Night) -> list[Any]:
    """Return what the manifests of a night tell of faults."""
    return [
        {
            "status": manifest["status"],
            "skipped": sorted(map(repr, manifest["skipped_rows"])),
            "failures": sorted(map(repr, manifest["failures"])),
            "broken": manifest["broken_tables"],
            "exports": {
                name: (section["state"], section["reason"], sorted(map(repr, section["failures"])))
                for name, section in manifest["exports"].items()
            },
        }
        for manifest in night.manifests
    ]


@pytest.mark.parametrize("promise", Promise, ids=lambda promise: promise.name)
class TestOtherWays:
    """The same faults, one in every table at once, in the graph and in the streaming job."""

    def test_the_graph_publishes_and_tells_the_same(self, leagues: Leagues, promise: Promise) -> None:
        changes = together(one_of_each(promise))
        plainly = leagues.run(changes, *exports())
        store, root = MemoryStore(), pipeline()
        leagues.replace(changes)
        try:
            build(root, request_of(*exports()), leagues.warehouse, store)
            root.run().wait_until_finish()
        finally:
            leagues.replace({table: tables()[table] for table in changes})
        in_graph = night_of(store)
        assert_same_objects(in_graph.documents, plainly.documents)
        assert told(in_graph) == told(plainly)

    def test_a_streamed_request_is_answered_with_the_same(self, leagues: Leagues, promise: Promise) -> None:
        changes = together(one_of_each(promise))
        plainly = leagues.run(changes, *exports())
        store = MemoryStore()
        leagues.replace(changes)
        try:
            answer = answerer(leagues, store).answer(asked())
        finally:
            leagues.replace({table: tables()[table] for table in changes})
        assert_same_objects(night_of(store).documents, plainly.documents)
        assert told(night_of(store)) == told(plainly)
        assert (answer.status == "success") == plainly.is_whole
        assert answer.status in ("success", "partial", "failed", "degraded")


def answerer(leagues: Leagues, store: MemoryStore) -> Answerer:
    return Answerer(leagues.warehouse, store, "gs://bucket/v1", EASY_GATES, clock=lambda: TIME)


TIME = datetime.fromisoformat(NOW.replace("Z", "+00:00")).timestamp()


def asked() -> Asked:
    payload = {
        "export_types": list(exports()),
        "start_date": str(DATES[0]),
        "end_date": str(DATES[-1]),
        "generated_at": NOW,
    }
    request = parse_request(
        payload,
        known_types=tuple(exports()),
        groups=groups(),
        defaults=RequestDefaults(EASY_GATES.champion_system_id),
        now=datetime.fromisoformat(NOW.replace("Z", "+00:00")),
    )
    return Asked(request.to_json(), "key", "m-1", NOW)


@dataclass(frozen=True)
class OtherBoxScores:
    """A feed whose first game has another value in a place."""

    place: tuple[str | int, ...]
    value: Any

    def fetch(self) -> Any:
        """Return the games."""
        answer = deepcopy(BoxScores().fetch())
        inner: Any = answer["data"][0]
        for key in self.place[:-1]:
            inner = inner[key]
        inner[self.place[-1]] = self.value
        return answer


_LINE = ("home_team", "players", 0)
FEED_PLACES: Mapping[str, tuple[str | int, ...]] = {
    "game_date": ("date",),
    "status": ("status",),
    "period": ("period",),
    "clock": ("time",),
    "home_team": ("home_team", "abbreviation"),
    "visitor_team": ("visitor_team", "abbreviation"),
    "feed_player_id": (*_LINE, "player", "id"),
    "first_name": (*_LINE, "player", "first_name"),
    "last_name": (*_LINE, "player", "last_name"),
    "points": (*_LINE, "pts"),
    "minutes": (*_LINE, "min"),
}
FEED_VALUES = (None, "", "sideways", "x" * 1_000_000, 1.5, -1, 2**63, [], {})


@pytest.mark.parametrize("column", FEED_PLACES)
def test_a_broken_value_of_the_live_feed_costs_the_documents_of_the_feed_alone(leagues: Leagues, column: str) -> None:
    types = ("live-grading", "tonight")
    values = FEED_VALUES if EVERY else [FEED_VALUES[(crc32(column.encode()) + n) % len(FEED_VALUES)] for n in (0, 4)]
    clean = leagues.clean()
    for value in values:
        feed, store = OtherBoxScores(FEED_PLACES[column], value), MemoryStore()
        run_in_process(request_of(*types), LiveWarehouse(leagues.warehouse.warehouse, feed), store)
        found = night_of(store)
        for path, held in clean.documents.items():
            name = export_of(path).name
            if name == "tonight":
                assert found.documents[path] == held
            elif name == "live-grading" and path not in found.documents:
                assert found.is_held(name), f"{path} is missing without a word with {str(value)[:20]!r}"
                assert not found.is_whole
