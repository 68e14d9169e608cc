"""The settings of the deployment: ``deploy/settings.env``, which shell scripts source and this module reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from pipeline.deployment.workers import (
    LABELS_PATTERN,
    NETWORK_PATTERN,
    OWN_LABELS,
    SUBNETWORK_PATTERN,
    Workers,
    labels_of,
)
from pipeline.options.locations import SUBSCRIPTION_PATTERN, TOPIC_PATTERN
from pipeline.options.option import Group
from pipeline.options.option_table import BY_NAME, CLIENT_OPTIONS, EXPORT_OPTIONS, STREAMING_OPTIONS
from pipeline.options.settings_file import read_lines
from pipeline.requests.problems import Problem, ProblemsError, nearest, show

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SETTINGS = DEPLOY / "settings.env"
SCHEDULES = DEPLOY / "schedules.yaml"

MACHINE_TYPE = "e2-standard-2"
MAX_WORKERS = 4
"""The defaults of a job."""

_PATTERNS = {
    "project": r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
    "region": r"[a-z]+-[a-z]+[0-9]+",
    "warehouse_project": r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
    **dict.fromkeys(("template", "streaming_template"), r"gs://[a-z0-9][a-z0-9._-]+/\S+\.json"),
    **dict.fromkeys(("request_topic", "upstream_topic", "completion_topic", "dead_letter_topic"), TOPIC_PATTERN),
    **dict.fromkeys(
        ("input_subscription", "upstream_subscription", "completion_subscription", "dead_letter_subscription"),
        SUBSCRIPTION_PATTERN,
    ),
    "image": r"[a-z0-9.-]+(?:/[a-z0-9._-]+)+",
    **dict.fromkeys(
        ("build_account", "schedule_account", "worker_account"), r"[a-z0-9-]+@[a-z0-9-]+\.iam\.gserviceaccount\.com"
    ),
    **dict.fromkeys(("output_bucket", "control_bucket", "work_bucket"), r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"),
    **{name: BY_NAME[name].remote_regex[1:-1] for name in ("warehouse", "output", "live_feed", "live_feed_key")},
    "private_ips": "true|false",
    # What may be empty.
    "network": f"(?:{NETWORK_PATTERN})?",
    "subnetwork": f"(?:{SUBNETWORK_PATTERN})?",
    "kms_key": r"(?:projects/[a-z][a-z0-9-]+/locations/[a-z0-9-]+/keyRings/[A-Za-z0-9_-]+/cryptoKeys/[A-Za-z0-9_-]+)?",
    "labels": f"(?:{LABELS_PATTERN})?",
    **dict.fromkeys(("job_options", "stream_options"), r"(?:[a-z_]+=\S+(?: [a-z_]+=\S+)*)?"),
}

TUNED = (Group.RULES, Group.RUN, Group.STREAM)
"""The groups of options that ``JOB_OPTIONS`` and ``STREAM_OPTIONS`` may set; places have settings of their own."""


class SettingsError(ProblemsError):
    """The settings cannot be used; the message has one line per problem."""


@dataclass(frozen=True)
class Deployment:
    """The settings of a deployment.

    Attributes:
        project: Where jobs run.
        region: Where jobs run.
        warehouse: As ``--warehouse`` takes it.
        warehouse_project: Holds the tables.
        output_bucket: Holds the documents.
        output: As ``--output`` takes it.
        control_bucket: Holds what is said of runs.
        work_bucket: Holds staging files and the template.
        template: The batch template, ``gs://``.
        streaming_template: The streaming template, ``gs://``.
        request_topic: Pub/Sub topic of the streaming job's requests.
        input_subscription: Its subscription, which the streaming job reads.
        upstream_topic: Topic of upstream's events that the predictions of a date are complete.
        upstream_subscription: Its subscription, which the streaming job reads as well.
        completion_topic: Topic of the outcomes of requests.
        completion_subscription: Its subscription.
        dead_letter_topic: Topic of rejected messages.
        dead_letter_subscription: Its subscription, in which they wait.
        live_feed: As ``--live_feed`` takes it.
        live_feed_key: As ``--live_feed_key`` takes it.
        repository: Artifact Registry repository of the image.
        image: The image, without a tag.
        build_account: Builds image and template.
        schedule_account: Starts jobs.
        worker_account: Runs them.
        network: In which workers run; empty for the project's default.
        subnetwork: In which workers run; empty for that of the network.
        private_ips: ``true`` when workers have no public addresses.
        kms_key: Encrypts the state of jobs, buckets and images; empty for Google's keys.
        labels: Of every job, ``name=value`` separated by commas.
        job_options: Options of every job, ``name=value`` separated by spaces.
        stream_options: Further options of the streaming job.
    """

    project: str
    region: str
    warehouse: str
    warehouse_project: str
    output_bucket: str
    output: str
    control_bucket: str
    work_bucket: str
    template: str
    streaming_template: str
    request_topic: str
    input_subscription: str
    upstream_topic: str
    upstream_subscription: str
    completion_topic: str
    completion_subscription: str
    dead_letter_topic: str
    dead_letter_subscription: str
    live_feed: str
    live_feed_key: str
    repository: str
    image: str
    build_account: str
    schedule_account: str
    worker_account: str
    network: str
    subnetwork: str
    private_ips: str
    kms_key: str
    labels: str
    job_options: str
    stream_options: str

    @cached_property
    def workers(self) -> Workers:
        """Where and as what the workers of every job run."""
        return Workers(
            network=self.network,
            subnetwork=self.subnetwork,
            private_ips=self.private_ips == "true",
            kms_key=self.kms_key,
            labels=labels_of(self.labels),
        )

    @property
    def parameters(self) -> dict[str, str]:
        """The options of every batch job besides its places and its request."""
        return {"completion_topic": self.completion_topic, **options_in(self.job_options)}

    @property
    def temp_location(self) -> str:
        """Where Dataflow may keep files while a job runs."""
        return f"gs://{self.work_bucket}/temp"

    @property
    def staging_location(self) -> str:
        """Where Dataflow keeps what a job's workers download."""
        return f"gs://{self.work_bucket}/staging"


