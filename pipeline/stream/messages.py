"""What a message of the input subscription asks for: a request, upstream's event that leads to one, or nonsense."""

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
"""Keys of a request that do not change what it asks for."""


@dataclass(frozen=True)
class Message:
    """A Pub/Sub message.

    Attributes:
        data: Its payload.
        attributes: Its attributes.
        message_id: The same when it is delivered again.
        published: When it was published, aware.
    """

    data: bytes
    attributes: Mapping[str, str]
    message_id: str
    published: datetime


@dataclass(frozen=True)
class Asked:
    """A request that is to be answered, as it travels between the steps of the job: as JSON, which outlives an update.

    Attributes:
        request: In the JSON form that :meth:`pipeline.requests.request.ExportRequest.from_json` reads.
        key: Equal for requests that ask for the same.
        message_id: The message that asked; made up where the job itself did.
        published: When it asked, ISO 8601.
        min_prediction_rows: Rows of predictions without which there is nothing to do.
        marker: Path of an object that is written once this succeeded, and whose presence says that it did.
        expires: Until when it is worth an answer, in seconds since 1970; 0 for always.
        by_watch: The job itself asked, because of what the schedule says.
    """

    request: Mapping[str, Any]
    key: str
    message_id: str
    published: str
    min_prediction_rows: int = 0
    marker: str = ""
    expires: float = 0.0
    by_watch: bool = False

    @property
    def correlation_id(self) -> str:
        """Given by whoever asked."""
        return str(self.request["correlation_id"])

    @property
    def trigger_source(self) -> str:
        """Given by whoever asked."""
        return str(self.request["trigger_source"])

    def encoded(self) -> bytes:
        """Return it as bytes that :meth:`decoded` reads."""
        return orjson.dumps(asdict(self))

    @classmethod
    def decoded(cls, encoded: bytes) -> Asked:
        """Return what :meth:`encoded` wrote, be it that of another version of the job."""
        return cls.from_json(orjson.loads(encoded))

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Asked:
        """Return the request of its fields; what is no field is left out."""
        return cls(**{known.name: values[known.name] for known in fields(cls) if known.name in values})


@dataclass(frozen=True)
class Rejected:
    """A message that is not understood.

    Attributes:
        problems: Everything that is wrong with it.
        correlation_id: What it says of itself, as far as that can be read.
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
    return None if problem.key in KEYS else nearest_key(problem.key)


@dataclass(frozen=True)
class Grammar:
    """What messages may ask for.

    Attributes:
        known_types: Every export type, in registry order.
        groups: Group name to its export types.
        defaults: What absent keys mean, and limits.
        upstream: When upstream's completion of the predictions leads to an export.
        max_dates: Dates of the longest request; 0 for the limit of ``defaults``.
    """

    known_types: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    defaults: RequestDefaults
    upstream: UpstreamRules = field(default_factory=UpstreamRules)
    max_dates: int = 0


def read_message(message: Message, grammar: Grammar) -> Asked | Dropped | Rejected:
    """Return what a message asks for; never raises.

    ``today`` is that of the instant of publishing, and so is ``generated_at`` unless the message names one: a message
    that is delivered again asks for the same.
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
        # Whatever this is, it must not be delivered for ever, nor hold up the messages behind it.
        LOG.exception("a message that cannot be read")
        problem = Problem(
            "message", "", f"cannot be read: {type(error).__name__}: {error}", "report it with its payload"
        )
        return Rejected((problem,))
    if grammar.max_dates and len(request_dates := ExportRequest.from_json(request).dates) > grammar.max_dates:
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
    """Return a text that is equal for requests which ask for the same, whoever asks and when.

    Args:
        request: In its JSON form.
        names_its_instant: Whoever asked wants documents of that very ``generated_at``.
    """
    left_out = _NAMES_ONLY[1:] if names_its_instant else _NAMES_ONLY
    asked = {key: value for key, value in request.items() if key not in left_out}
    return hashlib.blake2b(json.dumps(asked, sort_keys=True).encode(), digest_size=16).hexdigest()


def _names(request: Mapping[str, Any]) -> tuple[str, str]:
    return request["correlation_id"], request["trigger_source"]


def _text(payload: Mapping[str, object], key: str) -> str:
    value = payload.get(key)
    return value[:200] if isinstance(value, str) and value.isprintable() else ""
