from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple

import apache_beam as beam
import pytest
from apache_beam.internal import cloudpickle_pickler
from apache_beam.pipeline import AppliedPTransform
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.typehints import typehints
from apache_beam.utils import proto_utils

from exporters.registry import exports
from pipeline.planning.graph import build
from tests.support.eager import pipeline
from tests.support.plans import plan_of
from tests.support.steps import functions_of, is_of, steps_of
from tests.support.stores import ForbiddenStore
from tests.support.warehouses import ForbiddenWarehouse
from transforms.elements.plan import Plan
from transforms.steps.by_date import GatherByDate
from transforms.stores.folder import LocalStore
from transforms.warehouses.parquet import ParquetWarehouse

SEASON = plan_of(*exports(), first=date(2025, 10, 21), last=date(2026, 4, 12))
MOST_BYTES = 80 * 1024
"""A job has two dozen functions, and a job graph may have 10 MB."""


def join(name: str, *inputs: str) -> tuple[str, ...]:
    """Return the steps of a join by date."""
    inside = (*(f"Pack[{each}]" for each in inputs), "Flatten", "Group", "Unpack")
    return (name, *(f"{name}/{step}" for step in inside))


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
    *join("BuildDates/GroupByDate", "cards", "tables", "dates"),
    "BuildDates/BuildSlates",
    "BuildSeasons",
    "BuildSeasons/ListDates",
    *join("BuildSeasons/GroupByAsOfDate", "cards", "tables", "rows", "dates"),
    "BuildSeasons/BuildSeasons",
    "Guard",
    "Guard/ListOpenDates",
    "Guard/SpreadDates",
    "Guard/OpenDates",
    "Guard/TriagePlayers",
    "Guard/TriageDates",
    "Guard/TriageSeasons",
    *join("Guard/GatherTallies", "tallies 0", "tallies 1", "tallies 2", "opened"),
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
    *join("Publish/GatherOutcomes", *(f"outcomes {nth}" for nth in range(5)), "failures", "verdicts"),
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
    joins = [name for name in functions if "/Pack[" in name or name.endswith("/Unpack")]
    assert len(joins) == 18 + 4
    assert {name.rpartition("/")[2] for name in functions if name not in joins} == {
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
        "GatherDates",
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


def test_keys_are_text_or_numbers_or_tuples_of_them(steps: list[AppliedPTransform]) -> None:
    grouped = [node for node in steps if isinstance(node.transform, (beam.GroupByKey, GatherByDate))]
    assert len(grouped) == 4 * 2 + 1
    for node in grouped:
        for collection in node.inputs:
            key = collection.element_type.tuple_types[0]
            parts = key.tuple_types if isinstance(key, typehints.TupleHint.TupleConstraint) else (key,)
            assert set(parts) <= {str, int}, (node.full_label, collection.element_type)


class Crossing(NamedTuple):
    """What a step groups, or reads as a side input.

    Attributes:
        step: Label of the step.
        coder: The coder of its elements.
        access: How a side input is read; empty for what is grouped.
    """

    step: str
    coder: str
    access: str = ""


@pytest.fixture(scope="module")
def crossings() -> list[Crossing]:
    """What crosses from worker to worker in a season."""
    root = pipeline()
    build(root, SEASON, ForbiddenWarehouse(), ForbiddenStore())
    proto, context = root.to_runner_api(return_context=True)
    found = []
    for step in proto.components.transforms.values():
        beside: Any = {}
        if step.spec.urn == common_urns.primitives.PAR_DO.urn:
            beside = proto_utils.parse_Bytes(step.spec.payload, beam_runner_api_pb2.ParDoPayload).side_inputs
        for name, collection in step.inputs.items():
            coder = str(context.coders.get_by_id(proto.components.pcollections[collection].coder_id))
            if name in beside:
                found.append(Crossing(step.unique_name, coder, beside[name].access_pattern.urn))
            elif step.spec.urn == common_urns.primitives.GROUP_BY_KEY.urn:
                found.append(Crossing(step.unique_name, coder))
    return found


class TestEncoding:
    SMALL = ("ScanTables/SpreadStreams", "ScanTables/CountRows", "Guard/SpreadDates")
    """They group one element for each stream of a table, or for each date a plain text."""

    def test_what_crosses_is_not_pickled(self, crossings: list[Crossing]) -> None:
        pickled = [found.step for found in crossings if "FastPrimitives" in found.coder or "Pickle" in found.coder]
        assert [step for step in pickled if not step.startswith(self.SMALL)] == []
        assert pickled, "a coder that pickles is found by its name"
        grouped = {found.step for found in crossings if not found.access}
        assert len(grouped) == 1 + 4 + 1 + len(self.SMALL), "shards, joins by date, and the status"

    def test_what_is_published_of_a_date_is_fetched_by_date(self, crossings: list[Crossing]) -> None:
        by_date = [found for found in crossings if found.access and found.coder.startswith("TupleCoder[StrUtf8Coder")]
        assert {found.access for found in by_date} == {common_urns.side_inputs.MULTIMAP.urn}, "not all dates at once"
        assert sorted(found.step.split("/")[1] for found in by_date) == [
            "PublishDates",
            "PublishPassed",
            "PublishPlayers",
            "PublishSeasons",
            "SettleHeld",
            "TriageDates",
            "TriagePlayers",
            "TriageSeasons",
        ]


def test_a_night_and_a_season_have_the_same_steps() -> None:
    night = plan_of("tonight", first=date(2026, 1, 5))
    assert [node.full_label for node in steps_of_a_run(ForbiddenWarehouse(), ForbiddenStore(), night)] == STEPS