def load_deployment(path: Path = SETTINGS) -> Deployment:
    """Read the settings.

    Raises:
        SettingsError: A line, a name or a value is wrong, or a name is missing.
    """
    names = [field.name.upper() for field in fields(Deployment)]
    values: dict[str, str] = {}
    problems = list(read_lines(path, values, names))
    for name in names:
        if name not in values:
            problems.append(Problem(name, "", f"is missing in {path.name}", f"add {name}=..."))
        elif not re.fullmatch(pattern := _PATTERNS.get(name.lower(), r"\S+"), values[name]):
            problems.append(Problem(name, show(values[name]), "is not understood", f"it must match {pattern}"))
    if not problems:
        problems += _contradictions(values)
    if problems:
        raise SettingsError(problems)
    return Deployment(**{name.lower(): value for name, value in values.items()})


def options_in(text: str) -> dict[str, str]:
    """Return the options of ``JOB_OPTIONS`` or ``STREAM_OPTIONS``."""
    pairs = (pair.partition("=") for pair in text.split())
    return {name: value for name, _, value in pairs}


def _contradictions(values: dict[str, str]) -> Iterator[Problem]:
    """Yield the problems of settings that are understood one by one."""
    region = values["REGION"]
    for name, found in (("SUBNETWORK", "regions/([^/]+)/"), ("KMS_KEY", "locations/([^/]+)/")):
        place = re.search(found, values[name])
        if place and place[1] != region:
            reason = f"is in {place[1]}, and jobs run in {region}"
            yield Problem(name, show(values[name]), reason, "name one of the same region")
    for label in labels_of(values["LABELS"]):
        if label in OWN_LABELS:
            yield Problem("LABELS", show(label), "is set by every job itself", "choose another name")
    streaming = [option for option in STREAMING_OPTIONS if option.group in TUNED and option not in CLIENT_OPTIONS]
    # What every job is given must mean something to a batch job as well.
    both = [option.name for option in streaming if option in EXPORT_OPTIONS]
    yield from _option_problems("JOB_OPTIONS", values["JOB_OPTIONS"], both)
    yield from _option_problems("STREAM_OPTIONS", values["STREAM_OPTIONS"], [option.name for option in streaming])


def _option_problems(setting: str, text: str, known: list[str]) -> Iterator[Problem]:
    for name, value in options_in(text).items():
        if name not in known:
            meant = nearest(name, known)
            fix = f"did you mean {meant}?" if meant else f"the options are {', '.join(known)}"
            yield Problem(setting, show(name), "is no option that it can set", fix)
        elif not re.fullmatch(BY_NAME[name].remote_regex, value):
            yield Problem(setting, show(f"{name}={value}"), "is not understood", f"write {BY_NAME[name].shown_example}")
