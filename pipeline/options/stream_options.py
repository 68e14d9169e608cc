"""The options of a streaming job alone; :mod:`pipeline.options.option_table` has all the others."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from pipeline.options.locations import SUBSCRIPTION_PATTERN, TEMPLATE_PATTERN, TOPIC_PATTERN
from pipeline.options.option import Group, options_of
from pipeline.requests.field import STRICT, Described, whole, whole_or_empty


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StreamOptions:
    """How to answer requests from Pub/Sub."""

    input_subscription: Annotated[
        str,
        whole(SUBSCRIPTION_PATTERN),
        Described(
            "Answer the requests of this Pub/Sub subscription as they come, instead of one request of the command "
            "line.",
            example="projects/my-project/subscriptions/phase6-export-requests",
            metavar="SUBSCRIPTION",
        ),
    ]
    upstream_subscription: Annotated[
        str,
        whole_or_empty(SUBSCRIPTION_PATTERN),
        Described(
            "A second subscription: that of upstream's topic, whose events report that the predictions of a date are "
            "complete. Either may hold requests and events; on the local runner, the slower one delays the other.",
            example="projects/my-project/subscriptions/phase6-export-predictions-complete",
            metavar="SUBSCRIPTION",
        ),
    ] = ""
    dead_letter_topic: Annotated[
        str,
        whole(TOPIC_PATTERN),
        Described(
            "Pub/Sub topic for rejected messages, whole, with the reason; needed to answer requests.",
            example="projects/my-project/topics/phase6-export-dead-letters",
            metavar="TOPIC",
        ),
    ]
    quiet_seconds: Annotated[
        int,
        Field(ge=0, le=3600),
        Described(
            "Equal requests within this many seconds cost one export: the first is answered at once; the last one that "
            "came after it began is answered when they are over, if any table has changed.",
            example="300",
            metavar="N",
        ),
    ] = 120
    request_timeout: Annotated[
        int,
        Field(ge=10, le=3600),
        Described(
            "Seconds after which a request that is still being answered is given up and reported as failed. Tables "
            "that are not read after three quarters of them fail the types that read them; the rest is for publishing.",
            example="900",
            metavar="N",
        ),
    ] = 600
    max_stream_dates: Annotated[
        int,
        Field(ge=1, le=31),
        Described(
            "Dates of the longest request that is answered here; longer ones are launched as a batch job.",
            example="7",
            metavar="N",
        ),
    ] = 3
    batch_template: Annotated[
        str,
        whole_or_empty(TEMPLATE_PATTERN),
        Described(
            "Flex Template that longer requests are launched with; without one they are rejected. Needs --project, "
            "--region and --temp_location.",
            example="gs://my-bucket/templates/phase6-export.json",
            metavar="gs://BUCKET/FILE.json",
        ),
    ] = ""
    watch_seconds: Annotated[
        int,
        Field(ge=0, le=3600),
        Described(
            "Seconds between two checks of the schedule: while games are in play, live grading is exported; once all "
            "of a date are over, and once they are graded, its results are. 0 turns it off.",
            example="180",
            metavar="N",
        ),
    ] = 60
    min_prediction_rows: Annotated[
        int,
        Field(ge=0, le=1_000_000),
        Described(
            "Rows of predictions that a date needs before a completion event of the predictions leads to an export.",
            example="50",
            metavar="N",
        ),
    ] = 10
    min_completion_percent: Annotated[
        int,
        Field(ge=0, le=100),
        Described(
            "Share of the players, in percent, whose predictions must be complete before such an event leads to an "
            "export.",
            example="95",
            metavar="N",
        ),
    ] = 80


STREAM_OPTIONS = options_of(StreamOptions, Group.STREAM)
"""In the order of the help text."""
