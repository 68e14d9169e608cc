"""The webhook that messages are sent to. Its URL is a secret: no error, log line or configuration holds it."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3

from pipeline.alerting.incident import Incident
from pipeline.alerting.messages import message_of, service_of
from transforms.clients.retries import Attempts, Kind, Outage, RetryPolicy, kind_of
from transforms.clients.session import connection_pool

PATIENCE = RetryPolicy(first=0.5, longest=4.0, total=15.0)
"""A webhook that is down costs a run so long at most: its messages are sent by the next one."""
MOST_SECONDS = 45
"""All messages of one check; what is left is sent by the next one."""
_CALL_SECONDS = 5.0
_URL = re.compile(r"https://[^\s/@]+(?:/\S*)?|http://(?:localhost|127\.0\.0\.1)(?::[0-9]+)?(?:/\S*)?")
_TALKATIVE = ("urllib3.connectionpool", "urllib3.util.retry")


class WebhookError(Exception):
    """A message was not delivered, or the URL cannot be read. One line, without the URL."""


class RefusalError(WebhookError):
    """The webhook answers, and refuses a message for good."""


class _RefusedError(Exception):
    """An answer that is no success.

    Attributes:
        code: Its HTTP status.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"it answers {code}")
        self.code = code


def read_secret(place: str, *, endpoint: str = "") -> str:
    """Return the text of a secret.

    Args:
        place: ``env:NAME`` or ``secret:VERSION``.
        endpoint: URL of Secret Manager; empty for the service itself.

    Raises:
        WebhookError: There is none.
    """
    kind, _, name = place.partition(":")
    if kind == "env":
        text = os.environ.get(name, "").strip()
        if not text:
            raise WebhookError(f"the environment variable {name} is not set; set it, or leave the option out")
        return text
    # The client of Secret Manager takes a while to load.
    from transforms.live_feed.feed_key import SECRETS, SecretKey
    from transforms.live_feed.warehouse import LiveFeedError

    try:
        return SecretKey(name, endpoint or SECRETS).read()
    except LiveFeedError as error:
        raise WebhookError(str(error)) from None


@dataclass(frozen=True)
class Webhook:
    """A webhook.

    Attributes:
        place: Where its URL is: ``env:NAME`` or ``secret:VERSION``.
        service: ``slack``, ``discord`` or ``json``; empty for that of its host.
        output: The published tree, as messages name it.
        patience: The waits between the tries of a message, and how long a webhook that is down is tried.
    """

    place: str
    service: str = ""
    output: str = ""
    patience: RetryPolicy = PATIENCE

    def send(self, incidents: dict[str, Incident]) -> tuple[list[str], str]:
        """Send the messages of incidents, the worst first, until the webhook is down or the time is over.

        Returns:
            The ids of those that were delivered, and why the others were not, in one line; empty when all were.
        """
        delivered: list[str] = []
        try:
            url = self._url()
        except WebhookError as error:
            return delivered, str(error)
        service = self.service or service_of(url)
        outage = Outage(self.patience.total)
        pool = connection_pool(url, 1, direct=urlsplit(url).hostname in ("localhost", "127.0.0.1"))
        ends, reason = time.monotonic() + MOST_SECONDS, ""
        try:
            for name, incident in sorted(incidents.items(), key=_rank):
                if time.monotonic() >= ends:
                    return delivered, f"{len(incidents) - len(delivered)} messages wait: {MOST_SECONDS} s are over"
                try:
                    self._post(pool, url, message_of(incident, service, output=self.output), outage)
                    delivered.append(name)
                except RefusalError as error:
                    # Another message may be accepted.
                    reason = str(error)
        except WebhookError as error:
            return delivered, str(error)
        finally:
            pool.clear()
        return delivered, reason

    def _url(self) -> str:
        url = read_secret(self.place)
        if not _URL.fullmatch(url):
            raise WebhookError(f"what {self.place} holds is no https:// URL; correct it")
        return url

    def _post(self, pool: urllib3.PoolManager, url: str, body: bytes, outage: Outage) -> None:
        def once() -> None:
            answer = pool.request(
                "POST",
                url,
                body=body,
                headers={"Content-Type": "application/json"},
                timeout=urllib3.Timeout(_CALL_SECONDS, _CALL_SECONDS),
                retries=False,
                # Another host must not see what is meant for this one.
                redirect=False,
            )
            if not 200 <= answer.status < 300:
                raise _RefusedError(answer.status)

        attempts = Attempts(self.patience, outage, "webhook")
        try:
            with _silence():
                attempts(once)()
        except _RefusedError as error:
            refused = RefusalError if kind_of(error) is Kind.PERMANENT else WebhookError
            raise refused(f"the webhook of {self.place} refuses a message ({attempts}): {error}") from None
        except Exception as error:
            # The text of an error may hold the URL.
            raise WebhookError(
                f"the webhook of {self.place} does not answer ({attempts}): {type(error).__name__}"
            ) from None


def _rank(named: tuple[str, Incident]) -> tuple[int, str]:
    _, incident = named
    worst_first = ("CRITICAL", "ERROR", "WARNING")
    return worst_first.index(incident.trouble.severity.value), incident.opened_at


@contextmanager
def _silence() -> Iterator[None]:
    """Drop the log lines of the client, which hold paths of URLs."""
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    for logger in loggers:
        logger.addFilter(_drop)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_drop)


def _drop(_record: logging.LogRecord) -> bool:
    return False
