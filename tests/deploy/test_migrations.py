from __future__ import annotations

import re
from pathlib import Path

import pytest

from exporters.warehouse.tables import SUBSET_VERSIONS, TABLES

MIGRATIONS = sorted((Path(__file__).parents[2] / "deploy" / "migrations").glob("*.sql"))


def test_version_table_has_a_migration() -> None:
    assert any(SUBSET_VERSIONS.name in path.read_text() for path in MIGRATIONS)


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_migration_makes_the_table_as_it_is_declared(path: Path) -> None:
    found = re.search(
        r"CREATE TABLE IF NOT EXISTS ([\w.]+) \((.*?)\n\)\nPARTITION BY (\w+)", path.read_text(), re.DOTALL
    )
    assert found is not None
    (table,) = (table for table in TABLES if table.name == found[1])
    columns = re.findall(r"^  (\w+) (\w+)( NOT NULL)?", found[2], re.MULTILINE)
    assert [(name, kind, "REQUIRED" if required else "NULLABLE") for name, kind, required in columns] == [
        (column.name, column.type, column.mode) for column in table.columns.values()
    ]
    assert found[3] == table.partition
