from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest

from demo.box_scores import Appearances, play
from demo.forecasts import CHAMPION, Forecasts, forecast
from demo.league import League, found_league
from demo.markets import draw_lines
from demo.options import DemoOptions
from demo.tables.frames import Frame
from demo.tables.subsets import DEFINITIONS, Definition, FrozenPicks, frozen_picks, signals_frame, version_id


class Night:
    """The clean season of a small league, and its picks selected again, row by row."""

    def __init__(self) -> None:
        self.league: League = found_league(DemoOptions(seasons=1, players=150))
        self.box: Appearances = play(self.league)
        self.forecasts: Forecasts = forecast(self.league, self.box, draw_lines(self.league, self.box))
        self.signals: Frame = signals_frame(self.league, self.box, self.forecasts)
        self.frozen: FrozenPicks = frozen_picks(self.league, self.box, self.forecasts, self.signals)

    def candidates(self, day: np.datetime64, system: str) -> list[tuple[float, float, str, str]]:
        f = self.forecasts
        rows = [
            n
            for n in np.flatnonzero((self.box.date[f.row] == day) & (f.system == system))
            if f.lined[n] and f.recommendation[n] in ("OVER", "UNDER")
        ]
        votes: dict[str | None, int] = defaultdict(int)
        for n in rows:
            votes[f.version[n]] += 1
        most = max(votes.values(), default=0)
        found = []
        for n in rows:
            if votes[f.version[n]] == most and f.quality[n] >= 85 and f.alert[n] == "green":
                edge = round(abs(f.predicted[n] - f.line[n]), 1)
                lookup = self.league.players.lookup[self.box.player[f.row[n]]]
                found.append((-(10 * edge + 0.5 * f.confidence[n]), -edge, lookup, f.recommendation[n]))
        return sorted(found)

    def expected(self, day: np.datetime64, definition: Definition) -> list[str]:
        s = self.signals
        rows = np.flatnonzero((s["game_date"] == day) & (s["system_id"] == CHAMPION))
        word = s["daily_signal"][rows[0]] if len(rows) else None
        if definition.condition == "GREEN_OR_YELLOW" and word not in (None, "GREEN", "YELLOW"):
            return []
        passing = [
            lookup
            for _, edge, lookup, side in self.candidates(day, definition.system)
            if -edge >= definition.min_edge and definition.direction in ("ANY", side)
        ]
        return passing[: definition.top_n]


@pytest.fixture(scope="module")
def night() -> Iterator[Night]:
    return Night()


def locked(night: Night) -> np.ndarray:
    """Return which picks are of the last version before the first tip-off of their date."""
    picks, versions, games = night.frozen.picks, night.frozen.versions, night.league.games
    last = set()
    for day in np.unique(versions["game_date"]):
        tip = games.tipoff[games.date == day].min()
        before = np.flatnonzero((versions["game_date"] == day) & (versions["computed_at"] < tip))
        last.add(versions["version_id"][before[np.argmax(versions["computed_at"][before])]])
    return np.array([text in last for text in picks["version_id"].tolist()])


def test_the_locked_picks_are_those_of_the_documented_rules(night: Night) -> None:
    picks = night.frozen.picks
    mine = locked(night)
    days = np.unique(picks["game_date"][mine])
    checked = 0
    for day in days[::9]:
        for definition in DEFINITIONS:
            rows = np.flatnonzero(mine & (picks["game_date"] == day) & (picks["subset_id"] == definition.subset_id))
            chosen = [picks["player_lookup"][row] for row in rows[np.argsort(picks["rank_in_subset"][rows])]]
            assert chosen == night.expected(day, definition), (day, definition.subset_id)
            checked += len(chosen)
    assert checked > 50


def test_signals_follow_the_documented_thresholds(night: Night) -> None:
    s, games = night.signals, night.league.games
    for n in range(len(s)):
        slate = (games.date == s["game_date"][n]).sum()
        share, high = s["pct_over"][n], s["high_edge_picks"][n]
        if slate <= 4 or share < 25:
            word = "RED"
        elif high < 3 or share > 45:
            word = "YELLOW"
        else:
            word = "GREEN"
        assert s["daily_signal"][n] == word


def test_a_version_is_named_by_its_instant() -> None:
    assert version_id(1_770_736_271_000_000) == "v_20260210_151111"
