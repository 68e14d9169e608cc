"""Dead letters: rejected messages, whole, with the reason."""

from __future__ import annotations

import hashlib
from datetime import datetime

from apache_beam.io.gcp.pubsub import PubsubMessage

from pipeline.stream.messages import Message, Rejected

_MOST_ATTRIBUTES = 90
"""Attributes that are kept of the hundred that a message may have; the others describe the rejection."""
_KEY_BYTES, _VALUE_BYTES = 256, 1024
_MOST_BYTES = 9_000_000
"""Pub/Sub accepts ten million bytes a call, attributes included."""
_ORIGINAL = "original_"


def dead_letter(message: Message, rejected: Rejected, now: datetime) -> PubsubMessage:
    """Return the dead letter of a message.

    Its payload is the original one. Each original attribute is there under its name behind ``original_``, so that it
    cannot be mistaken for an attribute of the dead letter: ``reason``, ``nearest_key``, ``message_id``,
    ``published_at``, ``rejected_at``. A payload that is too long to be sent once more is cut, and its length and
    SHA-256 are given.
    """
    said = {
        "reason": rejected.reason,
        "nearest_key": rejected.nearest_key,
        "message_id": message.message_id,
        "published_at": message.published.isoformat(),
        "rejected_at": now.isoformat(),
    }
    data = message.data[:_MOST_BYTES]
    if len(data) < len(message.data):
        said["original_bytes"] = str(len(message.data))
        said["original_sha256"] = hashlib.sha256(message.data).hexdigest()
    kept = sorted(message.attributes.items())[:_MOST_ATTRIBUTES]
    if len(kept) < len(message.attributes):
        said["original_attributes"] = str(len(message.attributes))
    given = {_cut(_ORIGINAL + name, _KEY_BYTES): _cut(value, _VALUE_BYTES) for name, value in kept}
    return PubsubMessage(data, {**given, **{name: _cut(value, _VALUE_BYTES) for name, value in said.items() if value}})


def _cut(text: str, most: int) -> str:
    """Return as much of a text as fits into so many bytes of UTF-8."""
    return text.encode()[:most].decode(errors="ignore")
