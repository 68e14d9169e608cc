from __future__ import annotations

import io
import itertools
import json
from typing import Any

import google.auth.exceptions
import pytest
import requests
import urllib3
from google.api_core import exceptions
from hypothesis import given
from hypothesis import strategies as st

from transforms.clients.retries import (
    PATIENT,
    Attempts,
    Kind,
    Outage,
    RetryPolicy,
    ServiceDownError,
    kind_of,
    message_of,
)
from transforms.clients.session import Response, _Request
from transforms.clients.throttling import THROTTLING

HASTY = RetryPolicy(first=0.001, longest=0.002, total=0.2)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def refused(status: int, body: bytes = b"") -> exceptions.GoogleAPICallError:
    answer = urllib3.HTTPResponse(io.BytesIO(body), status=status, preload_content=True)
    error: exceptions.GoogleAPICallError = exceptions.from_http_response(Response(answer, _Request("GET", "u")))
    return error


def error_body(message: str, *reasons: str) -> bytes:
    return json.dumps({"error": {"message": message, "errors": [{"reason": reason} for reason in reasons]}}).encode()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (urllib3.exceptions.ProtocolError("Connection broken"), Kind.TRANSIENT),
        (urllib3.exceptions.ConnectTimeoutError(), Kind.TRANSIENT),
        (requests.ConnectionError("Connection refused"), Kind.TRANSIENT),
        (requests.ReadTimeout("too slow"), Kind.TRANSIENT),
        (google.auth.exceptions.TransportError("no metadata server"), Kind.TRANSIENT),
        (google.auth.exceptions.RefreshError("invalid_grant"), Kind.PERMANENT),
        (google.auth.exceptions.RefreshError("try later", retryable=True), Kind.TRANSIENT),
        (exceptions.ServiceUnavailable("gone"), Kind.TRANSIENT),
        (exceptions.InternalServerError("gone"), Kind.TRANSIENT),
        (exceptions.Unknown("gone"), Kind.TRANSIENT),
        (exceptions.DeadlineExceeded("gone"), Kind.TRANSIENT),
        (exceptions.Aborted("gone"), Kind.TRANSIENT),
        (exceptions.Conflict("exists"), Kind.PERMANENT),
        (exceptions.ResourceExhausted("slow down"), Kind.THROTTLED),
        (exceptions.PermissionDenied("no"), Kind.PERMANENT),
        (exceptions.NotFound("no"), Kind.PERMANENT),
        (ServiceDownError("down"), Kind.PERMANENT),
        (ValueError("a fault of ours"), Kind.PERMANENT),
        *[(refused(status), Kind.TRANSIENT) for status in (408, 500, 502, 503, 504)],
        *[(refused(status), Kind.PERMANENT) for status in (400, 401, 404, 409, 412)],
        (refused(429), Kind.THROTTLED),
        (refused(403, error_body("m", "rateLimitExceeded")), Kind.THROTTLED),
        (refused(403, error_body("m", "forbidden")), Kind.PERMANENT),
        (refused(403, error_body("m")), Kind.PERMANENT),
        (refused(403, b"[]"), Kind.PERMANENT),
    ],
    ids=str,
)
def test_an_error_is_transient_throttled_or_permanent(error: Exception, kind: Kind) -> None:
    assert kind_of(error) is kind


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (refused(403, error_body("m\nn")), "403 m n"),
        (refused(403, b"[]"), "403 []"),
        (refused(500, b"<html>\n\xff"), "500 <html> \ufffd"),
        (refused(400, b'{"error": "invalid_grant"}'), '400 {"error": "invalid_grant"}'),
        (refused(429), "429"),
        (exceptions.NotFound("no such\ntable"), "404 no such table"),
    ],
)
def test_a_message_is_one_line_with_the_status(error: Exception, message: str) -> None:
    assert message_of(error) == message


def attempts(outage: Outage | None = None, policy: RetryPolicy = HASTY, service: str = "test") -> Attempts:
    return Attempts(policy, outage or Outage(policy.total), service)


def failing(*errors: Exception) -> Any:
    waiting = list(errors)

    def call() -> str:
        if waiting:
            raise waiting.pop(0)
        return "answer"

    return call


