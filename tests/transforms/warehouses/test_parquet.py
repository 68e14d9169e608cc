from __future__ import annotations

import json
import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.warehouse.tables import FEATURES, GAMES, NEWS_ARTICLES, REGISTRY
from transforms.elements.tables import MISFIT, TableScan, alike, arrow_schema
from transforms.warehouses.parquet import ParquetWarehouse
from transforms.warehouses.protocol import WarehouseError

FOLDER = "nba_analytics/player_game_summary"
COLUMNS = ("game_date", "is_dnp", "minutes_played", "player_lookup", "points", "processed_at")
DAY = date(2026, 2, 11)


def games(days: Sequence[date | None], **columns: Sequence[Any]) -> pa.Table:
    """Rows of the games table, one per day, numbered by their points."""
    schema = arrow_schema(GAMES)
    values = {
        "game_date": days,
        "player_lookup": [f"player{number % 3}" for number in range(len(days))],
        "points": list(range(len(days))),
        "minutes_played": [Decimal(number % 480) / 10 for number in range(len(days))],
        "is_dnp": [number % 7 == 0 for number in range(len(days))],
        "processed_at": [datetime(2026, 2, 11, 12, number % 60, tzinfo=timezone.utc) for number in range(len(days))],
        **columns,
    }
    return pa.table({name: pa.array(column, schema.field(name).type) for name, column in values.items()})


def put(root: Path, path: str, table: pa.Table, **options: Any) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file, **options)
    return file


def scan(
    columns: tuple[str, ...] = COLUMNS,
    first: date | None = DAY,
    last: date | None = DAY,
    equals: Mapping[str, tuple[str, ...]] | None = None,
    table: str = GAMES.name,
) -> TableScan:
    return TableScan(table, columns, first, last, equals or {})


def batches(root: Path, wanted: TableScan) -> list[pa.RecordBatch]:
    warehouse = ParquetWarehouse(str(root))
    found = [batch for stream in warehouse.split(wanted) for batch in warehouse.read(stream)]
    for batch in found:
        assert batch.schema.equals(wanted.schema, check_metadata=True)
        assert batch.num_rows
    return found


def stream_batches(root: Path, wanted: TableScan) -> list[pa.RecordBatch]:
    """The batches of a scan, in one schema, marks of rows that do not fit included."""
    warehouse = ParquetWarehouse(str(root))
    return alike(batch for stream in warehouse.split(wanted) for batch in warehouse.read(stream))


def rows(root: Path, wanted: TableScan) -> list[dict[str, Any]]:
    return pa.Table.from_batches(batches(root, wanted), wanted.schema).to_pylist()


def points(root: Path, wanted: TableScan) -> list[int]:
    return [row["points"] for row in rows(root, wanted)]


def error(root: Path, wanted: TableScan, call: str = "check") -> str:
    """The message of the error that a call raises: one line."""
    warehouse = ParquetWarehouse(str(root))
    calls = {"check": warehouse.check, "split": warehouse.split, "read": lambda wanted: batches(root, wanted)}
    with pytest.raises(WarehouseError) as raised:
        calls[call](wanted)
    message = str(raised.value)
    assert "\n" not in message
    assert message.startswith(f"table {wanted.table}: ")
    return message


def days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]


