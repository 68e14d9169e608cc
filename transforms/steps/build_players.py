"""The player stage in the graph."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam import pvalue
from apache_beam.metrics import Metrics

from exporters.league.forecasts.readiness import ScanCounts
from transforms.elements.failure import Failure
from transforms.elements.plan import Plan
from transforms.elements.tables import TableBatch
from transforms.stages.garbage import collect_rarely
from transforms.stages.leagues import PROCESS_LEAGUE
from transforms.stages.player_stage import CardBatch, DocumentBatch, sweep_histories
from transforms.steps.route_batches import ShardKey

DOCUMENTS = "documents"
SLATE_CARDS = "slate_cards"
SEASON_CARDS = "season_cards"
FAILURES = "failures"


class PlayerStage(NamedTuple):
    """The outputs of the player stage, each keyed by ISO date."""

    documents: beam.PCollection[tuple[str, DocumentBatch]]
    slate_cards: beam.PCollection[tuple[str, CardBatch]]
    season_cards: beam.PCollection[tuple[str, CardBatch]]
    failures: beam.PCollection[tuple[str, Failure]]


@dataclass
class BuildPlayerStage(beam.PTransform):
    """Turn each shard's record batches into player documents and cards.

    Input: (shard, TableBatch). Output: :class:`PlayerStage`. A player whose function raises costs that player's
    document or card: it goes to ``failures``.
    """

    plan: Plan
    scan_counts: beam.PCollection[ScanCounts]

    def expand(self, batches: beam.PCollection[tuple[ShardKey, TableBatch]]) -> PlayerStage:
        """Wire the stage."""
        swept = (
            batches
            | "GroupByShard" >> beam.GroupByKey()
            | "SweepHistories"
            >> beam.ParDo(SweepHistories(self.plan), pvalue.AsSingleton(self.scan_counts))
            .with_output_types(
                Any,
                documents=tuple[str, DocumentBatch],
                slate_cards=tuple[str, CardBatch],
                season_cards=tuple[str, CardBatch],
                failures=tuple[str, Failure],
            )
            .with_outputs(DOCUMENTS, SLATE_CARDS, SEASON_CARDS, FAILURES)
        )
        return PlayerStage(swept[DOCUMENTS], swept[SLATE_CARDS], swept[SEASON_CARDS], swept[FAILURES])


@dataclass
class SweepHistories(beam.DoFn):
    """Wraps :func:`sweep_histories` for one shard."""

    plan: Plan

    def setup(self) -> None:
        """Prepare the process and the metrics."""
        collect_rarely()
        self._documents = Metrics.counter("players", "documents")
        self._cards = Metrics.counter("players", "cards")
        self._failures = Metrics.counter("players", "failures")
        self._milliseconds = Metrics.distribution("players", "shard_milliseconds")

    def process(
        self, shard: tuple[ShardKey, Iterable[TableBatch]], scan_counts: ScanCounts
    ) -> Iterable[pvalue.TaggedOutput]:
        """Yield the outputs of a shard, date by date."""
        started = time.perf_counter()
        for made in sweep_histories(self.plan, scan_counts, shard[1], PROCESS_LEAGUE):
            key = made.day.isoformat()
            reported = self.plan.reporting_date(made.day).isoformat()
            if made.documents.documents or made.documents.milliseconds:
                yield pvalue.TaggedOutput(DOCUMENTS, (reported, made.documents))
            for output, batch in ((SLATE_CARDS, made.slate_cards), (SEASON_CARDS, made.season_cards)):
                if batch.cards:
                    self._cards.inc(sum(map(len, batch.cards.values())))
                    yield pvalue.TaggedOutput(output, (key, batch))
            for failure in made.failures:
                yield pvalue.TaggedOutput(FAILURES, (reported, failure))
            self._documents.inc(len(made.documents.documents))
            self._failures.inc(len(made.failures))
        self._milliseconds.update(int(1000 * (time.perf_counter() - started)))

    def teardown(self) -> None:
        """Release the league."""
        PROCESS_LEAGUE.release()