def test_a_call_is_tried_until_it_is_answered() -> None:
    tries = attempts()
    assert tries(failing(exceptions.ServiceUnavailable("1"), urllib3.exceptions.HTTPError("2")))() == "answer"
    assert (tries.tries, tries.unsure) == (3, True)
    assert str(tries).startswith("tried 3 times in ")


def test_a_call_that_was_only_throttled_is_sure() -> None:
    tries = attempts(service="throttled")
    assert tries(failing(*[exceptions.TooManyRequests("slow")] * 2))() == "answer"
    assert not tries.unsure
    assert THROTTLING.waited("throttled") > 0


def test_a_permanent_error_is_raised_at_once() -> None:
    tries = attempts()
    with pytest.raises(exceptions.NotFound):
        tries(failing(exceptions.NotFound("no")))()
    assert tries.tries == 1


def test_the_last_error_is_raised_when_the_time_is_over() -> None:
    tries = attempts(policy=RetryPolicy(0.001, 0.001, 0.05))
    with pytest.raises(exceptions.ServiceUnavailable, match="again"):
        tries(failing(*[exceptions.ServiceUnavailable("again")] * 10_000))()
    assert tries.tries > 2


def test_a_service_that_is_down_is_not_asked_until_a_probe_is_due() -> None:
    clock = Clock()
    outage = Outage(60.0, clock)
    outage.failed(outage.enter(), exceptions.ServiceUnavailable("gone"))
    clock.now += 59
    outage.failed(outage.enter(), exceptions.ServiceUnavailable("gone"))
    assert not outage.is_over_budget
    clock.now += 1
    assert outage.is_over_budget
    # The first call after that time is the probe; those beside it fail.
    outage.failed(outage.enter(), exceptions.ServiceUnavailable("gone"))
    with pytest.raises(ServiceDownError, match="no answer for 60 s: 503 gone"):
        outage.enter()
    clock.now += 15
    outage.enter()
    with pytest.raises(ServiceDownError):
        outage.enter()
    outage.answered()
    outage.enter()
    assert not outage.is_over_budget


def test_an_answer_ends_an_outage() -> None:
    clock = Clock()
    outage = Outage(60.0, clock)
    outage.failed(outage.enter(), exceptions.ServiceUnavailable("gone"))
    clock.now += 50
    outage.answered()
    outage.failed(outage.enter(), exceptions.ServiceUnavailable("gone"))
    clock.now += 50
    assert not outage.is_over_budget


def test_a_call_that_began_before_the_first_failure_counts_from_its_start() -> None:
    clock = Clock()
    outage = Outage(60.0, clock)
    early = outage.enter()
    clock.now += 55
    outage.failed(outage.enter(), exceptions.ServiceUnavailable("gone"))
    outage.failed(early, exceptions.ServiceUnavailable("gone"))
    clock.now += 5
    assert outage.is_over_budget


def test_a_refusal_is_an_answer() -> None:
    clock = Clock()
    outage = Outage(60.0, clock)
    outage.failed(outage.enter(), exceptions.ServiceUnavailable("gone"))
    clock.now += 60
    assert outage.is_over_budget
    with pytest.raises(exceptions.NotFound):
        attempts(outage)(failing(exceptions.NotFound("no")))()
    assert not outage.is_over_budget


@given(st.floats(0, 200), st.floats(1, 100))
def test_a_try_never_outlasts_the_budget_by_more_than_the_least_time(elapsed: float, most: float) -> None:
    clock = Clock()
    outage = Outage(75.0, clock)
    assert outage.left(most) == most
    outage.failed(outage.enter(), exceptions.ServiceUnavailable("gone"))
    clock.now += elapsed
    assert outage.left(most) <= max(5.0, 75.0 - elapsed) + 1e-6
    assert outage.left(most) <= most


def test_a_service_that_is_down_is_reported_within_ninety_seconds() -> None:
    # The last try begins before the total, and takes the least time; another thread may sleep its longest wait.
    assert PATIENT.total + max(5.0, 2 * PATIENT.longest) <= 90


def test_waits_are_spread_up_to_twice_their_mean() -> None:
    rounds = [list(itertools.islice(attempts(policy=PATIENT)._waits(), 5)) for _ in range(100)]
    for waits, mean in zip(zip(*rounds, strict=True), (1, 2, 4, 5, 5), strict=True):
        assert all(0 <= wait <= 2 * mean for wait in waits)
        assert max(waits) - min(waits) > mean