class TestLayout:
    def test_one_file(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}.parquet", games([DAY]))
        assert points(tmp_path, scan()) == [0]

    def test_a_folder_that_is_named_like_a_file(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}.parquet/part-0.parquet", games([DAY]))
        assert points(tmp_path, scan()) == [0]

    def test_nested_files_in_path_order(self, tmp_path: Path) -> None:
        for number, path in enumerate(["b/2.parquet", "a/x/1.parquet", "c.parquet"]):
            put(tmp_path, f"{FOLDER}/{path}", games([DAY], points=[number]))
        assert points(tmp_path, scan()) == [1, 0, 2]

    def test_ignores_hidden_names(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY]))
        for path in (
            "_SUCCESS",
            ".a.parquet.crc",
            "_temporary/0/a.parquet",
            ".ipynb/a.parquet",
            "_a.parquet",
            "README",
        ):
            file = tmp_path / FOLDER / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"garbage")
        assert points(tmp_path, scan()) == [0]

    def test_date_folders_become_the_date(self, tmp_path: Path) -> None:
        for number, day in enumerate(days_from(DAY, 3)):
            table = games([day, day], points=[number, number]).drop_columns(["game_date"])
            put(tmp_path, f"{FOLDER}/game_date={day}/part-0.parquet", table)
        last = DAY + timedelta(days=1)
        found = rows(tmp_path, scan(last=last))
        assert [(row["game_date"], row["points"]) for row in found] == [(DAY, 0), (DAY, 0), (last, 1), (last, 1)]

    def test_only_the_folder_gives_the_requested_column(self, tmp_path: Path) -> None:
        table = games([DAY] * 40_000).drop_columns(["game_date"])
        put(tmp_path, f"{FOLDER}/game_date={DAY}/player_lookup=a/a.parquet", table, row_group_size=7_000)
        assert sum(batch.num_rows for batch in batches(tmp_path, scan(("game_date",)))) == 40_000
        assert batches(tmp_path, scan(("game_date",), equals={"points": ("-1",)})) == []

    def test_date_folders_outside_the_range_are_not_opened(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/game_date={DAY}/a.parquet", games([DAY]).drop_columns(["game_date"]))
        for folder in ("game_date=2026-02-10", "game_date=2026-02-12"):
            (tmp_path / FOLDER / folder).mkdir()
            (tmp_path / FOLDER / folder / "a.parquet").write_bytes(b"garbage")
        ParquetWarehouse(str(tmp_path)).check(scan())
        assert points(tmp_path, scan()) == [0]

    def test_other_folders_are_just_folders(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/month=2026-02/league=nba/a.parquet", games([DAY]))
        assert points(tmp_path, scan()) == [0]

    def test_a_column_of_the_file_precedes_its_folder(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/player_lookup=folder/a.parquet", games([DAY], player_lookup=["file"]))
        assert rows(tmp_path, scan(("player_lookup",))) == [{"player_lookup": "file"}]

    def test_folders_give_any_type_of_column(self, tmp_path: Path) -> None:
        folder = "player_lookup=o%27neal é/points=27/minutes_played=31.5/is_dnp=false/processed_at=2026-02-11 23:30:00"
        put(tmp_path, f"{FOLDER}/{folder}/a.parquet", games([DAY]).select(["game_date"]))
        assert rows(tmp_path, scan()) == [
            {
                "game_date": DAY,
                "is_dnp": False,
                "minutes_played": Decimal("31.5"),
                "player_lookup": "o'neal é",
                "points": 27,
                "processed_at": datetime(2026, 2, 11, 23, 30, tzinfo=timezone.utc),
            }
        ]

    def test_a_null_folder_is_null(self, tmp_path: Path) -> None:
        folder = "player_lookup=__HIVE_DEFAULT_PARTITION__"
        put(tmp_path, f"{FOLDER}/{folder}/a.parquet", games([DAY]).drop_columns(["player_lookup"]))
        assert rows(tmp_path, scan(("player_lookup",))) == [{"player_lookup": None}]

    def test_a_folder_that_is_no_value_of_its_column(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/game_date=today/a.parquet", games([DAY]).drop_columns(["game_date"]))
        assert "a value of column game_date of " in error(tmp_path, scan(), "read")

    def test_no_files_are_no_rows(self, tmp_path: Path) -> None:
        (tmp_path / FOLDER / "month=2026-02").mkdir(parents=True)
        ParquetWarehouse(str(tmp_path)).check(scan())
        assert ParquetWarehouse(str(tmp_path)).split(scan()) == []

    def test_files_without_rows_are_no_rows(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games([]))
        put(tmp_path, f"{FOLDER}/b.parquet", pa.table({}))
        put(tmp_path, f"{FOLDER}/c.parquet", games([DAY]))
        ParquetWarehouse(str(tmp_path)).check(scan())
        assert points(tmp_path, scan()) == [0]

    def test_an_unpartitioned_table(self, tmp_path: Path) -> None:
        table = pa.table({"player_lookup": ["a", "b"], "season": ["2025-26", "2024-25"]})
        put(tmp_path, "nba_reference/nba_players_registry/season=2025/a.parquet", table)
        wanted = scan(("player_lookup",), None, None, {"season": ("2025-26",)}, REGISTRY.name)
        assert rows(tmp_path, wanted) == [{"player_lookup": "a"}]


class TestWhatIsMissing:
    def test_a_missing_table_is_an_error_of_every_call(self, tmp_path: Path) -> None:
        put(tmp_path, "nba_analytics/player_game_summaries/a.parquet", games([DAY]))
        for call in ("check", "split"):
            message = error(tmp_path, scan(), call)
            assert f"neither folder {FOLDER} nor file {FOLDER}.parquet is in {tmp_path}" in message
            assert "(nearest: nba_analytics.player_game_summaries)" in message

    def test_nothing_is_near_in_an_empty_or_missing_root(self, tmp_path: Path) -> None:
        for root in (tmp_path, tmp_path / "missing"):
            assert "nearest" not in error(root, scan())

    def test_a_table_that_is_there_twice(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}.parquet", games([DAY]))
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY]))
        assert "remove one" in error(tmp_path, scan())

    def test_files_of_another_format_are_not_silence(self, tmp_path: Path) -> None:
        (tmp_path / FOLDER).mkdir(parents=True)
        (tmp_path / FOLDER / "000000000000.csv").write_text("a,b")
        assert "ends in .parquet (there is 000000000000.csv)" in error(tmp_path, scan(), "split")

    @pytest.mark.parametrize("call", ["check", "read"])
    def test_a_missing_column(self, tmp_path: Path, call: str) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY]).rename_columns({"minutes_played": "minutes_plaid"}))
        assert error(tmp_path, scan(), call) == (
            f"table {GAMES.name}: column minutes_played is missing in {FOLDER}/a.parquet, expected NUMERIC(5,1); "
            "write the file again with it (nearest: minutes_plaid)"
        )

    def test_a_column_that_is_missing_in_one_of_many_files(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY]))
        put(tmp_path, f"{FOLDER}/b.parquet", games([DAY]).drop_columns(["points"]))
        put(tmp_path, f"{FOLDER}/c.parquet", games([DAY]))
        assert "b.parquet, expected INT64" in error(tmp_path, scan())

    def test_a_column_that_only_some_folders_give(self, tmp_path: Path) -> None:
        table = games([DAY]).drop_columns(["player_lookup"])
        put(tmp_path, f"{FOLDER}/a/player_lookup=a/a.parquet", table)
        put(tmp_path, f"{FOLDER}/b.parquet", table)
        for call in ("check", "read"):
            assert f"column player_lookup is missing in {FOLDER}/b.parquet" in error(tmp_path, scan(), call)

    def test_a_missing_column_that_only_restricts(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY]).drop_columns(["player_lookup"]))
        assert "player_lookup" in error(tmp_path, scan(("points",), equals={"player_lookup": ("a",)}))

    @pytest.mark.parametrize("call", ["check", "split"])
    def test_a_missing_partition_column(self, tmp_path: Path, call: str) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY]).drop_columns(["game_date"]))
        assert "column game_date is missing" in error(tmp_path, scan(("points",)), call)


