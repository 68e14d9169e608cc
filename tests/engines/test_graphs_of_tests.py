"""``--engine=prism`` runs the graphs of tests on Prism, and not on the local runner by mistake."""

from __future__ import annotations

import apache_beam as beam
import pytest
from apache_beam.portability.api import beam_job_api_pb2
from apache_beam.runners.portability.portable_runner import PipelineResult

from tests.support.eager import pipeline, run_eagerly, use_engine
from tests.support.left_out import left_out
from tests.support.prism import prism_binary


def test_they_are_jobs_of_a_prism(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--engine") != "prism":
        left_out("graphs of tests on Prism", "add --engine=prism")
    root = pipeline()
    root | beam.Create([1])
    result = root.run()
    result.wait_until_finish()
    assert isinstance(result, PipelineResult)
    jobs = result._job_service.GetJobs(beam_job_api_pb2.GetJobsRequest()).job_info
    assert result._job_id in {job.job_id for job in jobs}


def test_their_elements_come_back(request: pytest.FixtureRequest) -> None:
    prism_binary()
    use_engine("prism")
    try:
        found = run_eagerly(lambda root: root | beam.Create([1, 2, 3]) | beam.Map(str))
    finally:
        use_engine(request.config.getoption("--engine"))
    assert sorted(found) == ["1", "2", "3"]
