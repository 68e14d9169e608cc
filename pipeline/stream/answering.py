"""Answers the requests of a lane, one at a turn, and enters in the ledger what becomes of each; without Beam's state.

A turn answers one request, so the lanes of a worker take turns. Before that, it deals with requests that need no
export: duplicates, and those that begin to wait.

Every message ends by way of :meth:`pipeline.stream.ledger.Ledger.end`, which returns what is to be published of it:
what another worker, or an earlier attempt, has written already, goes before what was made now.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

import orjson
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.metrics import Metrics

from pipeline.reporting.completion import Event, not_run_event
from pipeline.reporting.publish_completion import message_of
from pipeline.requests.problems import Problem, show
from pipeline.stream.answer import Answerer
from pipeline.stream.coalescing import Answered
from pipeline.stream.dead_letters import DeadLetters
from pipeline.stream.lanes import Lane
from pipeline.stream.ledger import ANSWERED, GIVEN_UP, MOST_ATTEMPTS, Attempt, End, Ledger, Past, Settled, stem_of
from pipeline.stream.messages import Asked, Message, Rejected
from transforms.clients.throttling import report_throttling

LOG = logging.getLogger(__name__)

_MOST_WITHOUT_EXPORT = 200
"""Requests without an export that one turn deals with."""
_READ_LATER = "it was read after this was published"
_NEWER_WAITS = "a newer equal one waits for the quiet period"
_CALM = ("success", "duplicate", "dropped", "launched")
_LONG = ("paths", "generations", "exports", "manifests")


@dataclass(frozen=True)
class Output:
    """What is published of a message.

    Attributes:
        stem: Its entries in the ledger; empty for a request of the watch, which has none.
        event: Its completion event.
        letter: Its dead letter.
    """

    stem: str
    event: PubsubMessage | None
    letter: PubsubMessage | None = None


@dataclass(frozen=True)
class LaneAnswers:
    """Answers the requests of lanes."""

    answerer: Answerer
    ledger: Ledger

    def take_turn(self, lane: Lane, *, drained: bool = False) -> Iterator[Output]:
        """Answer the next request of a lane, after those that need no export.

        Args:
            lane: The lane, which is changed.
            drained: Whether requests that wait are answered before their time.
        """
        for _ in range(_MOST_WITHOUT_EXPORT):
            now = self.answerer.clock()
            taken = lane.take(now, drained=drained)
            if taken is None:
                break
            asked, before, has_waited = taken
            if 0 < asked.expires < now:
                Metrics.counter("requests", "expired").inc()
            elif has_waited:
                yield from self._answer(lane, asked, before)
                break
            elif (yield from self._decide(lane, asked, now)):
                break
        lane.coalescer.forget(self.answerer.clock())

    def _decide(self, lane: Lane, asked: Asked, now: float) -> Generator[Output, None, bool]:
        """Deal with a request that has arrived, and return whether it was answered with an export."""
        if asked.redelivered and asked.message_id not in lane.coalescer.seen:
            past = self.ledger.find(stem_of(asked))
            if past.end is not None or past.is_over:
                lane.coalescer.see(asked.message_id, now)
                yield from self._repeat(lane, asked, past)
                return False
        published = datetime.fromisoformat(asked.published).timestamp()
        decision = lane.coalescer.receive(asked, published, now)
        superseded = decision.superseded
        if decision.action == "answer":
            Metrics.distribution("requests", "lag_milliseconds").update(max(0, int(1000 * (now - published))))
            end = yield from self._answer(lane, decision.asked, None)
            if superseded is not None and end is None:
                lane.add(superseded)
            elif superseded is not None and end is not None and end.kind == GIVEN_UP:
                # An equal request would end the worker just so.
                yield from self._give_up(lane, superseded, end.attempts)
            elif superseded is not None:
                yield from self._duplicate(superseded, lane.coalescer.answered[asked.key], _READ_LATER)
            return True
        if decision.action == "duplicate" and decision.of is not None:
            yield from self._duplicate(asked, decision.of, _READ_LATER)
        elif decision.action == "redelivered":
            Metrics.counter("requests", "redelivered").inc()
        if superseded is not None and decision.of is not None:
            yield from self._duplicate(superseded, decision.of, _NEWER_WAITS)
        return False

    def _answer(self, lane: Lane, asked: Asked, before: Answered | None) -> Generator[Output, None, End | None]:
        """Answer a request, and return how it ended; None for one of the watch that rests."""
        past = self.ledger.begin(asked)
        if past.end is not None or past.is_over:
            # It ended before the worker did, so that the lane does not know of it.
            yield from self._repeat(lane, asked, past)
            return past.end
        if len(past.attempts) >= MOST_ATTEMPTS:
            return (yield from self._give_up(lane, asked, past.attempts))
        answer = self.answerer.answer(asked, before)
        finished = self.answerer.clock()
        Metrics.distribution("requests", "answer_milliseconds").update(int(1000 * (finished - answer.read_at)))
        Metrics.counter("requests", answer.status).inc()
        report_throttling()
        settled = Settled(
            run_id=before.run_id if answer.status == "duplicate" and before is not None else answer.run_id,
            read_at=answer.read_at,
            at=finished,
            inputs=answer.inputs,
            again=answer.again,
            in_vain=bool(asked.marker) and answer.status not in ("success", "duplicate"),
        )
        _settle(lane, asked, settled)
        is_quiet = answer.status == "duplicate" and asked.by_watch
        end = End(ANSWERED, None if is_quiet else event_message(answer.event), settled=settled)
        yield from self._end(asked, end)
        return end

    def _give_up(self, lane: Lane, asked: Asked, attempts: tuple[Attempt, ...]) -> Generator[Output, None, End]:
        """Put a request that has ended its worker aside."""
        Metrics.counter("requests", "given_up").inc()
        now = self.answerer.clock()
        finished = datetime.fromtimestamp(now, timezone.utc)
        settled = Settled("", now, now, again=True, in_vain=bool(asked.marker))
        _settle(lane, asked, settled)
        problem = Problem(
            "message",
            show(asked.message_id),
            f"has ended its worker {len(attempts)} times",
            "find the cause in the logs of the worker before it is sent again",
        )
        message = Message(orjson.dumps(asked.request), {}, asked.message_id, datetime.fromisoformat(asked.published))
        rejected = Rejected((problem,), asked.correlation_id, asked.trigger_source)
        letters = DeadLetters(self.ledger.store)
        letter = letters.letter(message, rejected, finished, attempts=orjson.dumps(attempts).decode())
        event = not_run_event(
            "failed",
            "its answer has ended its worker again and again; it is in the dead-letter topic",
            finished=finished,
            correlation_id=asked.correlation_id,
            trigger_source=asked.trigger_source,
            errors=[str(problem)],
            message_id=asked.message_id,
            **asked.told_league,
        )
        end = End(GIVEN_UP, event_message(event), letter, settled, attempts)
        yield from self._end(asked, end)
        return end

    def _repeat(self, lane: Lane, asked: Asked, past: Past) -> Iterator[Output]:
        """Publish the end of a request once more, unless it went out."""
        if not asked.by_watch:
            Metrics.counter("requests", "redelivered").inc()
        if past.end is not None and past.end.settled is not None:
            _settle(lane, asked, past.end.settled)
        if past.end is not None and not past.is_over:
            yield Output(stem_of(asked), past.end.event, past.end.letter)

    def _duplicate(self, asked: Asked, of: Answered, why: str) -> Iterator[Output]:
        Metrics.counter("requests", "duplicate").inc()
        if not asked.by_watch:
            event = self.answerer.duplicate(asked, of.run_id, why)
            yield from self._end(asked, End(ANSWERED, event_message(event)))

    def _end(self, asked: Asked, end: End) -> Iterator[Output]:
        found = self.ledger.end(asked, end)
        if found is not None and found.event is not None:
            yield Output("" if asked.by_watch else stem_of(asked), found.event, found.letter)


def _settle(lane: Lane, asked: Asked, settled: Settled) -> None:
    """Let a lane keep an answer, unless it has a later one."""
    known = lane.coalescer.answered.get(asked.key)
    if known is None or known.read_at <= settled.read_at:
        lane.coalescer.settle(
            asked.key,
            run_id=settled.run_id,
            read_at=settled.read_at,
            now=settled.at,
            inputs=settled.inputs,
            again=settled.again,
            in_vain=settled.in_vain,
        )


def event_message(event: Event) -> PubsubMessage:
    """Log an event and return it as a message."""
    level = logging.INFO if event["status"] in _CALM else logging.WARNING
    LOG.log(level, "%s", orjson.dumps({key: value for key, value in event.items() if key not in _LONG}).decode())
    return message_of(event)
