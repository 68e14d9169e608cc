"""What the runs of a scenario read: pictures of a tiny warehouse, each newer than the last, and their documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from functools import cache, lru_cache
from typing import Any

import orjson

from exporters.config import ExportConfig
from exporters.registry import exports
from exporters.warehouse.tables import PREDICTIONS, SHOT_ZONES
from pipeline.execution.in_process import run_in_process
from pipeline.planning.planner import at_instant
from tests.support.plans import plan_of
from tests.support.rows import TONIGHT, Row, shot_zone_row, table_of
from tests.support.small_night import PLAYERS, small_night
from tests.support.stores import MemoryStore
from tests.support.warehouses import AnyTable, MemoryWarehouse, arrow_rows
from transforms.elements.document import content_digest
from transforms.elements.plan import LeaseRules, Plan
from transforms.elements.run_order import as_of_text
from transforms.stores.control import is_control
from transforms.stores.protocol import Store, StoredObject

SQUAD = frozenset([*list(PLAYERS)[:5], *list(PLAYERS)[10:15]])
"""Five players of each team: as many as a night of one game needs."""
FULL = 3
"""Pictures that show everything, oldest first: numbers 0 to ``FULL`` - 1."""
THIN = FULL
"""The number of a picture that has lost most forecasts, newer than all others."""
LAST = FULL + 1
"""The number of the newest picture, which shows everything again."""
NIGHT, WEEK = "night", "week"
REQUESTS: Mapping[str, tuple[tuple[str, ...], date]] = {
    WEEK: (("backfill",), TONIGHT - timedelta(days=6)),
    NIGHT: (("tonight-all", "results", "player-season"), TONIGHT),
}
"""Export types and first date of each request, in the order in which a clean tree is made."""
_DAWN = datetime(2025, 1, 15, 18, tzinfo=timezone.utc)
_UNDATED = ("schemas/", "status.json", "status/")

Digests = Mapping[str, str]


def as_of(picture: int) -> datetime:
    """Return the instant of a picture."""
    return _DAWN + timedelta(minutes=picture)


@lru_cache(maxsize=1)
def _rows() -> tuple[Row, ...]:
    kept = (row for row in small_night() if getattr(row, "player_lookup", None) in {None, *SQUAD})
    zones = (shot_zone_row(player_lookup=player, analysis_date=TONIGHT) for player in sorted(SQUAD))
    return (*(row for row in kept if table_of(row) is not SHOT_ZONES), *zones)


@cache
def tables(picture: int) -> Mapping[AnyTable, Any]:
    """Return the tables of a picture."""
    found: dict[AnyTable, list[Row]] = {}
    for row in _rows():
        if (seen := _seen(row, picture)) is not None:
            found.setdefault(table_of(row), []).append(seen)
    return {table: arrow_rows(table, rows) for table, rows in found.items()}


def _seen(row: Row, picture: int) -> Row | None:
    """Return a row as a picture shows it; None when it is lost there."""
    if table_of(row) is not PREDICTIONS:
        return row
    number = sorted(SQUAD).index(row.player_lookup)
    if picture == THIN and row.game_date == TONIGHT and number > 2:
        return None
    # Every picture changes other players, so that each pair of them differs in some documents and agrees in others.
    moved = (picture * 3 + number) % 4
    return row._replace(predicted_points=row.predicted_points + moved * (1 + picture))


def warehouse_of(picture: int) -> MemoryWarehouse:
    """Return the warehouse as a picture shows it."""
    return MemoryWarehouse(tables(picture))


@cache
def _request(kind: str, stamp: str) -> Plan:
    types, first = REQUESTS[kind]
    return plan_of(*types, first=first, last=TONIGHT, config=ExportConfig(), shards=1, generated_at=stamp)


def plan_for(kind: str, picture: int, *, execution: str, lease: LeaseRules, minute: int = 0) -> Plan:
    """Return the plan of a run.

    Args:
        kind: Which request.
        picture: What it reads.
        execution: Names the run.
        lease: How it holds its dates.
        minute: When it was asked for; what it publishes as ``generated_at`` follows from that.
    """
    asked = _DAWN + timedelta(hours=5, minutes=minute)
    plan = at_instant(_request(kind, asked.isoformat()), as_of_text(as_of(picture)))
    run = replace(plan.run, execution_id=execution, started_at=asked.isoformat())
    return replace(plan, run=run, lease=lease)


@cache
def clean(kinds: frozenset[str], picture: int) -> Digests:
    """Return what each path shows after undisturbed runs of some requests: its digest without ``generated_at``."""
    store = MemoryStore()
    for kind in REQUESTS:
        if kind in kinds:
            plan = plan_for(kind, picture, execution=f"clean-{kind}", lease=LeaseRules(heartbeat_seconds=1e6))
            records = run_in_process(plan, warehouse_of(picture), store)
            if picture != THIN:
                assert {record["status"] for record in records.values()} == {"success"}, (kind, picture)
    return tree_of(store)


def tree_of(store: Store) -> Digests:
    """Return what each path of a store shows, documents and pointers alone."""
    found = (store.read(shown.path) for shown in list(store.list("")) if is_document(shown.path))
    return {read[1].path: digest_of(read[0]) for read in found if read is not None}


def is_document(path: str) -> bool:
    """Whether an object is a document or a pointer: it says nothing of runs, and is no schema."""
    return not is_control(path) and not path.startswith(_UNDATED)


def digest_of(content: bytes) -> str:
    """Return the digest of a document without its ``generated_at``, whatever its metadata say.

    Raises:
        ValueError: It is not a JSON object.
    """
    value = orjson.loads(content)
    if not isinstance(value, dict):
        raise ValueError("is not a JSON object")
    return content_digest(content, _stamp_in(value))


def _stamp_in(value: Any) -> str:
    found = (str(value[name]) for name in ("generated_at", "updated_at") if value.get(name))
    return next(found, "")


def owners() -> Iterable[tuple[str, str, str]]:
    """Return export type, and what the paths of its dated documents begin and end with, around the date."""
    for name, export in exports().items():
        if "{date}" in export.path:
            before, _, after = export.path.partition("{date}")
            yield name, before, after


def order_of(shown: StoredObject) -> tuple[str, str]:
    """Return where the run that wrote an object stands among the runs: the one place that knows the metadata's keys."""
    return shown.metadata.get("as_of", ""), shown.metadata.get("execution_id", "")
