"""A document of a date shows nothing that happened later, and of the date itself only what its contract says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from exporters.registry import exports
from exporters.warehouse.tables import ACCURACY, GAMES, SCHEDULE
from pipeline.execution.in_process import run_in_process
from tests.support.matchers import assert_same_objects, differing, documents, json_of
from tests.support.plans import TONIGHT_TYPES, plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League, keep

FIRST, LAST = date(2026, 1, 16), date(2026, 1, 22)
PLAYED = date(2026, 1, 21)
"""A date whose games are final."""
DAYS = [FIRST + timedelta(days=n) for n in range(7)]


def publish(warehouse: Any, *types: str, first: date, last: date) -> MemoryStore:
    store = MemoryStore()
    run_in_process(plan_of(*types, first=first, last=last, update_latest="never"), warehouse, store)
    return store


def nothing_ahead() -> tuple[str, ...]:
    """Every dated type whose contract looks at no date after its own."""
    return tuple(
        name
        for name, export in exports().items()
        if "{date}" in export.path and not any(read.window.ahead for read in export.reads)
    )


def of_date(found: dict[str, bytes], day: date) -> dict[str, bytes]:
    return {path: held for path, held in found.items() if day.isoformat() in path}


@pytest.fixture(scope="module")
def week(league: League) -> dict[str, bytes]:
    """The documents of a week, from a warehouse that holds the rest of the season."""
    return documents(publish(league.warehouse, *nothing_ahead(), first=FIRST, last=LAST))


@pytest.mark.parametrize("day", [DAYS[0], DAYS[3], DAYS[6]], ids=str)
def test_what_came_later_changes_nothing(league: League, week: dict[str, bytes], day: date) -> None:
    alone = documents(publish(league.up_to(day), *nothing_ahead(), first=day, last=day))
    assert_same_objects(of_date(week, day), alone)


class TestTheDateItself:
    def test_tonight_shows_no_box_score_and_no_grade_of_its_date(self, league: League) -> None:
        day = PLAYED
        whole = publish(league.warehouse, *TONIGHT_TYPES, first=day, last=day)
        without = publish(
            league.changed(
                {table: keep(league.rows(table), table, lambda d: pc.not_equal(d, day)) for table in (GAMES, ACCURACY)}
            ),
            *TONIGHT_TYPES,
            first=day,
            last=day,
        )
        left, right = documents(whole), documents(without)
        changed = {path for path in left if left[path] != right.get(path)}
        assert changed <= {f"predictions/{day}.json"}
        there, gone = (json_of(store, f"predictions/{day}.json") for store in (whole, without))
        assert {path.rpartition(".")[2] for path in differing(there, gone)} <= {
            "team",
            "is_home",
            "home_team",
            "away_team",
            "opponent",
        }, "only the team of a player without context"

    def test_a_tonight_document_made_after_the_finals_is_the_one_made_before_the_games(self, league: League) -> None:
        """All but the state of the games and their scores, and what other documents of the date show of them."""
        day = PLAYED
        schedule = league.rows(SCHEDULE)
        on_day = pc.equal(schedule.column("game_date"), day)
        before = schedule
        for name, value in (("game_status", 1), ("home_team_score", None), ("away_team_score", None)):
            column = schedule.column(name)
            unplayed = pc.if_else(on_day, pa.scalar(value, column.type), column)
            before = before.set_column(schedule.schema.get_field_index(name), name, unplayed)
        nothing_played = {
            table: keep(league.rows(table), table, lambda d: pc.not_equal(d, day)) for table in (GAMES, ACCURACY)
        }
        types = (
            "streaks",
            "tonight",
            "tonight-players",
            "trends-hot-cold",
            "trends-bounce-back",
            "trends-what-matters",
            "trends-quick-hits",
            "trends-team",
            "tonight-trend-plays",
        )
        evening = publish(league.changed({SCHEDULE: before, **nothing_played}), *types, first=day, last=day)
        morning = publish(league.warehouse, *types, first=day, last=day)
        left, right = documents(evening), documents(morning)
        assert len(left) > 20
        assert {path for path in left if left[path] != right.get(path)} == {f"tonight/{day}.json"}
        states = differing(*(json_of(store, f"tonight/{day}.json") for store in (evening, morning)))
        assert {path.rpartition(".")[2] for path in states} == {"game_status", "home_score", "away_score"}
