"""In one process, players are swept shard by shard where they would take much memory."""

from __future__ import annotations

from datetime import date

from exporters.warehouse.tables import CONTEXT, SCHEDULE
from pipeline.execution.in_process import build_documents
from tests.support.plans import plan_of
from tests.support.rows import context_row, schedule_row
from tests.support.warehouses import MemoryWarehouse
from transforms.elements.plan import FEWEST_SHARDS
from transforms.reading.route import shard_of
from transforms.reading.scan import scan_all

DAY = date(2026, 1, 6)
PLAYERS = [f"p{n}" for n in range(5)]


def sweeps(shards: int) -> tuple[int, bytes]:
    """Return how many sweeps made something for a night, and the document of the night."""
    plan = plan_of("tonight", first=DAY, shards=shards)
    rows = [context_row(player_lookup=player, game_date=DAY) for player in PLAYERS]
    held = MemoryWarehouse({SCHEDULE: [schedule_row(game_date=DAY)], CONTEXT: rows})
    *swept, night = build_documents(plan, *scan_all(plan, held))
    [document] = night.documents.documents
    return len(swept), document.content


def test_few_shards_are_swept_at_once_and_many_one_after_the_other() -> None:
    shards = 4 * FEWEST_SHARDS
    at_once, document = sweeps(FEWEST_SHARDS)
    by_shard, same = sweeps(shards)
    assert at_once == 1
    assert by_shard == len({shard_of(player, shards) for player in PLAYERS}) > 1
    assert same == document
