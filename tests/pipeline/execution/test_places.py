from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipeline.execution.places import open_feed, open_store, open_warehouse, with_absolute_paths
from pipeline.options.configuration import RunConfig, parse_run
from tests.end_to_end.command_line import run_main
from tests.support.matchers import documents
from tests.support.stores import published_in
from tests.support.warehouses import League
from transforms.live_feed.warehouse import FileLiveFeed
from transforms.stores.folder import LocalStore
from transforms.warehouses.parquet import ParquetWarehouse

NOW = datetime(2026, 2, 3, 17, tzinfo=timezone.utc)


def config(*flags: str) -> RunConfig:
    asked = ("--export_types=tonight", "--target_date=today")
    return parse_run([*asked, *flags], known_types=("tonight",), groups={}, now=NOW)[1]


def test_folders_and_files_are_named_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = with_absolute_paths(config("--warehouse=data/../w", "--output=out/", "--live_feed=feed.json"))
    assert str(found.warehouse) == f"{tmp_path}/w"
    assert str(found.output) == f"{tmp_path}/out"
    assert found.live_feed == f"{tmp_path}/feed.json"


def test_what_is_elsewhere_keeps_its_name() -> None:
    given = config("--warehouse=bigquery:my-project", "--output=gs://my-bucket/v1", "--live_feed=https://feed.test")
    assert with_absolute_paths(given) == given


def test_no_feed_stays_none() -> None:
    assert with_absolute_paths(config("--warehouse=w", "--output=o")).live_feed == ""


def test_places_that_were_opened_outlive_a_change_of_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, league: League
) -> None:
    """A worker process may start in another folder than the one that submits."""
    monkeypatch.chdir(league.root.parent)
    found = with_absolute_paths(config(f"--warehouse={league.root.name}", "--output=o", "--live_feed=feed.json"))
    warehouse, store, feed = open_warehouse(found), open_store(found), open_feed(found)
    monkeypatch.chdir(tmp_path)
    assert isinstance(warehouse.warehouse, ParquetWarehouse)
    assert warehouse.warehouse.root == str(league.root)
    assert isinstance(store.public, LocalStore)
    assert store.public.root == f"{league.root.parent}/o"
    assert isinstance(feed, FileLiveFeed)


def test_places_in_the_report_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, league: League) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run_main(league, "out", "--export_types=tonight", "--target_date=today")
    assert ended.code == 0, ended.err
    assert f"success: 2026-02-03 is in {tmp_path}/out (" in ended.out
    assert "tonight/2026-02-03.json" in documents(published_in(tmp_path / "out"))
