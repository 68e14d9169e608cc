"""What is read of documents as they are published: of every type that has picks, the same as its text shows."""

from __future__ import annotations

from typing import Any

from pipeline.comparison.statements import statements_of


def forecast(player: str, **other: Any) -> dict[str, Any]:
    said = {"points": 20.5, "line": 18.5, "edge": 2.0, "confidence": 80, "recommendation": "OVER", **other}
    return {"player_lookup": player, "team": "DAL", "prediction": said}


def predictions(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"games": [{"game_id": "1", "predictions": list(entries)}]}


def test_picks_are_recommendations_with_a_side() -> None:
    said = statements_of(
        "predictions", predictions(forecast("a"), forecast("b", recommendation="PASS"), forecast("c", line=None))
    )
    assert said.picks == {"a": ["OVER"], "c": ["OVER"]}
    assert said.lines == {"a": [18.5], "b": [18.5]}
    assert said.predictions == {"a": [20.5], "b": [20.5], "c": [20.5]}
    assert (said.size("players"), said.size("picks"), said.size("lines")) == (3, 2, 2)


def test_a_pick_that_is_there_twice_counts_twice() -> None:
    assert statements_of("predictions", predictions(forecast("a"), forecast("a"))).size("picks") == 2


def test_picks_of_subsets_are_apart() -> None:
    pick = {"player_lookup": "a", "direction": "UNDER", "line": 10.5, "prediction": 8.0}
    subsets = [{"id": name, "picks": [pick]} for name in ("1", "2")]
    said = statements_of("subset-picks", {"model_groups": [{"model_id": "phoenix", "subsets": subsets}]})
    assert said.picks == {"a (phoenix, subset 1)": ["UNDER"], "a (phoenix, subset 2)": ["UNDER"]}
    assert said.players == {"a"}


def test_picks_of_a_season_are_apart_by_date() -> None:
    pick = {"player_lookup": "a", "direction": "UNDER", "line": 10.5, "prediction": 8.0, "subsets": ["1"]}
    dates = [{"date": day, "picks": [pick]} for day in ("2026-02-10", "2026-02-11")]
    said = statements_of("season-subsets", {"model_groups": [{"model_id": "phoenix", "dates": dates}]})
    assert list(said.picks) == ["a (phoenix, subset 1, 2026-02-10)", "a (phoenix, subset 1, 2026-02-11)"]


def test_a_card_without_a_line_is_a_player_without_a_pick() -> None:
    cards = [
        {"player_lookup": "a"},
        {"player_lookup": "b", "props": [{"line": 9.5}], "prediction": {"predicted": 11.0, "recommendation": "OVER"}},
    ]
    said = statements_of("tonight", {"games": [{"players": cards}]})
    assert said.players == {"a", "b"}
    assert said.picks == {"b": ["OVER"]}
    assert said.lines == {"b": [9.5]}


def test_a_document_that_lost_its_shape_says_what_it_still_says() -> None:
    said = statements_of("predictions", {"games": [{"game_id": "1", "predictions": [forecast("a"), {}]}]})
    assert said.picks == {"a": ["OVER"]}
    assert statements_of("tonight", {"games": 7}).picks == {}
    assert statements_of("results", {"results": [{"player_lookup": None}]}).players == frozenset()
