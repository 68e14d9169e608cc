from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.declaration import Grain
from exporters.league.players.aliases import NO_ALIASES, Aliases
from exporters.warehouse.tables import CONTEXT, NEWS_ARTICLES, SCHEDULE, SIGNALS, SUBSET_DEFINITIONS
from tests.support import made_up
from tests.support.plans import made_up_plan
from tests.support.rows import news_article_row, signal_row, subset_definition_row
from tests.support.warehouses import arrow_rows
from transforms.elements.tables import TableBatch
from transforms.reading.route import shard_of, split_by_date, split_by_shard, with_player_ids
from transforms.steps.route_batches import TO_SEASONS, TO_SHARDS, TO_SLATES, CutBatches

FIRST = date(2026, 1, 10)
PLAN = made_up_plan(made_up.ALL, FIRST, FIRST + timedelta(days=2))

players = st.none() | st.sampled_from(["a", "lebronjames", "stephcurry", "é", "", "../x"]) | st.text(max_size=3)
days = st.none() | st.dates(date(2025, 9, 28), date(2026, 1, 15))


def batch_of(table: Any, rows: list[Any]) -> pa.RecordBatch:
    return arrow_rows(table, rows).combine_chunks().to_batches(max_chunksize=None)[0] if rows else _empty(table)


def _empty(table: Any) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], arrow_rows(table, []).schema)


def player_batch(names: list[str | None]) -> pa.RecordBatch:
    return pa.record_batch({"n": pa.array(range(len(names)), pa.int64()), "player": pa.array(names, pa.string())})


class TestShards:
    def test_shard_is_the_same_everywhere(self) -> None:
        assert [shard_of(name, 16) for name in ("lebronjames", "stephcurry", "é")] == [3, 6, 14]

    @given(st.lists(players, max_size=30), st.integers(1, 64), st.integers(0, 5))
    def test_rows_go_where_their_player_goes(self, names: list[str | None], shards: int, skipped: int) -> None:
        batch = player_batch(names).slice(min(skipped, len(names)))
        expected: dict[int, list[Any]] = defaultdict(list)
        for row in batch.to_pylist():
            expected[0 if row["player"] is None else shard_of(row["player"], shards)].append(row)
        parts = list(split_by_shard(batch, "player", shards))
        assert {shard: part.to_pylist() for shard, part in parts} == expected
        assert len({shard for shard, _ in parts}) == len(parts)
        assert all(part.schema == batch.schema for _, part in parts)

    def test_nothing_comes_of_an_empty_batch(self) -> None:
        assert list(split_by_shard(player_batch([]), "player", 4)) == []


class TestPlayerIds:
    ALIASES = Aliases({"nicclaxton": "nicolasclaxton", "herbjones": "herbertjones", "é": "e"})

    @given(st.lists(st.sampled_from([None, "nicclaxton", "herbjones", "herbertjones", "zion", "é", ""]), max_size=20))
    def test_every_row_has_the_id_of_its_player_and_nothing_else_changes(self, names: list[str | None]) -> None:
        rows = [{"player_lookup": name, "game_date": FIRST, "days_rest": n} for n, name in enumerate(names)]
        scanned = TableBatch(CONTEXT.name, batch_of(CONTEXT, rows))
        found = with_player_ids(scanned, self.ALIASES)
        assert found.table == scanned.table
        assert found.batch.schema == scanned.batch.schema
        expected = [name if name is None else self.ALIASES.id_of(name) for name in names]
        assert found.batch.column("player_lookup").to_pylist() == expected
        others = [name for name in scanned.batch.schema.names if name != "player_lookup"]
        assert found.batch.select(others).equals(scanned.batch.select(others))

    @pytest.mark.parametrize("aliases", [NO_ALIASES, ALIASES], ids=["none", "others"])
    def test_a_batch_without_an_alias_is_not_touched(self, aliases: Aliases) -> None:
        scanned = TableBatch(CONTEXT.name, batch_of(CONTEXT, [{"player_lookup": "zion"}, {"player_lookup": None}]))
        assert with_player_ids(scanned, aliases) is scanned

    def test_a_table_that_names_no_player_is_not_touched(self) -> None:
        scanned = TableBatch(SCHEDULE.name, batch_of(SCHEDULE, [{"game_date": FIRST}]))
        assert with_player_ids(scanned, self.ALIASES) is scanned


