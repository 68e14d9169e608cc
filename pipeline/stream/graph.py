"""The graph of the streaming job: messages in, completion events and dead letters out.

    ReadMessages ─► ReadRequests ─┬─► requests ─┐
    Ticks ─► WatchGames ──────────┼─────────────┴─► AnswerRequests ─► events ─► completion topic
                                  └─► rejected ─► events, dead letters

A request whose answer has ended its worker twice is given up: it becomes an event and a dead letter, too.

Requests have one key, so the runner processes them one after the other: two requests for the same date never overlap,
and the second one publishes the same as it would alone after the first. Scattering a request's documents over steps and
gathering them by count lets two requests interleave, and takes longer: 0.23 s instead of 0.13 s for the 299
documents of a night, on the local runner. The names of the steps are API: a running job is only updated if they stay.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, NamedTuple
from uuid import uuid4

import apache_beam as beam
import orjson
from apache_beam import pvalue
from apache_beam.coders import BytesCoder
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.metrics import Metrics
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.utils.timestamp import Timestamp

from pipeline.reporting.completion import Event, message_of, not_run_event
from pipeline.requests.problems import Problem, show
from pipeline.stream.answer import Answerer
from pipeline.stream.attempts import MOST_ATTEMPTS, Attempt, AttemptLog
from pipeline.stream.coalescing import Answered, RequestCoalescer
from pipeline.stream.dead_letters import DeadLetters
from pipeline.stream.messages import Asked, Grammar, Message, Rejected, read_message
from pipeline.stream.upstream import Dropped
from pipeline.stream.watch import Watch, utc_now
from transforms.clients.throttling import report_throttling

LOG = logging.getLogger(__name__)

REQUESTS, EVENTS, DEAD_LETTERS = "requests", "events", "dead_letters"
ONE_KEY = "requests"
STATUS_SECONDS = 300
"""Longest time between two writes of the status by the job itself; readers call it unknown after 15 minutes."""
Keyed = tuple[str, bytes]


class Answers(NamedTuple):
    """The outputs of the job: completion events and dead letters, as Pub/Sub messages."""

    events: beam.PCollection[PubsubMessage]
    dead_letters: beam.PCollection[PubsubMessage]


@dataclass
class AnswerMessages(beam.PTransform):
    """Answer the requests of messages, and those of the schedule at each tick.

    Input: PubsubMessage with attributes, and ticks of any type. Output: :class:`Answers`. Each message ends in
    exactly one event; rejected ones become dead letters as well.
    """

    grammar: Grammar
    answerer: Answerer
    watch: Watch
    quiet_seconds: float

    def expand(self, inputs: tuple[beam.PCollection[PubsubMessage], beam.PCollection[Any]]) -> Answers:
        """Wire the transform."""
        messages, ticks = inputs
        read = messages | "ReadRequests" >> beam.ParDo(
            ReadRequests(self.grammar, DeadLetters(self.answerer.store))
        ).with_output_types(Any, requests=Keyed, events=PubsubMessage, dead_letters=PubsubMessage).with_outputs(
            REQUESTS, EVENTS, DEAD_LETTERS
        )
        watched = ticks | "WatchGames" >> beam.ParDo(WatchGames(self.watch)).with_output_types(Keyed)
        answered = (
            (read[REQUESTS], watched)
            | "FlattenRequests" >> beam.Flatten()
            | "AnswerRequests"
            >> beam.ParDo(AnswerRequests(self.answerer, self.quiet_seconds))
            .with_output_types(PubsubMessage, dead_letters=PubsubMessage)
            .with_outputs(DEAD_LETTERS, main=EVENTS)
        )
        events = (read[EVENTS], answered[EVENTS]) | "FlattenEvents" >> beam.Flatten()
        letters = (read[DEAD_LETTERS], answered[DEAD_LETTERS]) | "FlattenDeadLetters" >> beam.Flatten()
        return Answers(events, letters)


@dataclass
class ReadRequests(beam.DoFn):
    """Turn messages into requests. Other messages become an event, and a dead letter when they are rejected."""

    grammar: Grammar
    letters: DeadLetters

    def setup(self) -> None:
        """Prepare the metrics."""
        self._messages = Metrics.counter("messages", "received")

    def process(
        self, message: PubsubMessage, timestamp: Any = beam.DoFn.TimestampParam
    ) -> Iterable[pvalue.TaggedOutput]:
        """Yield the request, event or dead letter of a message."""
        self._messages.inc()
        received = received_message(message, timestamp)
        found = read_message(received, self.grammar)
        if isinstance(found, Asked):
            yield pvalue.TaggedOutput(REQUESTS, (ONE_KEY, found.encoded()))
            return
        if isinstance(found, Dropped):
            event = not_run_event(
                "dropped",
                found.detail,
                finished=utc_now(),
                correlation_id=found.correlation_id,
                message_id=received.message_id,
            )
            Metrics.counter("dropped", found.reason).inc()
        else:
            event = _rejection(found, received)
            Metrics.counter("messages", "dead_letters").inc()
            yield pvalue.TaggedOutput(DEAD_LETTERS, self.letters.letter(received, found, utc_now()))
        yield pvalue.TaggedOutput(EVENTS, _told(event))


def received_message(message: PubsubMessage, timestamp: Timestamp) -> Message:
    """Return a message as received, always with an id and an instant.

    Not every runner passes on the id and the instant of publishing. Without an instant, the timestamp of the element
    is the same; without an id, one is generated: a redelivered message then counts as another, equal one.
    """
    published = message.publish_time
    if published is None or published.timestamp() <= 0:
        published = timestamp.to_utc_datetime(has_tz=True)
    return Message(
        data=message.data or b"",
        attributes=message.attributes or {},
        message_id=message.message_id or f"unnamed-{uuid4().hex}",
        published=published.astimezone(timezone.utc),
    )


def _rejection(found: Rejected, message: Message) -> Event:
    return not_run_event(
        "rejected",
        "the message is not understood; it is in the dead-letter topic",
        finished=utc_now(),
        correlation_id=found.correlation_id,
        trigger_source=found.trigger_source,
        errors=list(map(str, found.problems)),
        message_id=message.message_id,
    )


@dataclass
class WatchGames(beam.DoFn):
    """Turn each tick into the requests that follow from the schedule.

    Delayed ticks arrive all at once and find the same schedule: one check is enough. A tick also writes the status
    when that is due: no run may do so for hours.
    """

    watch: Watch
    clock: Callable[[], float] = time.monotonic

    def setup(self) -> None:
        """Begin without an earlier check."""
        self._looked: float | None = None
        self._told: float | None = None

    def process(self, _tick: Any) -> Iterable[Keyed]:
        """Yield the requests of a check; a failed check is counted, and the next one may succeed."""
        started = self.clock()
        self._tell(started)
        if not self.watch.seconds or (self._looked is not None and started - self._looked < self._rest):
            return
        self._looked = started
        Metrics.counter("watch", "looks").inc()
        try:
            asked = self.watch.look()
        except Exception as error:
            Metrics.counter("watch", "failed_looks").inc()
            LOG.error("the games cannot be checked: %s: %s", type(error).__name__, error)
            return
        until = utc_now().timestamp() + self.watch.seconds
        for request in asked:
            # The next check requests the newer state of running games; results are requested once.
            yield ONE_KEY, (request if request.marker else replace(request, expires=until)).encoded()

    @property
    def _tick(self) -> float:
        """Seconds between two ticks: those of the watch, unless the status is due more often."""
        return min(self.watch.seconds or STATUS_SECONDS, STATUS_SECONDS)

    @property
    def _rest(self) -> float:
        """Seconds after a check in which there is no other: ticks come a little early or late."""
        return self.watch.seconds - self._tick / 2

    def _tell(self, started: float) -> None:
        """Write the status, unless that was just done: it is never older than ten minutes while the job runs."""
        if self._told is not None and started - self._told < STATUS_SECONDS - self._tick / 2:
            return
        self._told = started
        try:
            wrong = self.watch.tell()
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        if wrong:
            # The next tick tries again.
            self._told = None
            Metrics.counter("watch", "failed_statuses").inc()
            LOG.error("the status cannot be written: %s", wrong)


@dataclass
class AnswerRequests(beam.DoFn):
    """Answer requests one after the other, and equal ones once; see :mod:`pipeline.stream.coalescing`.

    Input: one key, with requests as bytes. Output: completion events, and ``dead_letters`` of requests whose answer has
    ended its worker :data:`MOST_ATTEMPTS` times.
    """

    answerer: Answerer
    quiet_seconds: float

    DESK = ReadModifyWriteStateSpec("coalescer", BytesCoder())
    WAKE = TimerSpec("wake", TimeDomain.REAL_TIME)

    def setup(self) -> None:
        """Prepare the metrics."""
        self._lag = Metrics.distribution("requests", "lag_milliseconds")
        self._milliseconds = Metrics.distribution("requests", "answer_milliseconds")

    def process(
        self, keyed: Keyed, state: Any = beam.DoFn.StateParam(DESK), wake: Any = beam.DoFn.TimerParam(WAKE)
    ) -> Iterable[Any]:
        """Yield the event of a request, unless it waits, and of one that it replaces."""
        asked = Asked.decoded(keyed[1])
        now = self.answerer.clock()
        if 0 < asked.expires < now:
            Metrics.counter("requests", "expired").inc()
            return
        coalescer = RequestCoalescer.decoded(self.quiet_seconds, state.read())
        published = datetime.fromisoformat(asked.published).timestamp()
        decision = coalescer.receive(asked, published, now)
        events: list[Event | _Letter] = []
        if decision.action == "answer":
            self._lag.update(max(0, int(1000 * (now - published))))
            events += self._answer(coalescer, decision.asked, None)
            if decision.superseded is not None:
                # An equal request would end the worker just so.
                letter = next((found for found in events if isinstance(found, _Letter)), None)
                if letter is None:
                    events += self._duplicate(decision.superseded, coalescer.answered[asked.key], _READ_LATER)
                else:
                    events += self._given_up(coalescer, decision.superseded, letter.attempts)
        elif decision.action == "duplicate" and decision.of is not None:
            events += self._duplicate(asked, decision.of, _READ_LATER)
        elif decision.action == "redelivered":
            Metrics.counter("requests", "redelivered").inc()
        if decision.superseded is not None and decision.of is not None:
            events += self._duplicate(decision.superseded, decision.of, "a newer equal one waits for the quiet period")
        self._remember(coalescer, state, wake)
        yield from map(_output, events)

    @on_timer(WAKE)
    def answer_waiting(
        self, state: Any = beam.DoFn.StateParam(DESK), wake: Any = beam.DoFn.TimerParam(WAKE)
    ) -> Iterable[Any]:
        """Yield the events of the requests whose quiet period is over."""
        coalescer = RequestCoalescer.decoded(self.quiet_seconds, state.read())
        events: list[Event | _Letter] = []
        for asked, before in coalescer.due(self.answerer.clock()):
            events += self._answer(coalescer, asked, before)
        coalescer.forget(self.answerer.clock())
        self._remember(coalescer, state, wake)
        yield from map(_output, events)

    def _answer(self, coalescer: RequestCoalescer, asked: Asked, before: Answered | None) -> Iterator[Event | _Letter]:
        log = AttemptLog(self.answerer.store, self.answerer.clock)
        attempts = log.begin(asked)
        if len(attempts) >= MOST_ATTEMPTS:
            yield from self._given_up(coalescer, asked, attempts)
            return
        answer = self.answerer.answer(asked, before)
        log.end(asked)
        finished = self.answerer.clock()
        self._milliseconds.update(int(1000 * (finished - answer.read_at)))
        Metrics.counter("requests", answer.status).inc()
        report_throttling()
        coalescer.settle(
            asked.key,
            run_id=before.run_id if answer.status == "duplicate" and before is not None else answer.run_id,
            read_at=answer.read_at,
            now=finished,
            inputs=answer.inputs,
            again=answer.again,
            in_vain=bool(asked.marker) and answer.status not in ("success", "duplicate"),
        )
        if answer.status != "duplicate" or not asked.by_watch:
            yield answer.event

    def _given_up(
        self, coalescer: RequestCoalescer, asked: Asked, attempts: list[Attempt]
    ) -> Iterator[Event | _Letter]:
        Metrics.counter("requests", "given_up").inc()
        now = self.answerer.clock()
        finished = datetime.fromtimestamp(now, timezone.utc)
        coalescer.settle(asked.key, run_id="", read_at=now, now=now, inputs="", again=True, in_vain=bool(asked.marker))
        problem = Problem(
            "message",
            show(asked.message_id),
            f"has ended its worker {len(attempts)} times",
            "find the cause in the logs of the worker before it is sent again",
        )
        published = datetime.fromisoformat(asked.published)
        message = Message(orjson.dumps(asked.request), {}, asked.message_id, published)
        rejected = Rejected((problem,), asked.correlation_id, asked.trigger_source)
        letters = DeadLetters(self.answerer.store)
        letter = letters.letter(message, rejected, finished, attempts=orjson.dumps(attempts).decode())
        yield _Letter(letter, attempts)
        yield not_run_event(
            "failed",
            "its answer has ended its worker again and again; it is in the dead-letter topic",
            finished=finished,
            correlation_id=asked.correlation_id,
            trigger_source=asked.trigger_source,
            errors=[str(problem)],
            message_id=asked.message_id,
        )

    def _duplicate(self, asked: Asked, of: Answered, why: str) -> Iterator[Event]:
        Metrics.counter("requests", "duplicate").inc()
        if not asked.by_watch:
            yield self.answerer.duplicate(asked, of.run_id, why)

    def _remember(self, coalescer: RequestCoalescer, state: Any, wake: Any) -> None:
        when = coalescer.wake_at()
        if when is None:
            state.clear()
        else:
            state.write(coalescer.encoded())
            wake.set(max(when, self.answerer.clock()))


@dataclass(frozen=True)
class _Letter:
    """A dead letter among events, with the attempts that led to it."""

    message: PubsubMessage
    attempts: list[Attempt]


def _output(found: Event | _Letter) -> Any:
    """Return an event or a dead letter as an output of the step."""
    return pvalue.TaggedOutput(DEAD_LETTERS, found.message) if isinstance(found, _Letter) else _told(found)


def _told(event: Event) -> PubsubMessage:
    """Log an event and return it as a message."""
    level = logging.INFO if event["status"] in _CALM else logging.WARNING
    LOG.log(level, "%s", orjson.dumps({key: value for key, value in event.items() if key not in _LONG}).decode())
    return message_of(event)


_READ_LATER = "it was read after this was published"
_CALM = ("success", "duplicate", "dropped", "launched")
_LONG = ("paths", "generations", "exports", "manifests")
