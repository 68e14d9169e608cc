from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import orjson
import pytest

from exporters.config import ExportConfig
from exporters.declaration import Export
from exporters.league.forecasts.readiness import DayCount, ScanCounts
from exporters.warehouse.tables import GAMES
from tests.support.made_up import ALL, CARD, ROSTER
from tests.support.matchers import assert_mirrors, contents, json_of
from tests.support.plans import NO_GATES, made_up_plan
from tests.support.stores import MemoryStore, Refuse
from transforms.elements.document import make_document
from transforms.elements.plan import Run
from transforms.elements.publication import Outcome, PointerOutcome, Published
from transforms.publishing.documents import DocumentPublisher
from transforms.publishing.pointers import PointerMover

TODAY = date(2026, 2, 3)
YESTERDAY = TODAY - timedelta(days=1)
OLDER = TODAY - timedelta(days=9)
LATER = TODAY + timedelta(days=1)
PLAYED = DayCount(games=1, context_rows=9)


class Site:
    """A store, and what publishing a document on some date does to the pointers in it."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self._run = 0

    def publish(
        self,
        export: Export,
        day: date,
        *keys: str,
        value: Any = None,
        count: DayCount = PLAYED,
        failed: Any = (),
        broken: Any = None,
        **plan: Any,
    ) -> dict[str, tuple[str, str]]:
        """Publish documents of a date and move the pointers; returns action and reason by pointer."""
        self._run += 1
        stamp = f"2026-02-03T17:{self._run:02d}:00+00:00"
        values = {
            "league_day": TODAY,
            "run": Run("run", stamp),
            "config": ExportConfig(min_context_rows=1, gates=NO_GATES),
            **plan,
        }
        first = values.pop("first", day)
        made_plan = made_up_plan(ALL, first, values.pop("last", day), **values)
        publisher = DocumentPublisher(self.store, made_plan)
        outcomes = [
            publisher.publish(
                make_document(export, {"generated_at": stamp, **(value or {})}, day, stamp, settled=False, key=key),
                Published(),
            )
            for key in (keys or ("",))
            if value is not None
        ]
        mover = PointerMover(self.store, made_plan, ScanCounts(days={day: count}, broken=broken or {}))
        moved = mover.move(export, day, outcomes, failed)
        assert all(isinstance(made, PointerOutcome) and made.export == export.name for made in moved)
        return {made.path: (made.action, made.reason) for made in moved}

    def roster(self, day: date, *players: str, **values: Any) -> dict[str, tuple[str, str]]:
        return self.publish(ROSTER, day, value={"players": list(players)}, **values)

    def cards(self, day: date, *players: str, **values: Any) -> dict[str, tuple[str, str]]:
        return self.publish(CARD, day, *players, value={"points": [1]} if players else None, **values)


@pytest.fixture
def site() -> Site:
    return Site()


MOVED = ("moved", "")
TODAY_POINTER, LATEST_POINTER = "roster/today.json", "roster/latest.json"


def kept(reason: str) -> tuple[str, str]:
    return "kept", reason


class TestMirroring:
    def test_a_pointer_shows_the_bytes_of_the_dated_document_under_its_own_policy(self, site: Site) -> None:
        assert site.roster(TODAY, "a") == {TODAY_POINTER: MOVED, LATEST_POINTER: MOVED}
        for path, header in ((TODAY_POINTER, "public, max-age=300"), (LATEST_POINTER, "public, max-age=86400")):
            assert_mirrors(site.store, path, "roster/2026-02-03.json")
            found = site.store.stat(path)
            assert found is not None
            assert found.cache_control == header

    def test_a_document_that_was_written_again_is_shown_again(self, site: Site) -> None:
        site.roster(TODAY, "a")
        assert site.roster(TODAY, "a")[TODAY_POINTER] == MOVED, "its generated_at differs, which no digest tells"
        assert_mirrors(site.store, TODAY_POINTER, "roster/2026-02-03.json")

    def test_an_unchanged_document_leaves_its_pointer_alone(self, site: Site) -> None:
        site.roster(TODAY, "a")
        stored = site.store.stat("roster/2026-02-03.json")
        assert stored is not None
        unchanged = Outcome(
            stored.path, "roster", "", "unchanged", 1, stored.metadata["digest"], "", empty=False, counts={}
        )
        mover = PointerMover(site.store, made_up_plan(ALL, TODAY), ScanCounts(days={TODAY: PLAYED}))
        site.store.before_write = Refuse("")
        assert [made.action for made in mover.move(ROSTER, TODAY, [unchanged])] == ["unchanged", "unchanged"]

    def test_a_dated_document_that_has_vanished_is_a_failure(self, site: Site) -> None:
        gone = Outcome("roster/2026-02-03.json", "roster", "", "unchanged", 1, "d", "", empty=False, counts={})
        mover = PointerMover(site.store, made_up_plan(ALL, TODAY), ScanCounts(days={TODAY: PLAYED}))
        assert mover.move(ROSTER, TODAY, [gone])[0] == PointerOutcome(
            TODAY_POINTER, "roster", "failed", "roster/2026-02-03.json is not in the store"
        )

    def test_a_document_that_could_not_be_written_moves_nothing(self, site: Site) -> None:
        site.store.before_write = Refuse("roster/2026-02-03.json")
        assert site.roster(TODAY, "a") == {}


class TestForwardOnly:
    def test_a_new_date_takes_the_place_of_an_older_one(self, site: Site) -> None:
        site.roster(YESTERDAY, "a", league_day=YESTERDAY)
        assert site.roster(TODAY, "b") == {TODAY_POINTER: MOVED, LATEST_POINTER: MOVED}

    def test_never_to_an_older_date(self, site: Site) -> None:
        site.roster(TODAY, "a")
        moved = site.roster(YESTERDAY, "b", league_day=YESTERDAY)
        assert moved == dict.fromkeys((TODAY_POINTER, LATEST_POINTER), kept("shows a newer game date"))
        assert_mirrors(site.store, LATEST_POINTER, "roster/2026-02-03.json")

    def test_never_from_a_document_to_an_empty_one(self, site: Site) -> None:
        site.roster(YESTERDAY, "a", league_day=YESTERDAY)
        assert site.roster(TODAY) == dict.fromkeys(
            (TODAY_POINTER, LATEST_POINTER), kept("would replace a document by an empty one")
        )

    def test_on_an_off_day_today_is_empty_and_latest_stays(self, site: Site) -> None:
        site.roster(YESTERDAY, "a", league_day=YESTERDAY)
        moved = site.roster(TODAY, count=DayCount())
        assert moved[TODAY_POINTER] == MOVED
        assert moved[LATEST_POINTER][0] == "kept"
        assert_mirrors(site.store, LATEST_POINTER, "roster/2026-02-02.json")
        assert_mirrors(site.store, TODAY_POINTER, "roster/2026-02-03.json")

    def test_latest_never_starts_out_empty(self, site: Site) -> None:
        moved = site.roster(TODAY)
        assert moved == {TODAY_POINTER: MOVED, LATEST_POINTER: kept("the document is empty")}
        assert LATEST_POINTER not in contents(site.store)

    def test_an_empty_document_may_follow_an_empty_one(self, site: Site) -> None:
        site.roster(YESTERDAY, league_day=YESTERDAY)
        assert site.roster(TODAY)[TODAY_POINTER] == MOVED


class TestPolicy:
    def test_a_backfill_moves_nothing(self, site: Site) -> None:
        assert site.roster(OLDER, "a") == {
            TODAY_POINTER: kept("not the current league day"),
            LATEST_POINTER: kept("not the current league day or the one before"),
        }

    def test_yesterday_may_be_the_latest_but_not_today(self, site: Site) -> None:
        assert site.roster(YESTERDAY, "a") == {
            TODAY_POINTER: kept("not the current league day"),
            LATEST_POINTER: MOVED,
        }

    def test_a_date_to_come_moves_nothing(self, site: Site) -> None:
        assert {action for action, _ in site.roster(LATER, "a").values()} == {"kept"}

    def test_a_range_moves_pointers_for_its_last_date_only(self, site: Site) -> None:
        held = kept("not the last date of the range")
        assert set(site.roster(YESTERDAY, "a", first=OLDER, last=TODAY).values()) == {held}
        assert set(site.roster(TODAY, "a", first=OLDER, last=TODAY).values()) == {MOVED}
        assert set(site.roster(OLDER, "a", first=OLDER, last=TODAY, update_latest="force").values()) == {held}

    def test_never_is_never(self, site: Site) -> None:
        moved = site.roster(TODAY, "a", update_latest="never")
        assert set(moved.values()) == {kept("the request says never")}
        assert list(contents(site.store)) == ["roster/2026-02-03.json"]

    def test_force_goes_back_in_time_and_to_empty(self, site: Site) -> None:
        site.roster(TODAY, "a")
        assert set(site.roster(OLDER, update_latest="force").values()) == {MOVED}
        assert_mirrors(site.store, LATEST_POINTER, "roster/2026-01-25.json")


class TestRivals:
    def test_a_pointer_that_changes_in_between_is_looked_at_again(self, site: Site) -> None:
        rival = Site()
        rival.roster(TODAY, "newer")
        newer = rival.store.read(TODAY_POINTER)
        assert newer is not None
        interfered: list[str] = []

        def interfere(path: str) -> None:
            if path == TODAY_POINTER and not interfered:
                interfered.append(path)
                site.store.write(path, newer[0], cache_control="", metadata=newer[1].metadata)

        site.store.before_write = interfere
        moved = site.roster(YESTERDAY, "a", league_day=YESTERDAY)
        assert moved[TODAY_POINTER] == kept("shows a newer game date")
        assert json_of(site.store, TODAY_POINTER)["players"] == ["newer"]

    def test_an_older_concurrent_pointer_is_replaced(self, site: Site) -> None:
        interfered: list[str] = []

        def interfere(path: str) -> None:
            if path == TODAY_POINTER and len(interfered) < 3:
                interfered.append(path)
                site.store.before_write = lambda _: None
                site.store.write(path, b"{}", cache_control="", metadata={"game_date": "2026-01-01", "empty": "false"})
                site.store.before_write = interfere

        site.store.before_write = interfere
        assert site.roster(TODAY, "a")[TODAY_POINTER] == MOVED
        assert len(interfered) == 3
        assert_mirrors(site.store, TODAY_POINTER, "roster/2026-02-03.json")

    def test_one_that_keeps_changing_is_given_up_and_named(self, site: Site) -> None:
        def interfere(path: str) -> None:
            if path == TODAY_POINTER:
                site.store.before_write = lambda _: None
                site.store.write(path, b"{}", cache_control="")
                site.store.before_write = interfere

        site.store.before_write = interfere
        moved = site.roster(TODAY, "a")
        action, reason = moved[TODAY_POINTER]
        assert action == "failed"
        assert "while it was being moved" in reason
        assert moved[LATEST_POINTER] == MOVED

    def test_a_pointer_that_cannot_be_written_is_named_and_the_next_one_moves(self, site: Site) -> None:
        site.store.before_write = Refuse(TODAY_POINTER)
        moved = site.roster(TODAY, "a")
        assert moved[TODAY_POINTER] == ("failed", f"cannot write {TODAY_POINTER}: no space left; free some")
        assert moved[LATEST_POINTER] == MOVED


class TestPlayers:
    def test_each_player_has_a_pointer(self, site: Site) -> None:
        assert site.cards(TODAY, "a", "b") == {"card/a.json": MOVED, "card/b.json": MOVED}
        assert_mirrors(site.store, "card/b.json", "card/2026-02-03/b.json")

    def test_pointers_of_players_without_a_game_show_the_no_game_document(self, site: Site) -> None:
        site.cards(YESTERDAY, "a", "b", league_day=YESTERDAY)
        assert site.cards(TODAY, "b", "c") == {"card/a.json": MOVED, "card/b.json": MOVED, "card/c.json": MOVED}
        assert json_of(site.store, "card/a.json")["off"] == "2026-02-03"
        shown = site.store.stat("card/a.json")
        assert shown is not None
        assert (shown.metadata["game_date"], shown.metadata["empty"]) == ("2026-02-03", "true")
        assert shown.cache_control == "public, max-age=300"
        assert "card/2026-02-03/a.json" not in contents(site.store)

    def test_no_game_documents_are_written_once_a_day(self, site: Site) -> None:
        site.cards(YESTERDAY, "a", league_day=YESTERDAY)
        site.cards(TODAY, "b")
        assert site.cards(TODAY, "b") == {"card/b.json": MOVED}

    def test_on_an_off_day_all_of_them_are(self, site: Site) -> None:
        site.cards(YESTERDAY, "a", "b", league_day=YESTERDAY)
        assert site.cards(TODAY, count=DayCount()) == {"card/a.json": MOVED, "card/b.json": MOVED}

    def test_a_game_brings_them_back(self, site: Site) -> None:
        site.cards(YESTERDAY, "a", league_day=YESTERDAY)
        site.cards(TODAY, "b")
        assert site.cards(LATER, "a", league_day=LATER)["card/a.json"] == MOVED

    @pytest.mark.parametrize(
        "unknown",
        [
            {"count": DayCount(games=1, context_rows=0)},
            {"count": DayCount(games=0, context_rows=9)},
            {"broken": {GAMES.name: "cut off"}},
            {"update_latest": "never"},
            {"day": OLDER},
        ],
        ids=["withheld", "schedule is wrong", "table is broken", "never", "backfill"],
    )
    def test_no_no_game_document_while_the_games_are_unknown(self, site: Site, unknown: Any) -> None:
        site.cards(YESTERDAY, "a", league_day=YESTERDAY)
        values = {"day": TODAY, **unknown}
        assert site.cards(values.pop("day"), **values) == {}
        assert_mirrors(site.store, "card/a.json", "card/2026-02-02/a.json")

    def test_a_player_whose_document_failed_gets_no_no_game_document(self, site: Site) -> None:
        site.cards(YESTERDAY, "a", "b", league_day=YESTERDAY)
        site.store.before_write = Refuse("card/2026-02-03/b")
        assert site.cards(TODAY, "b", "c", failed={"a"}) == {"card/c.json": MOVED}
        for player in "ab":
            assert_mirrors(site.store, f"card/{player}.json", f"card/2026-02-02/{player}.json")

    def test_an_object_of_another_writer_is_left_alone(self, site: Site) -> None:
        site.store.write("card/stranger.json", b"{}", cache_control="")
        site.cards(TODAY, "a")
        assert contents(site.store)["card/stranger.json"] == b"{}"

    def test_a_player_whose_pointer_moves_in_between_is_left_alone(self, site: Site) -> None:
        site.cards(YESTERDAY, "a", league_day=YESTERDAY)

        def interfere(path: str) -> None:
            if path == "card/a.json":
                site.store.before_write = lambda _: None
                site.store.write(path, b"{}", cache_control="")

        site.store.before_write = interfere
        assert site.cards(TODAY, "b")["card/a.json"] == kept("somebody else moved it")
        assert contents(site.store)["card/a.json"] == b"{}"

    def test_one_that_cannot_be_written_is_named(self, site: Site) -> None:
        site.cards(YESTERDAY, "a", league_day=YESTERDAY)
        site.store.before_write = Refuse("card/a.json")
        assert site.cards(TODAY, "b")["card/a.json"][0] == "failed"

    def test_the_no_game_document_differs_by_date_only(self, site: Site) -> None:
        site.cards(YESTERDAY, "a", league_day=YESTERDAY)
        site.cards(TODAY, "b")
        value = orjson.loads(contents(site.store)["card/a.json"])
        assert {**value, "generated_at": ""} == {"player": "a", "generated_at": "", "points": [], "off": "2026-02-03"}
