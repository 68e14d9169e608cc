"""Runs a streaming job: on a service, or in this process until a signal ends it."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner
from apache_beam.runners.runner import PipelineResult
from apache_beam.transforms.periodicsequence import PeriodicImpulse, RebaseMode
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import TimerSpec, on_timer
from apache_beam.utils.timestamp import Timestamp
from google.cloud import pubsub

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.execution.places import open_leagues
from pipeline.options.configuration import StreamConfig
from pipeline.requests.request import RequestDefaults
from pipeline.stream.answer import Answerer
from pipeline.stream.graph import AnswerMessages, Answers
from pipeline.stream.messages import Grammar
from pipeline.stream.subscriber import UnlimitedSubscriber
from pipeline.stream.upstream import UpstreamRules
from pipeline.stream.watching.games import LeagueWatch, Watch, utc_now
from pipeline.stream.watching.launched import Launcher
from pipeline.stream.watching.status import STATUS_SECONDS
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse

LOG = logging.getLogger(__name__)


def build_stream(
    pipeline: beam.Pipeline,
    config: StreamConfig,
    warehouse: Warehouse,
    store: Store,
    *,
    launcher: Launcher | None = None,
    local: bool = False,
    clock: Callable[[], datetime] = utc_now,
) -> Answers:
    """Add the streaming job to a pipeline.

    Args:
        pipeline: The pipeline.
        config: The configuration of the job.
        warehouse: Where tables are read.
        store: Where documents are written.
        launcher: Starts batch jobs for requests that are too long; without one they are rejected.
        local: Whether it runs on the local streaming runner.
        clock: Returns the current time for the watch over the games, aware.
    """
    messages = pipeline | "ReadMessages" >> beam.io.ReadFromPubSub(
        subscription=config.input_subscription, with_attributes=True
    )
    if config.upstream_subscription:
        upstream = pipeline | "ReadUpstream" >> beam.io.ReadFromPubSub(
            subscription=config.upstream_subscription, with_attributes=True
        )
        messages = (messages, upstream) | "FlattenMessages" >> beam.Flatten()
    ticks = pipeline | "Tick" >> _ticks(config.watch_seconds, local=local)
    answers: Answers = (messages, ticks) | "AnswerMessages" >> AnswerMessages(
        grammar=grammar_of(config, launches=launcher is not None),
        answerer=answerer_of(config, warehouse, store, launcher),
        watch=watch_of(config, warehouse, store, clock),
        quiet_seconds=config.quiet_seconds,
        local=local,
    )
    if config.completion_topic:
        _ = answers.events | "WriteEvents" >> beam.io.WriteToPubSub(config.completion_topic, with_attributes=True)
    _ = answers.dead_letters | "WriteDeadLetters" >> beam.io.WriteToPubSub(
        config.dead_letter_topic, with_attributes=True
    )
    return answers


def answerer_of(config: StreamConfig, warehouse: Warehouse, store: Store, launcher: Launcher | None) -> Answerer:
    """Return what answers the requests of a job."""
    return Answerer(
        warehouse,
        store,
        str(config.output),
        config.export_config,
        timeout=config.request_timeout,
        max_dates=config.max_stream_dates,
        launcher=launcher,
        validate=config.validate,
        history_days=config.history_days,
        leagues=config.all_leagues,
        others=open_leagues(config),
    )


def watch_of(
    config: StreamConfig, warehouse: Warehouse, store: Store, clock: Callable[[], datetime] = utc_now
) -> Watch | LeagueWatch:
    """Return the watch over the games of a job: that of its league, or those of several as one."""
    seconds = config.watch_seconds
    watches = [Watch(warehouse, store, config.export_config, seconds, clock)]
    places = open_leagues(config)
    for league in config.all_leagues.others:
        place = places[league.name]
        watches.append(Watch(place.warehouse, place.store, place.config, seconds, clock, league))
    return LeagueWatch(tuple(watches)) if len(watches) > 1 else watches[0]


def grammar_of(config: StreamConfig, *, launches: bool) -> Grammar:
    """Return the grammar of a job's messages.

    Args:
        config: The configuration of the job.
        launches: Whether it launches batch jobs for requests that are too long.
    """
    return Grammar(
        known_types=tuple(exports()),
        groups={name: tuple(members) for name, members in groups().items()},
        defaults=RequestDefaults(
            config.export_config.champion_system_id, player_types=tuple(PLAYER_TYPES), leagues=config.all_leagues
        ),
        upstream=UpstreamRules(config.min_completion_percent, config.min_prediction_rows),
        max_dates=0 if launches else config.max_stream_dates,
    )


def _ticks(seconds: int, *, local: bool) -> beam.PTransform:
    # Without a watch, too, since the status goes stale.
    seconds = min(seconds or STATUS_SECONDS, STATUS_SECONDS)
    # Starts when the job runs: it is submitted minutes before, and would fire the ticks in between at once.
    return LocalTicks(seconds) if local else PeriodicImpulse(fire_interval=seconds, rebase=RebaseMode.REBASE_START)


class LocalStreamRunner(BundleBasedDirectRunner):
    """Runs a streaming job in this process; reads from Pub/Sub by way of :class:`UnlimitedSubscriber`."""

    def run_pipeline(self, pipeline: Any, options: PipelineOptions) -> Any:
        """Run a pipeline."""
        # The runner makes its client by this name, and takes no other.
        pubsub.SubscriberClient = UnlimitedSubscriber
        return super().run_pipeline(pipeline, options)


@dataclass
class LocalTicks(beam.PTransform):
    """An element every few seconds, on the local streaming runner, which cannot run :class:`PeriodicImpulse`.

    That runner has one thread and waits for messages up to 30 seconds, so a tick may be that late.
    """

    seconds: float

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[float]:
        """Wire a timer that is set again when it fires."""
        return (
            begin
            | "Start" >> beam.Create([("", 0.0)], reshuffle=False).with_output_types(tuple[str, float])
            | "Repeat" >> beam.ParDo(_Repeat(self.seconds)).with_output_types(float)
        )


@dataclass
class _Repeat(beam.DoFn):
    """Fires a timer again and again."""

    seconds: float

    TIMER = TimerSpec("tick", TimeDomain.REAL_TIME)

    def process(self, _start: tuple[str, float], timer: Any = beam.DoFn.TimerParam(TIMER)) -> None:
        """Set the timer for the first time."""
        timer.set(Timestamp.now())

    @on_timer(TIMER)
    def tick(self, timer: Any = beam.DoFn.TimerParam(TIMER)) -> Any:
        """Yield the time, and set the timer again."""
        now = Timestamp.now()
        timer.set(now + self.seconds)
        yield float(now)


def run_local(build: Callable[[beam.Pipeline], Any], options: PipelineOptions) -> None:
    """Run a streaming job in this process until SIGINT or SIGTERM.

    A request in progress is finished. A message that was received and not begun is lost, because the local runner
    acknowledges messages when it receives them.

    Raises:
        Exception: A step raised an unexpected error.
    """
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    show_what_happens()
    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    pipeline = beam.Pipeline(runner=LocalStreamRunner(), options=options)
    build(pipeline)
    result = pipeline.run()
    try:
        _wait(result, ended)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def show_what_happens() -> None:
    """Print the log of the job, a line for each request; Beam logs warnings only."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    ours = logging.getLogger("pipeline.stream")
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    ours.propagate = False


def _wait(result: PipelineResult, ended: threading.Event) -> None:
    """Wait for a signal or for the job to break off; stop it, and raise the error that broke it off."""
    broken: list[BaseException] = []

    def watch() -> None:
        try:
            result.wait_until_finish()
        except BaseException as error:
            broken.append(error)
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    # Without a time limit, signals would not be handled.
    while not ended.wait(1.0):
        pass
    if broken:
        raise broken[0]
    LOG.info("ending: what is being answered is answered first")
    result.cancel()
