"""Parses messages of the input subscriptions: requests, events of upstream that lead to one, and invalid ones."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

import orjson

from pipeline.requests.problems import Problem, show
from pipeline.requests.request import ExportRequest, RequestDefaults, RequestError, parse_object, parse_request
from pipeline.requests.request_message import KEYS, nearest_key
from pipeline.stream.upstream import Dropped, UpstreamRules, is_upstream_event, request_of

LOG = logging.getLogger(__name__)

_NAMES_ONLY = ("generated_at", "correlation_id", "trigger_source")
"""Keys of a request that do not change its documents."""


@dataclass(frozen=True)
class Message:
    """A Pub/Sub message.

    Attributes:
        data: Its payload.
        attributes: Its attributes.
        message_id: Its id, the same when it is redelivered.
        published: When it was published, aware.
    """

    data: bytes
    attributes: Mapping[str, str]
    message_id: str
    published: datetime


@dataclass(frozen=True)
class Asked:
    """A request between the steps of the job, encoded as JSON, which outlives an update of the job.

    Attributes:
        request: In the JSON form that :meth:`pipeline.requests.request.ExportRequest.from_json` reads.
        key: The same for equal requests.
        message_id: The id of its message; generated for a request of the watch.
        published: When it was published, ISO 8601.
        min_prediction_rows: The least rows of predictions for an export.
        marker: Path of an object that is written once this succeeded, and whose presence marks the success.
        expires: When it expires, in seconds since 1970; 0 for never.
        by_watch: Whether the watch over the schedule made the request.
        unplayed: Games of the date that are not waited for, each with the reason.
        redelivered: Whether its message was received before, by this job or an earlier one.
    """

    request: Mapping[str, Any]
    key: str
    message_id: str
    published: str
    min_prediction_rows: int = 0
    marker: str = ""
    expires: float = 0.0
    by_watch: bool = False
    unplayed: tuple[str, ...] = ()
    redelivered: bool = False

    @property
    def correlation_id(self) -> str:
        """Given by the sender."""
        return str(self.request["correlation_id"])

    @property
    def trigger_source(self) -> str:
        """Given by the sender."""
        return str(self.request["trigger_source"])

    @property
    def told_league(self) -> dict[str, str]:
        """The league as events name it; nothing for the default one."""
        return {"league": str(self.request["league"])} if "league" in self.request else {}

    def encoded(self) -> bytes:
        """Return it as bytes that :meth:`decoded` reads."""
        return orjson.dumps(asdict(self))

    @classmethod
    def decoded(cls, encoded: bytes) -> Asked:
        """Return the request that :meth:`encoded` wrote, in this or another version of the job."""
        return cls.from_json(orjson.loads(encoded))

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Asked:
        """Return a request from its fields; unknown fields are ignored."""
        found = {known.name: values[known.name] for known in fields(cls) if known.name in values}
        return cls(**{**found, "unplayed": tuple(found.get("unplayed", ()))})


@dataclass(frozen=True)
class Rejected:
    """A rejected message.

    Attributes:
        problems: All of its problems.
        correlation_id: Given by the message, as far as it can be read.
        trigger_source: Likewise.
    """

    problems: tuple[Problem, ...]
    correlation_id: str = ""
    trigger_source: str = ""

    @property
    def reason(self) -> str:
        """All problems, a line each."""
        return "\n".join(map(str, self.problems))

    @property
    def nearest_key(self) -> str:
        """The valid key that the first unknown one most likely means; empty when there is none."""
        return next((meant for problem in self.problems if (meant := _meant_by(problem))), "")


def _meant_by(problem: Problem) -> str | None:
    # A problem of the whole message names no key.
    return None if problem.key in (*KEYS, "message") else nearest_key(problem.key)


@dataclass(frozen=True)
class Grammar:
    """The rules for messages.

    Attributes:
        known_types: Every export type, in registry order.
        groups: Group name to its export types.
        defaults: The values of absent keys, and limits.
        upstream: The rules for upstream's events.
        max_dates: Dates of the longest request; 0 for the limit of ``defaults``.
    """

    known_types: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    defaults: RequestDefaults
    upstream: UpstreamRules = field(default_factory=UpstreamRules)
    max_dates: int = 0


def read_message(message: Message, grammar: Grammar) -> Asked | Dropped | Rejected:
    """Return the request, the dropped event or the rejection of a message; never raises.

    ``today`` is that of the instant of publishing, and so is ``generated_at`` unless the message names one: a message
    that is redelivered makes an equal request.
    """
    payload: Mapping[str, object] = {}
    rows = 0
    try:
        payload = parse_object(message.data)
        if is_upstream_event(payload):
            found = request_of(payload, grammar.upstream)
            if isinstance(found, Dropped):
                return found
            payload, rows = found, grammar.upstream.min_prediction_rows
        request = parse_request(
            payload,
            known_types=grammar.known_types,
            groups=grammar.groups,
            defaults=grammar.defaults,
            now=message.published,
        ).to_json()
    except RequestError as error:
        return Rejected(error.problems, _text(payload, "correlation_id"), _text(payload, "trigger_source"))
    except Exception as error:
        # Such a message must neither be redelivered for ever nor block the messages behind it.
        LOG.exception("a message that cannot be read")
        problem = Problem(
            "message", "", f"cannot be read: {type(error).__name__}: {error}", "report it with its payload"
        )
        return Rejected((problem,))
    if (
        grammar.max_dates
        and len(request_dates := ExportRequest.from_json(request, grammar.defaults.leagues).dates) > grammar.max_dates
    ):
        days = len(request_dates)
        reason = f"spans {days} dates, and at most {grammar.max_dates} are answered here"
        fix = "split it, run it as a backfill, or give the streaming job --batch_template"
        return Rejected((Problem("end_date", show(request["end_date"]), reason, fix),), *_names(request))
    return Asked(
        request=request,
        key=request_key(request, names_its_instant="generated_at" in payload),
        message_id=message.message_id,
        published=message.published.isoformat(),
        min_prediction_rows=rows,
    )


def request_key(request: Mapping[str, Any], *, names_its_instant: bool = False) -> str:
    """Return the key of a request, which is independent of its sender and its time.

    Args:
        request: In its JSON form.
        names_its_instant: Whether the message names ``generated_at``, which is then part of the key.
    """
    left_out = _NAMES_ONLY[1:] if names_its_instant else _NAMES_ONLY
    asked = {key: value for key, value in request.items() if key not in left_out}
    return hashlib.blake2b(json.dumps(asked, sort_keys=True).encode(), digest_size=16).hexdigest()


def _names(request: Mapping[str, Any]) -> tuple[str, str]:
    return request["correlation_id"], request["trigger_source"]


def _text(payload: Mapping[str, object], key: str) -> str:
    value = payload.get(key)
    return value[:200] if isinstance(value, str) and value.isprintable() else ""
