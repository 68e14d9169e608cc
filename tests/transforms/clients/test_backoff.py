from __future__ import annotations

import itertools

from transforms.clients.backoff import PATIENT, Backoff


def test_waits_double_up_to_the_longest_and_are_spread() -> None:
    rounds = [list(itertools.islice(iter(Backoff(1, 8, 1e9).start().next, None), 6)) for _ in range(200)]
    for waits, mean in zip(zip(*rounds, strict=True), (1, 2, 4, 8, 8, 8), strict=True):
        assert all(0.5 * mean <= wait <= 1.5 * mean for wait in waits if wait is not None)
        assert max(waits) - min(waits) > 0.5 * mean


def test_there_is_an_end() -> None:
    waits = Backoff(first=1, longest=2, total=0.4).start()
    assert waits.next() is None
    assert waits.wait() is None
    assert str(waits) == "tried 2 times in 0 s"


def test_the_usual_waits_respect_one_write_a_second_and_end_in_minutes() -> None:
    first = PATIENT.start().next()
    assert first is not None
    assert 0.5 <= first <= 1.5
    assert PATIENT.total <= 300
