from __future__ import annotations

from typing import Any

import apache_beam as beam
import pytest

from tests.support.eager import run_eagerly
from tests.support.manifests import pointers_json
from tests.support.matchers import assert_mirrors, contents, manifest_of
from tests.support.stores import MemoryStore, Refuse
from tests.transforms.publishing.test_publish_documents import CENSUS, DAY, NEXT, at, card, plan_of, roster
from transforms.elements.document import Document
from transforms.elements.failure import Failure
from transforms.elements.publication import Published
from transforms.publishing.documents import DocumentPublisher
from transforms.publishing.lease import lease_path
from transforms.publishing.manifest import manifest_path, record_path
from transforms.publishing.publish import OutcomeBatch, gather
from transforms.stages.player_stage import DocumentBatch
from transforms.steps.guard_dates import GuardDates
from transforms.steps.publish_run import PublishRun


class TestGathering:
    def test_everything_of_a_date_is_brought_together_in_path_order(self) -> None:
        publisher = DocumentPublisher(MemoryStore(), plan_of())
        one, two = (publisher.publish(card(player), Published()) for player in "ba")
        failure = Failure("SweepHistories", "card", "c", "ValueError: no")
        publication = gather(
            "2026-01-05",
            [OutcomeBatch([one], {"card": 1.5}, {"card": 2.0}), OutcomeBatch([two], {"card": 1.0, "roster": 3.0}, {})],
            [failure, Failure("SweepHistories", "", "a", "ValueError: no"), failure],
        )
        assert [outcome.key for outcome in publication.outcomes] == ["a", "b"]
        assert [found.key for found in publication.failures] == ["a", "c"], "what two shards report counts once"
        assert publication.build_ms == {"card": 2.5, "roster": 3.0}
        assert publication.publish_ms == {"card": 2.0}


def run(plan: Any, store: MemoryStore, *documents: Document, failures: Any = ()) -> dict[str, dict[str, Any]]:
    """Publish documents, each in a batch of its own, through the graph; returns the manifests."""

    def wire(root: beam.Pipeline) -> Any:
        scan_counts = root | "ScanCounts" >> beam.Create([CENSUS])
        failed = root | "Failures" >> beam.Create(list(failures)).with_output_types(tuple[str, Failure])
        batches = [(made.date, DocumentBatch([made], {made.export: 1.0})) for made in documents]
        players = root | "Players" >> beam.Create([batch for batch in batches if batch[1].documents[0].key])
        slates = root | "Slates" >> beam.Create([batch for batch in batches if not batch[1].documents[0].key])
        seasons = root | "Seasons" >> beam.Create([]).with_output_types(tuple[str, DocumentBatch])
        guarded = (players, slates, seasons) | GuardDates(plan, store, scan_counts)
        return guarded | PublishRun(plan, store, scan_counts, failed)

    return dict(run_eagerly(wire))


class TestProtocol:
    @pytest.mark.parametrize("concurrency", [1, 3])
    def test_documents_then_pointers_then_the_manifest(self, concurrency: int) -> None:
        store = MemoryStore(concurrency=concurrency)
        manifests = run(plan_of(), store, roster("a"), *(card(f"p{i:02d}") for i in range(40)))
        assert store.written[0] == lease_path(DAY)
        order = [path.split("/")[0] if "2026-01-05" in path else "pointer" for path in store.written[1:]]
        assert sorted(order[:41]) == ["card"] * 40 + ["roster"]
        assert order[41:-2] == ["pointer"] * 42
        assert order[-2:] == ["manifest", "runs"]
        assert manifests == {"2026-01-05": manifest_of(store, DAY)}
        assert_mirrors(store, "card/p07.json", "card/2026-01-05/p07.json")

    def test_every_target_date_gets_a_manifest_even_without_documents(self) -> None:
        store = MemoryStore()
        assert set(run(plan_of(last=NEXT), store, roster("a"))) == {"2026-01-05", "2026-01-06"}
        assert manifest_of(store, NEXT)["exports"]["roster"]["documents"] == {}

    def test_one_document_that_cannot_be_written_is_named_and_the_others_go_out(self) -> None:
        store = MemoryStore(concurrency=2)
        store.before_write = Refuse("card/2026-01-05/p1")
        found = run(plan_of(), store, *(card(f"p{i}") for i in range(3)))["2026-01-05"]
        section = found["exports"]["card"]
        assert (found["status"], section["written"], section["failed"]) == ("partial", 2, 1)
        assert [failure["key"] for failure in section["failures"]] == ["card/2026-01-05/p1.json"]
        assert "card/p1.json" not in contents(store)
        assert "card/p0.json" in contents(store)

    def test_a_rerun_writes_nothing_but_its_manifest(self) -> None:
        store = MemoryStore()
        documents = [roster("a"), card("a")]
        run(plan_of(), store, *documents)
        store.written.clear()
        sections = run(at("18:05", "run-2"), store, *documents)["2026-01-05"]["exports"]
        assert store.written == [lease_path(DAY), manifest_path(DAY), record_path(DAY, "run-2")]
        assert [sections[name]["unchanged"] for name in ("card", "roster")] == [1, 1]
        assert sections["card"]["pointers"] == pointers_json(unchanged=1)

    def test_failures_are_logged_before_the_manifest_names_them(self) -> None:
        store = MemoryStore()
        failures = [("2026-01-05", Failure("SweepHistories", "card", "b", "ValueError: no", "the stack"))]
        found = run(plan_of(), store, card("a"), failures=failures)["2026-01-05"]
        assert store.written[-3:-1] == ["failures/2026-01-05/run-1.ndjson", "manifest/2026-01-05.json"]
        assert found["failures_path"] == "failures/2026-01-05/run-1.ndjson"
