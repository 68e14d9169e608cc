from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.requests.request import RequestDefaults
from pipeline.stream.messages import Asked, Grammar, Message, Rejected, read_message, request_key
from pipeline.stream.upstream import Dropped

PUBLISHED = datetime(2026, 2, 12, 18, 0, tzinfo=timezone.utc)
GRAMMAR = Grammar(
    known_types=("predictions", "tonight", "tonight-players"),
    groups={"tonight-all": ("tonight", "tonight-players", "predictions")},
    defaults=RequestDefaults("champion"),
    max_dates=3,
)


def message(payload: Any = None, *, published: datetime = PUBLISHED, message_id: str = "m-1", **values: Any) -> Message:
    if payload is None:
        payload = {"export_types": ["tonight"], "target_date": "today", **values}
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Message(data, {}, message_id, published)


def asked(*arguments: Any, **values: Any) -> Asked:
    found = read_message(message(*arguments, **values), GRAMMAR)
    assert isinstance(found, Asked), found
    return found


def rejected(*arguments: Any, **values: Any) -> Rejected:
    found = read_message(message(*arguments, **values), GRAMMAR)
    assert isinstance(found, Rejected), found
    return found


class TestRequests:
    def test_today_is_that_of_the_instant_of_publishing(self) -> None:
        assert asked(published=datetime(2026, 2, 12, 8, 59, tzinfo=timezone.utc)).request["target_date"] == "2026-02-11"
        assert asked(published=datetime(2026, 2, 12, 9, 0, tzinfo=timezone.utc)).request["target_date"] == "2026-02-12"

    def test_a_redelivered_message_makes_an_equal_request(self) -> None:
        assert asked() == asked()
        assert asked().request["generated_at"] == "2026-02-12T18:00:00Z"
        assert asked().published == PUBLISHED.isoformat()

    def test_it_travels_as_bytes(self) -> None:
        found = asked(correlation_id="corr-1", trigger_source="test")
        assert Asked.decoded(found.encoded()) == found
        assert (found.correlation_id, found.trigger_source) == ("corr-1", "test")


class TestKeys:
    def test_the_key_is_independent_of_sender_and_time(self) -> None:
        later = asked(
            published=PUBLISHED + timedelta(minutes=1), message_id="m-2", correlation_id="x", trigger_source="y"
        )
        assert later.key == asked().key
        assert asked(target_date="2026-02-12").key == asked().key

    @pytest.mark.parametrize(
        "values",
        [
            {"export_types": ["tonight", "predictions"]},
            {"target_date": "yesterday"},
            {"update_latest": "never"},
            {"champion_system_id": "other"},
            {"rewrite": True},
            {"generated_at": "2026-02-12T18:00:00Z"},
        ],
    )
    def test_the_key_depends_on_what_is_requested(self, values: dict[str, Any]) -> None:
        assert asked(**values).key != asked().key

    def test_two_that_name_the_same_instant_are_equal(self) -> None:
        named = {"generated_at": "2026-02-12T17:00:00Z"}
        assert asked(**named).key == asked(**named, published=PUBLISHED + timedelta(minutes=5)).key

    def test_a_group_has_the_key_of_its_members(self) -> None:
        members = ["predictions", "tonight-players", "tonight"]
        assert asked(export_types=["tonight-all"]).key == asked(export_types=members).key

    def test_the_key_of_a_request_does_not_depend_on_the_order_of_its_keys(self) -> None:
        request = dict(asked().request)
        assert request_key(dict(reversed(request.items()))) == request_key(request)


class TestUpstream:
    def test_its_event_requests_the_night_and_rows(self) -> None:
        event = {
            "phase": "phase_5_predictions",
            "game_date": "2026-02-12",
            "status": "success",
            "correlation_id": "c-9",
        }
        found = asked(event)
        assert found.request["export_types"] == list(GRAMMAR.known_types)
        assert found.request["target_date"] == "2026-02-12"
        assert (found.correlation_id, found.trigger_source) == ("c-9", "predictions-complete")
        assert found.min_prediction_rows == GRAMMAR.upstream.min_prediction_rows
        assert asked().min_prediction_rows == 0

    def test_what_leads_to_nothing_is_dropped(self) -> None:
        found = read_message(message({"phase": "p", "game_date": "2026-02-12", "status": "failed"}), GRAMMAR)
        assert isinstance(found, Dropped)

    def test_a_date_that_is_none_is_rejected(self) -> None:
        found = rejected({"phase": "p", "game_date": "12.02.2026", "status": "success"})
        assert "target_date" in found.reason
        assert "12.02.2026" in found.reason


class TestRejected:
    @pytest.mark.parametrize(
        ("payload", "says", "key"),
        [
            (b"", "is not JSON", ""),
            (b"not json", "is not JSON", ""),
            (b"\xff\xfe", "is not UTF-8", ""),
            (b"[]", "is not a JSON object", ""),
            (b"{}", "export_types", ""),
            (b" " * 300_000, "has 300000 bytes", ""),
            ({"export_type": "tonight", "date": "today"}, "did you mean export_types?", "export_types"),
            ({"export_types": ["tonight"], "game_date": "2026-02-12"}, "did you mean target_date?", "target_date"),
            ({"export_types": ["tonihgt"], "target_date": "today"}, "did you mean tonight?", ""),
            ({"export_types": [], "target_date": "today"}, "is not a list with a name in it", ""),
        ],
    )
    def test_the_reason_names_what_is_wrong_and_the_nearest_key(self, payload: Any, says: str, key: str) -> None:
        found = rejected(payload)
        assert says in found.reason
        assert found.nearest_key == key

    def test_a_rejection_names_the_sender_as_far_as_it_can_be_read(self) -> None:
        found = rejected({"export_type": "x", "correlation_id": "corr-1", "trigger_source": "test"})
        assert (found.correlation_id, found.trigger_source) == ("corr-1", "test")
        assert rejected({"correlation_id": ["x"], "trigger_source": "a\nb"}).correlation_id == ""
        assert rejected({"trigger_source": "a\nb"}).trigger_source == ""

    def test_too_many_dates(self) -> None:
        span = {"export_types": ["tonight"], "start_date": "2026-02-01", "end_date": "2026-02-04"}
        found = rejected({**span, "correlation_id": "corr-1"})
        assert found.reason.startswith(
            'end_date: "2026-02-04" spans 4 dates, and at most 3 are answered here; split it'
        )
        assert found.correlation_id == "corr-1"
        assert asked({**span, "start_date": "2026-02-02"}).request["end_date"] == "2026-02-04"

    def test_where_long_requests_are_launched_they_are_no_mistake(self) -> None:
        grammar = Grammar(GRAMMAR.known_types, GRAMMAR.groups, GRAMMAR.defaults)
        span = {"export_types": ["tonight"], "start_date": "2026-01-01", "end_date": "2026-02-04"}
        assert isinstance(read_message(message(span), grammar), Asked)

    def test_whatever_cannot_be_read_is_rejected_and_never_raises(self) -> None:
        grammar = Grammar(GRAMMAR.known_types, GRAMMAR.groups, defaults=None)  # type: ignore[arg-type]
        found = read_message(message(), grammar)
        assert isinstance(found, Rejected)
        assert "cannot be read: AttributeError" in found.reason


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(["export_types", "target_date", "players", "game_date", "status", "metadata", "phase", "date"])


@given(st.binary(max_size=60) | st.dictionaries(keys | st.text(max_size=8), json_values, max_size=6))
def test_every_message_is_one_of_three_things(payload: Any) -> None:
    assert isinstance(read_message(message(payload), GRAMMAR), (Asked, Dropped, Rejected))
