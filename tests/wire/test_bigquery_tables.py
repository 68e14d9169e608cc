"""Tables of the BigQuery emulator arrive as the same rows arrive from Parquet."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporters.warehouse.schema import Column
from exporters.warehouse.tables import (
    ACCURACY,
    DEFENSE,
    FEATURES,
    NEWS_ARTICLES,
    PREDICTIONS,
    PROPS,
    REGISTRY,
    SCHEDULE,
    SHOT_ZONES,
    SUBSET_PICKS,
    WAREHOUSE_TABLES,
)
from pipeline.execution.in_process import run_in_process
from pipeline.planning.preflight import look_ahead
from tests.support.plans import plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import AnyTable, League, arrow_rows, write_parquet
from tests.wire.bigquery_tables import described
from tests.wire.services import BigQuery
from transforms.elements.tables import TablePart, TableScan
from transforms.warehouses.parquet import ParquetWarehouse
from transforms.warehouses.protocol import Warehouse, WarehouseError

LONG_AGO, FAR_AWAY = date(2020, 1, 1), date(2030, 1, 1)


def whole(table: AnyTable) -> TableScan:
    """Return a scan of all columns of every partition."""
    bounds = (LONG_AGO, FAR_AWAY) if table.partition else (None, None)
    return TableScan(table.name, tuple(sorted(table.columns)), *bounds)


def rows_of(warehouse: Warehouse, scan: TableScan) -> list[str]:
    """Return the rows of a scan as texts, in which NaN equals NaN, in an order of their own."""
    rows: list[str] = []
    for stream in warehouse.split(scan):
        for batch in warehouse.read(stream):
            assert batch.schema == scan.schema
            rows += map(repr, batch.to_pylist())
    return sorted(rows)


def message_of(warehouse: Warehouse, scan: TableScan) -> str:
    """Return what a check says, which reading says as well."""
    with pytest.raises(WarehouseError) as raised:
        warehouse.check(scan)
    message = str(raised.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("table", WAREHOUSE_TABLES, ids=str)
def test_every_table_arrives_as_from_parquet(
    bigquery: BigQuery, league_project: str, league: League, table: AnyTable
) -> None:
    warehouse = bigquery.warehouse(league_project)
    warehouse.check(whole(table))
    expected = rows_of(league.warehouse, whole(table))
    assert expected
    assert rows_of(warehouse, whole(table)) == expected
    assert warehouse.estimate(whole(table)) > 0
    warehouse.close()


EXTREMES: dict[str, list[Any]] = {
    "STRING": ["", "it's", 'a "b" \\ c\n\t\r', "日本 é 🏀", "-- ; /*", "x" * 5000],
    "INT64": [0, -(2**63), 2**63 - 1],
    "FLOAT64": [0.0, -0.0, 1e308, 5e-324, float("inf"), float("-inf"), float("nan"), 0.1],
    "BOOL": [True, False],
    "DATE": [date(1, 1, 1), date(9999, 12, 31), date(2026, 2, 28)],
    "TIMESTAMP": [0, 1, -1, 1_767_225_599_999_999, -62_135_596_800_000_000],
    "NUMERIC": [Decimal("0"), Decimal("-0.1"), Decimal("9")],
}


def extreme_rows(table: AnyTable) -> pa.Table:
    """Return rows that hold every extreme of every column, nulls and empty lists included, at dates of their own."""

    def cell(column: Column, number: int) -> Any:
        values = EXTREMES[column.type]
        if column.mode == "REPEATED":
            return values[: number % (len(values) + 1)]
        if column.name == table.partition:
            moment = datetime(2026, 1, 1, 12, tzinfo=timezone.utc) + timedelta(days=number)
            return moment if column.type == "TIMESTAMP" else moment.date()
        if number == 0 and column.mode == "NULLABLE":
            return None
        if column.numeric is not None and number % 2:
            # As many nines as fit.
            return Decimal(10**column.numeric.precision - 1).scaleb(-column.numeric.scale)
        return values[number % len(values)]

    return arrow_rows(
        table, [{name: cell(column, number) for name, column in table.columns.items()} for number in range(9)]
    )


@pytest.mark.parametrize("table", [FEATURES, NEWS_ARTICLES, ACCURACY, SCHEDULE], ids=str)
def test_every_type_arrives_exactly(bigquery: BigQuery, project: str, tmp_path: Path, table: AnyTable) -> None:
    rows = extreme_rows(table)
    bigquery.tables(project).fill(table, rows)
    parquet = write_parquet(tmp_path, {table: rows})
    assert rows_of(bigquery.warehouse(project), whole(table)) == rows_of(parquet, whole(table))
    assert len(rows_of(parquet, whole(table))) == 9


class TestRestrictions:
    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_any_scan_is_answered_as_by_parquet(
        self, bigquery: BigQuery, league_project: str, league: League, data: st.DataObject
    ) -> None:
        table = data.draw(st.sampled_from(WAREHOUSE_TABLES))
        columns = data.draw(st.sets(st.sampled_from(sorted(table.columns)), min_size=1))
        first = last = None
        if table.partition is not None:
            days = st.dates(date(2025, 12, 18), date(2026, 2, 5))
            # One bound is enough; without any the service would refuse a table that insists on one.
            first = data.draw(days if table.filter_required else st.none() | days)
            last = data.draw(st.none() | days)
        equals: dict[str, tuple[str, ...]] = {}
        comparable = [c.name for c in table.columns.values() if c.type in ("STRING", "BOOL", "INT64", "NUMERIC")]
        for name in data.draw(st.sets(st.sampled_from(sorted(comparable)), max_size=2)):
            if table.columns[name].mode != "REPEATED":
                held = [str(v).lower() if isinstance(v, bool) else str(v) for v in self.values(league, table, name)]
                equals[name] = tuple(data.draw(st.lists(st.sampled_from(held), max_size=3))) if held else ()
        scan = TableScan(table.name, tuple(sorted(columns)), first, last, equals)
        assert rows_of(bigquery.warehouse(league_project), scan) == rows_of(league.warehouse, scan)

    @staticmethod
    def values(league: League, table: AnyTable, name: str) -> list[Any]:
        held = sorted(set(league.rows(table).column(name).drop_null().to_pylist()))
        # The emulator looks for the end of a statement in texts, too, and refuses them.
        return [value for value in held if not isinstance(value, str) or ";" not in value][:20]

    def test_a_timestamp_is_partitioned_by_utc_days(self, bigquery: BigQuery, project: str, tmp_path: Path) -> None:
        ends = [
            datetime.combine(date(2026, 1, day), when, timezone.utc)
            for day in (9, 10, 11)
            for when in (time.min, time.max)
        ]
        rows = arrow_rows(NEWS_ARTICLES, [{"article_id": str(end), "published_at": end} for end in ends])
        bigquery.tables(project).fill(NEWS_ARTICLES, rows)
        scan = TableScan(NEWS_ARTICLES.name, ("published_at",), date(2026, 1, 10), date(2026, 1, 10))
        parquet = write_parquet(tmp_path, {NEWS_ARTICLES: rows})
        assert rows_of(bigquery.warehouse(project), scan) == rows_of(parquet, scan)
        assert len(rows_of(parquet, scan)) == 2

    @pytest.mark.parametrize("text", [*EXTREMES["STRING"][:4], "\\' OR 1=1", "%_", "\\n", "'"])
    def test_a_text_is_compared_as_it_is(self, bigquery: BigQuery, project: str, text: str) -> None:
        texts = ["plain", text, text + " "]
        rows = arrow_rows(PROPS, [{"market_type": value, "game_date": date(2026, 1, 10)} for value in texts])
        bigquery.tables(project).fill(PROPS, rows)
        scan = TableScan(PROPS.name, ("market_type",), LONG_AGO, FAR_AWAY, {"market_type": (text,)})
        assert rows_of(bigquery.warehouse(project), scan) == [repr({"market_type": text})]


class TestCheck:
    def test_a_table_or_dataset_that_is_missing(self, bigquery: BigQuery, project: str) -> None:
        bigquery.tables(project).create(ACCURACY)
        for table in (PREDICTIONS, SCHEDULE):
            message = message_of(bigquery.warehouse(project), whole(table))
            assert message.startswith(f"table {table.name}: it is not in project {project} (404 ")
            assert message.endswith("create it or choose another project")

    def test_reading_raises_the_same_error(self, bigquery: BigQuery, project: str) -> None:
        columns = [described(column) for column in REGISTRY.columns.values() if column.name != "team_abbr"]
        bigquery.tables(project).create(REGISTRY, columns=[*columns, {"name": "team_abr", "type": "STRING"}])
        warehouse = bigquery.warehouse(project)
        message = message_of(warehouse, whole(REGISTRY))
        assert message == (
            f"table {REGISTRY.name}: column team_abbr is missing, expected STRING; add it (nearest: team_abr)"
        )
        with pytest.raises(WarehouseError) as raised:
            warehouse.split(whole(REGISTRY))
        assert str(raised.value) == message
        warehouse.check(TableScan(REGISTRY.name, ("season",)))

    @pytest.mark.parametrize(
        ("name", "kind", "mode", "says"),
        [
            ("games_played", "STRING", "NULLABLE", "column games_played is STRING, expected INT64; change its type"),
            ("games_played", "BOOL", "NULLABLE", "column games_played is BOOL, expected INT64; change its type"),
            ("season", "INT64", "NULLABLE", "column season is INT64, expected STRING; change its type"),
            ("season", "STRING", "REPEATED", "column season is REPEATED STRING, expected STRING; change its type"),
            ("processed_at", "DATE", "NULLABLE", "column processed_at is DATE, expected TIMESTAMP; change its type"),
        ],
    )
    def test_a_column_of_another_type(
        self, bigquery: BigQuery, project: str, name: str, kind: str, mode: str, says: str
    ) -> None:
        columns = [described(column) for column in REGISTRY.columns.values()]
        changed = [column | {"type": kind, "mode": mode} if column["name"] == name else column for column in columns]
        bigquery.tables(project).create(REGISTRY, columns=changed)
        assert message_of(bigquery.warehouse(project), whole(REGISTRY)) == f"table {REGISTRY.name}: {says}"

    @pytest.mark.parametrize(
        ("name", "kind", "comparable"),
        [
            ("games_played", "FLOAT64", True),
            ("games_played", "NUMERIC", True),
            ("last_roster_activity_date", "TIMESTAMP", False),
            ("last_roster_activity_date", "DATETIME", False),
            ("processed_at", "DATETIME", False),
            ("player_name", "JSON", False),
        ],
    )
    def test_a_column_that_converts(
        self, bigquery: BigQuery, project: str, name: str, kind: str, comparable: bool
    ) -> None:
        columns = [described(column) for column in REGISTRY.columns.values()]
        changed = [column | {"type": kind} if column["name"] == name else column for column in columns]
        bigquery.tables(project).create(REGISTRY, columns=changed)
        scan = whole(REGISTRY)
        assert bigquery.warehouse(project).check(scan) == ()
        # Some cannot be compared with a value of the declared type, though.
        comparing = dataclasses.replace(scan, equals={name: ("2026",)})
        if comparable:
            assert rows_of(bigquery.warehouse(project), comparing) == []
        else:
            assert f"column {name} is {kind}" in message_of(bigquery.warehouse(project), comparing)

    @pytest.mark.parametrize("kind", ["TIMESTAMP", "DATETIME"])
    def test_a_partition_date_that_is_an_instant(
        self, bigquery: BigQuery, project: str, tmp_path: Path, kind: str
    ) -> None:
        days = [date(2026, 1, 9), date(2026, 1, 10), date(2026, 1, 11)]
        rows = arrow_rows(DEFENSE, [{"team_abbr": f"T{day.day}", "analysis_date": day} for day in days])
        columns = [described(column) for column in DEFENSE.columns.values()]
        changed = [c | {"type": kind} if c["name"] == DEFENSE.partition else c for c in columns]
        stored = pa.timestamp("us", "UTC" if kind == "TIMESTAMP" else None)
        instants = rows.column("analysis_date").cast(pa.timestamp("us")).cast(stored)
        tables = bigquery.tables(project)
        tables.create(DEFENSE, columns=changed)
        at = rows.schema.get_field_index("analysis_date")
        tables.load(DEFENSE, rows.set_column(at, "analysis_date", instants), columns=changed)
        scan = TableScan(DEFENSE.name, ("analysis_date", "team_abbr"), days[1], days[2])
        parquet = write_parquet(tmp_path, {DEFENSE: rows})
        assert rows_of(bigquery.warehouse(project), scan) == rows_of(parquet, scan)
        assert len(rows_of(parquet, scan)) == 2

    def test_a_row_without_the_value_of_a_required_column_is_read_to_be_named(
        self, bigquery: BigQuery, project: str, tmp_path: Path
    ) -> None:
        columns = [described(column) | {"mode": "NULLABLE"} for column in DEFENSE.columns.values()]
        rows = arrow_rows(DEFENSE, [{"team_abbr": team, "analysis_date": date(2026, 1, 9)} for team in ("T1", "T2")])
        at, none = rows.schema.get_field_index("team_abbr"), pa.array([None, "T2", "T3"])
        rows = pa.concat_tables([rows, rows.slice(0, 1)]).set_column(at, "team_abbr", none)
        tables = bigquery.tables(project)
        tables.create(DEFENSE, columns=columns)
        tables.load(DEFENSE, rows, columns=columns)
        scan = TableScan(DEFENSE.name, ("analysis_date", "team_abbr"), equals={"team_abbr": ("T2",)})
        found = rows_of(bigquery.warehouse(project), scan)
        assert found == rows_of(write_parquet(tmp_path, {DEFENSE: rows}), scan)
        assert ["None" in row for row in found] == [False, True]
        unread = dataclasses.replace(scan, columns=("analysis_date",))
        assert len(rows_of(bigquery.warehouse(project), unread)) == 1

    def test_rows_without_a_date_are_read_to_be_named_where_there_may_be_some(
        self, bigquery: BigQuery, project: str, tmp_path: Path
    ) -> None:
        columns = [described(column) for column in SHOT_ZONES.columns.values()]
        loose = [
            column | {"mode": "NULLABLE"} if column["name"] == SHOT_ZONES.partition else column for column in columns
        ]
        rows = arrow_rows(
            SHOT_ZONES, [{"player_lookup": name, "analysis_date": date(2026, 1, 10)} for name in ("a", "b")]
        )
        at = rows.schema.get_field_index("analysis_date")
        rows = rows.set_column(at, "analysis_date", pa.array([date(2026, 1, 10), None], pa.date32()))
        tables = bigquery.tables(project)
        tables.create(SHOT_ZONES, columns=loose)
        tables.load(SHOT_ZONES, rows, columns=loose)
        warehouse = bigquery.warehouse(project)
        ahead = look_ahead(plan_of("tonight", first=date(2026, 1, 10)), warehouse, MemoryStore()).plan
        assert [scan.table for scan in ahead.scans if scan.undated] == [SHOT_ZONES.name]
        (scan,) = [scan for scan in ahead.scans if scan.undated]
        parquet = write_parquet(tmp_path, {SHOT_ZONES: rows})
        found = rows_of(warehouse, scan)
        assert found == rows_of(parquet, scan)
        assert ["None" in row for row in found].count(True) == 1
        assert len(rows_of(warehouse, dataclasses.replace(scan, undated=False))) == 1
        manifest = run_in_process(ahead, warehouse, MemoryStore())["2026-01-10"]
        (entry,) = manifest["skipped_rows"]
        assert (entry["table"], entry["column"], entry["player"], entry["rows"]) == (
            SHOT_ZONES.name,
            "analysis_date",
            "b",
            1,
        )
        assert entry["problem"].endswith("it is of no date")

    def test_there_are_no_rows_without_a_date_where_dates_are_required(self, bigquery: BigQuery, project: str) -> None:
        tables = bigquery.tables(project)
        tables.create(DEFENSE)
        assert not bigquery.warehouse(project).layout(whole(DEFENSE)).may_lack_date

    def test_what_is_optional_may_be_absent(self, bigquery: BigQuery, project: str) -> None:
        columns = [described(column) for column in DEFENSE.columns.values() if column.absent is None]
        tables = bigquery.tables(project)
        tables.create(DEFENSE, columns=columns)
        rows = arrow_rows(DEFENSE, [{"team_abbr": "LAL", "analysis_date": date(2026, 1, 10)}])
        tables.load(DEFENSE, rows, columns=columns)
        scan, warehouse = whole(DEFENSE), bigquery.warehouse(project)
        optional = tuple(name for name in scan.columns if DEFENSE.columns[name].absent is not None)
        assert warehouse.check(scan) == optional
        assert rows_of(warehouse, scan) == list(map(repr, rows.select(list(scan.columns)).to_pylist()))
        assert {stream.absent for stream in warehouse.split(scan)} == {optional}
        # Null equals nothing.
        assert rows_of(warehouse, dataclasses.replace(scan, equals={"early_season_flag": ("false",)})) == []
        assert warehouse.estimate(scan) > 0


def test_rows_that_were_streamed_in_are_read(bigquery: BigQuery, project: str) -> None:
    tables, day = bigquery.tables(project), date(2026, 1, 10)
    tables.create(SUBSET_PICKS)
    tables.stream(SUBSET_PICKS, {"game_date": "2026-01-10", "subset_id": "top_5", "player_lookup": "a"})
    scan = TableScan(SUBSET_PICKS.name, ("player_lookup", "subset_id"), day, day)
    expected = repr({"player_lookup": "a", "subset_id": "top_5"})
    assert rows_of(bigquery.warehouse(project), scan) == [expected]


class TestParts:
    def test_a_part_is_a_day(self, bigquery: BigQuery, league_project: str, league: League) -> None:
        scan = TableScan(SCHEDULE.name, ("game_id",), date(2026, 1, 4), date(2026, 1, 8))
        parts = bigquery.warehouse(league_project).parts(scan)
        days = sorted(set(league.rows(SCHEDULE).column("game_date").to_pylist()))
        assert [part.first for part in parts] == [day for day in days if date(2026, 1, 4) <= day <= date(2026, 1, 8)]
        assert all(part.first == part.last and part.version for part in parts)

    def test_a_version_lasts_until_the_table_is_written(self, bigquery: BigQuery, project: str) -> None:
        tables, warehouse = bigquery.tables(project), bigquery.warehouse(project)
        row = {"analysis_date": date(2026, 1, 5)}
        tables.fill(DEFENSE, arrow_rows(DEFENSE, [row]))
        before = warehouse.parts(whole(DEFENSE))
        assert warehouse.parts(whole(DEFENSE)) == before
        tables.load(DEFENSE, arrow_rows(DEFENSE, [row]))
        after = warehouse.parts(whole(DEFENSE))
        assert [(part.first, part.last) for part in after] == [(date(2026, 1, 5), date(2026, 1, 5))]
        assert after != before
        warehouse.close()

    def test_a_table_without_partitions_is_one_part(self, bigquery: BigQuery, project: str) -> None:
        tables, warehouse = bigquery.tables(project), bigquery.warehouse(project)
        tables.fill(REGISTRY, arrow_rows(REGISTRY, [{"season": "2025-26"}]))
        (part,) = warehouse.parts(whole(REGISTRY))
        assert (part.first, part.last) == (None, None)
        assert warehouse.parts(whole(REGISTRY)) == [part]
        tables.load(REGISTRY, arrow_rows(REGISTRY, [{"season": "2025-26"}]))
        assert warehouse.parts(whole(REGISTRY)) != [part]

    def test_rows_without_a_date_may_be_of_any(self, bigquery: BigQuery, project: str) -> None:
        bigquery.tables(project).fill(DEFENSE, arrow_rows(DEFENSE, [{}]))
        (part,) = bigquery.warehouse(project).parts(whole(DEFENSE))
        assert part == TablePart(None, None, part.version, rows=1)

    def test_a_table_that_is_missing(self, bigquery: BigQuery, project: str) -> None:
        with pytest.raises(WarehouseError, match=f"it is not in project {project}"):
            bigquery.warehouse(project).parts(whole(REGISTRY))


def test_a_folder_and_a_project_are_both_warehouses() -> None:
    for warehouse in (ParquetWarehouse("x"), BigQuery("http://x", "x:1").warehouse("p")):
        checked: Warehouse = warehouse
        assert checked == warehouse