ACCEPTED: list[tuple[str, pa.Array, Any]] = [
    ("points", pa.array([7], pa.int8()), 7),
    ("points", pa.array([7], pa.uint64()), 7),
    ("points", pa.nulls(1), None),
    ("player_lookup", pa.array(["a"], pa.large_string()), "a"),
    ("player_lookup", pa.array(["a"]).dictionary_encode(), "a"),
    ("minutes_played", pa.array([Decimal("31.5")], pa.decimal128(38, 9)), Decimal("31.5")),
    ("minutes_played", pa.array([Decimal("31.5")], pa.decimal256(50, 4)), Decimal("31.5")),
    ("minutes_played", pa.array([Decimal("31")], pa.decimal128(3, 0)), Decimal("31.0")),
    ("game_date", pa.array([DAY], pa.date64()), DAY),
    ("processed_at", pa.array([1_000], pa.timestamp("ms")), datetime(1970, 1, 1, 0, 0, 1, tzinfo=timezone.utc)),
    ("processed_at", pa.array([10**9], pa.timestamp("ns", "UTC")), datetime(1970, 1, 1, 0, 0, 1, tzinfo=timezone.utc)),
    (
        "processed_at",
        pa.array([10**6], pa.timestamp("us", "America/New_York")),
        datetime(1970, 1, 1, 0, 0, 1, tzinfo=timezone.utc),
    ),
    ("processed_at", pa.array([1], pa.timestamp("ns")), datetime(1970, 1, 1, tzinfo=timezone.utc)),
    ("points", pa.array([7.0]), 7),
    ("points", pa.array([float("nan")]), None),
    ("points", pa.array([Decimal("7.00")]), 7),
    ("minutes_played", pa.array([31.5]), Decimal("31.5")),
    ("minutes_played", pa.array([31.4], pa.float32()), Decimal("31.4")),
    ("minutes_played", pa.array([31]), Decimal("31.0")),
    ("game_date", pa.array([DAY]).cast(pa.timestamp("ns")), DAY),
    ("game_date", pc.assume_timezone(pa.array([DAY]).cast(pa.timestamp("us")), "Asia/Tokyo"), DAY),
]

