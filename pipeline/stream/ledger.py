"""The ledger of requests: what became of each message, in the control output, where it outlives workers and jobs.

Each message has a few objects below ``ledger/{day of publishing}/``, each of which is written once and never changed:

========================  =============================================================================
``{id}.received.json``    it was received
``{id}.attempt-1.json``   its answer was begun; ``attempt-2`` where the first attempt ended its worker
``{id}.end.json``         how it ended, ``answered`` or ``given_up``, with its event and its dead letter
``{id}.published.json``   its event went out
========================  =============================================================================

They are created under a precondition, so of two workers that end one message only the first does, and the second one
publishes what the first has written. An event that may have been lost with a worker is published again, byte for byte.

The watch repeats its requests at every check, under other ids. The attempts to answer one are an object of its date and
types, which goes with the answer.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson
from apache_beam.io.gcp.pubsub import PubsubMessage

from pipeline.stream.messages import Asked
from transforms.clients.concurrency import run_concurrently
from transforms.publishing.lease import CONTROL_CACHE
from transforms.stores.control import LEDGER
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store

LOG = logging.getLogger(__name__)

MOST_ATTEMPTS = 2
"""Attempts that a request has; after so many that ended the worker it is given up."""
KEPT_DAYS = 15
"""Days for which the ledger keeps a message. Pub/Sub delivers one again for at most a week, by its subscription."""
REST_SECONDS = 3600.0
"""Seconds for which a request of the watch that was given up is not tried again."""
_OLDEST_DAYS = 45
"""Days back that are searched for what is older than :data:`KEPT_DAYS`."""
_MOST_PRUNED = 500
_WATCH = "watch"

ANSWERED, GIVEN_UP = "answered", "given_up"
Attempt = dict[str, str]


@dataclass(frozen=True)
class Settled:
    """What the lane of a request keeps of its answer; see :class:`pipeline.stream.coalescing.Answered`."""

    run_id: str
    read_at: float
    at: float
    inputs: str = ""
    again: bool = False
    in_vain: bool = False


@dataclass(frozen=True)
class End:
    """How a message ended.

    Attributes:
        kind: :data:`ANSWERED` or :data:`GIVEN_UP`.
        event: Its completion event; None for a request of the watch that has none.
        letter: Its dead letter.
        settled: What its lane keeps; None where it was not answered itself.
        attempts: The attempts of a request that was given up.
    """

    kind: str
    event: PubsubMessage | None
    letter: PubsubMessage | None = None
    settled: Settled | None = None
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True)
class Past:
    """What is known of a request before it is answered.

    Attributes:
        attempts: Attempts that ended their worker.
        end: How it ended before; None where it did not.
        is_over: Nothing is left to do: its event went out, or it rests.
    """

    attempts: tuple[Attempt, ...] = ()
    end: End | None = None
    is_over: bool = False


NOTHING = Past()


@dataclass(frozen=True)
class Ledger:
    """Records what becomes of messages.

    An entry that cannot be read or written is logged and changes nothing: the request is answered as if there were
    none.

    Attributes:
        store: Where entries are.
        clock: Seconds since 1970.
        pruned: The day of the last complete clean-up of this process.
    """

    store: Store
    clock: Callable[[], float]
    pruned: list[str] = field(default_factory=list, compare=False)

    def receive(self, stem: str, **said: Any) -> bool:
        """Record that a message was received, and return whether it was received before."""
        try:
            self._create(stem, "received", {**said, "received_at": self._now()})
        except GenerationMismatch:
            return True
        except Exception as error:
            _complain(stem, error)
        return False

    def find(self, stem: str) -> Past:
        """Return what is known of a message."""
        try:
            entries = {_entry_in(shown.path) for shown in self.store.list(f"{LEDGER}{stem}.")}
            end = self._end(stem) if "end" in entries else None
            attempts = sorted(name for name in entries if name.startswith("attempt-"))
            return Past(tuple(map(self._attempt, (f"{stem}.{name}" for name in attempts))), end, "published" in entries)
        except Exception as error:
            _complain(stem, error)
            return NOTHING

    def begin(self, asked: Asked) -> Past:
        """Record that an attempt begins, and return what is known of earlier ones.

        Nothing is recorded when the request has ended, or once :data:`MOST_ATTEMPTS` have ended their worker: such a
        request is to be given up.
        """
        if asked.by_watch:
            return self._begin_watched(asked)
        stem, attempt = stem_of(asked), {"begun_at": self._now(), "worker": socket.gethostname()}
        try:
            # Most requests have no attempts, so that one call is enough.
            self._create(stem, "attempt-1", attempt)
            return NOTHING
        except GenerationMismatch:
            past = self.find(stem)
        except Exception as error:
            _complain(stem, error)
            return NOTHING
        if past.end is None and len(past.attempts) < MOST_ATTEMPTS:
            with suppress(GenerationMismatch):
                self._try(stem, lambda: self._create(stem, f"attempt-{len(past.attempts) + 1}", attempt))
        return past

    def end(self, asked: Asked, end: End) -> End | None:
        """Record how a request ends, and return what is to be published of it; None when that went out before."""
        return self._end_watched(asked, end) if asked.by_watch else self.close(stem_of(asked), end)

    def close(self, stem: str, end: End) -> End | None:
        """Record how a message ends, and return what is to be published of it; None when that went out before."""
        try:
            self._create(stem, "end", _end_json(end, self._now()))
        except GenerationMismatch:
            past = self.find(stem)
            return None if past.is_over else past.end or end
        except Exception as error:
            _complain(stem, error)
        return end

    def publish(self, stem: str) -> None:
        """Record that the event of a message went out."""
        with suppress(GenerationMismatch):
            self._try(stem, lambda: self._create(stem, "published", {"published_at": self._now()}))

    def prune(self) -> int:
        """Remove what is older than :data:`KEPT_DAYS`, some of it at a time, and return how much was removed."""
        today = datetime.fromtimestamp(self.clock(), timezone.utc).date()
        if self.pruned == [str(today)]:
            return 0
        found: list[str] = []
        try:
            for back in range(KEPT_DAYS, _OLDEST_DAYS):
                day = today - timedelta(days=back)
                found += [shown.path for shown in self.store.list(f"{LEDGER}{day}/")]
                if len(found) >= _MOST_PRUNED:
                    break
            run_concurrently(self.store.delete, found[:_MOST_PRUNED], self.store.concurrency)
        except Exception as error:
            _complain("old messages", error)
        if len(found) < _MOST_PRUNED:
            self.pruned[:] = [str(today)]
        return len(found[:_MOST_PRUNED])

    def _begin_watched(self, asked: Asked) -> Past:
        path = watched_path(asked)
        try:
            found = self.store.read(path)
            record = {} if found is None else _json_in(found[0])
            if self.clock() - record.get("given_up_at", 0.0) < REST_SECONDS:
                return Past(is_over=True)
            attempts = _attempts_in(record) if "given_up_at" not in record else ()
            if len(attempts) < MOST_ATTEMPTS:
                attempt = {"begun_at": self._now(), "worker": socket.gethostname()}
                self._write(path, {"request": asked.request, "attempts": [*attempts, attempt]})
            return Past(attempts)
        except Exception as error:
            _complain(path, error)
            return NOTHING

    def _end_watched(self, asked: Asked, end: End) -> End:
        path = watched_path(asked)
        if end.kind == GIVEN_UP:
            record = {"request": asked.request, "attempts": end.attempts, "given_up_at": self.clock()}
            self._try(path, lambda: self._write(path, record))
        elif end.settled is not None:
            self._try(path, lambda: self.store.delete(path))
        return end

    def _end(self, stem: str) -> End | None:
        found = self.store.read(_path(stem, "end"))
        return _end_in({} if found is None else _json_in(found[0]))

    def _attempt(self, named: str) -> Attempt:
        found = self.store.read(f"{LEDGER}{named}.json")
        return _attempt_in({} if found is None else _json_in(found[0]))

    def _create(self, stem: str, entry: str, content: Mapping[str, Any]) -> None:
        self._write(_path(stem, entry), content, ABSENT)

    def _write(self, path: str, content: Mapping[str, Any], generation: int | None = None) -> None:
        self.store.write(path, orjson.dumps(content), cache_control=CONTROL_CACHE, if_generation=generation)

    def _try(self, name: str, act: Callable[[], Any]) -> None:
        try:
            act()
        except GenerationMismatch:
            raise
        except Exception as error:
            _complain(name, error)

    def _now(self) -> str:
        return datetime.fromtimestamp(self.clock(), timezone.utc).isoformat()


def stem_of(asked: Asked) -> str:
    """Return what the entries of the message of a request have in common."""
    return message_stem(asked.message_id, datetime.fromisoformat(asked.published))


def message_stem(message_id: str, published: datetime) -> str:
    """Return what the entries of a message have in common: its day of publishing and its id."""
    return f"{published.astimezone(timezone.utc):%Y-%m-%d}/{_name(message_id)}"


def watched_path(asked: Asked) -> str:
    """Return the path of the attempts to answer a request of the watch: the same at every check."""
    request = asked.request
    what = [request.get(key) for key in ("export_types", "target_date", "start_date", "end_date")]
    what += asked.told_league.values()
    digest = hashlib.blake2b(orjson.dumps([what, asked.marker]), digest_size=8).hexdigest()
    return f"{LEDGER}{_WATCH}/{_name(str(request.get('target_date', '')))}-{digest}.json"


def _name(text: str) -> str:
    """Return a text as a part of a path; texts that differ keep different names."""
    name = re.sub("[^A-Za-z0-9_-]", "-", text)[:120]
    return name if name == text else f"{name}-{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


def _path(stem: str, entry: str) -> str:
    return f"{LEDGER}{stem}.{entry}.json"


def _entry_in(path: str) -> str:
    return path.rsplit("/", 1)[-1].split(".")[1]


def _json_in(content: bytes) -> dict[str, Any]:
    """Return a record; an empty one for a record that cannot be understood."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _attempt_in(record: Any) -> Attempt:
    known = record if isinstance(record, dict) else {}
    return {"begun_at": str(known.get("begun_at", "unknown")), "worker": str(known.get("worker", "unknown"))}


