"""Worker processes that end at moments at which the runner does not notice."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.engines.worker_processes import WatchedRunner
from tests.support.processes import kill_worker, workers_of

PROCESSES = ("--direct_running_mode=multi_processing", "--direct_num_workers=1", "--no_save_main_session")
pytestmark = [
    # A run that waits for the dead waits for ever.
    pytest.mark.timeout(120),
    # Of Beam's own threads, whose connections break.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
]


class Leave(beam.DoFn):
    """Writes its element into a file and, when configured so, exits before it answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def process(self, element: str) -> Iterator[str]:
        (self._folder / element).touch()
        if element == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        yield element


def graph(folder: Path, *elements: str) -> tuple[beam.Pipeline, WatchedRunner]:
    """A graph whose last step makes nothing that the runner waits for."""
    runner = WatchedRunner()
    pipeline = beam.Pipeline(runner=runner, options=PipelineOptions(list(PROCESSES)))
    made = pipeline | "Create" >> beam.Create(elements)
    made | "Spread" >> beam.Reshuffle() | "Leave" >> beam.ParDo(Leave(folder))  # type: ignore[no-untyped-call]
    return pipeline, runner


def test_processes_that_live_are_left_alone(tmp_path: Path) -> None:
    pipeline, runner = graph(tmp_path, "a", "b")
    pipeline.run().wait_until_finish()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    assert runner.lost == []
    assert workers_of(os.getpid()) == []


def test_one_that_dies_without_an_answer_ends_the_run(tmp_path: Path) -> None:
    pipeline, runner = graph(tmp_path, "die")
    with pytest.raises(RuntimeError, match="a worker process died"):
        pipeline.run().wait_until_finish()
    assert (tmp_path / "die").exists()
    assert runner.lost == [
        "a worker process died (Worker subprocess exited with return code -9); "
        "if memory ran out, use fewer --direct_num_workers"
    ]


def test_one_that_dies_before_it_connects_ends_the_run(tmp_path: Path) -> None:
    pipeline, runner = graph(tmp_path, "a")
    killing = Thread(target=kill_worker, args=(os.getpid(),))
    killing.start()
    with pytest.raises(RuntimeError, match="a worker process died"):
        pipeline.run().wait_until_finish()
    killing.join()
    assert len(runner.lost) == 1
    assert list(tmp_path.iterdir()) == []
    assert workers_of(os.getpid()) == []
