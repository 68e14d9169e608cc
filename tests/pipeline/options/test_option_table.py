from __future__ import annotations

import re

import pytest

from pipeline.options.option import Kind, Option
from pipeline.options.option_table import OPTIONS, REQUEST_OPTIONS
from pipeline.requests.request_message import KEYS


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
