"""A record of the attempts to answer a request, which outlives the worker that makes them.

A request whose answer ends the worker, as one that runs out of memory does, is processed again by the runner, for ever,
and everything behind it waits. The record says how often its answer was begun and not ended. It is an object of the
control output, because the state of the runner is taken back together with the attempt.
"""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import orjson

from pipeline.stream.messages import Asked
from transforms.publishing.lease import CONTROL_CACHE
from transforms.stores.control import ATTEMPTS
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store

LOG = logging.getLogger(__name__)

MOST_ATTEMPTS = 2
"""Attempts that a request has; after so many that ended the worker it is given up."""

Attempt = dict[str, str]


@dataclass(frozen=True)
class AttemptLog:
    """Records the attempts to answer requests.

    A record that cannot be read or written changes nothing: the request is answered as if there were none.

    Attributes:
        store: Where records are.
        clock: Seconds since 1970.
    """

    store: Store
    clock: Callable[[], float]

    def begin(self, asked: Asked) -> list[Attempt]:
        """Record that an attempt begins, and return the earlier ones, each of which ended its worker.

        Nothing is recorded once :data:`MOST_ATTEMPTS` have: such a request is to be given up.
        """
        if asked.expires:
            # It is not repeated for longer than a minute.
            return []
        now = datetime.fromtimestamp(self.clock(), timezone.utc).isoformat()
        attempt = {"begun_at": now, "worker": socket.gethostname()}
        try:
            # Most requests have no record, so that one call is enough.
            self._write(asked, [attempt], ABSENT)
        except GenerationMismatch:
            return self._begin_again(asked, attempt)
        except Exception as error:
            _complain(asked, error)
        return []

    def end(self, asked: Asked) -> None:
        """Remove the record: the attempt did not end its worker."""
        if asked.expires:
            return
        try:
            self.store.delete(attempts_path(asked.message_id))
        except Exception as error:
            _complain(asked, error)

    def _begin_again(self, asked: Asked, attempt: Attempt) -> list[Attempt]:
        try:
            found = self.store.read(attempts_path(asked.message_id))
            if found is None:
                return []
            before = _attempts_in(found[0])
            if len(before) < MOST_ATTEMPTS:
                self._write(asked, [*before, attempt], found[1].generation)
        except Exception as error:
            _complain(asked, error)
            return []
        return before

    def _write(self, asked: Asked, attempts: list[Attempt], generation: int) -> None:
        content = orjson.dumps({"message_id": asked.message_id, "request": asked.request, "attempts": attempts})
        path = attempts_path(asked.message_id)
        self.store.write(path, content, cache_control=CONTROL_CACHE, if_generation=generation)


def attempts_path(message_id: str) -> str:
    """Return the path of the record of a request."""
    return f"{ATTEMPTS}{re.sub('[^A-Za-z0-9_-]', '-', message_id)[:200]}.json"


def _attempts_in(content: bytes) -> list[Attempt]:
    """Return the attempts of a record; one attempt for a record that cannot be understood."""
    try:
        found: Any = orjson.loads(content)["attempts"]
        return [{str(key): str(value) for key, value in attempt.items()} for attempt in found]
    except (ValueError, TypeError, KeyError, AttributeError):
        return [{"begun_at": "unknown", "worker": "unknown"}]


def _complain(asked: Asked, error: Exception) -> None:
    LOG.warning("the attempts of %s cannot be recorded: %s: %s", asked.message_id, type(error).__name__, error)
