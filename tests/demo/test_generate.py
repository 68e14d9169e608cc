from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import demo
from demo.blemishes import BLEMISHES
from demo.forecasts import CHAMPION, RIVAL, SPECIALISTS
from demo.generate import STAMP, build, generate, main, up_to_date
from demo.league import TEAM_CODES
from demo.options import DemoOptions, OptionsError
from exporters.warehouse.tables import (
    ACCURACY,
    CONTEXT,
    DEFENSE,
    FACTORS,
    FEATURES,
    FEED_PLAYERS,
    GAMEBOOK,
    GAMES,
    INJURIES,
    PLAYER_ALIASES,
    PREDICTIONS,
    PROPS,
    REGISTRY,
    SCHEDULE,
    SIGNALS,
    SUBSET_PICKS,
    SYSTEM_DAYS,
    TEAM_GAMES,
    WAREHOUSE_TABLES,
)
from tests.demo.conftest import SMALL, DemoWarehouse
from transforms.elements.tables import arrow_schema

TINY = {"seasons": 1, "players": 60, "first_date": date(2026, 1, 20), "last_date": date(2026, 2, 6)}

SPARSE = {
    "dnp_reason",
    "halt_reason",
    "halt_since",
    "invalidation_reason",
    "min_confidence",
    "pct_over_max",
    "pct_over_min",
    "similar_games_count",
    "system_id",
    "top_n",
    "void_reason",
}
"""Columns that are null by nature on most rows."""


