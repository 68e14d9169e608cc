"""The place of the live feed's key. Configurations and pickles hold the place, never the key."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Protocol

import google.auth.exceptions
import google_crc32c
import requests
from google.api_core import exceptions

from transforms.clients.retries import Attempts, Outage, RetryPolicy, ServiceDownError, message_of, reason_of
from transforms.clients.session import CredentialsError, find_credentials
from transforms.live_feed.warehouse import LiveFeedError

SECRETS = "https://secretmanager.googleapis.com"
_RETRY = RetryPolicy(first=0.5, longest=1.0, total=5.0)
_CALL_SECONDS = 5.0


class FeedKey(Protocol):
    """A place that holds a key. Implementations are picklable values, whose text names the place only."""

    def read(self) -> str:
        """Return the key.

        Raises:
            LiveFeedError: There is none.
        """


@dataclass(frozen=True)
class EnvironmentKey:
    """A key in an environment variable of the process that reads the feed.

    Attributes:
        name: Name of the variable.
    """

    name: str

    def read(self) -> str:
        """Return the value of the variable."""
        key = os.environ.get(self.name, "").strip()
        if not key:
            raise LiveFeedError(f"the environment variable {self.name}, which should hold the feed's key, is not set")
        return key


@dataclass(frozen=True)
class SecretKey:
    """A key in a version of a secret of Secret Manager.

    Attributes:
        version: ``projects/PROJECT/secrets/SECRET/versions/VERSION``.
        endpoint: URL of Secret Manager; any other is called without credentials.
    """

    version: str
    endpoint: str = SECRETS

    def read(self) -> str:
        """Return the content of the version."""
        # Most feeds need no secret, and the client takes a while to load.
        from google.cloud import secretmanager

        try:
            client = secretmanager.SecretManagerServiceClient(
                credentials=find_credentials(self.endpoint != SECRETS),
                transport="rest",
                client_options={"api_endpoint": self.endpoint},
            )
            with client:
                attempts = Attempts(_RETRY, Outage(_RETRY.total), "secret")
                payload = client.access_secret_version(name=self.version, retry=attempts, timeout=_CALL_SECONDS).payload
        except (exceptions.PermissionDenied, exceptions.Forbidden, exceptions.NotFound) as error:
            raise LiveFeedError(
                f"{self.version} cannot be read: {message_of(error)}; "
                "grant roles/secretmanager.secretAccessor on the secret"
            ) from error
        except exceptions.GoogleAPICallError as error:
            raise LiveFeedError(f"{self.version} cannot be read: {message_of(error)}; run again") from error
        except CredentialsError as error:
            raise LiveFeedError(f"{self.version} cannot be read: {error}") from error
        except (requests.RequestException, ServiceDownError, google.auth.exceptions.GoogleAuthError) as error:
            raise LiveFeedError(f"{self.version} cannot be read: {reason_of(error)}; check the network") from error
        except Exception:
            # Without the cause, which may quote the secret.
            raise LiveFeedError(f"{self.version} cannot be read: Secret Manager's answer is not understood") from None
        if payload.data_crc32c and payload.data_crc32c != google_crc32c.value(payload.data):
            raise LiveFeedError(f"{self.version} cannot be read: it arrives damaged; run again")
        return str(payload.data.decode()).strip()
