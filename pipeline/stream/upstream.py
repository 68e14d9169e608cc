"""Upstream's events: the predictions of a date are complete (contract: operations §2.1).

They are read as published. Two publishers spell the share of finished players differently, and one of them leaves it at
zero after a repeated batch that succeeded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.requests.problems import Problem, show
from pipeline.requests.request import RequestError
from pipeline.requests.request_message import MAX_TEXT_LENGTH

EXPORT_TYPES = ("tonight-all",)
TRIGGER_SOURCE = "predictions-complete"

_ENVELOPE = ("processor_name", "phase", "execution_id", "output_table", "metadata")
"""Keys that only events have; each event has at least one."""
_REQUEST_KEYS = ("export_types", "target_date", "start_date", "end_date", "players")
_STATUSES = ("success", "partial")
_PERCENT_KEYS = ("completion_pct", "completion_percentage")
_MOST = 10**9
"""Upper limit of counts and shares."""


@dataclass(frozen=True)
class UpstreamRules:
    """The conditions under which an event leads to an export.

    Attributes:
        min_completion_percent: The least share of players with predictions.
        min_prediction_rows: The least rows of predictions of the date in the warehouse.
    """

    min_completion_percent: int = 80
    min_prediction_rows: int = 10


@dataclass(frozen=True)
class Dropped:
    """A valid event that leads to no export.

    Attributes:
        reason: The word under which it is counted.
        detail: The reason in a line.
        correlation_id: As the event gives it; empty where it is not printable.
    """

    reason: str
    detail: str
    correlation_id: str = ""


def is_upstream_event(payload: Mapping[str, object]) -> bool:
    """Whether a message is an event of upstream, and not a request."""
    return any(key in payload for key in _ENVELOPE) and not any(key in payload for key in _REQUEST_KEYS)


def request_of(payload: Mapping[str, object], rules: UpstreamRules) -> dict[str, object] | Dropped:
    """Return the request of an event, as JSON values; or the reason why it has none.

    Raises:
        RequestError: A value of the event has the wrong type.
    """
    metadata = payload.get("metadata")
    details: Mapping[str, object] = metadata if isinstance(metadata, Mapping) else {}
    correlation_id = payload.get("correlation_id")
    name = correlation_id if isinstance(correlation_id, str) and correlation_id.strip() else ""
    told = name[:MAX_TEXT_LENGTH] if name.isprintable() else ""
    if not payload.get("game_date"):
        return Dropped("no_game_date", "the event names no game_date", told)
    if payload.get("status") not in _STATUSES:
        return Dropped("status", f"status {show(payload.get('status'))} is not one of {', '.join(_STATUSES)}", told)
    percent = _percent(payload, details)
    if percent < rules.min_completion_percent:
        floor = rules.min_completion_percent
        return Dropped("completion", f"{percent:g} % of the players are complete, at least {floor} % are needed", told)
    request = {
        "export_types": list(EXPORT_TYPES),
        "target_date": payload["game_date"],
        "update_latest": "auto",
        "trigger_source": TRIGGER_SOURCE,
    }
    if "league" in payload:
        request["league"] = payload["league"]
    return {**request, "correlation_id": name} if name else request


def _percent(payload: Mapping[str, object], details: Mapping[str, object]) -> float:
    """Return the share of complete players, in percent; 100 where the event has none.

    A success with predictions is complete, whatever share it gives: a repeated batch reports that of the repetition.
    """
    done = _number("completed_predictions", details.get("completed_predictions", 0))
    if payload.get("status") == "success" and done > 0:
        return 100.0
    for key in _PERCENT_KEYS:
        for holder in (details, payload):
            if holder.get(key) is not None:
                return _number(key, holder[key])
    return 100.0


def _number(key: str, value: object) -> float:
    if value is None:
        return 0.0
    # JSON has no NaN and no infinity, but Python's reader accepts them; a whole number may be too large for a float.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _MOST:
        raise RequestError([Problem(f"metadata.{key}", show(value), "is not a number", "send a number")])
    return float(value)
