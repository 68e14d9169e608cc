from __future__ import annotations

from typing import Any

import pytest
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from pipeline.execution.job_labels import label_job
from pipeline.version import Build


def labels_of(lock: str, *flags: str) -> Any:
    options = PipelineOptions(list(flags))
    label_job(options, Build("1", "0123456789ab", lock))
    return options.view_as(GoogleCloudOptions).labels


@pytest.mark.parametrize(
    ("flags", "lock", "expected"),
    [
        ((), "cd", ["app=phase6-export", "commit=0123456789ab", "lock=cd"]),
        ((), "", ["app=phase6-export", "commit=0123456789ab"]),
        (("--labels=team=data",), "", ["team=data", "app=phase6-export", "commit=0123456789ab"]),
    ],
)
def test_a_job_says_which_code_it_runs(flags: tuple[str, ...], lock: str, expected: list[str]) -> None:
    assert labels_of(lock, *flags) == expected
