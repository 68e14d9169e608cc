"""Running a piece of graph at once: elements in, elements out."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

_KEPT: dict[str, list[Any]] = {}
"""What finished runs of this process have yielded; the runner's threads share it."""


class _Keep(beam.DoFn):
    def __init__(self, key: str) -> None:
        self._key = key

    def process(self, element: Any) -> None:
        _KEPT[self._key].append(element)


def pipeline(options: PipelineOptions | None = None, runner: FnApiRunner | None = None) -> beam.Pipeline:
    """Return a pipeline on the in-process Fn API runner; Beam's own switch would first download another one."""
    return beam.Pipeline(runner=runner or FnApiRunner(), options=options)


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