REJECTED: list[tuple[str, pa.Array, str]] = [
    ("points", pa.array(["7"]), "is string, expected INT64"),
    ("points", pa.array([True]), "is bool, expected INT64"),
    ("minutes_played", pa.array(["31.5"]), "is string, expected NUMERIC(5,1)"),
    ("player_lookup", pa.array([b"a"]), "is binary, expected STRING"),
    ("player_lookup", pa.array([["a"]]), "is list<element: string>, expected STRING"),
    ("is_dnp", pa.array([1]), "is int64, expected BOOL"),
    ("game_date", pa.array(["2026-02-11"]), "is string, expected DATE"),
    ("processed_at", pa.array([DAY]), "is date32[day], expected TIMESTAMP"),
]

MISFITS: list[tuple[str, pa.Array, str]] = [
    ("points", pa.array([2**63], pa.uint64()), "9223372036854775808"),
    ("points", pa.array([7.5]), "7.5"),
    ("minutes_played", pa.array([Decimal("31.25")]), "31.25"),
    ("minutes_played", pa.array([31000.5]), "31000.5"),
]


class TestTypes:
    @pytest.mark.parametrize(("name", "column", "expected"), ACCEPTED)
    def test_accepts_what_converts_without_loss(
        self, tmp_path: Path, name: str, column: pa.Array, expected: Any
    ) -> None:
        table = games([DAY])
        put(tmp_path, f"{FOLDER}/a.parquet", table.set_column(table.schema.get_field_index(name), name, column))
        ParquetWarehouse(str(tmp_path)).check(scan())
        assert rows(tmp_path, scan())[0][name] == expected

    @pytest.mark.parametrize(("name", "column", "expected"), REJECTED)
    @pytest.mark.parametrize("call", ["check", "read"])
    def test_rejects_other_types(self, tmp_path: Path, name: str, column: pa.Array, expected: str, call: str) -> None:
        table = games([DAY])
        put(tmp_path, f"{FOLDER}/a.parquet", table.set_column(table.schema.get_field_index(name), name, column))
        assert f"column {name} of {FOLDER}/a.parquet {expected}; write" in error(tmp_path, scan(), call)

    @pytest.mark.parametrize(("name", "column", "text"), MISFITS)
    def test_a_value_that_would_be_changed_marks_its_row(
        self, tmp_path: Path, name: str, column: pa.Array, text: str
    ) -> None:
        table = games([DAY, DAY]).slice(1)
        table = table.set_column(table.schema.get_field_index(name), name, column)
        put(tmp_path, f"{FOLDER}/a.parquet", table)
        put(tmp_path, f"{FOLDER}/b.parquet", games([DAY]))
        ParquetWarehouse(str(tmp_path)).check(scan())
        found = pa.Table.from_batches(stream_batches(tmp_path, scan())).to_pylist()
        assert [(row["points"], row[MISFIT]) for row in found][1] == (0, None)
        assert found[0][MISFIT] == f"{name} is {text}"
        assert found[0]["player_lookup"] == "player1"

    def test_a_row_with_a_time_of_day_for_a_date_is_kept_where_its_date_is_wanted(self, tmp_path: Path) -> None:
        noon = pa.array([datetime(2026, 2, day, 12, tzinfo=timezone.utc) for day in (10, 11, 12)])
        table = games([DAY] * 3)
        table = table.set_column(table.schema.get_field_index("game_date"), "game_date", noon.cast(pa.timestamp("us")))
        put(tmp_path, f"{FOLDER}/a.parquet", table, row_group_size=1)
        (row,) = pa.Table.from_batches(stream_batches(tmp_path, scan())).to_pylist()
        assert (row["points"], row["game_date"]) == (1, DAY)
        assert row[MISFIT].startswith("game_date is 2026-02-11 12:00:00")

    def test_values_outside_the_restriction_do_not_matter(self, tmp_path: Path) -> None:
        table = games([DAY, DAY + timedelta(days=1)])
        inexact = pa.array([Decimal("31.50"), Decimal("31.25")])
        put(tmp_path, f"{FOLDER}/a.parquet", table.set_column(3, "minutes_played", inexact))
        assert [row["minutes_played"] for row in rows(tmp_path, scan())] == [Decimal("31.5")]

    def test_column_order_and_additional_columns_do_not_matter(self, tmp_path: Path) -> None:
        table = games([DAY]).select(list(reversed(COLUMNS))).append_column("extra", pa.array([["x"]]))
        put(tmp_path, f"{FOLDER}/a.parquet", table)
        put(tmp_path, f"{FOLDER}/b.parquet", games([DAY]))
        first, second = rows(tmp_path, scan())
        assert first == second
        assert list(first) == list(COLUMNS)

    @pytest.mark.parametrize(
        "kind",
        [
            pa.list_(pa.float64()),
            pa.large_list(pa.float32()),
            pa.list_(pa.field("element", pa.float32(), nullable=False)),
        ],
    )
    def test_lists(self, tmp_path: Path, kind: pa.DataType) -> None:
        folder = FEATURES.name.replace(".", "/")
        features = pa.array([[1.5, -0.25], None], kind)
        names = pa.ListArray.from_arrays([0, 2, 2], pa.array(["a", "b"]).dictionary_encode())
        put(
            tmp_path,
            f"{folder}/a.parquet",
            pa.table({"features": features, "feature_names": names, "game_date": [DAY, DAY]}),
        )
        wanted = scan(("feature_names", "features"), table=FEATURES.name)
        ParquetWarehouse(str(tmp_path)).check(wanted)
        assert rows(tmp_path, wanted) == [
            {"feature_names": ["a", "b"], "features": [1.5, -0.25]},
            {"feature_names": [], "features": []},
        ]

    def test_lists_of_one_size(self, tmp_path: Path) -> None:
        table = pa.table({"features": pa.array([[1.5, -0.25]], pa.list_(pa.float64(), 2)), "game_date": [DAY]})
        put(tmp_path, f"{FEATURES.name.replace('.', '/')}/a.parquet", table)
        assert rows(tmp_path, scan(("features",), table=FEATURES.name)) == [{"features": [1.5, -0.25]}]

    def test_a_list_of_another_type(self, tmp_path: Path) -> None:
        table = pa.table({"features": [["1.5"]], "game_date": [DAY]})
        put(tmp_path, f"{FEATURES.name.replace('.', '/')}/a.parquet", table)
        assert "is list<element: string>, expected REPEATED FLOAT64" in error(
            tmp_path, scan(("features",), table=FEATURES.name)
        )


