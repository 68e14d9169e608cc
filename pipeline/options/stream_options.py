"""The options of a streaming job alone; :mod:`pipeline.options.option_table` has all the others."""

from __future__ import annotations

from pipeline.options.locations import SUBSCRIPTION_PATTERN, TEMPLATE_PATTERN, TOPIC_PATTERN
from pipeline.options.option import Group, Kind, Option

STREAM_OPTIONS: tuple[Option, ...] = (
    Option(
        "input_subscription",
        Kind.TEXT,
        Group.STREAM,
        "Answer the requests of this Pub/Sub subscription as they come, instead of one request of the command line.",
        example="projects/my-project/subscriptions/phase6-export-requests",
        metavar="SUBSCRIPTION",
        pattern=SUBSCRIPTION_PATTERN,
    ),
    Option(
        "upstream_subscription",
        Kind.TEXT,
        Group.STREAM,
        "A second subscription: that of upstream's topic, whose events say that the predictions of a date are "
        "complete. Either may hold requests and events; on the local runner, two of them wait for each other.",
        example="projects/my-project/subscriptions/phase6-export-predictions-complete",
        metavar="SUBSCRIPTION",
        pattern=SUBSCRIPTION_PATTERN,
    ),
    Option(
        "dead_letter_topic",
        Kind.TEXT,
        Group.STREAM,
        "Pub/Sub topic that takes the messages that were rejected, whole, with the reason; needed to answer requests.",
        example="projects/my-project/topics/phase6-export-dead-letters",
        metavar="TOPIC",
        pattern=TOPIC_PATTERN,
    ),
    Option(
        "quiet_seconds",
        Kind.INTEGER,
        Group.STREAM,
        "Equal requests within this many seconds cost one export: the first is answered at once; the last one that "
        "came after it began is answered when they are over, if any table has changed.",
        example="300",
        default="120",
        metavar="N",
        high=3600,
    ),
    Option(
        "request_timeout",
        Kind.INTEGER,
        Group.STREAM,
        "Seconds after which a request that is still being answered is given up and reported as failed.",
        example="900",
        default="600",
        metavar="N",
        low=10,
        high=3600,
    ),
    Option(
        "max_stream_dates",
        Kind.INTEGER,
        Group.STREAM,
        "Dates of the longest request that is answered here; longer ones are launched as a batch job.",
        example="7",
        default="3",
        metavar="N",
        low=1,
        high=31,
    ),
    Option(
        "batch_template",
        Kind.TEXT,
        Group.STREAM,
        "Flex Template that longer requests are launched with; without one they are rejected. Needs --project, "
        "--region and --temp_location.",
        example="gs://my-bucket/templates/phase6-export.json",
        metavar="gs://BUCKET/FILE.json",
        pattern=TEMPLATE_PATTERN,
    ),
    Option(
        "watch_seconds",
        Kind.INTEGER,
        Group.STREAM,
        "Seconds between two looks at the schedule: while games are in play, live grading is exported; once all of a "
        "date are over, and once they are graded, its results are. 0 never looks.",
        example="180",
        default="60",
        metavar="N",
        high=3600,
    ),
    Option(
        "min_prediction_rows",
        Kind.INTEGER,
        Group.STREAM,
        "Rows of predictions that a date needs before a completion event of the predictions leads to an export.",
        example="50",
        default="10",
        metavar="N",
    ),
    Option(
        "min_completion_percent",
        Kind.INTEGER,
        Group.STREAM,
        "Share of the players, in percent, whose predictions must be complete before such an event leads to an export.",
        example="95",
        default="80",
        metavar="N",
        high=100,
    ),
)
"""In the order of the help text."""
