"""Google's client for Cloud Storage over connections that the threads of a process share."""

from __future__ import annotations

from dataclasses import dataclass

from google.cloud import storage

from transforms.clients.retries import Attempts, Outage, RetryPolicy
from transforms.clients.session import PooledSession
from transforms.clients.throttling import GCS


@dataclass(frozen=True)
class GcsSettings:
    """How the service is reached: what stores share a client by.

    Attributes:
        endpoint: Its URL.
        anonymous: Send no credentials, as an emulator wants it.
        connections: Connections that are kept open; one per thread that sends requests.
        retry: Waits between the tries of a request.
    """

    endpoint: str
    anonymous: bool
    connections: int
    retry: RetryPolicy


class GcsClient:
    """Google's client over connections that threads share, and what is known about the service."""

    def __init__(self, settings: GcsSettings) -> None:
        self._retry = settings.retry
        self._outage = Outage(settings.retry.total)
        self.session = PooledSession(
            settings.endpoint, settings.connections, anonymous=settings.anonymous, outage=self._outage
        )
        self.client = storage.Client(
            project="unused",
            credentials=self.session.credentials,
            _http=self.session,
            client_options={"api_endpoint": settings.endpoint},
        )
        # It serves trace spans, and costs a request for the bucket, which takes a permission of its own.
        self.client._bucket_metadata_cache = None

    def attempts(self) -> Attempts:
        """Return the tries of one call."""
        return Attempts(self._retry, self._outage, GCS)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
