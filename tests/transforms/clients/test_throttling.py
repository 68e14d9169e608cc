from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import apache_beam as beam
from apache_beam.metrics import MetricsFilter

from tests.support.eager import pipeline
from transforms.clients.throttling import GCS, THROTTLING, Throttling, report_throttling


def test_whole_seconds_are_taken_once() -> None:
    throttling = Throttling()
    for _ in range(5):
        throttling.add("a", 0.5)
    throttling.add("b", 0.9)
    assert throttling.take() == {"a": 2}
    assert throttling.take() == {}
    throttling.add("a", 0.5)
    assert throttling.take() == {"a": 1}
    assert (throttling.waited("a"), throttling.waited("b"), throttling.waited("c")) == (3.0, 0.9, 0.0)


def test_threads_lose_nothing() -> None:
    throttling = Throttling()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: throttling.add("a", 1.0), range(4000)))
    assert throttling.take() == {"a": 4000}


class Slow(beam.DoFn):  # type: ignore[misc]
    def process(self, element: int) -> None:
        with ThreadPoolExecutor(1) as threads:
            threads.submit(THROTTLING.add, GCS, 3.0).result()
        report_throttling()


def test_beams_own_counter_is_told() -> None:
    THROTTLING.take()
    root = pipeline()
    root | beam.Create([1, 2]) | beam.ParDo(Slow())
    result = root.run()
    result.wait_until_finish()
    (counter,) = result.metrics().query(MetricsFilter().with_name("cumulativeThrottlingSeconds"))["counters"]
    assert (counter.key.metric.namespace, counter.committed) == ("gcsio", 6)
