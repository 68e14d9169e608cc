from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import orjson
import pytest

from benchmarks.against_script import published
from benchmarks.floor import Clock, copy, read
from benchmarks.plans import plan_of
from exporters.warehouse.tables import GAMES, REGISTRY
from tests.support.warehouses import League


def test_every_row_that_a_plan_scans_is_read(league: League) -> None:
    plan = plan_of("tonight-players", league.today, league.today)
    rows = {scan.table: read(league.root, scan) for scan in plan.scans}
    for scan in plan.scans:
        streams = league.warehouse.split(scan)
        scanned = sum(batch.num_rows for stream in streams for batch in league.warehouse.read(stream))
        assert rows[scan.table] >= scanned, scan.table
    assert rows[GAMES.name] > rows[REGISTRY.name] > 0


def test_a_scan_reads_the_partitions_of_its_dates(league: League) -> None:
    scans = plan_of("tonight-players", league.today, league.today).scans
    (scan,) = [found for found in scans if found.table == GAMES.name]
    assert scan.first is not None
    long_ago = replace(scan, first=date(1999, 1, 1), last=date(1999, 1, 2))
    week = replace(scan, first=league.today - timedelta(days=7), last=league.today)
    assert 0 == read(league.root, long_ago) < read(league.root, week) < read(league.root, scan)


def test_documents_are_written_anew_byte_for_byte(tmp_path: Path) -> None:
    documents = {"a/b.json": {"x": [1, 2.5, None]}, "a/c.json": {"é": "ü"}, "d.json": []}
    for path, value in documents.items():
        (tmp_path / "from" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "from" / path).write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2))
    clock = Clock()
    assert copy(tmp_path / "from", tmp_path / "to", documents, clock) == 3
    written = {str(path.relative_to(tmp_path / "to")): path.read_bytes() for path in (tmp_path / "to").rglob("*.json")}
    assert written == {path: (tmp_path / "from" / path).read_bytes() for path in documents}
    assert not (tmp_path / "to" / ".staged").exists()
    assert clock.cpu.keys() == {"serialising", "writing"}


def test_only_what_is_inside_counts() -> None:
    clock = Clock()
    with clock("counted"):
        sum(range(300_000))
    counted = clock.cpu["counted"]
    sum(range(3_000_000))
    assert clock.cpu == {"counted": counted}
    assert counted > 0


def test_published_documents_are_those_of_the_manifests(tmp_path: Path) -> None:
    folder = tmp_path / "out-control" / "manifest"
    folder.mkdir(parents=True)
    for day, paths in {"2026-01-01": ["a.json"], "2026-01-02": ["b.json", "c.json"]}.items():
        documents = dict.fromkeys(paths, "digest")
        sections = {"tonight": {"state": "ready", "documents": documents, "pointers": {"p.json": "digest"}}}
        (folder / f"{day}.json").write_bytes(orjson.dumps({"exports": sections}))
    assert published(tmp_path / "out") == ["a.json", "b.json", "c.json"]
    assert published(tmp_path / "nothing") == []


def test_a_run_with_a_type_that_failed_is_not_measured(tmp_path: Path) -> None:
    folder = tmp_path / "out-control" / "manifest"
    folder.mkdir(parents=True)
    sections = {"streaks": {"state": "failed", "reason": "a column is missing", "documents": {}}}
    (folder / "2026-01-01.json").write_bytes(orjson.dumps({"exports": sections}))
    with pytest.raises(RuntimeError, match=r"streaks of 2026-01-01 failed.*a column is missing"):
        published(tmp_path / "out")


@pytest.mark.parametrize("content", [b'{"a":1}', b"{}"])
def test_a_document_in_another_form_would_show(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "a.json").write_bytes(content)
    copy(tmp_path / "from", tmp_path / "to", ["a.json"], Clock())
    assert orjson.loads((tmp_path / "to" / "a.json").read_bytes()) == orjson.loads(content)
