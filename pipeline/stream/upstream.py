"""Upstream's events: the predictions of a date are complete (contract: operations §2.1).

They are taken as they are published. Two publishers spell the share of finished players differently, and one of them
leaves it at zero after a repeated batch that succeeded.
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
"""Keys of which an event has at least one, and a request none."""
_REQUEST_KEYS = ("export_types", "target_date", "start_date", "end_date", "players")
_STATUSES = ("success", "partial")
_PERCENT_KEYS = ("completion_pct", "completion_percentage")
_MOST = 10**9
"""No count or share is larger."""


@dataclass(frozen=True)
class UpstreamRules:
    """When an event leads to an export.

    Attributes:
        min_completion_percent: Share of the players whose predictions are there, inclusive.
        min_prediction_rows: Rows of predictions that the date must have in the warehouse.
    """

    min_completion_percent: int = 80
    min_prediction_rows: int = 10


@dataclass(frozen=True)
class Dropped:
    """An event that is understood and leads to nothing.

    Attributes:
        reason: A word to count it by.
        detail: The reason in a line.
        correlation_id: As the event gives it; empty where it is not fit to be told.
    """

    reason: str
    detail: str
    correlation_id: str = ""


def is_upstream_event(payload: Mapping[str, object]) -> bool:
    """Whether a message is an event of upstream, and not a request."""
    return any(key in payload for key in _ENVELOPE) and not any(key in payload for key in _REQUEST_KEYS)


def request_of(payload: Mapping[str, object], rules: UpstreamRules) -> dict[str, object] | Dropped:
    """Return the request, as JSON values, that an event stands for; or why it stands for none.

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
    return {**request, "correlation_id": name} if name else request


def _percent(payload: Mapping[str, object], details: Mapping[str, object]) -> float:
    """Return the share of the players that are complete, in percent; all of them where nothing is said.

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
    # JSON knows no NaN and no infinity, but Python's reader does; a whole number may be too large for a float.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _MOST:
        raise RequestError([Problem(f"metadata.{key}", show(value), "is not a number", "send a number")])
    return float(value)
