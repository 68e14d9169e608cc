from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pytest

from demo.tables.frames import Frame, Nullable, Repeated
from exporters.warehouse.schema import Instant, Numeric51, Numeric52, Table


class Row(NamedTuple):
    day: date
    name: str | None
    points: Numeric51 | None
    margin: Numeric52
    share: float | None
    made: Instant
    vector: tuple[float, ...]


TABLE: Table[Row] = Table("data.rows", Row, partition="day")


def frame() -> Frame:
    return Frame(
        TABLE,
        {
            "day": np.array(["2026-01-01", "2026-01-02", "2026-01-02"], dtype="datetime64[D]"),
            "name": np.array(["a", None, "c"], dtype=object),
            "points": Nullable(np.array([24.5, 0.0, 7.0]), [False, True, False]),
            "margin": np.array([-0.07, 1.1, 2.675]),
            "share": np.array([0.5, np.nan, 1.0]),
            "made": 1_000_000,
            "vector": Repeated(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([2, 0, 1])),
        },
    )


def test_columns_become_arrow_in_the_declared_types() -> None:
    rows = frame().to_arrow().to_pylist()
    assert [row["points"] for row in rows] == [Decimal("24.5"), None, Decimal("7.0")]
    assert [row["margin"] for row in rows] == [Decimal("-0.07"), Decimal("1.10"), Decimal("2.68")]
    assert [row["vector"] for row in rows] == [[1.0, 2.0], [], [5.0]]
    assert [row["name"] for row in rows] == ["a", None, "c"]
    assert rows[0]["made"].isoformat() == "1970-01-01T00:00:01+00:00"


def test_not_a_number_stays_apart_from_null() -> None:
    share = frame().to_arrow()["share"]
    assert share.null_count == 0
    assert np.isnan(share[1].as_py())


def test_rows_are_changed_copied_and_appended() -> None:
    mine = frame()
    copy = mine.take(np.array([0]))
    copy.put("points", np.array([0]), None)
    copy.put("name", np.array([0]), "z")
    mine.extend(copy)
    mine.put("points", np.array([1]), 3.5)
    rows = mine.to_arrow().to_pylist()
    assert [row["points"] for row in rows] == [Decimal("24.5"), Decimal("3.5"), Decimal("7.0"), None]
    assert rows[3]["name"] == "z"
    assert mine.is_null("name").tolist() == [False, True, False, False]


def test_a_wrong_column_set_is_refused() -> None:
    with pytest.raises(ValueError, match=r"data\.rows: columns differ"):
        Frame(TABLE, {"day": np.zeros(1, dtype="datetime64[D]")})


def test_a_required_column_cannot_be_null() -> None:
    with pytest.raises(ValueError, match=r"data\.rows\.margin cannot be null"):
        frame().put("margin", np.array([0]), None)


def test_a_number_that_does_not_fit_is_refused() -> None:
    mine = frame()
    mine.put("points", np.array([0]), 12_345.0)
    with pytest.raises(ValueError, match=r"points .* does not fit"):
        mine.to_arrow()
