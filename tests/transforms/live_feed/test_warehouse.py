from __future__ import annotations

import json
import pickle
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.warehouse.league_rows import LiveBoxScoreRow
from exporters.warehouse.tables import LIVE_BOX_SCORES, SCHEDULE
from tests.support.live_feed import game_box, player_line
from tests.support.rows import schedule_row
from tests.support.warehouses import MemoryWarehouse
from tests.support.worlds import PROPERTY
from transforms.elements.tables import TableBatch, TableScan
from transforms.live_feed.warehouse import FileLiveFeed, LiveFeedError, LiveWarehouse, parse_boxes, stored
from transforms.reading.decoding import decode_all
from transforms.warehouses.protocol import WarehouseError

DAY = date(2025, 1, 15)
LINES = [player_line(237, "LeBron James", 18), player_line(15, "Nikola Jokić", None, None)]
BOX = game_box("2025-01-15", ("LAL", LINES), ("BOS", [player_line(434, "Jayson Tatum", 20, "34")]))
SCAN = TableScan(LIVE_BOX_SCORES.name, ("first_name", "game_date", "points"), DAY, DAY)
SCHEDULE_SCAN = TableScan(SCHEDULE.name, ("game_date", "game_id"), DAY, DAY)


class Says:
    """A feed with scripted answers that counts its calls."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked = 0

    def fetch(self) -> Any:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def parsed(*boxes: Any) -> list[LiveBoxScoreRow]:
    return parse_boxes({"data": list(boxes)}, DAY).rows


def without(box: dict[str, Any], *path: str | int) -> dict[str, Any]:
    """Return a copy of a box without a field."""
    copy: Any = json.loads(json.dumps(box))
    part = copy
    for step in path[:-1]:
        part = part[step]
    del part[path[-1]]
    return dict(copy)


class TestParser:
    def test_a_row_for_every_player(self) -> None:
        found = parsed(BOX)
        said = (DAY, "1st Qtr", 1, "Q1 6:00", "LAL", "BOS", "LAL", 237, "LeBron", "James", 18, "12:00")
        assert found[0][: len(said)] == said
        assert [(row.team, row.first_name, row.points, row.minutes) for row in found[1:]] == [
            ("LAL", "Nikola", None, None),
            ("BOS", "Jayson", 20, "34"),
        ]

    def test_scores_and_all_that_is_counted_of_a_player(self) -> None:
        counted = dict(zip(("reb", "ast", "stl", "blk", "turnover"), range(1, 6), strict=True))
        shots = dict(zip(("fgm", "fga", "fg3m", "fg3a", "ftm", "fta"), range(6, 12), strict=True))
        line = {**player_line(237, "LeBron James", 18), **counted, **shots}
        box = game_box("2025-01-15", ("LAL", [line]), ("BOS", []))
        [row] = parsed({**box, "id": 18447250, "home_team_score": 71, "visitor_team_score": None})
        assert (row.feed_game_id, row.home_score, row.visitor_score) == (18447250, 71, None)
        assert row[-11:] == tuple(range(1, 12))

    def test_e3_9_a_malformed_box_is_left_out_and_named(self) -> None:
        found = parse_boxes({"data": [BOX, {**BOX, "home_team": None}, {**BOX, "period": "2"}]}, DAY)
        assert len(found.rows) == 3
        assert found.malformed == [
            "data[1].home_team is missing instead of an object; the feed's shape has changed",
            "data[2].period is str '2' instead of a whole number; the feed's shape has changed",
        ]

    def test_no_games(self) -> None:
        assert parse_boxes({"data": []}, DAY) == ([], [])
        assert parse_boxes({"data": [], "meta": {"per_page": 25}}, DAY) == ([], [])

    def test_a_game_without_players_is_a_game(self) -> None:
        empty = game_box("2025-01-15", ("LAL", []), ("BOS", []), status="7:30 pm ET", period=0, clock=None)
        [row] = parsed(empty)
        assert (row.home_team, row.visitor_team, row.feed_player_id, row.first_name) == ("LAL", "BOS", None, None)
        assert parsed(without(without(empty, "home_team", "players"), "visitor_team", "players")) == [row]

    @pytest.mark.parametrize("field", ["date", "season", "status", "period", "time"])
    def test_what_a_game_may_leave_out(self, field: str) -> None:
        assert len(parsed(without(BOX, field))) == 3

    @pytest.mark.parametrize("field", ["min", "pts", "reb"])
    def test_what_a_line_may_leave_out(self, field: str) -> None:
        assert len(parsed(without(BOX, "home_team", "players", 0, field))) == 3

    def test_a_game_without_a_date_is_of_the_requested_day(self) -> None:
        assert parsed(without(BOX, "date"))[0].game_date == DAY
        assert parsed({**BOX, "date": "2025-01-14T00:00:00Z"})[0].game_date == date(2025, 1, 14)

    def test_minutes_that_are_a_number_are_text(self) -> None:
        assert parsed(game_box("2025-01-15", ("LAL", [player_line(1, "A B", 2, 34)]), ("BOS", [])))[0].minutes == "34"  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("payload", "message"),
        [
            ([], "the answer is not an object"),
            (None, "the answer is not an object"),
            ({}, "data is missing instead of a list"),
            ({"data": {}}, "data is dict '{}' instead of a list"),
            ({"data": [7]}, "data[0] is not an object"),
            ({"data": [{}]}, "data[0].home_team is missing instead of an object"),
            ({"data": [{**BOX, "period": "2"}] * 2}, "data[0].period is str '2' instead of a whole number"),
            ({"data": [{**BOX, "period": True}]}, "data[0].period is bool 'True' instead of a whole number"),
            ({"data": [{**BOX, "period": 2**70}]}, "data[0].period is int '1180591620717411303424' instead of"),
            ({"data": [{**BOX, "status": []}]}, "data[0].status is list '[]' instead of text"),
            ({"data": [{**BOX, "date": "today"}]}, "data[0].date is str 'today' instead of a date"),
            ({"data": [without(BOX, "home_team", "abbreviation")]}, "data[0].home_team.abbreviation is missing"),
            ({"data": [{**BOX, "home_team": {"abbreviation": "", "players": []}}]}, "home_team.abbreviation is str ''"),
            (
                {"data": [without(BOX, "home_team", "players", 1, "player")]},
                "data[0].home_team.players[1].player is missing instead of an object; the feed's shape has changed",
            ),
            ({"data": [{**BOX, "visitor_team": {"abbreviation": "BOS", "players": 3}}]}, "visitor_team.players is int"),
        ],
    )
    def test_another_shape_is_rejected_by_the_field(self, payload: Any, message: str) -> None:
        with pytest.raises(LiveFeedError) as raised:
            parse_boxes(payload, DAY)
        assert message in str(raised.value)
        assert "\n" not in str(raised.value)

    @PROPERTY
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["data", "home_team", "visitor_team", "players", "player", "abbreviation", "pts", "date"]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=20,
        )
    )
    def test_any_json_is_understood_or_rejected(self, payload: Any) -> None:
        try:
            found = parse_boxes(payload, DAY)
        except LiveFeedError:
            pass
        else:
            assert all(isinstance(row, LiveBoxScoreRow) for row in found.rows)
            boxes = payload["data"]
            assert len(found.malformed) < max(len(boxes), 1)


class TestFile:
    def test_it_is_read_anew_each_time(self, tmp_path: Path) -> None:
        path = tmp_path / "feed.json"
        path.write_text('{"data": []}')
        feed = pickle.loads(pickle.dumps(FileLiveFeed(str(path))))
        assert feed.fetch() == {"data": []}
        path.write_text(json.dumps({"data": [BOX]}))
        assert len(parse_boxes(feed.fetch(), DAY).rows) == 3

    @pytest.mark.parametrize(("content", "reason"), [(None, "No such file or directory"), ("<", "it is not JSON")])
    def test_it_cannot_be_read(self, tmp_path: Path, content: str | None, reason: str) -> None:
        path = tmp_path / "feed.json"
        if content is not None:
            path.write_text(content)
        with pytest.raises(LiveFeedError) as raised:
            FileLiveFeed(str(path)).fetch()
        assert str(raised.value) == f"{path} cannot be read: {reason}; check --live_feed"


class TestWarehouse:
    def rows(self, warehouse: LiveWarehouse, scan: TableScan = SCAN) -> list[dict[str, Any]]:
        batches = [batch for stream in warehouse.split(scan) for batch in warehouse.read(stream)]
        assert all(batch.schema == scan.schema for batch in batches)
        return [row for batch in batches for row in batch.to_pylist()]

    def test_the_feed_is_a_table_of_the_columns_and_dates_of_the_scan(self) -> None:
        feed = Says({"data": [BOX, {**BOX, "date": "2025-01-14"}]})
        warehouse = LiveWarehouse(MemoryWarehouse({}), feed)
        assert self.rows(warehouse) == [
            {"first_name": "LeBron", "game_date": DAY, "points": 18},
            {"first_name": "Nikola", "game_date": DAY, "points": None},
            {"first_name": "Jayson", "game_date": DAY, "points": 20},
        ]

    def test_e3_9_a_malformed_box_is_a_row_that_cannot_be_used(self) -> None:
        scan = TableScan(LIVE_BOX_SCORES.name, ("first_name", "game_date", "home_team"), DAY, DAY)
        warehouse = LiveWarehouse(MemoryWarehouse({}), Says({"data": [{**BOX, "period": "2"}, BOX]}))
        batches = [TableBatch(scan.table, batch) for part in warehouse.split(scan) for batch in warehouse.read(part)]
        rows, [defect] = decode_all(batches)
        assert [row.first_name for row in rows[scan.table]] == ["LeBron", "Nikola", "Jayson"]
        assert (defect.rows, defect.day) == (1, DAY)
        assert "home_team is in a box that is left out: data[0].period is str '2'" in defect.message

    def test_nothing_is_fetched_before_it_is_read_and_nothing_kept(self) -> None:
        feed = Says({"data": []})
        warehouse = LiveWarehouse(MemoryWarehouse({}), feed)
        warehouse.check(SCAN)
        warehouse.parts(SCAN)
        streams = warehouse.split(SCAN)
        assert feed.asked == 0
        for stream in streams * 2:
            list(warehouse.read(stream))
        assert feed.asked == 2

    def test_without_a_feed_the_table_is_empty(self) -> None:
        warehouse = LiveWarehouse(MemoryWarehouse({}))
        assert self.rows(warehouse) == []
        assert warehouse.parts(SCAN) == []

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [(LiveFeedError("it is down; wait"), "it is down; wait"), ({"data": 3}, "data is int '3' instead of a list")],
    )
    def test_what_is_wrong_with_the_feed_is_wrong_with_the_table(self, answer: Any, reason: str) -> None:
        with pytest.raises(WarehouseError) as raised:
            self.rows(LiveWarehouse(MemoryWarehouse({}), Says(answer)))
        assert str(raised.value).startswith(f"live_feed.box_scores cannot be read: {reason}")

    def test_all_other_tables_are_those_of_the_warehouse(self) -> None:
        tables = MemoryWarehouse({SCHEDULE: [schedule_row()]})
        feed = Says(LiveFeedError("never asked"))
        warehouse = LiveWarehouse(tables, feed)
        assert self.rows(warehouse, SCHEDULE_SCAN) == [{"game_date": DAY, "game_id": schedule_row().game_id}]
        assert warehouse.parts(SCHEDULE_SCAN) == tables.parts(SCHEDULE_SCAN)
        assert warehouse.concurrency == tables.concurrency
        assert (stored(warehouse), stored(tables)) == (tables, tables)
        assert feed.asked == 0

    def test_what_was_fetched_is_never_the_same_part_again(self) -> None:
        warehouse = LiveWarehouse(MemoryWarehouse({}), Says({"data": []}))
        [one], [other] = warehouse.parts(SCAN), warehouse.parts(SCAN)
        assert one.version != other.version
        assert one.may_hold(DAY, DAY)

    def test_the_columns_have_the_declared_types(self) -> None:
        scan = TableScan(LIVE_BOX_SCORES.name, tuple(sorted(LIVE_BOX_SCORES.columns)), DAY, DAY)
        found = self.rows(LiveWarehouse(MemoryWarehouse({}), Says({"data": [BOX]})), scan)
        assert len(found) == 3
        assert scan.schema.field("points").type == pa.int64()
