from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from pydantic.dataclasses import dataclass

from pipeline.options.flags import OptionsError, parse_options, take_options
from pipeline.options.locations import FilePath
from pipeline.options.option import Group, Kind, options_of
from pipeline.requests.field import STRICT, Described


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Options:
    place: Annotated[FilePath, Described("Where.", "here", metavar="PATH")]
    count: Annotated[int, Field(ge=0, le=9), Described("How many.", "3", metavar="N")] = 0
    loud: Annotated[bool, Described("Say more.", "true")] = False


def problems(*argv: str) -> list[str]:
    with pytest.raises(OptionsError) as caught:
        parse_options(Options, argv)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    "argv",
    [
        ["--place=a b", "--count=3", "--loud"],
        ["--loud=true", "--count", "3", "--place", "a b"],
        ["--place=a b", "--count=003", "--loud", "--"],
    ],
)
def test_a_command_line_is_read(argv: list[str]) -> None:
    assert parse_options(Options, argv) == Options(place=Path("a b"), count=3, loud=True)


def test_defaults() -> None:
    assert parse_options(Options, ["--place=x"]) == Options(place=Path("x"), count=0, loud=False)


def test_every_problem_is_named_in_the_order_of_the_options() -> None:
    assert problems("--lout=1", "--count=10", "--loud=2", "--loud=3", "stray") == [
        '--lout: "1" is an unknown flag; did you mean --loud?',
        'command line: "stray" belongs to no flag; write --flag=value',
        "--place: is missing; add --place=here",
        '--count: "10" is not between 0 and 9; write it like --count=3',
        '--loud: "3" is one of 2 values; give it once',
    ]


def test_what_was_misspelt_is_not_missing() -> None:
    assert problems("--plaec=x") == ['--plaec: "x" is an unknown flag; did you mean --place?']


def test_an_empty_value_is_no_value() -> None:
    assert problems("--place=") == ['--place: "" is empty; write it like --place=here']
    assert problems("--place") == ['--place: "" is empty; write it like --place=here']


def test_what_others_read_is_left_in_its_order() -> None:
    argv = ["--other=1", "--loud", "--more", "2", "--place=x", "stray", "--", "--loud", "--x"]
    found, rest, wrong = take_options(Options, argv)
    assert found == Options(place=Path("x"), loud=True)
    assert rest == ["--other=1", "--more", "2", "stray", "--", "--loud", "--x"]
    assert wrong == []


def test_options_are_made_from_fields() -> None:
    place, count, loud = options_of(Options, Group.COMMAND)
    assert (place.kind, place.required, place.default, place.usage) == (Kind.TEXT, True, None, "--place=PATH")
    assert (count.kind, count.default, count.described) == (
        Kind.INTEGER,
        "0",
        "How many. Default: 0. Example: --count=3",
    )
    assert (loud.kind, loud.usage, loud.shown_example) == (Kind.BOOLEAN, "--loud", "--loud")


WORDS = st.sampled_from(["--place", "--place=x", "--count=1", "--count", "--loud", "--", "-", "-x", "", "x", "a=b"])


@given(st.lists(WORDS | st.text(max_size=6), max_size=6))
def test_random_command_lines_raise_nothing_but_options_errors(argv: list[str]) -> None:
    try:
        parse_options(Options, argv)
    except OptionsError as error:
        check_message(error)


def check_message(error: OptionsError) -> None:
    assert len(str(error).splitlines()) == len(error.problems) > 0
