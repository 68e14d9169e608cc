"""From measured costs to units, and from units to what a workload takes: CPU, bytes, requests, steps, money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from benchmarks.scale.counting import CREATES, DELETES, LISTS, READS
from benchmarks.scale.measure import DATE, FORTNIGHT, NIGHT, SEASON
from benchmarks.scale.prices import (
    CLASS_A_1000,
    CLASS_B_1000,
    JOBS_PER_PROJECT,
    MEMORY_GB_HOUR,
    READ_TIB,
    SHUFFLE_GB,
    START_SECONDS,
    STORED_GB_MONTH,
    VCPU_HOUR,
)
from benchmarks.scale.simulation import Fleet, Run, Step
from pipeline.options.configuration import MOST_TOGETHER

GB, TIB = 10**9, 2**40
VCPUS_A_WORKER, GB_A_VCPU = 2, 4
"""Of an ``e2-standard-2``, the default machine of a job."""
DEFAULT_WORKERS = 4
"""The default ``--max_workers`` of a job."""
LEAGUES = 1000


@dataclass(frozen=True)
class Units:
    """What one of each costs, in CPU seconds and bytes.

    Attributes:
        start: CPU of starting a process without an engine.
        graph_start: CPU of starting one with Beam.
        read_row: CPU of reading a row as Arrow and counting it.
        sweep_row: CPU of a row in the stages, whatever is built from it.
        build_document: CPU of building and serialising a document.
        publish_document: CPU of guarding it and writing it into a folder, with its share of its date's end.
        request: CPU of one request to GCS.
        shuffle_byte: CPU of a byte through the groupings of Beam's local runner, its other work included.
        row_bytes: As BigQuery counts them.
        document_bytes: Of a document.
        shuffled_row: Bytes that are shuffled for a row.
        shuffled_document: Bytes that are shuffled for a document.
    """

    start: float
    graph_start: float
    read_row: float
    sweep_row: float
    build_document: float
    publish_document: float
    request: float
    shuffle_byte: float
    row_bytes: float
    document_bytes: float
    shuffled_row: float
    shuffled_document: float


def units_of(costs: Mapping[str, Any]) -> Units:
    """Return the unit costs that one date and a fortnight tell; season and night are left for :func:`calibrate`.

    One date and a fortnight read nearly the same rows and build very different numbers of documents. So the cost of the
    stages is told apart into that of rows and that of documents.
    """
    one, fortnight = costs["cases"][DATE], costs["cases"][FORTNIGHT]
    sweep_row, build_document = _solved(one, fortnight)
    bytes_shuffled = fortnight["shuffled_by_rows"] + fortnight["shuffled_by_documents"]
    return Units(
        start=fortnight["start_cpu"],
        graph_start=fortnight["graph_start_cpu"],
        read_row=fortnight["scan_cpu"] / fortnight["rows"],
        sweep_row=sweep_row,
        build_document=build_document,
        publish_document=(fortnight["run_cpu"] - fortnight["scan_cpu"] - fortnight["build_cpu"])
        / fortnight["documents"],
        request=costs["request_cpu"],
        shuffle_byte=max(0.0, fortnight["graph_cpu"] - fortnight["run_cpu"]) / bytes_shuffled,
        row_bytes=fortnight["read_bytes"] / fortnight["rows"],
        document_bytes=fortnight["document_bytes"] / fortnight["built"],
        shuffled_row=fortnight["shuffled_by_rows"] / fortnight["rows"],
        shuffled_document=fortnight["shuffled_by_documents"] / fortnight["built"],
    )


def _solved(one: Mapping[str, Any], fortnight: Mapping[str, Any]) -> tuple[float, float]:
    """Return CPU of a row and of a document, from two runs of ``rows * row + built * document = build_cpu``."""
    determinant = one["rows"] * fortnight["built"] - fortnight["rows"] * one["built"]
    if determinant <= 0:
        raise ValueError(
            f"one date builds {one['built']} documents of {one['rows']} rows and a fortnight {fortnight['built']} of "
            f"{fortnight['rows']}, which does not tell rows from documents; measure a warehouse with history"
        )
    row = (fortnight["built"] * one["build_cpu"] - one["built"] * fortnight["build_cpu"]) / determinant
    document = (one["rows"] * fortnight["build_cpu"] - fortnight["rows"] * one["build_cpu"]) / determinant
    return max(0.0, row), max(0.0, document)


@dataclass(frozen=True)
class Workload:
    """What is to be done, once.

    Attributes:
        name: As the page names it.
        jobs: Jobs; those that a project does not run at once wait for others.
        leagues: Leagues; each has its own tables, dates and manifests.
        rows: Rows that are read.
        dates: Dates, and so manifests.
        documents: Documents that are written.
        creates: Objects that are written.
        reads: Requests that read objects.
        lists: Requests that list.
        deletes: Objects that are deleted.
        manifest_bytes: Of all manifests.
        streams: Streams of the read sessions.
        shards: Shards of players.
        to_one_object: Writes to the object that is written most often.
    """

    name: str
    jobs: int
    leagues: int
    rows: float
    dates: float
    documents: float
    creates: float
    reads: float
    lists: float
    deletes: float
    manifest_bytes: float
    streams: float
    shards: float
    to_one_object: float

    def read_bytes(self, units: Units) -> float:
        """Return logical bytes of the tables."""
        return self.rows * units.row_bytes

    def shuffled(self, units: Units) -> float:
        """Return bytes that are shuffled."""
        return self.rows * units.shuffled_row + self.documents * units.shuffled_document

    def stored(self, units: Units) -> float:
        """Return bytes that are kept."""
        return self.documents * units.document_bytes + self.manifest_bytes

    def steps(self, units: Units, fleet: Fleet) -> list[Step]:
        """Return the steps of the graph, between its groupings."""
        others = self.creates - self.documents + self.deletes
        asked = self.reads + self.lists
        over_rows = self.rows * units.shuffled_row * units.shuffle_byte
        over_documents = self.documents * units.shuffled_document * units.shuffle_byte
        return [
            Step(
                "read and route",
                cpu=self.rows * units.read_row + over_rows + fleet.vcpus * units.graph_start,
                keys=self.streams,
            ),
            Step(
                "build and publish",
                cpu=self.rows * units.sweep_row
                + over_documents
                + self.documents * (units.build_document + units.publish_document + units.request),
                creates=self.documents,
                keys=self.shards,
                largest=1 / self.shards,
            ),
            Step(
                "end the dates",
                cpu=(others + asked) * units.request,
                creates=others,
                reads=asked,
                keys=self.dates,
                to_one_object=self.to_one_object,
            ),
        ]


def workload(name: str, case: Mapping[str, Any], *, times: int = 1, leagues: int = 1, jobs: int = 1) -> Workload:
    """Return a measured case as a workload, several times over.

    Args:
        name: Its name.
        case: What was measured.
        times: How often it is done, all at once.
        leagues: Leagues among these.
        jobs: Jobs that share it.
    """
    requests = case["requests"]
    return Workload(
        name=name,
        jobs=jobs,
        leagues=leagues,
        rows=case["rows"] * times,
        dates=case["dates"] * times,
        documents=case["documents"] * times,
        creates=requests.get(CREATES, 0) * times,
        reads=requests.get(READS, 0) * times,
        lists=requests.get(LISTS, 0) * times,
        deletes=requests.get(DELETES, 0) * times,
        manifest_bytes=case["manifest_bytes"] * times,
        streams=case["streams"] * times,
        shards=case["shards"] * times,
        to_one_object=case["to_one_object"],
    )


def workloads(costs: Mapping[str, Any]) -> list[tuple[Workload, Fleet]]:
    """Return the workloads of the page, each with the workers that it gets."""
    cases = costs["cases"]
    season, jobs = cases[SEASON], ceil(LEAGUES / MOST_TOGETHER)
    made = [
        (workload("a night", cases[NIGHT]), 1),
        (workload("a season", season), DEFAULT_WORKERS),
        (workload("ten years", season, times=10, jobs=10), 10 * DEFAULT_WORKERS),
        (
            workload(f"{LEAGUES:,} leagues × a season", season, times=LEAGUES, leagues=LEAGUES, jobs=jobs),
            JOBS_PER_PROJECT * DEFAULT_WORKERS,
        ),
    ]
    return [
        (work, Fleet(workers * VCPUS_A_WORKER, ceil(work.jobs / JOBS_PER_PROJECT) * START_SECONDS))
        for work, workers in made
    ]


def money(work: Workload, units: Units, fleet: Fleet, run: Run) -> dict[str, float]:
    """Return dollars by what they are paid for; workers are paid from the launch on, which is more than is billed."""
    hours = run.seconds / 3600 * fleet.vcpus
    return {
        "workers": hours * (VCPU_HOUR + GB_A_VCPU * MEMORY_GB_HOUR),
        "shuffle": work.shuffled(units) / GB * SHUFFLE_GB,
        "reading tables": work.read_bytes(units) / TIB * READ_TIB,
        "creates and lists": (work.creates + work.lists) / 1000 * CLASS_A_1000,
        "reads": work.reads / 1000 * CLASS_B_1000,
        "storage, a month": work.stored(units) / GB * STORED_GB_MONTH,
    }


@dataclass(frozen=True)
class Calibration:
    """A run that was not used for the units, as the model predicts it and as it was measured, in CPU seconds.

    Attributes:
        what: The run.
        predicted: By the units.
        measured: By the clock of the process.
    """

    what: str
    predicted: float
    measured: float

    @property
    def ratio(self) -> float:
        """Predicted over measured."""
        return self.predicted / self.measured


def calibrate(costs: Mapping[str, Any]) -> list[Calibration]:
    """Return season and night as predicted, and as measured; the season's graph where it was measured."""
    units, cases = units_of(costs), costs["cases"]
    found = [
        Calibration(f"CPU seconds of a {name}, loop", _loop(units, cases[name]), cases[name]["run_cpu"])
        for name in (SEASON, NIGHT)
    ]
    season = cases[SEASON]
    if "graph_cpu" in season:
        shuffled = season["rows"] * units.shuffled_row + season["documents"] * units.shuffled_document
        measured = season["shuffled_by_rows"] + season["shuffled_by_documents"]
        predicted = _loop(units, season) + shuffled * units.shuffle_byte
        found += [
            Calibration("CPU seconds of a season, graph", predicted, season["graph_cpu"]),
            Calibration("shuffled megabytes of a season", shuffled / 1e6, measured / 1e6),
        ]
    return found


def _loop(units: Units, case: Mapping[str, Any]) -> float:
    """Return CPU seconds of a run without an engine, its start aside."""
    of_rows = case["rows"] * (units.read_row + units.sweep_row)
    return of_rows + float(case["documents"]) * (units.build_document + units.publish_document)
