from __future__ import annotations

import re
from dataclasses import fields

import pytest

from exporters.config import ExportConfig
from pipeline.options.configuration import JobConfig, RunConfig, StreamConfig
from pipeline.options.guard_options import GuardOptions, PictureOptions, ShrinkOptions
from pipeline.options.option import Group, Kind, Option
from pipeline.options.option_table import (
    BATCH_OPTIONS,
    EXPORT_OPTIONS,
    OPTIONS,
    REQUEST_OPTIONS,
    STREAMING_OPTIONS,
)
from pipeline.options.stream_options import STREAM_OPTIONS
from pipeline.requests.request_message import KEYS
from pipeline.requests.validation import fields_of


def test_request_options_are_the_request_keys() -> None:
    assert {option.name for option in REQUEST_OPTIONS} == set(KEYS)


@pytest.mark.parametrize("option", OPTIONS, ids=[option.name for option in OPTIONS])
def test_record_is_complete(option: Option) -> None:
    assert re.fullmatch("[a-z][a-z_]*", option.name)
    assert option.help.endswith(".")
    assert option.problem(option.example) is None
    assert option.default is None or option.problem(option.default) is None
    assert re.search(option.remote_regex, option.example)
    assert option.shown_example in option.described
    assert (option.kind is Kind.ENUM) is bool(option.choices)
    # No lookaround: RE2 has none, and a Flex Template's launcher may use it.
    assert not re.search(r"\(\?[^:]", option.remote_regex)


def names(group: Group) -> set[str]:
    return {option.name for option in OPTIONS if option.group is group}


def test_an_option_is_a_field_of_the_configuration() -> None:
    of_a_run = {*fields_of(ShrinkOptions), *fields_of(PictureOptions)}
    of_a_job = (names(Group.PLACES) | names(Group.RUN)) - of_a_run
    assert set(fields_of(JobConfig)) == of_a_job | {"all_leagues", "export_config", "league"}
    assert set(fields_of(RunConfig)) == set(fields_of(JobConfig)) | {"request"} | of_a_run | names(Group.ALERTS)
    assert set(fields_of(StreamConfig)) == set(fields_of(JobConfig)) | names(Group.STREAM)
    # The texts of the guards become rules that are nested.
    assert names(Group.RULES) - set(fields_of(GuardOptions)) <= {field.name for field in fields(ExportConfig)}
    assert names(Group.REQUEST) == {*KEYS, "request"}


def test_commands_share_the_options_of_a_job() -> None:
    assert set(EXPORT_OPTIONS) | set(STREAMING_OPTIONS) == set(OPTIONS)
    assert not set(EXPORT_OPTIONS) & set(STREAM_OPTIONS)
    assert not set(STREAMING_OPTIONS) & set(BATCH_OPTIONS)
