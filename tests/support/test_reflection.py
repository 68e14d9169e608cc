from __future__ import annotations

import inspect
from types import MethodType

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions, TypeOptions
from apache_beam.transforms import core, userstate

from pipeline.options.command_line import ExportOptions
from tests.support import reflection

STATE = userstate.BagStateSpec("seen", beam.coders.StrUtf8Coder())


class _Counting(beam.DoFn):
    def process(
        self, element: str, times: int = 2, seen: object = beam.DoFn.StateParam(STATE), *, more: int = 1
    ) -> None:
        """Take arguments of every kind."""


class _Other(_Counting):
    def process(self, element: str, *others: object) -> None:
        """Take other arguments by the same name."""


def test_the_tests_run_with_it() -> None:
    assert core.get_function_args_defaults is reflection.arguments_of
    assert PipelineOptions.view_as is reflection.view_as


@pytest.mark.parametrize(
    "function", [_Counting(), _Other(), core.CallableWrapperDoFn(str.strip), len, STATE.to_runner_api]
)
def test_arguments_are_those_that_beam_finds_each_time(function: object) -> None:
    methods = [value for _, value in inspect.getmembers(function, lambda value: isinstance(value, MethodType))]
    for found in (*methods, *([function] if callable(function) else [])):
        for _ in range(2):
            names, defaults = reflection.arguments_of(found)
            assert (names, defaults) == reflection.inspect_arguments(found)
            # What a caller does to them is not kept.
            names.append("other")
            defaults.clear()


FLAGS = ["--runner=Other", "--streaming", "--experiments=one", "--experiments=two", "--warehouse=w", "--unknown=1"]


@pytest.mark.parametrize(
    "kind", [StandardOptions, TypeOptions, ExportOptions, beam.options.pipeline_options.DebugOptions]
)
def test_a_view_is_the_one_that_beam_makes(kind: type[PipelineOptions]) -> None:
    for flags in (FLAGS, [], FLAGS[:1]):
        for _ in range(2):
            ours, beams = PipelineOptions(flags), PipelineOptions(flags)
            view = reflection.view_as(ours, kind)
            assert type(view) is kind
            assert view.get_all_options() == reflection.make_view(beams, kind).get_all_options()
            assert ours._all_options == beams._all_options


def test_views_of_the_same_options_share_what_is_set_and_others_do_not() -> None:
    debugging = beam.options.pipeline_options.DebugOptions
    options, other = PipelineOptions(FLAGS), PipelineOptions(FLAGS)
    options.view_as(debugging).experiments.append("three")
    options.view_as(StandardOptions).runner = "Another"
    assert options.view_as(debugging).experiments == ["one", "two", "three"]
    assert options.view_as(StandardOptions).runner == "Another"
    assert other.view_as(debugging).experiments == ["one", "two"]
    assert other.view_as(StandardOptions).runner == "Other"
