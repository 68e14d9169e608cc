"""Special dates, over all types: without games, in a break, after the season, its first and its last night."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from exporters.declaration import Export, Follows, Grain, players_in
from exporters.registry import exports
from exporters.warehouse.tables import SCHEDULE, WAREHOUSE_TABLES
from pipeline.execution.in_process import run_in_process
from pipeline.verification.tree import place_of
from pipeline.verification.verify import verify
from tests.support.matchers import manifest_of
from tests.support.plans import EASY, plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League
from transforms.elements.validation import require_valid
from transforms.stores.control import ControlledStore

BREAK = tuple(date(2026, 1, 15) + timedelta(days=n) for n in range(6))
"""Six days that the league of these tests does not play, as around an All-Star game."""
HALTED = ("best-bets", "best-bets-all", "predictions", "subset-picks")
BEFORE_THE_FIRST_GAME = frozenset(
    {
        *("player-index", "season-subsets", "streaks", "tonight-trend-plays", "trends-bounce-back", "trends-hot-cold"),
        *("trends-quick-hits", "trends-team", "trends-what-matters"),
    }
)
"""Types of a date that show nothing until games have been played before it."""
LISTED_ANYWAY = {"season-subsets": "model_groups", "subset-picks": "model_groups"}
"""Types that list models and subsets, with picks or without."""
SHOWN_AT_THE_FIRST_GAME = frozenset(exports()) - BEFORE_THE_FIRST_GAME - {"player-profiles"}


@dataclass
class Date:
    """What a run of one date has published, with nothing published before.

    Attributes:
        day: The date.
        store: What is published.
    """

    day: date
    store: ControlledStore

    def documents(self, export: Export) -> dict[str, Any]:
        """Return the documents of a type, its pointers left out."""
        found = {}
        for shown in self.store.list(""):
            place = place_of(shown.path)
            if place is not None and place.export is export and place.pointer is None:
                read = self.store.read(shown.path)
                assert read is not None
                require_valid(export, shown.path, read[0])
                found[shown.path] = orjson.loads(read[0])
        return found

    def document(self, name: str) -> Any:
        ((_, value),) = self.documents(exports()[name]).items()
        return value

    def section(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = manifest_of(self.store, self.day)["exports"][name]
        return found


def run(warehouse: Any, day: date) -> Date:
    store = ControlledStore(MemoryStore(), MemoryStore())
    run_in_process(plan_of(*exports(), first=day, generated_at=f"{day}T17:00:00Z"), warehouse, store)
    return Date(day, store)


def nights(league: League) -> list[date]:
    return sorted(set(league.rows(SCHEDULE)["game_date"].to_pylist()))


def without(league: League, days: tuple[date, ...]) -> Any:
    """The league without the rows of some dates, in every table."""
    left = {}
    for table in WAREHOUSE_TABLES:
        if table.partition is not None:
            rows = league.rows(table)
            left[table] = rows.filter(pc.invert(pc.is_in(pc.cast(rows[table.partition], pa.date32()), pa.array(days))))
    return league.changed(left)


@pytest.fixture(scope="module")
def dates(league: League) -> dict[str, Date]:
    """The documents of each kind of date, all types in one run."""
    played = nights(league)
    off = next(day + timedelta(days=1) for day in played if day + timedelta(days=1) not in played)
    while (off + timedelta(days=1)) not in played or (off - timedelta(days=1)) not in played:
        off = next(day + timedelta(days=1) for day in played if day >= off and day + timedelta(days=1) not in played)
    return {
        "off": run(league.warehouse, off),
        "break": run(without(league, BREAK), BREAK[2]),
        "over": run(league.warehouse, league.today + timedelta(days=22)),
        "first": run(league.warehouse, played[0]),
        "last": run(league.warehouse, league.today),
    }


QUIET, PLAYED = ("off", "break", "over"), ("first", "last")


@pytest.mark.parametrize("kind", [*QUIET, *PLAYED])
def test_every_type_is_published_and_verification_has_no_finding(dates: dict[str, Date], kind: str) -> None:
    on = dates[kind]
    states = {name: on.section(name)["state"] for name in exports()}
    quiet = {name for name, export in exports().items() if export.is_about_a_night} if kind in QUIET else set()
    assert states == {name: "no_games" if name in quiet else "ready" for name in exports()}
    assert all(not on.section(name)["failures"] for name in exports())
    champion = EASY.champion_system_id
    assert verify(on.store, [on.day], today=on.day, champion=champion).problems == []


@pytest.mark.parametrize("name", [name for name, export in exports().items() if export.is_about_a_night])
@pytest.mark.parametrize("kind", QUIET)
def test_a_date_without_games_names_no_player(dates: dict[str, Date], kind: str, name: str) -> None:
    export, made = exports()[name], dates[kind].documents(exports()[name])
    if export.grain is Grain.PLAYER:
        assert made == {}
        return
    ((path, value),) = made.items()
    assert path == export.path_of(dates[kind].day)
    assert not list(players_in(value))
    counts = export.item_counts(value)
    listed = LISTED_ANYWAY.get(name, "no such count")
    assert {count for count, found in counts.items() if found} <= {listed, f"{listed}[].subsets"}


@pytest.mark.parametrize("name", [name for name, export in exports().items() if export.pointers])
@pytest.mark.parametrize("kind", QUIET)
def test_on_a_date_without_games_today_shows_it_and_latest_is_not_touched(
    dates: dict[str, Date], kind: str, name: str
) -> None:
    export, on = exports()[name], dates[kind]
    for pointer in export.pointers:
        if "{" in pointer.path:
            continue
        shown = on.store.read(pointer.path)
        dated = on.store.read(export.path_of(on.day))
        assert dated is not None
        empty = export.is_empty(orjson.loads(dated[0]))
        if pointer.follows is Follows.TODAY or not empty:
            assert shown is not None
            assert shown[0] == dated[0]
        else:
            assert shown is None, pointer.path


@pytest.mark.parametrize("name", HALTED)
def test_the_envelope_says_which_kind_of_date_it_is(dates: dict[str, Date], league: League, name: str) -> None:
    def told(kind: str) -> tuple[Any, ...]:
        value = dates[kind].document(name)
        return tuple(value[key] for key in ("halt_active", "halt_reason", "halt_since"))

    assert {kind: told(kind) for kind in ("off", *PLAYED)} == dict.fromkeys(("off", *PLAYED), (False, None, None))
    newest = max(day for day in nights(league) if day < BREAK[0])
    assert told("break") == (True, "between_rounds", str(newest + timedelta(days=1)))
    assert told("over") == (True, "off_season", None)


def test_games_are_counted_on_the_dates_that_have_some(dates: dict[str, Date], league: League) -> None:
    played = nights(league)
    for kind, on in dates.items():
        calendar, season = dates[kind].document("calendar"), on.document("season-game-counts")
        known = [day for day in played if kind != "break" or day not in BREAK]
        assert (on.day.isoformat() in calendar) == (kind in PLAYED)
        assert list(season["dates"]) == [day.isoformat() for day in known]
        assert season["last_game_date"] == max(day.isoformat() for day in known if day <= on.day)
        later = [day.isoformat() for day in known if day > on.day]
        assert season["next_game_date"] == min(later, default=None)


@pytest.mark.parametrize("name", tuple(exports()))
def test_the_first_night_shows_what_is_known_before_any_game(dates: dict[str, Date], name: str) -> None:
    """A new type counts as one that shows something then, or is put into ``BEFORE_THE_FIRST_GAME``."""
    export, made = exports()[name], dates["first"].documents(exports()[name])
    if name == "player-profiles":
        assert made == {}, "nobody has been graded"
        return
    if name in SHOWN_AT_THE_FIRST_GAME:
        assert made
        assert not all(export.is_empty(value) for value in made.values())
        return
    ((_, value),) = made.items()
    counts = export.item_counts(value)
    assert {count for count, found in counts.items() if found} <= {LISTED_ANYWAY.get(name, "")}, counts
    assert not list(players_in(value))


def test_before_the_first_game_nobody_has_a_form_or_a_record(dates: dict[str, Date]) -> None:
    on = dates["first"]
    cards = [card for game in on.document("tonight")["games"] for card in game["players"]]
    assert cards
    for card in cards:
        assert (card["games_played"], card["season_ppg"], card["last_5_ppg"]) in ((0, 0.0, 0.0), (0, None, None))
        assert card["last_10_points"] == []
    details = on.documents(exports()["tonight-players"])
    assert len(details) == len(cards)
    assert all(value["games_played"] == 0 and value["recent_form"] == [] for value in details.values())
    records = [subset["record"] for group in on.document("subset-picks")["model_groups"] for subset in group["subsets"]]
    assert all(
        record is None or {(span["wins"], span["losses"]) for span in record.values()} == {(0, 0)} for record in records
    )


@pytest.mark.parametrize("name", tuple(exports()))
def test_the_last_night_shows_something_of_every_type(dates: dict[str, Date], name: str) -> None:
    export, made = exports()[name], dates["last"].documents(exports()[name])
    assert made
    # No game of it is over.
    assert all(export.is_empty(value) for value in made.values()) == (name == "results")
