from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exporters.league.players.running_totals import RunningTotals
from tests.support.worlds import PROPERTY


@PROPERTY
@given(data=st.data())
def test_any_span_has_the_sums_over_the_subset_s_games_in_it(data: st.DataObject) -> None:
    games = data.draw(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 1), st.booleans()), max_size=30))
    points, overs = [game[0] for game in games], [game[1] for game in games]
    subset = [i for i, game in enumerate(games) if game[2]]
    totals = RunningTotals(subset, points, overs)
    for first in range(len(games) + 1):
        for end in range(first, len(games) + 1):
            inside = [i for i in subset if first <= i < end]
            assert totals.between(first, end) == [
                len(inside),
                sum(points[i] for i in inside),
                sum(overs[i] for i in inside),
            ]


def test_without_games_there_is_nothing() -> None:
    assert RunningTotals((), [], []).between(0, 5) == [0, 0, 0]
