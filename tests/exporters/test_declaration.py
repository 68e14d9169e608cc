from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from exporters.config.calendar import LeagueCalendar
from exporters.config.leagues import NBA
from exporters.declaration import Cache, Export, Follows, Grain, Pointer, Read, Window, over
from exporters.warehouse.tables import CONTEXT, GAMES
from tests.support.rows import TONIGHT

NIGHT_READ = Read(CONTEXT, ("player_lookup",))


def export(**values: Any) -> Export:
    given = {"name": "made-up", "grain": Grain.SLATE, "reads": (), "path": "made/{date}.json", "cache": Cache.SHORT}
    return Export(**{**given, **values})


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        (Window.NIGHT, date(2025, 1, 15), date(2025, 1, 15)),
        (Window(days=30), date(2024, 12, 16), date(2025, 1, 15)),
        (Window.SEASON, date(2024, 10, 1), date(2025, 1, 15)),
        (Window.TWO_SEASONS, date(2023, 10, 1), date(2025, 1, 15)),
        (Window(days=7, ahead=2), date(2025, 1, 8), date(2025, 1, 17)),
        (Window(since=date(2021, 10, 1)), date(2021, 10, 1), date(2025, 1, 15)),
    ],
)
def test_the_partitions_of_a_window(window: Window, first: date, last: date) -> None:
    assert (window.first(TONIGHT, NBA.calendar), window.last(TONIGHT)) == (first, last)


def test_seasons_are_those_of_the_league_and_of_no_other() -> None:
    summer = LeagueCalendar(season_months=(5, 10))
    assert Window.TWO_SEASONS.first(TONIGHT, summer) == date(2023, 5, 1)
    made = export(path="made/{season}/{player}.json")
    assert made.path_of(TONIGHT, "ann", calendar=summer) == "made/2024/ann.json"
    assert made.path_of(TONIGHT, "ann", calendar=NBA.calendar) == "made/2024-25/ann.json"
    assert made.player_of("made/2024/ann.json") == made.player_of("made/2024-25/ann.json") == "ann"
    for unknown in (lambda: Window.SEASON.first(TONIGHT), lambda: made.path_of(TONIGHT, "ann")):
        with pytest.raises(ValueError, match="pass its calendar"):
            unknown()


def test_reads_over_another_window() -> None:
    (read,) = over(Window.SEASON, Read(GAMES, ("points",), Window.NIGHT, equals={"is_dnp": ("x",)}, champion=True))
    assert read == Read(GAMES, ("points",), Window.SEASON, equals={"is_dnp": ("x",)}, champion=True)


@pytest.mark.parametrize(
    ("cache", "header"),
    [
        (Cache.LIVE, "public, max-age=30"),
        (Cache.SHORT, "public, max-age=300"),
        (Cache.HOUR, "public, max-age=3600"),
        (Cache.DAY, "public, max-age=86400"),
    ],
)
def test_cache_headers(cache: Cache, header: str) -> None:
    assert cache.header == header


def test_pointers_are_cached_briefly() -> None:
    assert Pointer("made/today.json", Follows.TODAY).cache is Cache.SHORT


def test_functions_are_registered_and_stay_callable() -> None:
    made = export(reads=iter([NIGHT_READ]))
    assert made.reads == (NIGHT_READ,)
    assert made.make_card is made.make_row is made.build is made.build_no_game is None

    @made.card
    def card(night: Any) -> str:
        return f"card of {night}"

    @made.row
    def row(slate: Any) -> str:
        return f"row of {slate}"

    @made.builder
    def build(slate: Any) -> dict[str, Any]:
        return {"about": slate}

    @made.no_game
    def absent(player: str, day: date, generated_at: str) -> dict[str, Any]:
        return {"player": player}

    assert (made.make_card, made.make_row, made.build, made.build_no_game) == (card, row, build, absent)
    assert card("ann") == "card of ann"
    assert row("tonight") == "row of tonight"


def test_a_document_is_empty_when_all_its_counts_are_zero() -> None:
    made = export(counts=("total", "games", "summary.runs"))
    empty = {"total": 0, "games": [], "summary": {"runs": 0}}
    assert made.item_counts(empty) == {"total": 0, "games": 0, "summary.runs": 0}
    assert made.is_empty(empty)
    shown = {"total": 0, "games": [{}], "summary": {"runs": 0}}
    assert made.item_counts(shown) == {"total": 0, "games": 1, "summary.runs": 0}
    assert not made.is_empty(shown)


def test_a_type_without_counts_is_never_empty() -> None:
    assert not export().is_empty({})


def test_paths() -> None:
    assert export().path_of(TONIGHT) == "made/2025-01-15.json"
    assert export(path="made/{date}/{player}.json").path_of(TONIGHT, "ann") == "made/2025-01-15/ann.json"


def test_exports_are_compared_by_identity() -> None:
    assert export() != export()
    assert len({export(), export()}) == 2
