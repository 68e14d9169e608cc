"""Starts the Flex Template on Dataflow, and tells how it went.

    python -m pipeline.deployment.launch --export_types=tonight-all --target_date=today --wait

The options are those of pipeline.main, and a few of its own:

  --wait              stay until the job is over, show what it says, and report what it published
  --print             show what would be sent, and send nothing
  --job_name=NAME     name of the job; Dataflow starts no second job of a name while one is running
  --max_workers=N     the most workers to use
  --machine_type=TYPE of each worker
  --settings=FILE     settings of the deployment, which give --warehouse, --output and --completion_topic too
                      (deploy/settings.env)
  --endpoint=URL      where the Dataflow API answers, if not at Google

The request is checked here, by the parser that will read it there, and sent with its dates worked out. Exit codes:
0 the job was started (with --wait: everything is published), 1 something is missing, 2 the request was rejected.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.deployment.flex_launch import MACHINE_TYPE, MAX_WORKERS, launch_body
from pipeline.deployment.settings import SETTINGS, Deployment, SettingsError, load_deployment
from pipeline.execution.dataflow_jobs import DataflowError, DataflowJob, DataflowJobs
from pipeline.execution.following import EngineError, follow
from pipeline.execution.outcome import read_outcome
from pipeline.execution.places import open_store
from pipeline.options.command_line import ExportOptions, OptionsError
from pipeline.options.configuration import RunConfig, parse_run
from pipeline.options.help_text import wants_help
from pipeline.options.option import Group
from pipeline.options.option_table import CLIENT_OPTIONS, OPTIONS
from pipeline.planning.planner import make_plan
from pipeline.reporting.printing import report
from pipeline.reporting.report import ALL_PUBLISHED, BAD_REQUEST, SOMETHING_MISSING
from transforms.stores.protocol import Store, StoreError

_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True)
class Launch:
    """A launch, checked.

    Attributes:
        deployment: Where it runs.
        config: What it runs, as the job will understand it.
        body: What is sent.
        wait: Stay until the job is over.
        only_print: Send nothing.
        endpoint: Where the API answers; empty for Google's.
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
    if wants_help(argv):
        _say(f"{__doc__}\nFor the options of pipeline.main: python -m pipeline.main --help")
        return ALL_PUBLISHED
    try:
        found = parse_launch(argv, now=datetime.now(timezone.utc))
    except (OptionsError, SettingsError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_REQUEST
    if found.only_print:
        _say(json.dumps(found.body, indent=2))
        return ALL_PUBLISHED
    launched = datetime.now(timezone.utc)
    try:
        jobs = DataflowJobs(found.deployment.project, found.deployment.region, endpoint=found.endpoint)
        job_id = jobs.launch(found.body)
    except DataflowError as error:
        _warn(str(error))
        return SOMETHING_MISSING
    _say(f"started {found.body['launchParameter']['jobName']}: {jobs.link(job_id)}")
    if not found.wait:
        return ALL_PUBLISHED
    try:
        job = DataflowJob(jobs, job_id)
        ended = follow(job, show=_warn, show_state=lambda state: _warn(f"the job is {state}"), sleep=sleep)
    except EngineError as error:
        _warn(f"{error}; the job may go on: {jobs.link(job_id)}")
        return SOMETHING_MISSING
    except KeyboardInterrupt:
        _warn(f"the job goes on without being watched: {jobs.link(job_id)}")
        return SOMETHING_MISSING
    if not ended.is_done:
        _warn(": ".join(filter(None, (f"the job is {ended.state}", ended.reason, jobs.link(job_id)))))
        return SOMETHING_MISSING
    return tell(found.config, open_output(found.config), since=launched - _CLOCKS_DIFFER)


def parse_launch(argv: Sequence[str], *, now: datetime) -> Launch:
    """Read a command line.

    Raises:
        OptionsError: An option of the pipeline, or the request, is wrong.
        SettingsError: The settings of the deployment are wrong.
        ValueError: The job's name is wrong.
        OSError: The settings cannot be read.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, prog="python -m pipeline.deployment.launch")
    parser.add_argument("--wait", action="store_true")
    parser.add_argument("--print", action="store_true", dest="only_print")
    parser.add_argument("--job_name", default=f"phase6-{now:%Y%m%d-%H%M%S}")
    parser.add_argument("--max_workers", type=int, default=MAX_WORKERS)
    parser.add_argument("--machine_type", default=MACHINE_TYPE)
    parser.add_argument("--settings", type=Path, default=SETTINGS)
    parser.add_argument("--endpoint", default="")
    own, rest = parser.parse_known_args(argv)
    deployment = load_deployment(own.settings)
    given = {argument.partition("=")[0] for argument in rest}
    places = {
        "--warehouse": deployment.warehouse,
        "--output": deployment.output,
        "--completion_topic": deployment.completion_topic,
    }
    options, config = parse_run(
        [*rest, *(f"{flag}={value}" for flag, value in places.items() if flag not in given), "--runner=DataflowRunner"],
        known_types=tuple(exports()),
        groups=groups(),
        now=now,
        player_types=PLAYER_TYPES,
    )
    body = launch_body(
        deployment,
        own.job_name,
        config.request.to_json(),
        parameters=_parameters(options),
        max_workers=own.max_workers,
        machine_type=own.machine_type,
    )
    return Launch(deployment, config, body, own.wait, own.only_print, own.endpoint)


def _parameters(options: ExportOptions) -> dict[str, str]:
    """Return the options that were given, but for the request, which is sent as a whole."""
    texts = {
        option.name: getattr(options, option.name)
        for option in OPTIONS
        if option.group is not Group.REQUEST and option not in CLIENT_OPTIONS and hasattr(options, option.name)
    }
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in texts.items() if value}


def tell(config: RunConfig, store: Store, *, since: datetime) -> int:
    """Report what a finished job published, from the manifests that it wrote, and return the exit code.

    Args:
        config: What it ran.
        store: Where it published.
        since: No run of it can have started before.
    """
    try:
        summary = read_outcome(make_plan(config.request, config.export_config), store, str(config.output), since=since)
    except StoreError as error:
        _warn(f"the job is done, but what it published cannot be read: {error}")
        return SOMETHING_MISSING
    report(summary, as_json=config.json)
    return summary.exit_code


def _warn(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
