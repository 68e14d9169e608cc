from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.warehouse.tables import (
    ACCURACY,
    DEFENSE,
    FEATURES,
    NEWS_ARTICLES,
    PREDICTIONS,
    REGISTRY,
    WAREHOUSE_TABLES,
)
from transforms.elements.tables import TableScan
from transforms.warehouses.row_restriction import literal, row_restriction, undated_restriction

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)


def restriction(table: Any, first: date | None = None, last: date | None = None, **equals: tuple[str, ...]) -> str:
    return row_restriction(TableScan(table.name, tuple(table.columns), first, last, equals))


@pytest.mark.parametrize(
    ("table", "first", "last", "expected"),
    [
        (ACCURACY, FIRST, LAST, "`game_date` >= DATE '2026-01-01' AND `game_date` <= DATE '2026-01-31'"),
        (ACCURACY, None, LAST, "`game_date` <= DATE '2026-01-31'"),
        (ACCURACY, FIRST, None, "`game_date` >= DATE '2026-01-01'"),
        # The table insists on a filter on its partitions, so there is one that they all meet.
        (ACCURACY, None, None, "`game_date` >= DATE '0001-01-01'"),
        (DEFENSE, None, None, ""),
        (DEFENSE, FIRST, FIRST, "`analysis_date` >= DATE '2026-01-01' AND `analysis_date` <= DATE '2026-01-01'"),
        (REGISTRY, None, None, ""),
        (
            NEWS_ARTICLES,
            FIRST,
            date.max,
            "`published_at` >= TIMESTAMP '2026-01-01 00:00:00.000000+00:00'"
            " AND `published_at` <= TIMESTAMP '9999-12-31 23:59:59.999999+00:00'",
        ),
    ],
)
def test_partitions(table: Any, first: date | None, last: date | None, expected: str) -> None:
    assert restriction(table, first, last) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("DATE", "`game_date` >= DATE '2026-01-01' AND `game_date` <= DATE '2026-01-31'"),
        (
            "TIMESTAMP",
            "`game_date` >= TIMESTAMP '2026-01-01 00:00:00.000000+00:00'"
            " AND `game_date` <= TIMESTAMP '2026-01-31 23:59:59.999999+00:00'",
        ),
        (
            "DATETIME",
            "`game_date` >= DATETIME '2026-01-01 00:00:00.000000'"
            " AND `game_date` <= DATETIME '2026-01-31 23:59:59.999999'",
        ),
    ],
)
def test_a_stored_partition_column_of_another_type_is_compared_with_its_own(kind: str, expected: str) -> None:
    assert row_restriction(TableScan(ACCURACY.name, ("game_id",), FIRST, LAST), kind) == expected


@pytest.mark.parametrize("table", [table for table in WAREHOUSE_TABLES if table.filter_required], ids=str)
def test_a_required_partition_filter_is_always_sent_and_names_the_column(table: Any) -> None:
    for first, last in ((None, None), (FIRST, None), (None, LAST), (FIRST, LAST)):
        condition = restriction(table, first, last)
        assert f"`{table.partition}`" in condition
        # Rows in a streaming buffer have their columns, and no partition time yet.
        assert "_PARTITION" not in condition


def test_no_row_equals_a_value_in_an_absent_column() -> None:
    scan = TableScan(DEFENSE.name, ("team_abbr",), None, None, {"early_season_flag": ("false",)})
    assert row_restriction(scan, absent=("early_season_flag",)) == "FALSE"


def test_values_are_literals_of_the_columns_type() -> None:
    assert restriction(
        REGISTRY,
        games_played=("12", "-3"),
        last_roster_activity_date=("2026-01-05",),
        processed_at=("2026-01-05 10:00:00Z",),
        season=("2025-26", "x"),
    ) == (
        "`games_played` IN (12, -3) AND `last_roster_activity_date` IN (DATE '2026-01-05')"
        " AND (`processed_at` IN (TIMESTAMP '2026-01-05 10:00:00.000000+00:00') OR `processed_at` IS NULL)"
        " AND (`season` IN ('2025-26', 'x') OR `season` IS NULL)"
    )
    assert restriction(FEATURES, FIRST, None, feature_quality_score=("99.50",), is_home=("true", "false")).endswith(
        " AND `feature_quality_score` IN (NUMERIC '99.50') AND `is_home` IN (TRUE, FALSE)"
    )
    assert restriction(PREDICTIONS, FIRST, None, feature_quality_score=("0.1",)).endswith("IN (CAST('0.1' AS FLOAT64))")


def test_a_row_without_the_value_of_a_required_column_is_read_to_be_named() -> None:
    scan = TableScan(REGISTRY.name, ("season",), equals={"season": ("2025-26",)})
    assert row_restriction(scan) == "(`season` IN ('2025-26') OR `season` IS NULL)"
    # One that is not read cannot be named, and one that may be null has nothing wrong.
    assert row_restriction(replace(scan, columns=("games_played",))) == "`season` IN ('2025-26')"
    assert " OR " not in row_restriction(TableScan(REGISTRY.name, ("games_played",), equals={"games_played": ("1",)}))


def test_rows_without_a_date_have_a_restriction_of_their_own() -> None:
    scan = TableScan(PREDICTIONS.name, ("game_date", "points"), FIRST, FIRST, {"system_id": ("a",)})
    assert undated_restriction(scan) == "`game_date` IS NULL AND `system_id` IN ('a')"
    named = replace(scan, columns=("game_date", "system_id"))
    assert undated_restriction(named) == "`game_date` IS NULL AND (`system_id` IN ('a') OR `system_id` IS NULL)"
    assert undated_restriction(scan, ("system_id",)) == "`game_date` IS NULL AND FALSE"


def test_no_value_is_no_row() -> None:
    assert restriction(REGISTRY, season=()) == "FALSE"


@pytest.mark.parametrize("equals", [{"no_such_column": ("x",)}, {"games_played": ("1 OR TRUE",)}])
def test_nothing_else_gets_in(equals: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        restriction(REGISTRY, **equals)


UNESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


def read_back(text: str) -> str:
    """Read a SQL string literal by its grammar: no quote and no line break inside that is not escaped."""
    match = re.fullmatch(r"'((?:[^'\\\n\r]|\\[^U]|\\U[0-9a-f]{8})*)'", text)
    assert match is not None, text

    def unescape(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code[1:], 16)) if code.startswith("U") else UNESCAPED.get(code, code)

    return re.sub(r"\\(U[0-9a-f]{8}|.)", unescape, match[1])


@given(st.text() | st.text(alphabet="'\\\n\r\t\0 abU0\u2028\u200b;-"))
def test_a_text_reads_back(text: str) -> None:
    assert read_back(literal(text)) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "TRUE"),
        (-5, "-5"),
        (Decimal("1E+2"), "NUMERIC '100'"),
        (Decimal("-0.000000001"), "NUMERIC '-0.000000001'"),
        (1e300, "CAST('1e+300' AS FLOAT64)"),
        (date(1, 1, 1), "DATE '0001-01-01'"),
        (
            datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))),
            "TIMESTAMP '2025-12-31 23:00:00.000000+00:00'",
        ),
    ],
)
def test_literals(value: Any, expected: str) -> None:
    assert literal(value) == expected
