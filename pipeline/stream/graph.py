"""The graph of the streaming job: messages in, completion events and dead letters out.

    ReadMessages ─► ReadRequests ─┬─► requests ─┐
    Ticks ─► WatchGames ──────────┼─────────────┴─► AnswerRequests ─┬─► events ─► completion topic
                                  └─► rejected ─► events, dead letters
                                                     ends of both ──┴─► MarkPublished ─► ledger

A request whose answer has ended its worker twice is given up: it becomes an event and a dead letter, too.

The key of a request is its lane, the league and the date (:mod:`pipeline.stream.lanes`). The runner processes a key on
one thread at a time, so the requests of a date follow one another and dates do not wait for each other. Should two
workers process one key, as when the runner takes one for dead that goes on, the lease of the date holds them apart.
Scattering a request's documents over steps and gathering them by count lets two requests interleave, and takes longer:
0.23 s instead of 0.13 s for the 299 documents of a night, on the local runner.

The names of the steps and of state are API: a running job is only updated if they stay.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timezone
from typing import Any, NamedTuple
from uuid import uuid4

import apache_beam as beam
from apache_beam import pvalue
from apache_beam.coders import BytesCoder
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.metrics import Metrics
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import Timestamp

from pipeline.stream.answer import Answerer
from pipeline.stream.answering import LaneAnswers, Output
from pipeline.stream.dead_letters import DeadLetters
from pipeline.stream.lanes import Lane, Lanes, lane_of
from pipeline.stream.ledger import Ledger
from pipeline.stream.messages import Asked, Grammar, Message
from pipeline.stream.reading import MessageReader
from pipeline.stream.watching.followed import LaunchedJobs
from pipeline.stream.watching.games import LeagueWatch, Watch
from pipeline.stream.watching.status import STATUS_SECONDS, StatusKeeper

LOG = logging.getLogger(__name__)

REQUESTS, EVENTS, DEAD_LETTERS, ENDS = "requests", "events", "dead_letters", "ends"
ONE_KEY = "requests"
"""The key of all requests in an earlier release, some of which may be on their way when a job is updated."""
_LIVE_LEAD = 1.0
"""Seconds by which the timer of a lane with live requests is earlier."""
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
    watch: Watch | LeagueWatch
    quiet_seconds: float
    local: bool = False
    """Whether it runs on the local runner, which commits nothing: there no event counts as published."""

    def expand(self, inputs: tuple[beam.PCollection[PubsubMessage], beam.PCollection[Any]]) -> Answers:
        """Wire the transform."""
        messages, ticks = inputs
        ledger = Ledger(self.answerer.store, self.answerer.clock)
        read = messages | "ReadRequests" >> beam.ParDo(
            ReadRequests(MessageReader(self.grammar, DeadLetters(self.answerer.store), ledger))
        ).with_output_types(
            Any, requests=Keyed, events=PubsubMessage, dead_letters=PubsubMessage, ends=str
        ).with_outputs(REQUESTS, EVENTS, DEAD_LETTERS, ENDS)
        watched = ticks | "WatchGames" >> (
            beam.ParDo(WatchGames(self.watch, self._launched()))
            .with_output_types(Keyed, events=PubsubMessage, ends=str)
            .with_outputs(EVENTS, ENDS, main=REQUESTS)
        )
        answered = (
            (read[REQUESTS], watched[REQUESTS])
            | "FlattenRequests" >> beam.Flatten()
            | "AnswerRequests"
            >> beam.ParDo(AnswerRequests(self.answerer, self.quiet_seconds, prunes=self.local))
            .with_output_types(PubsubMessage, dead_letters=PubsubMessage, ends=str)
            .with_outputs(DEAD_LETTERS, ENDS, main=EVENTS)
        )
        events = (read[EVENTS], watched[EVENTS], answered[EVENTS]) | "FlattenEvents" >> beam.Flatten()
        letters = (read[DEAD_LETTERS], answered[DEAD_LETTERS]) | "FlattenDeadLetters" >> beam.Flatten()
        if not self.local:
            _ = (
                (read[ENDS], watched[ENDS], answered[ENDS])
                | "FlattenEnds" >> beam.Flatten()
                # What is behind it runs once the events are committed: the runner delivers them then, whatever fails.
                | "CommitEvents" >> beam.Reshuffle()
                | "MarkPublished" >> beam.ParDo(MarkPublished(ledger)).with_output_types(Any)
            )
        return Answers(events, letters)

    def _launched(self) -> LaunchedJobs | None:
        made = self.answerer
        if made.launcher is None:
            return None
        return LaunchedJobs(made.store, made.launcher, made.config, self.watch.clock, made.leagues, made.others)


@dataclass
class ReadRequests(beam.DoFn):
    """Wraps :class:`pipeline.stream.reading.MessageReader`: messages become requests, events and dead letters."""

    reader: MessageReader

    def setup(self) -> None:
        """Prepare the metrics."""
        self._messages = Metrics.counter("messages", "received")

    def process(
        self, message: PubsubMessage, timestamp: Any = beam.DoFn.TimestampParam
    ) -> Iterable[pvalue.TaggedOutput]:
        """Yield the request, event or dead letter of a message."""
        self._messages.inc()
        found = self.reader.read(received_message(message, timestamp))
        if isinstance(found, Asked):
            yield pvalue.TaggedOutput(REQUESTS, (lane_of(found.request), found.encoded()))
        elif found is not None and found.event is not None:
            if found.letter is not None:
                yield pvalue.TaggedOutput(DEAD_LETTERS, found.letter)
            yield pvalue.TaggedOutput(EVENTS, found.event)
            yield pvalue.TaggedOutput(ENDS, found.stem)


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


@dataclass
class WatchGames(beam.DoFn):
    """Turn each tick into the requests that follow from the schedule, and follow the jobs that were launched.

    Delayed ticks arrive all at once and find the same schedule: one check is enough. A tick also writes the status when
    that is due, with or without a watch: no run may do so for hours.
    """

    watch: Watch | LeagueWatch
    launched: LaunchedJobs | None = None
    clock: Callable[[], float] = time.monotonic

    def setup(self) -> None:
        """Begin without an earlier check."""
        self._looked: float | None = None
        self._status = StatusKeeper(self.watch.tell, self.clock)

    def process(self, _tick: Any) -> Iterable[Any]:
        """Yield the requests of a check, and the events of launched jobs that failed.

        A failed check is counted, and the next one may succeed.
        """
        started = self.clock()
        self._status.keep()
        # Ticks come a little early or late, and more often than checks when the status is due more often.
        rest = self.watch.seconds - min(self.watch.seconds, STATUS_SECONDS) / 2
        if not self.watch.seconds or (self._looked is not None and started - self._looked < rest):
            return
        self._looked = started
        Metrics.counter("watch", "looks").inc()
        for output in () if self.launched is None else self.launched.look():
            if output.event is not None:
                yield pvalue.TaggedOutput(EVENTS, output.event)
                yield pvalue.TaggedOutput(ENDS, output.stem)
        found = self.watch.requests()
        if found is None:
            Metrics.counter("watch", "failed_looks").inc()
            return
        for request in found:
            yield lane_of(request.request), request.encoded()


@dataclass
class AnswerRequests(beam.DoFn):
    """Answer the requests of a lane one after the other; see :mod:`pipeline.stream.answering`.

    Input: (lane, request as bytes). Output: completion events; ``dead_letters`` of requests that are given up;
    ``ends``, the entries in the ledger of messages that have ended.

    A request that arrives is added to its lane, and a timer answers one request at a time. Between two of them the
    runner attends to other lanes and commits the state, so a worker that is killed repeats one answer at most.
    """

    answerer: Answerer
    quiet_seconds: float
    prunes: bool = False
    """Whether it removes old entries of the ledger, where no later step does."""

    JOURNAL = BagStateSpec("journal", BytesCoder())
    TOKEN = ReadModifyWriteStateSpec("token", BytesCoder())
    DESK = ReadModifyWriteStateSpec("coalescer", BytesCoder())
    """The state of an earlier release, which had one key for all requests."""
    WAKE = TimerSpec("wake", TimeDomain.REAL_TIME)
    DRAIN = TimerSpec("drain", TimeDomain.WATERMARK)

    def setup(self) -> None:
        """Prepare the ledger."""
        self._answers = LaneAnswers(self.answerer, Ledger(self.answerer.store, self.answerer.clock))

    def process(
        self,
        keyed: Keyed,
        journal: Any = beam.DoFn.StateParam(JOURNAL),
        token: Any = beam.DoFn.StateParam(TOKEN),
        wake: Any = beam.DoFn.TimerParam(WAKE),
        drain: Any = beam.DoFn.TimerParam(DRAIN),
    ) -> None:
        """Add a request to its lane."""
        lane = Lanes.load(journal, token, self.quiet_seconds)
        lane.add(Asked.decoded(keyed[1]))
        self._save(lane, journal, token, wake)
        _set_drain(drain)

    @on_timer(WAKE)
    def answer_next(
        self,
        key: str = beam.DoFn.KeyParam,
        journal: Any = beam.DoFn.StateParam(JOURNAL),
        token: Any = beam.DoFn.StateParam(TOKEN),
        desk: Any = beam.DoFn.StateParam(DESK),
        wake: Any = beam.DoFn.TimerParam(WAKE),
        drain: Any = beam.DoFn.TimerParam(DRAIN),
    ) -> Iterable[Any]:
        """Yield the event of the next request of a lane, and of those that need no export."""
        lane, adopted = self._load(key, journal, token, desk)
        if adopted:
            # The release that kept it had no such timer.
            _set_drain(drain)
        outputs = list(self._answers.take_turn(lane))
        if self.prunes:
            self._answers.ledger.prune()
        self._save(lane, journal, token, wake)
        yield from _tagged(outputs)

    @on_timer(DRAIN)
    def answer_all(
        self,
        key: str = beam.DoFn.KeyParam,
        journal: Any = beam.DoFn.StateParam(JOURNAL),
        token: Any = beam.DoFn.StateParam(TOKEN),
        desk: Any = beam.DoFn.StateParam(DESK),
        wake: Any = beam.DoFn.TimerParam(WAKE),
    ) -> Iterable[Any]:
        """Yield the events of all requests of a lane, also of those whose quiet period is not over."""
        lane, _ = self._load(key, journal, token, desk)
        while lane.is_busy:
            yield from _tagged(self._answers.take_turn(lane, drained=True))
        Lanes.save(lane, journal, token)
        # A job that is drained waits for no timer that has nothing to answer.
        wake.clear()

    def _load(self, key: str, journal: Any, token: Any, desk: Any) -> tuple[Lane, bool]:
        """Return a lane, and whether it has just taken over what an earlier release has kept."""
        lane = Lanes.load(journal, token, self.quiet_seconds)
        if key == ONE_KEY and (kept := desk.read()) is not None:
            lane.adopt(kept)
            desk.clear()
            return lane, True
        return lane, False

    def _save(self, lane: Lane, journal: Any, token: Any, wake: Any) -> None:
        now = self.answerer.clock()
        when = lane.wake_at(now)
        Lanes.save(lane, journal, token)
        if when is not None:
            # A runner with one thread fires timers in the order of their time.
            wake.set(max(when, now) - (_LIVE_LEAD if lane.has_live else 0))


@dataclass
class MarkPublished(beam.DoFn):
    """Enter in the ledger that events went out, and remove old entries.

    Input: the entries of messages whose events the runner has committed.
    """

    ledger: Ledger

    def process(self, stem: str) -> None:
        """Enter one."""
        self.ledger.publish(stem)
        self.ledger.prune()


def _set_drain(drain: Any) -> None:
    # A job that is drained ends all time: what waits is answered then.
    drain.set(GlobalWindow().max_timestamp())


def _tagged(outputs: Iterable[Output]) -> Iterator[Any]:
    """Yield outputs of the step."""
    for output in outputs:
        if output.event is not None:
            yield output.event
        if output.letter is not None:
            yield pvalue.TaggedOutput(DEAD_LETTERS, output.letter)
        if output.stem:
            yield pvalue.TaggedOutput(ENDS, output.stem)
