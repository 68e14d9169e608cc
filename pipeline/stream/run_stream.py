"""Running the streaming job from its command line: in this process until it is ended, or on Dataflow."""

from __future__ import annotations

import sys

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from pipeline.engines.engine import Kind, find_engine
from pipeline.engines.errors import SubmissionError
from pipeline.engines.job_options import job_options
from pipeline.engines.reasons import reason_of
from pipeline.engines.submission import submit
from pipeline.options.configuration import StreamConfig
from pipeline.reporting.exit_codes import ALL_PUBLISHED, SOMETHING_MISSING
from pipeline.reporting.terminal import complain, say
from pipeline.stream.answering import LaneAnswers
from pipeline.stream.batch import BatchTemplate
from pipeline.stream.dead_letters import DeadLetters
from pipeline.stream.job import answerer_of, build_stream, grammar_of, run_local, show_what_happens, watch_of
from pipeline.stream.ledger import Ledger
from pipeline.stream.reading import MessageReader
from pipeline.stream.subscriber import SubscriberLoop, answer_messages, publisher
from pipeline.stream.watching.followed import LaunchedJobs
from pipeline.stream.watching.games import utc_now
from pipeline.stream.watching.launched import Launcher
from pipeline.version import current_build
from transforms.stores.protocol import Store, StoreError
from transforms.warehouses.protocol import Warehouse


def run_stream(config: StreamConfig, warehouse: Warehouse, store: Store, options: PipelineOptions) -> int:
    """Run the streaming job and return the exit code.

    In this process it runs until SIGINT or SIGTERM: without a graph, or, where ``--runner`` names the local runner, as
    the graph that Dataflow runs. A job of Dataflow goes on until it is drained, so it is
    submitted without waiting.

    Args:
        config: The configuration of the job.
        warehouse: Where tables are read.
        store: Where documents are written.
        options: Beam's options.

    Raises:
        OptionsError: The engine cannot run it.
    """
    engine = find_engine(options, current_build(), streaming=True, no_wait=config.no_wait)
    names_runner = options.view_as(StandardOptions).runner is not None
    options = job_options(options, engine, current_build())
    launcher = BatchTemplate.of(config, options)
    is_local = engine.kind is Kind.LOCAL

    def build_it(pipeline: beam.Pipeline) -> None:
        build_stream(pipeline, config, warehouse, store, launcher=launcher, local=is_local)

    try:
        if not config.skip_preflight:
            store.check()
        if is_local:
            say(f"answering {config.input_subscription}; end it with Ctrl-C", sys.stderr)
            if names_runner:
                run_local(build_it, options)
            else:
                answer_locally(config, warehouse, store, launcher)
        else:
            say(f"submitted the streaming job: {submit(engine, build_it, options)}")
            say("it answers messages until it is drained or cancelled, and is not waited for")
    except StoreError as error:
        complain(f"nothing can be published: {error}")
        return SOMETHING_MISSING
    except SubmissionError as error:
        complain(f"nothing was submitted: {error}")
        return SOMETHING_MISSING
    except Exception as error:
        complain(f"the job broke off: {reason_of(error)}; start it again")
        return SOMETHING_MISSING
    return ALL_PUBLISHED


def answer_locally(config: StreamConfig, warehouse: Warehouse, store: Store, launcher: Launcher | None) -> None:
    """Answer messages in this process until SIGINT or SIGTERM.

    Raises:
        Exception: A subscription cannot be read, or an event cannot be published.
    """
    show_what_happens()
    answerer = answerer_of(config, warehouse, store, launcher)
    ledger = Ledger(store, answerer.clock)
    loop = SubscriberLoop(
        MessageReader(grammar_of(config, launches=launcher is not None), DeadLetters(store), ledger),
        LaneAnswers(answerer, ledger),
        publisher(config.completion_topic, config.dead_letter_topic),
        watch_of(config, warehouse, store),
        config.quiet_seconds,
        None
        if launcher is None
        else LaunchedJobs(store, launcher, config.export_config, utc_now, answerer.leagues, answerer.others),
    )
    answer_messages(loop, [name for name in (config.input_subscription, config.upstream_subscription) if name])
