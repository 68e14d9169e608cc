"""Requests to Google's JSON APIs: credentials, connections and retries.

A request costs less than half of the CPU that the official clients spend on it (``benchmarks/uploads.py``), and we
decide ourselves what is tried again and what that may mean. Signing, token refresh, connection reuse and TLS are those
of google-auth and urllib3.

What is tried again:

=====================================  ==================================================================
the connection fails or breaks         the service may have carried the request out: the answer is *unsure*
408, 500, 502, 503, 504                likewise
429, 403 with ``rateLimitExceeded``    the service refused the request and asks to slow down
anything else                          an answer
=====================================  ==================================================================
"""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import certifi
import google.auth
import google.auth.credentials
import google.auth.exceptions
import google.auth.transport.urllib3
import orjson
import urllib3

from transforms.clients.backoff import Backoff
from transforms.clients.throttling import THROTTLING

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_TIMEOUT = urllib3.Timeout(connect=10, read=60)
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_RATE_LIMITS = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})


class RestError(Exception):
    """A service did not answer. The message is one line: what happened, then the fix."""


@dataclass(frozen=True)
class Answer:
    """What a service answered.

    Attributes:
        status: HTTP status.
        body: The whole body.
        unsure: An earlier try got no clear answer, so the service may have carried out the request before this answer.
        tries: How it went, when the service refused every try; empty otherwise.
    """

    status: int
    body: bytes
    unsure: bool = False
    tries: str = ""
    date: str = ""

    def json(self) -> Any:
        """Return the body, decoded."""
        return orjson.loads(self.body)

    @property
    def message(self) -> str:
        """What the service says is wrong, on one line."""
        error = self._error
        text = error.get("message") or self.body[:200].decode("utf-8", "replace")
        return " ".join(f"{self.status} {text} {f'({self.tries})' if self.tries else ''}".split())

    @property
    def rate_limited(self) -> bool:
        """Whether the service asks to slow down."""
        if self.status != 403:
            return self.status == 429
        details = self._error.get("errors") or [{}]
        return details[0].get("reason") in _RATE_LIMITS

    @property
    def _error(self) -> Mapping[str, Any]:
        try:
            error = self.json()["error"]
        except (ValueError, TypeError, KeyError):
            return {}
        return error if isinstance(error, dict) else {}


@dataclass(frozen=True)
class RestSettings:
    """How a service is reached.

    Attributes:
        endpoint: The service's URL, without a slash at its end.
        anonymous: Send no credentials, as an emulator wants it.
        connections: Connections that are kept open; one per thread that sends requests.
        backoff: Waits between the tries of a request.
        service: Counter namespace that the waits are reported under when the service asks to slow down.
    """

    endpoint: str
    anonymous: bool
    connections: int
    backoff: Backoff
    service: str


class RestClient:
    """Sends requests to one service, from any number of threads."""

    def __init__(self, settings: RestSettings) -> None:
        self._settings = settings
        self._pool = connection_pool(settings.endpoint, settings.connections, direct=settings.anonymous)
        self._http = google.auth.transport.urllib3.AuthorizedHttp(find_credentials(settings.anonymous), self._pool)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send a request, again as often as it may help, and return the last answer.

        Args:
            method: HTTP method.
            path: Path below the endpoint, escaped.
            query: Query parameters.
            body: Sent as it is.
            content_type: Of the body.

        Raises:
            RestError: There was no answer.
        """
        url = f"{self._settings.endpoint}{path}"
        if query:
            url = f"{url}?{urlencode(query)}"
        headers = {} if body is None else {"Content-Type": content_type}
        waits = self._settings.backoff.start()
        unsure = False
        while True:
            try:
                response = self._http.urlopen(
                    method, url, body=body, headers=headers, timeout=_TIMEOUT, retries=False, redirect=False
                )
            except (urllib3.exceptions.HTTPError, google.auth.exceptions.GoogleAuthError) as error:
                if _is_refused(error):
                    raise RestError(_no_credentials(error)) from error
                unsure = True
                if waits.wait() is None:
                    raise RestError(
                        f"{self._settings.endpoint} does not answer ({waits}: {_reason(error)}); "
                        "check the network and the endpoint"
                    ) from error
                continue
            answer = Answer(response.status, response.data, unsure, date=response.headers.get("Date", ""))
            limited = answer.rate_limited
            if answer.status not in _TRANSIENT and not limited:
                return answer
            waited = waits.wait()
            if waited is None:
                return Answer(answer.status, answer.body, unsure, str(waits))
            if limited:
                THROTTLING.add(self._settings.service, waited)
            else:
                unsure = True


def find_credentials(anonymous: bool) -> google.auth.credentials.Credentials:
    """Return the credentials of this process.

    Raises:
        RestError: There are none.
    """
    if anonymous:
        return google.auth.credentials.AnonymousCredentials()
    try:
        return google.auth.default(scopes=_SCOPES)[0]
    except google.auth.exceptions.GoogleAuthError as error:
        raise RestError(_no_credentials(error)) from error


def _is_refused(error: Exception) -> bool:
    """Tell whether there is no way to get a token, rather than no answer to the request for one."""
    if isinstance(error, google.auth.exceptions.TransportError):
        return False
    return isinstance(error, google.auth.exceptions.GoogleAuthError) and not error.retryable


def _no_credentials(error: Exception) -> str:
    return (
        f"Google credentials are missing or were refused ({_reason(error)}); "
        "run 'gcloud auth application-default login' or run as a service account"
    )


def _reason(error: BaseException) -> str:
    # urllib3 puts the object that failed in front: "<...HTTPConnection object at 0x...>: Connection refused".
    return " ".join(str(error).split()).rpartition(">: ")[2]


def connection_pool(endpoint: str, connections: int, *, direct: bool) -> urllib3.PoolManager:
    """Return the connections to a service.

    Args:
        endpoint: Its URL.
        connections: How many are kept open; further ones wait for them.
        direct: Go past the proxy that the environment names.
    """
    url = urlsplit(endpoint)
    options: dict[str, Any] = {"maxsize": connections, "block": True}
    if url.scheme == "https":
        options["ssl_context"] = _tls()
    proxy = None if direct else urllib.request.getproxies().get(url.scheme)
    if proxy and not urllib.request.proxy_bypass(url.netloc):
        return urllib3.ProxyManager(proxy, **options)
    return urllib3.PoolManager(**options)


@cache
def _tls() -> ssl.SSLContext:
    # The system knows the certificates of a company's proxy; certifi knows the others where the system has none.
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