class TestDamage:
    @pytest.mark.parametrize("call", ["check", "split"])
    @pytest.mark.parametrize("damaged", [b"", b"garbage", b"PAR1" + b"\0" * 100 + b"PAR1", None])
    def test_a_file_that_is_no_parquet_file(self, tmp_path: Path, damaged: bytes | None, call: str) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY]))
        file = put(tmp_path, f"{FOLDER}/b.parquet", games([DAY]))
        file.write_bytes(file.read_bytes()[:-20] if damaged is None else damaged)
        assert f"cannot read {FOLDER}/b.parquet: " in error(tmp_path, scan(), call)

    def test_a_file_that_is_damaged_or_gone_after_split(self, tmp_path: Path) -> None:
        file = put(tmp_path, f"{FOLDER}/a.parquet", games([DAY] * 1000))
        warehouse = ParquetWarehouse(str(tmp_path))
        (stream,) = warehouse.split(scan())
        file.write_bytes(file.read_bytes()[:500])
        with pytest.raises(WarehouseError, match=r"cannot read .*a\.parquet: .*; write it again") as raised:
            list(warehouse.read(stream))
        assert isinstance(raised.value.__cause__, pa.ArrowException)
        file.unlink()
        with pytest.raises(WarehouseError, match=r"cannot read .*a\.parquet: .*No such file") as raised:
            list(warehouse.read(stream))
        assert isinstance(raised.value.__cause__, OSError)

    def test_a_file_that_is_replaced_after_split(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY] * 10))
        warehouse = ParquetWarehouse(str(tmp_path))
        (stream,) = warehouse.split(scan())
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY] * 11))
        with pytest.raises(WarehouseError, match="was replaced while it was read; run again"):
            list(warehouse.read(stream))

    def test_text_that_is_not_text(self, tmp_path: Path) -> None:
        file = put(
            tmp_path,
            f"{FOLDER}/a.parquet",
            games([DAY], player_lookup=["lebronjames"]),
            compression="none",
            use_dictionary=False,
            write_statistics=["game_date"],
        )
        file.write_bytes(file.read_bytes().replace(b"lebronjames", b"lebr\xff\xffjames"))
        assert f"cannot read {FOLDER}/a.parquet: " in error(tmp_path, scan(), "read")

    def test_reads_no_column_that_it_does_not_need(self, tmp_path: Path) -> None:
        file = put(tmp_path, f"{FOLDER}/a.parquet", games([DAY] * 100))
        scribble(file, group=0, names={"minutes_played", "is_dnp", "processed_at"})
        assert points(tmp_path, scan(("player_lookup", "points"))) == list(range(100))
        assert "cannot read" in error(tmp_path, scan(), "read")

    def test_reads_no_row_group_outside_the_range(self, tmp_path: Path) -> None:
        days = [day for day in days_from(DAY, 3) for _ in range(10)]
        file = put(tmp_path, f"{FOLDER}/a.parquet", games(days), row_group_size=10)
        for group in (0, 2):
            scribble(file, group, set(COLUMNS))
        wanted = DAY + timedelta(days=1)
        assert points(tmp_path, scan(first=wanted, last=wanted)) == list(range(10, 20))


