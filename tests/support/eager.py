"""Running a piece of graph at once: elements in, elements out."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.portability.prism_runner import PrismRunner

from tests.support.prism import served_options

ENGINES = ("local", "prism")
"""The values of ``--engine``: what runs the graphs of tests that name no runner."""

_engine = ENGINES[0]
_KEPT: dict[str, list[Any]] = {}
"""What finished runs of this process have yielded; the runner's threads share it."""


class _Keep(beam.DoFn):
    def __init__(self, key: str) -> None:
        self._key = key

    def process(self, element: Any) -> None:
        _KEPT[self._key].append(element)


def use_engine(name: str) -> None:
    """Run the graphs that name no runner on an engine from now on."""
    global _engine
    _engine = name


def pipeline(options: PipelineOptions | None = None, runner: FnApiRunner | None = None) -> beam.Pipeline:
    """Return a pipeline on the engine of the tests.

    That is the in-process Fn API runner unless ``--engine`` names another; Beam's own switch would first download one.
    """
    if runner is None and options is None and _engine == "prism":
        return beam.Pipeline(runner=PrismRunner(), options=served_options())
    return beam.Pipeline(runner=runner or FnApiRunner(), options=options)


def runs_graphs(module: object) -> bool:
    """Whether a module of tests runs graphs on the engine of the tests."""
    return any(vars(module).get(function.__name__) is function for function in (pipeline, run_eagerly))


def run_eagerly(wire: Callable[[beam.Pipeline], Any], runner: FnApiRunner | None = None) -> Any:
    """Run what ``wire`` adds to a pipeline and return its elements.

    Args:
        wire: Returns a PCollection, or a mapping or named tuple of some.
        runner: Another runner in this process.

    Returns:
        A list for each PCollection, in the shape that ``wire`` returned. Elements come in no particular order.
    """
    root = pipeline(runner=runner)
    wired = wire(root)
    if isinstance(wired, beam.PCollection):
        collections = {"": wired}
    else:
        collections = dict(wired if isinstance(wired, Mapping) else wired._asdict())
    keys = {name: uuid.uuid4().hex for name in collections}
    for name, collection in collections.items():
        _KEPT[keys[name]] = []
        collection | f"Keep {name}" >> beam.ParDo(_Keep(keys[name]))
    root.run().wait_until_finish()
    found = {name: _KEPT.pop(key) for name, key in keys.items()}
    return found[""] if isinstance(wired, beam.PCollection) else found