class TestDates:
    @given(st.lists(st.tuples(days, st.integers(0, 9)), max_size=30), st.sampled_from([Grain.SLATE, Grain.SEASON]))
    def test_a_date_gets_the_rows_in_its_window(self, cells: list[tuple[date | None, int]], grain: Grain) -> None:
        rows = [signal_row(game_date=FIRST, pct_over=n)._asdict() | {"game_date": day} for day, n in cells]
        wanted = PLAN.row_dates(SIGNALS.name, grain)
        expected = {
            day.isoformat(): inside
            for day, (first, last) in wanted.items()
            if (inside := [row for row in rows if row["game_date"] is not None and first <= row["game_date"] <= last])
        }
        parts = dict(split_by_date(TableBatch(SIGNALS.name, batch_of(SIGNALS, rows)), PLAN, grain))
        found = {day: [row["pct_over"] for row in part.batch.to_pylist()] for day, part in parts.items()}
        assert found == {day: [float(row["pct_over"]) for row in inside] for day, inside in expected.items()}

    def test_a_timestamp_belongs_to_its_utc_date(self) -> None:
        export = made_up.Export(
            "news",
            Grain.SLATE,
            [made_up.Read(NEWS_ARTICLES, ("article_id",), made_up.Window(days=1, ahead=1))],
            "news/{date}.json",
            made_up.Cache.HOUR,
        )
        plan = made_up_plan([export], FIRST)
        rows = [
            news_article_row(article_id=at, published_at=at)
            for at in ("2026-01-08T23:59:59Z", "2026-01-09T00:00:00Z", "2026-01-11T23:59:59Z", "2026-01-12T00:00:00Z")
        ]
        ((day, part),) = split_by_date(TableBatch(NEWS_ARTICLES.name, batch_of(NEWS_ARTICLES, rows)), plan, Grain.SLATE)
        assert day == "2026-01-10"
        assert part.batch.column("article_id").to_pylist() == ["2026-01-09T00:00:00Z", "2026-01-11T23:59:59Z"]

    def test_an_unpartitioned_table_goes_whole_to_every_date(self) -> None:
        export = made_up.Export(
            "rules",
            Grain.SLATE,
            [made_up.Read(SUBSET_DEFINITIONS, ("subset_id",))],
            "rules/{date}.json",
            made_up.Cache.HOUR,
        )
        plan = made_up_plan([export], FIRST, FIRST + timedelta(days=1))
        scanned = TableBatch(SUBSET_DEFINITIONS.name, batch_of(SUBSET_DEFINITIONS, [subset_definition_row()]))
        assert dict(split_by_date(scanned, plan, Grain.SLATE)) == {"2026-01-10": scanned, "2026-01-11": scanned}
        assert not list(split_by_date(scanned, plan, Grain.SEASON))


class TestCutting:
    def cut(self, table: Any, batch: pa.RecordBatch, aliases: Aliases = NO_ALIASES) -> dict[str, list[Any]]:
        outputs: dict[str, list[Any]] = defaultdict(list)
        for tagged in CutBatches(PLAN).process(TableBatch(table.name, batch), aliases):
            outputs[tagged.tag].append(tagged.value)
        return outputs

    def test_player_rows_go_to_shards_only(self) -> None:
        names = [f"p{n}" for n in range(20)]
        rows = [{"player_lookup": name, "game_date": FIRST} for name in names]
        outputs = self.cut(CONTEXT, batch_of(CONTEXT, rows))
        assert outputs.keys() == {TO_SHARDS}
        sent = {
            name: shard
            for (_, shard), part in outputs[TO_SHARDS]
            for name in part.batch.column("player_lookup").to_pylist()
        }
        assert sent == {name: shard_of(name, PLAN.shards) for name in names}

    def test_rows_of_an_alias_go_to_the_shard_of_the_player(self) -> None:
        names = [f"p{n}" for n in range(20)]
        aliases = Aliases({f"alias{name}": name for name in names})
        rows = [{"player_lookup": f"alias{name}", "game_date": FIRST} for name in names]
        outputs = self.cut(CONTEXT, batch_of(CONTEXT, rows), aliases)
        sent = {
            name: shard
            for (_, shard), part in outputs[TO_SHARDS]
            for name in part.batch.column("player_lookup").to_pylist()
        }
        assert sent == {name: shard_of(name, PLAN.shards) for name in names}

    def test_league_rows_go_to_dates_and_to_shards_whose_functions_read_them(self) -> None:
        schedule = self.cut(SCHEDULE, batch_of(SCHEDULE, [{"game_date": FIRST}]))
        assert [key for key, _ in schedule[TO_SHARDS]] == [("nba", shard) for shard in range(PLAN.shards)]
        assert [day for day, _ in schedule[TO_SLATES]] == ["2026-01-10"]
        signals = self.cut(SIGNALS, batch_of(SIGNALS, [{"game_date": FIRST - timedelta(days=30)}]))
        assert {day for day, _ in signals[TO_SLATES]} == {"2025-12-11"}
        assert TO_SEASONS not in signals
