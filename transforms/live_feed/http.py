"""The live feed over HTTP: patient within a budget, and not a burden to a service that is down.

What is tried again, while the budget lasts:

==============================================  ================================================================
the connection fails, breaks or is too slow     after a short wait
408, 500, 502, 503, 504, or no JSON             likewise
429                                             after what ``Retry-After`` asks for
anything else                                   an answer that nobody expects: the call fails at once
==============================================  ================================================================

After some failed calls in a row the circuit opens: calls fail at once for a while, then one is let through.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
import urllib3

from transforms.clients.process_clients import ProcessClients
from transforms.clients.session import connection_pool
from transforms.live_feed.feed_key import FeedKey
from transforms.live_feed.warehouse import LiveFeedError

PATH = "/v1/box_scores/live"
VENDOR = "https://api.balldontlie.io"

_TRANSIENT = frozenset({408, 500, 502, 503, 504})
_CHUNK = 1 << 16


@dataclass(frozen=True)
class FeedPatience:
    """How long a feed is waited for (contract P&L L1).

    Attributes:
        timeout: Seconds without a sign of life after which a try has failed.
        budget: Seconds after which a call has failed, its waits included; a try may go on for ``timeout`` after it.
        tries: Tries of a call.
        first_wait: Seconds before the second try, on average; every further wait is twice as long.
        most_bytes: Bytes that an answer may have.
        failures: Failed calls in a row that open the circuit.
        rest: Seconds for which it stays open.
    """

    timeout: float = 5.0
    budget: float = 15.0
    tries: int = 4
    first_wait: float = 0.5
    most_bytes: int = 32 << 20
    failures: int = 5
    rest: float = 60.0


@dataclass(frozen=True)
class HttpLiveFeed:
    """The vendor's service.

    Attributes:
        url: Its URL, without the path of the box scores.
        key: Where its key is; None to send none.
        scheme: What stands before the key in the ``Authorization`` header; empty for the bare key (contract P&L L19).
        patience: How long it is waited for.
    """

    url: str = VENDOR
    key: FeedKey | None = None
    scheme: str = ""
    patience: FeedPatience = FeedPatience()

    def fetch(self) -> Any:
        """Return the box scores of the day as the service gives them."""
        return _CLIENTS.get(self).fetch()


class Circuit:
    """Stops calls to a service that fails; safe to share between threads.

    Args:
        failures: Failures in a row that open it.
        rest: Seconds for which it stays open; then one call is let through, which closes it or opens it again.
        clock: Monotonic seconds.
    """

    def __init__(self, failures: int, rest: float, clock: Callable[[], float]) -> None:
        self._most = failures
        self._rest = rest
        self._clock = clock
        self._failed = 0
        self._until = 0.0
        self._lock = threading.Lock()

    def enter(self) -> float:
        """Return 0 when a call may be made, else the seconds until one may."""
        with self._lock:
            if self._failed < self._most:
                return 0.0
            left = self._until - self._clock()
            if left > 0:
                return left
            # The others wait for the outcome of this one.
            self._until = self._clock() + self._rest
            return 0.0

    def succeeded(self) -> None:
        """Close it."""
        with self._lock:
            self._failed = 0

    def broke(self) -> None:
        """Count a failure."""
        with self._lock:
            self._failed += 1
            self._until = self._clock() + self._rest


def _spread() -> float:
    return random.uniform(0.5, 1.5)


@dataclass
class FeedClient:
    """The connections of one process to a feed, its key and its circuit.

    Attributes:
        feed: The feed.
        clock: Monotonic seconds.
        sleep: Waits for some seconds.
        spread: Returns a factor by which a wait is spread, so that many do not come back together.
    """

    feed: HttpLiveFeed
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    spread: Callable[[], float] = _spread
    _header: str | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        patience = self.feed.patience
        self._circuit = Circuit(patience.failures, patience.rest, self.clock)
        here = urlsplit(self.feed.url).hostname in ("localhost", "127.0.0.1")
        self._pool = connection_pool(self.feed.url, 2, direct=here)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def fetch(self) -> Any:
        """Return the service's answer.

        Raises:
            LiveFeedError: There is none, or the circuit is open.
        """
        resting = self._circuit.enter()
        if resting:
            raise self._error(f"failed too often and is left alone for another {resting:.0f} s")
        try:
            answer = self._patiently()
        except LiveFeedError:
            self._circuit.broke()
            raise
        self._circuit.succeeded()
        return answer

    def _patiently(self) -> Any:
        ends = self.clock() + self.feed.patience.budget
        tries = _Tries(self, ends, total=self.feed.patience.tries - 1)
        while True:
            try:
                return self._once(ends)
            except _AgainError as again:
                try:
                    tries = tries.increment("GET", PATH, response=again.response, error=again)
                    tries.sleep(again.response)
                except urllib3.exceptions.MaxRetryError:
                    raise self._error(f"does not answer: {again}") from None

    def _once(self, ends: float) -> Any:
        patience = self.feed.patience
        seconds = max(min(patience.timeout, ends - self.clock()), 0.1)
        try:
            response = self._pool.request(
                "GET",
                f"{self.feed.url}{PATH}",
                headers=self._headers(),
                timeout=urllib3.Timeout(connect=seconds, read=seconds),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                body = self._body(response, ends) if response.status == 200 else b""
            finally:
                # A connection that was not read to its end is of no use to the next request, but its place is.
                response.close()
                response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise _AgainError(type(error).__name__) from None
        status = response.status
        if status == 200:
            try:
                return orjson.loads(body)
            except ValueError:
                raise _AgainError("it sent no JSON") from None
        if status == 429:
            raise _AgainError("429, too many requests", response)
        if status in _TRANSIENT:
            raise _AgainError(str(status), response)
        refused = status in (401, 403)
        if refused:
            # The next call reads the key anew: it may have been replaced.
            self._header = None
        fix = "check --live_feed_key" if refused else "check --live_feed"
        raise self._error(f"answers {status}; {fix}")

    def _body(self, response: urllib3.BaseHTTPResponse, ends: float) -> bytes:
        read = bytearray()
        # What has come so far, rather than a full chunk, which may come drop by drop.
        while chunk := response.read1(_CHUNK):
            read += chunk
            if len(read) > self.feed.patience.most_bytes:
                raise self._error(f"sent more than {self.feed.patience.most_bytes:,} bytes; check --live_feed")
            if self.clock() > ends:
                raise _AgainError("it is too slow")
        return bytes(read)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": "phase6-export"}
        if self.feed.key is not None:
            if self._header is None:
                self._header = f"{self.feed.scheme} {self.feed.key.read()}".strip()
            headers["Authorization"] = self._header
        return headers

    def _error(self, what: str) -> LiveFeedError:
        return LiveFeedError(f"the live feed at {self.feed.url} {what}")


class _AgainError(urllib3.exceptions.HTTPError):
    """A try has failed, another may do better; the answer may ask to wait."""

    def __init__(self, reason: str, response: urllib3.BaseHTTPResponse | None = None) -> None:
        super().__init__(reason)
        self.response = response


class _Tries(urllib3.Retry):
    """The tries of one call within its budget, which urllib3 has none of; it does not wait before the second either."""

    def __init__(self, client: FeedClient, ends: float, **options: Any) -> None:
        super().__init__(**options)
        self._client = client
        self._ends = ends

    def new(self, **options: Any) -> _Tries:
        """Return the tries that are left."""
        return super().new(client=self._client, ends=self._ends, **options)

    def get_backoff_time(self) -> float:
        """Return the seconds before the next try."""
        patience = self._client.feed.patience
        return patience.first_wait * 2.0 ** (len(self.history) - 1) * self._client.spread()

    def sleep(self, response: urllib3.BaseHTTPResponse | None = None) -> None:
        """Wait, for as long as the answer asks.

        Raises:
            urllib3.exceptions.MaxRetryError: That is beyond the budget.
        """
        seconds = self._asked(response)
        if seconds is None:
            seconds = self.get_backoff_time()
        if self._client.clock() + seconds > self._ends:
            raise urllib3.exceptions.MaxRetryError(None, PATH)  # type: ignore[arg-type]
        self._client.sleep(seconds)

    def _asked(self, response: urllib3.BaseHTTPResponse | None) -> float | None:
        if response is None:
            return None
        try:
            return self.get_retry_after(response)
        except (urllib3.exceptions.InvalidHeader, ValueError, TypeError):
            return None


_CLIENTS: ProcessClients[HttpLiveFeed, FeedClient] = ProcessClients(FeedClient)
