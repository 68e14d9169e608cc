"""Starts the Flex Template on Dataflow, and reports the outcome of its job.

The request is validated by the same parser as in the job, and sent with resolved dates.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.deployment.command_options import LaunchOptions
from pipeline.deployment.flex_launch import launch_body
from pipeline.deployment.settings import Deployment, SettingsError, load_deployment
from pipeline.engines.dataflow_jobs import DataflowError, DataflowJob, DataflowJobs
from pipeline.engines.following import Ended, EngineError, follow
from pipeline.execution.outcome import read_outcome
from pipeline.execution.places import open_store
from pipeline.options.command_line import ExportOptions
from pipeline.options.configuration import RunConfig, parse_run
from pipeline.options.flags import OptionsError, take_options, together
from pipeline.options.option import Group
from pipeline.options.option_table import CLIENT_OPTIONS, EXPORT_OPTIONS
from pipeline.planning.planner import make_plan
from pipeline.reporting.exit_codes import ALL_PUBLISHED, BAD_REQUEST, INTERRUPTED, SOMETHING_MISSING
from pipeline.reporting.terminal import complain, report, say, say_json
from pipeline.requests.problems import Problem
from pipeline.requests.validation import fields_of
from transforms.stores.protocol import Store, StoreError

_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True)
class Launch:
    """A validated launch.

    Attributes:
        deployment: Where it runs.
        config: The configuration of the run, as the job reads it.
        body: The body of the call.
        wait: Whether to wait until the job is over.
        only_print: Whether to print the body instead of sending it.
        endpoint: Address of the API; empty for Google's.
    """

    deployment: Deployment
    config: RunConfig
    body: Mapping[str, Any]
    wait: bool
    only_print: bool
    endpoint: str


def main(
    argv: Sequence[str],
    *,
    sleep: Callable[[float], None] = time.sleep,
    open_output: Callable[[RunConfig], Store] = open_store,
) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
        sleep: Waits for some seconds.
        open_output: Returns the store that the job publishes to.
    """
    try:
        found = parse_launch(argv, now=datetime.now(timezone.utc))
    except (OptionsError, SettingsError, OSError, ValueError) as error:
        complain(error)
        return BAD_REQUEST
    if found.only_print:
        say(json.dumps(found.body, indent=2))
        return ALL_PUBLISHED
    name, launched = str(found.body["launchParameter"]["jobName"]), datetime.now(timezone.utc)
    try:
        jobs = DataflowJobs(found.deployment.project, found.deployment.region, endpoint=found.endpoint)
        job_id = jobs.launch(found.body)
    except DataflowError as error:
        complain(error)
        return SOMETHING_MISSING
    link = jobs.link(job_id)
    say(f"started {name}: {link}")
    ended = Ended("STARTED")
    try:
        if found.wait:
            ended = follow(DataflowJob(jobs, job_id), show=_show, show_state=_show_state, sleep=sleep)
    except EngineError as error:
        complain(f"{error}; the job may go on: {link}")
        return SOMETHING_MISSING
    except KeyboardInterrupt:
        complain(f"the job goes on without being watched: {link}")
        return INTERRUPTED
    if ended.is_done:
        return tell(found.config, open_output(found.config), since=launched - _CLOCKS_DIFFER)
    if found.wait:
        complain(": ".join(filter(None, (f"the job is {ended.state}", ended.reason, link))))
    if found.config.json:
        say_json({"job_name": name, "job_id": job_id, "state": ended.state, "link": link})
    return SOMETHING_MISSING if found.wait else ALL_PUBLISHED


def _show(line: str) -> None:
    say(line, sys.stderr)


def _show_state(state: str) -> None:
    say(f"the job is {state}", sys.stderr, style="bold")


def parse_launch(argv: Sequence[str], *, now: datetime) -> Launch:
    """Read a command line.

    Raises:
        OptionsError: An option of the pipeline, or the request, is wrong.
        SettingsError: The settings of the deployment are wrong.
        ValueError: The job's name is wrong.
        OSError: The settings cannot be read.
    """
    own, rest, problems = take_options(LaunchOptions, argv)
    assert own is not None, "no option of a launch must be given"
    deployment = load_deployment(own.settings)
    given = {argument.partition("=")[0] for argument in rest}
    places = {
        "--warehouse": deployment.warehouse,
        "--output": deployment.output,
        **{f"--{name}": value for name, value in deployment.parameters.items()},
    }
    end = rest.index("--") if "--" in rest else len(rest)
    added = [*(f"{flag}={value}" for flag, value in places.items() if flag not in given), "--runner=DataflowRunner"]
    try:
        options, config = parse_run(
            [*rest[:end], *added, *rest[end:]],
            known_types=tuple(exports()),
            groups=groups(),
            now=now,
            player_types=PLAYER_TYPES,
            others=tuple(fields_of(LaunchOptions)),
        )
    except OptionsError as error:
        raise OptionsError(together(problems, error.problems)) from None
    if own.wait and config.no_wait:
        reason = "contradicts --wait: the command either leaves once the job is started or stays until it ends"
        problems.append(Problem("--no_wait", "", reason, "leave one of them out"))
    if problems:
        raise OptionsError(problems)
    body = launch_body(
        deployment,
        own.job_name or f"phase6-{now:%Y%m%d-%H%M%S}",
        config.request.to_json(),
        parameters=_parameters(options),
        max_workers=own.max_workers,
        machine_type=own.machine_type,
    )
    return Launch(deployment, config, body, own.wait, own.print, own.endpoint)


def _parameters(options: ExportOptions) -> dict[str, str]:
    """Return the given options without those of the request, which is sent as a whole."""
    texts = {
        option.name: getattr(options, option.name)
        for option in EXPORT_OPTIONS
        # The report is printed by this command, not by the job.
        if option.group is not Group.REQUEST and option.name != "json" and hasattr(options, option.name)
        if option not in CLIENT_OPTIONS
    }
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in texts.items() if value}


def tell(config: RunConfig, store: Store, *, since: datetime) -> int:
    """Report what a finished job published, from the manifests that it wrote, and return the exit code.

    Args:
        config: The configuration of the job.
        store: The store that it published to.
        since: No run of it can have started before.
    """
    try:
        summary = read_outcome(make_plan(config.request, config.export_config), store, str(config.output), since=since)
    except StoreError as error:
        complain(f"the job is done, but what it published cannot be read: {error}")
        return SOMETHING_MISSING
    report(summary, control=str(config.control), as_json=config.json)
    return summary.exit_code
