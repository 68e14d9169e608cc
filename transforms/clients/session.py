"""Authorised HTTP connections that Google's clients share: ``requests``' interface over a pool of urllib3.

The clients for Cloud Storage and BigQuery take any session with the interface of :class:`requests.Session`. Over this
one, an upload costs less than half of the CPU (``benchmarks/stores/uploads.py``,
``docs/decisions/official-storage-client.md``). Signing and token refresh are those of google-auth; connection reuse and
TLS are those of urllib3.
"""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import certifi
import google.auth
import google.auth.credentials
import google.auth.exceptions
import google.auth.transport.urllib3
import orjson
import urllib3

from transforms.clients.retries import Attempts, Kind, Outage, ServiceDownError, kind_of, reason_of

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 60.0


class CredentialsError(Exception):
    """There are no credentials, or they were refused. One line: what happened, then the fix."""


class ForeignAnswerError(ValueError):
    """An answer that says success is not that of the service: a proxy on the way answered with a page of its own."""


class _Request(NamedTuple):
    """What Google's error messages say about a request."""

    method: str
    url: str


class Response:
    """An answer, read to its end, with the part of :class:`requests.Response` that Google's clients use.

    Attributes:
        status_code: HTTP status.
        headers: Its headers; names in any case.
        content: The whole body.
        request: The method and the URL that it answers.
        raw: The answer of urllib3.
    """

    def __init__(self, answer: urllib3.BaseHTTPResponse, request: _Request) -> None:
        self.status_code = answer.status
        self.headers = answer.headers
        self.content = answer.data
        self.request = request
        self.raw = answer

    @property
    def text(self) -> str:
        """The body, decoded."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> dict[str, Any]:
        """Return the body as an object, which ``null`` is as well: the answer to a deletion may be.

        Raises:
            ForeignAnswerError: It is none.
        """
        try:
            found = orjson.loads(self.content)
        except orjson.JSONDecodeError:
            found = ()
        if found is None:
            return {}
        is_error = self.status_code >= 400
        # Google's clients look into an error of any object.
        if not isinstance(found, dict) or (is_error and not isinstance(found.get("error"), dict)):
            raise ForeignAnswerError(f"begins with {self.content[:60].decode('utf-8', 'replace')!r}")
        return found

    def iter_content(self, **_options: Any) -> Iterator[bytes]:
        """Yield the body."""
        yield self.content

    def __enter__(self) -> Response:
        """Return the answer itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Do nothing: the body has been read, and the connection is in the pool again."""


class PooledSession:
    """Sends requests to one service, from any number of threads.

    Args:
        endpoint: Its URL.
        connections: Connections that are kept open; one per thread that sends requests.
        anonymous: Send no credentials, and go past a proxy, as an emulator wants it.
        outage: Shortens a try of a service that has failed for a while.

    Raises:
        CredentialsError: There are no credentials.
    """

    is_mtls = False

    def __init__(self, endpoint: str, connections: int, *, anonymous: bool, outage: Outage) -> None:
        self.credentials = find_credentials(anonymous)
        self._outage = outage
        self._pool = connection_pool(endpoint, connections, direct=anonymous)
        self._http = google.auth.transport.urllib3.AuthorizedHttp(self.credentials, self._pool)

    def request(
        self,
        method: str,
        url: str,
        data: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_options: Any,
    ) -> Response:
        """Send a request once and return the answer, whatever its status; the clients' own time limits do not count.

        Raises:
            urllib3.exceptions.HTTPError: There was no answer.
            google.auth.exceptions.GoogleAuthError: There was no token.
        """
        timeout = urllib3.Timeout(self._outage.left(_CONNECT_SECONDS), self._outage.left(_READ_SECONDS))
        answer = self._http.urlopen(
            method, url, body=data, headers=dict(headers or {}), timeout=timeout, retries=False, redirect=False
        )
        return Response(answer, _Request(method, url))

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


def find_credentials(anonymous: bool) -> google.auth.credentials.Credentials:
    """Return the credentials of this process.

    Raises:
        CredentialsError: There are none.
    """
    if anonymous:
        return google.auth.credentials.AnonymousCredentials()
    try:
        return google.auth.default(scopes=_SCOPES)[0]
    except google.auth.exceptions.GoogleAuthError as error:
        raise CredentialsError(_missing(error)) from error


def _missing(error: Exception) -> str:
    return (
        f"Google credentials are missing or were refused ({reason_of(error)}); "
        "run 'gcloud auth application-default login' or run as a service account"
    )


NO_ANSWER = (urllib3.exceptions.HTTPError, google.auth.exceptions.GoogleAuthError, ServiceDownError)
"""What a call raises when the service did not answer, or there was no token for it."""


def unanswered(endpoint: str, attempts: Attempts, error: Exception) -> str:
    """Return that a service did not answer, why, and what to do.

    Args:
        endpoint: Its URL.
        attempts: The tries.
        error: One of :data:`NO_ANSWER`.
    """
    if isinstance(error, google.auth.exceptions.GoogleAuthError) and kind_of(error) is Kind.PERMANENT:
        return _missing(error)
    how = f"{attempts}: " if attempts.tries else ""
    return f"{endpoint} does not answer ({how}{reason_of(error)}); check the network and the endpoint"


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
