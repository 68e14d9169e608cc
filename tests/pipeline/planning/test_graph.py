from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date
from hashlib import blake2b
from typing import Any

import pytest
from apache_beam.internal import cloudpickle_pickler
from apache_beam.pipeline import AppliedPTransform

from exporters.registry import exports
from pipeline.planning.graph import build
from tests.support.eager import pipeline
from tests.support.plans import plan_of
from tests.support.steps import functions_of, is_of, steps_of
from tests.support.stores import ForbiddenStore
from tests.support.warehouses import ForbiddenWarehouse
from transforms.elements.plan import Plan
from transforms.stores.folder import LocalStore
from transforms.warehouses.parquet import ParquetWarehouse

SEASON = plan_of(*exports(), first=date(2025, 10, 21), last=date(2026, 4, 12))
MOST_BYTES = 80 * 1024
"""A job has two dozen functions, and a job graph may have 10 MB."""

STEPS = [
    "ScanTables",
    "ScanTables/ListAliasScans",
    "ScanTables/ReadAliases",
    "ScanTables/ListScans",
    "ScanTables/SplitScans",
    "ScanTables/SpreadStreams",
    "ScanTables/ReadStreams",
    "ScanTables/ListBrokenTables",
    "ScanTables/FlattenCounts",
    "ScanTables/CountRows",
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
    "Guard",
    "Guard/ListOpenDates",
    "Guard/SpreadDates",
    "Guard/OpenDates",
    "Guard/TriagePlayers",
    "Guard/TriageDates",
    "Guard/TriageSeasons",
    "Guard/FlattenTallies",
    "Guard/ListDates",
    "Guard/GatherTallies",
    "Guard/JudgeDates",
    "Guard/FlattenHeld",
    "Guard/SettleHeld",
    "PublishSchemas",
    "PublishSchemas/ListSchemas",
    "PublishSchemas/WriteSchemas",
    "FlattenFailures",
    "Publish",
    "Publish/PublishPlayers",
    "Publish/PublishDates",
    "Publish/PublishSeasons",
    "Publish/PublishPassed",
    "Publish/FlattenOutcomes",
    "Publish/ListDates",
    "Publish/GatherOutcomes",
    "Publish/MovePointers",
    "Publish/WriteManifest",
    "PublishStatus",
    "PublishStatus/TakeStatus",
    "PublishStatus/GatherDates",
    "PublishStatus/WriteStatus",
]
"""Every step that we name, as logs and metrics do."""


def steps_of_a_run(warehouse: Any, store: Any, plan: Plan = SEASON, **options: Any) -> list[AppliedPTransform]:
    root = pipeline()
    build(root, plan, warehouse, store, **options)
    return steps_of(root, "transforms", "pipeline")


@pytest.fixture(scope="module")
def steps() -> list[AppliedPTransform]:
    """The steps of a season, in a graph whose construction must touch neither warehouse nor store."""
    return steps_of_a_run(ForbiddenWarehouse(), ForbiddenStore())


def test_every_step_has_its_name(steps: list[AppliedPTransform]) -> None:
    assert [node.full_label for node in steps] == STEPS


def test_a_completion_topic_adds_the_completion_steps() -> None:
    topic = "projects/my-project/topics/done"
    steps = steps_of_a_run(ForbiddenWarehouse(), ForbiddenStore(), output="out", completion_topic=topic)
    more = ["", "/KeyByRun", "/GatherManifests", "/MakeEvent", "/WriteEvent"]
    assert [node.full_label for node in steps] == [*STEPS, *(f"PublishCompletion{name}" for name in more)]


def test_every_function_is_a_class_of_the_project_and_none_a_lambda(steps: list[AppliedPTransform]) -> None:
    functions = functions_of(steps)
    assert [name for name in STEPS if name in functions] == list(functions)
    assert {name.rpartition("/")[2] for name in functions} == {
        "ReadAliases",
        "SplitScans",
        "ReadStreams",
        "CountRows",
        "CutBatches",
        "SweepHistories",
        "BuildSlates",
        "BuildSeasons",
        "OpenDates",
        "TakeStatus",
        "WriteStatus",
        "TriagePlayers",
        "TriageDates",
        "TriageSeasons",
        "JudgeDates",
        "SettleHeld",
        "WriteSchemas",
        "PublishPlayers",
        "PublishDates",
        "PublishSeasons",
        "PublishPassed",
        "MovePointers",
        "WriteManifest",
    }
    assert all(is_of(function, "transforms") for function in functions.values()), functions


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
    return functions_of(steps_of_a_run(ParquetWarehouse("data"), LocalStore("out"), season))


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
    assert len(grouped) == 6
    for node in grouped:
        for collection in node.inputs:
            key = collection.element_type.tuple_types[0]
            assert key in (str, int), (node.full_label, collection.element_type)


def test_a_night_and_a_season_have_the_same_steps() -> None:
    night = plan_of("tonight", first=date(2026, 1, 5))
    assert [node.full_label for node in steps_of_a_run(ForbiddenWarehouse(), ForbiddenStore(), night)] == STEPS
