"""Names and limits of Pub/Sub, and the errors for what breaks them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from google.api_core.exceptions import InvalidArgument

MIN_ACK_SECONDS, MAX_ACK_SECONDS, DEFAULT_ACK_SECONDS = 10, 600, 10
MAX_PUBLISH_BYTES = 10_000_000
"""Of a whole publish request, and so of each message."""
MAX_PUBLISH_MESSAGES = 1_000
MAX_ATTRIBUTES = 100
MAX_KEY_BYTES, MAX_VALUE_BYTES = 256, 1_024
RESERVED = "goog"
"""No id and no attribute key starts with it."""

_ID = r"(?!goog)[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}"
_ID_RULE = f"3 to 255 characters, a letter first, then letters, digits and -_.~+%, not starting with {RESERVED!r}"


def check_name(name: str, collection: str) -> None:
    """Reject what is no full resource name.

    Args:
        name: As in ``projects/PROJECT/topics/ID``.
        collection: ``topics`` or ``subscriptions``.

    Raises:
        InvalidArgument: The name has another form.
    """
    if not re.fullmatch(rf"projects/[^/]+/{collection}/{_ID}", name):
        raise InvalidArgument(
            f"the name {name!r} can be no resource: write projects/PROJECT/{collection}/ID, the id of {_ID_RULE}"
        )


def check_ack_seconds(seconds: int, *, what: str, least: int = MIN_ACK_SECONDS) -> None:
    """Reject an acknowledgement deadline that the service does not have.

    Raises:
        InvalidArgument: It is outside of ``least`` to 600 s.
    """
    if not least <= seconds <= MAX_ACK_SECONDS:
        raise InvalidArgument(f"{what} is {seconds} s: no lease can last so long; use {least} to {MAX_ACK_SECONDS}")


def check_messages(messages: Sequence[Any], size: int) -> None:
    """Reject messages that the service does not accept.

    Args:
        messages: ``PubsubMessage`` of one publish request.
        size: Bytes of the request.

    Raises:
        InvalidArgument: There are none or too many, they are too large, or an attribute breaks a limit.
    """
    if not messages:
        raise InvalidArgument("the request has no messages: nothing would be published; add at least one")
    if len(messages) > MAX_PUBLISH_MESSAGES:
        raise InvalidArgument(
            f"the request has {len(messages)} messages, more than the service takes at a time; "
            f"split it into requests of at most {MAX_PUBLISH_MESSAGES}"
        )
    if size > MAX_PUBLISH_BYTES:
        raise InvalidArgument(
            f"the request has {size:,} bytes, more than the service takes at a time; send at most {MAX_PUBLISH_BYTES:,}"
        )
    for message in messages:
        _check_message(message)


def _check_message(message: Any) -> None:
    if not message.data and not message.attributes:
        raise InvalidArgument("a message has neither data nor attributes: it would say nothing; give it one of them")
    if len(message.attributes) > MAX_ATTRIBUTES:
        raise InvalidArgument(
            f"a message has {len(message.attributes)} attributes, more than it may; use at most {MAX_ATTRIBUTES}"
        )
    for key, value in message.attributes.items():
        if not key or key.startswith(RESERVED) or len(key.encode()) > MAX_KEY_BYTES:
            raise InvalidArgument(
                f"the attribute key {_shown(key)} is not accepted by the service: "
                f"use 1 to {MAX_KEY_BYTES} bytes that do not start with {RESERVED!r}"
            )
        if len(value.encode()) > MAX_VALUE_BYTES:
            raise InvalidArgument(
                f"the attribute {key!r} has {len(value.encode())} bytes, more than the service takes; "
                f"use at most {MAX_VALUE_BYTES}, or put it into the data"
            )


def _shown(key: str) -> str:
    return repr(key if len(key) <= 40 else f"{key[:40]}...")
