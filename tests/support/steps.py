"""The steps of a graph that we name."""

from __future__ import annotations

from typing import Any

import apache_beam as beam
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor


class _Steps(PipelineVisitor):
    """Collects the steps whose label is ours: those at the top and those inside of our own transforms."""

    def __init__(self, packages: tuple[str, ...]) -> None:
        self.found: list[AppliedPTransform] = []
        self._packages = packages

    def enter_composite_transform(self, node: AppliedPTransform) -> None:
        self.visit_transform(node)

    def visit_transform(self, node: AppliedPTransform) -> None:
        parent = node.parent
        if node.full_label and (not parent.full_label or is_of(parent.transform, *self._packages)):
            self.found.append(node)


def is_of(value: Any, *packages: str) -> bool:
    """Whether something is of a class of some packages."""
    return type(value).__module__.startswith(tuple(f"{package}." for package in packages))


def steps_of(pipeline: beam.Pipeline, *packages: str) -> list[AppliedPTransform]:
    """Return the steps at the top of a pipeline, and those inside of the transforms of some packages."""
    visitor = _Steps(packages)
    pipeline.visit(visitor)
    return visitor.found


def functions_of(steps: list[AppliedPTransform]) -> dict[str, Any]:
    """Return the DoFns and CombineFns of steps by label, those with several outputs included."""
    functions = {}
    for node in steps:
        transform = getattr(node.transform, "_do_transform", node.transform)
        function = getattr(transform, "fn", None)
        if isinstance(function, (beam.DoFn, beam.CombineFn)):
            functions[node.full_label] = function
    return functions
