from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date
from hashlib import blake2b
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.internal import cloudpickle_pickler
from apache_beam.pipeline import AppliedPTransform
from apache_beam.portability import common_urns
from apache_beam.portability.api.beam_runner_api_pb2 import ParDoPayload
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
    return (
        name,
        *(f"{name}/Pack[{each}]" for each in inputs),
        *(f"{name}/{do}" for do in ("Flatten", "Group", "Unpack")),
    )


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
    grouped = [node for node in steps if isinstance(node.transform, (beam.GroupByKey, GatherByDate))]
    assert len(grouped) == 4 * 2 + 2
    for node in grouped:
        for collection in node.inputs:
            key = collection.element_type.tuple_types[0]
            assert key in (str, int), (node.full_label, collection.element_type)


class TestEncoding:
    """What crosses a shuffle, or is fetched beside it, is encoded by a coder of its own, and not pickled."""

    SMALL = frozenset({"ScanTables/SpreadStreams", "ScanTables/CountRows", "Guard/SpreadDates"})
    """One element for each stream of a table, or for each date: a plain text."""

    @pytest.fixture(scope="class")
    def crossing(self) -> dict[str, str]:
        """The coder of what each step groups, and of what it reads as a side input, by label."""
        root = pipeline()
        build(root, SEASON, ForbiddenWarehouse(), ForbiddenStore())
        proto, context = root.to_runner_api(return_context=True)
        found = {}
        for step in proto.components.transforms.values():
            beside: Any = ()
            if step.spec.urn == common_urns.primitives.PAR_DO.urn:
                beside = proto_utils.parse_Bytes(step.spec.payload, ParDoPayload).side_inputs
            for name, collection in step.inputs.items():
                if step.spec.urn == common_urns.primitives.GROUP_BY_KEY.urn or name in beside:
                    coder = context.coders.get_by_id(proto.components.pcollections[collection].coder_id)
                    found[f"{step.unique_name} {name}"] = str(coder)
        return found

    def test_all_of_it_is_looked_at(self, crossing: dict[str, str]) -> None:
        for label in ("BuildPlayers/GroupByShard", "BuildDates/GroupByDate", "Publish/GatherOutcomes", "PublishStatus"):
            assert any(name.startswith(label) for name in crossing), label
        assert sum("OpenedDate" in coder for coder in crossing.values()) == 3 + 4, "each triage and each publishing"

    def test_none_of_it_is_pickled(self, crossing: dict[str, str]) -> None:
        pickled = {name for name, coder in crossing.items() if "FastPrimitives" in coder or "Pickle" in coder}
        assert {name for name in pickled if not name.startswith(tuple(self.SMALL))} == set()
        assert "FastPrimitives" in str(beam.coders.registry.get_coder(Plan)), "as a coder is named that pickles"

    def test_side_inputs_of_dates_are_fetched_by_date(self) -> None:
        root = pipeline()
        build(root, SEASON, ForbiddenWarehouse(), ForbiddenStore())
        views = [
            (view.pvalue.element_type, type(view))
            for node in steps_of(root, "transforms", "pipeline")
            for view in node.side_inputs
        ]
        keyed = [view for kind, view in views if getattr(kind, "tuple_types", (None,))[0] is str]
        assert set(keyed) == {beam.pvalue.AsMultiMap}
        assert len(keyed) == 3 + 4 + 1


def test_a_night_and_a_season_have_the_same_steps() -> None:
    night = plan_of("tonight", first=date(2026, 1, 5))
    assert [node.full_label for node in steps_of_a_run(ForbiddenWarehouse(), ForbiddenStore(), night)] == STEPS
