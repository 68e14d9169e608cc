"""Dataflow, as far as launching needs it: start a template, ask for a job's state, read what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import google.auth
import requests
from google.api_core.exceptions import ClientError, GoogleAPICallError, TooManyRequests
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import dataflow_v1beta3 as dataflow

from pipeline.deployment.live_schedules import SCOPE

CALL_SECONDS = 60.0
"""How long one call may take. The clients' own retries go on for ten minutes, also where nobody listens."""


class DataflowError(Exception):
    """Dataflow cannot be asked, or refused. One line.

    Attributes:
        is_final: Asking again would get the same answer.
    """

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


@dataclass(frozen=True)
class JobState:
    """What a job is doing.

    Attributes:
        name: Without its prefix: ``RUNNING``.
    """

    name: str

    @property
    def is_over(self) -> bool:
        """It will not do anything more."""
        return self.name in ("DONE", "FAILED", "CANCELLED", "UPDATED", "DRAINED")


@dataclass(frozen=True)
class JobMessage:
    """Something that a job said.

    Attributes:
        key: Identifies it.
        time: When it was said.
        text: What it said, on one line.
    """

    key: str
    time: datetime
    text: str


class DataflowJobs:
    """The jobs of one project and region."""

    def __init__(self, project: str, region: str, *, endpoint: str = "") -> None:
        """Make the clients; nothing is called yet.

        Args:
            project: The project.
            region: The region.
            endpoint: Where the API answers, if not where Google's does; without credentials when it is ``http://``.

        Raises:
            DataflowError: There are no credentials.
        """
        self._place = {"project_id": project, "location": region}
        options: dict[str, Any] = {"transport": "rest"}
        if endpoint:
            options["client_options"] = {"api_endpoint": endpoint}
        try:
            anonymous = endpoint.startswith("http://")
            credentials = AnonymousCredentials() if anonymous else google.auth.default(scopes=[SCOPE])[0]
        except GoogleAuthError as error:
            raise DataflowError(
                f"no credentials: {_one_line(error)}; run gcloud auth application-default login"
            ) from error
        self._templates = dataflow.FlexTemplatesServiceClient(credentials=credentials, **options)
        self._jobs = dataflow.JobsV1Beta3Client(credentials=credentials, **options)
        self._messages = dataflow.MessagesV1Beta3Client(credentials=credentials, **options)

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

    def state(self, job_id: str) -> JobState:
        """Return what a job is doing.

        Raises:
            DataflowError: Nobody knows.
        """
        request = dataflow.GetJobRequest(**self._place, job_id=job_id, view=dataflow.JobView.JOB_VIEW_SUMMARY)
        with _blaming(f"cannot ask for job {job_id}"):
            job = self._jobs.get_job(request, timeout=CALL_SECONDS, retry=None)
        return JobState(dataflow.JobState(job.current_state).name.removeprefix("JOB_STATE_"))

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
        said = [JobMessage(message.id, message.time, _one_line(message.message_text)) for message in found]
        return sorted(said, key=lambda message: (message.time, message.key))


@contextmanager
def _blaming(what: str) -> Iterator[None]:
    try:
        yield
    except (GoogleAPICallError, GoogleAuthError, requests.RequestException) as error:
        is_final = isinstance(error, ClientError) and not isinstance(error, TooManyRequests)
        message = _one_line(getattr(error, "message", None) or error)
        raise DataflowError(f"{what}: {message}", is_final=is_final) from error


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
