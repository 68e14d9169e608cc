from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

import pytest

from exporters.league.players.defense import Defenses, newest_analyses
from tests.support.rows import TONIGHT, Row, defense_row, defense_rows

EVE = TONIGHT - timedelta(days=1)


def ranks(*rows: Row, day: date = TONIGHT) -> dict[str, tuple[int, str]]:
    return {team: (rank.rank, rank.tier) for team, rank in Defenses(rows).ranks(day).items()}


def test_the_fewest_points_allowed_rank_first_and_equals_share_a_rank() -> None:
    found = ranks(*defense_rows({"A": 100, "B": 101, "C": 101, "D": 102}))
    assert [found[team][0] for team in "ABCD"] == [1, 2, 2, 4]
    assert len(found) == 30


@pytest.mark.parametrize(
    ("rank", "tier"),
    [
        (1, "elite"),
        (5, "elite"),
        (6, "good"),
        (10, "good"),
        (11, "average"),
        (20, "average"),
        (21, "weak"),
        (30, "weak"),
    ],
)
def test_tiers(rank: int, tier: str) -> None:
    found = ranks(*defense_rows({f"T{n:02d}": 100 + n for n in range(1, 31)}))
    assert found[f"T{rank:02d}"] == (rank, tier)


def test_the_points_allowed_are_published() -> None:
    assert str(Defenses(defense_rows({"BOS": 104.2})).ranks(TONIGHT)["BOS"].points_allowed) == "104.2"


def test_b2_d10_a_ranking_needs_twenty_five_teams() -> None:
    assert ranks(*defense_rows({}, teams=24)) == {}
    assert len(ranks(*defense_rows({}, teams=25))) == 25


def test_b2_d10_rows_without_a_value_or_of_the_early_season_take_no_part() -> None:
    rows = defense_rows({"A": 100, "B": None}, teams=26)
    early = [row._replace(early_season_flag=True) for row in rows if row.team_abbr == "A"]
    others = [row for row in rows if row.team_abbr != "A"]
    assert "B" not in ranks(*rows)
    assert ranks(*others, *early) == {}
    assert ranks(*others, *early, *defense_rows({"C": 1}, teams=1))["C"] == (1, "elite")
    assert "A" not in ranks(*others, *early, *defense_rows({"C": 1}, teams=1))
    assert "A" in ranks(*others, *(row._replace(early_season_flag=None) for row in early))


def test_b2_d10_rows_older_than_thirty_days_take_no_part() -> None:
    edge, stale = TONIGHT - timedelta(days=30), TONIGHT - timedelta(days=31)
    assert len(ranks(*defense_rows({}, analysis_date=edge))) == 30
    assert ranks(*defense_rows({}, analysis_date=stale)) == {}
    assert ranks(*defense_rows({}, analysis_date=TONIGHT + timedelta(days=1))) == {}


def test_b2_d11_a_row_of_the_date_itself_is_not_known_before_its_games() -> None:
    old = defense_rows({"BOS": 100})
    new = defense_row(team_abbr="BOS", opponent_points_per_game=199, analysis_date=TONIGHT)
    for order in ([*old, new], [new, *old]):
        assert ranks(*order)["BOS"][0] == 1
        assert ranks(*order, day=TONIGHT + timedelta(days=1))["BOS"][0] == 30
    assert ranks(*defense_rows({}, analysis_date=TONIGHT)) == {}


def test_b2_d10_one_row_per_team_and_date_the_newest() -> None:
    rest = defense_rows({}, teams=29)
    twice = [
        defense_row(analysis_date=EVE, opponent_points_per_game=100, processed_at="2025-01-15T08:00:00Z"),
        defense_row(analysis_date=EVE, opponent_points_per_game=999, processed_at="2025-01-15T09:00:00Z"),
    ]
    for order in permutations(twice):
        assert ranks(*rest, *order)["BOS"] == (30, "weak")


def test_an_unranked_team_has_no_rank() -> None:
    assert "SEA" not in ranks(*defense_rows({}))
    assert ranks() == {}


def test_the_newest_analysis_allows_the_points_by_which_a_team_is_ranked() -> None:
    rows = [
        *defense_rows({"BOS": 104, "LAL": 118, "DEN": 110}),
        defense_row(team_abbr="BOS", analysis_date=TONIGHT, opponent_points_per_game=90),
        defense_row(team_abbr="BOS", analysis_date=EVE, opponent_points_per_game=95, processed_at=0),
        defense_row(team_abbr="LAL", analysis_date=EVE - timedelta(days=1), opponent_points_per_game=96),
    ]
    ranked, newest = Defenses(rows).ranks(TONIGHT), newest_analyses(rows, TONIGHT)
    assert {team: rank.points_allowed for team, rank in ranked.items()} == {
        team: row.opponent_points_per_game for team, row in newest.items()
    }
    assert str(newest["BOS"].opponent_points_per_game) == "104.0"
