"""What is tried again, how often, and when a service counts as down: one policy for every service.

===========  =========================================================  ================================================
kind         what it is                                                 what happens
===========  =========================================================  ================================================
transient    the connection fails or breaks; 408, 500, 502, 503, 504;   tried again; whether the service carried the
             gRPC's ``UNAVAILABLE``, ``INTERNAL``, ``UNKNOWN``,         request out is not known
             ``DEADLINE_EXCEEDED`` and ``ABORTED``
throttled    429, ``RESOURCE_EXHAUSTED``, 403 ``rateLimitExceeded``     tried again; the wait is reported as throttling
permanent    anything else                                              raised at once
===========  =========================================================  ================================================

The tries are those of :mod:`google.api_core.retry`. All calls to one service share an :class:`Outage`: when a service
has answered none of them for the time that a single call may take, every call fails, and later ones fail at once. So a
bucket or a host that is down is reported after that time, however many documents wait for it.
"""

from __future__ import annotations

import functools
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

import google.auth.exceptions
import requests
import urllib3
from google.api_core import exceptions
from google.api_core.retry import Retry, retry_target

from transforms.clients.throttling import THROTTLING

_TRANSIENT = frozenset({408, 500, 502, 503, 504})
_NO_ANSWER = (
    urllib3.exceptions.HTTPError,
    # Of clients that bring their own session, as that of Secret Manager does.
    requests.ConnectionError,
    requests.Timeout,
    google.auth.exceptions.TransportError,
    # Their codes have no status of HTTP, or that of something else.
    exceptions.Aborted,
    exceptions.Unknown,
)
_RATE_LIMITS = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_LEAST_SECONDS = 5.0
"""A try takes as long at least, however little time is left."""
_PROBE_SECONDS = 15.0
"""How often one call is let through to a service that is down."""

ResultT = TypeVar("ResultT")


class Kind(Enum):
    """What an error means for the next try; see the table of this module."""

    TRANSIENT = "transient"
    THROTTLED = "throttled"
    PERMANENT = "permanent"


class ServiceDownError(Exception):
    """A service has not answered for so long that it is not asked. One line."""


@dataclass(frozen=True)
class RetryPolicy:
    """The waits between the tries of a call. They double, and are spread evenly between zero and twice their mean.

    Attributes:
        first: Mean seconds of the first wait. An object takes one write a second, and a quota recovers no sooner.
        longest: Mean seconds that no wait exceeds.
        total: Seconds after which a call is not tried again, and after which a silent service counts as down.
    """

    first: float = 1.0
    longest: float = 5.0
    total: float = 75.0


PATIENT = RetryPolicy()
"""The waits for Google's services. What is down is reported within 90 seconds."""