def scribble(file: Path, group: int, names: Iterable[str]) -> None:
    """Destroy the pages of some columns of a row group."""
    content = bytearray(file.read_bytes())
    metadata = pq.read_metadata(file).row_group(group)
    for column in (metadata.column(number) for number in range(metadata.num_columns)):
        if column.path_in_schema in names:
            start = column.dictionary_page_offset or column.data_page_offset
            content[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    file.write_bytes(content)


class TestRestriction:
    @pytest.mark.parametrize(
        ("first", "last", "expected"),
        [
            (None, None, [0, 1, 2, 3]),
            (DAY, None, [1, 2]),
            (None, DAY, [0, 1]),
            (DAY, DAY, [1]),
            (date.min, date.max, [0, 1, 2]),
            (DAY + timedelta(days=2), date.max, []),
        ],
    )
    @pytest.mark.parametrize("row_group_size", [1, 100])
    def test_dates(
        self, tmp_path: Path, first: date | None, last: date | None, expected: list[int], row_group_size: int
    ) -> None:
        days = [*days_from(DAY - timedelta(days=1), 3), None]
        put(tmp_path, f"{FOLDER}/a.parquet", games(days), row_group_size=row_group_size)
        assert points(tmp_path, scan(("points",), first, last)) == expected

    @pytest.mark.parametrize("kind", ["us", "ms", "ns", "naive", "far"])
    @pytest.mark.parametrize("row_group_size", [1, 100])
    def test_instants_are_restricted_by_their_utc_day(self, tmp_path: Path, kind: str, row_group_size: int) -> None:
        instants = [
            "2026-02-10 23:59:59.999",
            "2026-02-11 00:00:00",
            "2026-02-11 23:59:59.999",
            "2026-02-12 00:00:00",
            "1955-11-12 22:04:00",
            None,
        ]
        types = {
            "us": pa.timestamp("us", "UTC"),
            "ms": pa.timestamp("ms", "UTC"),
            "ns": pa.timestamp("ns", "UTC"),
            "naive": pa.timestamp("us"),
            "far": pa.timestamp("us", "Asia/Tokyo"),
        }
        published = pa.array(instants).cast(pa.timestamp("us")).cast(types[kind])
        table = pa.table({"article_id": list("abcdef"), "published_at": published})
        put(tmp_path, f"{NEWS_ARTICLES.name.replace('.', '/')}/a.parquet", table, row_group_size=row_group_size)
        wanted = scan(("article_id",), table=NEWS_ARTICLES.name)
        assert [row["article_id"] for row in rows(tmp_path, wanted)] == ["b", "c"]
        assert len(rows(tmp_path, scan(("article_id",), date.min, DAY, table=NEWS_ARTICLES.name))) == 4

    def test_nanoseconds_that_no_datetime_has(self, tmp_path: Path) -> None:
        instant = 1_770_811_200_000_000_001
        table = pa.table({"article_id": ["a"], "published_at": pa.array([instant], pa.timestamp("ns", "UTC"))})
        put(tmp_path, f"{NEWS_ARTICLES.name.replace('.', '/')}/a.parquet", table)
        (batch,) = batches(tmp_path, scan(("published_at",), table=NEWS_ARTICLES.name))
        assert batch.column(0).cast(pa.int64()).to_pylist() == [instant // 1000]

    @pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Asia/Tokyo", "America/New_York", "Pacific/Pago_Pago"])
    @pytest.mark.parametrize("row_group_size", [1, 10])
    def test_a_date_at_midnight_of_any_zone_is_found_on_its_date(
        self, tmp_path: Path, zone: str, row_group_size: int
    ) -> None:
        days = days_from(DAY - timedelta(days=2), 5)
        midnights = pc.assume_timezone(pa.array(days).cast(pa.timestamp("us")), zone)
        table = games(days).set_column(0, "game_date", midnights)
        put(tmp_path, f"{FOLDER}/a.parquet", table, row_group_size=row_group_size)
        assert points(tmp_path, scan()) == [2]
        (part,) = ParquetWarehouse(str(tmp_path)).parts(scan())
        assert part.first is not None
        assert part.last is not None
        assert part.first <= days[0]
        assert days[-1] <= part.last

    def test_files_without_statistics(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games(days_from(DAY, 3)), write_statistics=False)
        assert points(tmp_path, scan()) == [0]

    @pytest.mark.parametrize(
        ("equals", "expected"),
        [
            ({"player_lookup": ("player1",)}, [1, 4]),
            ({"player_lookup": ("player1", "player2", "nobody")}, [1, 2, 4, 5]),
            ({"player_lookup": ()}, []),
            ({"points": ("2", "3")}, [2, 3]),
            ({"is_dnp": ("true",)}, [0]),
            ({"minutes_played": ("0.4",)}, [4]),
            ({"player_lookup": ("player1",), "points": ("0", "4")}, [4]),
        ],
    )
    def test_values(self, tmp_path: Path, equals: Mapping[str, tuple[str, ...]], expected: list[int]) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY] * 6))
        assert points(tmp_path, scan(("points",), equals=equals)) == expected

    def test_null_equals_nothing(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY] * 2, player_lookup=[None, "a"]))
        assert points(tmp_path, scan(("points",), equals={"player_lookup": ("a",)})) == [1]

    def test_a_row_without_the_value_of_a_required_column_is_read_to_be_named(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY] * 3, player_lookup=[None, "a", "b"]))
        named = scan(("player_lookup", "points"), equals={"player_lookup": ("a",)})
        assert points(tmp_path, named) == [0, 1]
        assert points(tmp_path, replace(named, equals={"player_lookup": ()})) == []

    def test_a_row_without_a_date_is_read_to_be_named_from_the_row_groups_that_hold_one(self, tmp_path: Path) -> None:
        days = [DAY, DAY, DAY + timedelta(days=9), DAY + timedelta(days=9), DAY + timedelta(days=9), None]
        put(tmp_path, f"{FOLDER}/a.parquet", games(days), row_group_size=2)
        wanted = scan(("game_date", "points"), DAY, DAY)
        assert points(tmp_path, wanted) == [0, 1, 5]
        (stream,) = ParquetWarehouse(str(tmp_path)).split(wanted)
        assert [piece[1:3] for piece in json.loads(stream.handle)] == [[0, 1], [2, 3]]
        assert points(tmp_path, scan(("points",), DAY, DAY)) == [0, 1]

    def test_a_folder_of_rows_without_a_date_is_read_to_be_named(self, tmp_path: Path) -> None:
        wanted, undated = scan(("game_date", "points")), f"{FOLDER}/game_date=__HIVE_DEFAULT_PARTITION__"
        put(tmp_path, f"{FOLDER}/game_date={DAY}/a.parquet", games([DAY]).drop_columns(["game_date"]))
        put(tmp_path, f"{undated}/a.parquet", games([None] * 3).drop_columns(["game_date"]))
        assert [row["game_date"] for row in rows(tmp_path, wanted)] == [DAY, None, None, None]
        # Without the date in the scan they could not be told from the others.
        assert points(tmp_path, scan(("points",))) == [0]

    @pytest.mark.parametrize("content", [b"garbage", None], ids=["no Parquet", "without a required column"])
    def test_a_broken_file_of_rows_without_a_date_costs_nothing(self, tmp_path: Path, content: bytes | None) -> None:
        wanted, path = scan(), f"{FOLDER}/game_date=__HIVE_DEFAULT_PARTITION__/b.parquet"
        put(tmp_path, f"{FOLDER}/game_date={DAY}/a.parquet", games([DAY]).drop_columns(["game_date"]))
        put(tmp_path, path, games([None]).select(["is_dnp"]))
        if content is not None:
            (tmp_path / path).write_bytes(content)
        warehouse = ParquetWarehouse(str(tmp_path))
        assert warehouse.check(wanted) == ()
        assert points(tmp_path, wanted) == [0]
        assert {stream.absent for stream in warehouse.split(wanted)} == {()}

    @settings(max_examples=40, deadline=None)
    @given(data=st.data())
    def test_agrees_with_filtering_in_memory(self, data: st.DataObject) -> None:
        days = st.sampled_from(days_from(DAY, 5))
        rows_of = st.tuples(st.one_of(st.none(), days), st.one_of(st.none(), st.sampled_from("abc")))
        files = data.draw(st.lists(st.lists(rows_of, max_size=20), max_size=4))
        first, last = data.draw(st.one_of(st.none(), days)), data.draw(st.one_of(st.none(), days))
        players = data.draw(st.one_of(st.none(), st.lists(st.sampled_from("abcd"), max_size=2)))
        by_folder = data.draw(st.booleans())
        expected: list[tuple[Any, ...]] = []
        with TemporaryDirectory() as root:
            (Path(root) / FOLDER).mkdir(parents=True)
            for number, file in enumerate(files):
                if by_folder and file:
                    file = [(file[0][0], player) for _, player in file]
                table = games([day for day, _ in file], player_lookup=[player for _, player in file])
                folder = FOLDER
                if by_folder and file:
                    table = table.drop_columns(["game_date"])
                    folder += f"/game_date={file[0][0] or '__HIVE_DEFAULT_PARTITION__'}"
                size = data.draw(st.integers(1, 8))
                put(Path(root), f"{folder}/{number}.parquet", table, row_group_size=size)
                expected += [
                    (day, player, position)
                    for position, (day, player) in enumerate(file)
                    # A row without a date, or without a player where some are wanted, is to be named.
                    if (first is None or day is None or day >= first)
                    and (last is None or day is None or day <= last)
                    and (players is None or player in players or (player is None and players))
                ]
            equals = {} if players is None else {"player_lookup": tuple(players)}
            wanted = scan(("game_date", "player_lookup", "points"), first, last, equals)
            ParquetWarehouse(root).check(wanted)
            found = [tuple(row.values()) for row in rows(Path(root), wanted)]
        assert sorted(found, key=repr) == sorted(expected, key=repr)


