from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.league.subsets.members import Candidate, Definition, Market, definitions, membership, total_available
from exporters.league.subsets.picks import one_per_player
from tests.support.disorder import disordered
from tests.support.rows import CHAMPION
from tests.support.subset_rows import FORECASTS, definition
from tests.support.subset_rows import definitions as thirteen
from tests.support.worlds import PROPERTY

FEW = settings(PROPERTY, max_examples=50)


def candidate(player: str, edge: float = 5.0, confidence: float = 92.0, **values: Any) -> Candidate:
    made: Candidate = {
        "player_lookup": player,
        "player_name": player,
        "system_id": CHAMPION,
        "team": "LAL",
        "opponent": "BOS",
        "prediction_id": f"prediction-{player}",
        "predicted_points": 20.0,
        "current_points_line": 15.0,
        "recommendation": "OVER",
        "edge": edge,
        "composite_score": 10 * edge + confidence / 2,
        "prediction_created_at": None,
        "actual": None,
        "result": None,
        "game_id": "20260210_BOS_LAL",
        "confidence_score": confidence,
        "feature_quality_score": 90.0,
        "default_feature_count": 0,
        "line_source": "ACTUAL_PROP",
        "prediction_run_mode": "OVERNIGHT",
        "prediction_made_before_game": True,
        "quality_alert_level": "green",
    }
    return {**made, **values}


FIVE = [
    candidate(forecast.player, round(abs(forecast.points - forecast.line), 1), recommendation=forecast.side)
    for forecast in FORECASTS
]


def chosen(rule: Definition, candidates: list[Candidate], market: Market | None = None) -> str:
    """Return the members of one subset, best first, as one text."""
    members = membership([rule], candidates, market or Market(), alert_level="green")[rule]
    return "".join(member["player_lookup"] for member in members)


def rule(**values: Any) -> Definition:
    return Definition("one", CHAMPION, **values)


class TestMembership:
    def test_of_the_fixture(self) -> None:
        """V1."""
        found = membership(definitions(thirteen()), FIVE, Market("GREEN", 36.0), alert_level="green")
        assert {
            one.subset_id: "".join(pick["player_lookup"] for pick in members) for one, members in found.items()
        } == {
            "top_pick": "a",
            "top_3": "abd",
            "top_5": "abcd",
            "high_edge_over": "abd",
            "high_edge_all": "abcd",
            "ultra_high_edge": "ab",
            "green_light": "abcd",
            "all_picks": "abcde",
            **dict.fromkeys(("q43_under_top3", "q43_under_all", "q43_all_picks"), ""),
            **dict.fromkeys(("q45_under_top3", "q45_all_picks"), ""),
        }

    @pytest.mark.parametrize(
        ("min_edge", "players"), [(None, "abcde"), (6.5, "abc"), (6.6, "ab"), (7.7, "a"), (8.0, "")]
    )
    def test_the_edge_is_inclusive(self, min_edge: float | None, players: str) -> None:
        assert chosen(rule(min_edge=min_edge), FIVE) == players

    def test_the_confidence_is_inclusive(self) -> None:
        """V18, M-5."""
        both = [candidate("a", confidence=92.0), candidate("b", confidence=91.99)]
        assert chosen(rule(min_confidence=92.0), both) == "a"

    @pytest.mark.parametrize(
        ("direction", "players"), [(None, "abcde"), ("OVER", "abde"), ("UNDER", "c"), ("BOTH", "")]
    )
    def test_directions(self, direction: str | None, players: str) -> None:
        assert chosen(rule(direction=direction), FIVE) == players

    @pytest.mark.parametrize(
        ("condition", "passing"),
        [
            (None, {"GREEN", "YELLOW", "RED", None}),
            ("GREEN", {"GREEN", None}),
            ("YELLOW", {"YELLOW", None}),
            ("RED", {"RED", None}),
            ("GREEN_OR_YELLOW", {"GREEN", "YELLOW", None}),
            ("ODD", {None}),
        ],
    )
    def test_signal_conditions(self, condition: str | None, passing: set[str | None]) -> None:
        """V12, V13: without a signal every condition is skipped."""
        for word in ("GREEN", "YELLOW", "RED", None):
            found = chosen(rule(signal_condition=condition), FIVE, Market(word))
            assert found == ("abcde" if word in passing else "")

    @pytest.mark.parametrize(
        ("low", "high", "share", "passes"),
        [
            (None, None, 36.0, True),
            (36.0, None, 36.0, True),
            (36.1, None, 36.0, False),
            (None, 36.0, 36.0, True),
            (None, 35.9, 36.0, False),
            (20.0, 60.0, None, True),
        ],
    )
    def test_shares_of_overs(self, low: float | None, high: float | None, share: float | None, passes: bool) -> None:
        found = chosen(rule(pct_over_min=low, pct_over_max=high), FIVE, Market(None, share))
        assert found == ("abcde" if passes else "")

    def test_quality_is_required_before_the_cut(self) -> None:
        """G-2."""
        alarmed = [{**FIVE[0], "quality_alert_level": "red"}, {**FIVE[1], "quality_alert_level": None}, *FIVE[2:]]
        assert chosen(rule(needs_quality=True, top_n=2), alarmed) == "cd"
        assert chosen(rule(top_n=2), alarmed) == "ab"

    def test_models_do_not_mix(self) -> None:
        other = candidate("z", 9.0, system_id="another")
        assert chosen(rule(), [*FIVE, other]) == "abcde"
        assert chosen(Definition("one", "another"), [*FIVE, other]) == "z"

    def test_a_total_order(self) -> None:
        """G-10: composite, edge, player, forecast."""
        tied = [
            candidate("d", 5.0, 92.0),
            candidate("c", 5.0, 92.0),
            candidate("b", 5.1, 90.0),
            candidate("a", 5.1, 92.0),
        ]
        assert chosen(rule(), tied) == "abcd"
        twins = [
            candidate("a", prediction_id="2"),
            candidate("a", prediction_id="1"),
            candidate("a", prediction_id=None),
        ]
        assert [pick["prediction_id"] for pick in one_per_player(twins)] == [None]

    def test_confidence_breaks_ties_of_edges(self) -> None:
        """G-9: percent."""
        assert candidate("a", 7.2, 87.0)["composite_score"] == 115.5
        assert chosen(rule(top_n=1), [candidate("a", 5.0, 80.0), candidate("b", 5.0, 95.0)]) == "b"

    def test_every_definition_is_in_the_result(self) -> None:
        """P-1."""
        found = membership(definitions(thirteen()), [], Market(), alert_level="green")
        assert len(found) == 13
        assert set(map(len, found.values())) == {0}

    @FEW
    @given(data=st.data())
    def test_order_and_duplicates_change_nothing(self, data: st.DataObject) -> None:
        rng = random.Random(data.draw(st.integers(0, 10_000)))
        candidates = [
            candidate(
                rng.choice("abcdefgh"),
                rng.choice((3.0, 5.0, 5.5, 7.0)),
                rng.choice((60.0, 61.0)),
                prediction_id=rng.choice(("1", "2", None)),
                recommendation=rng.choice(("OVER", "UNDER")),
                quality_alert_level=rng.choice(("green", "red", None)),
            )
            for _ in range(rng.randrange(20))
        ]
        one = rule(
            min_edge=rng.choice((None, 5.0)),
            direction=rng.choice((None, "OVER")),
            top_n=rng.choice((None, 3)),
            needs_quality=rng.random() < 0.5,
        )
        found = chosen(one, candidates)
        assert len(set(found)) == len(found)
        assert one.top_n is None or len(found) <= one.top_n
        twice = [*candidates, *candidates]
        rng.shuffle(twice)
        shown = [
            (pick["player_lookup"], pick["edge"])
            for pick in membership([one], candidates, Market(), alert_level="green")[one]
        ]
        again = [
            (pick["player_lookup"], pick["edge"])
            for pick in membership([one], twice, Market(), alert_level="green")[one]
        ]
        assert {player for player, _ in again} <= {pick["player_lookup"] for pick in candidates}
        assert [edge for _, edge in again] == [edge for _, edge in shown]