def _attempts_in(record: Mapping[str, Any]) -> tuple[Attempt, ...]:
    """Return the attempts of a record; one attempt for a record that cannot be understood."""
    found = record.get("attempts", [] if not record else [{}])
    return tuple(map(_attempt_in, found if isinstance(found, list) else [{}]))


def _end_json(end: End, now: str) -> dict[str, Any]:
    return {
        "kind": end.kind,
        "ended_at": now,
        "event": _message_json(end.event),
        "letter": _message_json(end.letter),
        "settled": None if end.settled is None else asdict(end.settled),
        "attempts": end.attempts,
    }


def _end_in(record: Mapping[str, Any]) -> End | None:
    """Return the end that a record holds; None where it cannot be understood."""
    try:
        settled = record["settled"]
        return End(
            record["kind"],
            _message_in(record["event"]),
            _message_in(record["letter"]),
            None if settled is None else Settled(**settled),
            tuple(map(_attempt_in, record["attempts"])),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _message_json(message: PubsubMessage | None) -> dict[str, Any] | None:
    if message is None:
        return None
    return {"data": base64.b64encode(message.data).decode(), "attributes": message.attributes}


def _message_in(record: Any) -> PubsubMessage | None:
    return None if record is None else PubsubMessage(base64.b64decode(record["data"]), record["attributes"])


def _complain(name: str, error: Exception) -> None:
    LOG.warning("an entry of the ledger cannot be read or written: %s: %s: %s", name, type(error).__name__, error)