def digests(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("table", WAREHOUSE_TABLES, ids=str)
def test_every_file_has_the_declared_schema(warehouse: DemoWarehouse, table) -> None:
    files = warehouse.files(table)
    assert files
    for path in files:
        assert pq.read_schema(path).equals(arrow_schema(table))
    assert sum(pq.read_metadata(path).num_rows for path in files) == warehouse.summary.rows[table.name]


@pytest.mark.parametrize("table", WAREHOUSE_TABLES, ids=str)
def test_nullable_columns_are_rarely_null_and_required_ones_never(warehouse: DemoWarehouse, table) -> None:
    rows = warehouse.arrow(table)
    for column in table.columns.values():
        share = rows[column.name].null_count / len(rows)
        if column.mode == "NULLABLE":
            assert 0 < share < (1 if column.name in SPARSE else 0.45), column
        else:
            assert share == 0, column


def test_equal_options_give_equal_bytes(tmp_path: Path) -> None:
    generate(DemoOptions(output=tmp_path / "one", **TINY))
    argv = [f"--output={tmp_path / 'two'}", *(f"--{name}={value}" for name, value in TINY.items())]
    # Another process orders its sets of text in another way.
    environment = {**os.environ, "PYTHONHASHSEED": "3"}
    command = [sys.executable, "-m", "demo.generate", *argv]
    subprocess.run(command, check=True, env=environment, cwd=Path(demo.__file__).parents[1], capture_output=True)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_gives_another_league(tmp_path: Path) -> None:
    one, two = (build(DemoOptions(output=tmp_path, seed=seed, **TINY))[0] for seed in (1, 2))
    assert set(one.players.lookup) != set(two.players.lookup)


def test_a_finished_folder_is_left_alone_unless_forced(tmp_path: Path) -> None:
    options = DemoOptions(output=tmp_path / "w", **TINY)
    summary = generate(options)
    marker = options.output / "marker"
    marker.touch()
    assert generate(options) == summary == up_to_date(options)
    assert marker.exists()
    generate(options, force=True)
    assert not marker.exists()
    assert up_to_date(replace(options, seed=5)) is None
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


def test_a_folder_with_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(FileExistsError, match="is not a demo warehouse"):
        generate(DemoOptions(output=tmp_path, **TINY))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_range_without_games_is_refused() -> None:
    with pytest.raises(OptionsError, match="no game falls in 2026-02-13 to 2026-02-18"):
        build(DemoOptions(seasons=1, first_date=date(2026, 2, 13), last_date=date(2026, 2, 18)))


def test_the_command_line_reports_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = [f"--output={tmp_path / 'w'}", *(f"--{name}={value}" for name, value in TINY.items())]
    assert main(argv) == 0
    assert "last game night 2026-02-" in capsys.readouterr().out
    assert main(argv) == 0
    assert capsys.readouterr().out.endswith("w is up to date\n")
    assert main([*argv, "--players=3"]) == 2
    assert "players must be at least 40, not 3" in capsys.readouterr().err


def test_the_stamp_describes_the_folder(warehouse: DemoWarehouse) -> None:
    stamp = json.loads((warehouse.root / STAMP).read_text())
    assert stamp["options"] == warehouse.options.content()
    assert stamp["summary"]["last_game_night"] == "2026-02-20"
    assert stamp["summary"]["rows"]["nba_raw.nbac_schedule"] == len(warehouse.rows(SCHEDULE))


def test_every_blemish_occurs(warehouse: DemoWarehouse) -> None:
    touched = warehouse.summary.blemishes
    assert set(touched) == {blemish.__name__ for blemish in BLEMISHES}
    assert [name for name, rows in touched.items() if rows == 0] == []


def test_no_table_leaves_the_range_of_dates(warehouse: DemoWarehouse) -> None:
    for table in WAREHOUSE_TABLES:
        if table.partition:
            values = [str(row[table.partition])[:10] for row in warehouse.rows(table) if row[table.partition]]
            assert str(SMALL["first_date"]) <= min(values), table
            assert max(values) <= str(SMALL["last_date"]), table


def test_the_last_night_is_still_to_be_played(warehouse: DemoWarehouse) -> None:
    for table in (GAMES, ACCURACY, SYSTEM_DAYS, GAMEBOOK, FEED_PLAYERS, TEAM_GAMES):
        assert max(row["game_date"] for row in warehouse.rows(table)) < warehouse.tonight, table
    tonight = [row for row in warehouse.rows(SCHEDULE) if row["game_date"] == warehouse.tonight]
    assert {row["game_status"] for row in tonight} == {1}
    assert {row["home_team_score"] for row in tonight} == {None}
    for table in (CONTEXT, PREDICTIONS, FEATURES, FACTORS, PROPS, SIGNALS, SUBSET_PICKS, INJURIES):
        assert any(row["game_date"] == warehouse.tonight for row in warehouse.rows(table)), table


def test_earlier_nights_are_played_and_graded(warehouse: DemoWarehouse) -> None:
    before = {row["game_date"] for row in warehouse.rows(SCHEDULE)} - {warehouse.tonight}
    played = {row["game_date"] for row in warehouse.rows(GAMES)}
    graded = {row["game_date"] for row in warehouse.rows(ACCURACY) if row["system_id"] == CHAMPION}
    assert played == before
    (silent,) = before - graded
    assert silent not in {row["game_date"] for row in warehouse.rows(PREDICTIONS)}
    assert silent in {row["game_date"] for row in warehouse.rows(CONTEXT)}


def test_most_nights_pass_the_readiness_gates(warehouse: DemoWarehouse) -> None:
    contexts = Counter(row["game_date"] for row in warehouse.rows(CONTEXT))
    active = Counter(row["game_date"] for row in warehouse.rows(PREDICTIONS) if row["is_active"])
    ready = [contexts[day] >= 30 and active[day] >= 50 for day in contexts]
    assert sum(ready) / len(ready) > 0.85


def test_a_night_looks_like_a_night(warehouse: DemoWarehouse) -> None:
    lines = [
        row["current_points_line"]
        for row in warehouse.rows(PREDICTIONS)
        if row["game_date"] == warehouse.tonight and row["system_id"] == CHAMPION and row["is_active"]
    ]
    games = {row["game_id"] for row in warehouse.rows(CONTEXT) if row["game_date"] == warehouse.tonight}
    assert len(games) >= 2
    assert len(lines) / len(games) >= 18
    assert sum(line is not None for line in lines) / len(lines) > 0.75


def test_every_game_of_the_context_is_on_the_schedule(warehouse: DemoWarehouse) -> None:
    scheduled = {
        f"{row['game_date']:%Y%m%d}_{row['away_team_tricode']}_{row['home_team_tricode']}"
        for row in warehouse.rows(SCHEDULE)
    }
    official = {row["game_id"] for row in warehouse.rows(SCHEDULE)}
    assert all(len(game) == 10 and game.isdigit() for game in official)
    for table in (CONTEXT, GAMES, FEATURES, ACCURACY):
        assert {row["game_id"] for row in warehouse.rows(table)} <= scheduled, table
    assert {row["game_id"] for row in warehouse.rows(PREDICTIONS)} <= scheduled | official


def test_people_and_teams_refer_to_each_other(warehouse: DemoWarehouse) -> None:
    rows = [row for row in warehouse.rows(PLAYER_ALIASES) if row["is_active"]]
    ids = {row["alias_lookup"]: row["nba_canonical_lookup"] for row in rows}

    def players(table: Any) -> set[str]:
        return {ids.get(row["player_lookup"], row["player_lookup"]) for row in warehouse.rows(table)}

    registered, expected = players(REGISTRY), players(CONTEXT)
    assert len(expected - registered) == warehouse.summary.blemishes["unregistered_players"]
    assert players(PREDICTIONS) <= expected
    assert not ids.keys() & (registered | expected), "an alias is nobody's id"
    for table in (CONTEXT, PREDICTIONS, PROPS):
        assert ids.keys() & {row["player_lookup"] for row in warehouse.rows(table)}
    assert {row["team_abbr"] for row in warehouse.rows(CONTEXT)} <= set(TEAM_CODES)
    assert {row["team_abbr"] for row in warehouse.rows(DEFENSE)} <= set(TEAM_CODES)


def test_the_models_are_the_four_of_the_naming_table_and_one_without_a_name(warehouse: DemoWarehouse) -> None:
    systems = {row["system_id"] for row in warehouse.rows(PREDICTIONS)}
    assert systems == {CHAMPION, RIVAL, *SPECIALISTS, "catboost_v10_shadow"}
    first = min(row["game_date"] for row in warehouse.rows(PREDICTIONS) if row["system_id"] in SPECIALISTS)
    assert first >= date(2026, 2, 1)


def test_confidence_is_0_to_100_before_and_0_to_1_after_grading(warehouse: DemoWarehouse) -> None:
    before = [float(row["confidence_score"]) for row in warehouse.rows(PREDICTIONS)]
    fractions = [value for value in before if value <= 1]
    assert 0 < len(fractions) < len(before) / 200
    assert all(50 <= value <= 95 for value in before if value > 1)
    after = [float(row["confidence_score"]) for row in warehouse.rows(ACCURACY) if row["confidence_score"] is not None]
    assert all(0.5 <= value <= 0.95 for value in after)


def test_a_report_lists_the_games_of_two_days(warehouse: DemoWarehouse) -> None:
    ahead = Counter(
        row["game_date"] - row["report_date"]
        for row in warehouse.rows(INJURIES)
        if row["game_date"] and row["report_date"]
    )
    assert set(ahead) == {timedelta(0), timedelta(1)}
    statuses = {row["injury_status"] for row in warehouse.rows(INJURIES)}
    assert statuses == {"out", "doubtful", "questionable", "probable", "available", None}


def test_expired_partitions_are_dropped_on_request() -> None:
    options = DemoOptions(seasons=1, players=60, last_date=date(2026, 3, 20), expire=True)
    frames = build(options)[1]
    oldest = {name: frames[name].dates().min().item() for name in (DEFENSE.name, PREDICTIONS.name)}
    assert oldest[DEFENSE.name] >= date(2026, 3, 20) - timedelta(days=90)
    assert oldest[PREDICTIONS.name] == date(2025, 10, 21)