class Outage:
    """Whether a service answers, as the calls of this process find it; safe to share between threads.

    Args:
        budget: Seconds without an answer after which the service counts as down.
        clock: Monotonic seconds.
    """

    def __init__(self, budget: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._budget = budget
        self._clock = clock
        self._lock = threading.Lock()
        self._since: float | None = None
        self._next_probe = 0.0
        self._reason = ""

    def enter(self) -> float:
        """Begin a try and return its start, on the clock.

        Raises:
            ServiceDownError: The service is down, and the next probe is not due.
        """
        now = self._clock()
        with self._lock:
            if self._since is not None and now - self._since >= self._budget:
                if now < self._next_probe:
                    raise ServiceDownError(f"no answer for {now - self._since:.0f} s: {self._reason}")
                self._next_probe = now + _PROBE_SECONDS
        return now

    @property
    def is_over_budget(self) -> bool:
        """Whether the service counts as down."""
        return self._since is not None and self._clock() - self._since >= self._budget

    def left(self, most: float) -> float:
        """Return the seconds that a try may take: ``most``, or less where the budget is nearly used up."""
        since = self._since
        if since is None:
            return most
        return min(most, max(_LEAST_SECONDS, since + self._budget - self._clock()))

    def answered(self) -> None:
        """Note that the service gave an answer, which may be a refusal."""
        self._since = None

    def failed(self, started: float, error: Exception) -> None:
        """Note that a try that began at ``started`` had no answer."""
        with self._lock:
            if self._since is None or started < self._since:
                self._since = started
            if self._clock() - self._since >= self._budget:
                self._next_probe = self._clock() + _PROBE_SECONDS
            self._reason = reason_of(error)


class Attempts(Retry):
    """The tries of one call, to be given to a client of Google as its ``retry``, or called with a function.

    The last error is raised as it is.

    Attributes:
        tries: How often the call was tried.
        unsure: A try had no clear answer, so the service may have carried out the request before the last one.

    Args:
        policy: The waits.
        outage: What is known about the service.
        service: Counter namespace that waits are reported under when the service asks to slow down.
    """

    def __init__(self, policy: RetryPolicy, outage: Outage, service: str) -> None:
        super().__init__(predicate=self._is_passing, timeout=policy.total)
        self._policy = policy
        self._outage = outage
        self._service = service
        self._started = time.monotonic()
        self._throttled = False
        self.tries = 0
        self.unsure = False

    def __call__(self, func: Callable[..., ResultT], *_on_error: object) -> Callable[..., ResultT]:
        """Return a function that is tried again as the policy says."""

        @functools.wraps(func)
        def retried(*args: Any, **kwargs: Any) -> ResultT:
            return retry_target(  # type: ignore[no-any-return]
                functools.partial(self._try, functools.partial(func, *args, **kwargs)),
                self._is_passing,
                self._waits(),
                self._policy.total,
                exception_factory=_last_error,
            )

        return retried

    def __str__(self) -> str:
        """Return how it went: ``tried 3 times in 12 s``."""
        times = "once" if self.tries == 1 else f"{self.tries} times"
        return f"tried {times} in {time.monotonic() - self._started:.0f} s"

    def _try(self, call: Callable[[], ResultT]) -> ResultT:
        started = self._outage.enter()
        self.tries += 1
        try:
            result = call()
        except Exception as error:
            if kind_of(error) is Kind.PERMANENT:
                self._outage.answered()
            else:
                self._outage.failed(started, error)
            raise
        self._outage.answered()
        return result

    def _is_passing(self, error: Exception) -> bool:
        kind = kind_of(error)
        if kind is Kind.PERMANENT:
            return False
        self._throttled = kind is Kind.THROTTLED
        self.unsure = self.unsure or not self._throttled
        return not self._outage.is_over_budget

    def _waits(self) -> Iterator[float]:
        mean = self._policy.first
        while True:
            # Spread, so that many workers that were refused together do not come back together.
            seconds = random.uniform(0.0, 2 * mean)
            if self._throttled:
                THROTTLING.add(self._service, seconds)
            yield seconds
            mean = min(2 * mean, self._policy.longest)


def _last_error(errors: list[Exception], *_reason: object) -> tuple[Exception, None]:
    return errors[-1], None


def kind_of(error: Exception) -> Kind:
    """Return what an error means for the next try."""
    if isinstance(error, _NO_ANSWER):
        return Kind.TRANSIENT
    if isinstance(error, google.auth.exceptions.GoogleAuthError):
        return Kind.TRANSIENT if error.retryable else Kind.PERMANENT
    status = status_of(error)
    if status == 429 or (status == 403 and _RATE_LIMITS & _reasons(error)):
        return Kind.THROTTLED
    return Kind.TRANSIENT if status in _TRANSIENT else Kind.PERMANENT


def status_of(error: Exception) -> int:
    """Return the HTTP status of an error, that of gRPC's code included; 0 when a service did not answer."""
    status = getattr(error, "code", None) or getattr(_answer_of(error), "status_code", 0)
    return int(status) if isinstance(status, int) else 0


def message_of(error: Exception) -> str:
    """Return what a service says is wrong, on one line that begins with the status."""
    answer = _answer_of(error)
    if answer is None:
        text = getattr(error, "message", None) or str(error)
    else:
        text = _details(answer).get("message") or answer.content[:200].decode("utf-8", "replace")
    return " ".join(f"{status_of(error) or ''} {text}".split())


def reason_of(error: BaseException) -> str:
    """Return why there was no answer, on one line."""
    if isinstance(error, Exception) and status_of(error):
        return message_of(error)
    # urllib3 puts the object that failed in front: "<...HTTPConnection object at 0x...>: Connection refused".
    return " ".join(str(error).split()).rpartition(">: ")[2]


def _reasons(error: Exception) -> set[str]:
    answer = _answer_of(error)
    details = (_details(answer) if answer is not None else {}).get("errors")
    if not isinstance(details, list):
        return set()
    return {str(detail.get("reason")) for detail in details if isinstance(detail, dict)}


def _answer_of(error: Exception) -> Any:
    """Return the HTTP answer that an error stands for; None for one of gRPC."""
    answer = getattr(error, "response", None)
    return answer if hasattr(answer, "status_code") else None


def _details(answer: Any) -> dict[str, Any]:
    try:
        error = answer.json()["error"]
    except (ValueError, TypeError, KeyError):
        return {}
    return error if isinstance(error, dict) else {}
