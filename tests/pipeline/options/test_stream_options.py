from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from apache_beam.options.pipeline_options import StandardOptions

from pipeline.options.command_line import OptionsError
from pipeline.options.configuration import RunConfig, StreamConfig, parse_job
from pipeline.options.locations import BigQueryProject, GcsPrefix
from pipeline.options.option_table import BATCH_OPTIONS
from pipeline.options.stream_options import STREAM_OPTIONS

NOW = datetime(2026, 2, 12, 18, tzinfo=timezone.utc)
SUBSCRIPTION = "projects/my-project/subscriptions/requests"
PLACES = ("--warehouse=bigquery:my-project", "--output=gs://my-bucket/v1")
STREAM = (
    *PLACES,
    f"--input_subscription={SUBSCRIPTION}",
    "--dead_letter_topic=projects/my-project/topics/dead-letters",
)


def parse(*argv: str) -> Any:
    return parse_job(argv, known_types=("tonight",), groups={}, now=NOW)


def config(*argv: str) -> StreamConfig:
    found = parse(*argv)[1]
    assert isinstance(found, StreamConfig)
    return found


def problems(*argv: str) -> list[str]:
    with pytest.raises(OptionsError) as caught:
        parse(*argv)
    return str(caught.value).splitlines()


class TestStream:
    def test_smallest_job(self) -> None:
        found = config(*STREAM)
        assert (found.warehouse, found.output) == (BigQueryProject("my-project"), GcsPrefix("my-bucket", "v1"))
        assert (found.input_subscription, found.completion_topic) == (SUBSCRIPTION, "")
        assert (found.quiet_seconds, found.request_timeout, found.watch_seconds) == (120, 600, 60)
        assert (found.max_stream_dates, found.min_prediction_rows, found.min_completion_percent) == (3, 10, 80)
        assert (found.upstream_subscription, found.batch_template) == ("", "")

    def test_it_is_a_streaming_job_for_beam(self) -> None:
        assert parse(*STREAM)[0].view_as(StandardOptions).streaming
        assert parse(*STREAM, "--streaming")[0].view_as(StandardOptions).streaming

    def test_the_champion_is_that_of_requests_that_name_none(self) -> None:
        assert config(*STREAM, "--champion_system_id=other").export_config.champion_system_id == "other"

    @pytest.mark.parametrize("option", STREAM_OPTIONS, ids=lambda option: option.name)
    def test_every_option_is_taken(self, option: Any) -> None:
        more = ("--project=p", "--region=r", "--temp_location=gs://b/t") if option.name == "batch_template" else ()
        argv = [argument for argument in STREAM if not argument.startswith(f"{option.flag}=")]
        value = getattr(config(*argv, f"{option.flag}={option.example}", *more), option.name)
        assert str(value) == option.example

    @pytest.mark.parametrize("option", BATCH_OPTIONS, ids=lambda option: option.name)
    def test_options_of_a_request_are_rejected(self, option: Any) -> None:
        [problem] = problems(*STREAM, f"{option.flag}={option.example}")
        assert problem.startswith(f"{option.flag}: ")
        assert problem.endswith("means nothing in a streaming job; leave it out; messages say what to export")

    def test_rejected_messages_need_a_place(self) -> None:
        [problem] = problems(*STREAM[:3])
        assert problem.startswith(
            "--dead_letter_topic: is missing; add --dead_letter_topic=projects/my-project/topics/"
        )

    @pytest.mark.parametrize(
        ("argument", "says"),
        [
            ("--input_subscription=requests", '"requests" is not understood'),
            ("--input_subscription=projects/my-project/topics/requests", "is not understood"),
            ("--dead_letter_topic=projects/my-project/subscriptions/dead", "is not understood"),
            ("--completion_topic=done", '"done" is not understood'),
            ("--quiet_seconds=soon", '"soon" is not a whole number'),
            ("--request_timeout=5", '"5" is not between 10 and 3600'),
            ("--max_stream_dates=0", '"0" is not between 1 and 31'),
            ("--batch_template=gs://bucket/template", "is not understood"),
        ],
    )
    def test_what_is_wrong_is_named_with_its_fix(self, argument: str, says: str) -> None:
        flag = argument.partition("=")[0]
        argv = [known for known in STREAM if not known.startswith(f"{flag}=")]
        [problem] = [line for line in problems(*argv, argument) if says in line]
        assert problem.startswith(f"{flag}: ")
        assert f"write it like {flag}=" in problem

    def test_all_problems_are_reported(self) -> None:
        found = problems("--input_subscription=x", "--watch_seconds=often", "--warehous=y")
        assert [line.partition(":")[0] for line in found] == [
            "--warehous",
            "--output",
            "--input_subscription",
            "--dead_letter_topic",
            "--watch_seconds",
        ]


class TestRun:
    def test_a_request_is_no_stream(self) -> None:
        argv = (*PLACES, "--export_types=tonight", "--target_date=today")
        assert isinstance(parse(*argv)[1], RunConfig)

    @pytest.mark.parametrize(
        "option", [o for o in STREAM_OPTIONS if o.name != "input_subscription"], ids=lambda option: option.name
    )
    def test_options_of_a_stream_mean_nothing_to_it(self, option: Any) -> None:
        argv = (*PLACES, "--export_types=tonight", "--target_date=today", f"{option.flag}={option.example}")
        [problem] = problems(*argv)
        assert problem == f'{option.flag}: "{option.example}" means nothing without --input_subscription; leave it out'

    def test_a_stream_without_anything_to_read(self) -> None:
        [problem] = problems(*PLACES, "--streaming", "--export_types=tonight", "--target_date=today")
        assert problem.startswith("--streaming: has nothing to read; add --input_subscription=projects/")

    def test_both_publish_outcomes_to_a_topic(self) -> None:
        done = "projects/my-project/topics/done"
        found = parse(*PLACES, "--export_types=tonight", "--target_date=today", f"--completion_topic={done}")[1]
        assert found.completion_topic == done
        assert config(*STREAM, f"--completion_topic={done}").completion_topic == done
