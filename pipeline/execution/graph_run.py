"""A run as a graph on an engine: submitted, followed, and read back from its manifests."""

from __future__ import annotations

from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.engines.engine import Kind, find_engine
from pipeline.engines.job_options import job_options
from pipeline.engines.submission import run_elsewhere, run_here, submit
from pipeline.execution.outcome import read_outcome
from pipeline.planning.graph import LeagueRun, build_together
from pipeline.planning.planner import started
from pipeline.reporting.progress import Watch
from pipeline.reporting.report import Summary
from pipeline.reporting.terminal import say
from pipeline.version import current_build
from transforms.elements.plan import Plan
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse


def run(
    plan: Plan,
    warehouse: Warehouse,
    store: Store,
    options: PipelineOptions,
    *,
    output: str,
    completion_topic: str = "",
    no_wait: bool = False,
) -> Summary | None:
    """Run a plan, wait until it is over, and return what it published.

    Args:
        plan: The plan.
        warehouse: Where tables are read.
        store: Where documents are written.
        options: Beam's options, which name the engine.
        output: The store, as the command line names it.
        completion_topic: Topic of the completion event; empty for none.
        no_wait: Return once the job is submitted.

    Returns:
        The outcome, read back from the manifests; None when the job was submitted without waiting.

    Raises:
        OptionsError: The engine cannot run it.
        RunError: The run broke off, or the engine rejected it.
        StoreError: The outcome cannot be read back.
    """
    plan = plan if plan.run.execution_id else started(plan)
    one = LeagueRun(plan, warehouse, store, output)
    engine = run_together([one], options, completion_topic=completion_topic, no_wait=no_wait)
    return None if engine is None else read_outcome(plan, store, output, engine=engine)


def run_together(
    runs: Sequence[LeagueRun], options: PipelineOptions, *, completion_topic: str = "", no_wait: bool = False
) -> str | None:
    """Run the plans of some leagues as one graph, and wait until it is over.

    Args:
        runs: Runs that have started, at most one a league.
        options: Beam's options, which name the engine.
        completion_topic: Topic of the completion events; empty for none.
        no_wait: Return once the job is submitted.

    Returns:
        The name of the engine; None when the job was submitted without waiting.

    Raises:
        OptionsError: The engine cannot run it.
        RunError: The run broke off, or the engine rejected it.
    """
    engine = find_engine(options, current_build(), no_wait=no_wait)
    options = job_options(options, engine, current_build())
    plan, *others = (each.plan for each in runs)
    named = " and ".join(f"run {each.plan.run.run_id}" for each in runs)

    def build_it(pipeline: beam.Pipeline) -> None:
        build_together(pipeline, runs, completion_topic=completion_topic)

    if no_wait:
        say(f"submitted {named}: {submit(engine, build_it, options)}")
        return None
    with Watch(plan, *others, counts=engine.counts) as progress:
        if engine.kind is Kind.LOCAL:
            run_here(build_it, options)
            has_run = True
        else:
            has_run = run_elsewhere(
                engine,
                build_it,
                options,
                progress,
                check=f"the manifest of {plan.dates[-1]} names run {plan.run.run_id} once it is published; "
                "run it again if it does not",
                out_of_memory=f"with --shards={4 * plan.shards}",
            )
    if not has_run:
        say(f"submitted {named}: its launcher sends the job")
        return None
    return engine.name
