from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from benchmarks.scanned_bytes import LOOKUPS, QUERIES_PER_PLAYER, logical_bytes, of_a_night, of_lookups, report
from exporters.warehouse.tables import CONTEXT, GAMES, INJURIES
from tests.support.warehouses import League, keep


@pytest.mark.parametrize(
    ("column", "size"),
    [
        (pa.array([1, None, 3], pa.int64()), 16),
        (pa.array([True, False, None]), 2),
        (pa.array([Decimal("1.5"), None], pa.decimal128(5, 2)), 16),
        (pa.array(["abc", "", None, "é"]), 5 + 2 + 4),
        (pa.array([None], pa.string()), 0),
        (pa.array([0, 1], pa.date32()), 16),
        (pa.array([[1.0, 2.0], [], None], pa.list_(pa.float64())), 16),
    ],
)
def test_bytes_are_those_that_bigquery_counts(column: pa.Array, size: int) -> None:
    assert logical_bytes(pa.record_batch([column, column], names=["a", "b"])) == 2 * size


def test_a_night_is_one_scan_of_each_table(league: League) -> None:
    found = of_a_night(league.warehouse, league.today)
    assert len({scan.what for scan in found}) == len(found) > 20
    assert all(scan.size > 0 for scan in found if scan.rows)


def test_lookups_read_what_there_is_up_to_the_night(league: League) -> None:
    players, listing, lookups = of_lookups(league.warehouse, league.today)
    rows = {lookup.what: lookup.rows for lookup in lookups}
    tonight = keep(league.rows(CONTEXT), CONTEXT, lambda days: pc.equal(days, league.today))
    assert players == len(set(tonight.column("player_lookup").to_pylist()))
    assert listing.rows == rows["tonight's game"] == tonight.num_rows
    assert rows["last ten games"] == league.rows(GAMES).num_rows
    reported = keep(league.rows(INJURIES), INJURIES, lambda days: pc.less_equal(days, league.today))
    assert rows["injury report, any date"] == reported.num_rows
    assert len(LOOKUPS) == len(lookups) > QUERIES_PER_PLAYER


def test_it_prints_both_and_their_ratio(league: League) -> None:
    ours = of_a_night(league.warehouse, league.today)
    players, listing, lookups = of_lookups(league.warehouse, league.today)
    lines = list(report(league.today, ours, players, listing, lookups))
    assert lines[0].startswith(f"The night of {league.today}, every export type: {len(ours)} tables")
    assert f"tonight-players alone, looked up for each of {players} players: {1 + 7 * players:,} queries" in lines
    ratio = (listing.size + players * sum(x.size for x in lookups)) / sum(x.size for x in ours)
    assert lines[-1] == f"one scan of each table / lookups of one type: 1 / {ratio:,.0f}"
    assert ratio > 1
