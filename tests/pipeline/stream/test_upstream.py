from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.requests.request import RequestError
from pipeline.stream.upstream import Dropped, UpstreamRules, is_upstream_event, request_of

RULES = UpstreamRules(min_completion_percent=80, min_prediction_rows=10)


def event(metadata: Any = None, **values: Any) -> dict[str, Any]:
    """An event as the coordinator publishes it."""
    return {
        "processor_name": "PredictionCoordinator",
        "phase": "phase_5_predictions",
        "execution_id": "batch_2026-02-12_1707741000",
        "correlation_id": "corr-7",
        "game_date": "2026-02-12",
        "output_table": "player_prop_predictions",
        "output_dataset": "nba_predictions",
        "status": "success",
        "record_count": 450,
        "metadata": {"batch_id": "b-1"} if metadata is None else metadata,
        **values,
    }


def read(metadata: Any = None, **values: Any) -> dict[str, object] | Dropped:
    return request_of(event(metadata, **values), RULES)


class TestWhatIsAnEvent:
    def test_an_upstream_event_is_recognised_by_its_envelope(self) -> None:
        assert is_upstream_event(event())
        assert is_upstream_event({"metadata": {}, "game_date": "2026-02-12"})

    @pytest.mark.parametrize(
        "payload",
        [
            {},
            {"game_date": "2026-02-12"},
            {"date": "2026-02-12", "export_type": "tonight"},
            {"export_types": ["tonight"], "target_date": "today", "metadata": {}},
            {"players": True, "phase": "x"},
        ],
    )
    def test_anything_else_is_to_be_read_as_a_request(self, payload: dict[str, Any]) -> None:
        assert not is_upstream_event(payload)


class TestWhatLeadsToAnExport:
    def test_it_is_the_request_for_the_whole_night(self) -> None:
        assert read() == {
            "export_types": ["tonight-all"],
            "target_date": "2026-02-12",
            "update_latest": "auto",
            "trigger_source": "predictions-complete",
            "correlation_id": "corr-7",
        }

    @pytest.mark.parametrize("correlation_id", [None, "", "  ", 7])
    def test_a_correlation_id_that_names_nothing_is_left_out(self, correlation_id: Any) -> None:
        found = read(correlation_id=correlation_id)
        assert isinstance(found, dict)
        assert "correlation_id" not in found

    @pytest.mark.parametrize(
        ("status", "metadata"),
        [
            ("success", {}),
            ("success", None),
            ("partial", {}),
            ("partial", {"completion_pct": 80.0}),
            ("partial", {"completion_pct": 80}),
            ("partial", {"completion_percentage": 92.5}),
            ("success", {"completion_percentage": 92.5}),
            # A repeated batch: nothing in the repetition, yet there are predictions.
            ("success", {"completion_pct": 0.0, "completed_predictions": 81}),
            ("success", {"completion_pct": None}),
        ],
    )
    def test_enough_is_complete(self, status: str, metadata: Any) -> None:
        assert isinstance(read(metadata, status=status), dict)

    def test_the_league_of_an_event_is_that_of_its_request(self) -> None:
        found = read(league="wnba")
        assert isinstance(found, dict)
        assert found["league"] == "wnba"
        default = read()
        assert isinstance(default, dict)
        assert "league" not in default

    def test_the_share_may_stand_beside_the_metadata(self) -> None:
        assert isinstance(read({}, status="partial", completion_percentage=20), Dropped)
        assert isinstance(read({}, status="partial", completion_pct=81), dict)


class TestWhatIsDropped:
    @pytest.mark.parametrize(
        ("values", "reason", "says"),
        [
            ({"game_date": None}, "no_game_date", "names no game_date"),
            ({"game_date": ""}, "no_game_date", "names no game_date"),
            ({"status": "failed"}, "status", '"failed"'),
            ({"status": None}, "status", "null"),
            ({"metadata": {"completion_pct": 79.99}, "status": "partial"}, "completion", "79.99 %"),
            ({"metadata": {"completion_pct": 0}}, "completion", "0 %"),
            ({"metadata": {"completion_percentage": 12}}, "completion", "12 %"),
            ({"metadata": {"completion_pct": 12, "completed_predictions": 9}, "status": "partial"}, "completion", "12"),
        ],
    )
    def test_it_is_counted_by_reason(self, values: dict[str, Any], reason: str, says: str) -> None:
        found = request_of({**event(), **values}, RULES)
        assert isinstance(found, Dropped)
        assert (found.reason, found.correlation_id) == (reason, "corr-7")
        assert says in found.detail

    @pytest.mark.parametrize(
        ("correlation_id", "told"), [("a\ud800", ""), ("a\nb", ""), ("x" * 100_000, "x" * 200), ("corr-7", "corr-7")]
    )
    def test_a_correlation_id_that_cannot_be_printed_is_left_out(self, correlation_id: str, told: str) -> None:
        found = read(correlation_id=correlation_id, status="failed")
        assert isinstance(found, Dropped)
        assert found.correlation_id == told

    def test_the_floor_is_an_option(self) -> None:
        assert isinstance(request_of(event({"completion_pct": 50}, status="partial"), UpstreamRules(50)), dict)


class TestWhatIsRejected:
    @pytest.mark.parametrize(
        "value", ["95", True, [1], {}, float("nan"), float("inf"), pytest.param(10**400, id="huge")]
    )
    @pytest.mark.parametrize("key", ["completion_pct", "completion_percentage", "completed_predictions"])
    def test_a_share_that_is_no_number(self, key: str, value: Any) -> None:
        with pytest.raises(RequestError, match=f"metadata.{key}: .* is not a number; send a number"):
            read({key: value})


texts = st.text(st.characters(), max_size=5)
"""With halves of surrogate pairs, which JSON can name."""
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*event(), "completion_pct", "completion_percentage"]), json_values))
def test_any_event_is_taken_dropped_or_rejected(payload: dict[str, Any]) -> None:
    try:
        found = request_of(payload, RULES)
    except RequestError:
        return
    assert isinstance(found, (dict, Dropped))
