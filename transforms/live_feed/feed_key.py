"""The place of the live feed's key. Configurations and pickles hold the place, never the key."""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass
from typing import Protocol

from transforms.clients.backoff import Backoff
from transforms.clients.google_rest import RestClient, RestError, RestSettings
from transforms.live_feed.warehouse import LiveFeedError

SECRETS = "https://secretmanager.googleapis.com"
_BACKOFF = Backoff(first=0.5, longest=2, total=5)


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
        settings = RestSettings(self.endpoint, self.endpoint != SECRETS, 1, _BACKOFF, "secret")
        client = None
        try:
            client = RestClient(settings)
            answer = client.request("GET", f"/v1/{self.version}:access")
            if answer.status != 200:
                raise LiveFeedError(
                    f"{self.version} cannot be read: {answer.message}; "
                    "grant roles/secretmanager.secretAccessor on the secret"
                )
            return base64.b64decode(answer.json()["payload"]["data"], validate=True).decode().strip()
        except RestError as error:
            raise LiveFeedError(f"{self.version} cannot be read: {error}") from error
        except (ValueError, TypeError, KeyError, binascii.Error):
            # Without the cause, which may quote the secret.
            raise LiveFeedError(f"{self.version} cannot be read: Secret Manager's answer is not understood") from None
        finally:
            if client is not None:
                client.close()
