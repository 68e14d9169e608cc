from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date
from hashlib import blake2b
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.internal import cloudpickle_pickler
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor

from exporters.registry import exports
from pipeline.graph import build
from tests.support.eager import pipeline
from tests.support.plans import plan_of
from tests.support.stores import ForbiddenStore
from tests.support.warehouses import ForbiddenWarehouse
from transforms.local_store import LocalStore
from transforms.parquet_warehouse import ParquetWarehouse
from transforms.plan import Plan

SEASON = plan_of(*exports(), first=date(2025, 10, 21), last=date(2026, 4, 12))
MOST_BYTES = 64 * 1024

STEPS = [
    "ScanTables",
    "ScanTables/ListScans",
    "ScanTables/SplitScans",
    "ScanTables/SpreadStreams",
    "ScanTables/ReadStreams",
    "ScanTables/ListBrokenTables",
    "ScanTables/FlattenCounts",
    "ScanTables/TakeCensus",
    "RouteBatches",
    "RouteBatches/CutBatches",
    "BuildPlayers",
    "BuildPlayers/GroupByShard",
    "BuildPlayers/SweepHistories",
    "BuildDates",
    "BuildDates/ListDates",
    "BuildDates/GroupByDate",
    "BuildDates/BuildSlates",
    "BuildSeasons",
    "BuildSeasons/ListDates",
    "BuildSeasons/GroupByAsOfDate",
    "BuildSeasons/BuildSeasons",
    "PublishSchemas",
    "PublishSchemas/ListSchemas",
    "PublishSchemas/WriteSchemas",
    "FlattenFailures",
    "Publish",
    "Publish/ListPublishedDates",
    "Publish/SpreadDates",
    "Publish/LoadPublished",
    "Publish/PublishPlayers",
    "Publish/PublishDates",
    "Publish/PublishSeasons",
    "Publish/FlattenOutcomes",
    "Publish/ListDates",
    "Publish/GatherOutcomes",
    "Publish/MovePointers",
    "Publish/WriteManifest",
]
"""Every step that we name. A running streaming job can only be updated while these stay."""


class Steps(PipelineVisitor):
    """Collects the steps whose label is ours: those at the top and those inside of our own transforms."""

    def __init__(self) -> None:
        self.found: list[AppliedPTransform] = []

    def enter_composite_transform(self, node: AppliedPTransform) -> None:
        self._visit(node)

    def visit_transform(self, node: AppliedPTransform) -> None:
        self._visit(node)

    def _visit(self, node: AppliedPTransform) -> None:
        parent = node.parent
        if node.full_label and (not parent.full_label or _is_ours(parent.transform)):
            self.found.append(node)


def _is_ours(value: Any) -> bool:
    return type(value).__module__.startswith("transforms.")


def steps_of(warehouse: Any, store: Any, plan: Plan = SEASON) -> list[AppliedPTransform]:
    root = pipeline()
    build(root, plan, warehouse, store)
    visitor = Steps()
    root.visit(visitor)
    return visitor.found


@pytest.fixture(scope="module")
def steps() -> list[AppliedPTransform]:
    """The steps of a season, in a graph whose construction must touch neither warehouse nor store."""
    return steps_of(ForbiddenWarehouse(), ForbiddenStore())


def functions_of(steps: list[AppliedPTransform]) -> dict[str, Any]:
    """The DoFns and CombineFns of our steps, those with several outputs included."""
    functions = {}
    for node in steps:
        transform = getattr(node.transform, "_do_transform", node.transform)
        function = getattr(transform, "fn", None)
        if isinstance(function, (beam.DoFn, beam.CombineFn)):
            functions[node.full_label] = function
    return functions


def test_every_step_has_its_name(steps: list[AppliedPTransform]) -> None:
    assert [node.full_label for node in steps] == STEPS


def test_every_function_is_a_class_of_ours_and_none_a_lambda(steps: list[AppliedPTransform]) -> None:
    functions = functions_of(steps)
    assert [name for name in STEPS if name in functions] == list(functions)
    assert {name.rpartition("/")[2] for name in functions} == {
        "SplitScans",
        "ReadStreams",
        "TakeCensus",
        "CutBatches",
        "SweepHistories",
        "BuildSlates",
        "BuildSeasons",
        "WriteSchemas",
        "LoadPublished",
        "PublishPlayers",
        "PublishDates",
        "PublishSeasons",
        "MovePointers",
        "WriteManifest",
    }
    assert all(_is_ours(function) for function in functions.values()), functions


@pytest.fixture(scope="module")
def functions() -> dict[str, Any]:
    """The functions of a season as they would be sent to workers."""
    season = replace(
        SEASON,
        inputs={
            name: {
                day.isoformat(): blake2b(f"{name} {day}".encode(), digest_size=8).hexdigest() for day in SEASON.dates
            }
            for name in SEASON.export_types
        },
    )
    return functions_of(steps_of(ParquetWarehouse("data"), LocalStore("out"), season))


def test_what_travels_to_workers_is_small(functions: dict[str, Any]) -> None:
    sizes = {name: len(cloudpickle_pickler.dumps(function)) for name, function in functions.items()}
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}


def test_functions_arrive_as_they_left(functions: dict[str, Any]) -> None:
    for name, function in functions.items():
        for library in (pickle, cloudpickle_pickler):
            arrived = library.loads(library.dumps(function))
            assert type(arrived) is type(function), name
            assert vars(arrived) == vars(function), name


def test_keys_are_text_or_numbers(steps: list[AppliedPTransform]) -> None:
    grouped = [node for node in steps if "Group" in node.full_label or "Gather" in node.full_label]
    assert len(grouped) == 4
    for node in grouped:
        for collection in node.inputs:
            key = collection.element_type.tuple_types[0]
            assert key in (str, int), (node.full_label, collection.element_type)


def test_a_night_and_a_season_have_the_same_steps() -> None:
    night = plan_of("tonight", first=date(2026, 1, 5))
    assert [node.full_label for node in steps_of(ForbiddenWarehouse(), ForbiddenStore(), night)] == STEPS