class TestStreams:
    def test_small_files_make_large_batches(self, tmp_path: Path) -> None:
        for number in range(40):
            put(tmp_path, f"{FOLDER}/{number:02}.parquet", games([DAY] * 2_000), row_group_size=500)
        warehouse = ParquetWarehouse(str(tmp_path))
        streams = warehouse.split(scan())
        assert len(streams) == 2
        for stream in streams:
            sizes = [batch.num_rows for batch in warehouse.read(stream)]
            assert sum(sizes) == 40_000
            assert all(32_768 <= size <= 65_536 for size in sizes[:-1])

    def test_large_row_groups_make_bounded_batches(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY] * 100_000))
        assert [batch.num_rows for batch in batches(tmp_path, scan())] == [32_768, 32_768, 32_768, 1_696]

    def test_a_few_kept_rows_of_many_make_one_batch(self, tmp_path: Path) -> None:
        days = days_from(DAY, 10) * 7_000
        put(tmp_path, f"{FOLDER}/a.parquet", games(days), row_group_size=10_000)
        sizes = [batch.num_rows for batch in batches(tmp_path, scan())]
        assert (sum(sizes), len(sizes)) == (7_000, len(ParquetWarehouse(str(tmp_path)).split(scan())))

    def test_a_table_of_many_files_makes_a_bounded_number_of_streams(self, tmp_path: Path) -> None:
        days = days_from(DAY, 60)
        for number, day in enumerate(days):
            put(tmp_path, f"{FOLDER}/{number:02}.parquet", games([day] * 200))
        warehouse = ParquetWarehouse(str(tmp_path))
        (stream,) = warehouse.split(scan(last=days[-1]))
        assert len(stream.handle) < 60 * 80
        (stream,) = warehouse.split(scan())
        assert json.loads(stream.handle) == [[f"{FOLDER}/00.parquet", 0, 1, 1, 200]]

    def test_a_large_table_makes_at_most_32_streams(self, tmp_path: Path) -> None:
        table = pa.table({"game_date": [DAY] * 16_000})
        for number in range(70):
            put(tmp_path, f"{FOLDER}/{number:02}.parquet", table)
        streams = ParquetWarehouse(str(tmp_path)).split(scan(("game_date",)))
        assert len(streams) == 32
        pieces = [piece for stream in streams for piece in json.loads(stream.handle)]
        assert [piece[0] for piece in pieces] == [f"{FOLDER}/{number:02}.parquet" for number in range(70)]

    def test_long_rows_make_more_streams(self, tmp_path: Path) -> None:
        long = games([DAY] * 400, player_lookup=["x" * 100_000] * 400)
        put(tmp_path, f"{FOLDER}/a.parquet", long, use_dictionary=False, row_group_size=40)
        assert len(ParquetWarehouse(str(tmp_path)).split(scan())) == 5

    def test_split_reads_footers_only(self, tmp_path: Path) -> None:
        file = put(tmp_path, f"{FOLDER}/a.parquet", games([DAY] * 100))
        scribble(file, 0, set(COLUMNS))
        ParquetWarehouse(str(tmp_path)).check(scan())
        assert len(ParquetWarehouse(str(tmp_path)).split(scan())) == 1

    def test_travels_to_another_process(self, tmp_path: Path) -> None:
        put(tmp_path, f"{FOLDER}/a.parquet", games([DAY] * 10))
        warehouse = ParquetWarehouse(str(tmp_path))
        other, (stream,) = pickle.loads(pickle.dumps((warehouse, warehouse.split(scan()))))
        assert other == warehouse
        assert list(other.read(stream)) == batches(tmp_path, scan())

    def test_construction_touches_nothing(self) -> None:
        assert ParquetWarehouse("/no/such/root").root == "/no/such/root"
