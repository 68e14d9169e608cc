"""Picks are paused: what readers see then, what the halt envelope says, and what verification thinks of it.

Picks that were shown stay, whatever pauses the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from exporters.registry import exports
from exporters.warehouse.tables import GAMES, HALTS, PREDICTIONS, SCHEDULE
from pipeline.execution.in_process import run_in_process
from pipeline.planning.planner import at_instant, begun
from pipeline.reporting.report import Summary, summarize
from pipeline.verification.verify import verify
from tests.support.plans import EASY, plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League
from transforms.elements.document import encode
from transforms.elements.validation import require_valid
from transforms.stores.control import ControlledStore

TYPES = ("predictions", "best-bets", "subset-picks")
GATED = ("predictions", "best-bets")
BEGAN = datetime(2026, 2, 3, 18, tzinfo=timezone.utc)
CHAMPION = EASY.champion_system_id
OPEN = (False, None, None)


@dataclass
class Night:
    """The places of one night's documents, and the warehouse that they are made from."""

    league: League
    store: ControlledStore

    def publish(self, warehouse: Any = None, *, minute: int, types: tuple[str, ...] = TYPES, back: int = 0) -> Summary:
        day = self.league.today - timedelta(days=back)
        plan = plan_of(*types, first=day, generated_at=f"{day}T17:00:00Z")
        plan = at_instant(begun(plan, BEGAN), f"2026-02-03T18:{minute:02}:00.000000Z")
        return summarize(plan, "out", run_in_process(plan, warehouse or self.league.warehouse, self.store))

    def path(self, name: str) -> str:
        return exports()[name].path_of(self.league.today)

    def content(self, name: str) -> bytes | None:
        found = self.store.read(self.path(name))
        return None if found is None else found[0]

    def shown(self, name: str) -> Any:
        found = self.content(name)
        assert found is not None
        require_valid(exports()[name], name, found)
        return orjson.loads(found)

    def envelope(self, name: str) -> tuple[Any, ...]:
        return tuple(self.shown(name)[key] for key in ("halt_active", "halt_reason", "halt_since"))

    def envelopes(self) -> dict[str, tuple[Any, ...]]:
        return {name: self.envelope(name) for name in TYPES}

    def picks(self, name: str) -> list[Any]:
        """Return the picks, or forecasts, that a document shows, without what changes about them."""
        shown = self.shown(name)
        if name == "best-bets":
            return [{**pick, "result": 0, "actual": 0, "error": 0} for pick in shown["picks"]]
        if name == "predictions":
            return list(shown["games"])
        return [
            {**pick, "result": 0, "actual": 0, "subset": (group["model_id"], subset["id"])}
            for group in shown["model_groups"]
            for subset in group["subsets"]
            for pick in subset["picks"]
        ]

    def verified(self) -> list[str]:
        return verify(self.store, None, today=self.league.today, champion=CHAMPION).problems

    def rows(self, table: Any) -> pa.Table:
        return self.league.rows(table)

    def without_forecasts(self, share: int = 1) -> Any:
        """The league whose champion has no forecast of the night; or one only for each so many players."""
        rows = self.rows(PREDICTIONS)
        players = sorted(set(rows["player_lookup"].to_pylist()))
        lost = players if share == 1 else [player for n, player in enumerate(players) if n % share]
        tonight = pc.and_(
            pc.equal(rows["game_date"], pa.scalar(self.league.today)), pc.equal(rows["system_id"], CHAMPION)
        )
        gone = pc.and_(tonight, pc.is_in(rows["player_lookup"], pa.array(lost)))
        return self.league.changed({PREDICTIONS: rows.filter(pc.invert(gone))})

    def halted(self, reason: str = "manual", more: dict[Any, pa.Table] | None = None) -> Any:
        """The league with a row that halts the night."""
        day = self.league.today
        row = {
            "effective_date": day,
            "sport": "nba",
            "halt_active": True,
            "halt_reason": reason,
            "halt_since": day,
            "written_at": datetime(2100, 1, 1, tzinfo=timezone.utc),
        }
        rows = self.rows(HALTS)
        halt = pa.Table.from_pylist([row], rows.schema)
        return self.league.changed({HALTS: pa.concat_tables([rows, halt]), **(more or {})})


@pytest.fixture
def night(league: League) -> Night:
    return Night(league, ControlledStore(MemoryStore(), MemoryStore()))


