"""Where and as what the workers of a job run: network, addresses, encryption key, labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NETWORK_PATTERN = r"(?:projects/[a-z][a-z0-9-]+/global/networks/)?[a-z][a-z0-9-]{0,62}"
SUBNETWORK_PATTERN = (
    r"(?:https://www\.googleapis\.com/compute/v1/projects/[a-z][a-z0-9-]+/)?"
    r"regions/[a-z0-9-]+/subnetworks/[a-z][a-z0-9-]{0,62}"
)
_LABEL = r"[a-z][a-z0-9_-]{0,62}=[a-z0-9_-]{0,63}"
LABELS_PATTERN = rf"{_LABEL}(?:,{_LABEL})*"

OWN_LABELS = ("app", "commit", "lock")
"""Labels that every job sets itself."""


@dataclass(frozen=True)
class Workers:
    """Where and as what the workers of a job run; a value that travels to workers.

    Attributes:
        network: Empty for the project's default.
        subnetwork: Empty for that of the network.
        private_ips: Whether workers have no public addresses.
        kms_key: Encrypts the state of the job; empty for Google's key.
        labels: Of the job.
    """

    network: str = ""
    subnetwork: str = ""
    private_ips: bool = False
    kms_key: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, Any]:
        """Return them as part of the environment of a ``flexTemplates:launch`` call, without what is empty."""
        found: dict[str, Any] = {
            "network": self.network,
            "subnetwork": self.subnetwork,
            "ipConfiguration": "WORKER_IP_PRIVATE" if self.private_ips else "",
            "kmsKeyName": self.kms_key,
        }
        return {name: value for name, value in found.items() if value}


def labels_of(text: str) -> dict[str, str]:
    """Return the labels of a text, ``name=value`` separated by commas."""
    pairs = (label.partition("=") for label in text.split(",") if label)
    return {name: value for name, _, value in pairs}
