from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from demo.generate import Summary, generate
from demo.options import DemoOptions
from exporters.warehouse.schema import Table

SMALL = {"seasons": 1, "players": 120, "first_date": date(2025, 11, 5), "last_date": date(2026, 2, 20)}
"""Eight teams over three months that hold a season's start, an All-Star break and every blemish."""


@dataclass(frozen=True)
class DemoWarehouse:
    options: DemoOptions
    summary: Summary
    read: dict[Table[Any], list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.options.output

    @property
    def tonight(self) -> date:
        return date.fromisoformat(self.summary.last_game_night)

    def files(self, table: Table[Any]) -> list[Path]:
        return sorted(self.root.joinpath(*table.name.split(".")).rglob("*.parquet"))

    def arrow(self, table: Table[Any]) -> pa.Table:
        return ds.dataset([str(path) for path in self.files(table)], format="parquet").to_table()

    def rows(self, table: Table[Any]) -> list[dict[str, Any]]:
        if table not in self.read:
            self.read[table] = self.arrow(table).to_pylist()
        return self.read[table]


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DemoWarehouse:
    options = DemoOptions(output=tmp_path_factory.mktemp("demo") / "warehouse", **SMALL)
    return DemoWarehouse(options, generate(options))