def test_a_night_that_is_not_paused_says_so(night: Night) -> None:
    assert night.publish(minute=1).status == "success"
    assert night.envelopes() == dict.fromkeys(TYPES, OPEN)
    assert all(night.picks(name) for name in TYPES)
    assert night.verified() == []


class TestAGateWithholds:
    """The run fails for its operators, and front ends get a state to show."""

    def test_a_champion_without_forecasts_pauses_what_shows_nothing(self, night: Night) -> None:
        found = night.publish(night.without_forecasts(), minute=1, types=GATED)
        assert (found.status, found.exit_code) == ("failed", 1)
        for name in GATED:
            assert night.picks(name) == []
            assert night.envelope(name) == (True, "predictions_inactive", str(night.league.today))
        assert all("is withheld" in line or "withheld:" in line for line in (*found.missing, *night.verified()))

    def test_so_does_a_gate_that_too_few_players_pass(self, night: Night) -> None:
        plan_gate = night.without_forecasts(share=2)
        rows = night.rows(PREDICTIONS)
        count = len(rows.filter(pc.equal(rows["game_date"], pa.scalar(night.league.today))))
        assert count > EASY.min_active_predictions
        day = night.league.today
        config = type(EASY)(min_context_rows=5, min_active_predictions=count)
        plan = plan_of(*GATED, first=day, generated_at=f"{day}T17:00:00Z", config=config)
        run_in_process(at_instant(begun(plan, BEGAN), "2026-02-03T18:01:00.000000Z"), plan_gate, night.store)
        for name in GATED:
            assert night.picks(name) == []
            assert night.envelope(name) == (True, "unknown_state", str(day))

    def test_picks_that_were_shown_stay_byte_for_byte(self, night: Night) -> None:
        night.publish(minute=1)
        before = {name: night.content(name) for name in GATED}
        found = night.publish(night.without_forecasts(), minute=2, types=GATED)
        assert found.exit_code == 1
        assert {name: night.content(name) for name in GATED} == before
        assert {name: night.envelope(name) for name in GATED} == dict.fromkeys(GATED, OPEN)
        problems = night.verified()
        assert len(problems) == len(GATED)
        assert all("withheld: " in line and "says that picks" not in line for line in problems), problems

    def test_the_next_run_that_passes_shows_the_picks(self, night: Night) -> None:
        night.publish(night.without_forecasts(), minute=1, types=GATED)
        assert night.publish(minute=2, types=GATED).status == "success"
        assert all(night.picks(name) and night.envelope(name) == OPEN for name in GATED)
        assert night.verified() == []

    def test_today_s_pointer_moves_to_the_pause_and_the_latest_picks_stay(self, night: Night) -> None:
        night.publish(minute=1, back=1)
        night.publish(night.without_forecasts(), minute=2, types=GATED)
        today, latest = night.store.read("predictions/today.json"), night.store.read("best-bets/latest.json")
        assert today is not None
        assert latest is not None
        assert orjson.loads(today[0]) == night.shown("predictions")
        assert orjson.loads(latest[0])["game_date"] == str(night.league.today - timedelta(days=1))

    def test_a_date_that_was_played_is_left_alone(self, night: Night) -> None:
        rows = night.rows(SCHEDULE)
        tonight = pc.equal(rows["game_date"], pa.scalar(night.league.today))
        at = rows.schema.get_field_index("game_status")
        final = rows.set_column(at, "game_status", pc.if_else(tonight, 3, rows["game_status"]))
        forecasts = night.rows(PREDICTIONS)
        left = forecasts.filter(pc.not_equal(forecasts["game_date"], pa.scalar(night.league.today)))
        night.publish(night.league.changed({SCHEDULE: final, PREDICTIONS: left}), minute=1, types=GATED)
        assert [night.content(name) for name in GATED] == [None, None]


