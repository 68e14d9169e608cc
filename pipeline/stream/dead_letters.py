"""Dead letters: rejected messages with the reason; what is too large for one goes to the control output."""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from datetime import datetime

import orjson
from apache_beam.io.gcp.pubsub import PubsubMessage

from pipeline.stream.messages import Message, Rejected
from transforms.publishing.lease import CONTROL_CACHE
from transforms.stores.control import LETTERS
from transforms.stores.protocol import Store

LOG = logging.getLogger(__name__)

INLINE_BYTES = 256 * 1024
"""The longest payload of a dead letter. Pub/Sub accepts ten million bytes a call, and local clients four million."""
ATTRIBUTE_BYTES = 32 * 1024
"""The most that the original attributes of a dead letter have, names included."""
_MOST_ATTRIBUTES = 80
"""Attributes that are kept of the hundred that a message may have; the others describe the rejection."""
_KEY_BYTES, _VALUE_BYTES = 256, 1024
_ORIGINAL = "original_"


@dataclass(frozen=True)
class DeadLetters:
    """Makes dead letters of bounded size.

    Attributes:
        store: Receives payloads and attributes that are too large for a letter, below :data:`LETTERS`.
    """

    store: Store

    def letter(self, message: Message, rejected: Rejected, now: datetime, *, attempts: str = "") -> PubsubMessage:
        """Return the dead letter of a message; never raises. ``attempts`` is the history of one that is given up.

        Its payload is the original one, unless that is longer than :data:`INLINE_BYTES`. Such a payload becomes an
        object of the control output, and the letter has its path, size and SHA-256. Each original attribute is there
        under its name behind ``original_``, so that it cannot be mistaken for an attribute of the letter. Attributes
        that exceed :data:`ATTRIBUTE_BYTES` are left out of the letter, and all of them become an object.

        A payload that cannot be stored is cut instead, and the letter says so: a message that is retried until it can
        be stored would hold up the messages behind it.
        """
        said = {
            "reason": rejected.reason,
            "nearest_key": rejected.nearest_key,
            "message_id": message.message_id,
            "published_at": message.published.isoformat(),
            "rejected_at": now.isoformat(),
            "attempts": attempts,
        }
        data = message.data
        if len(data) > INLINE_BYTES:
            said["payload_bytes"] = str(len(data))
            said["payload_sha256"] = hashlib.sha256(data).hexdigest()
            path = letter_path(message, "payload")
            if problem := self._store(path, data, "application/octet-stream"):
                said["payload_problem"], data = f"cut to {INLINE_BYTES} bytes: {problem}", data[:INLINE_BYTES]
            else:
                said["payload_path"], data = path, b""
        given = _fitting(message)
        if len(given) < len(message.attributes):
            said["attributes_count"] = str(len(message.attributes))
            path = letter_path(message, "attributes.json")
            if problem := self._store(path, _as_json(message), "application/json"):
                said["attributes_problem"] = f"some are left out: {problem}"
            else:
                said["attributes_path"] = path
        own = {name: _cut(value, _VALUE_BYTES) for name, value in said.items() if value}
        return PubsubMessage(data, {**given, **own})

    def _store(self, path: str, content: bytes, content_type: str) -> str:
        """Write an object and return why that failed; empty when it did not."""
        try:
            # A message that is delivered again writes the same content to the same path.
            self.store.write(path, content, cache_control=CONTROL_CACHE, content_type=content_type)
        except Exception as error:
            LOG.error("a part of a dead letter cannot be stored: %s: %s: %s", path, type(error).__name__, error)
            return f"{type(error).__name__}: {error}"
        return ""


def letter_path(message: Message, part: str) -> str:
    """Return the path of a part of a rejected message in the control output."""
    name = re.sub("[^A-Za-z0-9_-]", "-", message.message_id)[:100]
    return f"{LETTERS}{message.published:%Y-%m-%d}/{name}.{part}"


def _fitting(message: Message) -> dict[str, str]:
    """Return the attributes that a letter has room for, under the names that they have there."""
    found: dict[str, str] = {}
    held = 0
    for name, value in sorted(message.attributes.items()):
        shown, size = _ORIGINAL + name, len((_ORIGINAL + name).encode()) + len(value.encode())
        fits = len(shown.encode()) <= _KEY_BYTES and len(value.encode()) <= _VALUE_BYTES
        if fits and held + size <= ATTRIBUTE_BYTES and len(found) < _MOST_ATTRIBUTES:
            found[shown] = value
            held += size
    return found


def _as_json(message: Message) -> bytes:
    return orjson.dumps(dict(message.attributes), option=orjson.OPT_SORT_KEYS)


def _cut(text: str, most: int) -> str:
    """Return as much of a text as fits into so many bytes of UTF-8."""
    return text.encode(errors="replace")[:most].decode(errors="ignore")