class TestDefinitions:
    def test_are_the_active_ones_by_model_and_id(self) -> None:
        found = definitions(disordered(thirteen(), 7))
        assert len(found) == 13
        assert list(found) == sorted(found, key=lambda one: (one.system_id, one.subset_id))

    def test_inactive_ones_and_those_without_model_define_nothing(self) -> None:
        """M-9."""
        rows = [
            definition("a", 3, is_active=False),
            definition("b", 3, is_active=None),
            definition("c", 3, system_id=None),
            definition("d", 3, system_id=""),
        ]
        assert definitions(rows) == ()

    @pytest.mark.parametrize("column", ["min_edge", "min_confidence", "top_n"])
    def test_zero_does_not_filter(self, column: str) -> None:
        """§0.6."""
        (zero,), (null,) = (definitions([definition("a", **{"min_edge": 3, column: value})]) for value in (0, None))
        assert zero == null

    @pytest.mark.parametrize("column", ["direction", "signal_condition"])
    def test_any_does_not_filter(self, column: str) -> None:
        (anything,), (null,) = (definitions([definition("a", 3, **{column: value})]) for value in ("ANY", None))
        assert anything == null

    @pytest.mark.parametrize(
        ("stored", "percent"), [(0.92, 92.0), (0.57, 57.0), (92.0, 92.0), (1.0, 100.0), (None, None)]
    )
    def test_confidence_is_in_percent(self, stored: float | None, percent: float | None) -> None:
        """G-9."""
        (found,) = definitions([definition("a", 3, min_confidence=stored)])
        assert found.min_confidence == percent

    def test_a_limit_below_zero_is_none(self) -> None:
        (found,) = definitions([definition("a", 3, top_n=-1)])
        assert found.top_n is None

    def test_an_id_counts_once_whatever_the_order(self) -> None:
        """F-5."""
        rows = [definition("a", 3), definition("a", 5), definition("a", 4, system_id="another"), definition("b", 3)]
        first = definitions(rows)
        assert [one.subset_id for one in first] == ["a", "b"]
        for seed in range(10):
            assert definitions(disordered(rows, seed)) == first

    @pytest.mark.parametrize(
        ("values", "broad"),
        [
            ({}, True),
            ({"min_edge": 5.0, "min_confidence": 90.0, "needs_quality": True}, True),
            ({"direction": "OVER"}, False),
            ({"signal_condition": "RED"}, False),
            ({"top_n": 3}, False),
        ],
    )
    def test_broad_ones_take_what_passes(self, values: dict[str, Any], broad: bool) -> None:
        """S-2."""
        assert rule(**values).is_broad is broad


def test_what_each_model_offers() -> None:
    assert total_available([*FIVE, candidate("z", system_id="another")]) == {CHAMPION: 5, "another": 1}
