"""Dataflow, as far as launching and following need it: start a template, ask for a job's state and its messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import google.auth
import requests
from google.api_core.exceptions import ClientError, GoogleAPICallError, NotFound, TooManyRequests
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import dataflow_v1beta3 as dataflow

from pipeline.engines.following import EngineError, JobMessage

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
CALL_SECONDS = 60.0
"""How long one call may take. The clients' own retries go on for ten minutes, also where nobody listens."""


class DataflowError(EngineError):
    """Dataflow does not answer, or refuses. One line."""


class DataflowJobs:
    """The jobs of one project and region."""

    def __init__(
        self, project: str, region: str, *, endpoint: str = "", credentials: Credentials | None = None
    ) -> None:
        """Make the clients; nothing is called yet.

        Args:
            project: The project.
            region: The region.
            endpoint: Where the API answers, if not where Google's does; without credentials when it is ``http://``.
            credentials: Those of the caller; the application default ones when there are none.

        Raises:
            DataflowError: There are no credentials.
        """
        self._place = {"project_id": project, "location": region}
        options: dict[str, Any] = {"transport": "rest"}
        if endpoint:
            options["client_options"] = {"api_endpoint": endpoint}
        try:
            if endpoint.startswith("http://"):
                credentials = AnonymousCredentials()
            credentials = credentials or google.auth.default(scopes=[_SCOPE])[0]
        except GoogleAuthError as error:
            raise DataflowError(
                f"no credentials: {_one_line(error)}; run gcloud auth application-default login"
            ) from error
        self._templates = dataflow.FlexTemplatesServiceClient(credentials=credentials, **options)
        self._jobs = dataflow.JobsV1Beta3Client(credentials=credentials, **options)
        self._messages = dataflow.MessagesV1Beta3Client(credentials=credentials, **options)

    def link(self, job_id: str) -> str:
        """Return where a person finds a job."""
        project, region = self._place["project_id"], self._place["location"]
        return f"https://console.cloud.google.com/dataflow/jobs/{region}/{job_id}?project={project}"

    def launch(self, body: Mapping[str, Any]) -> str:
        """Start a template and return the id of its job.

        Raises:
            DataflowError: It was not started, or nobody knows.
        """
        parameter = dataflow.LaunchFlexTemplateParameter.from_json(json.dumps(body["launchParameter"]))
        request = dataflow.LaunchFlexTemplateRequest(**self._place, launch_parameter=parameter)
        with _blaming("cannot launch the template"):
            response = self._templates.launch_flex_template(request, timeout=CALL_SECONDS, retry=None)
        job_id: str = response.job.id
        return job_id

    def state(self, job_id: str) -> str:
        """Return what a job is doing: ``RUNNING``, ``DONE``.

        Raises:
            DataflowError: Nobody knows.
        """
        request = dataflow.GetJobRequest(**self._place, job_id=job_id, view=dataflow.JobView.JOB_VIEW_SUMMARY)
        with _blaming(f"cannot ask for job {job_id}"):
            job = self._jobs.get_job(request, timeout=CALL_SECONDS, retry=None)
        return str(dataflow.JobState(job.current_state).name).removeprefix("JOB_STATE_")

    def find(self, name: str) -> tuple[str, str] | None:
        """Return id and state of the newest job of a name; None where there is none.

        Raises:
            DataflowError: Nobody knows.
        """
        request = dataflow.ListJobsRequest(**self._place, name=name, view=dataflow.JobView.JOB_VIEW_SUMMARY)
        with _blaming(f"cannot ask for jobs named {name}"):
            found = list(self._jobs.list_jobs(request, timeout=CALL_SECONDS, retry=None))
        newest = max(found, key=lambda job: job.create_time, default=None)
        if newest is None:
            return None
        return newest.id, str(dataflow.JobState(newest.current_state).name).removeprefix("JOB_STATE_")

    def messages(self, job_id: str, since: datetime | None) -> list[JobMessage]:
        """Return what a job said at or after an instant, oldest first.

        Raises:
            DataflowError: Nobody knows.
        """
        request = dataflow.ListJobMessagesRequest(
            **self._place,
            job_id=job_id,
            minimum_importance=dataflow.JobMessageImportance.JOB_MESSAGE_BASIC,
            start_time=since,
        )
        with _blaming(f"cannot read the messages of job {job_id}"):
            found = list(self._messages.list_job_messages(request, timeout=CALL_SECONDS, retry=None))
        error = dataflow.JobMessageImportance.JOB_MESSAGE_ERROR
        ordered = sorted(found, key=lambda message: (message.time, message.id))
        return [
            JobMessage(message.id, message.message_text, message.message_importance == error, message.time)
            for message in ordered
        ]


class DataflowJob:
    """A job of Dataflow, as :func:`pipeline.engines.following.follow` follows it."""

    poll_seconds = 10.0
    silent_seconds = 300.0
    """Longer than an outage of the API usually lasts: meanwhile the job goes on."""

    def __init__(self, jobs: DataflowJobs, job_id: str) -> None:
        self.name = f"job {job_id}: {jobs.link(job_id)}"
        self._jobs = jobs
        self._job_id = job_id
        self._since: datetime | None = None

    def state(self) -> str:
        """Return what the job is doing."""
        return self._jobs.state(self._job_id)

    def messages(self) -> Sequence[JobMessage]:
        """Return the messages of the job since the last call, and those of the last instant before it."""
        said = self._jobs.messages(self._job_id, self._since)
        if said:
            self._since = said[-1].time
        return said


@contextmanager
def _blaming(what: str) -> Iterator[None]:
    try:
        yield
    except (GoogleAPICallError, GoogleAuthError, requests.RequestException) as error:
        # A job that was just created is not found for a while.
        is_final = isinstance(error, ClientError) and not isinstance(error, (TooManyRequests, NotFound))
        message = _one_line(getattr(error, "message", None) or error)
        raise DataflowError(f"{what}: {message}", is_final=is_final) from error


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
