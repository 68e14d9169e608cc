"""The body of a ``flexTemplates:launch`` call, which starts the Flex Template."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol

from pipeline.deployment.settings import MACHINE_TYPE, MAX_WORKERS, Deployment
from pipeline.deployment.workers import Workers
from pipeline.engines.job_options import APP

JOB_NAME_PATTERN = r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?"
"""Dataflow takes longer ones; Cloud Scheduler and labels do not."""


def launch_url(deployment: Deployment) -> str:
    """Return the URL of a launch."""
    return (
        f"https://dataflow.googleapis.com/v1b3/projects/{deployment.project}/locations/{deployment.region}"
        "/flexTemplates:launch"
    )


class Target(Protocol):
    """The places of a job; a :class:`pipeline.deployment.settings.Deployment` is one."""

    @property
    def template(self) -> str:
        """The Flex Template, ``gs://``."""

    @property
    def warehouse(self) -> str:
        """As ``--warehouse`` takes it."""

    @property
    def output(self) -> str:
        """As ``--output`` takes it."""

    @property
    def worker_account(self) -> str:
        """The account that runs the job."""

    @property
    def temp_location(self) -> str:
        """Where Dataflow may keep files while the job runs."""

    @property
    def staging_location(self) -> str:
        """Where Dataflow keeps what the job's workers download."""

    @property
    def workers(self) -> Workers:
        """Where and as what the job's workers run."""


def launch_body(
    deployment: Target,
    job_name: str,
    request: Mapping[str, Any],
    *,
    parameters: Mapping[str, str] | None = None,
    max_workers: int = MAX_WORKERS,
    machine_type: str = MACHINE_TYPE,
) -> dict[str, Any]:
    """Return the JSON body of a launch.

    The image is not part of it: the template names the launcher's image, and the workers use the same one.

    Args:
        deployment: Where it runs.
        job_name: The job's name. Dataflow starts no second job of a name while one is running.
        request: The request, in the JSON form of messages.
        parameters: Further options of the pipeline.
        max_workers: The most workers to use.
        machine_type: Of each worker.

    Raises:
        ValueError: ``job_name`` is not a valid job name.
    """
    if not re.fullmatch(JOB_NAME_PATTERN, job_name):
        raise ValueError(f"job name {job_name!r} is not understood: use up to 63 of a-z, 0-9 and -, a letter first")
    return {
        "launchParameter": {
            "jobName": job_name,
            "containerSpecGcsPath": deployment.template,
            "parameters": {
                "warehouse": deployment.warehouse,
                "output": deployment.output,
                "request": json.dumps(request, separators=(",", ":")),
                **(parameters or {}),
            },
            "environment": {
                "serviceAccountEmail": deployment.worker_account,
                "tempLocation": deployment.temp_location,
                "stagingLocation": deployment.staging_location,
                "maxWorkers": max_workers,
                "machineType": machine_type,
                "additionalUserLabels": {**deployment.workers.labels, "app": APP},
                **deployment.workers.environment(),
            },
        }
    }
