"""Launches a batch job for a long request, from the template that schedules launch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions, WorkerOptions
from google.api_core.exceptions import Conflict

from pipeline.deployment.flex_launch import launch_body
from pipeline.deployment.workers import OWN_LABELS, Workers
from pipeline.engines.dataflow_jobs import DataflowError, DataflowJobs
from pipeline.engines.following import Ended
from pipeline.engines.reasons import best_reason
from pipeline.options.configuration import StreamConfig
from pipeline.options.guard_options import GuardOptions, rule_texts
from pipeline.options.option import Group, options_of
from pipeline.options.option_table import LEAGUE_RULES, OPTIONS
from pipeline.requests.request import ExportRequest

_SHARED = (
    "bigquery_quota_project",
    "completion_topic",
    *(option.name for option in options_of(GuardOptions, Group.RULES)),
    "min_active_predictions",
    "min_context_rows",
    "min_streak_length",
    "upload_threads",
    "validate",
    "history_days",
    "leagues",
)
"""Options that the batch job shares with the streaming job."""

_GOOGLES = "goog-"
"""Starts the labels that Dataflow sets by itself, and lets nobody else set."""


@dataclass(frozen=True)
class BatchTemplate:
    """The batch template of the streaming job's project; a value that travels to workers.

    Attributes:
        project: Where jobs run.
        region: Where jobs run.
        template: The Flex Template, ``gs://``.
        warehouse: As ``--warehouse`` takes it.
        output: As ``--output`` takes it.
        worker_account: The account that runs jobs.
        temp_location: Where Dataflow may keep files while a job runs.
        staging_location: Where Dataflow keeps what a job's workers download.
        workers: Where and as what its workers run: as those of the streaming job.
        parameters: Further options of the job.
        endpoint: Address of the Dataflow API; empty for Google's.
    """

    project: str
    region: str
    template: str
    warehouse: str
    output: str
    worker_account: str
    temp_location: str
    staging_location: str
    workers: Workers = field(default_factory=Workers)
    parameters: Mapping[str, str] = field(default_factory=dict)
    endpoint: str = ""

    @classmethod
    def of(cls, config: StreamConfig, options: PipelineOptions) -> BatchTemplate | None:
        """Return the batch template of a streaming job; None when it has none."""
        if not config.batch_template:
            return None
        cloud = options.view_as(GoogleCloudOptions)
        return cls(
            project=cloud.project,
            region=cloud.region,
            template=config.batch_template,
            warehouse=str(config.warehouse),
            output=str(config.output),
            worker_account=cloud.service_account_email or "",
            temp_location=cloud.temp_location,
            staging_location=cloud.staging_location or cloud.temp_location,
            workers=_workers(options),
            parameters=_parameters(config),
            endpoint=_emulator(cloud.dataflow_endpoint),
        )

    def launch(self, request: ExportRequest, run_id: str) -> str:
        """Start the job of a request and return its name.

        The name follows from the run. When a worker ends and a request is answered again, Dataflow starts no second job
        beside the first.

        Raises:
            DataflowError: It was not started.
        """
        name = "phase6-" + re.sub("[^a-z0-9]+", "-", run_id.lower())
        # The rules of the streaming job are those of its default league.
        rules = {option.name for option in LEAGUE_RULES} if not request.league.is_default else set()
        parameters = {key: text for key, text in self.parameters.items() if key not in rules}
        body = launch_body(self, name[:60].rstrip("-"), request.to_json(), parameters=parameters)
        try:
            DataflowJobs(self.project, self.region, endpoint=self.endpoint).launch(body)
        except DataflowError as error:
            if not isinstance(error.__cause__, Conflict):
                raise
        return str(body["launchParameter"]["jobName"])

    def ended(self, job: str) -> Ended | None:
        """Return how the newest job of a name ended, or its state while it goes on; None where there is none.

        Raises:
            DataflowError: Nobody knows.
        """
        jobs = DataflowJobs(self.project, self.region, endpoint=self.endpoint)
        found = jobs.find(job)
        if found is None:
            return None
        job_id, state = found
        said = jobs.messages(job_id, None) if state == "FAILED" else []
        return Ended(state, best_reason([message.text for message in said if message.is_error]))


def _workers(options: PipelineOptions) -> Workers:
    """Return where and as what the workers of the streaming job run."""
    worker, cloud = options.view_as(WorkerOptions), options.view_as(GoogleCloudOptions)
    return Workers(
        network=worker.network or "",
        subnetwork=worker.subnetwork or "",
        private_ips=worker.use_public_ips is False,
        kms_key=cloud.dataflow_kms_key or "",
        labels={
            name: value
            for name, value in _labels(cloud.labels or ())
            if name not in OWN_LABELS and not name.startswith(_GOOGLES)
        },
    )


def _labels(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the labels of options: each is ``name=value``, or several as one JSON object."""
    for text in texts:
        if text.startswith("{"):
            yield from ((name, str(value)) for name, value in json.loads(text).items())
        else:
            name, _, value = text.partition("=")
            yield name, value


def _parameters(config: StreamConfig) -> dict[str, str]:
    """Return the shared options that differ from their defaults."""
    values = {**vars(config.export_config), **rule_texts(config.export_config), **vars(config)}
    found = {}
    for option in OPTIONS:
        if option.name in _SHARED:
            text = (
                str(values[option.name]).lower() if isinstance(values[option.name], bool) else str(values[option.name])
            )
            if text not in ("", "false", option.default):
                found[option.name] = text
    return found


def _emulator(endpoint: str | None) -> str:
    return endpoint if endpoint and endpoint.startswith("http://") else ""
