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
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.deployment.dataflow_jobs import DataflowError, DataflowJobs
from pipeline.deployment.flex_launch import MACHINE_TYPE, MAX_WORKERS, launch_body
from pipeline.deployment.settings import SETTINGS, Deployment, SettingsError, load_deployment
from pipeline.execution.run import ALL_PUBLISHED, BAD_REQUEST, SOMETHING_MISSING, open_store, report
from pipeline.options.command_line import ExportOptions, OptionsError
from pipeline.options.configuration import RunConfig, parse_run
from pipeline.options.help_text import wants_help
from pipeline.options.option import Group
from pipeline.options.option_table import OPTIONS
from pipeline.planning.planner import make_plan
from pipeline.reporting.report import summarize
from transforms.publishing.manifest import load_manifest
from transforms.stores.protocol import Store, StoreError

POLL_SECONDS = 10.0
_PATIENCE = 30
"""How many times in a row a job may not be asked for before waiting is given up."""


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
    try:
        jobs = DataflowJobs(found.deployment.project, found.deployment.region, endpoint=found.endpoint)
        job_id = jobs.launch(found.body)
        _say(f"started {found.body['launchParameter']['jobName']}: {job_link(found.deployment, job_id)}")
        if not found.wait:
            return ALL_PUBLISHED
        state = follow(jobs, job_id, sleep=sleep)
    except DataflowError as error:
        sys.stderr.write(f"{error}\n")
        return SOMETHING_MISSING
    except KeyboardInterrupt:
        sys.stderr.write("the job goes on without being watched\n")
        return SOMETHING_MISSING
    if state != "DONE":
        sys.stderr.write(f"the job is {state}: {job_link(found.deployment, job_id)}\n")
        return SOMETHING_MISSING
    return tell(found.config, open_output(found.config))


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
        if option.group is not Group.REQUEST and hasattr(options, option.name)
    }
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in texts.items() if value}


def job_link(deployment: Deployment, job_id: str) -> str:
    """Return where a person finds a job."""
    place = f"{deployment.region}/{job_id}?project={deployment.project}"
    return f"https://console.cloud.google.com/dataflow/jobs/{place}"


def follow(jobs: DataflowJobs, job_id: str, *, sleep: Callable[[float], None]) -> str:
    """Show what a job says until it is over, and return its last state.

    Raises:
        DataflowError: The job could not be asked for, time and again.
    """
    shown: set[str] = set()
    since: datetime | None = None
    before, silent = "", 0
    while True:
        try:
            state = jobs.state(job_id)
            for message in jobs.messages(job_id, since):
                since = message.time
                if message.key not in shown:
                    shown.add(message.key)
                    sys.stderr.write(f"{message.time:%H:%M:%S} {message.text}\n")
            silent = 0
        except DataflowError as error:
            silent += 1
            if error.is_final or silent >= _PATIENCE:
                raise
            sleep(POLL_SECONDS)
            continue
        if state.name != before:
            sys.stderr.write(f"the job is {state.name}\n")
            before = state.name
        if state.is_over:
            return state.name
        sleep(POLL_SECONDS)


def tell(config: RunConfig, store: Store) -> int:
    """Report what a finished job published, from the manifests that it wrote, and return the exit code."""
    plan = make_plan(config.request, config.export_config)
    try:
        manifests = {str(day): load_manifest(store, day)[0] for day in plan.dates}
    except StoreError as error:
        sys.stderr.write(f"the job is done, but what it published cannot be read: {error}\n")
        return SOMETHING_MISSING
    summary = summarize(plan, str(config.output), manifests)
    report(summary, as_json=config.json)
    return summary.exit_code


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
