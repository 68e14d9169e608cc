"""In one process, some players are swept after the others where all together would take much memory."""

from __future__ import annotations

from datetime import date

import pytest

from exporters.warehouse.tables import CONTEXT, SCHEDULE
from pipeline.execution import in_process
from pipeline.execution.in_process import build_documents, run_date_by_date, run_in_process
from tests.support.plans import plan_of
from tests.support.rows import context_row, schedule_row
from tests.support.stores import MemoryStore
from tests.support.warehouses import MemoryWarehouse
from transforms.reading.route import shard_of
from transforms.reading.scan import scan_all

DAY = date(2026, 1, 6)
SHARDS = 64
PLAYERS = [f"p{n}" for n in range(5)]


def held() -> MemoryWarehouse:
    rows = [context_row(player_lookup=player, game_date=DAY) for player in PLAYERS]
    return MemoryWarehouse({SCHEDULE: [schedule_row(game_date=DAY)], CONTEXT: rows})


def sweeps() -> tuple[int, bytes]:
    """Return how many sweeps made something for a night, and the document of the night."""
    plan = plan_of("tonight", first=DAY, shards=SHARDS)
    *swept, night = build_documents(plan, *scan_all(plan, held()))
    [document] = night.documents.documents
    return len(swept), document.content


def test_few_rows_are_swept_at_once_and_many_one_shard_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, document = sweeps()
    monkeypatch.setattr(in_process, "rows_of_shard", lambda _: 1)
    by_shard, same = sweeps()
    assert at_once == 1
    assert by_shard == len({shard_of(player, SHARDS) for player in PLAYERS}) > 1
    assert same == document


def test_what_does_not_fit_into_memory_comes_back_from_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of("tonight", "tonight-players", first=DAY, shards=SHARDS)
    usual, aside = MemoryStore(), MemoryStore()
    [record] = run_in_process(plan, held(), usual).values()
    for limit in ("_HELD_CARDS", "_HELD_OUTCOMES", "_HELD_BYTES"):
        monkeypatch.setattr(in_process, limit, 0)
    monkeypatch.setattr(in_process, "rows_of_shard", lambda _: 1)
    [same] = run_date_by_date(plan, held(), aside)
    shown, again = ({name: each["exports"][name]["documents"] for name in each["exports"]} for each in (record, same))
    assert len(shown["tonight-players"]) == len(PLAYERS)
    assert again == shown
    for path in (path for documents in shown.values() for path in documents):
        found, other = usual.read(path), aside.read(path)
        assert found is not None
        assert other is not None
        assert found[0] == other[0]
