from __future__ import annotations

import pytest

from exporters.declaration import Grain
from exporters.registry import exports, groups
from exporters.tonight.tonight import TONIGHT
from exporters.warehouse.tables import ACCURACY, GAMES, LIVE_BOX_SCORES

TONIGHT_TYPES = ("predictions", "streaks", "tonight", "tonight-players")


def test_every_module_with_an_export_is_found_in_name_order() -> None:
    found = exports()
    assert list(found) == sorted(found)
    assert set(TONIGHT_TYPES) <= set(found)
    assert found["tonight"] is TONIGHT
    assert all(export.name == name for name, export in found.items())


@pytest.mark.parametrize("name", exports())
def test_every_declaration_is_complete(name: str) -> None:
    export = exports()[name]
    assert export.build is not None
    assert ("{player}" in export.path) == (export.grain is Grain.PLAYER)
    columns: dict[str, set[str]] = {}
    for read in export.reads:
        columns.setdefault(read.table.name, set()).update(read.columns)
    for read in export.reads:
        found = columns[read.table.name]
        assert found <= set(read.table.columns), f"{read.table} has no such column"
        assert set(read.equals) <= found, f"{read.table}: filters that were pushed down are applied again"
        assert not read.champion or "system_id" in found
        assert read.table.player is None or read.table.player in found, f"{read.table} cannot be sharded"
    for pointer in export.pointers:
        assert "{date}" not in pointer.path
        assert ("{player}" in pointer.path) == ("{player}" in export.path)


def test_paths_never_collide() -> None:
    paths = [path for export in exports().values() for path in (export.path, *(p.path for p in export.pointers))]
    assert len(paths) == len(set(paths))


def test_groups_hold_declared_types_only() -> None:
    found = groups()
    assert found["all"] == tuple(exports())
    assert set(TONIGHT_TYPES) <= set(found["tonight-all"])
    for members in found.values():
        assert len(members) == len(set(members))
        assert set(members) <= set(exports())


def test_s_d10_listing_groups_never_changes_them() -> None:
    assert groups() == groups()
    assert groups() is not groups()


def test_x7_live_types_are_in_no_backfill_and_in_no_nightly_group() -> None:
    live = {name for name, export in exports().items() if export.is_live}
    assert live == {"live", "live-grading"}
    # The night's last word on running games belongs to its results.
    found = [name for name, members in groups().items() if live & set(members)]
    assert found == ["post-game", "post-grades", "all"]


@pytest.mark.parametrize("name", ["calendar", "daily-signals", "season-game-counts", "subset-definitions"])
def test_what_shows_no_game_reads_none(name: str) -> None:
    assert not {read.table for read in exports()[name].reads} & {GAMES, ACCURACY, LIVE_BOX_SCORES}


@pytest.mark.parametrize(
    ("name", "made_in"),
    [("player-season", {"post-grades", "players"}), ("player-game-report", {"post-grades", "backfill"})],
)
def test_player_pages_are_made_by_nightly_jobs(name: str, made_in: set[str]) -> None:
    assert {group for group, members in groups().items() if name in members} - {"all"} == made_in