class TestARowHalts:
    def test_a_halted_night_shows_no_picks_and_is_a_success(self, night: Night) -> None:
        found = night.publish(night.halted(), minute=1)
        assert (found.status, found.exit_code) == ("success", 0)
        assert night.envelopes() == dict.fromkeys(TYPES, (True, "manual", str(night.league.today)))
        assert [night.picks(name) for name in TYPES] == [[], [], []]
        assert night.shown("subset-picks")["model_groups"], "subsets are listed without picks"
        assert night.verified() == []

    def test_picks_that_were_shown_stay_and_the_envelope_says_that_none_is_added(self, night: Night) -> None:
        rows = night.rows(PREDICTIONS)
        tonight = pc.equal(rows["game_date"], pa.scalar(night.league.today))
        late = pc.and_(tonight, pc.is_in(rows["player_lookup"], pa.array(self.some(night))))
        night.publish(night.league.changed({PREDICTIONS: rows.filter(pc.invert(late))}), minute=1)
        before = {name: night.picks(name) for name in TYPES}
        assert all(before.values())
        # The halt comes together with the forecasts of other players.
        assert night.publish(night.halted(), minute=2).status == "success"
        assert {name: night.picks(name) for name in TYPES} == before
        assert night.envelopes() == dict.fromkeys(TYPES, (True, "manual", str(night.league.today)))
        assert night.verified() == []
        again = {name: night.content(name) for name in TYPES}
        assert night.publish(night.halted(), minute=3).status == "success"
        assert {name: night.content(name) for name in TYPES} == again

    @staticmethod
    def some(night: Night) -> list[str]:
        players = sorted(set(night.rows(PREDICTIONS)["player_lookup"].to_pylist()))
        return players[::3]

    def test_picks_that_stay_get_their_outcomes(self, night: Night) -> None:
        night.publish(minute=1)
        before = {name: night.picks(name) for name in TYPES}
        games = night.rows(GAMES)
        forecasts = [pick["player_lookup"] for pick in night.shown("best-bets")["picks"]]
        who = forecasts[0]
        row = next(one for one in games.to_pylist() if one["player_lookup"] == who and one["points"])
        mine = {**row, "game_date": night.league.today, "points": 33, "is_dnp": False, "is_active": True}
        mine["game_id"] = next(pick["game_id"] for pick in night.shown("best-bets")["picks"])
        schedule = night.rows(SCHEDULE)
        tonight = pc.equal(schedule["game_date"], pa.scalar(night.league.today))
        at = schedule.schema.get_field_index("game_status")
        final = schedule.set_column(at, "game_status", pc.if_else(tonight, 3, schedule["game_status"]))
        more = {GAMES: pa.concat_tables([games, pa.Table.from_pylist([mine], games.schema)]), SCHEDULE: final}
        night.publish(night.halted(more=more), minute=2)
        assert {name: night.picks(name) for name in TYPES} == before
        bet = next(pick for pick in night.shown("best-bets")["picks"] if pick["player_lookup"] == who)
        assert (bet["actual"], bet["result"] in ("WIN", "LOSS")) == (33, True)

    def test_picks_come_back_when_the_halt_is_over(self, night: Night) -> None:
        night.publish(night.halted(), minute=1)
        night.publish(minute=2)
        assert night.envelopes() == dict.fromkeys(TYPES, OPEN)
        assert all(night.picks(name) for name in TYPES)


def lie(name: str, **values: Any) -> Callable[[Night], None]:
    """Return what changes a document of the night as a faulty program would."""

    def change(night: Night) -> None:
        path = night.path(name)
        found = night.store.read(path)
        assert found is not None
        content = encode({**orjson.loads(found[0]), **values})
        night.store.write(path, content, cache_control=found[1].cache_control, metadata=found[1].metadata)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lie("predictions", halt_active=True), "says that picks are paused, and not why"),
        (lie("best-bets", halt_reason="manual"), "says that picks are not paused, and that they are for manual"),
        (lie("best-bets", halt_since="2026-01-01"), "since 2026-01-01"),
        (lie("subset-picks", halt_active=True, halt_reason="manual", halt_since="2099-01-01"), "paused since 2099"),
        (lie("subset-picks", halt_active=True, halt_reason="manual"), "says halt of the date is"),
        (lie("predictions", halt_active=True, halt_reason="off_season"), "paused for off_season, and the date has"),
    ],
)
def test_verification_finds_an_envelope_that_lies(night: Night, change: Callable[[Night], None], said: str) -> None:
    night.publish(minute=1)
    change(night)
    assert any(said in line for line in night.verified()), night.verified()


def test_verification_finds_a_withheld_type_that_says_it_is_not_paused(night: Night) -> None:
    night.publish(night.without_forecasts(), minute=1, types=GATED)
    lie("best-bets", halt_active=False, halt_reason=None, halt_since=None)(night)
    said = [line for line in night.verified() if "says that picks are not paused, and its run withholds them" in line]
    assert len(said) == 1
