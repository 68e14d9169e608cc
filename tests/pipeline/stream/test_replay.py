"""Every message ends in exactly one way, wherever a worker is killed; ``make soak`` replays more of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.stream.replay import COMMITTED, LOOP, POINTS, REAL, Result, replay
from tests.support.warehouses import League

MESSAGES, KILLS = 300, 8


@pytest.mark.parametrize("mode", [LOOP, COMMITTED])
def test_every_message_ends_once_though_workers_are_killed_at_every_point(
    mode: str, league: League, tmp_path: Path
) -> None:
    found = replay(tmp_path, MESSAGES, KILLS, mode=mode, warehouse=str(league.root))
    assert (found.lost, found.doubled, found.unclear) == ([], [], [])
    assert sum(found.ends.values()) == MESSAGES
    other = {LOOP: "committed", COMMITTED: "acknowledged"}[mode]
    assert set(found.kills) == {*POINTS, "deadly"} - {other}, "a worker was killed at every point"
    assert found.kills["deadly"] == 2 * found.sent["deadly"] > 0
    assert {status for kind, status in found.ends if kind == "deadly"} == {"failed"}
    assert by_status(found, "malformed", "huge", "long") == {"rejected"}
    assert by_status(found, "upstream") == {"dropped"}
    assert by_status(found, "equal") == {"success", "duplicate"}
    assert found.repeated <= found.kills["event published"] + found.kills["published"] + found.kills["deadly"]
    assert found.exported >= MESSAGES // REAL // 4, "some requests are really exported"


def by_status(found: Result, *kinds: str) -> set[str]:
    return {status for kind, status in found.ends if kind in kinds}


def test_the_replay_finds_out_that_a_ledger_forgets(tmp_path: Path) -> None:
    found = replay(tmp_path, 100, 7, mode=LOOP, ledger=False)
    assert found.doubled
    assert len(found.unclear) == 100
