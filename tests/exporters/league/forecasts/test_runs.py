from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.config.leagues import NBA
from exporters.league.forecasts.grades import Grades
from exporters.league.forecasts.runs import CorrectRuns, LineRuns, is_current_run
from exporters.league.players.box_scores import BoxScores, outcome
from tests.support.rows import CHAMPION, LAST_GAME, TONIGHT, Row, accuracy_row, game_log, game_row
from tests.support.worlds import PROPERTY, disordered

OVER, UNDER, DNP, PUSH = 30, 10, None, 20


def line_runs(scored: Sequence[int | None], **values: Any) -> LineRuns:
    return LineRuns(BoxScores(game_log(scored, **{"lines": 20, **values}), NBA.calendar))


def correct_runs(*correct: bool | None, **values: Any) -> CorrectRuns:
    rows = [
        accuracy_row(game_date=LAST_GAME - timedelta(days=2 * i), prediction_correct=value, **values)
        for i, value in enumerate(correct)
    ]
    return CorrectRuns(Grades(rows, CHAMPION), NBA.calendar)


@pytest.mark.parametrize(
    ("scored", "kind", "length"),
    [
        ([OVER, OVER, UNDER], "OVER", 2),
        ([UNDER, UNDER, UNDER, OVER], "UNDER", 3),
        ([OVER, UNDER], "OVER", 1),
        ([], None, 0),
        ([DNP, PUSH], None, 0),
        ([DNP, PUSH, OVER, OVER, DNP, OVER], "OVER", 3),  # b2-d5: what decides nothing neither counts nor breaks
        ([OVER] * 21, "OVER", 20),  # b3-d9
        ([OVER] * 20 + [UNDER], "OVER", 20),
    ],
)
def test_the_run_of_games_before_tonight(scored: list[int | None], kind: str | None, length: int) -> None:
    run = line_runs(scored).before(TONIGHT)
    assert (run.kind, len(run.games)) == (kind, length)


def test_games_without_a_line_are_skipped() -> None:
    run = line_runs([OVER, OVER, OVER], lines=[20, None, 20]).before(TONIGHT)
    assert [row.game_date for row in run.games] == [LAST_GAME, LAST_GAME - timedelta(days=4)]


def test_the_games_of_a_run_are_newest_first() -> None:
    run = line_runs([31, 32, 33]).before(TONIGHT)
    assert [row.points for row in run.games] == [31, 32, 33]


def test_a_run_does_not_reach_into_the_season_before() -> None:
    rows = [*game_log([OVER], newest="2024-10-22"), *game_log([OVER] * 4, newest="2024-04-14")]
    runs = LineRuns(BoxScores(rows, NBA.calendar))
    assert len(runs.before(TONIGHT).games) == 1
    assert len(runs.before(date(2024, 4, 15)).games) == 4
    assert len(runs.before(date(2024, 9, 30)).games) == 4
    assert runs.before(date(2024, 10, 1)).kind is None


@pytest.mark.parametrize(
    ("scored", "lines", "margin"),
    [
        ([24, 21], [20, 20], "2.5"),
        ([10, 9], [20.5, 20], "-10.8"),  # a mean of -10.75
        ([21, 21, 22, 21], 20, "1.3"),  # a mean of 1.25
        ([], 20, None),
    ],
)
def test_the_margin_is_the_mean_distance_from_the_line(scored: list[int], lines: Any, margin: str | None) -> None:
    found = line_runs(scored, lines=lines).before(TONIGHT).margin
    assert (None if found is None else str(found)) == margin


def test_tonights_game_never_counts() -> None:
    runs = LineRuns(
        BoxScores([*game_log([OVER], lines=20), game_row(game_date=TONIGHT, points=OVER, points_line=20)], NBA.calendar)
    )
    assert len(runs.before(TONIGHT).games) == 1
    assert len(runs.before(TONIGHT + timedelta(days=1)).games) == 2


def test_the_whole_run_has_no_limit() -> None:
    assert len(line_runs([OVER] * 23).whole(TONIGHT).games) == 23


@pytest.mark.parametrize(
    ("correct", "length"),
    [
        ((True, True, False), 2),
        ((False, True, True), 0),
        ((), 0),
        ((None, True, None, True, False, True), 2),  # b3-d4
        ((None,), 0),
        ((True,) * 22, 20),
    ],
)
def test_only_a_wrong_forecast_breaks_a_run_of_correct_ones(correct: tuple[bool | None, ...], length: int) -> None:
    assert len(correct_runs(*correct).before(TONIGHT)) == length


def test_b3_d5_a_run_of_correct_forecasts_does_not_reach_into_the_season_before() -> None:
    rows = [accuracy_row(game_date=day) for day in ("2024-10-22", "2024-04-14", "2024-04-12")]
    runs = CorrectRuns(Grades(rows, CHAMPION), NBA.calendar)
    assert len(runs.before(TONIGHT)) == 1
    assert len(runs.before(date(2024, 5, 1))) == 2
    assert runs.before(date(2024, 10, 1)) == ()


def test_a_grade_of_the_date_itself_never_counts() -> None:
    runs = CorrectRuns(Grades([accuracy_row(game_date=TONIGHT)], CHAMPION), NBA.calendar)
    assert runs.before(TONIGHT) == ()
    assert len(runs.before(TONIGHT + timedelta(days=1))) == 1


def test_b3_d10_a_run_is_current_for_thirty_days() -> None:
    assert is_current_run(TONIGHT - timedelta(days=30), TONIGHT)
    assert not is_current_run(TONIGHT - timedelta(days=31), TONIGHT)
    assert is_current_run(TONIGHT, TONIGHT)


def naive_run(rows: list[Row], day: date) -> list[Row]:
    """Walk the decided games of the season up to ``day``, newest first, until one differs."""
    year = day.year - (day.month < 10)
    newest_first = sorted((row for row in rows if row.game_date <= day), key=lambda row: row.game_date, reverse=True)
    decided = [row for row in newest_first if row.game_date >= date(year, 10, 1) and outcome(row) is not None][:20]
    run: list[Row] = []
    for row in decided:
        if outcome(row) != outcome(decided[0]):
            break
        run.append(row)
    return run


@PROPERTY
@given(
    rows=st.lists(
        st.builds(
            lambda back, scored: game_row(
                game_date=TONIGHT - timedelta(days=back), points=scored, points_line=20, is_dnp=scored is None
            ),
            st.integers(-2, 25) | st.integers(80, 130),
            st.sampled_from([OVER, OVER, UNDER, PUSH, DNP]),
        ),
        max_size=30,
        unique_by=lambda row: row.game_date,
    ),
    days=st.lists(st.integers(-120, 2).map(lambda days: TONIGHT + timedelta(days=days)), min_size=1, max_size=4),
    data=st.data(),
)
def test_every_run_equals_a_walk_over_the_rows_up_to_the_date(
    rows: list[Row], days: list[date], data: st.DataObject
) -> None:
    runs = LineRuns(BoxScores(data.draw(disordered(rows)), NBA.calendar))
    for day in days:
        expected = naive_run([row for row in rows if row.game_date < day], day)
        assert list(runs.before(day).games) == expected
        assert runs.before(day).kind == (outcome(expected[0]) if expected else None)
        assert LineRuns(BoxScores([row for row in rows if row.game_date < day], NBA.calendar)).before(
            day
        ) == runs.before(day)
