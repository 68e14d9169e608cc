"""The options of alerts: of the process that waits for a run, and of a verification."""

from __future__ import annotations

import os
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from pipeline.options.locations import FEED_KEY_PATTERN, FEED_URL_PATTERN, URL_PATTERN
from pipeline.requests.field import STRICT, Described, whole, whole_or_empty

_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
HEAL_PATTERN = rf"(?:{FEED_URL_PATTERN}|http://(?:localhost|127\.0\.0\.1)(?::[0-9]{{1,5}})?)(?:/[A-Za-z0-9._~/-]*)?"
"""A token is only sent over an encrypted connection, or to this machine."""
QUIET_PATTERN = f"{_TIME}-{_TIME}"
"""``23:30-08:00``: from the first time to the second, which may be that of the next morning."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class AlertOptions:
    """Where incidents are reported."""

    alert_webhook: Annotated[
        str,
        whole_or_empty(FEED_KEY_PATTERN),
        Described(
            "Where the URL of the webhook is that receives a message for each incident: an environment variable, or a "
            "version of a secret of Secret Manager. The URL itself is never given on a command line.",
            example="secret:projects/my-project/secrets/phase6-alerts/versions/latest",
            default_help="no messages",
            metavar="env:NAME|secret:VERSION",
            is_secret=True,
        ),
    ] = ""
    alert_format: Annotated[
        Literal["auto", "slack", "discord", "json"],
        Described(
            "The form of its messages; auto is that of the webhook's host, and plain JSON for any other.",
            example="json",
            metavar="auto|slack|discord|json",
        ),
    ] = "auto"
    quiet_hours: Annotated[
        str,
        whole_or_empty(QUIET_PATTERN),
        Described(
            "When messages wait, in New York: HH:MM-HH:MM. They are sent by the first check after it; critical ones "
            "are sent at once.",
            example="01:00-08:00",
            default_help="never",
            metavar="HH:MM-HH:MM",
        ),
    ] = ""
    structured_logs: Annotated[
        bool,
        Described(
            "Write findings, incidents and outcomes to standard error as JSON lines, with severity and labels, as "
            "Cloud Logging reads them.",
            example="true",
        ),
    ] = False

    otlp_endpoint: Annotated[
        str,
        whole_or_empty(URL_PATTERN),
        Described(
            "A collector of OpenTelemetry: it receives runs, documents, seconds and ages as metrics (OTLP over HTTP).",
            example="http://localhost:4318",
            default_help="the environment variable OTEL_EXPORTER_OTLP_ENDPOINT; without it, none",
            metavar="URL",
        ),
    ] = ""

    heal_url: Annotated[
        str,
        whole_or_empty(HEAL_PATTERN),
        Described(
            "An endpoint that is called with date and stage when no player reaches a stage of the funnel of today or a "
            "later date, so that upstream makes what is missing.",
            example="https://self-heal-abc-uw.a.run.app/heal",
            default_help="nothing is called",
            metavar="URL",
        ),
    ] = ""
    heal_auth: Annotated[
        str,
        whole(f"google|{FEED_KEY_PATTERN}"),
        Described(
            "The bearer token of that call: an ID token of this process's Google service account, or what an "
            "environment variable or a secret holds.",
            example="secret:projects/my-project/secrets/self-heal/versions/latest",
            metavar="google|env:NAME|secret:VERSION",
            is_secret=True,
        ),
    ] = "google"
    heal_calls: Annotated[
        int,
        Field(ge=1, le=100),
        Described("The most calls for a date and stage.", example="5", metavar="N"),
    ] = 3

    @property
    def collector(self) -> str:
        """The collector of metrics; empty for none."""
        return self.otlp_endpoint or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()

    @property
    def has_alerts(self) -> bool:
        """Whether anything is to be reported."""
        return bool(self.alert_webhook or self.collector or self.heal_url) or self.structured_logs
