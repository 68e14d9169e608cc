"""Broken tables and broken rows: reported, isolated, and never published as emptiness."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from exporters.warehouse.tables import CONTEXT, FACTORS, GAMES, INJURIES, PREDICTIONS, PROPS, REGISTRY, SCHEDULE
from tests.end_to_end.command_line import Ended, run_main
from tests.support.matchers import (
    assert_no_leftovers,
    assert_one_line_each,
    documents,
    generations,
    json_of,
    manifest_of,
)
from tests.support.plans import TONIGHT_TYPES
from tests.support.stores import published_in
from tests.support.warehouses import AnyTable, League, find_row, with_value
from transforms.stores.control import ControlledStore


class LeagueCopy:
    """A folder with a copy of the league that may be broken, and an output."""

    def __init__(self, league: League, folder: Path) -> None:
        self.league = league
        self.folder = folder
        self.warehouse = folder / "warehouse"
        self.output = folder / "out"
        shutil.copytree(league.root, self.warehouse)

    @property
    def store(self) -> ControlledStore:
        return published_in(self.output)

    @property
    def manifest(self) -> dict[str, Any]:
        return manifest_of(self.store, self.league.today)

    def table(self, table: AnyTable) -> Path:
        return self.warehouse.joinpath(*table.name.split("."))

    def replace(self, table: AnyTable, rows: pa.Table) -> None:
        shutil.rmtree(self.table(table))
        self.table(table).mkdir()
        pq.write_table(rows, self.table(table) / "part-0.parquet")

    def run(self, *arguments: str, types: tuple[str, ...] = TONIGHT_TYPES) -> Ended:
        request = (f"--export_types={','.join(types)}", "--target_date=today")
        ended = run_main(self.warehouse, self.output, *request, *arguments)
        assert "Traceback" not in ended.out
        assert sorted(path.name for path in self.folder.iterdir()) == ["out", "out-control", "warehouse"]
        assert_no_leftovers(self.output)
        return ended


@pytest.fixture
def copy(league: League, tmp_path: Path) -> LeagueCopy:
    return LeagueCopy(league, tmp_path)


def states(copy: LeagueCopy) -> dict[str, str]:
    return {name: section["state"] for name, section in copy.manifest["exports"].items()}


class TestTables:
    def test_missing_incomplete_and_mistyped_tables_fail_their_readers_only(self, copy: LeagueCopy) -> None:
        shutil.rmtree(copy.table(FACTORS))
        copy.replace(PROPS, copy.league.rows(PROPS).drop_columns(["odds_american"]))
        injuries = copy.league.rows(INJURIES)
        hours = pc.cast(injuries.column("report_hour"), pa.string())
        copy.replace(
            INJURIES, injuries.set_column(injuries.schema.get_field_index("report_hour"), "report_hour", hours)
        )
        ended = copy.run()
        assert ended.code == 1
        assert states(copy) == {
            "predictions": "ready",
            "streaks": "ready",
            "tonight": "failed",
            "tonight-players": "failed",
        }
        lines = [line for line in ended.out.splitlines() if line.startswith("missing: ")]
        assert len(lines) == 2
        assert_one_line_each(
            lines[0],
            names=[
                "2026-02-03 tonight is failed",
                "table nba_precompute.player_composite_factors: neither folder",
                "table nba_raw.bettingpros_player_points_props: column odds_american is missing",
                "table nba_raw.nbac_injury_report: column report_hour of",
                "is string, expected INT64",
            ],
        )
        assert set(copy.manifest["broken_tables"]) == {FACTORS.name, PROPS.name, INJURIES.name}
        assert not [path for path in documents(copy.store) if path.startswith("tonight")]
        assert "partial: 2026-02-03 is in" in ended.out

    def test_a_truncated_file_leaves_the_last_good_documents_in_place(self, copy: LeagueCopy) -> None:
        assert copy.run(types=("streaks", "tonight")).code == 0
        before = generations(copy.store)
        (newest, *_) = sorted(copy.table(PROPS).rglob("*.parquet"), reverse=True)
        newest.write_bytes(newest.read_bytes()[:-100])
        ended = copy.run("--generated_at=2026-02-03T20:00:00Z", types=("streaks", "tonight"))
        assert ended.code == 1
        assert states(copy)["tonight"] == "failed"
        assert_one_line_each(
            ended.out.split("missing: ")[1].splitlines()[0], names=["cannot read", newest.name, "write it again"]
        )
        assert generations(copy.store) == before
        assert f"tonight/{copy.league.today}.json" in copy.manifest["exports"]["tonight"]["documents"]

    def test_a_page_that_cannot_be_read_fails_the_table_half_way(self, copy: LeagueCopy) -> None:
        """The footer is fine, so that nothing shows before the rows are read."""
        rows = copy.league.rows(PROPS)
        copy.replace(PROPS, rows)
        (file,) = copy.table(PROPS).glob("*.parquet")
        content = bytearray(file.read_bytes())
        content[len(content) // 3 : len(content) // 3 + 4000] = b"\xff" * 4000
        file.write_bytes(bytes(content))
        ended = copy.run("--skip_preflight", types=("streaks", "tonight"))
        assert ended.code == 1
        assert states(copy) == {"streaks": "ready", "tonight": "failed"}
        assert "cannot read" in copy.manifest["broken_tables"][PROPS.name]
        assert not [path for path in documents(copy.store) if path.startswith("tonight")]

    def test_an_empty_table_is_no_error_where_nothing_depends_on_its_rows(self, copy: LeagueCopy) -> None:
        copy.replace(FACTORS, copy.league.rows(FACTORS).slice(0, 0))
        assert copy.run(types=("tonight",)).code == 0
        players = [
            player for game in json_of(copy.store, "tonight/all-players.json")["games"] for player in game["players"]
        ]
        assert players
        assert {player["fatigue_level"] for player in players} == {"normal"}

    def test_without_context_tonight_is_withheld_and_what_is_published_stays(self, copy: LeagueCopy) -> None:
        assert copy.run(types=("tonight", "tonight-players", "streaks")).code == 0
        before = generations(copy.store)
        copy.replace(CONTEXT, copy.league.rows(CONTEXT).slice(0, 0))
        ended = copy.run("--generated_at=2026-02-03T20:00:00Z", types=("tonight", "tonight-players", "streaks"))
        assert ended.code == 1
        assert states(copy) == {"streaks": "ready", "tonight": "withheld", "tonight-players": "withheld"}
        reason = "0 context rows for 2026-02-03, at least 5 are needed"
        assert f"missing: 2026-02-03 tonight is withheld: {reason}" in ended.out
        assert generations(copy.store) == before

    def test_a_warehouse_that_is_not_there_publishes_nothing(self, copy: LeagueCopy) -> None:
        shutil.rmtree(copy.warehouse)
        copy.warehouse.mkdir()
        ended = copy.run()
        assert ended.code == 1
        assert copy.manifest["status"] == "failed"
        assert documents(copy.store) == {}


class TestRows:
    def test_rows_that_cannot_be_used_cost_only_their_players(self, copy: LeagueCopy) -> None:
        league, today = copy.league, copy.league.today
        offers = league.rows(PROPS)
        offered = [row for row in offers.to_pylist() if row["game_date"] == today and row["market_type"] == "points"]
        infinite, nan, nameless, absent, *others = dict.fromkeys(
            player for row in offered if (player := row["player_lookup"]) in _expected_players(copy)
        )
        for player, line in ((infinite, math.inf), (nan, math.nan)):
            at = find_row(offers, player_lookup=player, game_date=today, market_type="points")
            offers = with_value(offers, at, points_line=line)
        copy.replace(PROPS, offers)
        games, context = league.rows(GAMES), league.rows(CONTEXT)
        copy.replace(GAMES, with_value(games, find_row(games, player_lookup=nameless), team_abbr=None))
        at = find_row(context, player_lookup=absent, game_date=today)
        copy.replace(CONTEXT, with_value(context, at, team_abbr=None))
        ended = copy.run(types=("tonight", "tonight-players"))
        assert ended.code == 1
        failed = {
            name: {failure["key"]: failure["error"] for failure in section["failures"]}
            for name, section in copy.manifest["exports"].items()
        }
        assert failed["tonight"].keys() == {infinite, nan, nameless, absent}
        assert failed["tonight-players"].keys() == {nameless, absent}, "it reads no odds"
        for player in (infinite, nan):
            assert f"ValueError: {PROPS.name}.points_line is null or not finite" in failed["tonight"][player]
        assert f"{GAMES.name}.team_abbr is null" in failed["tonight"][nameless]
        assert f"{CONTEXT.name}.team_abbr is null" in failed["tonight-players"][absent]
        assert f"missing: 2026-02-03 tonight {nan}: ValueError: {PROPS.name}.points_line is null" in ended.out
        shown = {player["player_lookup"] for player in _players_of_tonight(copy)}
        assert shown == set(_expected_players(copy)) - failed["tonight"].keys()
        assert set(others) < shown
        published = {path for path in documents(copy.store) if path.startswith("tonight/player/2026-02-03/")}
        assert len(published) == len(_expected_players(copy)) - 2
        log = copy.store.read(copy.manifest["failures_path"])
        assert log is not None
        assert log[0].count(b"\n") == 6 + 4, "six documents and cards, four rows"
        skipped = copy.manifest["skipped_rows"]
        assert {(rows["table"], rows["column"], rows["player"], rows["rows"]) for rows in skipped} == {
            (PROPS.name, "points_line", infinite, 1),
            (PROPS.name, "points_line", nan, 1),
            (GAMES.name, "team_abbr", nameless, 1),
            (CONTEXT.name, "team_abbr", absent, 1),
        }

    def test_a_value_that_does_not_fit_its_column_costs_its_row_and_nothing_else(self, copy: LeagueCopy) -> None:
        today = copy.league.today
        player, *others = _expected_players(copy)
        assert copy.run(types=("tonight-players",)).code == 0
        clean = documents(copy.store)
        shutil.rmtree(copy.output)
        context, schedule = copy.league.rows(CONTEXT), copy.league.rows(SCHEDULE)
        at = find_row(context, player_lookup=player, game_date=today)
        copy.replace(CONTEXT, with_value(as_doubles(context, "days_rest"), at, days_rest=1.5))
        # A second row of a game, which belongs to no player.
        doubles = as_doubles(schedule, "home_team_score")
        at = find_row(schedule, game_date=today)
        copy.replace(SCHEDULE, pa.concat_tables([doubles, with_value(doubles.slice(at, 1), 0, home_team_score=99.5)]))
        ended = copy.run(types=("tonight-players",))
        assert ended.code == 1
        section = copy.manifest["exports"]["tonight-players"]
        (failure,) = section["failures"]
        assert failure["key"] == player
        wrong = f"ValueError: {CONTEXT.name}.days_rest is 1.5 in a row of player '{player}' on {today} (game_id "
        assert failure["error"].startswith(wrong)
        assert failure["error"].endswith("the column is INT64, so the row is left out: correct it in the warehouse")
        assert f"missing: {today} tonight-players {player}: {failure['error']}" in ended.out
        skipped = {(rows["table"], rows["column"], rows["date"]) for rows in copy.manifest["skipped_rows"]}
        assert (SCHEDULE.name, "home_team_score", today.isoformat()) in skipped
        written = documents(copy.store)
        assert written.keys() == {path for path in clean if f"/{player}.json" not in path}
        assert all(clean[path] == content for path, content in written.items())
        assert len(written) == 2 * len(others)

    def test_ids_that_could_leave_the_output_are_reported(self, copy: LeagueCopy) -> None:
        players = _expected_players(copy)
        ids = {players[0]: "../../x", players[1]: "/etc/passwd", players[2]: "index"}
        for table in (CONTEXT, REGISTRY, PREDICTIONS):
            rows = copy.league.rows(table)
            renamed = [ids.get(name, name) for name in rows.column("player_lookup").to_pylist()]
            at = rows.schema.get_field_index("player_lookup")
            copy.replace(table, rows.set_column(at, "player_lookup", [renamed]))
        ended = copy.run(types=("tonight-players",))
        assert ended.code == 1
        assert {failure["key"] for failure in copy.manifest["failures"]} == set(ids.values())
        assert "missing: 2026-02-03 ../../x: ValueError: player_lookup '../../x' in " in ended.out
        assert copy.manifest["exports"]["tonight-players"]["written"] == len(players) - 3

    def test_a_schedule_that_lost_its_date_is_held_back(self, copy: LeagueCopy) -> None:
        rows = copy.league.rows(SCHEDULE)
        copy.replace(SCHEDULE, rows.filter(pc.not_equal(rows.column("game_date"), copy.league.today)))
        ended = copy.run(types=("tonight",))
        assert ended.code == 1
        assert "the schedule has no game on 2026-02-03, yet the context expects" in ended.out


def as_doubles(rows: pa.Table, name: str) -> pa.Table:
    """Return rows in which a column of integers is one of doubles."""
    at = rows.schema.get_field_index(name)
    return rows.set_column(at, name, rows.column(name).cast(pa.float64()))


def _expected_players(copy: LeagueCopy) -> list[str]:
    rows = copy.league.rows(CONTEXT)
    tonight = rows.filter(pc.equal(rows.column("game_date"), copy.league.today))
    return sorted(set(tonight.column("player_lookup").to_pylist()))


def _players_of_tonight(copy: LeagueCopy) -> list[Any]:
    return [player for game in json_of(copy.store, "tonight/all-players.json")["games"] for player in game["players"]]
